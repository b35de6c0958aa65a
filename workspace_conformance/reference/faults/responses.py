"""Faults of status codes and of what they stand for."""

import re
from collections.abc import Callable, Collection
from dataclasses import replace

from ..parts import Parts
from ..records import Group, Post
from ..store import is_guid
from ..values import Account, Answer, Call, Form, Json, Kind, Outcome
from ..views import full_group, full_post
from .calls import ANY_RECORD, COLLECTIONS, ITEMS, When, record_of, unknown_to, where
from .model import Fault
from .wrapping import (
    SERVER_ERROR,
    Apply,
    Members,
    both,
    instead,
    on_answer,
    on_envelope,
    on_failure,
    on_path,
    status,
)

_ITEM = where(kinds=ITEMS)


def _created(call: Call, outcome: Outcome) -> str:
    value = outcome.value
    return str(value.get("id", "")) if isinstance(value, dict) else ""


def _creates_nothing(parts: Parts) -> None:
    """Answer a creation as ever, and forget the record."""
    inner = parts.perform

    def perform(call: Call) -> Outcome:
        outcome = inner(call)
        if outcome.error is None and where("POST", kinds=COLLECTIONS)(call):
            forget(parts, _created(call, outcome))
        return outcome

    parts.perform = perform


def forget(parts: Parts, id: str) -> None:
    """Remove the record with that id, whatever its kind."""
    store = parts.store
    for shelf in (store.people, store.groups, store.comments):
        if shelf.find(id) is not None:
            shelf.remove(id)
    if store.posts.find(id) is not None:
        store.remove_post(id)


def _keeps(kinds: Collection[Kind]) -> Apply:
    """Answer DELETE as ever, and keep the record."""

    def find(parts: Parts, call: Call) -> Outcome | None:
        if not where("DELETE", kinds=kinds)(call):
            return None
        reading = replace(call, asked=replace(call.asked, method="GET"))
        if call.place.kind is not Kind.COMMENT:
            return parts.perform(reading)
        comment = parts.store.comments.find(call.place.id)
        return Outcome(200, value=comment.id) if comment is not None else None

    return instead(find)


def _lists_deleted(parts: Parts) -> None:
    """Show in lists what was deleted."""
    inner = parts.perform
    gone: dict[Kind, list[Json]] = {}

    def perform(call: Call) -> Outcome:
        outcome = inner(call)
        if outcome.error is None and where("DELETE", kinds=tuple(_LIST_OF))(call):
            gone.setdefault(_LIST_OF[call.place.kind], []).append(outcome.value)
        if isinstance(outcome.value, list) and call.asked.method == "GET":
            return replace(outcome, value=[*outcome.value, *gone.get(call.place.kind, [])])
        return outcome

    parts.perform = perform


_LIST_OF = {Kind.PERSON: Kind.PEOPLE, Kind.GROUP: Kind.GROUPS, Kind.POST: Kind.POSTS}


def _for_unknown(outcome: Callable[[Call], Outcome], when: When) -> Apply:
    return instead(
        lambda parts, call: outcome(call) if when(call) and unknown_to(parts, call.place) else None
    )


def _no_comments(parts: Parts, call: Call) -> Outcome | None:
    asks = where("GET", kinds=(Kind.COMMENTS,))(call)
    return Outcome(200, value=[]) if asks and not parts.store.posts.find(call.place.id) else None


def _for_unknown_comment(outcome: Outcome, method: str) -> Apply:
    when = where(method, kinds=(Kind.COMMENT,))
    return instead(
        lambda parts, call: outcome if when(call) and record_of(parts, call.place) is None else None
    )


def _put_creates(parts: Parts, call: Call) -> Outcome | None:
    """Make the record that PUT did not find, where its id could be one."""
    id = call.place.id
    if not where("PUT", kinds=ITEMS)(call) or not unknown_to(parts, call.place) or not is_guid(id):
        return None
    store, now = parts.store, parts.store.moment()
    author = call.account.id if isinstance(call.account, Account) else ""
    if call.place.kind is Kind.POST:
        post = Post(id.lower(), "New", "", author, created=now, updated=now)
        return Outcome(200, value=full_post(store, store.posts.put(post)))
    if call.place.kind is Kind.GROUP:
        return Outcome(200, value=full_group(store, store.groups.put(Group(id.lower(), "New"))))
    return None


