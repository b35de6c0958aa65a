"""The described operations, with requests that Schemathesis draws and answers that it checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import pytest

from workspace_conformance.checks import (
    authentication,
    described_answers,
    described_operations,
    envelopes,
    refused_writes,
)
from workspace_conformance.checks.described_answers import Finding
from workspace_conformance.checks.described_operations import Attempt, Operation, spelled
from workspace_conformance.checks.expectations import (
    NO_CONTENT,
    answer,
    expect_media,
    expect_no_server_error,
    expect_no_success,
    expect_refusal,
    expect_status,
    expect_success,
    given_failure,
    given_media,
    given_refusal,
    given_success,
    violation,
    wrong_media,
)
from workspace_conformance.checks.operation_attempts import (
    ask_with_another_method,
    attempts,
    given_successes,
    in_turn,
    of_a_suffix,
)
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import NOBODY, Credential, unknown_token, unusable

_LOGIN = "authentication.login"
_MAYBE_DATELESS = ("people.create", "people.update")  # nobody told the portal a date


def _those(wanted: Callable[[Operation], bool]) -> pytest.MarkDecorator:
    """Parametrize with the ids of the operations that are wanted; those that write are marked."""
    return pytest.mark.parametrize(
        "name",
        [
            pytest.param(operation.id, marks=[pytest.mark.writes] if _writes(operation) else [])
            for operation in described_operations.described().values()
            if wanted(operation)
        ],
    )


def _writes(operation: Operation) -> bool:
    return operation.method != "GET" and operation.base != _LOGIN


def _guarded_reading(operation: Operation) -> bool:
    return operation.method == "GET" and operation.guarded


def _successes(portal: Portal, name: str) -> list[Attempt]:
    """The successes of an operation, or of one that shares its place."""
    __tracebackhide__ = True
    return in_turn(portal, described_operations.described()[name], given_successes)


def _expect_none(found: Iterable[Finding], exchange: Exchange, *, dates: bool = False) -> None:
    __tracebackhide__ = True
    for finding in found:
        if finding.is_date is dates:
            violation(exchange, finding.words)


# --- status ---------------------------------------------------------------------------------------


@pytest.mark.requirement("STA-8")
@_those(lambda operation: True)
def test_no_request_breaks_the_server(portal: Portal, name: str) -> None:
    """No drawn request is answered 5xx; 503 is the documented answer to too many."""
    tried = in_turn(portal, described_operations.described()[name], attempts)
    judged = [attempt for attempt in tried if answer(attempt.exchange).status != 503]
    if not judged:
        raise Untested(Reason.THROTTLED, "every drawn request was answered 503")
    for attempt in judged:
        if described_answers.findings("not_a_server_error", attempt):
            expect_no_server_error(attempt.exchange)


def _expect_declared_status(portal: Portal, name: str) -> None:
    __tracebackhide__ = True
    for attempt in _successes(portal, name):
        _expect_none(
            described_answers.findings("status_code_conformance", attempt), attempt.exchange
        )


@pytest.mark.requirement("STA-1")
@_those(lambda operation: operation.method == "GET")
def test_a_query_has_its_status(portal: Portal, name: str) -> None:
    """GET: a success has the declared status."""
    _expect_declared_status(portal, name)


@pytest.mark.requirement("STA-2")
@_those(lambda operation: operation.method == "POST" and operation.base != _LOGIN)
def test_a_creation_has_its_status(portal: Portal, name: str) -> None:
    """POST: a success has the declared status."""
    _expect_declared_status(portal, name)


@pytest.mark.requirement("STA-3")
@_those(lambda operation: operation.method == "PUT")
def test_an_update_has_its_status(portal: Portal, name: str) -> None:
    """PUT: a success has the declared status."""
    _expect_declared_status(portal, name)


@pytest.mark.requirement("STA-4")
@_those(lambda operation: operation.method == "DELETE")
def test_a_delete_has_its_status(portal: Portal, name: str) -> None:
    """DELETE: a success has the declared status."""
    _expect_declared_status(portal, name)


@pytest.mark.requirement("STA-6")
@_those(_writes)
def test_the_answer_to_a_write_agrees_with_its_status(portal: Portal, name: str) -> None:
    """POST, PUT and DELETE: no error inside a success, and the envelope's status is HTTP's."""
    for attempt in in_turn(portal, described_operations.described()[name], attempts):
        envelopes.expect_agreement(attempt.exchange)


@pytest.mark.requirement("AUTH-10")
@_those(lambda operation: operation.base == _LOGIN)
def test_a_login_has_its_status(portal: Portal, name: str) -> None:
    """Login: a success has the declared status."""
    _expect_declared_status(portal, name)


# --- media ----------------------------------------------------------------------------------------


def _expect_declared_media(portal: Portal, name: str) -> None:
    __tracebackhide__ = True
    operation = described_operations.described()[name]
    good = _successes(portal, name)
    judged = [a for a in good if answer(a.exchange).status not in NO_CONTENT]
    if not judged:
        raise Untested(Reason.SETUP_FAILED, "every success said that it has no content")
    if not operation.form and any(_is_json(a.exchange.request) for a in judged):
        raise Untested(Reason.SETUP_FAILED, "it takes JSON alone, which names a format by itself")
    for attempt in judged:
        path, query, _ = spelled(attempt.case)
        if operation.form and query:  # whether the two go together is for FMT-9
            bare = path.removesuffix(f".{operation.form}")
            given_media(
                portal.get(bare, operation.form, query="count=2&startIndex=0"), operation.form
            )
        _expect_none(
            described_answers.findings("content_type_conformance", attempt), attempt.exchange
        )
        expect_media(attempt.exchange, operation.media)


def _is_json(request: Request) -> bool:
    return (request.header("content-type") or "").startswith("application/json")


@pytest.mark.requirement("FMT-1")
@_those(lambda operation: operation.form == "json")
def test_json_operations_answer_json(portal: Portal, name: str) -> None:
    """With .json: a success has the declared media, and is well-formed."""
    _expect_declared_media(portal, name)


@pytest.mark.requirement("FMT-2")
@_those(lambda operation: operation.form == "xml")
def test_xml_operations_answer_xml(portal: Portal, name: str) -> None:
    """With .xml: a success has the declared media, and is well-formed."""
    _expect_declared_media(portal, name)


@pytest.mark.requirement("FMT-3")
@_those(lambda operation: not operation.form)
def test_operations_answer_xml_by_default(portal: Portal, name: str) -> None:
    """With no format specified (bodies are forms): a success is XML, and is well-formed."""
    _expect_declared_media(portal, name)


@pytest.mark.requirement("FMT-5")
@_those(
    lambda operation: "comment" in operation.path and operation.form != "" and _writes(operation)
)
def test_writing_comments_takes_a_suffix(portal: Portal, name: str) -> None:
    """POST, PUT and DELETE of a comment take either suffix, where they work in any form."""
    expect_success(in_turn(portal, described_operations.described()[name], of_a_suffix))


# --- body -----------------------------------------------------------------------------------------


def _expect_body_by_schema(portal: Portal, name: str) -> None:
    __tracebackhide__ = True
    good = _successes(portal, name)
    judged = 0
    for attempt in good:
        found = described_answers.envelope_findings(attempt)
        if found is not None:
            judged += 1
            _expect_none(found, attempt.exchange)
    if not judged:
        taken = wrong_media(good[0].exchange, described_operations.described()[name].media)
        if taken:
            raise Untested(Reason.SETUP_FAILED, taken)
        raise unusable(good[0].exchange, "no success has a body that the schema could judge")


@pytest.mark.requirement("ENV-1")
@_those(lambda operation: operation.media == "json")
def test_json_bodies_follow_the_schema(portal: Portal, name: str) -> None:
    """A success in JSON is an envelope around what the operation should answer."""
    _expect_body_by_schema(portal, name)


@pytest.mark.requirement("ENV-2")
@_those(lambda operation: operation.media == "xml")
def test_xml_bodies_follow_the_schema(portal: Portal, name: str) -> None:
    """A success in XML is an envelope around what the operation should answer."""
    _expect_body_by_schema(portal, name)


@pytest.mark.requirement("DATE-1")
@_those(lambda operation: operation.shows_dates and operation.base not in _MAYBE_DATELESS)
def test_date_times_follow_the_schema(portal: Portal, name: str) -> None:
    """What the schema says is a date-time is one."""
    for attempt in in_turn(portal, described_operations.described()[name], _dated):
        found = described_answers.envelope_findings(attempt)
        assert found is not None
        _expect_none(found, attempt.exchange, dates=True)


def _dated(portal: Portal, operation: Operation) -> list[Attempt]:
    """The successes that show a date-time; Untested where none does."""
    good = given_successes(portal, operation)
    dated = [
        attempt
        for attempt in good
        if described_answers.envelope_findings(attempt) is not None
        and described_answers.shows_a_date(attempt)
    ]
    if not dated:
        for attempt in good:
            taken = wrong_media(attempt.exchange, operation.media)
            if taken:
                raise Untested(Reason.SETUP_FAILED, taken)
        raise Untested(Reason.NOT_SERVED, "no answer shows a date-time")
    return dated


# --- method and credential ------------------------------------------------------------------------


_FORMS = ("", "json", "xml")


def _methods() -> list[tuple[str, str]]:
    """Each guarded resource that can be read, in one form with one of three methods, both in turn."""
    every = ("PATCH", "TRACE", "CONFORM")
    names = _in_one_form()
    return [(name, every[(number + number // 3) % 3]) for number, name in enumerate(names)]


def _in_one_form() -> list[str]:
    """The same resources, each in one form, and the forms in turn."""
    return [one.id for place, one in _placed_reading() if _FORMS[place % 3] == one.form]


def _placed_reading() -> list[tuple[int, Operation]]:
    reading = [one for one in described_operations.described().values() if _guarded_reading(one)]
    bases = list(dict.fromkeys(one.base for one in reading))
    return [(bases.index(one.base), one) for one in reading]


@pytest.mark.requirement("REST-3")
@pytest.mark.writes
@pytest.mark.parametrize(("name", "other"), _methods())
def test_unsupported_methods_do_not_succeed(portal: Portal, name: str, other: str) -> None:
    """A method that is not documented does not succeed where GET does."""
    ask = partial(ask_with_another_method, method=other)
    expect_no_success(in_turn(portal, described_operations.described()[name], ask))


@pytest.mark.requirement("AUTH-1")
@_those(_guarded_reading)
def test_a_missing_credential_is_not_ignored(portal: Portal, name: str) -> None:
    """A request that succeeded is refused without Authorization."""
    attempt = _successes(portal, name)[0]
    expect_refusal(described_operations.send_again(portal, attempt, credential=NOBODY))


@pytest.mark.requirement("AUTH-3")
@pytest.mark.parametrize("name", _in_one_form())
def test_an_invalid_credential_is_not_ignored(portal: Portal, name: str) -> None:
    """A request that succeeded is refused with 401 when its credential is unknown."""
    attempt = _successes(portal, name)[0]
    unknown = Credential(unknown_token(portal.settings.seed))
    expect_status(described_operations.send_again(portal, attempt, credential=unknown), 401)


@pytest.mark.requirement("AUTH-2")
@_those(_guarded_reading)
def test_a_missing_credential_is_401(portal: Portal, name: str) -> None:
    """A request that succeeded, without Authorization: when it is refused, with 401."""
    attempt = _successes(portal, name)[0]
    exchange = described_operations.send_again(portal, attempt, credential=NOBODY)
    given_refusal(exchange)
    expect_status(exchange, 401)


def _in_turn_with(words: Sequence[str], names: Sequence[str]) -> list[tuple[str, str]]:
    """Each of the longer of the two, with the other's in turn."""
    most = max(len(names), len(words))
    return [(names[each % len(names)], words[each % len(words)]) for each in range(most)]


