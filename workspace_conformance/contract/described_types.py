"""Schemas of a description, as the types that the data of the documentation are written in.

What a schema says beyond its type, its members and its words (bounds, patterns, examples) is left
out: answers are judged by the contract, and never by a description.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workspace_conformance.contract.description_file import DescriptionFile, Place

Row = Any  # a type as schemas/documented.json writes it: a name, [a type], {"enum": [words]}
UNKNOWN = "any"
_DEEPEST = 20  # lists within lists

_FORMATS = {
    "string": {"uuid": "uuid", "guid": "uuid", "date-time": "date-time", "binary": "binary"},
    "integer": {name: name for name in ("int32", "int64", "uint32", "uint64")},
    "number": {"double": "double", "float": "double", "int32": "int32", "int64": "int64"},
}
_TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")
_ALTERNATIVES = ("allOf", "oneOf", "anyOf")
_ENVELOPE = frozenset({"status", "statusCode", "count"})  # one of these stands beside `response`


class Types:
    """The types of a file's schemas. `records` are those of records, found so far, by their names."""

    def __init__(self, file: DescriptionFile) -> None:
        self._file = file
        self.records: dict[str, dict[str, Row]] = {}

    def of(self, schema: Any, place: Place, own_name: str) -> Row:
        """The type of a schema. own_name: what a record is called that the file gives no name.

        Raises: DescribedError where it is no schema.
        """
        return self._of(schema, place, own_name, _DEEPEST)

    def of_answer(self, schema: Any, place: Place, own_name: str) -> Row:
        """The type of what an envelope's response holds: a schema may be that of the envelope, or of
        the bare answer, as on the documentation's pages.
        """
        members = dict(self._members(schema, place, _DEEPEST))
        if "response" in members and members.keys() & _ENVELOPE:
            inner, there = members["response"]
            return self.of(inner, there, own_name)
        return self.of(schema, place, own_name)

    def _of(self, schema: Any, place: Place, own_name: str, left: int) -> Row:
        found = self._file.followed(schema, place)
        if isinstance(found.value, bool):  # true: anything goes
            return UNKNOWN
        held = self._file.mapping(found.value, found.place, "a schema")
        name = self._word(held, found.place)
        if name == "array":
            if not left:
                raise self._file.wrong(place, "lists stand in one another without an end")
            items = held.get("items", True)
            return [self._of(items, (*found.place, "items"), own_name, left - 1)]
        if name in ("object", ""):
            if not any(part in held for part in ("properties", *_ALTERNATIVES)):
                return name or UNKNOWN
            return self._record(held, found.place, own_name, left)
        choices = held.get("enum")
        if name == "string" and isinstance(choices, list):
            texts = [word for word in choices if isinstance(word, str) and word]
            return {"enum": texts} if texts else "string"
        if name == "null":
            return UNKNOWN
        return _FORMATS.get(name, {}).get(str(held.get("format", "")).lower(), name)

    def _word(self, held: Mapping[str, Any], place: Place) -> str:
        """The word for a schema's type; empty where it does not say."""
        told = held.get("type")
        names = [name for name in (told if isinstance(told, list) else [told]) if name != "null"]
        for each in names:
            if each is not None and each not in _TYPES:
                words = f"{each!r} is no type; expected one of {', '.join(_TYPES)}"
                raise self._file.wrong((*place, "type"), words)
        if len(names) == 1 and names[0] is not None:
            return str(names[0])
        if "items" in held:
            return "array"
        choices = held.get("enum")
        texts = isinstance(choices, list) and all(isinstance(word, str) for word in choices)
        return "string" if texts else ""

    def _record(self, held: Mapping[str, Any], place: Place, own_name: str, left: int) -> Row:
        """The name of a record's type, of which the members are noted; or what one alternative is."""
        name = f"#/{'/'.join(map(str, place))}" if place[:1] == ("components",) else own_name
        if name in self.records:
            return name
        self.records[name] = {}  # before its members: one may be of the same type
        members = dict(self._members(held, place, _DEEPEST))
        if not members:
            del self.records[name]
            return self._of_alternatives(held, place, own_name, left)
        for member, (schema, there) in members.items():
            self.records[name][member] = self._of(schema, there, f"{name}, {member}", left)
        return name

    def _of_alternatives(self, held: Mapping[str, Any], place: Place, own: str, left: int) -> Row:
        """The type of the alternatives of a schema that has no members, where they have one type."""
        if not left:
            return UNKNOWN
        found: list[Row] = []
        for part in _ALTERNATIVES:
            for number, each in enumerate(held.get(part) or ()):
                row = self._of(each, (*place, part, number), own, left - 1)
                if row not in (UNKNOWN, *found):
                    found.append(row)
        nothing = "object" if held.get("type") == "object" else UNKNOWN
        return found[0] if len(found) == 1 else nothing

    def _members(
        self, schema: Any, place: Place, left: int
    ) -> Iterator[tuple[str, tuple[Any, Place]]]:
        """The members of a record, also of those that it is put together from, with their schemas."""
        found = self._file.followed(schema, place)
        if not isinstance(found.value, dict) or not left:
            return
        held = found.value
        for part in _ALTERNATIVES:
            if part in held:
                there = (*found.place, part)
                for number, each in enumerate(self._file.sequence(held[part], there, part)):
                    yield from self._members(each, (*there, number), left - 1)
        if "properties" in held:
            there = (*found.place, "properties")
            for name, each in self._file.mapping(held["properties"], there, "properties").items():
                yield name, (each, (*there, name))
