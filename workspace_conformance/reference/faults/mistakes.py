"""Faults over clients' mistakes: bodies, media types and parameters that are not in order."""

import re
from collections.abc import Callable, Collection
from urllib.parse import parse_qs

from ..bodies import Fields, parse_json, split_content_type
from ..parts import Parts
from ..store import is_guid, read_date
from ..values import Asked, Call, Form, Kind, Mistake
from .calls import COLLECTIONS, where
from .model import Fault
from .wrapping import SERVER_ERROR, Apply, answer_with, on_bad_body, on_success_body

_TALK = (Kind.COMMENTS, Kind.COMMENT)


def _mended(mend: Callable[[str], str], *methods: str, kinds: Collection[Kind] = ()) -> Apply:
    """Read a JSON body that cannot be read as `mend` makes it (none given: any method, any kind)."""

    def apply(parts: Parts) -> None:
        def find(asked: Asked, mistake: Mistake) -> Fields:
            media, _ = split_content_type(asked.headers.get("content-type", ""))
            fits = not methods or asked.method in methods
            there = not kinds or parts.locate(asked).kind in kinds
            if media != "application/json" or not fits or not there:
                raise mistake
            try:
                return parse_json(mend(asked.body.decode("utf-8")))
            except ValueError:
                raise mistake from None

        on_bad_body(find)(parts)

    return apply


def _close(text: str) -> str:
    return text + "}"


def _cut_behind(text: str) -> str:
    return text[: text.rindex("}") + 1] if "}" in text else text


def _doubled_quotes(text: str) -> str:
    return text.replace("'", '"') if '"' not in text else text


def _uncommented(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text)


def _first_of_list(text: str) -> str:
    return text.strip().removeprefix("[").removesuffix("]")


def _marked(body: bytes) -> bytes:
    return b"\xef\xbb\xbf" + body


def _media(call: Call) -> str:
    return call.asked.headers.get("content-type", "")


def _date_filter(call: Call) -> bool:
    """Whether a list is to be filtered by a date that is none."""
    given = parse_qs(call.asked.query).get("updatedSince", [])
    try:
        for text in given:
            read_date(text)
    except (ValueError, OverflowError):
        return True
    return False


FAULTS = (
    Fault(
        name="content-type-xml-500",
        requirement="FMT-12",
        summary="a request without a body, Content-Type: text/xml: 500",
        apply=answer_with(
            SERVER_ERROR,
            lambda call: not call.asked.body and split_content_type(_media(call))[0] == "text/xml",
        ),
    ),
    Fault(
        name="json-unclosed-accepted",
        requirement="REQ-3",
        summary="a JSON body without its last brace is accepted",
        apply=_mended(_close),
    ),
    Fault(
        name="json-unclosed-on-put",
        requirement="REQ-3",
        summary="PUT: a JSON body without its last brace is accepted",
        apply=_mended(_close, "PUT"),
    ),
    Fault(
        name="json-unclosed-for-comments",
        requirement="REQ-3",
        summary="comments: a JSON body without its last brace is accepted",
        apply=_mended(_close, kinds=_TALK),
    ),
    Fault(
        name="json-trailing-accepted",
        requirement="REQ-3",
        summary="a JSON body with text behind it is accepted",
        apply=_mended(_cut_behind),
    ),
    Fault(
        name="json-trailing-on-groups",
        requirement="REQ-3",
        summary="PUT to a group: a JSON body with text behind it is accepted",
        apply=_mended(_cut_behind, "PUT", kinds=(Kind.GROUP,)),
    ),
    Fault(
        name="json-single-quotes-taken",
        requirement="REQ-3",
        summary="a JSON body in single quotes is accepted",
        apply=_mended(_doubled_quotes),
    ),
    Fault(
        name="json-comments-taken",
        requirement="REQ-3",
        summary="a JSON body with a comment in it is accepted",
        apply=_mended(_uncommented),
    ),
    Fault(
        name="json-list-taken-on-put",
        requirement="REQ-3",
        summary="PUT: a list of one object is accepted",
        apply=_mended(_first_of_list, "PUT"),
    ),
    Fault(
        name="json-unclosed-reworded",
        requirement="REQ-3",
        summary="PUT to a comment: JSON without its last brace is accepted",
        apply=_mended(_close, "PUT", kinds=(Kind.COMMENT,)),
    ),
    Fault(
        name="json-trailing-reworded",
        requirement="REQ-3",
        summary="PUT to a comment: a JSON body with text behind it is accepted",
        apply=_mended(_cut_behind, "PUT", kinds=(Kind.COMMENT,)),
    ),
    Fault(
        name="json-quotes-in-new-comments",
        requirement="REQ-3",
        summary="POST of a comment: a JSON body in single quotes is accepted",
        apply=_mended(_doubled_quotes, "POST", kinds=(Kind.COMMENTS,)),
    ),
    Fault(
        name="json-list-for-people",
        requirement="REQ-3",
        summary="PUT to a person: a list of one object is accepted",
        apply=_mended(_first_of_list, "PUT", kinds=(Kind.PERSON,)),
    ),
    Fault(
        name="json-mark",
        requirement="FMT-1",
        summary="JSON begins with a byte order mark",
        apply=on_success_body(_marked, Form.JSON),
    ),
    Fault(
        name="json-mark-in-lists",
        requirement="FMT-1",
        summary="JSON of lists begins with a byte order mark",
        apply=on_success_body(_marked, Form.JSON, when=where("GET", kinds=COLLECTIONS)),
    ),
    Fault(
        name="no-body-500",
        requirement="STA-8",
        summary="POST without a body: 500",
        apply=answer_with(SERVER_ERROR, lambda call: where("POST")(call) and not call.asked.body),
    ),
    Fault(
        name="no-body-500-for-comments",
        requirement="STA-8",
        summary="POST or PUT of a comment without a body: 500",
        apply=answer_with(
            SERVER_ERROR,
            lambda call: where("POST", "PUT", kinds=_TALK)(call) and not call.asked.body,
        ),
    ),
    Fault(
        name="media-missing-500",
        requirement="STA-8",
        summary="a body without Content-Type: 500",
        apply=answer_with(SERVER_ERROR, lambda call: bool(call.asked.body) and not _media(call)),
    ),
    Fault(
        name="media-garbage-500-on-put",
        requirement="STA-8",
        summary="PUT with a Content-Type that is no media type: 500",
        apply=answer_with(
            SERVER_ERROR,
            lambda call: where("PUT")(call) and bool(_media(call)) and "/" not in _media(call),
        ),
    ),
    Fault(
        name="comment-id-put-500",
        requirement="ID-2",
        summary="PUT of a comment by an id that is no GUID: 500",
        apply=answer_with(
            SERVER_ERROR,
            lambda call: where("PUT", kinds=(Kind.COMMENT,))(call) and not is_guid(call.place.id),
        ),
    ),
    Fault(
        name="media-garbage-500",
        requirement="STA-8",
        summary="a Content-Type that is no media type: 500",
        apply=answer_with(
            SERVER_ERROR, lambda call: bool(_media(call)) and "/" not in _media(call)
        ),
    ),
    Fault(
        name="date-filter-500",
        requirement="STA-8",
        summary="updatedSince that is no date: 500",
        apply=answer_with(SERVER_ERROR, _date_filter),
    ),
)
"""Faults over clients' mistakes."""
