"""Faults of authentication and of ids, each in one part of the documented API."""

from dataclasses import replace

from ..parts import Parts
from ..values import Answer, Call, Caller, Form, Json, Outcome
from .calls import When, first_account
from .documented_forms import on_members
from .model import Fault
from .scopes import module, operation, record
from .wrapping import (
    NOT_FOUND,
    SERVER_ERROR,
    Apply,
    on_answer,
    on_failure,
    on_refusal,
    on_success,
    without_header,
)


def open_to_nobody(when: When) -> Apply:
    """Serve somebody unknown, who shows no credential, as if it were the first account."""

    def apply(parts: Parts) -> None:
        closed, perform = parts.closed, parts.perform

        def is_closed(call: Call, caller: Caller) -> bool:
            return closed(call, caller) and (caller.tried or not when(call))

        def performed(call: Call) -> Outcome:
            if call.account is None and when(call):
                call = replace(call, account=first_account(parts))
            return perform(call)

        parts.closed, parts.perform = is_closed, performed

    return apply


def succeeding_for_nobody(outcome: Outcome, when: When) -> Apply:
    """Tell somebody unknown that a write succeeded; nothing is done."""

    def change(parts: Parts, call: Call, refused: Outcome) -> Outcome:
        return outcome if "authorization" not in call.asked.headers else refused

    return on_refusal(change, when=when)


def _refused(status: int, when: When) -> Apply:
    def change(parts: Parts, call: Call, refused: Outcome) -> Outcome:
        return replace(refused, status=status)

    return on_refusal(change, when=when)


def _unchallenged(when: When) -> Apply:
    def change(parts: Parts, call: Call, refused: Outcome) -> Outcome:
        return without_header(refused, "www-authenticate")

    return on_refusal(change, when=when)


def _disclosing(member: str, when: When) -> Apply:
    """Tell in a refusal what stands in a member of the first record that is asked for."""

    def change(parts: Parts, call: Call, refused: Outcome) -> Outcome:
        found = parts.perform(replace(call, account=first_account(parts)))
        value = found.value[0] if isinstance(found.value, list) and found.value else found.value
        if found.error is not None or not isinstance(value, dict) or member not in value:
            return refused
        return replace(refused, error=f"Log in to see {value[member]}")

    return on_refusal(change, when=when)


def _failing(statuses: tuple[int, ...], outcome: Outcome, when: When) -> Apply:
    """Answer failures with one of these statuses another way."""
    return on_failure(lambda _, out: outcome if out.status in statuses else out, when)


def _first_instead(statuses: tuple[int, ...], collection: str, when: When) -> Apply:
    """Answer the first record of a list where there is none of that id."""

    def apply(parts: Parts) -> None:
        inner = parts.perform

        def perform(call: Call) -> Outcome:
            outcome = inner(call)
            if outcome.status not in statuses or outcome.error is None or not when(call):
                return outcome
            asked = replace(call.asked, path=f"/api/2.0/{collection}", query="")
            listed = inner(replace(call, asked=asked, place=parts.locate(asked)))
            items = listed.value
            return Outcome(200, value=items[0]) if isinstance(items, list) and items else outcome

        parts.perform = perform

    return apply


