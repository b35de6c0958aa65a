"""Basic concepts, introduction: records have URLs, GET reads, PUT updates, POST creates, DELETE
deletes.
"""

from __future__ import annotations

import pytest

from workspace_conformance.checks import comments, creations, envelopes, isolation
from workspace_conformance.checks.expectations import (
    answer,
    expect_no_success,
    expect_success,
    given_success,
    violation,
)
from workspace_conformance.checks.experiments import creation, second_update, update
from workspace_conformance.checks.repeated_reads import expect_unchanged_by_reading, is_still_listed
from workspace_conformance.checks.updates import expect_kept
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal

LISTS = ["collection-1", "collection-2", "collection-3", "comments"]
READABLE = ["self", *LISTS[:3], "item-1", "item-2", "item-3", "comments"]
PLACES = [1, 2, 3]
FORMATS = ["json", "xml", ""]


@pytest.mark.requirement("REST-1")
@pytest.mark.parametrize("place", PLACES)
def test_listed_records_are_served(portal: Portal, place: int) -> None:
    """Records that a list shows are served at their own URLs, under the ids that the list gives."""
    resource = portal.item(place)
    assert resource.kind is not None
    ids = portal.ids(resource.kind)
    # The first, the last and one between stand for all.
    chosen = dict.fromkeys([*ids[:1], *ids[len(ids) // 2 : len(ids) // 2 + 1], *ids[-1:]])
    if not chosen:
        chosen = {resource.path.rpartition("/")[2]: None}
    judged = 0
    for identity in chosen:
        path = f"{resource.kind.collection}/{encode(identity)}"
        exchange = portal.served(path)
        if not answer(exchange).succeeded and ids:
            if not is_still_listed(portal, resource.kind, identity):
                continue  # somebody else has removed it since
            exchange = portal.served(path, fresh=True)
        judged += 1
        expect_success(exchange)
        shown = contents.text(contents.record(exchange), "id")
        if ids and shown != identity:
            violation(exchange, f"serves the record {shown!r} at the URL of {identity!r}")
    if not judged:
        raise Untested(Reason.SETUP_FAILED, "the listed records were removed meanwhile")


@pytest.mark.requirement("REST-1")
@pytest.mark.writes
@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("place", PLACES)
def test_created_records_are_served(portal: Portal, place: int, fmt: str) -> None:
    """A record that was created is served at its own URL."""
    made = creation(portal, place, fmt)
    given_success(made.asked, "the creation")
    if made.record is None or made.found is None:
        raise Untested(Reason.SETUP_FAILED, "the answer to the creation shows no id")
    if answer(made.found).status in (404, 410) and not envelopes.is_listed(portal, made):
        raise Untested(Reason.SETUP_FAILED, "nothing shows that the record was made")
    expect_success(made.found)
    shown = contents.text(contents.record(made.found), "id")
    if shown != made.record.id:
        violation(made.found, f"serves the record {shown!r} at the URL of {made.record.id!r}")


@pytest.mark.requirement("REST-2")
@pytest.mark.writes
@pytest.mark.first
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_writing_leaves_other_records_alone(portal: Portal, method: str, place: int) -> None:
    """Changing or deleting one record leaves every other listed record as it was."""
    isolation.expect_others_untouched(portal, method, place)


@pytest.mark.requirement("REST-2")
@pytest.mark.writes
@pytest.mark.alone
@pytest.mark.parametrize("place", PLACES)
def test_a_creation_makes_one_record(portal: Portal, place: int) -> None:
    """POST makes one record, in every format: the list shows no other by its name."""
    creations.expect_one_made(portal, place)


@pytest.mark.requirement("REST-2")
@pytest.mark.writes
def test_a_creation_makes_one_comment(portal: Portal) -> None:
    """POST makes one comment, in every format: the post shows no other that says the same."""
    creations.expect_one_comment_made(portal)


@pytest.mark.requirement("REST-2")
@pytest.mark.writes
@pytest.mark.first
def test_writing_leaves_other_kinds_alone(portal: Portal) -> None:
    """Changing and deleting records of every kind leaves one of each kind as it was."""
    isolation.expect_other_kinds_untouched(portal)


@pytest.mark.requirement("REST-2")
@pytest.mark.writes
@pytest.mark.first
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_writing_leaves_other_comments_alone(portal: Portal, method: str) -> None:
    """Changing or deleting one comment leaves the other comments of the post as they were."""
    isolation.expect_other_comments_untouched(portal, method)


@pytest.mark.requirement("REST-3")
@pytest.mark.writes
@pytest.mark.parametrize("method", ["PATCH", "TRACE", "CONFORM"])
@pytest.mark.parametrize("resource", ["self", "item-1"])
def test_other_methods_do_not_succeed(portal: Portal, method: str, resource: str) -> None:
    """A method other than the documented four never succeeds on a resource that GET serves."""
    what, _, place = resource.partition("-")
    # A faulty portal might carry the request out: on a record, only on one of ours.
    if what == "item":
        kinds = portal.creatable()
        path = portal.spare(kinds[(int(place) - 1) % len(kinds)]).path
    else:
        path = portal.resource(resource).path
    given_success(portal.served(path), "GET on the same resource")
    expect_no_success(portal.ask(method, path, "json"))


@pytest.mark.requirement("REST-4")
@pytest.mark.parametrize(
    "resource",
    # What alternates between two answers shows it only while nobody else asks.
    [pytest.param(name, marks=[pytest.mark.alone]) if name in LISTS else name for name in READABLE],
)
def test_reading_changes_nothing(portal: Portal, resource: str) -> None:
    """GET asked again answers the same, in every documented member of every record."""
    expect_unchanged_by_reading(portal, portal.resource(resource))


@pytest.mark.requirement("REST-5")
@pytest.mark.writes
@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("place", PLACES)
def test_get_serves_what_put_reported(portal: Portal, place: int, fmt: str) -> None:
    """What PUT reports as updated is what GET then serves."""
    expect_kept(update(portal, place, fmt))


@pytest.mark.requirement("REST-5")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
def test_get_serves_what_the_second_put_reported(portal: Portal, place: int) -> None:
    """The same of the second update of a record."""
    expect_kept(second_update(portal, place))


@pytest.mark.requirement("REST-5")
@pytest.mark.writes
@pytest.mark.first
@pytest.mark.parametrize("place", PLACES)
def test_the_list_shows_what_was_put(portal: Portal, place: int) -> None:
    """The list of a kind does not go on showing a record as it was before its update."""
    isolation.expect_listed_as_updated(portal, place)


@pytest.mark.requirement("REST-5")
@pytest.mark.writes
def test_a_comment_says_what_was_put(portal: Portal) -> None:
    """A comment is listed with the new text that PUT reported."""
    turn = comments.reworded(portal) if comments.are_open(portal, "PUT") else None
    if turn is None or (turn.asked.succeeded and not comments.is_reported(turn)):
        # Nothing is reported of a comment: the portal's first kind takes the place of comments.
        test_get_serves_what_put_reported(portal, 1, "json")
        return
    given_success(turn.asked, "the update of a comment")
    if comments.is_as_before(portal, turn):
        violation(turn.after, "the update succeeded, and the comment does not show its new text")


@pytest.mark.requirement("REST-5")
@pytest.mark.writes
def test_a_comment_says_what_was_put_the_second_time(portal: Portal) -> None:
    """The same of the second update of a comment."""
    turn = comments.reworded_twice(portal) if comments.are_open(portal, "PUT") else None
    if turn is None or (turn.asked.succeeded and not comments.is_reported(turn)):
        test_get_serves_what_the_second_put_reported(portal, 1)
        return
    given_success(turn.asked, "the second update of a comment")
    if comments.is_as_first(portal, turn):
        violation(turn.after, "the second update succeeded, and the comment shows the first one")