@pytest.mark.requirement("AUTH-3")
@pytest.mark.parametrize(
    ("name", "form"),
    _in_turn_with(authentication.MORE_FORMS, _in_one_form()),
)
def test_no_invalid_credential_is_taken(portal: Portal, name: str, form: str) -> None:
    """A request that succeeded is refused with 401 when its credential is invalid in any way."""
    attempt = _successes(portal, name)[0]
    credential = authentication.invalid(portal, form)
    expect_status(described_operations.send_again(portal, attempt, credential=credential), 401)


@pytest.mark.requirement("AUTH-4")
@pytest.mark.parametrize(
    ("name", "parameter"),
    _in_turn_with(
        ["token", "access_token", "Authorization", "asc_auth_key"],
        _in_one_form(),
    ),
)
def test_a_query_parameter_does_not_authenticate(portal: Portal, name: str, parameter: str) -> None:
    """A request that succeeded is refused when its credential stands in the query alone."""
    attempt = _successes(portal, name)[0]
    given_failure(described_operations.send_again(portal, attempt, credential=NOBODY))
    path, query, _ = spelled(attempt.case)
    more = f"{parameter}={encode(authentication.token(portal))}"
    expect_no_success(
        portal.get(path, query=f"{query}&{more}" if query else more, credential=NOBODY)
    )


