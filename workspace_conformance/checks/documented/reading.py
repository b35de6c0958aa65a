"""Reading a documented GET once for all the requirements that judge it.

The answers are judged as soon as they are there, and let go: what is kept of an operation is what
became of each requirement, and which exchanges that rests on.
"""

from __future__ import annotations

import copy
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workspace_conformance.checks.documented.answers import Answers, ask
from workspace_conformance.checks.documented.judging import JUDGES, judges
from workspace_conformance.checks.documented.presence import given_module
from workspace_conformance.contract.documented import Operation, documented_reads
from workspace_conformance.contract.known_values import (
    KnownValues,
    described_values,
    documented_values,
)
from workspace_conformance.exchange import cases
from workspace_conformance.exchange.cases import Case
from workspace_conformance.exchange.outcomes import Untested, Violation
from workspace_conformance.portal.records import Portal

if TYPE_CHECKING:
    from workspace_conformance.contract.described import Description


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one requirement: `error` is what its judge raised, or None."""

    error: AssertionError | Untested | None
    exchanges: tuple[int, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """The operations that are read together, and where their values come from.

    source: the file of the target's own description that tells of them; empty for the documentation.
    """

    operations: Sequence[Operation]
    known: KnownValues
    source: str = ""

    def read_by(self, requirement: str) -> list[Operation]:
        """The operations that a requirement judges, in their order."""
        return [it for it in self.operations if judges(self.known, it, requirement)]


def documented() -> Subject:
    """The documented GETs that can be judged."""
    return Subject(documented_reads(), documented_values())


def described(description: Description) -> Subject:
    """The GETs of a target's own description that can be judged."""
    return Subject(
        [operation for operation in description.operations if operation.is_read],
        described_values(description.operations, description.records, description.values),
        description.source,
    )


def judge(portal: Portal, subject: Subject, requirement: str, operation: Operation) -> None:
    """Judge one operation by one requirement; raises what that comes to."""
    __tracebackhide__ = True
    case = cases.current()
    if case is not None:
        case.method, case.resource = operation.method, operation.name
        case.operation = f"{operation.method} {operation.name}"
    cases.enter(None)  # what the experiment asks is credited requirement by requirement
    try:
        # To confirm what was seen, only that is judged again.
        wanted = (requirement,) if portal.after is not None else tuple(JUDGES)
        outcomes = portal.once(
            ("documented", operation.path), lambda: _read(portal, subject, operation, wanted)
        )
    finally:
        cases.enter(case)
    outcome = outcomes[requirement]
    if case is not None:
        case.exchanges.extend(outcome.exchanges)
        case.unread.extend(outcome.unread)
    if outcome.error is not None:
        # Each case gets an error of its own: raised again and again, one gathers all their frames.
        raise copy.copy(outcome.error).with_traceback(None)


def _read(
    portal: Portal, subject: Subject, operation: Operation, requirements: Sequence[str]
) -> dict[str, Outcome]:
    asking = cases.current()
    wanted = [name for name in requirements if judges(subject.known, operation, name)]
    try:
        if not subject.source:  # what modules there are, documented operations tell
            given_module(portal, subject.known, operation, subject.operations)
        answers = ask(portal, subject.known, operation)
    except Untested as why:
        seen = tuple(asking.exchanges) if asking is not None else ()
        return dict.fromkeys(wanted, Outcome(_light(portal, why), seen))
    asker = asking.asker if asking is not None else ""
    try:
        return {name: _judged(answers, name, asker) for name in wanted}
    finally:
        cases.enter(asking)


def _judged(answers: Answers, requirement: str, asker: str) -> Outcome:
    case = Case("", requirement)
    case.asker = asker
    cases.enter(case)
    error: AssertionError | Untested | None = None
    try:
        JUDGES[requirement](answers)
    except (AssertionError, Untested) as raised:
        error = _light(answers.portal, raised)
    if isinstance(error, Violation) and error.exchange is not None:
        case.credit(error.exchange)
    return Outcome(error, tuple(case.exchanges), tuple(case.unread))


def _light(portal: Portal, error: AssertionError | Untested) -> AssertionError | Untested:
    """The error without what it holds in memory: the frames that it came through, a whole body."""
    traceback.clear_frames(error.__traceback__)
    error.__traceback__ = error.__context__ = error.__cause__ = None
    if isinstance(error, Violation) and error.exchange is not None:
        kept = portal.transport.exchanges
        error.exchange = kept.get(error.exchange.number, error.exchange)
    return error
