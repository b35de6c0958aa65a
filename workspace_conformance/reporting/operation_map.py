"""The documented API as a map: module by module, a square for each operation with its verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# How each verdict is read and drawn: words, and a sign beside the colour.
VERDICTS = {
    "passed": ("passed", "✓"),
    "failed": ("MUST violated", "✗"),
    "advisory": ("SHOULD violated", "!"),
    "partial": ("passed in part", "◐"),
    "absent": ("the portal lacks it", "–"),
    "no-record": ("nothing to ask it with", "○"),
    "not-permitted": ("the account may not", "⊘"),
    "untested": ("untested", "○"),
    "never-sent": ("never sent", "·"),
    "not-judged": ("no case judges it", "·"),
}
WORDS = 160  # characters of what was violated


@dataclass(frozen=True, slots=True)
class Square:
    """One operation: its verdict, the sign of it, and what a reader is told of it."""

    verdict: str
    sign: str
    told: str


@dataclass(frozen=True, slots=True)
class Module:
    """The squares of a module: its GETs, what writes, and in words how many of which verdict."""

    name: str
    reads: Sequence[Square]
    writes: Sequence[Square]
    words: str


@dataclass(frozen=True, slots=True)
class OperationMap:
    """The map. legend: the verdicts that occur, with sign, words and number."""

    modules: Sequence[Module]
    legend: Sequence[tuple[str, str, str, int]]
    words: str


def operation_map(data: Mapping[str, Any]) -> OperationMap | None:
    """The map of a result (results.json); None where the run left the documented operations out."""
    operations = data.get("operations")
    if not operations or not (operations["counts"]["judged"] or operations["described"]):
        return None
    rows = list(operations["documented"])
    if operations["described"] is not None:
        words = f"described by {operations['described']['source']}, not by the documentation"
        rows += [{**row, "module": words} for row in operations["described"]["operations"]]
    modules: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        modules.setdefault(row["module"], []).append(row)
    found = Counter(row["verdict"] for row in rows)
    counts = operations["counts"]
    return OperationMap(
        [_module(name, of_module) for name, of_module in modules.items()],
        [
            (verdict, sign, words, found[verdict])
            for verdict, (words, sign) in VERDICTS.items()
            if found[verdict]
        ],
        f"{counts['documented']} documented operations; {counts['served']} of "
        f"{counts['readable']} readable ones are served, {counts['judged']} were judged, "
        f"{counts['verdicts'].get('passed', 0)} passed.{_of_description(operations['described'])}",
    )


def _of_description(described: Mapping[str, Any] | None) -> str:
    """The operations of the target's own description in a sentence; empty where it has none."""
    if described is None:
        return ""
    counts = described["counts"]
    return (
        f" {counts['documented']} more are described by {described['source']}, not by the "
        f"documentation: {counts['judged']} were judged, {counts['verdicts'].get('passed', 0)} passed."
    )


def _module(name: str, rows: Sequence[Mapping[str, Any]]) -> Module:
    found = Counter(row["verdict"] for row in rows)
    return Module(
        name,
        [_square(row) for row in rows if row["method"] == "GET"],
        [_square(row) for row in rows if row["method"] != "GET"],
        ", ".join(f"{found[one]} {one.replace('-', ' ')}" for one in VERDICTS if found[one]),
    )


def _square(row: Mapping[str, Any]) -> Square:
    words, sign = VERDICTS[row["verdict"]]
    told = f"{row['method']} {row['name']}: {words}"
    if row["failed"]:
        told += f" ({', '.join(row['failed'])})"
    more = row["words"] if row["verdict"] != "passed" else ""
    if more:
        told += f": {more if len(more) <= WORDS else more[:WORDS] + '…'}"
    return Square(row["verdict"], sign, told)
