"""Records and values as documented operations show them.

A member shows what a client has said of it, else a value of its type that is always the same for
this record: made up, but for ids, people and other records, which are real.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid5

from workspace_conformance.contract.documented import Type, record_types

from .. import views
from ..store import round_trip
from ..values import Json
from .families import GROUP, PERSON, Name, family_of_type, members_of
from .library import _NAMESPACE, Library, Record, id_member, id_type, lies_under, uid

DEEP = 2
"""How many records deep a record shows others."""

_BEGIN = datetime(2024, 2, 1, 8, 30, tzinfo=UTC)
_ZONES = (UTC, timezone(timedelta(hours=3)), timezone(timedelta(hours=-7)), UTC)

_DATES = frozenset(
    (
        *("created", "updated", "createdon", "createon", "expireson", "statuschanged"),
        *("date", "deadline", "startdate", "enddate", "dialdate", "issuedate", "duedate"),
        *("actualclosedate", "expectedclosedate", "lastmodified", "expirationdate", "birthday"),
        *("terminated", "workfrom", "begindate", "fromdate", "todate", "timemodified"),
        *("datecreated", "validfrom", "validuntil", "expireddate", "completed"),
    )
)
"""Members that hold date-times although the documentation calls them texts."""

_PEOPLE_IDS = frozenset(
    (
        *("responsibleid", "createdbyid", "updatedbyid", "createby", "modifiedby"),
        *("userid", "lead", "subjectid"),
    )
)
_NAMES = frozenset(("title", "name", "displayname", "subject", "label", "companyname"))
_CURRENCIES = ("EUR", "USD", "RUB", "GBP", "CHF")
_SPICE = ("& more", "«да»", "<draft>", "Zoë's", "🦉", '"quoted"')
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\\d+")


def member_name(name: str) -> str:
    """A member's name as answers spell it: "ID" is id, "CanEdit" canEdit."""
    return name.lower() if name.isupper() else name[:1].lower() + name[1:]


def moment(chance: int, number: int = 0) -> str:
    """A date-time of 2024 that is always the same, in the round-trip form."""
    when = _BEGIN + timedelta(hours=chance % 8000, microseconds=number * 100_000)
    return round_trip(when.astimezone(_ZONES[chance % 4]))


def words(name: str) -> str:
    """A name in separate words: "Conversations Enabled"."""
    return " ".join(_WORDS.findall(name)) or name


def contact_type(record: Record) -> str:
    """Whether a contact is shown as a person or as a company."""
    return record.kind or ("CompanyWrapper" if record.place % 2 else "PersonWrapper")


