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
        "created-not-served", "REST-1", "a created record is 404 at its own URL", _created_missing
    ),
    Fault(
        "listed-posts-missing",
        "REST-1",
        "every second listed post is 404 at its own URL",
        _every_second_missing(Kind.POST),
    ),
    Fault(
        "listed-groups-missing",
        "REST-1",
        "every second listed group is 404 at its own URL",
        _every_second_missing(Kind.GROUP),
    ),
    Fault(
        "listed-people-missing",
        "REST-1",
        "every second listed person is 404 at its own URL",
        _every_second_missing(Kind.PERSON),
    ),
    Fault(
        "update-touches-other",
        "REST-2",
        "an update changes another record's title too",
        afterwards(_touch_neighbour, _PUT),
    ),
    Fault(
        "delete-touches-other",
        "REST-2",
        "a delete changes another record's title",
        afterwards(_touch_neighbour, where("DELETE", kinds=ITEMS)),
    ),
    Fault(
        "delete-takes-other",
        "REST-2",
        "the delete of a post or group deletes another too",
        afterwards(_take_neighbour, where("DELETE", kinds=(Kind.POST, Kind.GROUP))),
    ),
    Fault(
        "delete-takes-oldest",
        "REST-2",
        "DELETE of a post deletes the oldest post as well",
        afterwards(_take_oldest, where("DELETE", kinds=(Kind.POST,))),
    ),
    Fault(
        "group-delete-takes-posts",
        "REST-2",
        "DELETE of a group deletes all posts",
        afterwards(_take_posts, where("DELETE", kinds=(Kind.GROUP,))),
    ),
    Fault(
        "group-put-touches-posts",
        "REST-2",
        "PUT to a group changes the titles of posts",
        afterwards(_touch_posts, where("PUT", kinds=(Kind.GROUP,))),
    ),
    Fault(
        "person-delete-touches-posts",
        "REST-2",
        "DELETE of a person changes the titles of posts",
        afterwards(_touch_posts, where("DELETE", kinds=(Kind.PERSON,))),
    ),
    Fault(
        "delete-takes-comments",
        "REST-2",
        "the delete of a comment deletes all on the same post",
        _take_siblings,
    ),
    Fault(
        "patch-updates",
        "REST-3",
        "PATCH is taken for PUT",
        _as_method("PUT", where("PATCH", kinds=ITEMS)),
    ),
    Fault(
        "patch-reads",
        "REST-3",
        "PATCH of a collection is taken for GET",
        _as_method("GET", where("PATCH", kinds=COLLECTIONS)),
    ),
    Fault("trace-reads", "REST-3", "TRACE is taken for GET", _as_method("GET", where("TRACE"))),
    Fault(
        "invented-method-reads",
        "REST-3",
        "a method that does not exist is taken for GET",
        _as_method("GET", _invented),
    ),
    Fault(
        "read-changes-title",
        "REST-4",
        "GET of a record changes its title",
        _read_changes(*ITEMS),
    ),
    Fault(
        "read-changes-group",
        "REST-4",
        "GET of a group changes its name",
        _read_changes(Kind.GROUP),
    ),
    Fault(
        "read-xml-changes-title",
        "REST-4",
        "GET of a record with .xml changes its title",
        _read_changes(*ITEMS, suffixes=(Form.XML,)),
    ),
    Fault(
        "read-touches-updated",
        "REST-4",
        "GET of a post sets the time of its last update",
        afterwards(_read_touches, where("GET", kinds=(Kind.POST,))),
    ),
    Fault(
        "list-creates",
        "REST-4",
        "GET of the posts makes one more",
        afterwards(_list_creates, where("GET", kinds=ABOUT_POSTS - {Kind.POST})),
    ),
    Fault(
        "list-order-flips",
        "REST-4",
        "every second GET of a list's URL runs backwards",
        _order_flips,
    ),
    Fault(
        "update-not-kept",
        "REST-5",
        "PUT reports what it does not keep",
        _stores(lambda before, _: before, _PUT),
    ),
    Fault(
        "update-not-kept-groups",
        "REST-5",
        "PUT to a group reports what it does not keep",
        _stores(lambda before, _: before, where("PUT", kinds=(Kind.GROUP,))),
    ),
    Fault(
        "update-not-kept-comments",
        "REST-5",
        "PUT to a comment answers its new text and keeps the old",
        _stores(lambda before, _: before, where("PUT", kinds=(Kind.COMMENT,))),
    ),
    Fault(
        "update-kept-cut",
        "REST-5",
        "PUT keeps four characters of the title that it reports",
        _stores(_cut, _PUT),
    ),
    Fault(
        "update-keeps-title-only",
        "REST-5",
        "PUT keeps the title, and not the content or members",
        _stores(_old_text, _PUT),
    ),
)
