"""What each requirement asks of the answers of a documented GET."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from workspace_conformance.checks import authentication, envelopes, repeated_reads
from workspace_conformance.checks.documented import date_times
from workspace_conformance.checks.documented.answers import (
    FORMATS,
    Answers,
    credited,
    has_form,
    has_own_url,
    innermost_id,
    wrong_parameter,
)
from workspace_conformance.checks.documented.presence import FORBIDDEN
from workspace_conformance.checks.expectations import (
    answer,
    expect_media,
    expect_no_server_error,
    expect_refusal,
    expect_status,
    expect_success,
    given_envelope,
    given_failure,
    given_refusal,
    given_success,
    violation,
)
from workspace_conformance.contract.documented import Operation, record_types
from workspace_conformance.contract.known_values import KnownValues
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.messages import Exchange, Trouble
from workspace_conformance.exchange.outcomes import Reason, Untested, Violation
from workspace_conformance.transport.client import succeeded, unusable

# Members that a list may show otherwise each time: signed links, thumbnails, what goes on.
_RESTLESS = re.compile(
    "url|uri|link|token|hash|avatar|foto|img|icon|location|key|progress|percent|status|size|"
    "time|date|display|space|used|last|online"
)
_STEADY = frozenset({"string", "boolean", "uuid", "int32", "int64"})
_BROKEN_OFF = (Trouble.DROPPED, Trouble.PROTOCOL)
_READINGS = 6


# --- formats --------------------------------------------------------------------------------------


def _media(fmt: str) -> Callable[[Answers], None]:
    def judge(answers: Answers) -> None:
        for exchange in answers.all_in(fmt):
            expect_media(exchange, fmt or "xml")

    return judge


def _same_data(answers: Answers) -> None:
    question = answers.question
    portal, forms = answers.portal, (answers.form("json"), answers.form("xml"))
    try:
        repeated_reads.expect_same_data(portal, question.path, question.query, forms)
    except Violation:
        # One form read twice in a row: what differs then is changed by reading, which REST-4 judges.
        first, second = (
            portal.get(question.path, "json", query=question.query, fresh=True) for _ in range(2)
        )
        if list(repeated_reads.by_id(first)) != list(repeated_reads.by_id(second)):
            words = "what the operation lists is another at each reading"
            raise Untested(Reason.SETUP_FAILED, words) from None
        raise


def _takes_a_suffix(answers: Answers) -> None:
    given_success(answers.served, "the operation in any form")
    for fmt in ("json", "xml"):
        expect_success(answers.form(fmt))


def _answers_200(answers: Answers) -> None:
    asked = [answers.form(fmt) for fmt in FORMATS]
    asked += [credited(exchange) for _, exchange in answers.further]
    for exchange in asked:
        if succeeded(exchange):
            expect_status(exchange, 200)


def _says_what_it_did(answers: Answers) -> None:
    more = (answers.refusal, answers.unknown, answers.wrong)
    asked = [answers.form(fmt) for fmt in FORMATS]
    asked += [credited(each) for each in more if each is not None]
    _each(asked, envelopes.expect_agreement)


def _each(exchanges: Sequence[Exchange], judge: Callable[[Exchange], None]) -> None:
    """Judge those that can be judged; Untested where none can."""
    why: Untested | None = None
    judged = False
    for exchange in exchanges:
        try:
            judge(exchange)
            judged = True
        except Untested as untested:
            why = why or untested
    if not judged and why is not None:
        raise why


def _no_server_error(answers: Answers) -> None:
    assert answers.mistaken is not None
    given_success(answers.served, "the same without the mistake")
    if answers.mistaken is answers.wrong and answers.unknown is not None:
        given_refusal(answers.unknown)  # what is done with an unknown id is for ID-1
    expect_no_server_error(credited(answers.mistaken))


# --- the envelope ---------------------------------------------------------------------------------


def _json_envelope(answers: Answers) -> None:
    for exchange in answers.all_in("json"):
        given_success(exchange, "the request")
        envelopes.expect_envelope(exchange, "json", counted=_is_counted(answers))
    for failed in (answers.unknown, answers.wrong, answers.refusal):
        response = failed.response if failed is not None else None
        if failed is not None and response is not None and response.status >= 400:
            envelopes.expect_failure_envelope(credited(failed))


def _xml_envelope(answers: Answers) -> None:
    for exchange in answers.all_in("xml"):
        given_success(exchange, "the request")
        envelopes.expect_envelope(exchange, "xml", counted=_is_counted(answers))


def _is_counted(answers: Answers) -> bool:
    """Whether the answer holds what count counts: what it is for a value is not said."""
    try:
        shown = given_envelope(answers.form("json")).response
    except Untested:  # no envelope at all: there is no count in it, either
        return True
    return isinstance(shown, list) or (isinstance(shown, dict) and _is_record(answers))


def _is_record(answers: Answers) -> bool:
    told = answers.question.operation.answer
    return told is not None and not told.lists and bool(answers.known.members(told))


def _count(answers: Answers) -> None:
    shown = given_envelope(answers.form("json")).response
    if isinstance(shown, list):
        items = len(shown)
    elif isinstance(shown, dict) and _is_record(answers):
        items = 1 if shown else 0
    else:
        raise Untested(Reason.NO_RECORD, "the answer is a value: what its count is, is not said")
    envelopes.expect_count(answers.form("json"), isinstance(shown, list), items)
    second = answers.form("xml")
    if succeeded(second):
        held = given_envelope(second).response
        if not isinstance(shown, list) or (isinstance(held, tuple) and len(held) == items):
            envelopes.expect_count(second, isinstance(shown, list), items)


# --- credentials ----------------------------------------------------------------------------------


def _refusal(answers: Answers) -> Exchange:
    assert answers.refusal is not None
    given_success(answers.served, "the same request with a credential")
    return credited(answers.refusal)


def _needs_authorization(answers: Answers) -> None:
    expect_refusal(_refusal(answers))


def _refuses_with_401(answers: Answers) -> None:
    refusal = _refusal(answers)
    given_refusal(refusal)
    expect_status(refusal, 401)


def _challenges(answers: Answers) -> None:
    authentication.expect_challenge(_refusal(answers))


def _discloses_nothing(answers: Answers) -> None:
    refusal = _refusal(answers)
    given_failure(refusal)
    authentication.expect_nothing_disclosed(answers.portal, refusal, credited(answers.served))


# --- ids ------------------------------------------------------------------------------------------


def _unknown_id(answers: Answers) -> None:
    exchange = answers.unknown
    if exchange is None:
        raise Untested(Reason.NO_RECORD, "no id to ask for")
    given_success(answers.served, "the same with a known id")
    credited(exchange)
    if answer(exchange).status in FORBIDDEN:
        raise unusable(exchange, "the account may not ask for others")
    expect_status(exchange, 404)


def _wrong_id(answers: Answers) -> None:
    exchange = answers.wrong
    if exchange is None or answers.unknown is None:
        raise Untested(Reason.NO_RECORD, "nearly any text has the form of these ids")
    given_success(answers.served, "the same with a known id")
    given_refusal(answers.unknown)  # what is done with an unknown id is for ID-1
    if exchange.trouble in _BROKEN_OFF:
        # Sent anew, after the real id was asked for and served: it is no accident, then.
        portal, question = answers.portal, answers.question
        served = portal.get(question.path, "json", query=question.query, fresh=True)
        given_success(served, "asking for the real id in between")
        exchange = portal.transport.ask(exchange.request, fresh=True)
        if exchange.trouble in _BROKEN_OFF:
            words = f"no answer ({exchange.words}), while the real id was served in between"
            violation(exchange, words, by_head=True)
    expect_refusal(credited(exchange))


def _listed_is_served(answers: Answers) -> None:
    """The first listed record and the last are served at their URLs, and are these records."""
    identity = answers.question.identity
    assert identity is not None
    if answers.missing is not None:
        _expect_served(answers, identity, answers.missing)
    shown = [(identity.text, answers.form("json"))]
    if answers.last is not None:
        question, exchange = answers.last
        other = question.identity
        text = other.text if other is not None else ""
        credited(exchange)
        if answer(exchange).status in FORBIDDEN:
            raise unusable(exchange, "the account may not read each")
        if not succeeded(exchange):
            _expect_served(answers, identity, exchange)
        shown.append((text, exchange))
    assert identity.source is not None
    for text, exchange in shown:
        held = [
            value
            for name, value in (contents.record(exchange) or {}).items()
            if name.lower() == identity.source.member[-1] and isinstance(value, str) and value
        ]
        if held and held[0].casefold() != text.casefold():
            violation(exchange, f"serves the record {held[0]!r} at the URL of {text!r}")


def _expect_served(answers: Answers, identity: Any, exchange: Exchange) -> None:
    """Violation, unless the list shows the record no more, or it is served when asked again."""
    portal = answers.portal
    again = portal.transport.ask(exchange.request, fresh=True)
    if succeeded(again):
        return
    assert identity.shown_by is not None
    listing = portal.transport.ask(identity.shown_by.request, fresh=True)
    text = exchange.request.url.partition("?")[0].rpartition("/")[2]
    text = unquote(text.removesuffix(".json").removesuffix(".xml"))
    said = listing.response.body.decode("utf-8", "replace") if listing.response else ""
    if not succeeded(listing) or text not in said:
        raise Untested(Reason.SETUP_FAILED, "a listed record was removed meanwhile")
    expect_success(credited(again))


# --- reading again, and dates ---------------------------------------------------------------------


def _asked_again(answers: Answers) -> None:
    """Asked twice, the same records are answered; what differs must do so each time."""
    portal, question = answers.portal, answers.question
    members = _steady_members(answers)
    readings = [answers.form("json"), answers.form("xml")]
    if answers.plain_is_main:
        readings.append(answers.form(""))
    for exchange in readings:
        given_success(exchange, "reading it")
    change, second = None, readings[-1]
    for earlier, later in pairwise(readings):
        change = change or repeated_reads.change_between(earlier, later, members)
    for _ in range(_READINGS):
        if change is None:
            return
        first, second = (
            second,
            portal.get(question.path, "xml", query=question.query, fresh=True),
        )
        change = repeated_reads.change_between(first, second, members)
    if change is not None and not question.query:
        repeated_reads.given_changed_by_reading(portal, question.path, members)
        violation(second, f"asked {_READINGS + 2} times, it answers otherwise each time: {change}")


def _steady_members(answers: Answers) -> frozenset[str]:
    """The members that reading may not change, in the form in which answers show them; of records
    that the documentation does not know, only those that name them.
    """
    told = answers.question.operation.answer
    found = {"id", "title", "name"}
    for member in record_types().get(told.name, ()) if told is not None else ():
        name = member.name
        restless = _RESTLESS.search(name.lower()) is not None
        if member.type.name in _STEADY and not member.type.lists and not restless:
            found.add(name[:1].lower() + name[1:])
    return frozenset(found)


# --- all of them ----------------------------------------------------------------------------------

JUDGES: dict[str, Callable[[Answers], None]] = {
    "FMT-1": _media("json"),
    "FMT-2": _media("xml"),
    "FMT-3": _media(""),
    "FMT-4": _same_data,
    "FMT-5": _takes_a_suffix,
    "STA-1": _answers_200,
    "STA-6": _says_what_it_did,
    "STA-8": _no_server_error,
    "ENV-1": _json_envelope,
    "ENV-2": _xml_envelope,
    "ENV-3": _count,
    "DATE-1": date_times.expect_round_trip,
    "AUTH-1": _needs_authorization,
    "AUTH-2": _refuses_with_401,
    "AUTH-6": _challenges,
    "AUTH-7": _discloses_nothing,
    "ID-1": _unknown_id,
    "ID-2": _wrong_id,
    "REST-1": _listed_is_served,
    "REST-4": _asked_again,
}


def judges(known: KnownValues, operation: Operation, requirement: str) -> bool:
    """Whether an operation is judged by a requirement at all."""
    if requirement.startswith("AUTH-"):
        return operation.needs_authorization
    if requirement == "STA-8":
        return bool(wrong_parameter(operation))
    if requirement in ("ID-1", "ID-2"):
        value = innermost_id(known, operation)
        return value is not None and (requirement == "ID-1" or has_form(value))
    if requirement == "REST-1":
        return has_own_url(known, operation)
    if requirement == "REST-4":
        return bool(known.members(operation.answer))
    if requirement == "ENV-3":
        return operation.shape != "value"
    if requirement == "DATE-1":
        return date_times.are_in(known, operation)
    return True
