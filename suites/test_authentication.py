"""Basic concepts, Authentication; Passing authentication: every request carries Authorization."""

from __future__ import annotations

import pytest

from workspace_conformance.checks import authentication, envelopes, logins
from workspace_conformance.checks.expectations import (
    answer,
    expect_no_success,
    expect_refusal,
    expect_status,
    expect_success,
    given_failure,
    given_refusal,
    given_success,
    violation,
)
from workspace_conformance.checks.experiments import refusals
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import NOBODY, succeeded

READABLE = [
    "self",
    "collection-1",
    "collection-2",
    "collection-3",
    "item-1",
    "item-2",
    "item-3",
    "comments",
]
FORMATS = ["json", "xml", ""]
# Every resource in one format, and some in the others.
READINGS = [
    *((resource, "json") for resource in READABLE),
    *((resource, fmt) for fmt in ("xml", "") for resource in ("self", "collection-1", "item-1")),
]
WRITES = ["POST", "PUT", "DELETE"]
PLACES = [1, 2, 3]


# --- no credential --------------------------------------------------------------------------------


@pytest.mark.requirement("AUTH-1")
@pytest.mark.parametrize(("resource", "fmt"), READINGS)
def test_reading_needs_authorization(portal: Portal, resource: str, fmt: str) -> None:
    """GET without Authorization is refused, where the same GET with it succeeds in some form."""
    path = portal.resource(resource).path
    given_success(portal.served(path), "the same request with a credential")
    expect_refusal(portal.get(path, fmt, credential=NOBODY))


@pytest.mark.requirement("AUTH-1")
@pytest.mark.parametrize("resource", ["self", "collection-1"])
def test_head_needs_authorization(portal: Portal, resource: str) -> None:
    """HEAD without Authorization does not succeed."""
    path = portal.resource(resource).path
    given_success(portal.served(path), "GET with a credential")
    expect_no_success(portal.ask("HEAD", path, "json", credential=NOBODY))


@pytest.mark.requirement("AUTH-1")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", WRITES)
def test_writing_needs_authorization(portal: Portal, method: str, place: int) -> None:
    """POST, PUT and DELETE without Authorization are refused, in every format."""
    for refusal in refusals(portal, place, method):
        expect_refusal(refusal.asked)


@pytest.mark.requirement("AUTH-2")
@pytest.mark.parametrize(("resource", "fmt"), READINGS)
def test_the_refusal_of_reading_is_401(portal: Portal, resource: str, fmt: str) -> None:
    """GET without Authorization: when it is refused, with 401."""
    path = portal.resource(resource).path
    given_success(portal.served(path), "the same request with a credential")
    exchange = portal.get(path, fmt, credential=NOBODY)
    given_refusal(exchange)
    expect_status(exchange, 401)


@pytest.mark.requirement("AUTH-2")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", WRITES)
def test_the_refusal_of_writing_is_401(portal: Portal, method: str, place: int) -> None:
    """POST, PUT and DELETE without Authorization: when they are refused, with 401."""
    for refusal in refusals(portal, place, method):
        given_refusal(refusal.asked)
        expect_status(refusal.asked, 401)


@pytest.mark.requirement("AUTH-6")
@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("resource", ["self", "collection-1", "item-1"])
def test_a_401_challenges(portal: Portal, resource: str, fmt: str) -> None:
    """A 401 carries WWW-Authenticate."""
    exchange = portal.get(portal.resource(resource).path, fmt, credential=NOBODY)
    authentication.expect_challenge(exchange)


@pytest.mark.requirement("AUTH-6")
@pytest.mark.writes
@pytest.mark.parametrize("method", WRITES)
def test_a_401_to_a_write_challenges(portal: Portal, method: str) -> None:
    """A 401 to a write carries WWW-Authenticate too."""
    for refusal in refusals(portal, 1, method):
        authentication.expect_challenge(refusal.asked)


