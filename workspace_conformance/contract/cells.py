"""Combinations that checks try: covering arrays, as data.

Each array has factors, each with its values, and rows that together hold every pair of values of any
two factors. They lie in schemas/cells.json, so that a run need not work them out;
`python -m workspace_conformance.contract.cells --write` makes the rows anew from the factors.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, combinations, cycle, product, repeat

from workspace_conformance.contract.data_files import schema_path

FILE = "cells.json"
Pair = tuple[str, str, str, str]  # factor, value, factor, value


@dataclass(frozen=True, slots=True)
class Array:
    """A covering array: its name, factors with their values, and rows, each a value per factor.

    kin: what a value stands for, where that is several things so alike that a server hardly tells
    them apart: {value: (one, another)}. The rows that hold the value take them in turn.
    """

    name: str
    factors: dict[str, tuple[str, ...]]
    rows: tuple[tuple[str, ...], ...]
    kin: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def cells(self) -> list[dict[str, str]]:
        """The rows, each by the names of its factors, with what its values stand for."""
        turns = {value: cycle(each) for value, each in self.kin.items()}
        return [
            {name: next(turns.get(value, repeat(value))) for name, value in cell.items()}
            for cell in self._named()
        ]

    def _named(self) -> list[dict[str, str]]:
        return [dict(zip(self.factors, row, strict=True)) for row in self.rows]

    def pairs(self) -> Iterator[Pair]:
        """Every pair of values of two factors."""
        for (one, left), (other, right) in combinations(self.factors.items(), 2):
            yield from ((one, a, other, b) for a in left for b in right)

    def missing(self) -> list[Pair]:
        """The pairs that no row holds."""
        held = {
            (one, cell[one], other, cell[other])
            for cell in self._named()
            for one, other in combinations(self.factors, 2)
        }
        return [pair for pair in self.pairs() if pair not in held]

    @property
    def coverage(self) -> str:
        """How many pairs the rows hold, in words."""
        every = len(list(self.pairs()))
        sizes = " x ".join(str(len(values)) for values in self.factors.values())
        return (
            f"{self.name}: {len(self.rows)} cells of {sizes} ({', '.join(self.factors)}) "
            f"hold {every - len(self.missing())} of {every} pairs"
        )


@cache
def arrays() -> dict[str, Array]:
    """The arrays by name; FileNotFoundError where the data are not installed."""
    data = json.loads(schema_path(FILE).read_text(encoding="utf-8"))
    return {
        name: Array(
            name,
            {factor: tuple(values) for factor, values in each["factors"].items()},
            tuple(map(tuple, each["rows"])),
            {value: tuple(members) for value, members in each.get("kin", {}).items()},
        )
        for name, each in data.items()
    }


def cells(name: str) -> list[dict[str, str]]:
    """The cells of an array."""
    return arrays()[name].cells()


def covering(factors: dict[str, Sequence[str]], whole: int = 0) -> list[list[str]]:
    """Rows that hold every pair of values of two factors, and as many triples as so many rows easily
    can; the same for the same factors. `whole`: how many of the first factors are combined in each
    way, once.
    """
    from allpairspy import AllPairs  # type: ignore[import-untyped]  # here: no run needs it

    values = [list(each) for each in factors.values()]
    rows = [list(row) for row in (product(*values[:whole]) if whole else AllPairs(values))]
    for number, row in enumerate(rows):
        row += [
            each[(number + number // len(each) ** place) % len(each)]
            for place, each in enumerate(values[len(row) :])
        ]
    _spread(rows, values, max(1, whole))
    return rows


_PAIR = 1000  # how many triples a pair is worth


def _spread(rows: list[list[str]], values: Sequence[Sequence[str]], kept: int) -> None:
    """Change values, and swap them between rows alike in their first, where the rows then hold more
    pairs, or triples that no other does; of each row the first `kept` stay.
    """
    held = Counter(part for row in rows for part in _parts(row))

    def gain(changes: Sequence[tuple[list[str], int, str]]) -> int:
        """How many triples more the rows would hold."""
        lost = Counter(part for row, place, _ in changes for part in _parts(row, place))
        new = Counter(
            part
            for row, place, value in changes
            for part in _parts(_with(row, place, value), place)
        )
        gone = [part for part in lost if held[part] == lost[part] and part not in new]
        come = [part for part in new if held[part] == 0]
        worth = [sum(_PAIR if len(part) == 2 else 1 for part in parts) for parts in (come, gone)]
        return worth[0] - worth[1]

    def change(changes: Sequence[tuple[list[str], int, str]]) -> bool:
        if gain(changes) < 1:
            return False
        for row, place, value in changes:
            held.subtract(_parts(row, place))
            row[place] = value
            held.update(_parts(row, place))
        return True

    moved = True
    while moved:
        moved = False
        for place, row in product(range(kept, len(values)), rows):
            for value in values[place]:
                moved |= change([(row, place, value)])
            for other in rows:
                if other is not row and other[0] == row[0]:
                    moved |= change([(row, place, other[place]), (other, place, row[place])])


def _with(row: Sequence[str], place: int, value: str) -> list[str]:
    return [*row[:place], value, *row[place + 1 :]]


def _parts(row: Sequence[str], place: int | None = None) -> list[tuple[tuple[int, str], ...]]:
    """The pairs and triples of a row; those alone that hold what stands at a place, where one is
    given.
    """
    numbered = list(enumerate(row))
    every = chain(combinations(numbered, 2), combinations(numbered, 3))
    return [part for part in every if place is None or numbered[place] in part]


def text() -> str:
    """The file as it should be: the factors as they are, the rows made from them."""
    data = json.loads(schema_path(FILE).read_text(encoding="utf-8"))
    parts = []
    for name, each in data.items():
        rows = ",\n".join(
            f"      {json.dumps(row)}" for row in covering(each["factors"], each.get("whole", 0))
        )
        factors = ",\n".join(
            f"      {json.dumps(factor)}: {json.dumps(values)}"
            for factor, values in each["factors"].items()
        )
        kin = ",\n".join(
            f"      {json.dumps(value)}: {json.dumps(members)}"
            for value, members in each.get("kin", {}).items()
        )
        parts.append(
            f'  {json.dumps(name)}: {{\n    "factors": {{\n{factors}\n    }},\n'
            + (f'    "kin": {{\n{kin}\n    }},\n' if kin else "")
            + (f'    "whole": {each["whole"]},\n' if "whole" in each else "")
            + f'    "rows": [\n{rows}\n    ]\n  }}'
        )
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        schema_path(FILE).write_text(text(), encoding="utf-8")
        arrays.cache_clear()
    for array in arrays().values():
        print(array.coverage)