@pytest.mark.requirement("AUTH-5")
@pytest.mark.parametrize("name", _in_one_form())
def test_a_cookie_does_not_authenticate(portal: Portal, name: str) -> None:
    """A request that succeeded is refused when its credential stands in a cookie alone."""
    attempt = _successes(portal, name)[0]
    given_failure(described_operations.send_again(portal, attempt, credential=NOBODY))
    path, query, _ = spelled(attempt.case)
    cookie = [("Cookie", f"asc_auth_key={authentication.token(portal)}")]
    expect_no_success(portal.get(path, query=query, headers=cookie, credential=NOBODY))


@pytest.mark.requirement("AUTH-6")
@_those(_guarded_reading)
def test_a_401_to_any_reading_challenges(portal: Portal, name: str) -> None:
    """A 401 to a request that succeeded with Authorization carries WWW-Authenticate."""
    attempt = _successes(portal, name)[0]
    authentication.expect_challenge(
        described_operations.send_again(portal, attempt, credential=NOBODY)
    )


@pytest.mark.requirement("AUTH-7")
@_those(_guarded_reading)
def test_a_refusal_of_reading_discloses_nothing(portal: Portal, name: str) -> None:
    """What a 401 says holds nothing of what the same request with a credential gets."""
    attempt = _successes(portal, name)[0]
    exchange = described_operations.send_again(portal, attempt, credential=NOBODY)
    given_failure(exchange)
    authentication.expect_nothing_disclosed(portal, exchange, attempt.exchange)


