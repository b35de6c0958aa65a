"""Faults in the lives of kinds that lie in one form, one list or one method of theirs alone."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from ..bodies import split_content_type
from ..parts import Parts
from ..values import Call, Form, Json, Outcome
from .calls import When
from .documented_answers import envelope, without
from .documented_forms import in_form
from .documented_lives import around, forgets, of_unknown, record_at, remembers, reports_old
from .model import Fault
from .scopes import operation
from .wrapping import NOT_FOUND, Apply, answer_with, on_success, status

JSON, XML = Form.JSON, Form.XML
_FORM_MEDIA = "application/x-www-form-urlencoded"
_POST, _PUT, _DELETE = ("POST",), ("PUT",), ("DELETE",)

Carry = Callable[[Call], Outcome]


def _sent_as_form(when: When) -> When:
    """Those of these calls whose body is a form."""

    def is_form(call: Call) -> bool:
        media, _ = split_content_type(call.asked.headers.get("content-type", ""))
        return media == _FORM_MEDIA

    return lambda call: when(call) and is_form(call)


def _lists_what_was_deleted(deletes: When, lists: When) -> Apply:
    """A list goes on showing what clients made, and deleted; twice each."""

    def apply(parts: Parts) -> None:
        gone: list[Json] = []
        shown: Counter[int] = Counter()
        inner = parts.perform

        def perform(call: Call) -> Outcome:
            outcome = inner(call)
            if outcome.error is None and deletes(call) and isinstance(outcome.value, dict):
                gone.append(outcome.value)
            if outcome.error is None and lists(call) and isinstance(outcome.value, list):
                still = [number for number in range(len(gone)) if shown[number] < 2]
                shown.update(still)
                return replace(outcome, value=[*outcome.value, *(gone[it] for it in still)])
            return outcome

        parts.perform = perform

    return apply


def _serves_what_was_deleted(deletes: When, reads: When, form: Form | None) -> Apply:
    """A URL goes on serving what was deleted, where it is asked in one form."""

    def apply(parts: Parts) -> None:
        seen: dict[str, Json] = {}
        gone: set[str] = set()
        inner = parts.perform

        def perform(call: Call) -> Outcome:
            outcome = inner(call)
            route = call.place.route
            if route is None or not route.words:
                return outcome
            word = route.words[-1]
            if deletes(call) and outcome.error is None:
                gone.add(word)
            elif reads(call) and outcome.error is None:
                seen[word] = outcome.value
            elif reads(call) and call.place.suffix is form and word in gone and word in seen:
                return Outcome(200, value=seen[word])
            return outcome

        parts.perform = perform

    return apply


def _listed_under_another_id(when: When) -> Apply:
    """A list shows what clients made under ids that are not theirs."""

    def change(parts: Parts) -> Callable[[Call, Outcome], Outcome]:
        def changed(call: Call, outcome: Outcome) -> Outcome:
            made = {str(record.id) for record in parts.serving.library.made()}
            if not isinstance(outcome.value, list):
                return outcome
            items: list[Json] = []
            for item in outcome.value:
                if isinstance(item, dict) and str(item.get("id")) in made:
                    item = {**item, "id": f"{item['id']}7"}
                items.append(item)
            return replace(outcome, value=items)

        return changed

    return lambda parts: on_success(change(parts), when)(parts)


def _keeps(parts: Parts, call: Call, inner: Carry) -> Outcome:
    """A DELETE is answered as it should be, and does nothing the first time."""
    record = record_at(parts, call)
    if record is None or record.number is not None or record.fields.get("kept"):
        return inner(call)
    record.fields["kept"] = True
    return Outcome(200, value={"id": record.id})


def _loses_texts(parts: Parts, call: Call, inner: Carry) -> Outcome:
    """What is made loses all of its texts but the first word of each."""
    outcome = inner(call)
    for record in parts.serving.library.made():
        if isinstance(outcome.value, dict) and str(record.id) == str(outcome.value.get("id")):
            record.fields = {
                name: value.split(" ")[0] if isinstance(value, str) else value
                for name, value in record.fields.items()
            }
    return outcome


FAULTS = (
    Fault(
        name="case-listed-with-other-id",
        requirement="REST-1",
        summary="crm/case/filter shows cases that were made under other ids",
        apply=_listed_under_another_id(operation("crm/case/filter")),
        module="crm",
    ),
    Fault(
        name="company-form-put-forgotten",
        requirement="REST-5",
        summary="PUT crm/contact/company of a form is reported, and not kept",
        apply=around(
            forgets,
            _sent_as_form(operation("crm/contact/company/{companyid}", methods=_PUT)),
        ),
        module="crm",
    ),
    Fault(
        name="milestone-put-reports-old",
        requirement="REST-5",
        summary="PUT project/milestone/{id} reports the milestone as it was",
        apply=around(reports_old, operation("project/milestone/{id}", methods=_PUT)),
        module="project",
    ),
    Fault(
        name="template-json-words-lost",
        requirement="REQ-1",
        summary="POST project/template: of JSON texts one word arrives",
        apply=around(
            _loses_texts,
            lambda call: (
                operation("project/template", methods=_POST)(call)
                and not _sent_as_form(operation("project/template", methods=_POST))(call)
            ),
        ),
        module="project",
    ),
    Fault(
        name="stage-form-words-lost",
        requirement="REQ-2",
        summary="POST crm/opportunity/stage: of form texts one word arrives",
        apply=around(
            _loses_texts, _sent_as_form(operation("crm/opportunity/stage", methods=_POST))
        ),
        module="crm",
    ),
    Fault(
        name="calendar-form-refused",
        requirement="REQ-2",
        summary="PUT calendar/{calendarId}: a form is answered 415",
        apply=answer_with(
            Outcome(415, error="Bodies are read as application/json"),
            _sent_as_form(operation("calendar/{calendarId}", methods=_PUT)),
        ),
        module="calendar",
    ),
    Fault(
        name="event-form-made-200",
        requirement="STA-2",
        summary="POST community/event of a form answers 200",
        apply=status(200, _sent_as_form(operation("community/event", methods=_POST))),
        module="community",
    ),
    Fault(
        name="opportunity-put-201",
        requirement="STA-3",
        summary="PUT crm/opportunity/{opportunityid} answers 201",
        apply=status(201, operation("crm/opportunity/{opportunityid}", methods=_PUT)),
        module="crm",
    ),
    Fault(
        name="case-deleted-still-listed",
        requirement="STA-4",
        summary="crm/case/filter shows cases that were deleted",
        apply=_lists_what_was_deleted(
            operation("crm/case/{caseid}", methods=_DELETE), operation("crm/case/filter")
        ),
        module="crm",
    ),
    Fault(
        name="event-deleted-served-bare",
        requirement="STA-4",
        summary="community/event: what was deleted is served with no suffix",
        apply=_serves_what_was_deleted(
            operation("community/event/{feedid}", methods=_DELETE),
            operation("community/event/{feedid}"),
            None,
        ),
        module="community",
    ),
    Fault(
        name="task-delete-bare-keeps",
        requirement="STA-4",
        summary="DELETE project/task/{taskid} with no suffix has no effect",
        apply=around(_keeps, operation("project/task/{taskid}", methods=_DELETE, suffixes=(None,))),
        module="project",
    ),
    Fault(
        name="wiki-deleted-says-nothing",
        requirement="STA-5",
        summary="GET community/wiki/{name}: a deleted page is an empty success",
        apply=remembers(
            Outcome(200, value={}),
            operation("community/wiki/{name}", methods=_DELETE),
            operation("community/wiki/{name}"),
        ),
        module="community",
    ),
    Fault(
        name="contact-type-unknown-200",
        requirement="STA-5",
        summary="PUT crm/contact/type/{id} succeeds for an unknown id",
        apply=of_unknown(
            Outcome(200, value={"id": 0, "title": ""}),
            operation("crm/contact/type/{id}", methods=_PUT),
        ),
        module="crm",
    ),
    Fault(
        name="folder-put-default-json",
        requirement="FMT-3",
        summary="PUT files/folder/{folderId}: JSON by default",
        apply=in_form(JSON, operation("files/folder/{folderId}", methods=_PUT, suffixes=(None,))),
        module="files",
    ),
    Fault(
        name="bookmark-delete-xml-404",
        requirement="FMT-5",
        summary="DELETE community/bookmark/{id} takes no .xml",
        apply=answer_with(
            NOT_FOUND, operation("community/bookmark/{id}", methods=_DELETE, suffixes=(XML,))
        ),
        module="community",
    ),
    Fault(
        name="case-put-json-no-status",
        requirement="ENV-1",
        summary="PUT crm/case/{caseid}: JSON has no status",
        apply=envelope(
            lambda members: without(members, "status"),
            JSON,
            when=operation("crm/case/{caseid}", methods=_PUT),
        ),
        module="crm",
    ),
    Fault(
        name="folder-delete-xml-no-code",
        requirement="ENV-2",
        summary="DELETE files/folder/{folderId}: XML has no statusCode",
        apply=envelope(
            lambda members: without(members, "statusCode"),
            XML,
            when=operation("files/folder/{folderId}", methods=_DELETE),
        ),
        module="files",
    ),
)
"""Faults in one form, one list or one method of a life."""
