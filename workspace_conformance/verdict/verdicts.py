"""From cases to a verdict on each requirement, and from those to one verdict on the target.

Pure functions over values: everything that reports say is derived here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from workspace_conformance.contract.requirements import Contract, Level, Requirement
from workspace_conformance.exchange.outcomes import WITHOUT_WEIGHT, Outcome, Reason


class Verdict(StrEnum):
    """On one requirement."""

    PASSED = "passed"
    FAILED = "failed"
    PARTIAL = "partial"
    UNTESTED = "untested"


class TargetVerdict(StrEnum):
    """On the target."""

    CONFORMANT = "conformant"
    NON_CONFORMANT = "non-conformant"
    INCOMPLETE = "incomplete"


class Exit:
    """Exit codes that are ours to decide; the rest are pytest's own."""

    OK = 0
    VIOLATED = 1
    INTERRUPTED = 2
    INTERNAL_ERROR = 3
    USAGE = 4
    NOTHING_COLLECTED = 5
    NOT_JUDGED = 6


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of one case. `exchanges` are numbers of the run's exchanges, `shown_by` the
    telling one; `operation` is the one that it judges ("GET crm/contact/filter"), and `described`
    whether that is of the target's own description, not of the documentation.
    """

    id: str
    requirement: str
    outcome: Outcome
    reason: Reason | None = None
    message: str = ""
    exchanges: tuple[int, ...] = ()
    shown_by: int | None = None
    method: str | None = None
    format: str | None = None
    resource: str | None = None
    operation: str | None = None
    described: bool = False
    error: bool = (
        False  # the suite itself failed: untested, and the run ends with an internal error
    )


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A case of the suite that did not run, and why, in words."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A requirement with its verdict and the cases it rests on."""

    requirement: Requirement
    verdict: Verdict
    cases: tuple[CaseResult, ...]


def judge(cases: Sequence[CaseResult]) -> Verdict:
    """The verdict on a requirement from all its cases; without any it is untested.

    Cases of operations that the portal lacks, or has no record for, do not count (WITHOUT_WEIGHT).
    Of those of a target's own description only violations count: nothing is proved by the rest.
    """
    outcomes = {
        case.outcome
        for case in cases
        if case.reason not in WITHOUT_WEIGHT
        and (not case.described or case.outcome is Outcome.FAILED)
    }
    if Outcome.FAILED in outcomes:
        return Verdict.FAILED
    if outcomes == {Outcome.PASSED}:
        return Verdict.PASSED
    return Verdict.PARTIAL if Outcome.PASSED in outcomes else Verdict.UNTESTED


def judge_all(contract: Contract, results: Iterable[CaseResult]) -> list[Judged]:
    """Every requirement of the contract, in its order, with its verdict."""
    by_requirement: Mapping[str, list[CaseResult]] = {name: [] for name in contract.requirements}
    for result in results:
        by_requirement[result.requirement].append(result)
    return [
        Judged(requirement, judge(by_requirement[name]), tuple(by_requirement[name]))
        for name, requirement in contract.requirements.items()
    ]


def judge_target(judged: Sequence[Judged], complete: bool) -> TargetVerdict:
    """The verdict on the target; `complete` says that no case of the released suite was left out."""
    musts = [row.verdict for row in judged if row.requirement.level is Level.MUST]
    if Verdict.FAILED in musts:
        return TargetVerdict.NON_CONFORMANT
    if complete and musts and all(verdict is Verdict.PASSED for verdict in musts):
        return TargetVerdict.CONFORMANT
    return TargetVerdict.INCOMPLETE


def weighty(judged: Sequence[Judged], *, strict: bool = False) -> list[CaseResult]:
    """The violations that fail a run: those of a MUST; with `strict` all."""
    return [
        case
        for row in judged
        for case in row.cases
        if case.outcome is Outcome.FAILED and (strict or row.requirement.level is Level.MUST)
    ]


def exit_code(
    judged: Sequence[Judged],
    verdict: TargetVerdict,
    *,
    certify: bool = False,
    strict: bool = False,
    excused: Container[str] = frozenset(),
) -> int:
    """The exit code of a run that came to its end. `excused` are ids of cases that do not count as
    violations here: they are waived, or known.

    A mistake of the suite itself outranks everything; a violation outranks what could not be
    judged.
    """
    cases = [case for row in judged for case in row.cases]
    if any(case.error for case in cases):
        return Exit.INTERNAL_ERROR
    if any(case.id not in excused for case in weighty(judged, strict=strict)):
        return Exit.VIOLATED
    if not any(case.outcome is not Outcome.UNTESTED for case in cases):
        return Exit.NOT_JUDGED
    if certify and verdict is not TargetVerdict.CONFORMANT:
        return Exit.NOT_JUDGED
    return Exit.OK
