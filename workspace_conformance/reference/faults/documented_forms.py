"""Faults of media, forms and suffixes, each in one part of the documented API."""

from collections.abc import Callable

from ..parts import Parts
from ..values import Asked, Call, Form, Json, Outcome, Place
from .calls import When
from .model import Fault
from .scopes import module, operation, record
from .wrapping import (
    NOT_FOUND,
    Apply,
    answer_with,
    media,
    on_response,
    on_success_body,
)

JSON, XML = Form.JSON, Form.XML


def in_form(form: Form, when: When) -> Apply:
    """Answer in another form than the one that is due."""

    def apply(parts: Parts) -> None:
        inner = parts.choose

        def choose(asked: Asked, place: Place) -> Form:
            return form if when(Call(asked, place, None)) else inner(asked, place)

        parts.choose = choose

    return apply


def on_members(change: Callable[[str, Json], Json], *forms: Form, when: When) -> Apply:
    """Change the members of every record in a success; `change` gets a member's name and value."""

    def walk(value: Json) -> Json:
        if isinstance(value, list):
            return [walk(item) for item in value]
        if isinstance(value, dict):
            return {name: walk(change(name, member)) for name, member in value.items()}
        return value

    return on_response(walk, *forms, when=when)


def without_member(name: str, *forms: Form, when: When) -> Apply:
    """Leave a member out of the records in a success."""

    def walk(value: Json) -> Json:
        if isinstance(value, list):
            return [walk(item) for item in value]
        if isinstance(value, dict):
            return {key: walk(member) for key, member in value.items() if key != name}
        return value

    return on_response(walk, *forms, when=when)


def _lost_brace(body: bytes) -> bytes:
    return body[:-1]


def _with_mark(body: bytes) -> bytes:
    return b"\xef\xbb\xbf" + body


def _single_quoted(body: bytes) -> bytes:
    return body.replace(b'"', b"'")


def _latin(body: bytes) -> bytes:
    return body.replace(b"<response>", '<response é="1">'.encode("latin-1"), 1)


def _raw(body: bytes) -> bytes:
    return body.replace(b"&amp;", b"&")


def _unclosed(body: bytes) -> bytes:
    return body.replace(b"</result>", b"")


def _rounded(name: str, value: Json) -> Json:
    return int(value) + 1 if isinstance(value, float) else value


def _not(value: Json) -> Json:
    return not value if isinstance(value, bool) else value


def _shorter(value: Json) -> Json:
    return value[:-1] if isinstance(value, list) else value


_XML = (XML,)
_JSON = (JSON,)
_BARE = (None,)
_CLIENTS = Outcome(406, error="Not Acceptable")

