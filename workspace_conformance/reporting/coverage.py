"""What was asked of the target: every requirement by method and format, and by resource."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_METHODS = ("GET", "POST", "PUT", "DELETE")
_FORMATS = ("json", "xml", "")
_OUTCOMES = ("failed", "untested", "passed")
FORMAT_WORDS = {"json": ".json", "xml": ".xml", "": "none", None: "mixed"}


@dataclass(frozen=True, slots=True)
class Cell:
    """Cases of one requirement with one method and format: how many of each outcome."""

    passed: int = 0
    failed: int = 0
    untested: int = 0

    @property
    def kind(self) -> str:
        """The weightiest outcome; "" for a cell without cases."""
        return next((name for name in _OUTCOMES if getattr(self, name)), "")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the grid: a requirement, or one of its resources."""

    name: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Block:
    """A requirement's lines: the whole, then one for each resource."""

    whole: Line
    resources: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Grid:
    """methods: each with its number of columns. formats: the columns' formats in words."""

    methods: Sequence[tuple[str, int]]
    formats: Sequence[str]
    blocks: Sequence[Block]


def grid(data: Mapping[str, Any]) -> Grid:
    """The grid of a result (results.json). Columns that no case falls into are left out."""
    used = {_column(case) for row in data["requirements"] for case in row["cases"]}
    columns = sorted(used, key=_rank)
    names = list(dict.fromkeys(method for method, _ in columns))
    return Grid(
        [(name, sum(method == name for method, _ in columns)) for name in names],
        [FORMAT_WORDS[fmt] for _, fmt in columns],
        [_block(row, columns) for row in data["requirements"] if row["cases"]],
    )


def _column(case: Mapping[str, Any]) -> tuple[str, str | None]:
    method, fmt = case.get("method"), case.get("format")
    if method not in _METHODS:
        return "other" if method else "mixed", None
    return method, fmt if fmt in _FORMATS else None


def _rank(column: tuple[str, str | None]) -> tuple[int, int]:
    methods = (*_METHODS, "other", "mixed")
    formats: tuple[str | None, ...] = (*_FORMATS, None)
    return methods.index(column[0]), formats.index(column[1])


def _block(row: Mapping[str, Any], columns: Sequence[tuple[str, str | None]]) -> Block:
    by_resource: dict[str, list[Mapping[str, Any]]] = {}
    for case in row["cases"]:
        # Hundreds of operations have no line each: their modules have.
        name = _module(case.get("operation")) or case.get("resource") or "no single resource"
        by_resource.setdefault(name, []).append(case)
    return Block(
        _line(row["id"], row["cases"], columns),
        [_line(name, cases, columns) for name, cases in sorted(by_resource.items())],
    )


def _module(operation: str | None) -> str:
    """The part of the portal that serves an operation ("GET crm/contact/filter": "crm")."""
    return (operation or "").partition(" ")[2].partition("/")[0]


def _line(
    name: str,
    cases: Sequence[Mapping[str, Any]],
    columns: Sequence[tuple[str, str | None]],
) -> Line:
    counts = Counter((_column(case), case["outcome"]) for case in cases)
    return Line(
        name,
        [
            Cell(*(counts[column, outcome] for outcome in ("passed", "failed", "untested")))
            for column in columns
        ],
    )
