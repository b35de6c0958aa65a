"""Faults of status, envelope and date-times, each in one part of the documented API."""

import re
from collections.abc import Callable

from ..values import Call, Form, Json, Outcome
from .calls import When
from .dates import in_words, since_1970, written
from .model import Fault
from .scopes import module, operation, record
from .wrapping import Apply, Members, on_envelope, on_success_body, status

JSON, XML = Form.JSON, Form.XML


def envelope(change: Callable[[Members], Json], *forms: Form, when: When) -> Apply:
    """Change the envelope of successes."""

    def changed(call: Call, outcome: Outcome, members: Members) -> Json:
        return change(members) if outcome.error is None else members

    return on_envelope(changed, *forms, when=when)


def without(members: Members, *names: str) -> Members:
    """An envelope without some of its members."""
    return {name: value for name, value in members.items() if name not in names}


def renamed(members: Members, old: str, new: str) -> Members:
    """An envelope with a member under another name."""
    return {new if name == old else name: value for name, value in members.items()}


def _counted(number: Callable[[int], int], when: When) -> Apply:
    """Count something else than the items of a list, or than one."""

    def changed(members: Members) -> Json:
        shown = members["response"]
        size = len(shown) if isinstance(shown, list | dict) else 1
        return {"count": number(size), **without(members, "count")}

    return envelope(changed, when=when)


def _dressed(words: str) -> Callable[[Members], Json]:
    """An error in the envelope of a success."""
    error: Json = {"message": words, "hresult": -2147467259, "data": {}}
    return lambda members: {**without(members, "response", "count"), "status": 1, "error": error}


def root(name: bytes) -> Callable[[bytes], bytes]:
    """Write the root element of XML under another name."""
    return lambda body: body.replace(b"<result>", b"<%s>" % name).replace(
        b"</result>", b"</%s>" % name
    )


def _short(match: re.Match[str]) -> str:
    return f"{match[1]}T{match[2]}{match[4]}"


def _bare_error(call: Call, outcome: Outcome, members: Members) -> Json:
    return renamed(members, "error", "response") if outcome.error is not None else members


