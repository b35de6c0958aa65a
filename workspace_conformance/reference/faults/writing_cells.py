"""Faults of writes in one cell: of one text, one spelling of a body, one shape of the headers."""

import re
from collections.abc import Callable, Mapping

from ..bodies import Fields, split_content_type
from ..formats import accepted
from ..parts import Parts
from ..values import Asked, Call, Form, Json, Kind, Mistake, Outcome, Place
from .calls import ABOUT_PEOPLE, RECORDS, WRITES, When, where
from .model import Fault
from .wrapping import (
    Apply,
    Members,
    answer_with,
    map_texts,
    on_choice,
    on_envelope,
    on_response,
    status,
)

JSON, XML = Form.JSON, Form.XML
_COMMENTS = frozenset((Kind.COMMENTS, Kind.COMMENT))
_GROUPS = frozenset((Kind.GROUPS, Kind.GROUP))
_POSTS = frozenset((Kind.POSTS, Kind.POST))
_NUMBER = re.compile(r"[0-9]+\.[0-9]+")
_BODIES = where("POST", "PUT")


def _in_xml(change: Callable[[str, str], Json], when: When) -> Apply:
    """Show texts otherwise in XML."""
    return on_response(lambda value: map_texts(value, change), XML, when=when)


def _as_number(name: str, text: str) -> Json:
    return str(float(text)) if _NUMBER.fullmatch(text) else text


def _only(text: str, other: Json) -> Callable[[str, str], Json]:
    return lambda name, found: other if found == text else found


def _reading(change: Callable[[Asked, Fields], Fields], when: When) -> Apply:
    """Read the fields of bodies otherwise."""

    def apply(parts: Parts) -> None:
        inner = parts.read_fields

        def read(asked: Asked) -> Fields:
            fits = when(Call(asked, parts.locate(asked), None))
            return change(asked, inner(asked)) if fits else inner(asked)

        parts.read_fields = read

    return apply


def _texts(fields: Fields, change: Callable[[str], Json]) -> dict[str, Json]:
    return {
        name: change(value) if isinstance(value, str) else value for name, value in fields.items()
    }


def _escapes_lost(asked: Asked, fields: Fields) -> Fields:
    """Letters that a JSON body writes as escapes become question marks."""
    if rb"\u" not in asked.body:
        return fields
    return _texts(fields, lambda text: text.encode("ascii", "replace").decode("ascii"))


def _small_digits_kept(asked: Asked, fields: Fields) -> Fields:
    """What a form writes with small hexadecimal digits is not decoded."""
    if not re.search(rb"%[0-9A-F]?[a-f][0-9A-Fa-f]?", asked.body):
        return fields
    return _texts(fields, lambda text: text.encode("ascii", "xmlcharrefreplace").decode()[:50])


def _numbers_read(asked: Asked, fields: Fields) -> Fields:
    return _texts(fields, lambda text: _as_number("", text))


def _choosing(find: Callable[[Asked, Place], Form | None], *methods: str) -> Apply:
    def change(asked: Asked, place: Place, form: Form) -> Form:
        fits = place.kind in RECORDS and asked.method in methods
        return (find(asked, place) if fits else None) or form

    return on_choice(change)


def _end_of_query(asked: Asked, place: Place) -> Form | None:
    ends = (form for form in Form if asked.query.endswith(f".{form}"))
    return next(ends, None) if place.suffix else None


def _of_several(asked: Asked, place: Place) -> Form | None:
    accept = asked.headers.get("accept", "")
    return accepted(accept) if "," in accept and place.suffix else None


def _unnamed(asked: Asked, place: Place) -> Form | None:
    media, _ = split_content_type(asked.headers.get("content-type", ""))
    bare = "accept" not in asked.headers and media != "application/json"
    return JSON if bare and not place.suffix else None


def _charset_refused(media: str, when: When) -> Apply:
    """Refuse bodies of a media type with a parameter."""

    def find(asked: Asked, fields: Fields) -> Fields:
        declared = asked.headers.get("content-type", "")
        if ";" in declared and split_content_type(declared)[0] == media:
            raise Mistake(415, "The media type is not known")
        return fields

    return _reading(find, when)


def _is_told(headers: Mapping[str, str]) -> bool:
    return headers.get("accept") == headers.get("content-type") == "application/json"


def _without_status(call: Call, outcome: Outcome, members: Members) -> Json:
    return {name: value for name, value in members.items() if name != "status"}


