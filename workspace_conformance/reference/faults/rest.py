"""Faults of records and their URLs, of methods, and of what reading and writing leave behind."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from ..parts import Parts
from ..records import Group, Person, Post
from ..values import Call, Form, Kind, Outcome
from .calls import (
    ABOUT_POSTS,
    COLLECTIONS,
    ITEMS,
    RECORDS,
    WRITES,
    When,
    record_of,
    shelf_of,
    where,
)
from .model import Fault
from .wrapping import NOT_FOUND, Apply, afterwards, instead, on_success

_KNOWN_METHODS = WRITES | {"GET", "HEAD", "OPTIONS", "PATCH", "TRACE"}


def _created_missing(parts: Parts) -> None:
    """List a created record, and do not serve it at its own URL."""
    made: set[str] = set()

    def note(call: Call, outcome: Outcome) -> Outcome:
        if isinstance(outcome.value, dict):
            made.add(str(outcome.value.get("id")))
        return outcome

    def find(_: Parts, call: Call) -> Outcome | None:
        record = record_of(parts, call.place) if where("GET", kinds=ITEMS)(call) else None
        return NOT_FOUND if record is not None and record.id in made else None

    on_success(note, where("POST", kinds=COLLECTIONS))(parts)
    instead(find)(parts)


def _every_second_missing(kind: Kind) -> Apply:
    """Do not serve every second record that was there from the first at its own URL."""

    def apply(parts: Parts) -> None:
        shelf = shelf_of(parts, kind)
        missing = {record.id for record in (shelf.all() if shelf is not None else [])[1::2]}

        def find(_: Parts, call: Call) -> Outcome | None:
            if not where("GET", kinds=(kind,))(call):
                return None
            record = record_of(parts, call.place)
            return NOT_FOUND if record is not None and record.id in missing else None

        instead(find)(parts)

    return apply


def _retitled(record: Any, ending: str) -> Any:
    """The record with something after its title, or a group's name."""
    if isinstance(record, Group):
        return replace(record, name=record.name + ending)
    return replace(record, title=(record.title or "") + ending)


def _makes_two(call: Call, outcome: Outcome, parts: Parts) -> None:
    """Keep a second record like the one that was just made."""
    shelf = shelf_of(parts, call.place.kind)
    made = outcome.value.get("id") if isinstance(outcome.value, dict) else None
    record = shelf.find(str(made)) if shelf is not None else None
    if shelf is not None and record is not None:
        shelf.put(replace(record, id=parts.store.new_id(type(record), f"{made} again")))


def _creates_two(*kinds: Kind) -> Apply:
    def apply(parts: Parts) -> None:
        def change(call: Call, outcome: Outcome) -> Outcome:
            _makes_two(call, outcome, parts)
            return outcome

        on_success(change, where("POST", kinds=kinds))(parts)

    return apply


def _touch_neighbour(parts: Parts, call: Call) -> None:
    shelf, own = shelf_of(parts, call.place.kind), record_of(parts, call.place)
    others = [record for record in shelf.all() if record != own] if shelf is not None else []
    if shelf is not None and others:
        shelf.put(_retitled(others[-1], "."))


def _take_oldest(parts: Parts, call: Call) -> None:
    oldest = min(parts.store.posts.all(), key=lambda post: post.created or "", default=None)
    if oldest is not None:
        parts.store.remove_post(oldest.id)


def _take_posts(parts: Parts, call: Call) -> None:
    for post in parts.store.posts.all():
        parts.store.remove_post(post.id)


def _touch_posts(parts: Parts, call: Call) -> None:
    for post in parts.store.posts.all():
        parts.store.posts.put(_retitled(post, "."))


def _take_neighbour(parts: Parts, call: Call) -> None:
    shelf = shelf_of(parts, call.place.kind)
    if shelf is not None and shelf.all():
        shelf.remove(shelf.all()[-1].id)


def _take_siblings(parts: Parts) -> None:
    """With one comment, delete all others on its post."""

    def find(_: Parts, call: Call) -> Outcome | None:
        comment = (
            record_of(parts, call.place) if where("DELETE", kinds=(Kind.COMMENT,))(call) else None
        )
        if comment is not None:
            for other in parts.store.comments_of(comment.post):
                if other.id != comment.id:
                    parts.store.comments.remove(other.id)
        return None

    instead(find)(parts)


