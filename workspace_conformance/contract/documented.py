"""What the documentation lists: every operation, and the members of the records that they answer.

The data are schemas/documented.json, a restatement of the documentation's structure, one operation
and one type of record a line. Its names are the documentation's own, and one name may stand for two
types of record (TaskWrapper: of the CRM, and of projects), so that members tell where an id or a
date may be found and are never judged. The types of one parameter may differ between methods.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from workspace_conformance.contract.data_files import schema_path

NAME = "documented.json"
BASE = "/api/2.0/"
METHODS = ("GET", "POST", "PUT", "DELETE")
# Types of values; any other name is that of a type of record. "object" is a record of which the
# documentation tells no members, "any" a value of which it tells nothing.
VALUES = frozenset(
    [
        "string",
        "boolean",
        "integer",
        "number",
        "int32",
        "int64",
        "uint32",
        "uint64",
        "double",
        "uuid",
        "date-time",
        "timespan",
        "binary",
        "any",
    ]
)
_PARAMETER = re.compile(r"\{(\w+)\}")
_FORMAT_SUFFIX = re.compile(r"\.(json|xml)$")


class DocumentedError(ValueError):
    """schemas/documented.json does not hold what it should; the message says where and what."""


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a parameter, a field, a member or an answer.

    name: a value's type ("int32", "uuid", "string"...), "object", or the name of a type of record;
        the items', where it is a list.
    lists: how many lists it is inside: 0 for one, 1 for a list, 2 for a list of lists.
    choices: the words that are allowed, where the documentation lists them; name is "string" then.
        Real answers show numbers in their place.
    """

    name: str
    lists: int = 0
    choices: tuple[str, ...] = ()

    @property
    def is_value(self) -> bool:
        """Whether it is one value: a text, a number, a boolean, an id."""
        return not self.lists and self.name in VALUES


@dataclass(frozen=True, slots=True)
class Field:
    """A named part: a parameter of a path or a query, a field of a body, a member of a record."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation that the documentation lists.

    method: "GET", "POST", "PUT" or "DELETE".
    path: from the root, as documented, parameters in braces: "/api/2.0/people/{username}".
    section: where the documentation lists it ("people/Profiles").
    needs_authorization: whether its page asks for the Authorization header.
    path_parameters: in the path's order.
    query: what a GET may be asked with.
    body: the fields of the body of the other methods.
    answer: the type of what the envelope's response holds; None where it holds nothing.
    acts: whether it is a GET that does something by the documentation's own words (stops a report,
        sends a mail): such a one is never sent.
    content: whether it answers the content of a file, not an envelope.
    """

    method: str
    path: str
    section: str
    needs_authorization: bool = True
    path_parameters: tuple[Field, ...] = ()
    query: tuple[Field, ...] = ()
    body: tuple[Field, ...] = ()
    answer: Type | None = None
    acts: bool = False
    content: bool = False

    @property
    def name(self) -> str:
        """The path as people write it, below api/2.0 and with no slash at its end:
        "crm/contact/filter".
        """
        return self.path.removeprefix(BASE).strip("/")

    @property
    def module(self) -> str:
        """The part of the portal that serves it: "crm", "files", "community/blog"."""
        first, _, rest = self.name.partition("/")
        return f"{first}/{rest.partition('/')[0]}" if first == "community" and rest else first

    @property
    def shape(self) -> str:
        """What its answer is: "list" (also of lists), "record", "value" or "nothing"."""
        if self.answer is None:
            return "nothing"
        if self.answer.lists:
            return "list"
        return "value" if self.answer.is_value else "record"

    @property
    def is_read(self) -> bool:
        """Whether it is a GET that can be judged: it does nothing, and answers an envelope."""
        return self.method == "GET" and not self.acts and not self.content


@dataclass(frozen=True, slots=True)
class Documented:
    """Operations, and the members of the types of records that they answer."""

    operations: tuple[Operation, ...]
    records: Mapping[str, tuple[Field, ...]]


def documented_operations() -> tuple[Operation, ...]:
    """Every operation that the documentation lists, in its order.

    Raises: FileNotFoundError when the data are not installed; DocumentedError, naming the place,
        when they are not as they should be.
    """
    return _documented().operations


def documented_reads() -> tuple[Operation, ...]:
    """The GET operations that can be judged: those that do nothing, and answer an envelope."""
    return tuple(operation for operation in documented_operations() if operation.is_read)


