"""Basic concepts, Making requests: bodies and the headers that clients are told to send."""

from __future__ import annotations

import pytest

from workspace_conformance.checks import bodies, comments, malformed
from workspace_conformance.checks.expectations import (
    expect_refusal,
    expect_success,
    given_success,
    violation,
)
from workspace_conformance.checks.experiments import creation, second_update, update
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import succeeded

PLACES = [1, 2, 3]
TOLD = {
    "json": [("Content-Type", "application/json"), ("Accept", "application/json")],
    "form": [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Accept", "application/x-www-form-urlencoded"),
    ],
}


@pytest.mark.requirement("REQ-1")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
def test_a_json_body_makes_the_record(portal: Portal, place: int) -> None:
    """POST of application/json is accepted, and its fields are those of the record."""
    made = creation(portal, place, "json")
    bodies.given_body_to_blame(portal, made.asked, made.kind, "json")
    bodies.expect_accepted(made.asked)
    bodies.expect_arrived(made.kind, made.fields, [made.found], made.asked)


@pytest.mark.requirement("REQ-1")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
def test_a_json_body_changes_the_record(portal: Portal, place: int) -> None:
    """PUT of application/json is accepted, and its fields are reported as the record's."""
    changed = update(portal, place, "json")
    bodies.given_body_to_blame(portal, changed.asked, changed.kind, "json")
    bodies.expect_accepted(changed.asked)
    shown = [changed.asked, changed.after]
    bodies.expect_arrived(changed.kind, changed.fields, shown, changed.asked)


@pytest.mark.requirement("REQ-1")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
def test_a_second_json_body_changes_the_record(portal: Portal, place: int) -> None:
    """The second PUT of application/json changes the record as the first did."""
    changed = second_update(portal, place)
    given_success(changed.asked, "the second update")
    shown = [changed.asked, changed.after]
    bodies.expect_arrived(changed.kind, changed.fields, shown, changed.asked)


@pytest.mark.requirement("REQ-1")
@pytest.mark.writes
def test_a_second_json_body_changes_the_comment(portal: Portal) -> None:
    """The second PUT of a comment in application/json changes it as the first did."""
    if not comments.are_open(portal, "PUT"):
        test_a_second_json_body_changes_the_record(portal, 1)
        return
    turn = comments.reworded_twice(portal)
    given_success(turn.asked, "the second update of a comment")
    if not comments.is_reported(turn) and comments.is_as_first(portal, turn):
        violation(turn.asked, "succeeded, and the comment still says what the first update said")


@pytest.mark.requirement("REQ-2")
@pytest.mark.writes
@pytest.mark.parametrize("fmt", ["xml", ""])
@pytest.mark.parametrize("place", PLACES)
def test_a_form_makes_the_record(portal: Portal, place: int, fmt: str) -> None:
    """POST of a form has the effect that the same body has in JSON: percent-encoding, non-ASCII
    letters.
    """
    made = creation(portal, place, fmt)
    bodies.given_body_to_blame(portal, made.asked, made.kind, "form")
    bodies.expect_accepted(made.asked)
    bodies.expect_same_effect(portal, made.kind, made.fields, [made.found], made.asked)


@pytest.mark.requirement("REQ-2")
@pytest.mark.writes
@pytest.mark.parametrize("fmt", ["xml", ""])
@pytest.mark.parametrize("place", PLACES)
def test_a_form_changes_the_record(portal: Portal, place: int, fmt: str) -> None:
    """PUT of a form has the effect that the same body has in JSON."""
    changed = update(portal, place, fmt)
    bodies.given_body_to_blame(portal, changed.asked, changed.kind, "form")
    bodies.expect_accepted(changed.asked)
    shown = [changed.asked, changed.after]
    bodies.expect_same_effect(portal, changed.kind, changed.fields, shown, changed.asked)


@pytest.mark.requirement("REQ-3")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("malformation", list(malformed.MALFORMED))
def test_a_malformed_body_is_refused(portal: Portal, malformation: str, place: int) -> None:
    """POST of a body that is not what its Content-Type says is refused with 4xx, and makes nothing."""
    attempt = malformed.creation(portal, malformation, place)
    expect_refusal(attempt.asked)
    if attempt.effect:
        violation(attempt.asked, "was refused, and the list then shows the record all the same")


@pytest.mark.requirement("REQ-3")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("malformation", list(malformed.MALFORMED))
def test_a_malformed_update_is_refused(portal: Portal, malformation: str, place: int) -> None:
    """PUT of a body that is not what its Content-Type says is refused with 4xx, and changes nothing."""
    attempt = malformed.update(portal, malformation, place)
    expect_refusal(attempt.asked)
    if attempt.effect:
        violation(attempt.asked, "was refused, and the record then shows the change all the same")


@pytest.mark.requirement("REQ-3")
@pytest.mark.writes
@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("malformation", list(malformed.MALFORMED))
def test_a_malformed_comment_is_refused(portal: Portal, malformation: str, method: str) -> None:
    """POST and PUT of a comment that is not what its Content-Type says are refused, without effect."""
    if not comments.are_open(portal, method):  # the portal's first kind takes the place of comments
        test_a_malformed_body_is_refused(portal, malformation, 1)
        return
    attempt = malformed.comment(portal, method, malformation)
    expect_refusal(attempt.asked)
    if attempt.effect:
        violation(attempt.asked, "was refused, and the post then shows the comment all the same")


@pytest.mark.requirement("REQ-4")
@pytest.mark.parametrize("fmt", ["json", ""])
@pytest.mark.parametrize("resource", ["collection-1", "item-1"])
def test_reading_with_the_headers_of_a_form(portal: Portal, resource: str, fmt: str) -> None:
    """GET with Content-Type and Accept both those of a form, as the page tells clients to set them,
    is served.
    """
    path = portal.resource(resource).path
    given_success(portal.get(path, fmt), "the same request without these headers")
    expect_success(portal.get(path, fmt, headers=TOLD["form"]))


@pytest.mark.requirement("REQ-4")
@pytest.mark.writes
@pytest.mark.parametrize(("told", "fmt"), [("json", "json"), ("json", ""), ("form", "")])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_writing_with_the_headers_clients_are_told_to_send(
    portal: Portal, method: str, told: str, fmt: str
) -> None:
    """POST and PUT with a body, and DELETE without one, are served with these headers."""
    exchange = bodies.told_write(portal, method, told, fmt, TOLD[told])
    if not succeeded(exchange):
        # Whether the body itself is taken is for REQ-1 and REQ-2.
        bodies.given_accepted_otherwise(portal, method, told, fmt)
    expect_success(exchange)


@pytest.mark.requirement("REQ-4")
@pytest.mark.writes
@pytest.mark.parametrize("told", list(TOLD))
def test_updating_without_a_body(portal: Portal, told: str) -> None:
    """PUT without a body is served with these headers where it is served without them; where it is
    not, DELETE stands for it.
    """
    record = portal.spare(portal.creatable()[0])
    plain = portal.ask("PUT", record.path, "json")
    if plain.response is not None and 400 <= plain.response.status < 500:
        # A portal may refuse an update of nothing.
        fmt = "json" if told == "json" else ""
        test_writing_with_the_headers_clients_are_told_to_send(portal, "DELETE", told, fmt)
        return
    given_success(plain, "PUT without a body")
    expect_success(portal.ask("PUT", record.path, "json", headers=TOLD[told]))
