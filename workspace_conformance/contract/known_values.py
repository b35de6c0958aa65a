"""What the documented GETs are asked with: which list of the same portal shows a value.

The rows are schemas/values.yaml; for operations that no row speaks of (those of a target's own
description) the paths tell: what `crm/case` lists are the ids of `crm/case/{caseid}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import yaml

from workspace_conformance.contract.data_files import schema_path
from workspace_conformance.contract.documented import (
    Field,
    Operation,
    Type,
    documented_operations,
    documented_reads,
    record_types,
)

NAME = "values.yaml"
# Names of the documentation that stand for two types of record each, and list the members of one.
_SHARED = frozenset({"EventWrapper", "TaskWrapper", "CommentWrapper", "FileWrapper"})

# Parameters that are numbers and name no record.
_NO_IDS = frozenset(
    {
        *("year", "month", "day", "week", "quarter", "hour", "date", "time", "from", "to", "start"),
        *("end", "page", "count", "size", "limit", "offset", "index", "number", "days", "version"),
        *("level", "depth", "width", "height", "status", "type", "kind", "amount", "top", "skip"),
    }
)


class ValuesError(ValueError):
    """schemas/values.yaml does not fit the documented operations; the message says which row."""


class Role(StrEnum):
    """What a value is for."""

    ID = "id"  # names a record: an unknown one answers 404, one of the wrong form 4xx
    LABEL = "label"  # names no record: a tag, a currency
    WORD = "word"  # a word to search for
    START = "start"  # the first day of a range
    END = "end"  # its last day
    DATE = "date"  # year, month or day of a date that a list shows
    CHOICE = "choice"  # one of the words that the documentation enumerates
    FIXED = "fixed"  # always the same


@dataclass(frozen=True, slots=True)
class Source:
    """A list that shows a value: the name of its operation, and the member that holds it.

    member: the names on the way to it, in lower case; ("*",) is the item itself. where: a member and
    the text that it must hold, in lower case, for a record to be taken.
    """

    list: str
    member: tuple[str, ...]
    where: tuple[str, str] | None = None

    @property
    def words(self) -> str:
        """For people: "the id of crm/contact/filter"."""
        return f"the {'.'.join(self.member)} of {self.list}"


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter that an operation is asked with, what it is for, and where it comes from.

    sources: lists that show one, in the order of preference. texts: what it is where no list is
    asked: the enumerated words, or the one fixed text.
    """

    field: Field
    role: Role
    sources: tuple[Source, ...] = ()
    texts: tuple[str, ...] = ()


class KnownValues:
    """Where values come from, for a set of operations that are asked together.

    records: the members of the types of records that these answer. texts: what a parameter of a
    query is asked with, by "operation?parameter", beside the rows. own: the names of operations that
    nobody has looked at: what a parameter of theirs is for, its name and its type have to tell.
    """

    def __init__(
        self,
        operations: Sequence[Operation],
        records: Mapping[str, tuple[Field, ...]],
        texts: Mapping[str, str] | None = None,
        own: Iterable[str] = (),
    ) -> None:
        self._own = frozenset(own)
        self._lists = {one.name: one for one in operations if one.is_read}
        self._records = records
        fixed = {key: (Role.FIXED, (), text) for key, text in (texts or {}).items()}
        self._rows: Mapping[str, _Row] = {**_rows(), **fixed}

    def members(self, answer: Type | None) -> tuple[Field, ...]:
        """The members of the records of a type; none where nothing is known of them."""
        return self._records.get(answer.name, ()) if answer is not None else ()

    def operation(self, name: str) -> Operation | None:
        """The GET of this name that lists can be read with."""
        return self._lists.get(name)

    def of_path(self, operation: Operation, chosen: Mapping[str, str]) -> list[Value]:
        """The values of a path's parameters, in its order.

        chosen: the words that stand for enumerated parameters: what {entityid} names depends on
        {entityType}.
        """
        return [self._value(operation, field, chosen) for field in operation.path_parameters]

    def of_query(self, operation: Operation) -> list[Value]:
        """The values of the query without which the operation can hardly be asked."""
        found = []
        for field in operation.query:
            row = self._rows.get(f"{operation.name}?{field.name}")
            if row is not None:
                role, sources, text = row
                found.append(Value(field, role, sources, (text,) if text else ()))
        return found

    def _value(self, operation: Operation, field: Field, chosen: Mapping[str, str]) -> Value:
        if field.type.choices:
            return Value(field, Role.CHOICE, (), field.type.choices)
        template = operation.name[: operation.name.index(f"{{{field.name}}}") + len(field.name) + 2]
        told = template
        for name, word in chosen.items():
            told = told.replace(f"{{{name}}}", word)
        row = self._rows.get(told) or self._rows.get(template)
        if row is not None:
            return Value(field, row[0], row[1])
        names = operation.name not in self._own or _names_a_record(operation, field)
        sources = tuple(self._inferred(template.rpartition("/")[0], field))
        return Value(field, Role.ID if names else Role.LABEL, sources)

    def _inferred(self, above: str, field: Field) -> Iterator[Source]:
        """The list right above a parameter, or that of the records that it is named for."""
        stem = re.sub(r"_?(id|name|guid|uuid)$", "", field.name, flags=re.IGNORECASE).lower()
        names = [above, f"{above}/filter"]
        names += [name for name in self._lists if stem and name.lower().rstrip("s").endswith(stem)]
        for name in dict.fromkeys(names):
            found = self._lists.get(name)
            if found is None or found.answer is None or found.path_parameters:
                continue
            # What an own description says nothing of may be a list, too.
            if found.shape != "list" and found.answer.name != "any":
                continue
            members = {member.name.lower() for member in self.members(found.answer)}
            if found.answer.name == "string":
                yield Source(name, ("*",))
            else:
                own = field.name.lower()
                yield Source(name, (own if own in members else "id",))


