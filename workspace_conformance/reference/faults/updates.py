"""Faults of updates: what the second one of a record keeps, what else one changes, and what lists
show of it.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..parts import Parts
from ..records import Group, Person, Post
from ..values import Call, Json, Kind, Outcome
from ..views import full_group, full_person, full_post
from .calls import When, record_of, shelf_of, where
from .model import Fault
from .wrapping import Apply

Keep = Callable[[Any, Any], Any]
"""What is kept, from the record before an update and after it."""


def _keeps(keep: Keep, when: When, *, of_second: bool = False) -> Apply:
    """Report an update as ever, and keep something else; `of_second`: of those that follow the
    first of a record alone.
    """

    def apply(parts: Parts) -> None:
        seen: Counter[str] = Counter()
        inner = parts.perform

        def perform(call: Call) -> Outcome:
            before = record_of(parts, call.place) if when(call) else None
            outcome = inner(call)
            shelf = shelf_of(parts, call.place.kind)
            if before is None or shelf is None or outcome.error is not None:
                return outcome
            seen[before.id] += 1
            if not of_second or seen[before.id] > 1:
                shelf.put(keep(before, record_of(parts, call.place)))
            return outcome

        parts.perform = perform

    return apply


def _ignores_second(when: When) -> Apply:
    """Answer the second update of a record, and all after it, with the record as it is."""

    def apply(parts: Parts) -> None:
        seen: Counter[str] = Counter()
        inner = parts.perform

        def perform(call: Call) -> Outcome:
            record = record_of(parts, call.place) if when(call) else None
            outcome = inner(call)
            shelf = shelf_of(parts, call.place.kind)
            if record is None or shelf is None or outcome.error is not None:
                return outcome
            seen[record.id] += 1
            if seen[record.id] == 1:
                return outcome
            shelf.put(record)
            return _shown(parts, record)

        parts.perform = perform

    return apply


def _shown(parts: Parts, record: Any) -> Outcome:
    store = parts.store
    match record:
        case Person():
            return Outcome(200, value=full_person(store, record))
        case Group():
            return Outcome(200, value=full_group(store, record))
        case Post():
            return Outcome(200, value=full_post(store, record))
    return Outcome(200, value=record.text)


def _before(before: Any, after: Any) -> Any:
    return before


def _without_the_rest(before: Any, after: Any) -> Any:
    """Lose what the documentation has beside what was sent."""
    if isinstance(after, Group):
        return replace(after, manager=None)
    if isinstance(after, Person):
        return replace(after, email=f"lost.{before.email}")
    return after


def _made_long_ago(before: Any, after: Any) -> Any:
    return replace(after, created="2001-01-01T00:00:00.0000000Z")


def _lists_old(when: When) -> Apply:
    """Lists go on showing records as they were before they were changed."""

    def apply(parts: Parts) -> None:
        old: dict[str, Json] = {}
        inner = parts.perform

        def perform(call: Call) -> Outcome:
            outcome = inner(call)
            if not isinstance(outcome.value, list) or not when(call):
                return outcome
            items: list[Json] = []
            for item in outcome.value:
                known = isinstance(item, dict) and old.setdefault(str(item.get("id")), item)
                items.append(known or item)
            return replace(outcome, value=items)

        parts.perform = perform

    return apply


_EACH = (
    ("post", Kind.POST),
    ("group", Kind.GROUP),
    ("person", Kind.PERSON),
    ("comment", Kind.COMMENT),
)

FAULTS = (
    *(
        Fault(
            name=f"second-update-lost-{word}",
            requirement="REST-5",
            summary=f"the second PUT to a {word} is reported, and not kept",
            apply=_keeps(_before, where("PUT", kinds=(kind,)), of_second=True),
        )
        for word, kind in _EACH
    ),
    *(
        Fault(
            name=f"late-put-ignored-{word}",
            requirement="REQ-1",
            summary=f"the second PUT to a {word} answers what the first kept",
            apply=_ignores_second(where("PUT", kinds=(kind,))),
        )
        for word, kind in _EACH
    ),
    *(
        Fault(
            name=f"update-loses-rest-{word}",
            requirement="REST-5",
            summary=f"PUT to a {word} loses, unsaid, what was not sent",
            apply=_keeps(_without_the_rest, where("PUT", kinds=(kind,))),
        )
        for word, kind in (("group", Kind.GROUP), ("person", Kind.PERSON))
    ),
    Fault(
        name="update-moves-created",
        requirement="REST-5",
        summary="PUT to a post changes when it was made, unsaid",
        apply=_keeps(_made_long_ago, where("PUT", kinds=(Kind.POST,))),
    ),
    *(
        Fault(
            name=f"update-not-listed-{word}",
            requirement="REST-5",
            summary=f"the list of {word} shows them as they were before an update",
            apply=_lists_old(where("GET", kinds=(kind,))),
        )
        for word, kind in (
            ("posts", Kind.POSTS),
            ("groups", Kind.GROUPS),
            ("people", Kind.PEOPLE),
            ("comments", Kind.COMMENTS),
        )
    ),
)
"""Faults of updates."""