FAULTS = (
    Fault(
        name="crm-cases-201",
        requirement="STA-1",
        summary="crm/case/filter answers 201",
        apply=status(201, operation("crm/case/filter")),
        module="crm",
    ),
    Fault(
        name="portal-202",
        requirement="STA-1",
        summary="portal: reading answers 202",
        apply=status(202, module("portal")),
        module="portal",
    ),
    Fault(
        name="forum-topic-203",
        requirement="STA-1",
        summary="community/forum/topic/{topicid} answers 203",
        apply=status(203, operation("community/forum/topic/{topicid}")),
        module="community",
    ),
    Fault(
        name="feed-error-in-200",
        requirement="STA-6",
        summary="feed/filter answers an error with 200",
        apply=envelope(_dressed("The feed is broken"), when=operation("feed/filter")),
        module="feed",
    ),
    Fault(
        name="voip-code-500-in-200",
        requirement="STA-6",
        summary="crm/voip/call: statusCode is 500 in a 200",
        apply=envelope(lambda m: {**m, "statusCode": 500}, when=operation("crm/voip/call")),
        module="crm",
    ),
    Fault(
        name="mail-operations-status-1",
        requirement="STA-6",
        summary="mail/operations: status is 1 in a success",
        apply=envelope(lambda m: {**m, "status": 1}, when=record("MailOperationStatus")),
        module="mail",
    ),
    Fault(
        name="opportunities-json-bare",
        requirement="ENV-1",
        summary="crm/opportunity/filter: JSON has no envelope",
        apply=envelope(lambda m: m["response"], JSON, when=operation("crm/opportunity/filter")),
        module="crm",
    ),
    Fault(
        name="recalculation-json-bare",
        requirement="ENV-1",
        summary="settings/checkrecalculatequota: JSON has no envelope",
        apply=envelope(
            lambda m: m["response"], JSON, when=operation("settings/checkrecalculatequota")
        ),
        module="settings",
    ),
    Fault(
        name="accounts-json-no-status",
        requirement="ENV-1",
        summary="mail/accounts: JSON has no status",
        apply=envelope(lambda m: without(m, "status"), JSON, when=operation("mail/accounts")),
        module="mail",
    ),
    Fault(
        name="voip-json-data",
        requirement="ENV-1",
        summary="crm/voip/numbers/existing: JSON has data in place of response",
        apply=envelope(
            lambda m: renamed(m, "response", "data"),
            JSON,
            when=operation("crm/voip/numbers/existing"),
        ),
        module="crm",
    ),
    Fault(
        name="project-tags-json-no-count",
        requirement="ENV-1",
        summary="project/tag: JSON has no count",
        apply=envelope(lambda m: without(m, "count"), JSON, when=operation("project/tag")),
        module="project",
    ),
    Fault(
        name="wiki-json-failure-response",
        requirement="ENV-1",
        summary="wiki pages: a JSON failure has response for error",
        apply=on_envelope(_bare_error, JSON, when=operation("community/wiki/{name}")),
        module="community",
    ),
    Fault(
        name="files-xml-other-root",
        requirement="ENV-2",
        summary="files: the XML's root element is answer",
        apply=on_success_body(root(b"answer"), XML, when=module("files")),
        module="files",
    ),
    Fault(
        name="audit-xml-no-status-code",
        requirement="ENV-2",
        summary="security/audit/events/last: XML has no statusCode",
        apply=envelope(
            lambda m: without(m, "statusCode"), XML, when=operation("security/audit/events/last")
        ),
        module="security",
    ),
    Fault(
        name="capabilities-xml-item",
        requirement="ENV-2",
        summary="capabilities: XML has item in place of response",
        apply=envelope(
            lambda m: renamed(m, "response", "item"), XML, when=operation("capabilities")
        ),
        module="capabilities",
    ),
    Fault(
        name="stages-xml-bare",
        requirement="ENV-2",
        summary="crm/opportunity/stage/{stageid}: XML has no envelope",
        apply=envelope(
            lambda m: m["response"], XML, when=operation("crm/opportunity/stage/{stageid}")
        ),
        module="crm",
    ),
    Fault(
        name="task-comments-count-more",
        requirement="ENV-3",
        summary="project/task/{taskid}/comment: count is one too high",
        apply=_counted(lambda n: n + 1, operation("project/task/{taskid}/comment")),
        module="project",
    ),
    Fault(
        name="crm-contacts-count-1",
        requirement="ENV-3",
        summary="crm/contact/filter: count is 1",
        apply=_counted(lambda n: 1, operation("crm/contact/filter")),
        module="crm",
    ),
    Fault(
        name="wiki-page-count-of-members",
        requirement="ENV-3",
        summary="community/wiki/{name}: count is the number of members",
        apply=_counted(lambda n: n, operation("community/wiki/{name}")),
        module="community",
    ),
    Fault(
        name="mail-folders-count-of-all",
        requirement="ENV-3",
        summary="mail/folders: count is 100",
        apply=_counted(lambda n: 100, operation("mail/folders")),
        module="mail",
    ),
    Fault(
        name="wiki-dates-no-fraction",
        requirement="DATE-1",
        summary="community/wiki: date-times have no fraction of a second",
        apply=written(_short, operation("community/wiki")),
        module="community",
    ),
    Fault(
        name="crm-history-dates-local",
        requirement="DATE-1",
        summary="crm/history/filter: date-times have neither Z nor an offset",
        apply=written(lambda m: f"{m[1]}T{m[2]}.{m[3]}", record("RelationshipEventWrapper")),
        module="crm",
    ),
    Fault(
        name="subscriptions-dates-space",
        requirement="DATE-1",
        summary="calendar/subscriptions: date-times have a space in place of T",
        apply=written(lambda m: f"{m[1]} {m[2]}.{m[3]}{m[4]}", record("SubscriptionWrapper")),
        module="calendar",
    ),
    Fault(
        name="backups-dates-number",
        requirement="DATE-1",
        summary="portal/getbackuphistory: date-times are seconds since 1970",
        apply=written(since_1970, operation("portal/getbackuphistory")),
        module="portal",
    ),
    Fault(
        name="spent-time-days",
        requirement="DATE-1",
        summary="time that was spent on projects: date-times are days",
        apply=written(lambda m: m[1], record("TimeWrapper")),
        module="project",
    ),
    Fault(
        name="topics-dates-in-words",
        requirement="DATE-1",
        summary="forum topics: date-times are written Mon, 04 Mar 2024",
        apply=written(in_words, record("ForumTopicWrapper")),
        module="community",
    ),
)
"""Faults of what one part of the documented API answers."""