def _no_content(method: str) -> Apply:
    """Answer 204 in place of 200, with no body."""

    def change(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        return Answer(204, (), b"") if outcome.status == 200 else answer

    return on_answer(change, when=where(method))


def _dressed(call: Call, outcome: Outcome, answer: Answer) -> Answer:
    return replace(answer, status=200) if outcome.status in (400, 415) else answer


def _member_if(
    name: str, value: Json, *forms: Form, failed: bool, when: When = ANY_RECORD
) -> Apply:
    """Give a member of the envelope another value, in failures or in successes."""

    def change(call: Call, outcome: Outcome, members: Members) -> Json:
        return {**members, name: value} if (outcome.error is not None) == failed else members

    return on_envelope(change, *forms, when=when)


def _serve_nowhere(parts: Parts, call: Call) -> Outcome | None:
    nowhere = call.place.kind is Kind.NOWHERE and call.asked.method == "GET"
    return Outcome(200, value={}) if nowhere else None


def _under_any_item(path: str) -> str:
    """Take what follows an item's id for no part of the path."""
    segments = path.split("/")
    if segments[:4] in (["", "api", "2.0", "people"], ["", "api", "2.0", "group"]):
        return "/".join(segments[:5])
    return path


def _mistakes_fail(statuses: Collection[int], when: When) -> Apply:
    return on_failure(lambda _, out: SERVER_ERROR if out.status in statuses else out, when)


def _fails_over_fields(call: Call, outcome: Outcome) -> Outcome:
    """Fail over fields that are missing or wrong, in a body that can be read."""
    is_about_fields = outcome.status == 400 and " must " in (outcome.error or "")
    return SERVER_ERROR if is_about_fields else outcome


FAULTS = (
    Fault(
        name="query-201",
        requirement="STA-1",
        summary="GET answers 201",
        apply=status(201, where("GET")),
    ),
    Fault(
        name="list-206",
        requirement="STA-1",
        summary="GET of a collection answers 206",
        apply=status(206, where("GET", kinds=COLLECTIONS)),
    ),
    Fault(
        name="item-202",
        requirement="STA-1",
        summary="GET of an item answers 202",
        apply=status(202, where("GET", kinds=ITEMS)),
    ),
    Fault(
        name="create-200",
        requirement="STA-2",
        summary="a creation answers 200",
        apply=status(200, where("POST")),
    ),
    Fault(
        name="create-comment-200",
        requirement="STA-2",
        summary="the creation of a comment answers 200",
        apply=status(200, where("POST", kinds=(Kind.COMMENTS,))),
    ),
    Fault(
        name="create-group-200",
        requirement="STA-2",
        summary="the creation of a group answers 200",
        apply=status(200, where("POST", kinds=(Kind.GROUPS,))),
    ),
    Fault(
        name="create-nothing",
        requirement="STA-2",
        summary="a creation answers 201 and keeps nothing",
        apply=_creates_nothing,
    ),
    Fault(
        name="update-201",
        requirement="STA-3",
        summary="an update answers 201",
        apply=status(201, where("PUT")),
    ),
    Fault(
        name="update-202",
        requirement="STA-3",
        summary="an update answers 202",
        apply=status(202, where("PUT")),
    ),
    Fault(
        name="update-group-201",
        requirement="STA-3",
        summary="the update of a group answers 201",
        apply=status(201, where("PUT", kinds=(Kind.GROUP,))),
    ),
    Fault(
        name="update-comment-202",
        requirement="STA-3",
        summary="the update of a comment answers 202",
        apply=status(202, where("PUT", kinds=(Kind.COMMENT,))),
    ),
    Fault(
        name="update-204",
        requirement="STA-3",
        summary="an update answers 204, with no body",
        apply=_no_content("PUT"),
    ),
    Fault(
        name="delete-202",
        requirement="STA-4",
        summary="a delete answers 202",
        apply=status(202, where("DELETE")),
    ),
    Fault(
        name="delete-204",
        requirement="STA-4",
        summary="a delete answers 204, with no body",
        apply=_no_content("DELETE"),
    ),
    Fault(
        name="delete-keeps",
        requirement="STA-4",
        summary="a delete answers 200 and deletes nothing",
        apply=_keeps(ITEMS),
    ),
    Fault(
        name="delete-keeps-group",
        requirement="STA-4",
        summary="the delete of a group answers 200 and deletes nothing",
        apply=_keeps((Kind.GROUP,)),
    ),
    Fault(
        name="delete-keeps-comment",
        requirement="STA-4",
        summary="the delete of a comment answers 200 and deletes nothing",
        apply=_keeps((Kind.COMMENT,)),
    ),
    Fault(
        name="delete-keeps-listed",
        requirement="STA-4",
        summary="a deleted record is still in the list of its kind",
        apply=_lists_deleted,
    ),
    Fault(
        name="unknown-get-empty",
        requirement="STA-5",
        summary="GET of an unknown id: 200, and an empty response",
        apply=_for_unknown(lambda _: Outcome(200, value={}), where("GET")),
    ),
    Fault(
        name="unknown-put-creates",
        requirement="STA-5",
        summary="PUT to an unknown id creates",
        apply=instead(_put_creates),
    ),
    Fault(
        name="unknown-delete-200",
        requirement="STA-5",
        summary="DELETE of an unknown id: 200",
        apply=_for_unknown(lambda _: Outcome(200, value={}), where("DELETE")),
    ),
    Fault(
        name="unknown-put-400",
        requirement="STA-5",
        summary="PUT to an unknown id: 400",
        apply=_for_unknown(lambda _: Outcome(400, error="Invalid arguments"), where("PUT")),
    ),
    Fault(
        name="unknown-delete-500",
        requirement="STA-5",
        summary="DELETE of an unknown id: 500",
        apply=_for_unknown(lambda _: SERVER_ERROR, where("DELETE")),
    ),
    Fault(
        name="unknown-post-no-comments",
        requirement="STA-5",
        summary="GET of the comments of an unknown post: 200, an empty list",
        apply=instead(_no_comments),
    ),
    Fault(
        name="unknown-comment-put-400",
        requirement="STA-5",
        summary="PUT to an unknown comment: 400",
        apply=_for_unknown_comment(Outcome(400, error="Invalid arguments"), "PUT"),
    ),
    Fault(
        name="unknown-comment-500",
        requirement="STA-5",
        summary="PUT to and DELETE of an unknown comment: 500",
        apply=both(
            _for_unknown_comment(SERVER_ERROR, "PUT"), _for_unknown_comment(SERVER_ERROR, "DELETE")
        ),
    ),
    Fault(
        name="unknown-comment-delete-200",
        requirement="STA-5",
        summary="DELETE of an unknown comment: 200",
        apply=_for_unknown_comment(Outcome(200, value=""), "DELETE"),
    ),
    Fault(
        name="mistake-in-200",
        requirement="STA-6",
        summary="a client's mistake is an error in a 200",
        apply=on_answer(_dressed),
    ),
    Fault(
        name="status-code-200-in-failure",
        requirement="STA-6",
        summary="a failure's statusCode says 200",
        apply=_member_if("statusCode", 200, failed=True),
    ),
    Fault(
        name="status-code-200-to-writes",
        requirement="STA-6",
        summary="the statusCode of a PUT or DELETE that fails says 200",
        apply=_member_if("statusCode", 200, failed=True, when=where("PUT", "DELETE", kinds=ITEMS)),
    ),
    Fault(
        name="status-of-comments-1",
        requirement="STA-6",
        summary="the status of a success of PUT or DELETE of a comment is 1",
        apply=_member_if(
            "status", 1, failed=False, when=where("PUT", "DELETE", kinds=(Kind.COMMENT,))
        ),
    ),
    Fault(
        name="status-0-in-failure",
        requirement="STA-6",
        summary="a failure's status says 0, success",
        apply=_member_if("status", 0, failed=True),
    ),
    Fault(
        name="status-1-in-success",
        requirement="STA-6",
        summary="a success's status says 1, failure",
        apply=_member_if("status", 1, failed=False),
    ),
    Fault(
        name="status-code-200-in-creation",
        requirement="STA-6",
        summary="a creation answers 201, and its statusCode says 200",
        apply=_member_if("statusCode", 200, failed=False, when=where("POST", kinds=COLLECTIONS)),
    ),
    Fault(
        name="status-code-off-in-xml",
        requirement="STA-6",
        summary="in XML a success's statusCode says 404",
        apply=_member_if("statusCode", 404, Form.XML, failed=False),
    ),
    Fault(
        name="anything-served",
        requirement="STA-7",
        summary="GET of any path: 200",
        apply=instead(_serve_nowhere),
    ),
    Fault(
        name="anything-under-items",
        requirement="STA-7",
        summary="any path under an item is the item",
        apply=on_path(_under_any_item),
    ),
    Fault(
        name="any-version",
        requirement="STA-7",
        summary="whatever stands in place of 2.0 is served as api/2.0",
        apply=on_path(lambda path: re.sub(r"^/api/[^/]+/", "/api/2.0/", path)),
    ),
    Fault(
        name="bad-fields-500",
        requirement="STA-8",
        summary="missing fields, or fields of the wrong type: 500",
        apply=on_failure(_fails_over_fields, where("POST")),
    ),
    Fault(
        name="bad-paging-500",
        requirement="STA-8",
        summary="a count or startIndex that is no number: 500",
        apply=_mistakes_fail((400,), lambda call: bool(call.asked.query)),
    ),
    Fault(
        name="wrong-method-500",
        requirement="STA-8",
        summary="a method that is not allowed: 500",
        apply=_mistakes_fail((405,), where()),
    ),
    Fault(
        name="unknown-media-500",
        requirement="STA-8",
        summary="a body of an unknown media type: 500",
        apply=_mistakes_fail((415,), where()),
    ),
)