FAULTS = (
    Fault(
        name="crm-tasks-json-as-html",
        requirement="FMT-1",
        summary="crm/task/filter.json is declared text/html",
        apply=media("text/html; charset=utf-8", when=operation("crm/task/filter", suffixes=_JSON)),
        module="crm",
    ),
    Fault(
        name="mail-folders-json-as-text",
        requirement="FMT-1",
        summary="mail/folders.json is declared text/plain",
        apply=media("text/plain; charset=utf-8", when=operation("mail/folders", suffixes=_JSON)),
        module="mail",
    ),
    Fault(
        name="files-json-with-bom",
        requirement="FMT-1",
        summary="files: a byte order mark stands before JSON",
        apply=on_success_body(_with_mark, when=module("files", suffixes=_JSON)),
        module="files",
    ),
    Fault(
        name="project-task-json-cut",
        requirement="FMT-1",
        summary="project/task/{taskid}.json lacks its last brace",
        apply=on_success_body(_lost_brace, when=operation("project/task/{taskid}", suffixes=_JSON)),
        module="project",
    ),
    Fault(
        name="quota-json-single-quotes",
        requirement="FMT-1",
        summary="portal/quota.json is written with single quotes",
        apply=on_success_body(_single_quoted, when=operation("portal/quota", suffixes=_JSON)),
        module="portal",
    ),
    Fault(
        name="crm-contact-xml-as-html",
        requirement="FMT-2",
        summary="crm/contact/{contactid}.xml is declared text/html",
        apply=media(
            "text/html; charset=utf-8", when=operation("crm/contact/{contactid}", suffixes=_XML)
        ),
        module="crm",
    ),
    Fault(
        name="wiki-xml-unclosed",
        requirement="FMT-2",
        summary="community/wiki.xml is not closed",
        apply=on_success_body(_unclosed, when=operation("community/wiki", suffixes=_XML)),
        module="community",
    ),
    Fault(
        name="project-xml-raw-ampersand",
        requirement="FMT-2",
        summary="projects: & is not escaped in .xml",
        apply=on_success_body(_raw, when=record("ProjectWrapper", suffixes=_XML)),
        module="project",
    ),
    Fault(
        name="mail-tags-xml-not-utf8",
        requirement="FMT-2",
        summary="mail/tags.xml holds bytes that are not UTF-8",
        apply=on_success_body(_latin, when=operation("mail/tags", suffixes=_XML)),
        module="mail",
    ),
    Fault(
        name="feed-xml-is-json",
        requirement="FMT-2",
        summary="feed: .xml answers JSON",
        apply=in_form(JSON, module("feed", suffixes=_XML)),
        module="feed",
    ),
    Fault(
        name="crm-default-json",
        requirement="FMT-3",
        summary="crm: JSON where no format is specified",
        apply=in_form(JSON, module("crm", suffixes=_BARE)),
        module="crm",
    ),
    Fault(
        name="calendar-default-json",
        requirement="FMT-3",
        summary="calendar/{calendarId}: JSON where no format is specified",
        apply=in_form(JSON, operation("calendar/{calendarId}", suffixes=_BARE)),
        module="calendar",
    ),
    Fault(
        name="security-default-html",
        requirement="FMT-3",
        summary="security/audit/login/last: text/html by default",
        apply=media(
            "text/html; charset=utf-8", when=operation("security/audit/login/last", suffixes=_BARE)
        ),
        module="security",
    ),
    Fault(
        name="milestones-default-text",
        requirement="FMT-3",
        summary="milestones: text/plain where no format is specified",
        apply=media("text/plain", when=record("MilestoneWrapper", suffixes=_BARE)),
        module="project",
    ),
    Fault(
        name="opportunity-xml-no-value",
        requirement="FMT-4",
        summary="opportunities: XML lacks bidValue",
        apply=without_member("bidValue", XML, when=record("OpportunityWrapper")),
        module="crm",
    ),
    Fault(
        name="bookmarks-xml-one-fewer",
        requirement="FMT-4",
        summary="community/bookmark: XML lacks the last bookmark",
        apply=on_response(_shorter, XML, when=operation("community/bookmark")),
        module="community",
    ),
    Fault(
        name="rates-xml-rounded",
        requirement="FMT-4",
        summary="crm/currency/rates: fractions are rounded in XML",
        apply=on_members(_rounded, XML, when=operation("crm/currency/rates")),
        module="crm",
    ),
    Fault(
        name="mail-flag-xml-inverted",
        requirement="FMT-4",
        summary="mail/settings/conversationsEnabled: XML says the opposite",
        apply=on_response(_not, XML, when=operation("mail/settings/conversationsEnabled")),
        module="mail",
    ),
    Fault(
        name="time-xml-without-notes",
        requirement="FMT-4",
        summary="project/time/filter: XML has no notes",
        apply=on_members(
            lambda name, value: "" if name == "note" else value,
            XML,
            when=operation("project/time/filter"),
        ),
        module="project",
    ),
    Fault(
        name="my-documents-json-404",
        requirement="FMT-5",
        summary="files/@my.json is not there",
        apply=answer_with(NOT_FOUND, operation("files/@my", suffixes=_JSON)),
        module="files",
    ),
    Fault(
        name="project-template-xml-404",
        requirement="FMT-5",
        summary="project/template.xml is not there",
        apply=answer_with(NOT_FOUND, operation("project/template", suffixes=_XML)),
        module="project",
    ),
    Fault(
        name="mailserver-xml-406",
        requirement="FMT-5",
        summary="mailserver: .xml is not acceptable",
        apply=answer_with(_CLIENTS, module("mailserver", suffixes=_XML)),
        module="mailserver",
    ),
    Fault(
        name="tax-suffix-part-of-path",
        requirement="FMT-5",
        summary="crm/invoice/tax takes neither suffix",
        apply=answer_with(NOT_FOUND, operation("crm/invoice/tax", suffixes=(JSON, XML))),
        module="crm",
    ),
)
"""Faults of how one part of the documented API writes its answers."""
