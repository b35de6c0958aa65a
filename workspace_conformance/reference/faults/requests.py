"""Faults of request bodies and of the headers that clients are told to send."""

from collections.abc import Callable
from dataclasses import replace

from ..bodies import Fields, split_content_type
from ..parts import Parts
from ..values import Asked, Call, Json, Mistake, Outcome
from .calls import COLLECTIONS, ITEMS, where
from .model import Fault
from .wrapping import Apply, answer_with, instead, map_texts, on_bad_body, on_fields

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_PLAIN = frozenset(("title", "content", "groupname", "firstname", "lastname"))


def _type(asked: Asked) -> str:
    return split_content_type(asked.headers.get("content-type", ""))[0]


def _with(call: Call, header: str, media: str) -> bool:
    return split_content_type(call.asked.headers.get(header, ""))[0] == media


def _refuse_bodies(media: str) -> Apply:
    """Refuse every body of a media type; one that is empty is no body."""
    return answer_with(
        Outcome(415, error="Unsupported media type"),
        lambda call: bool(call.asked.body) and _with(call, "content-type", media),
    )


def _fields_of(media: str, change: Callable[[Fields], Fields]) -> Apply:
    return on_fields(lambda given, fields: change(fields) if given == media else fields)


def _texts_of(media: str, change: Callable[[str], str]) -> Apply:
    def changed(fields: Fields) -> Fields:
        mapped = map_texts(dict(fields), lambda _, text: change(text))
        return mapped if isinstance(mapped, dict) else fields

    return _fields_of(media, changed)


def _cut(fields: Fields) -> Fields:
    """Texts cut to 8 characters, but for what names somebody."""
    return {
        name: value[:8] if isinstance(value, str) and name in _PLAIN else value
        for name, value in fields.items()
    }


def _ascii_content(fields: Fields) -> Fields:
    """The content with ? for letters beyond ASCII; all else as it is."""
    content = fields.get("content")
    if not isinstance(content, str):
        return fields
    return {**fields, "content": content.encode("ascii", "replace").decode("ascii")}


def _without(*names: str) -> Callable[[Fields], Fields]:
    return lambda fields: {name: value for name, value in fields.items() if name not in names}


def _rewrite_form(old: bytes, new: bytes) -> Apply:
    """Change a form's bytes before they are read."""

    def apply(parts: Parts) -> None:
        inner = parts.read_fields

        def read(asked: Asked) -> Fields:
            if _type(asked) != FORM:
                return inner(asked)
            return inner(replace(asked, body=asked.body.replace(old, new)))

        parts.read_fields = read

    return apply


def _default_fields(asked: Asked, mistake: Mistake) -> Fields:
    """What a portal makes of a body that it cannot read, when it goes on all the same."""
    if mistake.outcome.status != 400:
        raise mistake
    name = "Untitled"
    person: dict[str, Json] = {"email": "nobody@portal.test", "firstname": name, "lastname": name}
    return {"title": name, "content": "", "groupname": name, **person}


def _fails(asked: Asked, mistake: Mistake) -> Fields:
    raise Mistake(500, "Server error") if mistake.outcome.status == 400 else mistake


def _bad_body_200(parts: Parts, call: Call) -> Outcome | None:
    if not where("POST", "PUT")(call):
        return None
    try:
        parts.read_fields(call.asked)
    except Mistake:
        return Outcome(200, value={})
    return None