def record_types() -> Mapping[str, tuple[Field, ...]]:
    """The members of each type of record by its name; none where the documentation tells none."""
    return _documented().records


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
    return _literal_siblings(_segments(collection))


@cache
def _literal_siblings(segments: tuple[str, ...]) -> frozenset[str]:
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


# --- reading the data -----------------------------------------------------------------------------


@cache
def _documented() -> Documented:
    path = schema_path(NAME)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DocumentedError(f"{path.name} is no JSON: {error}") from None
    return read_documented(data, path.name)


def read_documented(data: Any, source: str) -> Documented:
    """Operations and types of records from parsed data; `source` is the name that errors give.

    Raises: DocumentedError, naming the operation or type.
    """
    if not isinstance(data, dict) or data.keys() != {"operations", "records"}:
        raise DocumentedError(f"{source}: expected the members operations and records")
    records = {
        name: () if members == "object" else _fields(members, f"{source}, {name}")
        for name, members in data["records"].items()
    }
    operations = tuple(
        _operation(row, f"{source}, operation {number}")
        for number, row in enumerate(data["operations"], 1)
    )
    seen: set[tuple[str, str]] = set()
    for operation in operations:
        place = f"{source}, {operation.method} {operation.path}"
        if (operation.method, operation.path) in seen:
            raise DocumentedError(f"{place}: is there twice")
        seen.add((operation.method, operation.path))
    known = records.keys() | VALUES | {"object"}
    used = [
        (f"{operation.method} {operation.path}", field.type)
        for operation in operations
        for field in operation.path_parameters
    ]
    used += [(name, field.type) for name, members in records.items() for field in members]
    used += [
        (f"{one.method} {one.path}", one.answer) for one in operations if one.answer is not None
    ]
    for place, kind in used:
        if kind.name not in known and not _is_content(kind.name):
            raise DocumentedError(f"{source}, {place}: {kind.name} is no type that it describes")
    return Documented(operations, MappingProxyType(records))


def _is_content(name: str) -> bool:
    """Whether it is the documentation's word for the content of a file."""
    return name.endswith(("ContentResponse", "ContentResponce"))


_MEMBERS = frozenset(
    [
        "method",
        "path",
        "section",
        "authorization",
        "parameters",
        "query",
        "body",
        "answer",
        "acts",
        "content",
    ]
)


def _operation(row: Any, place: str) -> Operation:
    if not isinstance(row, dict) or not {"method", "path", "section", "answer"} <= row.keys():
        raise DocumentedError(f"{place}: needs method, path, section and answer")
    method, path = row["method"], row["path"]
    place = f"{place} ({method} {path})"
    if strange := row.keys() - _MEMBERS:
        raise DocumentedError(f"{place}: has the unknown members {', '.join(sorted(strange))}")
    if method not in METHODS:
        raise DocumentedError(f"{place}: its method is none of {', '.join(METHODS)}")
    if not isinstance(path, str) or not path.startswith(BASE):
        raise DocumentedError(f"{place}: its path is not below {BASE}")
    parameters = _fields(row.get("parameters", {}), place)
    names = [parameter.name for parameter in parameters]
    if names != _PARAMETER.findall(path):
        raise DocumentedError(f"{place}: its parameters are {names}, and not those of its path")
    return Operation(
        method=method,
        path=path,
        section=row["section"],
        needs_authorization=row.get("authorization", True),
        path_parameters=parameters,
        query=_fields(row.get("query", {}), place),
        body=_fields(row.get("body", {}), place),
        answer=None if row["answer"] is None else _type(row["answer"], place),
        acts=row.get("acts", False),
        content=row.get("content", False),
    )


def _fields(data: Any, place: str) -> tuple[Field, ...]:
    if not isinstance(data, dict):
        raise DocumentedError(f"{place}: expected names and their types, not {data!r}")
    return tuple(Field(name, _type(kind, f"{place}, {name}")) for name, kind in data.items())


def _type(data: Any, place: str) -> Type:
    if isinstance(data, str) and data:
        return _named(data)
    if isinstance(data, list) and len(data) == 1:
        inner = _type(data[0], place)
        return Type(inner.name, inner.lists + 1, inner.choices)
    if isinstance(data, dict) and data.keys() == {"enum"} and data["enum"]:
        return Type("string", 0, tuple(data["enum"]))
    raise DocumentedError(
        f"{place}: {data!r} is no type; expected a name, [a type] or {{enum: [words]}}"
    )


@cache
def _named(name: str) -> Type:
    return Type(name)