def _as_method(method: str, when: When) -> Apply:
    """Take a method for another one."""

    def find(parts: Parts, call: Call) -> Outcome | None:
        if not when(call):
            return None
        return parts.perform(replace(call, asked=replace(call.asked, method=method)))

    return instead(find)


def _invented(call: Call) -> bool:
    return call.asked.method not in _KNOWN_METHODS and call.place.kind in RECORDS


def _read_changes(*kinds: Kind, suffixes: Collection[Form | None] = ()) -> Apply:
    """Change a record's title with every reading."""

    def act(parts: Parts, call: Call) -> None:
        shelf, record = shelf_of(parts, call.place.kind), record_of(parts, call.place)
        if shelf is not None and record is not None:
            shelf.put(_retitled(record, "."))

    return afterwards(act, where("GET", kinds=kinds, suffixes=suffixes))


def _read_touches(parts: Parts, call: Call) -> None:
    post = parts.store.posts.find(call.place.id)
    if post is not None:
        parts.store.posts.put(replace(post, updated=parts.store.moment()))


def _list_creates(parts: Parts, call: Call) -> None:
    store, now = parts.store, parts.store.moment()
    author = call.account.id if call.account is not None else ""
    post = Post(store.new_id(Post, "Read"), "Read", "", author, created=now, updated=now)
    store.posts.put(post)


def _order_flips(parts: Parts) -> None:
    readings: defaultdict[str, Iterator[int]] = defaultdict(count)

    def change(call: Call, outcome: Outcome) -> Outcome:
        if not isinstance(outcome.value, list) or next(readings[call.asked.path]) % 2 == 0:
            return outcome
        return replace(outcome, value=outcome.value[::-1])

    on_success(change, where("GET", kinds=COLLECTIONS))(parts)


def _stores(change: Callable[[Any, Any], Any], when: When) -> Apply:
    """Keep something else than what PUT reports; `change` gets the records before and after."""

    def apply(parts: Parts) -> None:
        inner = parts.perform

        def perform(call: Call) -> Outcome:
            before = record_of(parts, call.place) if when(call) else None
            outcome = inner(call)
            shelf = shelf_of(parts, call.place.kind)
            if before is not None and shelf is not None and outcome.error is None:
                shelf.put(change(before, record_of(parts, call.place)))
            return outcome

        parts.perform = perform

    return apply


def _cut(_: Any, after: Any) -> Any:
    if isinstance(after, Group):
        return replace(after, name=after.name[:4])
    return replace(after, title=(after.title or "")[:4])


def _old_text(before: Any, after: Any) -> Any:
    if isinstance(after, Post):
        return replace(after, text=before.text)
    if isinstance(after, Person):
        return replace(after, notes=before.notes, location=before.location)
    return replace(after, members=before.members)


_PUT = where("PUT", kinds=ITEMS)

