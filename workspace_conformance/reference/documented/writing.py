"""Documented writes: the lives of the kinds that the contract describes; all others are denied.

What a client may make, change and delete, and which member then shows which field, is told by the
kinds of the contract (schemas/kinds.yaml). A write to a record that nobody describes so is answered
403, once it is known that the record is there.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache

from workspace_conformance.contract.documented import Operation
from workspace_conformance.contract.kinds import LIVED, Kind

from ..bodies import Fields, date_of, flag_of, need_text, text_of
from ..store import Store
from ..values import Asked, Call, Json, Mistake, Outcome
from .families import family_of_type
from .folders import FOLDER, ROOTS, Folders
from .library import Library, Record
from .reading import Reading

_PARAMETER = re.compile(r"\{\w+\}")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def _shape(path: str) -> str:
    return _PARAMETER.sub("{}", path.strip("/"))


@cache
def _lives() -> Mapping[tuple[str, str], Kind]:
    """The kind that an operation makes, changes or removes, by method and the shape of its path."""
    found: dict[tuple[str, str], Kind] = {}
    for kind in LIVED:
        found["POST", _shape(kind.make)] = kind
        found.setdefault(("DELETE", _shape(kind.item)), kind)
        if kind.change is not None:
            found["PUT", _shape(kind.change)] = kind
    return found


class Writing:
    """Carries out documented writes on a library."""

    def __init__(
        self,
        library: Library,
        reading: Reading,
        folders: Folders,
        read_fields: Callable[[Asked], Fields],
    ) -> None:
        self._library = library
        self._reading = reading
        self._folders = folders
        self._read_fields = read_fields

    @property
    def _store(self) -> Store:
        return self._library.store

    def write(self, call: Call, operation: Operation) -> Outcome:
        """Carry out a POST, PUT or DELETE. Raises Mistake where it cannot be, or may not."""
        assert call.place.route is not None
        named = self._reading.resolve(operation, call.place.route.words)
        kind = _lives().get((operation.method, _shape(operation.name)))
        if kind is None:
            raise Mistake(403, "Access denied")
        if operation.method == "POST":
            return self._make(call, operation, kind, named[-1] if named else None)
        record = named[-1]
        if record.family == FOLDER and record.number is not None and record.number < len(ROOTS):
            raise Mistake(403, "Access denied")
        if operation.method == "PUT":
            sent = {one.name: one.type for one in kind.sent_to_change}
            record.fields |= self._said(kind, sent, self._read_fields(call.asked), record)
            return self._answer(operation, record, 200)
        answer = self._answer(operation, record, 200)
        self._library.remove(record)
        return answer

    def _make(self, call: Call, operation: Operation, kind: Kind, above: Record | None) -> Outcome:
        fields = self._read_fields(call.asked)
        for name in _needed(kind):
            need_text(fields, name)
        family = family_of_type(operation.module, kind.record)
        if kind.name == "project-template":
            family = (operation.module, "template")
        record = Record(family, None, None, kind=kind.record, created=self._store.moment())
        if above is not None:
            record.under = frozenset(((above.family, str(above.id)),))
        sent = {one.name: one.type for one in kind.sent}
        record.fields = self._said(kind, sent, fields, record)
        if kind.id_field:
            record.id = need_text(fields, kind.id_field)
            if any(str(other.id) == record.id for other in self._library.all(family)):
                raise Mistake(400, "There is one of that name")
        return self._answer(operation, self._library.add(record), 201)

    def _said(
        self, kind: Kind, sent: Mapping[str, str], fields: Fields, record: Record
    ) -> dict[str, Json]:
        """The members that the fields of a body set."""
        values = {name: _typed(fields, name, type) for name, type in sent.items()}
        said = {
            member.lower(): values[name]
            for member, name in (kind.shows | kind.holds).items()
            if values.get(name) is not None
        }
        for member, words in kind.composed.items():
            known = {name: str(value) for name, value in values.items() if value is not None}
            if known.keys() >= {*_PLACEHOLDER.findall(words)}:
                said[member.lower()] = words.format(**known)
        return said

    def _answer(self, operation: Operation, record: Record, status: int) -> Outcome:
        answer = operation.answer
        if answer is None:
            return Outcome(status)
        if operation.shape != "record" or answer.name == "object":
            return Outcome(status, value=[] if answer.lists else {})
        if record.family == FOLDER:
            return Outcome(status, value=self._folders.shown(record, answer.name))
        return Outcome(status, value=self._reading.showing.record(record, answer.name))


def _needed(kind: Kind) -> list[str]:
    """The fields without which there is no record: what it is recognised by."""
    shown = kind.shows.get(kind.mark)
    if shown is not None:
        return [shown]
    composed = _PLACEHOLDER.findall(kind.composed.get(kind.mark, ""))
    return composed or [kind.id_field]


def _typed(fields: Fields, name: str, type: str) -> Json:
    """A field's value; in a form, numbers and flags are texts. None where it is not given.

    Raises Mistake where it is not of its type.
    """
    value = fields.get(name.lower())
    if value is None:
        return None
    if type == "flag":
        return flag_of(fields, name)
    if type == "date":
        return date_of(fields, name)
    if type in ("number", "id") and isinstance(value, int) and not isinstance(value, bool):
        return value
    text = text_of(fields, name)
    if type == "number":
        if text is None or not re.fullmatch(r"-?\d{1,9}", text):
            raise Mistake(400, f"{name} must be a number")
        return int(text)
    return text