FAULTS = (
    Fault(
        name="json-body-refused",
        requirement="REQ-1",
        summary="a JSON body is refused with 415",
        apply=_refuse_bodies(JSON),
    ),
    Fault(
        name="json-field-lost",
        requirement="REQ-1",
        summary="content and members of a JSON body do not arrive",
        apply=_fields_of(JSON, _without("content", "members", "comment")),
    ),
    Fault(
        name="json-letters-lost",
        requirement="REQ-1",
        summary="letters beyond ASCII in a JSON body arrive as ?",
        apply=_texts_of(JSON, lambda text: text.encode("ascii", "replace").decode("ascii")),
    ),
    Fault(
        name="json-content-letters-lost",
        requirement="REQ-1",
        summary="letters beyond ASCII in the content of JSON arrive as ?",
        apply=_fields_of(JSON, _ascii_content),
    ),
    Fault(
        name="json-text-cut",
        requirement="REQ-1",
        summary="texts of a JSON body are cut to 8 characters",
        apply=_fields_of(JSON, _cut),
    ),
    Fault(
        name="form-refused",
        requirement="REQ-2",
        summary="a form is refused with 415",
        apply=_refuse_bodies(FORM),
    ),
    Fault(
        name="form-content-letters-lost",
        requirement="REQ-2",
        summary="letters beyond ASCII in the content of a form arrive as ?",
        apply=_fields_of(FORM, _ascii_content),
    ),
    Fault(
        name="form-split-late",
        requirement="REQ-2",
        summary="a form is split at & after %26 is decoded",
        apply=_rewrite_form(b"%26", b"&"),
    ),
    Fault(
        name="form-plus-kept",
        requirement="REQ-2",
        summary="+ in a form is not decoded",
        apply=_rewrite_form(b"+", b"%2B"),
    ),
    Fault(
        name="form-percent-kept",
        requirement="REQ-2",
        summary="percent-encoding in a form is not decoded",
        apply=_rewrite_form(b"%", b"%25"),
    ),
    Fault(
        name="form-latin1",
        requirement="REQ-2",
        summary="letters beyond ASCII in a form are taken for Latin-1",
        apply=_texts_of(FORM, lambda text: text.encode("utf-8").decode("latin-1")),
    ),
    Fault(
        name="form-field-lost",
        requirement="REQ-2",
        summary="content and members of a form do not arrive",
        apply=_fields_of(FORM, _without("content", "members", "members[]", "comment")),
    ),
    Fault(
        name="broken-body-500",
        requirement="REQ-3",
        summary="a body that cannot be read: 500",
        apply=on_bad_body(_fails),
    ),
    Fault(
        name="broken-body-creates",
        requirement="REQ-3",
        summary="a body that cannot be read makes a record with defaults",
        apply=on_bad_body(_default_fields),
    ),
    Fault(
        name="broken-body-200",
        requirement="REQ-3",
        summary="a body that cannot be read: 200, and nothing happens",
        apply=instead(_bad_body_200),
    ),
    Fault(
        name="json-headers-not-on-get",
        requirement="REQ-4",
        summary="GET with Content-Type: application/json: 400",
        apply=answer_with(
            Outcome(400, error="A body was expected"),
            lambda call: where("GET")(call) and _with(call, "content-type", JSON),
        ),
    ),
    Fault(
        name="json-headers-not-on-delete",
        requirement="REQ-4",
        summary="DELETE with Content-Type: application/json: 415",
        apply=answer_with(
            Outcome(415, error="Unsupported media type"),
            lambda call: where("DELETE")(call) and _with(call, "content-type", JSON),
        ),
    ),
    Fault(
        name="form-accept-406",
        requirement="REQ-4",
        summary="Accept: application/x-www-form-urlencoded: 406",
        apply=answer_with(
            Outcome(406, error="Not acceptable"),
            lambda call: where(kinds=COLLECTIONS | ITEMS)(call) and _with(call, "accept", FORM),
        ),
    ),
    Fault(
        name="form-headers-not-on-get",
        requirement="REQ-4",
        summary="GET with the Content-Type of a form: 400",
        apply=answer_with(
            Outcome(400, error="A body was expected"),
            lambda call: where("GET")(call) and _with(call, "content-type", FORM),
        ),
    ),
    Fault(
        name="empty-json-body-refused",
        requirement="REQ-4",
        summary="PUT without a body, Content-Type: application/json: 400",
        apply=answer_with(
            Outcome(400, error="The body could not be read"),
            lambda call: (
                where("PUT")(call) and not call.asked.body and _with(call, "content-type", JSON)
            ),
        ),
    ),
)
