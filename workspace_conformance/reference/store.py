"""The portal's memory: records by id, in the order in which they were made.

Ids depend on the seed, the kind, the record's name and how many records of that name were made
before, and on nothing else: however concurrent creations are ordered, each gets the same id.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID, uuid5

from .records import Comment, Group, Person, Post, Record

_NAMESPACE = UUID("6f1d2d4e-6c2b-5f0e-9c35-1f2f6a0b7c11")
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NOT_IN_NAMES = re.compile(r"[^\w.+-]")

R = TypeVar("R", Person, Group, Post, Comment)

LITERAL_NAMES = frozenset(
    (".", "..", "@search", "@self", "birthdays", "delete", "email", "filter", "import", "invite")
) | frozenset(
    ("password", "phone", "reassign", "remove", "search", "self", "simple", "status", "type")
)
"""Last segments under api/2.0/people that name something other than a person."""


def is_guid(text: str) -> bool:
    """Whether the text is a GUID, in letters of either case."""
    return _GUID.fullmatch(text.lower()) is not None


def round_trip(moment: datetime) -> str:
    """The moment in the round-trip form of .NET: seven digits of a second, and Z or the offset.

    Source: the documentation's FAQ; for example 2008-04-10T06:30:00.0000000-07:00.
    """
    whole = moment.strftime("%Y-%m-%dT%H:%M:%S")
    offset = moment.isoformat()[-6:] if moment.utcoffset() else "Z"
    return f"{whole:0>19}.{moment.microsecond:06}0{offset}"


def read_date(text: str) -> str:
    """A date or date-time that a client sent, in the round-trip form; without an offset it is UTC.

    Raises ValueError where it is neither.
    """
    moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if (moment.utcoffset() or timedelta()) % timedelta(minutes=1):
        raise ValueError("an offset is written in hours and minutes")
    return round_trip(moment)


class Shelf(Generic[R]):
    """Records of one kind by id. An id is found in letters of either case, as GUIDs are equal."""

    def __init__(self) -> None:
        self._records: dict[str, R] = {}
        self._former: dict[str, R] = {}

    def all(self) -> list[R]:
        """Every record, oldest first."""
        return list(self._records.values())

    def find(self, id: str) -> R | None:
        """The record with exactly that id, or None."""
        return self._records.get(id.lower()) if is_guid(id) else None

    def remember(self, id: str) -> R | None:
        """The record with that id, deleted ones too: for the copies that others embed."""
        return self._records.get(id) or self._former.get(id)

    def put(self, record: R) -> R:
        """Keep the record, in place of the one with its id where there is one."""
        self._records[record.id] = record
        return record

    def remove(self, id: str) -> None:
        """Forget the record, but for those that embed it."""
        self._former[id] = self._records.pop(id)


@dataclass(slots=True)
class Store:
    """All that the portal knows. `now` tells the time; `seed` decides the ids."""

    seed: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    people: Shelf[Person] = field(default_factory=Shelf)
    groups: Shelf[Group] = field(default_factory=Shelf)
    posts: Shelf[Post] = field(default_factory=Shelf)
    comments: Shelf[Comment] = field(default_factory=Shelf)
    _made: Counter[tuple[str, str]] = field(default_factory=Counter)

    def new_id(self, kind: type[Record], name: str) -> str:
        """The id of the next record of that kind and name."""
        key = (kind.__name__, name)
        self._made[key] += 1
        return str(uuid5(_NAMESPACE, "\0".join((self.seed, *key, str(self._made[key])))))

    def moment(self) -> str:
        """Now, in the round-trip form."""
        return round_trip(self.now())

    def find_person(self, id: str) -> Person | None:
        """The person with that id, or with exactly that user name."""
        found = self.people.find(id)
        if found is None:
            found = next((p for p in self.people.all() if p.user_name == id), None)
        return found

    def new_user_name(self, email: str) -> str:
        """A user name that is free, made from the part of the address before the @.

        It can stand in a URL: it is none of the literal names there, and ends like no suffix.
        """
        stem = _NOT_IN_NAMES.sub(".", email.partition("@")[0])
        taken = {person.user_name for person in self.people.all()}
        name, number = stem, 1
        while name in taken or name.lower() in LITERAL_NAMES or name.endswith((".json", ".xml")):
            number += 1
            name = f"{stem}.{number}"
        return name

    def comments_of(self, post: str) -> list[Comment]:
        """The comments on a post, oldest first."""
        return [comment for comment in self.comments.all() if comment.post == post]

    def remove_post(self, id: str) -> None:
        """Delete a post, and the comments that live under it."""
        for comment in self.comments_of(id):
            self.comments.remove(comment.id)
        self.posts.remove(id)