FAULTS = (
    Fault(
        name="xml-number-text-groups",
        requirement="FMT-4",
        summary="groups: XML shows the text 0012.50 as 12.5",
        apply=_in_xml(_as_number, where(kinds=_GROUPS)),
    ),
    Fault(
        name="xml-true-text-posts",
        requirement="FMT-4",
        summary="posts: XML shows the text True as a truth value",
        apply=_in_xml(_only("True", "true"), where(kinds=_POSTS)),
    ),
    Fault(
        name="xml-null-text-groups",
        requirement="FMT-4",
        summary="groups: XML shows the text null as nothing",
        apply=_in_xml(_only("null", None), where(kinds=_GROUPS)),
    ),
    Fault(
        name="xml-edges-trimmed",
        requirement="FMT-4",
        summary="people: XML trims texts",
        apply=_in_xml(lambda _, text: text.strip(), where(kinds=ABOUT_PEOPLE)),
    ),
    Fault(
        name="xml-section-end-lost",
        requirement="FMT-4",
        summary="comments: XML loses ]]>",
        apply=_in_xml(lambda _, text: text.replace("]]>", ""), where(kinds=_COMMENTS)),
    ),
    Fault(
        name="json-tabs-as-blanks",
        requirement="FMT-4",
        summary="groups: JSON shows a tab as a blank",
        apply=on_response(
            lambda value: map_texts(value, lambda _, text: text.replace("\t", " ")),
            JSON,
            when=where(kinds=_GROUPS),
        ),
    ),
    Fault(
        name="json-escapes-lost",
        requirement="REQ-1",
        summary="letters written as escapes in a JSON body arrive as ?",
        apply=_reading(_escapes_lost, _BODIES),
    ),
    Fault(
        name="json-number-text-comments",
        requirement="REQ-1",
        summary="comments: a text that looks like a number is read as one",
        apply=_reading(_numbers_read, where("PUT", kinds=_COMMENTS)),
    ),
    Fault(
        name="json-charset-refused",
        requirement="REQ-1",
        summary="a JSON body whose Content-Type has a charset: 415",
        apply=_charset_refused("application/json", _BODIES),
    ),
    Fault(
        name="form-charset-refused",
        requirement="REQ-2",
        summary="a form whose Content-Type has a charset: 415",
        apply=_charset_refused("application/x-www-form-urlencoded", _BODIES),
    ),
    Fault(
        name="form-small-digits",
        requirement="REQ-2",
        summary="groups: a form with small hexadecimal digits is cut",
        apply=_reading(_small_digits_kept, where("PUT", kinds=_GROUPS)),
    ),
    Fault(
        name="query-ends-as-suffix-put",
        requirement="FMT-9",
        summary="PUT: a suffix that ends the query decides",
        apply=_choosing(_end_of_query, "PUT"),
    ),
    Fault(
        name="accept-list-on-delete",
        requirement="FMT-6",
        summary="DELETE: an Accept of several decides against the suffix",
        apply=_choosing(_of_several, "DELETE"),
    ),
    Fault(
        name="accept-missing-json-post",
        requirement="FMT-3",
        summary="POST of a form without Accept: no format gets JSON",
        apply=_choosing(_unnamed, "POST"),
    ),
    Fault(
        name="told-put-comment-406",
        requirement="REQ-4",
        summary="PUT of a comment with the headers told to clients: 406",
        apply=answer_with(
            Outcome(406, error="Not acceptable"),
            lambda call: _is_told(call.asked.headers) and where("PUT", kinds=(Kind.COMMENT,))(call),
        ),
    ),
    Fault(
        name="accept-missing-put-201",
        requirement="STA-3",
        summary="PUT without Accept is 201",
        apply=status(201, lambda call: "accept" not in call.asked.headers and where("PUT")(call)),
    ),
    Fault(
        name="query-delete-202",
        requirement="STA-4",
        summary="DELETE with a query is 202",
        apply=status(202, lambda call: bool(call.asked.query) and where("DELETE")(call)),
    ),
    Fault(
        name="told-write-no-status",
        requirement="ENV-1",
        summary="JSON to a write with the headers told has no status",
        apply=on_envelope(
            _without_status,
            JSON,
            when=lambda call: _is_told(call.asked.headers) and where(*WRITES)(call),
        ),
    ),
)
