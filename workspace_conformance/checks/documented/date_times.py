"""Date-times in the answers of a documented GET: where they stand, and whether they are round-trip."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from workspace_conformance.checks import dates
from workspace_conformance.checks.documented.answers import FORMATS, Answers
from workspace_conformance.checks.expectations import violation
from workspace_conformance.contract.documented import Operation, record_types
from workspace_conformance.contract.known_values import KnownValues
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.exchange.texts import printable
from workspace_conformance.transport.client import succeeded

# Date-times by what the documentation calls texts. The first are never anything else; of the others,
# a day without a time is none.
_ALWAYS = frozenset({"created", "updated", "createon", "createdon"})
_WHERE_TIMED = frozenset(
    {
        *("deadline", "startdate", "enddate", "expectedclosedate", "actualclosedate", "issuedate"),
        *("duedate", "dialdate", "lastmodified", "expirationdate", "start", "end", "date"),
    }
)


def are_in(known: KnownValues, operation: Operation) -> bool:
    """Whether an operation's answer may show a date-time."""
    return any(_date_members(known, operation))


def expect_round_trip(answers: Answers) -> None:
    """Every date-time that an answer shows is in the round-trip form (DATE-1)."""
    typed, texts = _date_members(answers.known, answers.question.operation)
    seen = 0
    for fmt in FORMATS:
        exchange = answers.form(fmt)
        if not succeeded(exchange):
            continue
        for name, value in _date_times(contents.records(exchange), typed, texts):
            seen += 1
            if not dates.is_round_trip(value):
                violation(
                    exchange,
                    f"{printable(name)} is {printable(value)}; "
                    "expected a form such as 2008-04-10T06:30:00.0000000-07:00",
                )
    if not seen:
        raise Untested(Reason.NO_RECORD, "no answer shows a date-time")


def _date_times(
    view: Any, typed: frozenset[str], texts: frozenset[str]
) -> Iterator[tuple[str, str]]:
    if isinstance(view, list):
        for item in view:
            yield from _date_times(item, typed, texts)
    elif isinstance(view, dict):
        for name, value in view.items():
            key = name.lower()
            if isinstance(value, str):
                if value and (key in typed or (key in texts and ":" in value)):
                    yield name, value
            else:
                yield from _date_times(value, typed, texts)


@cache
def _date_members(
    known: KnownValues, operation: Operation
) -> tuple[frozenset[str], frozenset[str]]:
    """The members that hold date-times in an operation's answer, or in records within it: those
    that always do, and those that do where they show a time.
    """
    typed: set[str] = set()
    texts: set[str] = set()
    waiting = [operation.answer] if operation.answer is not None else []
    seen: set[str] = set()
    while waiting:
        kind = waiting.pop()
        if kind.name in seen:
            continue
        seen.add(kind.name)
        documented = kind.name in record_types()
        for member in known.members(kind):
            key = member.name.lower()
            if member.type.name == "date-time" or (documented and key in _ALWAYS):
                typed.add(key)
            elif documented and member.type.name == "string" and key in _WHERE_TIMED:
                texts.add(key)
            waiting.append(member.type)
    return frozenset(typed), frozenset(texts)