def _names_a_record(operation: Operation, field: Field) -> bool:
    """Whether a parameter seems to be the id of a record: an unknown one is then not found. A tag, a
    year or a word may lawfully find nothing, and that is a success.
    """
    name = field.name.lower()
    if name in _NO_IDS or field.type.name in ("boolean", "number", "double", "date-time"):
        return False
    if field.type.name != "string" or name.endswith(("id", "guid", "key")):
        return True
    return operation.shape == "record" and operation.name.endswith(f"{{{field.name}}}")


@cache
def documented_values() -> KnownValues:
    """Where values for the documented operations come from."""
    return KnownValues(documented_operations(), record_types())


def described_values(
    operations: Sequence[Operation],
    records: Mapping[str, tuple[Field, ...]],
    texts: Mapping[str, str],
) -> KnownValues:
    """Where values for operations of a description come from: lists of its own, and documented ones.
    The arguments are those that `KnownValues` takes.
    """
    return KnownValues(
        (*documented_operations(), *operations),
        {**record_types(), **records},
        texts,
        [operation.name for operation in operations],
    )


# --- the rows -------------------------------------------------------------------------------------

_Row = tuple[Role, tuple[Source, ...], str]
_ROLES = {"ids": Role.ID, "labels": Role.LABEL, "words": Role.WORD}


@cache
def _rows() -> Mapping[str, _Row]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data = yaml.load(schema_path(NAME).read_text(encoding="utf-8"), loader)
    return read_values(data)


def read_values(data: Any) -> dict[str, _Row]:
    """The rows of parsed data by the parameter that each is about.

    Raises: ValuesError, naming the row, where one fits no documented operation, or names a list or a
        member that the documentation does not have.
    """
    wanted = {*_ROLES, "dates", "queries"}
    if not isinstance(data, dict) or data.keys() != wanted:
        raise ValuesError(f"{NAME}: expected the members {', '.join(sorted(wanted))}")
    reads = documented_reads()
    lists = {one.name: one for one in reads}
    paths = {one.name for one in reads}
    rows: dict[str, _Row] = {}
    for section, given in data.items():
        for key, told in given.items():
            path, question, parameter = key.partition("?")
            row = _row(section, key, told, lists)
            if question:
                known = path in lists and parameter in {it.name for it in lists[path].query}
            else:
                known = any(_fits(path, name) for name in paths)
            if not known:
                raise ValuesError(f"{NAME}, {key}: no documented GET has such a parameter")
            rows[key] = row
    return rows


def _fits(prefix: str, name: str) -> bool:
    """Whether an operation's path goes on from a prefix; a word may stand for a parameter."""
    parts, of = prefix.split("/"), name.split("/")
    if len(parts) > len(of):
        return False
    return all(
        part == other or (other.startswith("{") and not part.startswith("{"))
        for part, other in zip(parts, of, strict=False)
    )


def _row(section: str, key: str, told: Any, lists: Mapping[str, Operation]) -> _Row:
    if told in ("start", "end"):
        return Role(told), (), ""
    if isinstance(told, str) and section == "queries":
        return Role.FIXED, (), told
    if not isinstance(told, list):
        raise ValuesError(f"{NAME}, {key}: expected a list of lists, not {told!r}")
    sources = tuple(_source(key, text, lists) for text in told)
    role = Role.DATE if section == "dates" else _ROLES.get(section, Role.LABEL)
    if section == "queries" and key.rpartition("?")[2] in ("query", "groupName", "term", "tagName"):
        role = Role.WORD
    return role, sources, ""


def _source(key: str, text: str, lists: Mapping[str, Operation]) -> Source:
    name, member, *rest = text.split(" ")
    if name not in lists:
        raise ValuesError(f"{NAME}, {key}: {name} is no documented GET that can be read")
    names = tuple(member.lower().split("."))
    answer = lists[name].answer
    kind = answer.name if answer is not None else ""
    for step in names:
        members = record_types().get(kind, ())
        if not members:
            break  # the documentation tells no members
        found = next((it for it in members if it.name.lower() == step), None)
        if found is None and kind not in _SHARED:
            raise ValuesError(f"{NAME}, {key}: {kind} has no member {step}")
        kind = found.type.name if found is not None else ""
    where = rest[0].lower().split("=") if rest else None
    return Source(name, names, (where[0], where[1]) if where else None)
