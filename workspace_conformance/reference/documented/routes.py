"""Which documented operation a URL names.

A word of the path beats a parameter, and a parameter whose value fits beats one whose value does
not: `project/open` is a status, `project/5` an id, and `project/never` an id of the wrong form.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from workspace_conformance.contract.documented import Operation, Type, documented_operations

from ..values import Route

CORE = frozenset(
    f"/api/2.0/{path}"
    for path in (
        "people/",
        "people/@self",
        "people/{username}",
        "people/{userid}",
        "group/",
        "group/{groupid}",
        "community/blog",
        "community/blog/{postid}",
        "community/blog/{postid}/comment",
        "community/blog/comment/{commentid}",
        "authentication/",
    )
)
"""Paths that the portal serves by hand, from its people, groups and posts."""

_INTEGER = re.compile(r"-?\d{1,19}")
_INTEGERS = frozenset(("int32", "int64", "uint32", "integer"))

_MISFIT = 5

Fits = tuple[int, ...]

Part = str | Type
"""A segment of a documented path: a word, or the type of the parameter in its place."""


def _fit(part: Part, segment: str) -> int | None:
    """How well a segment fits a part of a path, 0 best; None where it does not fit at all."""
    if isinstance(part, str):
        return 0 if part == segment else None
    if not segment:
        return None
    if part.choices:
        fits = segment.casefold() in (choice.casefold() for choice in part.choices)
        return 1 if fits else _MISFIT + 1
    if part.name in _INTEGERS:
        return 2 if _INTEGER.fullmatch(segment) else _MISFIT
    return 3


def _rank(row: tuple[Fits, str, Sequence[Part], Operation]) -> tuple[bool, Fits]:
    """What to choose the least of: first of all, every segment fits."""
    return max(row[0]) >= _MISFIT, row[0]


@cache
def _known() -> Mapping[tuple[int, str], Sequence[tuple[tuple[Part, ...], Operation]]]:
    """The operations by how many segments their paths have, and by the first of these."""
    found: dict[tuple[int, str], list[tuple[tuple[Part, ...], Operation]]] = {}
    for operation in documented_operations():
        if operation.path in CORE:
            continue
        types = iter(field.type for field in operation.path_parameters)
        names = operation.name.split("/")
        parts = tuple(next(types) if name.startswith("{") else name for name in names)
        found.setdefault((len(parts), names[0]), []).append((parts, operation))
    return found


def find(segments: Sequence[str], method: str) -> Route | None:
    """The documented operations at a path, and the values of its parameters; None where there are
    none.

    segments: those below api/2.0, decoded. method: what is asked for; where the documentation has
    it at this path, the path of that operation decides between several that fit.
    """
    *head, last = segments
    slashed = not last
    wanted = head if slashed else segments
    if not wanted:
        return None
    fitting: list[tuple[Fits, str, Sequence[Part], Operation]] = []
    for parts, operation in _known().get((len(wanted), wanted[0]), ()):
        if slashed and not operation.path.endswith("/"):
            continue
        fits: list[int] = []
        for part, segment in zip(parts, wanted, strict=True):
            fit = _fit(part, segment)
            if fit is None:
                break
            fits.append(fit)
        else:
            fitting.append((tuple(fits), operation.method, parts, operation))
    if not fitting:
        return None
    method = "GET" if method == "HEAD" else method
    asked = [row for row in fitting if row[1] == method]
    best = min(asked or fitting, key=_rank)
    shape = tuple(part if isinstance(part, str) else "{}" for part in best[2])
    operations = {
        operation.method: operation
        for fits, _, parts, operation in sorted(fitting, key=_rank, reverse=True)
        if tuple(part if isinstance(part, str) else "{}" for part in parts) == shape
    }
    operations[best[1]] = best[3]
    words = tuple(s for s, part in zip(wanted, best[2], strict=True) if not isinstance(part, str))
    return Route(best[3].path, operations, words)
