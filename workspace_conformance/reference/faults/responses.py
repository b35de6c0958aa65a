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
    Fault("query-201", "STA-1", "GET answers 201", status(201, where("GET"))),
    Fault(
        "list-206",
        "STA-1",
        "GET of a collection answers 206",
        status(206, where("GET", kinds=COLLECTIONS)),
    ),
    Fault(
        "item-202", "STA-1", "GET of an item answers 202", status(202, where("GET", kinds=ITEMS))
    ),
    Fault("create-200", "STA-2", "a creation answers 200", status(200, where("POST"))),
    Fault(
        "create-comment-200",
        "STA-2",
        "the creation of a comment answers 200",
        status(200, where("POST", kinds=(Kind.COMMENTS,))),
    ),
    Fault(
        "create-group-200",
        "STA-2",
        "the creation of a group answers 200",
        status(200, where("POST", kinds=(Kind.GROUPS,))),
    ),
    Fault("create-nothing", "STA-2", "a creation answers 201 and keeps nothing", _creates_nothing),
    Fault("update-201", "STA-3", "an update answers 201", status(201, where("PUT"))),
    Fault("update-202", "STA-3", "an update answers 202", status(202, where("PUT"))),
    Fault(
        "update-group-201",
        "STA-3",
        "the update of a group answers 201",
        status(201, where("PUT", kinds=(Kind.GROUP,))),
    ),
    Fault(
        "update-comment-202",
        "STA-3",
        "the update of a comment answers 202",
        status(202, where("PUT", kinds=(Kind.COMMENT,))),
    ),
    Fault("update-204", "STA-3", "an update answers 204, with no body", _no_content("PUT")),
    Fault("delete-202", "STA-4", "a delete answers 202", status(202, where("DELETE"))),
    Fault("delete-204", "STA-4", "a delete answers 204, with no body", _no_content("DELETE")),
    Fault("delete-keeps", "STA-4", "a delete answers 200 and deletes nothing", _keeps(ITEMS)),
    Fault(
        "delete-keeps-group",
        "STA-4",
        "the delete of a group answers 200 and deletes nothing",
        _keeps((Kind.GROUP,)),
    ),
    Fault(
        "delete-keeps-comment",
        "STA-4",
        "the delete of a comment answers 200 and deletes nothing",
        _keeps((Kind.COMMENT,)),
    ),
    Fault(
        "delete-keeps-listed",
        "STA-4",
        "a deleted record is still in the list of its kind",
        _lists_deleted,
    ),
    Fault(
        "unknown-get-empty",
        "STA-5",
        "GET of an unknown id: 200, and an empty response",
        _for_unknown(lambda _: Outcome(200, value={}), where("GET")),
    ),
    Fault("unknown-put-creates", "STA-5", "PUT to an unknown id creates", instead(_put_creates)),
    Fault(
        "unknown-delete-200",
        "STA-5",
        "DELETE of an unknown id: 200",
        _for_unknown(lambda _: Outcome(200, value={}), where("DELETE")),
    ),
    Fault(
        "unknown-put-400",
        "STA-5",
        "PUT to an unknown id: 400",
        _for_unknown(lambda _: Outcome(400, error="Invalid arguments"), where("PUT")),
    ),
    Fault(
        "unknown-delete-500",
        "STA-5",
        "DELETE of an unknown id: 500",
        _for_unknown(lambda _: SERVER_ERROR, where("DELETE")),
    ),
    Fault(
        "unknown-post-no-comments",
        "STA-5",
        "GET of the comments of an unknown post: 200, and an empty list",
        instead(_no_comments),
    ),
    Fault(
        "unknown-comment-put-400",
        "STA-5",
        "PUT to an unknown comment: 400",
        _for_unknown_comment(Outcome(400, error="Invalid arguments"), "PUT"),
    ),
    Fault(
        "unknown-comment-500",
        "STA-5",
        "PUT to and DELETE of an unknown comment: 500",
        both(
            _for_unknown_comment(SERVER_ERROR, "PUT"), _for_unknown_comment(SERVER_ERROR, "DELETE")
        ),
    ),
    Fault(
        "unknown-comment-delete-200",
        "STA-5",
        "DELETE of an unknown comment: 200",
        _for_unknown_comment(Outcome(200, value=""), "DELETE"),
    ),
    Fault(
        "mistake-in-200", "STA-6", "a client's mistake is an error in a 200", on_answer(_dressed)
    ),
    Fault(
        "status-code-200-in-failure",
        "STA-6",
        "a failure's statusCode says 200",
        _member_if("statusCode", 200, failed=True),
    ),
    Fault(
        "status-code-200-to-writes",
        "STA-6",
        "the statusCode of a PUT or DELETE that fails says 200",
        _member_if("statusCode", 200, failed=True, when=where("PUT", "DELETE", kinds=ITEMS)),
    ),
    Fault(
        "status-of-comments-1",
        "STA-6",
        "the status of a success of PUT or DELETE of a comment is 1",
        _member_if("status", 1, failed=False, when=where("PUT", "DELETE", kinds=(Kind.COMMENT,))),
    ),
    Fault(
        "status-0-in-failure",
        "STA-6",
        "a failure's status says 0, success",
        _member_if("status", 0, failed=True),
    ),
    Fault(
        "status-1-in-success",
        "STA-6",
        "a success's status says 1, failure",
        _member_if("status", 1, failed=False),
    ),
    Fault(
        "status-code-200-in-creation",
        "STA-6",
        "a creation answers 201, and its statusCode says 200",
        _member_if("statusCode", 200, failed=False, when=where("POST", kinds=COLLECTIONS)),
    ),
    Fault(
        "status-code-off-in-xml",
        "STA-6",
        "in XML a success's statusCode says 404",
        _member_if("statusCode", 404, Form.XML, failed=False),
    ),
    Fault("anything-served", "STA-7", "GET of any path: 200", instead(_serve_nowhere)),
    Fault(
        "anything-under-items",
        "STA-7",
        "any path under an item is the item",
        on_path(_under_any_item),
    ),
    Fault(
        "any-version",
        "STA-7",
        "whatever stands in place of 2.0 is served as api/2.0",
        on_path(lambda path: re.sub(r"^/api/[^/]+/", "/api/2.0/", path)),
    ),
    Fault(
        "bad-fields-500",
        "STA-8",
        "missing fields, or fields of the wrong type: 500",
        on_failure(_fails_over_fields, where("POST")),
    ),
    Fault(
        "bad-paging-500",
        "STA-8",
        "a count or startIndex that is no number: 500",
        _mistakes_fail((400,), lambda call: bool(call.asked.query)),
    ),
    Fault(
        "wrong-method-500",
        "STA-8",
        "a method that is not allowed: 500",
        _mistakes_fail((405,), where()),
    ),
    Fault(
        "unknown-media-500",
        "STA-8",
        "a body of an unknown media type: 500",
        _mistakes_fail((415,), where()),
    ),
)
