"""What a call is about: predicates on it, and the record that it names."""

from collections.abc import Callable, Collection
from typing import Any

from ..parts import Parts
from ..store import Shelf
from ..values import Account, Call, Form, Kind, Place

When = Callable[[Call], bool]

COLLECTIONS = frozenset((Kind.PEOPLE, Kind.GROUPS, Kind.POSTS, Kind.COMMENTS))
ITEMS = frozenset((Kind.PERSON, Kind.GROUP, Kind.POST))
ABOUT_PEOPLE = frozenset((Kind.PEOPLE, Kind.SELF, Kind.PERSON))
ABOUT_POSTS = frozenset((Kind.POSTS, Kind.POST))
RECORDS = COLLECTIONS | ITEMS | {Kind.SELF, Kind.COMMENT}
WRITES = frozenset(("POST", "PUT", "DELETE"))


def where(
    *methods: str, kinds: Collection[Kind] = RECORDS, suffixes: Collection[Form | None] = ()
) -> When:
    """Calls with one of these methods (none given: any), kinds and suffixes (none given: any)."""

    def when(call: Call) -> bool:
        return (
            (not methods or call.asked.method in methods)
            and call.place.kind in kinds
            and (not suffixes or call.place.suffix in suffixes)
        )

    return when


ANY_RECORD = where()


def module_of(place: Place) -> str:
    """The module that a URL leads into, the first word of its path; empty where it leads nowhere."""
    if place.route is not None:
        return place.route.path.split("/")[3]
    if place.kind in ABOUT_PEOPLE:
        return "people"
    if place.kind in (Kind.GROUPS, Kind.GROUP):
        return "group"
    return "" if place.kind in (Kind.LOGIN, Kind.NOWHERE) else "community"


def operation_of(place: Place) -> str:
    """The documented path that a URL fits, below api/2.0; empty where it is none of these."""
    return place.route.path.removeprefix("/api/2.0/").strip("/") if place.route is not None else ""


def shelf_of(parts: Parts, kind: Kind) -> Shelf[Any] | None:
    """Where records of a kind are kept, for an item or its collection."""
    store = parts.store
    match kind:
        case Kind.PEOPLE | Kind.PERSON:
            return store.people
        case Kind.GROUPS | Kind.GROUP:
            return store.groups
        case Kind.POSTS | Kind.POST:
            return store.posts
        case Kind.COMMENTS | Kind.COMMENT:
            return store.comments
    return None


def record_of(parts: Parts, place: Place) -> Any:
    """The record that an item's URL names; None where there is none."""
    if place.kind is Kind.PERSON:
        return parts.store.find_person(place.id)
    shelf = shelf_of(parts, place.kind)
    return shelf.find(place.id) if shelf is not None else None


def unknown_to(parts: Parts, place: Place) -> bool:
    """Whether the URL is an item's, of a record that is not there."""
    return place.kind in ITEMS and record_of(parts, place) is None


def first_account(parts: Parts) -> Account:
    """The account that a portal takes somebody for who should be nobody."""
    return next(iter(parts.accounts.by_name.values()))