FAULTS = (
    Fault(
        name="created-not-served",
        requirement="REST-1",
        summary="a created record is 404 at its own URL",
        apply=_created_missing,
    ),
    Fault(
        name="listed-posts-missing",
        requirement="REST-1",
        summary="every second listed post is 404 at its own URL",
        apply=_every_second_missing(Kind.POST),
    ),
    Fault(
        name="listed-groups-missing",
        requirement="REST-1",
        summary="every second listed group is 404 at its own URL",
        apply=_every_second_missing(Kind.GROUP),
    ),
    Fault(
        name="listed-people-missing",
        requirement="REST-1",
        summary="every second listed person is 404 at its own URL",
        apply=_every_second_missing(Kind.PERSON),
    ),
    Fault(
        name="update-touches-other",
        requirement="REST-2",
        summary="an update changes another record's title too",
        apply=afterwards(_touch_neighbour, _PUT),
    ),
    Fault(
        name="delete-touches-other",
        requirement="REST-2",
        summary="a delete changes another record's title",
        apply=afterwards(_touch_neighbour, where("DELETE", kinds=ITEMS)),
    ),
    Fault(
        name="delete-takes-other",
        requirement="REST-2",
        summary="the delete of a post or group deletes another too",
        apply=afterwards(_take_neighbour, where("DELETE", kinds=(Kind.POST, Kind.GROUP))),
    ),
    Fault(
        name="delete-takes-oldest",
        requirement="REST-2",
        summary="DELETE of a post deletes the oldest post as well",
        apply=afterwards(_take_oldest, where("DELETE", kinds=(Kind.POST,))),
    ),
    Fault(
        name="group-delete-takes-posts",
        requirement="REST-2",
        summary="DELETE of a group deletes all posts",
        apply=afterwards(_take_posts, where("DELETE", kinds=(Kind.GROUP,))),
    ),
    Fault(
        name="group-put-touches-posts",
        requirement="REST-2",
        summary="PUT to a group changes the titles of posts",
        apply=afterwards(_touch_posts, where("PUT", kinds=(Kind.GROUP,))),
    ),
    Fault(
        name="person-delete-touches-posts",
        requirement="REST-2",
        summary="DELETE of a person changes the titles of posts",
        apply=afterwards(_touch_posts, where("DELETE", kinds=(Kind.PERSON,))),
    ),
    Fault(
        name="delete-takes-comments",
        requirement="REST-2",
        summary="the delete of a comment deletes all on the same post",
        apply=_take_siblings,
    ),
    Fault(
        name="patch-updates",
        requirement="REST-3",
        summary="PATCH is taken for PUT",
        apply=_as_method("PUT", where("PATCH", kinds=ITEMS)),
    ),
    Fault(
        name="patch-reads",
        requirement="REST-3",
        summary="PATCH of a collection is taken for GET",
        apply=_as_method("GET", where("PATCH", kinds=COLLECTIONS)),
    ),
    Fault(
        name="trace-reads",
        requirement="REST-3",
        summary="TRACE is taken for GET",
        apply=_as_method("GET", where("TRACE")),
    ),
    Fault(
        name="invented-method-reads",
        requirement="REST-3",
        summary="a method that does not exist is taken for GET",
        apply=_as_method("GET", _invented),
    ),
    Fault(
        name="read-changes-title",
        requirement="REST-4",
        summary="GET of a record changes its title",
        apply=_read_changes(*ITEMS),
    ),
    Fault(
        name="read-changes-group",
        requirement="REST-4",
        summary="GET of a group changes its name",
        apply=_read_changes(Kind.GROUP),
    ),
    Fault(
        name="read-xml-changes-title",
        requirement="REST-4",
        summary="GET of a record with .xml changes its title",
        apply=_read_changes(*ITEMS, suffixes=(Form.XML,)),
    ),
    Fault(
        name="read-touches-updated",
        requirement="REST-4",
        summary="GET of a post sets the time of its last update",
        apply=afterwards(_read_touches, where("GET", kinds=(Kind.POST,))),
    ),
    Fault(
        name="list-creates",
        requirement="REST-4",
        summary="GET of the posts makes one more",
        apply=afterwards(_list_creates, where("GET", kinds=ABOUT_POSTS - {Kind.POST})),
    ),
    Fault(
        name="list-order-flips",
        requirement="REST-4",
        summary="every second GET of a list's URL runs backwards",
        apply=_order_flips,
    ),
    Fault(
        name="creation-makes-two",
        requirement="REST-2",
        summary="POST makes two records where one is asked for",
        apply=_creates_two(*COLLECTIONS),
    ),
    Fault(
        name="creation-makes-two-people",
        requirement="REST-2",
        summary="POST of a person makes two",
        apply=_creates_two(Kind.PEOPLE),
    ),
    Fault(
        name="update-not-kept",
        requirement="REST-5",
        summary="PUT reports what it does not keep",
        apply=_stores(lambda before, _: before, _PUT),
    ),
    Fault(
        name="update-not-kept-groups",
        requirement="REST-5",
        summary="PUT to a group reports what it does not keep",
        apply=_stores(lambda before, _: before, where("PUT", kinds=(Kind.GROUP,))),
    ),
    Fault(
        name="update-not-kept-comments",
        requirement="REST-5",
        summary="PUT to a comment answers its new text and keeps the old",
        apply=_stores(lambda before, _: before, where("PUT", kinds=(Kind.COMMENT,))),
    ),
    Fault(
        name="update-kept-cut",
        requirement="REST-5",
        summary="PUT keeps four characters of the title that it reports",
        apply=_stores(_cut, _PUT),
    ),
    Fault(
        name="update-keeps-title-only",
        requirement="REST-5",
        summary="PUT keeps the title, and not the content or members",
        apply=_stores(_old_text, _PUT),
    ),
)
