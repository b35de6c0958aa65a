"""Faults in the lives of kinds: what is made, changed and removed in one part of the portal."""

from collections.abc import Callable
from dataclasses import replace

from ..bodies import Fields, split_content_type
from ..documented.families import family_of_parameter
from ..documented.library import Record
from ..parts import Parts
from ..values import Asked, Call, Form, Json, Mistake, Outcome
from .calls import When, operation_of
from .dates import written
from .documented_answers import envelope, root, without
from .documented_forms import in_form
from .model import Fault
from .scopes import operation
from .wrapping import (
    NOT_FOUND,
    SERVER_ERROR,
    Apply,
    answer_with,
    map_texts,
    on_success_body,
    status,
)

JSON, XML = Form.JSON, Form.XML
_JSON_MEDIA = "application/json"
_FORM_MEDIA = "application/x-www-form-urlencoded"


def record_at(parts: Parts, call: Call) -> Record | None:
    """The record that the last parameter of the path names, None where there is none."""
    route = call.place.route
    assert route is not None
    found = route.operations.get(call.asked.method) or next(iter(route.operations.values()))
    family = family_of_parameter(found, len(route.words) - 1, route.words)
    if family is None:
        return None
    known = parts.serving.library.all(family)
    return next((one for one in known if str(one.id) == route.words[-1]), None)


def around(act: Callable[[Parts, Call, Callable[[Call], Outcome]], Outcome], when: When) -> Apply:
    """Carry calls out another way; `act` gets what carries them out."""

    def apply(parts: Parts) -> None:
        inner = parts.perform

        def perform(call: Call) -> Outcome:
            return act(parts, call, inner) if when(call) else inner(call)

        parts.perform = perform

    return apply


def _lost_url(when: When) -> Apply:
    """Records that clients made are listed, and not at their URL."""

    def act(parts: Parts, call: Call, inner: Callable[[Call], Outcome]) -> Outcome:
        record = record_at(parts, call)
        return NOT_FOUND if record is not None and record.number is None else inner(call)

    return around(act, when)


def forgets(parts: Parts, call: Call, inner: Callable[[Call], Outcome]) -> Outcome:
    """An update is reported, and not kept."""
    record = record_at(parts, call)
    before = dict(record.fields) if record is not None else {}
    outcome = inner(call)
    if record is not None:
        record.fields = before
    return outcome


def reports_old(parts: Parts, call: Call, inner: Callable[[Call], Outcome]) -> Outcome:
    """An update is kept, and the record reported as it was."""
    record = record_at(parts, call)
    before = dict(record.fields) if record is not None else {}
    outcome = inner(call)
    if record is None or not isinstance(outcome.value, dict):
        return outcome
    old = {name: before.get(name.lower(), value) for name, value in outcome.value.items()}
    return replace(outcome, value=old)


def _makes_nothing(parts: Parts, call: Call, inner: Callable[[Call], Outcome]) -> Outcome:
    """A creation is reported, and nothing is there."""
    library = parts.serving.library
    outcome = inner(call)
    if isinstance(outcome.value, dict) and outcome.error is None:
        id = str(outcome.value.get("id", outcome.value.get("name")))
        for record in library.made():
            if str(record.id) == id:
                library.remove(record)
    return outcome


def _keeps_once(when: When) -> Apply:
    """The first delete of a record is answered, and has no effect; the second has."""
    asked: set[str] = set()

    def act(parts: Parts, call: Call, inner: Callable[[Call], Outcome]) -> Outcome:
        record = record_at(parts, call)
        if record is None or record.number is not None or str(record.id) in asked:
            return inner(call)
        asked.add(str(record.id))
        return Outcome(200, value={})

    def apply(parts: Parts) -> None:
        asked.clear()
        around(act, when)(parts)

    return apply


def remembers(outcome: Outcome, deletes: When, reads: When) -> Apply:
    """Answer what was deleted another way than what never was."""

    def apply(parts: Parts) -> None:
        gone: set[str] = set()
        inner = parts.perform

        def perform(call: Call) -> Outcome:
            found = inner(call)
            route = call.place.route
            if route is not None and deletes(call) and found.error is None:
                gone.add(route.words[-1])
            was_there = route is not None and reads(call) and route.words[-1] in gone
            return outcome if was_there and found.status == 404 else found

        parts.perform = perform

    return apply


def of_unknown(outcome: Outcome, when: When) -> Apply:
    """Answer writes to what is not there another way."""

    def act(parts: Parts, call: Call, inner: Callable[[Call], Outcome]) -> Outcome:
        found = inner(call)
        return outcome if found.status == 404 else found

    return around(act, when)


