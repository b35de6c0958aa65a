"""Faults of deleted records: what may still be done to them, where they are still listed, and what
goes with them.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..parts import Parts
from ..records import Comment
from ..values import Call, Json, Kind, Outcome
from ..views import full_comment
from .calls import record_of, shelf_of, where
from .model import Fault
from .wrapping import Apply


def _of_deleted(method: str, answer: Callable[[Any], Outcome], *kinds: Kind) -> Apply:
    """Answer a method on what was deleted through the portal; `answer` gets what DELETE said."""

    def apply(parts: Parts) -> None:
        gone: dict[str, Json] = {}
        inner = parts.perform

        def perform(call: Call) -> Outcome:
            id = call.place.id.lower()
            if call.place.kind not in kinds:
                return inner(call)
            if call.asked.method == method and id in gone:
                return answer(gone[id])
            outcome = inner(call)
            if call.asked.method == "DELETE" and outcome.error is None:
                gone[id] = outcome.value
            return outcome

        parts.perform = perform

    return apply


def _said(value: Any) -> Outcome:
    return Outcome(200, value=value)


def _comments_on_nothing(known: bool) -> Apply:
    """Take a comment on a post that is not there: `known` on one that was deleted, else on any."""

    def apply(parts: Parts) -> None:
        gone: set[str] = set()
        inner = parts.perform

        def perform(call: Call) -> Outcome:
            id = call.place.id.lower()
            commented = where("POST", kinds=(Kind.COMMENTS,))(call)
            if commented and parts.store.posts.find(id) is None and (id in gone or not known):
                store, now = parts.store, parts.store.moment()
                text = str(parts.read_fields(call.asked).get("content"))
                author = call.account.id if call.account else ""
                comment = Comment(store.new_id(Comment, id + text), id, text, author, now, now)
                return Outcome(201, value=full_comment(store, comment))
            outcome = inner(call)
            if where("DELETE", kinds=(Kind.POST,))(call) and outcome.error is None:
                gone.add(id)
            return outcome

        parts.perform = perform

    return apply


def _comments_of_deleted(parts: Parts) -> None:
    """Go on showing the comments of posts that were deleted."""
    gone: set[str] = set()
    inner = parts.perform

    def perform(call: Call) -> Outcome:
        id = call.place.id.lower()
        if where("GET", kinds=(Kind.COMMENTS,))(call) and id in gone:
            return Outcome(200, value=[])
        outcome = inner(call)
        if where("DELETE", kinds=(Kind.POST,))(call) and outcome.error is None:
            gone.add(id)
        return outcome

    parts.perform = perform


def _lists_deleted(*kinds: Kind) -> Apply:
    """Show in the lists of these kinds what was deleted."""

    def apply(parts: Parts) -> None:
        seen: dict[str, tuple[str, Json]] = {}
        inner = parts.perform

        def perform(call: Call) -> Outcome:
            outcome = inner(call)
            if call.place.kind not in kinds or not isinstance(outcome.value, list):
                return outcome
            there = set()
            for item in outcome.value:
                if isinstance(item, dict):
                    there.add(str(item.get("id")))
                    seen[str(item.get("id"))] = (call.place.id, item)
            still = [it for id, (of, it) in seen.items() if of == call.place.id and id not in there]
            return replace(outcome, value=[*outcome.value, *still])

        parts.perform = perform

    return apply


def _takes(kind: Kind, take: Callable[[Parts, Any], None]) -> Apply:
    """With a record take others along; `take` gets the record that is deleted."""

    def apply(parts: Parts) -> None:
        inner = parts.perform

        def perform(call: Call) -> Outcome:
            found = where("DELETE", kinds=(kind,))(call)
            record = record_of(parts, call.place) if found else None
            outcome = inner(call)
            if record is not None and outcome.error is None:
                take(parts, record)
            return outcome

        parts.perform = perform

    return apply


def _comments_of_others(parts: Parts, post: Any) -> None:
    for comment in parts.store.comments.all():
        if comment.post != post.id:
            parts.store.comments.remove(comment.id)


def _all_comments(parts: Parts, record: Any) -> None:
    for comment in parts.store.comments.all():
        parts.store.comments.remove(comment.id)


def _post_of(parts: Parts, comment: Any) -> None:
    if parts.store.posts.find(comment.post) is not None:
        parts.store.remove_post(comment.post)


def _same_beginning(shelf: Kind, name: str) -> Callable[[Parts, Any], None]:
    """All of its kind whose name begins as its own does."""

    def take(parts: Parts, record: Any) -> None:
        kept = shelf_of(parts, shelf)
        for other in kept.all() if kept is not None else []:
            if kept is not None and getattr(other, name)[:12] == getattr(record, name)[:12]:
                kept.remove(other.id)

    return take


def _before_it(parts: Parts, post: Any) -> None:
    """The post that was made before it."""
    earlier = [other for other in parts.store.posts.all() if other.created < post.created]
    if earlier:
        parts.store.remove_post(earlier[-1].id)


def _groups(parts: Parts, record: Any) -> None:
    for group in parts.store.groups.all():
        parts.store.groups.remove(group.id)


_WORDS = (
    ("post", Kind.POST),
    ("group", Kind.GROUP),
    ("person", Kind.PERSON),
    ("comment", Kind.COMMENT),
)

FAULTS = (
    *(
        Fault(
            name=f"{method.lower()}-of-deleted-{word}",
            requirement="STA-5",
            summary=f"{method} of a {word} that was deleted: 200",
            apply=_of_deleted(method, _said, kind),
        )
        for word, kind in _WORDS
        for method in ("PUT", "DELETE")
    ),
    Fault(
        name="comment-on-deleted-post",
        requirement="ID-1",
        summary="a comment on a post that was deleted: 201",
        apply=_comments_on_nothing(known=True),
    ),
    Fault(
        name="comment-on-unknown-post",
        requirement="ID-1",
        summary="a comment on a post that does not exist: 201",
        apply=_comments_on_nothing(known=False),
    ),
    Fault(
        name="comments-of-deleted-post",
        requirement="STA-5",
        summary="GET of the comments of a deleted post: 200, an empty list",
        apply=_comments_of_deleted,
    ),
    *(
        Fault(
            name=f"deleted-{word}-listed",
            requirement="STA-4",
            summary=f"the list of {word} goes on showing what was deleted",
            apply=_lists_deleted(kind),
        )
        for word, kind in (
            ("posts", Kind.POSTS),
            ("groups", Kind.GROUPS),
            ("people", Kind.PEOPLE),
            ("comments", Kind.COMMENTS),
        )
    ),
    Fault(
        name="post-delete-takes-comments",
        requirement="REST-2",
        summary="DELETE of a post deletes the comments of all others",
        apply=_takes(Kind.POST, _comments_of_others),
    ),
    Fault(
        name="group-delete-takes-comments",
        requirement="REST-2",
        summary="DELETE of a group deletes all comments",
        apply=_takes(Kind.GROUP, _all_comments),
    ),
    Fault(
        name="person-delete-takes-groups",
        requirement="REST-2",
        summary="DELETE of a person deletes all groups",
        apply=_takes(Kind.PERSON, _groups),
    ),
    Fault(
        name="comment-delete-takes-post",
        requirement="REST-2",
        summary="DELETE of a comment deletes the post that it is on",
        apply=_takes(Kind.COMMENT, _post_of),
    ),
    Fault(
        name="post-delete-takes-earlier",
        requirement="REST-2",
        summary="DELETE of a post deletes the one that was made before it",
        apply=_takes(Kind.POST, _before_it),
    ),
    Fault(
        name="group-delete-takes-alike",
        requirement="REST-2",
        summary="DELETE of a group deletes those whose names begin alike",
        apply=_takes(Kind.GROUP, _same_beginning(Kind.GROUPS, "name")),
    ),
    Fault(
        name="person-delete-takes-alike",
        requirement="REST-2",
        summary="DELETE of a person deletes those whose addresses begin alike",
        apply=_takes(Kind.PERSON, _same_beginning(Kind.PEOPLE, "email")),
    ),
)
"""Faults of deleted records."""
