"""From cases to a verdict on each documented operation: what the documented API looks like here.

A case that judges one operation says so (`CaseResult.operation`). The verdict on the target does not
come from here but from the requirements; this is the same outcomes, seen by operation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from workspace_conformance.contract.documented import Operation, documented_operations
from workspace_conformance.contract.requirements import Level, load
from workspace_conformance.exchange.outcomes import Outcome, Reason
from workspace_conformance.verdict.verdicts import CaseResult

if TYPE_CHECKING:
    from workspace_conformance.contract.described import Description


class OperationVerdict(StrEnum):
    """On one operation. The words stand in results.json and never change."""

    PASSED = "passed"
    FAILED = "failed"
    ADVISORY = "advisory"  # a SHOULD is violated, and no MUST
    PARTIAL = "partial"
    ABSENT = "absent"
    NO_RECORD = "no-record"
    NOT_PERMITTED = "not-permitted"
    UNTESTED = "untested"
    NEVER_SENT = "never-sent"
    NOT_JUDGED = "not-judged"


_BY_REASON = {
    Reason.ABSENT: OperationVerdict.ABSENT,
    Reason.NO_RECORD: OperationVerdict.NO_RECORD,
    Reason.NOT_PERMITTED: OperationVerdict.NOT_PERMITTED,
}
JUDGED = frozenset(
    {
        OperationVerdict.PASSED,
        OperationVerdict.FAILED,
        OperationVerdict.ADVISORY,
        OperationVerdict.PARTIAL,
    }
)


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What became of one operation: `failed` are the requirements that it violates, `passed` and
    `untested` count its cases, `words` say what was violated first or why it was not judged.
    """

    operation: Operation
    verdict: OperationVerdict
    failed: tuple[str, ...] = ()
    passed: int = 0
    untested: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """The operations of the target's own description, by the name of its file and its digest
    (SHA-256, in hexadecimal).
    """

    source: str
    sha256: str
    operations: Sequence[OperationResult]


@dataclass(frozen=True, slots=True)
class Operations:
    """All operations of a run. breadth: "documented", or "core" where most were left out."""

    breadth: str
    documented: Sequence[OperationResult]
    described: Described | None = None

    def modules(self) -> Mapping[str, Sequence[OperationResult]]:
        """The documented operations by module, in the order of the documentation."""
        found: dict[str, list[OperationResult]] = {}
        for result in self.documented:
            found.setdefault(result.operation.module, []).append(result)
        return found


_NEVER = {
    True: "does something, by the documentation's own words",
    False: "answers the content of a file, and no envelope",
}


_NO_WRITES = "writes, and of a description only what reads is asked"


@dataclass(slots=True)
class _Seen:
    """The cases of one operation, as far as they have been counted."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)  # requirement: what was violated
    words: dict[Reason, str] = field(default_factory=dict)


def name_of(operation: Operation) -> str:
    """What a case says that judges an operation: "GET crm/contact/filter"."""
    return f"{operation.method} {operation.name}"


def fold(
    cases: Iterable[CaseResult],
    breadth: str = "documented",
    description: Description | None = None,
) -> Operations:
    """Every documented operation with what its cases came to, and every one of the target's own
    description.
    """
    seen: dict[str, _Seen] = {}
    for case in cases:
        if case.operation is not None:
            _count(seen.setdefault(case.operation, _Seen()), case)
    documented = [_result(row, seen.get(name_of(row))) for row in documented_operations()]
    described = None
    if description is not None:
        own = [
            _own_result(row, seen.get(name_of(row)), description) for row in description.operations
        ]
        described = Described(description.source, description.sha256, own)
    return Operations(breadth, documented, described)


def _count(seen: _Seen, case: CaseResult) -> None:
    seen.outcomes[case.outcome] += 1
    if case.outcome is Outcome.FAILED:
        seen.failed.setdefault(case.requirement, case.message)
    elif case.reason is not None:
        seen.reasons[case.reason] += 1
        seen.words.setdefault(case.reason, case.message)


def _result(operation: Operation, seen: _Seen | None) -> OperationResult:
    if seen is None:
        never = operation.acts or operation.content
        return OperationResult(
            operation,
            OperationVerdict.NEVER_SENT if never else OperationVerdict.NOT_JUDGED,
            words=_NEVER[operation.acts] if never else "",
        )
    verdict, words = _verdict(seen)
    return OperationResult(
        operation,
        verdict,
        tuple(seen.failed),
        seen.outcomes[Outcome.PASSED],
        seen.outcomes[Outcome.UNTESTED],
        words,
    )


def _own_result(
    operation: Operation, seen: _Seen | None, description: Description
) -> OperationResult:
    """Of a description's operation: what does something is told by words of ours, and nothing that
    writes is ever sent.
    """
    why = description.acts.get(operation.name, "") if operation.method == "GET" else _NO_WRITES
    if why:
        return OperationResult(operation, OperationVerdict.NEVER_SENT, words=why)
    return _result(operation, seen)


def _verdict(seen: _Seen) -> tuple[OperationVerdict, str]:
    if seen.failed:
        rows = load().requirements
        weighty = any(rows[name].level is Level.MUST for name in seen.failed if name in rows)
        first = next(iter(seen.failed.values()))
        return OperationVerdict.FAILED if weighty else OperationVerdict.ADVISORY, first
    rest = {reason: seen.words[reason] for reason in seen.reasons}
    if seen.outcomes[Outcome.PASSED]:
        spoilt = [words for reason, words in rest.items() if reason is not Reason.NO_RECORD]
        return (OperationVerdict.PARTIAL, spoilt[0]) if spoilt else (OperationVerdict.PASSED, "")
    reason, _ = seen.reasons.most_common(1)[0]
    return _BY_REASON.get(reason, OperationVerdict.UNTESTED), rest[reason]


# --- as data --------------------------------------------------------------------------------------


def counts(results: Sequence[OperationResult]) -> dict[str, Any]:
    """How many operations there are, are served, were judged, and have each verdict."""
    verdicts = Counter(result.verdict for result in results)
    judged = sum(result.verdict in JUDGED for result in results)
    return {
        "documented": len(results),
        "readable": sum(result.operation.is_read for result in results),
        "served": sum(
            result.verdict in JUDGED for result in results if result.operation.method == "GET"
        ),
        "judged": judged,
        "verdicts": _tally(verdicts),
    }


def as_data(operations: Operations) -> dict[str, Any]:
    """The member `operations` of results.json."""
    described = operations.described
    return {
        "breadth": operations.breadth,
        "counts": counts(operations.documented),
        "modules": [
            {
                "name": name,
                "reads": _tally(Counter(it.verdict for it in rows if it.operation.method == "GET")),
                "writes": _tally(
                    Counter(it.verdict for it in rows if it.operation.method != "GET")
                ),
            }
            for name, rows in operations.modules().items()
        ],
        "documented": [_as_row(result) for result in operations.documented],
        "described": described
        and {
            "source": described.source,
            "sha256": described.sha256,
            "counts": counts(described.operations),
            "operations": [_as_row(result) for result in described.operations],
        },
    }


def _tally(found: Mapping[OperationVerdict, int]) -> dict[str, int]:
    return {str(verdict): found[verdict] for verdict in OperationVerdict if found.get(verdict)}


def _as_row(result: OperationResult) -> dict[str, Any]:
    return {
        "method": result.operation.method,
        "name": result.operation.name,
        "module": result.operation.module,
        "verdict": str(result.verdict),
        "failed": list(result.failed),
        "passed": result.passed,
        "untested": result.untested,
        "words": result.words,
    }