@pytest.mark.requirement("AUTH-7")
@pytest.mark.parametrize(("resource", "fmt"), READINGS)
def test_a_refusal_discloses_nothing(portal: Portal, resource: str, fmt: str) -> None:
    """What a refusal says holds nothing of the record that the same request with a credential gets."""
    path = portal.resource(resource).path
    protected = portal.served(path)
    given_success(protected, "the same request with a credential")
    exchange = portal.get(path, fmt, credential=NOBODY)
    given_failure(exchange)
    authentication.expect_nothing_disclosed(portal, exchange, protected)


@pytest.mark.requirement("AUTH-8")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", WRITES)
def test_a_refused_write_has_no_effect(portal: Portal, method: str, place: int) -> None:
    """POST, PUT and DELETE that are refused for want of a credential change nothing."""
    for refusal in refusals(portal, place, method):
        given_failure(refusal.asked)
        if refusal.effect:
            status = answer(refusal.asked).status_line
            violation(refusal.asked, f"answered {status}, and had its effect: {refusal.effect}")


@pytest.mark.requirement("AUTH-9")
@pytest.mark.parametrize("place", PLACES)
def test_known_and_unknown_are_refused_alike(portal: Portal, place: int) -> None:
    """Without a credential, the answer does not tell a record that exists from one that does not."""
    resource = portal.item(place)
    assert resource.kind is not None
    unknown = f"{resource.kind.collection}/{encode(portal.unknown_id(resource.kind))}"
    known = portal.get(resource.path, "json", credential=NOBODY)
    given_failure(known)
    expect_status(portal.get(unknown, "json", credential=NOBODY), answer(known).status)


@pytest.mark.requirement("AUTH-9")
@pytest.mark.writes
@pytest.mark.parametrize(("method", "place"), [("PUT", 1), ("DELETE", 2)])
def test_writes_to_known_and_unknown_are_refused_alike(
    portal: Portal, method: str, place: int
) -> None:
    """The same of PUT and DELETE."""
    known = next(each.asked for each in refusals(portal, place, method) if each.format == "json")
    given_failure(known)
    unknown = envelopes.unknown_write(portal, method, place, "json", by="nobody")
    expect_status(unknown, answer(known).status)


# --- credentials that are not valid ---------------------------------------------------------------


@pytest.mark.requirement("AUTH-3")
@pytest.mark.parametrize(
    ("resource", "form"),
    [
        *(("self", form) for form in authentication.FORMS),
        *((other, form) for other in ("collection-1", "item-1") for form in ("unknown", "altered")),
    ],
)
def test_an_invalid_credential_is_refused(portal: Portal, form: str, resource: str) -> None:
    """A credential that is not valid is refused with 401; the valid one is served."""
    path = portal.resource(resource).path
    given_success(portal.served(path), "the same request with the valid credential")
    credential = authentication.invalid(portal, form)
    expect_status(portal.get(path, "json", credential=credential), 401)


@pytest.mark.requirement("AUTH-6")
@pytest.mark.parametrize("form", authentication.FORMS)
def test_a_401_to_an_invalid_credential_challenges(portal: Portal, form: str) -> None:
    """A 401 to a credential that is not valid carries WWW-Authenticate."""
    credential = authentication.invalid(portal, form)
    authentication.expect_challenge(portal.get("people/@self", "json", credential=credential))


@pytest.mark.requirement("AUTH-4")
@pytest.mark.parametrize("name", ["token", "access_token", "Authorization", "asc_auth_key"])
def test_a_credential_in_the_query_does_not_count(portal: Portal, name: str) -> None:
    """The valid credential in the query string, with no Authorization header, does not
    authenticate.
    """
    given_success(portal.served("people/@self"), "the credential in its header")
    authentication.given_needed(portal, "people/@self", "json")
    query = f"{name}={encode(authentication.token(portal))}"
    expect_no_success(portal.get("people/@self", "json", query=query, credential=NOBODY))


@pytest.mark.requirement("AUTH-5")
@pytest.mark.parametrize("fmt", FORMATS)
def test_a_credential_in_a_cookie_does_not_count(portal: Portal, fmt: str) -> None:
    """The valid credential in the cookie asc_auth_key alone does not authenticate."""
    given_success(portal.served("people/@self"), "the credential in its header")
    authentication.given_needed(portal, "people/@self", fmt)
    cookie = [("Cookie", f"asc_auth_key={authentication.token(portal)}")]
    expect_no_success(portal.get("people/@self", fmt, headers=cookie, credential=NOBODY))


