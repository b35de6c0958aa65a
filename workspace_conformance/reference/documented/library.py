"""The records that documented operations are about: a handful of each family, and those of clients.

A family's first records are made when it is first asked for. Ids depend on the seed and the family
alone. Which records lie under which (the comments of a task, the tasks of a project) follows from
their numbers, so that every record has some, and for records of clients from where they were made.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from uuid import UUID, uuid5
from zlib import crc32

from workspace_conformance.contract.documented import (
    Type,
    documented_operations,
    record_types,
)

from ..records import Person
from ..store import Store, is_guid
from ..values import Json, Mistake
from .families import (
    GROUP,
    PERSON,
    Members,
    Name,
    family_of_answer,
    family_of_parameter,
    family_of_type,
    members_of,
)

FEW = 3
"""How many records a family has at the start."""

_NAMESPACE = UUID("2f6c7a1e-5a0f-5d0c-8e55-0d2b5c3a9e61")
_WHOLE = re.compile(r"-?\d{1,19}")
_BITS = {"int32": 31, "uint32": 32, "int64": 63, "integer": 63}

_ID_MEMBERS = {
    ("community/wiki", "page"): "name",
    ("community/wiki", "file"): "name",
    ("settings", "security"): "webitemid",
    ("mail", "mailaccount"): "mailboxid",
    ("mail", "mailcontact"): "contactid",
    ("files", "thirdpartyparams"): "providerid",
}
"""The members that hold the ids of records, in lower case, where it is not "id"."""

_MORE = {("files", "folder"): 8}
"""How many more records there are of a family: the roots of documents."""

_PEOPLE = frozenset((PERSON, GROUP))


@dataclass(slots=True)
class Record:
    """A record: its family, its id, its number among the first ones (None: a client made it).

    fields: what clients have said of it, by member in lower case. under: the records that it lies
    under, where a client made it there. kind: the type as which it was made, where that matters.
    """

    family: Name
    id: Json
    number: int | None
    fields: dict[str, Json] = field(default_factory=dict)
    under: frozenset[tuple[Name, str]] = frozenset()
    kind: str = ""
    created: str = ""

    @property
    def place(self) -> int:
        """Its number, also for one that a client made."""
        return self.number if self.number is not None else 0

    def chance(self, *words: str) -> int:
        """A number that looks like chance, and is always the same for these words."""
        return crc32("\0".join((*self.family, str(self.number), *words)).encode())


@cache
def id_type(family: Name) -> str:
    """The type of the ids of a family: "int32", "uuid", "number" (a text of digits), "string"."""
    module, what = family
    if what in ("page", "file") and module == "community/wiki":
        return "name"
    if family == ("settings", "security"):
        return "uuid"
    if module == "files":
        return "int32" if what in ("file", "folder") else "string"
    for name in _types_of(family):
        for member, kind in members_of(module, name):
            if member.lower() == id_member(family) and not kind.lists:
                if kind.name == "string" and module == "calendar":
                    return "number"
                return kind.name if kind.name in (*_BITS, "uuid") else "string"
    return "string"


def id_member(family: Name) -> str:
    """The member that holds the id of a family's records, in lower case."""
    return _ID_MEMBERS.get(family, "id")


@cache
def _types_of(family: Name) -> tuple[str, ...]:
    """The types of records that a module shows of a family: the one with most members first."""
    if family == ("project", "template"):
        return ("ObjectWrapperBase",)
    module, _ = family
    named = [name for name in record_types() if family_of_type(module, name) == family]
    return tuple(sorted(named, key=lambda name: -len(record_types()[name])))


def fullest_type(family: Name) -> str:
    """The type that shows most of a family's records."""
    types = _types_of(family)
    return types[0] if types else ""


@cache
def _parents() -> Mapping[Name, frozenset[Name]]:
    """The families whose records lie under those of others, by what lists stand below items."""
    found: dict[Name, set[Name]] = {}
    for operation in documented_operations():
        answer = family_of_answer(operation)
        if answer is None or operation.method != "GET":
            continue
        sample = ("contact",) * len(operation.path_parameters)
        for place in range(len(operation.path_parameters)):
            above = family_of_parameter(operation, place, sample)
            if above is not None and above != answer:
                found.setdefault(answer, set()).add(above)
    return {name: frozenset(above) for name, above in found.items()}


def lies_under(child: Name, parent: Name) -> bool:
    """Whether records of one family are listed below those of another."""
    return parent in _parents().get(child, ())