def _broken_off(statuses: tuple[int, ...], when: When) -> Apply:
    def change(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        return replace(answer, cut=True) if outcome.status in statuses else answer

    return on_answer(change, when=when)


def _gone(when: When) -> Apply:
    """Of what is listed, what was asked for first is not there at its URL.

    Were none there, the portal would simply lack the operation.
    """
    missing: list[tuple[str, ...]] = []

    def leave_out(call: Call, outcome: Outcome) -> Outcome:
        assert call.place.route is not None
        if not missing:
            missing.append(call.place.route.words)
        return NOT_FOUND if call.place.route.words == missing[0] else outcome

    return on_success(leave_out, when)


def _another(member: str, when: When) -> Apply:
    """A record of another id is at the URL of what is listed."""

    def change(name: str, value: Json) -> Json:
        return value + 1 if name == member and isinstance(value, int) else value

    return on_members(change, when=when)


def _counting(member: str, when: When) -> Apply:
    """A number in a record grows with every read."""

    def apply(parts: Parts) -> None:
        reads = 0

        def change(call: Call, outcome: Outcome) -> Outcome:
            nonlocal reads
            reads += 1
            value = outcome.value
            return replace(outcome, value=_with(value, member, reads))

        on_success(change, when)(parts)

    return apply


def _with(value: Json, member: str, number: int) -> Json:
    if isinstance(value, list):
        return [_with(item, member, number) for item in value]
    return {**value, member: number} if isinstance(value, dict) and member in value else value


def _turning(when: When) -> Apply:
    """The last record of a list is gone after the first read of it, and back after the next."""

    def apply(parts: Parts) -> None:
        reads = 0

        def change(call: Call, outcome: Outcome) -> Outcome:
            nonlocal reads
            reads += 1
            value = outcome.value
            shorter = reads % 2 == 0 and isinstance(value, list)
            return replace(outcome, value=value[:-1]) if shorter else outcome  # type: ignore[index]

        on_success(change, when)(parts)

    return apply


_EMPTY = Outcome(200, value={})
_DONE = Outcome(200, value=None)
_BAD = Outcome(400, error="Invalid arguments")

FAULTS = (
    Fault(
        name="milestones-open",
        requirement="AUTH-1",
        summary="project/milestone is served to anybody",
        apply=open_to_nobody(operation("project/milestone")),
        module="project",
    ),
    Fault(
        name="feed-open",
        requirement="AUTH-1",
        summary="feed is served to anybody",
        apply=open_to_nobody(module("feed")),
        module="feed",
    ),
    Fault(
        name="wiki-pages-open",
        requirement="AUTH-1",
        summary="wiki pages are served to anybody",
        apply=open_to_nobody(operation("community/wiki/{name}")),
        module="community",
    ),
    Fault(
        name="password-settings-open",
        requirement="AUTH-1",
        summary="settings/security/password, with .json, is open",
        apply=open_to_nobody(operation("settings/security/password", suffixes=(Form.JSON,))),
        module="settings",
    ),
    Fault(
        name="crm-deletes-for-nobody",
        requirement="AUTH-1",
        summary="crm: DELETE without a credential is answered 200",
        apply=succeeding_for_nobody(_EMPTY, module("crm", methods=("DELETE",))),
        module="crm",
    ),
    Fault(
        name="project-status-for-nobody",
        requirement="AUTH-1",
        summary="project/{id}/status: PUT without a credential is answered 200",
        apply=succeeding_for_nobody(_EMPTY, operation("project/{id}/status", methods=("PUT",))),
        module="project",
    ),
    Fault(
        name="folders-made-by-nobody",
        requirement="AUTH-1",
        summary="POST files/folder/{folderId} of nobody is answered 201",
        apply=succeeding_for_nobody(
            Outcome(201, value={}), operation("files/folder/{folderId}", methods=("POST",))
        ),
        module="files",
    ),
    Fault(
        name="mail-refused-403",
        requirement="AUTH-2",
        summary="mail: a missing credential is answered 403",
        apply=_refused(403, module("mail")),
        module="mail",
    ),
    Fault(
        name="crm-settings-refused-400",
        requirement="AUTH-2",
        summary="crm/settings/currency: a missing credential is answered 400",
        apply=_refused(400, operation("crm/settings/currency")),
        module="crm",
    ),
    Fault(
        name="mail-unchallenged",
        requirement="AUTH-6",
        summary="mail: a 401 offers no scheme",
        apply=_unchallenged(module("mail")),
        module="mail",
    ),
    Fault(
        name="project-task-unchallenged",
        requirement="AUTH-6",
        summary="project/task/{taskid}: a 401 offers no scheme",
        apply=_unchallenged(operation("project/task/{taskid}")),
        module="project",
    ),
    Fault(
        name="crm-contact-disclosed",
        requirement="AUTH-7",
        summary="crm/contact/{contactid}: a 401 tells the contact's name",
        apply=_disclosing("displayName", operation("crm/contact/{contactid}")),
        module="crm",
    ),
    Fault(
        name="topics-disclosed",
        requirement="AUTH-7",
        summary="forum/topic/recent: a 401 tells the first topic's text",
        apply=_disclosing("text", operation("community/forum/topic/recent")),
        module="community",
    ),
    Fault(
        name="invoice-item-first-instead",
        requirement="ID-1",
        summary="crm/invoiceitem: an unknown id gets the first item",
        apply=_first_instead(
            (404,), "crm/invoiceitem/filter", operation("crm/invoiceitem/{invoiceitemid}")
        ),
        module="crm",
    ),
    Fault(
        name="files-unknown-500",
        requirement="ID-1",
        summary="files/file/{fileId}: an unknown id is answered 500",
        apply=_failing((404,), SERVER_ERROR, operation("files/file/{fileId}")),
        module="files",
    ),
    Fault(
        name="messages-unknown-400",
        requirement="ID-1",
        summary="project/message/{messageid}: an unknown id is answered 400",
        apply=_failing((404,), _BAD, record("MessageWrapperFull")),
        module="project",
    ),
    Fault(
        name="mail-operation-unknown-null",
        requirement="ID-1",
        summary="mail/operations: an unknown id is answered 200, null",
        apply=_failing((404,), _DONE, operation("mail/operations/{operationId}")),
        module="mail",
    ),
    Fault(
        name="comments-of-unknown-200",
        requirement="ID-1",
        summary="comments of an unknown message: 200 and nothing",
        apply=_failing(
            (404,), Outcome(200, value=[]), operation("project/message/{messageid}/comment")
        ),
        module="project",
    ),
    Fault(
        name="crm-wrong-id-500",
        requirement="ID-2",
        summary="crm: an id of the wrong form is answered 500",
        apply=_failing((400,), SERVER_ERROR, module("crm")),
        module="crm",
    ),
    Fault(
        name="milestone-wrong-id-first",
        requirement="ID-2",
        summary="project/milestone: a wrong id gets the first milestone",
        apply=_first_instead((400,), "project/milestone", operation("project/milestone/{id}")),
        module="project",
    ),
    Fault(
        name="navigation-wrong-id-200",
        requirement="ID-2",
        summary="settings/customnavigation/get: 200 for a wrong id",
        apply=_failing((400,), _EMPTY, operation("settings/customnavigation/get/{id}")),
        module="settings",
    ),
    Fault(
        name="comment-wrong-id-breaks-off",
        requirement="ID-2",
        summary="project/comment: a wrong id breaks the connection",
        apply=_broken_off((400,), operation("project/comment/{commentid}")),
        module="project",
    ),
    Fault(
        name="topic-not-at-its-url",
        requirement="REST-1",
        summary="community/forum/topic/{topicid}: what is listed is not there",
        apply=_gone(operation("community/forum/topic/{topicid}")),
        module="community",
    ),
    Fault(
        name="voip-number-not-at-its-url",
        requirement="REST-1",
        summary="crm/voip/numbers/{numberId}: what is listed is not there",
        apply=_gone(operation("crm/voip/numbers/{numberId}")),
        module="crm",
    ),
    Fault(
        name="invoice-another-at-its-url",
        requirement="REST-1",
        summary="crm/invoice/{invoiceid}: an invoice of another id is there",
        apply=_another("id", operation("crm/invoice/{invoiceid}")),
        module="crm",
    ),
    Fault(
        name="navigation-not-at-its-url",
        requirement="REST-1",
        summary="customnavigation/get/{id}: what is listed is not there",
        apply=_gone(operation("settings/customnavigation/get/{id}")),
        module="settings",
    ),
    Fault(
        name="message-comments-grow",
        requirement="REST-4",
        summary="project/message: commentsCount grows with every read",
        apply=_counting("commentsCount", operation("project/message/{messageid}")),
        module="project",
    ),
    Fault(
        name="mail-folders-unread-changes",
        requirement="REST-4",
        summary="mail/folders: unreadCount is another on every read",
        apply=_counting("unreadCount", operation("mail/folders")),
        module="mail",
    ),
    Fault(
        name="crm-categories-come-and-go",
        requirement="REST-4",
        summary="crm/history/category: every second read lacks the last",
        apply=_turning(operation("crm/history/category")),
        module="crm",
    ),
)
"""Faults of who may read, and of which ids lead where, in one part of the documented API."""