class Showing:
    """Writes the records of a library."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def record(self, record: Record, type_name: str, depth: int = 0) -> Json:
        """A record as a type shows it; null where that would be too deep."""
        if depth > DEEP:
            return None
        if record.family in (PERSON, GROUP):
            return self._own(record, type_name)
        if type_name == "ContactWrapper":
            type_name = contact_type(record)
        members = members_of(record.family[0], type_name)
        return {
            member_name(name): self._member(record, name, kind, depth) for name, kind in members
        }

    def _own(self, record: Record, type_name: str) -> Json:
        store, id = self._library.store, str(record.id)
        if record.family == GROUP:
            group = store.groups.remember(id)
            return views.brief_group(store, group) if group is not None else None
        person = store.people.remember(id)
        if person is None:
            return None
        if type_name == "UserParams":
            return {"id": person.id, "name": views.display_name(person)}
        if type_name in ("EmployeeWraperFull", "UserInfo"):
            return views.full_person(store, person)
        if type_name == "ParticipantWrapper":
            return {
                "canReadFiles": True,
                "isAdministrator": person.is_admin,
                **views.full_person(store, person),
            }
        return views.brief_person(store, id)

    def _member(self, record: Record, name: str, kind: Type, depth: int) -> Json:
        lower = name.lower()
        if lower in record.fields:
            return record.fields[lower]
        if kind.lists:
            return self._list(record, name, kind, depth)
        if lower in (id_member(record.family), f"{record.family[1]}id"):
            return record.id
        if lower == "uid":
            return uid(record)
        if lower in ("start", "end"):
            return moment(record.chance("start") + (lower == "end") * 4, record.place)
        if lower == "iscompany":
            return contact_type(record) == "CompanyWrapper"
        if record.created and lower in ("created", "createon", "updated", "lastmodified"):
            return record.created
        if kind.name in record_types() and record_types()[kind.name]:
            return self._embedded(record, kind.name, depth)
        if kind.name in record_types():
            return {"id": None, "title": self.text(record, name)}
        return self.value(record, name, kind)

    def _embedded(self, record: Record, type_name: str, depth: int) -> Json:
        family = family_of_type(record.family[0], type_name)
        other = self.related(record, family)
        return self.record(other, type_name, depth + 1) if other is not None else None

    def related(self, record: Record, family: Name) -> Record | None:
        """The record of a family that another names."""
        library = self._library
        if family == record.family:
            return record
        if lies_under(record.family, family):
            return library.above(record, family)
        known = library.all(family)
        return known[record.place % len(known)] if known else None

    def _list(self, record: Record, name: str, kind: Type, depth: int) -> list[Json]:
        if record.number is None or depth >= DEEP:
            return []
        item = Type(kind.name, kind.lists - 1)
        if item.lists:
            return [self._list(record, f"{name} {n}", item, depth) for n in range(2)]
        if kind.name not in record_types():
            return [self.value(record, f"{name} {n}", item) for n in range(1 + record.place % 2)]
        family = family_of_type(record.family[0], kind.name)
        if family in (PERSON, GROUP):
            some = self._library.all(family)[:1]
        else:
            some = [
                one for one in self._library.below(family, record) if one.family != record.family
            ]
        return [self.record(one, kind.name, depth + 1) for one in some[:2]]

    def title(self, record: Record) -> Json:
        """What a record is called."""
        return record.fields.get("title", self.text(record, "title"))

    # Values

    def value(self, record: Record, name: str, kind: Type) -> Json:
        """A value of a type that is not that of a record."""
        lower, chance = name.lower(), record.chance(name)
        if kind.choices:
            return record.place % len(kind.choices)
        if kind.name == "string":
            if lower in _DATES:
                return moment(chance, record.place)
            return self.text(record, name)
        return self._by_type(record, lower, kind.name, chance)

    def _by_type(self, record: Record, lower: str, type_name: str, chance: int) -> Json:
        makers: dict[str, Callable[[], Json]] = {
            "boolean": lambda: chance % 2 == 0,
            "double": lambda: chance % 4000 / 4,
            "number": lambda: chance % 4000 / 4,
            "int64": lambda: chance * 1021,
            "uint64": lambda: chance * 1021,
            "date-time": lambda: moment(chance, record.place),
            "timespan": lambda: "03:00:00",
            "uuid": lambda: self._guid(record, lower),
            "object": lambda: self._object(record, lower, chance),
            "any": lambda: None,
        }
        if type_name in makers:
            return makers[type_name]()
        return self._integer(record, lower, chance)

    def _guid(self, record: Record, lower: str) -> Json:
        if lower in _PEOPLE_IDS or "user" in lower or "admin" in lower:
            people = self._library.people()
            return people[record.place % len(people)].id
        if lower == "parentid":
            return None
        return str(uuid5(_NAMESPACE, f"{record.family} {record.number} {lower}"))

    def _integer(self, record: Record, lower: str, chance: int) -> Json:
        if lower == "parentid":
            return 0
        if lower.endswith("id") and lower != "id":
            other = self._named(record, lower.removesuffix("id"))
            if other is not None:
                return other.id
        return chance % 100

    def _named(self, record: Record, what: str) -> Record | None:
        """The record that a member like taskId names, where there are such records."""
        family = (record.family[0], what.removeprefix("related"))
        if family == record.family or not id_type(family).startswith("int"):
            return None
        return self.related(record, family)

    def _object(self, record: Record, lower: str, chance: int) -> Json:
        if lower in ("id", "parentid", "folderid", "folderiddisplay"):
            return record.id if isinstance(record.id, int) else None
        return {
            "name": self.text(record, lower),
            "enabled": chance % 2 == 0,
            "number": chance % 50,
            "updated": moment(chance),
        }

    def text(self, record: Record, name: str) -> str:
        """A text for a member: names are a few words with what makes clients stumble."""
        lower, what, place = name.lower(), words(record.family[1]), record.place + 1
        if "email" in lower:
            return f"{record.family[1]}.{place}@portal.test"
        if lower.endswith(("url", "link", "uri", "path")):
            return f"/{record.family[0]}/{record.family[1]}/{place}?a=1&b={lower}"
        if "color" in lower:
            return f"#{record.chance(name) % 0xFFFFFF:06x}"
        if lower in ("fromcurrency", "abbreviation", "currency"):
            return _CURRENCIES[record.place % 5]
        if lower == "tocurrency":
            return _CURRENCIES[(record.place + 1) % 5]
        if "password" in lower:
            return ""
        if lower in _NAMES:
            return f"{what.capitalize()} {place} {_SPICE[record.chance() % len(_SPICE)]}"
        return f"{words(name)} of {what} {place}"