# --- login ----------------------------------------------------------------------------------------


@pytest.mark.requirement("AUTH-10")
@pytest.mark.parametrize("fmt", FORMATS)
def test_login_gives_a_token(portal: Portal, fmt: str) -> None:
    """POST of user name and password answers 201 with token and expires."""
    exchange = logins.log_in(portal, fmt)
    expect_status(exchange, 201)
    shown = contents.record(exchange)
    if contents.value(answer(exchange)) is None:
        raise Untested(Reason.SETUP_FAILED, "the answer to the login cannot be read")
    for member in ("token", "expires"):
        if not contents.text(shown, member):
            violation(exchange, f"answers without {member}")


@pytest.mark.requirement("AUTH-11")
@pytest.mark.alone  # another login meanwhile may end the session of this one
@pytest.mark.parametrize("fmt", FORMATS)
def test_the_token_authenticates(portal: Portal, fmt: str) -> None:
    """The token that login gave, put as it is into the Authorization header, authenticates, in every
    form and more than once.
    """
    credential = logins.given_token(portal, fmt, 1)
    read = [form for form in FORMATS if succeeded(portal.get("people/@self", form))]
    if not read:
        given_success(portal.served("people/@self"), "the credential of this run")
    for form in [*read, *read[:1]]:
        expect_success(portal.get("people/@self", form, credential=credential, fresh=True))


@pytest.mark.requirement("AUTH-11")
@pytest.mark.writes
@pytest.mark.alone
def test_the_token_authenticates_writes(portal: Portal) -> None:
    """The token that login gave authenticates PUT, POST and DELETE as it does GET."""
    kind = portal.creatable()[0]
    record = portal.spare(kind)  # a POST that worked with the run's credential
    fmt, body = portal.written(kind, portal.changes(kind, record.name))
    given_success(portal.ask("PUT", record.path, fmt, body=body), "PUT with the run's credential")
    credential = logins.given_token(portal, "json", 2)
    reading = portal.get("people/@self", fmt, credential=credential, fresh=True)
    given_success(reading, "GET with the token")
    expect_success(portal.ask("PUT", record.path, fmt, body=body, credential=credential))
    removal = portal.removal_of(kind)
    if removal is None or removal.works:  # else no further record is made
        name = portal.name(kind.name, "by token")
        _, body = portal.written(kind, portal.fields(kind, name))
        asked, made = portal.create(kind, name, fmt, body, credential=credential)
        expect_success(asked)
        # One that has to be disabled first is left to the clean-up.
        if made is not None and not (removal and removal.disabling):
            expect_success(portal.ask("DELETE", made.path, "json", credential=credential))
            portal.note_gone(made, portal.get(made.path, "json", fresh=True))


@pytest.mark.requirement("AUTH-12")
@pytest.mark.last
@pytest.mark.parametrize("encoding", logins.ENCODINGS)
@pytest.mark.parametrize("wrong", list(logins.WRONG))
def test_a_wrong_login_fails(portal: Portal, wrong: str, encoding: str) -> None:
    """Login of a person of ours (else of nobody) with a wrong password fails, and gives no token."""
    logins.given_right_login(portal)
    logins.expect_failure(logins.wrong_login(portal, wrong, encoding))


@pytest.mark.requirement("AUTH-12")
@pytest.mark.last
@pytest.mark.parametrize("encoding", logins.ENCODINGS)
def test_an_unknown_user_cannot_log_in(portal: Portal, encoding: str) -> None:
    """Login with an unknown user name fails, and gives no token."""
    logins.given_right_login(portal)
    logins.expect_failure(logins.unknown_user(portal, encoding))


@pytest.mark.requirement("AUTH-12")
@pytest.mark.last
def test_a_wrong_password_fails(portal: Portal) -> None:
    """Login of the user under test with a wrong password, sent once a run and last of all, fails."""
    logins.given_right_login(portal)
    logins.expect_failure(logins.wrong_password(portal))