class Library:
    """All records that documented operations are about. `few` is how many a family begins with."""

    def __init__(self, store: Store, few: int = FEW) -> None:
        self.store = store
        self.few = few
        self._families: dict[Name, dict[str, Record]] = {}
        self._given: dict[Name, int] = {}

    # People and groups are the portal's own.

    def people(self) -> list[Person]:
        """The people that other records name: the two who have accounts, who are never deleted."""
        return self.store.people.all()[:2]

    def _own(self, family: Name, text: str) -> Record | None:
        """A person or a group, by id; a person also by user name."""
        if family == PERSON:
            person = self.store.find_person(text)
            return Record(family, person.id, 0) if person is not None else None
        group = self.store.groups.find(text)
        return Record(family, group.id, 0) if group is not None else None

    # Families

    def all(self, family: Name) -> list[Record]:
        """Every record of a family, oldest first."""
        return list(self._shelf(family).values())

    def _shelf(self, family: Name) -> dict[str, Record]:
        if family in _PEOPLE:
            if family == PERSON:
                ids = [person.id for person in self.people()]
            else:
                ids = [group.id for group in self.store.groups.all()[: self.few]]
            return {id: Record(family, id, place) for place, id in enumerate(ids)}
        if family not in self._families:
            number = self.few + _MORE.get(family, 0)
            first = (Record(family, self._new_id(family, n), n) for n in range(number))
            self._families[family] = {str(record.id): record for record in first}
        return self._families[family]

    def _new_id(self, family: Name, number: int) -> Json:
        kind = id_type(family)
        words = f"{family[0]} {family[1]}"
        start = 100 + crc32(f"{self.store.seed} {words}".encode()) % 9000
        if kind == "uuid":
            return str(uuid5(_NAMESPACE, f"{self.store.seed} {words} {number}"))
        if kind == "name":
            return f"{family[1].title()} {number + 1}"
        if kind == "number":
            return str(start + number)
        if kind in _BITS:
            return start + number
        return uuid5(_NAMESPACE, f"{self.store.seed} {words} {number}").hex[:16]

    def find(self, family: Name, text: str, kind: Type) -> Record:
        """The record with an id as it stands in a URL.

        kind: the type of the parameter. Raises Mistake: 400 where the text cannot be an id of that
        type, 404 where there is no such record.
        """
        check_form(text, kind)
        if is_guid(text):
            text = text.lower()
        if _WHOLE.fullmatch(text) and id_type(family) in (*_BITS, "number"):
            text = str(int(text))
        own = family in _PEOPLE
        found = self._own(family, text) if own else self._shelf(family).get(text)
        if found is None and family == ("calendar", "event"):
            found = next((one for one in self.all(family) if uid(one) == text), None)
        if found is None:
            raise Mistake(404, "The record could not be found")
        return found

    def add(self, record: Record) -> Record:
        """Keep a record that a client made, with an id of its own unless it has one."""
        shelf = self._shelf(record.family)
        if record.id is None:
            number = self._given.get(record.family, 0)
            self._given[record.family] = number + 1
            record.id = self._new_id(record.family, 1000 + number)
        shelf[str(record.id)] = record
        return record

    def made(self) -> list[Record]:
        """Every record that a client made."""
        families = list(self._families.values())
        return [one for family in families for one in family.values() if one.number is None]

    def remove(self, record: Record) -> None:
        """Forget a record, and those that clients made under it."""
        self._shelf(record.family).pop(str(record.id), None)
        key = (record.family, str(record.id))
        for family in self._families.values():
            for id in [id for id, other in family.items() if key in other.under]:
                del family[id]

    # What lies under what

    def below(self, family: Name, parent: Record) -> list[Record]:
        """The records of a family that lie under a record of another."""
        return [record for record in self.all(family) if self.is_below(record, parent)]

    def is_below(self, child: Record, parent: Record) -> bool:
        """Whether a record lies under another."""
        if child.number is None:
            return (parent.family, str(parent.id)) in child.under
        if parent.number is None:
            return False
        few = self.few or 1
        return parent.family in _PEOPLE or child.number % few == parent.number % few

    def above(self, child: Record, family: Name) -> Record | None:
        """The record of another family that a record lies under, None where there is none."""
        if child.number is None:
            for name, id in child.under:
                if name == family:
                    return self._shelf(family).get(id)
            return None
        first = [record for record in self.all(family) if record.number is not None]
        return first[child.number % len(first)] if first else None


def uid(event: Record) -> str:
    """The other id of an event, by which calendars elsewhere know it."""
    return f"{event.id}@portal.test"


def check_form(text: str, kind: Type) -> None:
    """Whether a text can be a value of a type. Raises Mistake (400) where it cannot."""
    wrong = False
    if kind.choices:
        wrong = text.casefold() not in (choice.casefold() for choice in kind.choices)
    elif kind.name in _BITS:
        bits = _BITS[kind.name]
        wrong = not _WHOLE.fullmatch(text) or not -(2**bits) <= int(text) < 2**bits
    elif kind.name == "uuid":
        wrong = not is_guid(text)
    if wrong:
        raise Mistake(400, "Invalid arguments")


def members_for(family: Name, type_name: str) -> Members:
    """The members of a type as the family's module shows it."""
    return members_of(family[0], type_name)
