"""Combinations that checks try: covering arrays, as data.

Each array has factors, each with its values, and rows that together hold every pair of values of any
two factors. They lie in schemas/cells.json, so that a run need not work them out;
`python -m workspace_conformance.contract.cells --write` makes the rows anew from the factors.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from workspace_conformance.contract.data_files import schema_path

FILE = "cells.json"
Pair = tuple[str, str, str, str]  # factor, value, factor, value


@dataclass(frozen=True, slots=True)
class Array:
    """A covering array: its name, factors with their values, and rows, each a value per factor."""

    name: str
    factors: dict[str, tuple[str, ...]]
    rows: tuple[tuple[str, ...], ...]

    def cells(self) -> list[dict[str, str]]:
        """The rows, each by the names of its factors."""
        return [dict(zip(self.factors, row, strict=True)) for row in self.rows]

    def pairs(self) -> Iterator[Pair]:
        """Every pair of values of two factors."""
        for (one, left), (other, right) in combinations(self.factors.items(), 2):
            yield from ((one, a, other, b) for a in left for b in right)

    def missing(self) -> list[Pair]:
        """The pairs that no row holds."""
        held = {
            (one, cell[one], other, cell[other])
            for cell in self.cells()
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
        )
        for name, each in data.items()
    }


def cells(name: str) -> list[dict[str, str]]:
    """The cells of an array."""
    return arrays()[name].cells()


def covering(factors: dict[str, Sequence[str]]) -> list[list[str]]:
    """Rows that hold every pair of values of two factors; the same for the same factors."""
    from allpairspy import AllPairs  # type: ignore[import-untyped]  # here: no run needs it

    return [list(row) for row in AllPairs([list(values) for values in factors.values()])]


def text() -> str:
    """The file as it should be: the factors as they are, the rows made from them."""
    data = json.loads(schema_path(FILE).read_text(encoding="utf-8"))
    parts = []
    for name, each in data.items():
        rows = ",\n".join(f"      {json.dumps(row)}" for row in covering(each["factors"]))
        factors = ",\n".join(
            f"      {json.dumps(factor)}: {json.dumps(values)}"
            for factor, values in each["factors"].items()
        )
        parts.append(
            f'  {json.dumps(name)}: {{\n    "factors": {{\n{factors}\n    }},\n'
            f'    "rows": [\n{rows}\n    ]\n  }}'
        )
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        schema_path(FILE).write_text(text(), encoding="utf-8")
        arrays.cache_clear()
    for array in arrays().values():
        print(array.coverage)