@pytest.mark.requirement("AUTH-7")
@pytest.mark.parametrize("form", authentication.INVALID)
def test_a_refused_credential_discloses_nothing(portal: Portal, form: str) -> None:
    """What is said to a credential that is not valid holds nothing of the account's record."""
    protected = portal.served("people/@self")
    given_success(protected, "the same request with the valid credential")
    credential = authentication.invalid(portal, form)
    exchange = portal.get("people/@self", "json", credential=credential)
    given_failure(exchange)
    authentication.expect_nothing_disclosed(portal, exchange, protected)


# --- writes of somebody who may not ---------------------------------------------------------------


def _strangers(*who: str) -> pytest.MarkDecorator:
    """Each operation that writes: of nobody in every form, of an unknown credential in one."""
    every = {"nobody": refused_writes.writing, "unknown": refused_writes.in_one_form}
    pairs = [(one.id, stranger) for stranger in who for one in every[stranger]()]
    return pytest.mark.parametrize(("name", "stranger"), pairs)


def _refused(portal: Portal, name: str, stranger: str) -> refused_writes.Refused:
    ask = partial(refused_writes.refused, stranger=stranger)
    return in_turn(portal, described_operations.described()[name], ask)


@pytest.mark.requirement("AUTH-1")
@pytest.mark.writes
@_strangers("nobody")
def test_a_write_of_nobody_is_refused(portal: Portal, name: str, stranger: str) -> None:
    """POST, PUT and DELETE without Authorization are refused: records and comments, in any form."""
    expect_refusal(_refused(portal, name, stranger).asked)


@pytest.mark.requirement("AUTH-2")
@pytest.mark.writes
@_strangers("nobody")
def test_a_write_of_nobody_is_401(portal: Portal, name: str, stranger: str) -> None:
    """POST, PUT and DELETE without Authorization: when they are refused, with 401."""
    exchange = _refused(portal, name, stranger).asked
    given_refusal(exchange)
    expect_status(exchange, 401)


@pytest.mark.requirement("AUTH-3")
@pytest.mark.writes
@_strangers("unknown")
def test_a_write_of_a_stranger_is_401(portal: Portal, name: str, stranger: str) -> None:
    """POST, PUT and DELETE with a credential that was never issued are refused with 401."""
    expect_status(_refused(portal, name, stranger).asked, 401)


@pytest.mark.requirement("AUTH-6")
@pytest.mark.writes
@_strangers("nobody", "unknown")
def test_a_401_to_any_write_challenges(portal: Portal, name: str, stranger: str) -> None:
    """A 401 to a write carries WWW-Authenticate."""
    authentication.expect_challenge(_refused(portal, name, stranger).asked)


@pytest.mark.requirement("AUTH-7")
@pytest.mark.writes
@_strangers("nobody", "unknown")
def test_a_refused_write_discloses_nothing(portal: Portal, name: str, stranger: str) -> None:
    """What the refusal of a write says holds nothing of the record, nor of its list."""
    refused = _refused(portal, name, stranger)
    given_failure(refused.asked)
    authentication.expect_nothing_disclosed(portal, refused.asked, *refused.protected)


@pytest.mark.requirement("AUTH-8")
@pytest.mark.writes
@_strangers("nobody", "unknown")
def test_a_refused_write_does_nothing(portal: Portal, name: str, stranger: str) -> None:
    """POST, PUT and DELETE that are refused for want of a valid credential change nothing."""
    refused = _refused(portal, name, stranger)
    status = given_failure(refused.asked).status_line
    if refused.effect:
        violation(refused.asked, f"answered {status}, and had its effect: {refused.effect}")