def _fields(change: Callable[[Fields], Fields], media: str, *paths: str) -> Apply:
    """Change the fields of bodies in one media type that are sent to these operations."""

    def apply(parts: Parts) -> None:
        inner = parts.read_fields

        def read(asked: Asked) -> Fields:
            fields = inner(asked)
            declared, _ = split_content_type(asked.headers.get("content-type", ""))
            is_about = declared == media and operation_of(parts.locate(asked)) in paths
            return change(fields) if is_about else fields

        parts.read_fields = read

    return apply


def _without(name: str) -> Callable[[Fields], Fields]:
    return lambda fields: {key: value for key, value in fields.items() if key != name}


def _refused(fields: Fields) -> Fields:
    raise Mistake(415, "Bodies are read as a URL-encoded form")


def _mapped(change: Callable[[str], Json]) -> Callable[[Fields], Fields]:
    def changed(fields: Fields) -> Fields:
        return {
            name: map_texts(value, lambda _, text: change(text)) for name, value in fields.items()
        }

    return changed


def _only_latin(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii")


_PUT, _POST, _DELETE = ("PUT",), ("POST",), ("DELETE",)
_DONE = Outcome(200, value={})
_BAD = Outcome(400, error="Invalid arguments")

FAULTS = (
    Fault(
        name="milestone-made-not-at-url",
        requirement="REST-1",
        summary="milestones that were made are listed, not at their URL",
        apply=_lost_url(operation("project/milestone/{id}")),
        module="project",
    ),
    Fault(
        name="case-made-not-at-url",
        requirement="REST-1",
        summary="CRM cases that were made are listed, not at their URL",
        apply=_lost_url(operation("crm/case/{caseid}")),
        module="crm",
    ),
    Fault(
        name="project-put-forgotten",
        requirement="REST-5",
        summary="PUT project/{id} is reported, and not kept",
        apply=around(forgets, operation("project/{id}", methods=_PUT)),
        module="project",
    ),
    Fault(
        name="opportunity-put-reports-old",
        requirement="REST-5",
        summary="PUT crm/opportunity reports the record as it was",
        apply=around(reports_old, operation("crm/opportunity/{opportunityid}", methods=_PUT)),
        module="crm",
    ),
    Fault(
        name="crm-task-json-loses-field",
        requirement="REQ-1",
        summary="crm/task: the description is lost in JSON",
        apply=_fields(_without("description"), _JSON_MEDIA, "crm/task", "crm/task/{taskid}"),
        module="crm",
    ),
    Fault(
        name="bookmark-json-refused",
        requirement="REQ-1",
        summary="community/bookmark: bodies in JSON are answered 415",
        apply=_fields(_refused, _JSON_MEDIA, "community/bookmark"),
        module="community",
    ),
    Fault(
        name="event-form-plus-kept",
        requirement="REQ-2",
        summary="community/event: + in a form stays +",
        apply=_fields(
            _mapped(lambda text: text.replace(" ", "+")),
            _FORM_MEDIA,
            "community/event",
            "community/event/{feedid}",
        ),
        module="community",
    ),
    Fault(
        name="folder-form-only-latin",
        requirement="REQ-2",
        summary="files/folder: letters beyond ASCII are lost in a form",
        apply=_fields(_mapped(_only_latin), _FORM_MEDIA, "files/folder/{folderId}"),
        module="files",
    ),
    Fault(
        name="crm-task-made-200",
        requirement="STA-2",
        summary="POST crm/task answers 200",
        apply=status(200, operation("crm/task", methods=_POST)),
        module="crm",
    ),
    Fault(
        name="calendar-made-202",
        requirement="STA-2",
        summary="POST calendar answers 202",
        apply=status(202, operation("calendar", methods=_POST)),
        module="calendar",
    ),
    Fault(
        name="stage-made-is-nowhere",
        requirement="STA-2",
        summary="POST crm/opportunity/stage answers 201, and makes nothing",
        apply=around(_makes_nothing, operation("crm/opportunity/stage", methods=_POST)),
        module="crm",
    ),
    Fault(
        name="project-task-put-201",
        requirement="STA-3",
        summary="PUT project/task/{taskid} answers 201",
        apply=status(201, operation("project/task/{taskid}", methods=_PUT)),
        module="project",
    ),
    Fault(
        name="wiki-put-202",
        requirement="STA-3",
        summary="PUT community/wiki/{name} answers 202",
        apply=status(202, operation("community/wiki/{name}", methods=_PUT)),
        module="community",
    ),
    Fault(
        name="bookmark-delete-202",
        requirement="STA-4",
        summary="DELETE community/bookmark/{id} answers 202",
        apply=status(202, operation("community/bookmark/{id}", methods=_DELETE)),
        module="community",
    ),
    Fault(
        name="template-delete-keeps-once",
        requirement="STA-4",
        summary="the first DELETE of a project template has no effect",
        apply=_keeps_once(operation("project/template/{id}", methods=_DELETE)),
        module="project",
    ),
    Fault(
        name="contact-status-deleted-410",
        requirement="STA-5",
        summary="crm/contact/status: what was deleted is answered 410",
        apply=remembers(
            Outcome(410, error="Gone"),
            operation("crm/contact/status/{contactStatusid}", methods=_DELETE),
            operation("crm/contact/status/{contactStatusid}"),
        ),
        module="crm",
    ),
    Fault(
        name="category-put-unknown-400",
        requirement="STA-5",
        summary="PUT crm/task/category/{id} answers 400 for an unknown id",
        apply=of_unknown(_BAD, operation("crm/task/category/{id}", methods=_PUT)),
        module="crm",
    ),
    Fault(
        name="wiki-delete-unknown-200",
        requirement="STA-5",
        summary="DELETE community/wiki/{name} answers 200 for an unknown page",
        apply=of_unknown(_DONE, operation("community/wiki/{name}", methods=_DELETE)),
        module="community",
    ),
    Fault(
        name="milestone-unknown-500",
        requirement="STA-5",
        summary="DELETE project/milestone answers 500 for an unknown id",
        apply=of_unknown(SERVER_ERROR, operation("project/milestone/{id}", methods=_DELETE)),
        module="project",
    ),
    Fault(
        name="case-made-default-json",
        requirement="FMT-3",
        summary="POST crm/case: JSON where no format is specified",
        apply=in_form(JSON, operation("crm/case", methods=_POST, suffixes=(None,))),
        module="crm",
    ),
    Fault(
        name="calendar-delete-as-json",
        requirement="FMT-3",
        summary="DELETE calendar/{calendarId}: JSON by default",
        apply=in_form(JSON, operation("calendar/{calendarId}", methods=_DELETE, suffixes=(None,))),
        module="calendar",
    ),
    Fault(
        name="contact-type-delete-suffix",
        requirement="FMT-5",
        summary="DELETE crm/contact/type takes no suffix",
        apply=answer_with(
            NOT_FOUND,
            operation("crm/contact/type/{contactTypeid}", methods=_DELETE, suffixes=(JSON, XML)),
        ),
        module="crm",
    ),
    Fault(
        name="calendar-put-json-404",
        requirement="FMT-5",
        summary="PUT calendar/{calendarId} takes no .json",
        apply=answer_with(
            NOT_FOUND, operation("calendar/{calendarId}", methods=_PUT, suffixes=(JSON,))
        ),
        module="calendar",
    ),
    Fault(
        name="milestone-put-json-bare",
        requirement="ENV-1",
        summary="PUT project/milestone/{id}: JSON has no envelope",
        apply=envelope(
            lambda m: m["response"], JSON, when=operation("project/milestone/{id}", methods=_PUT)
        ),
        module="project",
    ),
    Fault(
        name="project-made-json-no-code",
        requirement="ENV-1",
        summary="POST project: JSON has no statusCode",
        apply=envelope(
            lambda m: without(m, "statusCode"), JSON, when=operation("project", methods=_POST)
        ),
        module="project",
    ),
    Fault(
        name="event-delete-xml-other-root",
        requirement="ENV-2",
        summary="DELETE community/event: the XML's root is answer",
        apply=on_success_body(
            root(b"answer"), XML, when=operation("community/event/{feedid}", methods=_DELETE)
        ),
        module="community",
    ),
    Fault(
        name="opportunity-made-date-local",
        requirement="DATE-1",
        summary="POST crm/opportunity: date-times have neither Z nor an offset",
        apply=written(
            lambda m: f"{m[1]}T{m[2]}.{m[3]}", operation("crm/opportunity", methods=_POST)
        ),
        module="crm",
    ),
    Fault(
        name="project-task-made-day",
        requirement="DATE-1",
        summary="POST project/{projectid}/task: date-times are days",
        apply=written(lambda m: m[1], operation("project/{projectid}/task", methods=_POST)),
        module="project",
    ),
)
"""Faults in the lives of kinds."""
