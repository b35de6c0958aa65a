"""The questions that a documented GET is asked, and their answers: six to eight requests each."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from workspace_conformance.checks.documented.asking import Question, questions
from workspace_conformance.checks.documented.presence import ABSENT, FORBIDDEN
from workspace_conformance.contract.documented import Operation
from workspace_conformance.contract.known_values import KnownValues, Role, Value
from workspace_conformance.exchange import cases
from workspace_conformance.exchange.identifiers import Form, form_of
from workspace_conformance.exchange.messages import Exchange, Trouble
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import NOBODY, is_too_long, succeeded, unusable

FORMATS = ("json", "xml", "")
NO_RECORD_ID = 2_147_483_646  # the largest id of 32 bits but one: of no record
_WANTS_VALUES = frozenset({400, 409, 422})
# What a parameter of these types can never be.
_TYPED = frozenset({"integer", "int32", "int64", "uint32", "number", "boolean", "uuid"})
NO_VALUE = "conformance"


@dataclass(slots=True)
class Answers:
    """What came of the questions about one operation.

    forms: the main question by format. further: the other enumerated words, each asked in one
    format. missing: a listed record that was not served where another one was. last: the last
    listed record.
    """

    portal: Portal
    known: KnownValues
    question: Question
    forms: dict[str, Exchange]
    further: list[tuple[str, Exchange]] = field(default_factory=list)
    plain_is_main: bool = True  # whether the form without a suffix is of the main question
    missing: Exchange | None = None
    last: tuple[Question, Exchange] | None = None
    refusal: Exchange | None = None
    unknown: Exchange | None = None
    wrong: Exchange | None = None
    mistaken: Exchange | None = None

    def form(self, fmt: str) -> Exchange:
        """The answer in a format; the case under way rests on it."""
        return credited(self.forms[fmt])

    def all_in(self, fmt: str) -> list[Exchange]:
        """The answers in a format: the main one, and those to other words that succeeded."""
        return [
            self.form(fmt),
            *(credited(it) for other, it in self.further if other == fmt and succeeded(it)),
        ]

    @property
    def served(self) -> Exchange:
        """An answer that succeeded, .json before others."""
        return next(it for fmt in FORMATS if succeeded(it := self.forms[fmt]))


def credited(exchange: Exchange) -> Exchange:
    """The same exchange; the case under way rests on it."""
    case = cases.current()
    if case is not None:
        case.credit(exchange)
    return exchange


def ask(portal: Portal, known: KnownValues, operation: Operation) -> Answers:
    """Ask all questions about an operation. Raises Untested where it is not served.

    One request serves several purposes: the form without a suffix is asked of another enumerated
    word, or of the last listed record, where there is one.
    """
    asked = questions(portal, known, operation)
    answers = _served(portal, known, asked)
    main = answers.question
    turn = zlib.crc32(operation.name.encode())
    if operation.needs_authorization:
        answers.refusal = portal.get(
            main.path, FORMATS[turn % 3], query=main.query, credential=NOBODY
        )
    if main.identity is not None:
        unknown = main.with_id(unknown_id(portal, main))
        answers.unknown = _get(portal, unknown, FORMATS[(turn + 1) % 3])
        text = wrong_id(main)
        if text is not None:
            answers.wrong = _get(portal, main.with_id(text), FORMATS[(turn + 2) % 3])
    answers.mistaken = answers.wrong or _mistaken(portal, main, FORMATS[turn % 3])
    return answers


def _served(portal: Portal, known: KnownValues, asked: Sequence[Question]) -> Answers:
    """The first question that is served, in all forms; Untested where none is.

    Of a list that is too long to be read whole, a page is asked for from then on.
    """
    tried: dict[str, Exchange] = {}
    for number, question in enumerate(asked):
        exchange = _get(portal, question, "json")
        if is_too_long(exchange):
            paged = [each.of_a_page() for each in asked]
            page = _get(portal, paged[number], "json")
            if succeeded(page) and not is_too_long(page):
                return _whole(portal, known, paged[number], paged, {"json": page})
        if number == 0 or succeeded(exchange):
            tried = {"json": exchange}
        if succeeded(exchange):
            return _whole(portal, known, question, asked, tried)
    for fmt in ("xml", ""):
        tried[fmt] = _get(portal, asked[0], fmt)
        if succeeded(tried[fmt]):
            return _whole(portal, known, asked[0], asked, tried)
    identity = asked[0].identity
    if identity is not None and identity.others:  # a record that was listed may be gone
        other = asked[0].with_id(identity.others[-1])
        exchange = _get(portal, other, "json")
        if succeeded(exchange):
            answers = _whole(portal, known, other, (), {"json": exchange})
            return replace(answers, missing=tried["json"])
    raise _not_served(asked[0], list(tried.values()))


def _whole(
    portal: Portal,
    known: KnownValues,
    main: Question,
    asked: Sequence[Question],
    forms: dict[str, Exchange],
) -> Answers:
    """A question that is served, in the forms that have not been asked for, and others like it."""
    forms.setdefault("xml", _get(portal, main, "xml"))
    answers = Answers(portal, known, main, forms)
    others = [it for it in asked if it is not main]
    last = _last(known, main)
    plain = "" not in forms  # whether the form without a suffix is yet to be asked for
    for number, question in enumerate([*others, *last]):
        fmt = FORMATS[(number + 2) % 3]
        exchange = _get(portal, question, fmt)
        if question in last:
            answers.last = question, exchange
        else:
            answers.further.append((fmt, exchange))
        if plain and not fmt and succeeded(exchange):
            forms[""], plain = exchange, False
            answers.plain_is_main = False
    if plain:
        forms[""] = _get(portal, main, "")
    return answers


def _last(known: KnownValues, main: Question) -> list[Question]:
    """The question about the last listed record, where records have URLs of their own."""
    identity = main.identity
    if identity is None or not identity.others or not has_own_url(known, main.operation):
        return []
    text = identity.others[-1]
    return [main.with_id(text)] if text != identity.text else []


def _get(portal: Portal, question: Question, fmt: str) -> Exchange:
    exchange = portal.get(question.path, fmt, query=question.query)
    if exchange.trouble is Trouble.TIMEOUT:
        raise Untested(
            Reason.TOO_SLOW,
            f"GET {exchange.request.url} takes longer than the bound: {exchange.words}",
        )
    return exchange


def _not_served(question: Question, tried: Sequence[Exchange]) -> Untested:
    """Why an operation is untested that succeeded in no form."""
    troubled = next((it for it in tried if it.response is None or it.trouble is not None), None)
    if troubled is not None:
        return unusable(troubled, "no answer to judge")
    statuses = {it.response.status for it in tried if it.response is not None}
    first = tried[0]
    assert first.response is not None
    told = f"GET {first.request.url} answered {first.response.status_line}"
    if statuses <= ABSENT:
        return Untested(Reason.ABSENT, f"served in no form: {told}")
    if statuses <= ABSENT | FORBIDDEN:
        return Untested(Reason.NOT_PERMITTED, f"the account may not: {told}")
    operation = question.operation
    if statuses <= ABSENT | _WANTS_VALUES and (operation.query or operation.path_parameters):
        return Untested(Reason.NO_RECORD, f"wants values that no list shows: {told}")
    return Untested(Reason.SETUP_FAILED, f"succeeds in no form: {told}")


# --- ids ------------------------------------------------------------------------------------------


def has_own_url(known: KnownValues, operation: Operation) -> bool:
    """Whether an operation serves, at its own URL, a record that a list of its module shows."""
    if operation.shape != "record" or not operation.name.endswith("}"):
        return False
    value = known.of_path(operation, {})[-1]
    return value.role is Role.ID and any(
        (shown := known.operation(source.list)) is not None
        and shown.name.startswith(operation.name.rpartition("/")[0])
        and len(source.member) == 1
        for source in value.sources
    )


def innermost_id(known: KnownValues, operation: Operation) -> Value | None:
    """The last parameter of a path that names a record."""
    words = {it.name: it.type.choices[0] for it in operation.path_parameters if it.type.choices}
    found = [value for value in known.of_path(operation, words) if value.role is Role.ID]
    return found[-1] if found else None


def has_form(value: Value) -> bool:
    """Whether an id can be of a wrong form: nearly any text is a name (of a page, of a person)."""
    named = any(
        source.member[-1] in ("name", "username") or source.list == "people"
        for source in value.sources
    )
    return value.field.type.name != "string" or not named


def unknown_id(portal: Portal, question: Question) -> str:
    """An id of the right form that no record has."""
    identity = question.identity
    assert identity is not None
    form = form_of([identity.text])
    if form is Form.INTEGER:
        return str(NO_RECORD_ID)
    return portal.unlike([identity.text], form)


def wrong_id(question: Question) -> str | None:
    """An id of the wrong form; None where nearly any text has the right one."""
    identity = question.identity
    if identity is None or not has_form(identity.value):
        return None
    form = form_of([identity.text])
    turn = zlib.crc32(question.operation.name.encode()) // 3 % 3
    if form is Form.GUID:
        return (f"{identity.text[:-1]}z", NO_VALUE, f"{NO_VALUE}-{identity.text}")[turn]
    if form is Form.INTEGER:
        return (f"{identity.text}x", NO_VALUE, f"{NO_VALUE}-{identity.text}")[turn]
    return None


# --- a wrong parameter ----------------------------------------------------------------------------


def wrong_parameter(operation: Operation) -> str:
    """The parameter of the query that can be given what it can never be; empty where there is none."""
    for each in operation.query:
        if each.type.name in _TYPED:
            return each.name
    return ""


def _mistaken(portal: Portal, question: Question, fmt: str) -> Exchange | None:
    """The same question with a word in place of a number, a flag or an id."""
    name = wrong_parameter(question.operation)
    if not name:
        return None
    parts = [it for it in question.query.split("&") if it and not it.startswith(f"{name}=")]
    query = "&".join([*parts, f"{quote(name)}={NO_VALUE}"])
    return portal.get(question.path, fmt, query=query)
