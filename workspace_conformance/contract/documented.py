"""What the documentation lists as operations, and which paths are therefore documented."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from workspace_conformance.contract.data_files import schema_path

_PARAMETER = re.compile(r"\{(\w+)\}")
_FORMAT_SUFFIX = re.compile(r"\.(json|xml)$")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation that the documentation lists.

    method: "GET", "POST", "PUT" or "DELETE".
    path: from the root, as documented, parameters in braces: "/api/2.0/people/{username}".
    needs_authorization: whether its page asks for the Authorization header.
    path_parameters: (name, type) in the path's order; the type is "string", "uuid", "int32",
        "int64" or "uint32".
    section: where the documentation lists it ("people/Profiles").
    """

    method: str
    path: str
    needs_authorization: bool
    path_parameters: tuple[tuple[str, str], ...]
    section: str


@cache
def documented_operations() -> tuple[Operation, ...]:
    """Every operation that the documentation lists, in its order.

    Raises: FileNotFoundError when the data are not installed; ValueError, naming the line, when a
        line is not an operation.
    """
    path = schema_path("operations.tsv")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
        return tuple(_operation(row, f"{path.name}, line {rows.line_num}") for row in rows)


def is_documented(path: str, method: str | None = None) -> bool:
    """Whether the documentation has an operation at `path`, and for `method` if that is given.

    path: as it is sent, from the root, with or without a format suffix, a trailing slash or
        percent-encoding. Letter case does not matter, and a parameter matches any one segment that
        is not empty: "/api/2.0/people/nobody" is documented, whoever that is.
    """
    for segments in _readings(path):
        if any(
            (method is None or method.upper() == known) and _matches(template, segments)
            for known, template in _templates().get(len(segments), ())
        ):
            return True
    return False


def literal_siblings(collection: str) -> frozenset[str]:
    """The words that the documentation itself uses right below a collection, in lower case.

    collection: a path as `is_documented` takes it, such as "/api/2.0/people".
    Returns: for people "@self", "email", "status", "search" and so on: what an invented id of a
        record must not be, for it would name another resource.
    """
    segments = _segments(collection)
    depth = len(segments)
    return frozenset(
        template[depth]
        for length, templates in _templates().items()
        if length > depth
        for _, template in templates
        if template[depth] != "{}" and _matches(template[:depth], segments)
    )


def _matches(template: Sequence[str], segments: Sequence[str]) -> bool:
    pairs = zip(template, segments, strict=True)
    return all(have != "" if want == "{}" else have == want for want, have in pairs)


@cache
def _templates() -> dict[int, tuple[tuple[str, tuple[str, ...]], ...]]:
    """(method, segments with "{}" for a parameter) of the operations, by number of segments."""
    found: dict[int, list[tuple[str, tuple[str, ...]]]] = {}
    for operation in documented_operations():
        segments = _segments(_PARAMETER.sub("{}", operation.path))
        found.setdefault(len(segments), []).append((operation.method, segments))
    return {length: tuple(templates) for length, templates in found.items()}


def _readings(path: str) -> Iterator[tuple[str, ...]]:
    """The path's segments, then those without a format suffix, where it has one."""
    segments = _segments(path)
    yield segments
    if segments and (bare := _FORMAT_SUFFIX.sub("", segments[-1])) and bare != segments[-1]:
        yield (*segments[:-1], bare)


def _segments(path: str) -> tuple[str, ...]:
    # Split first: an encoded slash is part of its segment. An empty segment matches nothing, but
    # for the one that a trailing slash leaves.
    return tuple(unquote(part).casefold() for part in path.strip("/").split("/"))


def _operation(row: dict[str, str], place: str) -> Operation:
    if None in row or None in row.values():
        raise ValueError(f"{place}: does not have the columns of the first line")
    parameters: Sequence[tuple[str, ...]] = [
        tuple(part.split(":")) for part in row["path_parameters"].split(";") if part
    ]
    names = tuple(parameter[0] for parameter in parameters)
    if names != tuple(_PARAMETER.findall(row["path"])) or any(len(p) != 2 for p in parameters):
        raise ValueError(f"{place}: path_parameters {names} are not those of {row['path']}")
    if row["needs_authorization"] not in ("yes", "no"):
        raise ValueError(f"{place}: needs_authorization is {row['needs_authorization']!r}")
    return Operation(
        method=row["method"],
        path=row["path"],
        needs_authorization=row["needs_authorization"] == "yes",
        path_parameters=tuple((parameter[0], parameter[1]) for parameter in parameters),
        section=row["section"],
    )
