"""The documented operations on the terminal: a line for each module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from workspace_conformance.reporting.lines import Line, wrapped
from workspace_conformance.verdict.operations import OperationResult, Operations, OperationVerdict

_WITHOUT_A_CASE = (OperationVerdict.NOT_JUDGED, OperationVerdict.NEVER_SENT)


def lines(operations: Operations) -> Iterator[Line]:
    """A line for each module of the documentation; what the target describes itself comes last."""
    if not _judged(operations.documented) and operations.described is None:
        return
    yield Line("")
    yield Line("Documented operations", {"bold": True})
    for name, rows in operations.modules().items():
        if not _judged(rows) and not any(row.operation.method == "GET" for row in rows):
            continue  # nothing that a run could have read
        reads = [row for row in rows if row.operation.method == "GET"]
        writes = [row for row in rows if row.operation.method != "GET"]
        words = tally(reads, "GET")
        if _judged(writes):
            words += f"; {tally(writes, 'writes')}"
        yield from wrapped(f"{name} {words}", "  ", _colour(rows))
    if operations.described is not None:
        source, rows = operations.described.source, operations.described.operations
        words = f"described by {source}, not by the documentation: {tally(rows, 'operations')}"
        yield from wrapped(words, "  ", _colour(rows))


def tally(rows: Sequence[OperationResult], what: str) -> str:
    """How many operations there are, and of each verdict: "71 GET: 67 passed, 4 absent"."""
    found = Counter(row.verdict for row in rows)
    parts = [
        f"{found[verdict]} {verdict.replace('-', ' ')}"
        for verdict in OperationVerdict
        if found[verdict]
    ]
    return f"{len(rows)} {what}: {', '.join(parts)}" if rows else f"0 {what}"


def _judged(rows: Sequence[OperationResult]) -> bool:
    return any(row.verdict not in _WITHOUT_A_CASE for row in rows)


def _colour(rows: Sequence[OperationResult]) -> Mapping[str, bool]:
    verdicts = {row.verdict for row in rows}
    if OperationVerdict.FAILED in verdicts:
        return {"red": True}
    return {"yellow": True} if OperationVerdict.ADVISORY in verdicts else {}
