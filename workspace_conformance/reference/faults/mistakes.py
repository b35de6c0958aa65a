"""Faults over clients' mistakes: bodies, media types and parameters that are not in order."""

from urllib.parse import parse_qs

from ..bodies import Fields, parse_json, split_content_type
from ..store import read_date
from ..values import Asked, Call, Mistake
from .model import Fault
from .wrapping import SERVER_ERROR, answer_with, on_bad_body


def _unclosed(asked: Asked, mistake: Mistake) -> Fields:
    """The fields of a JSON object that lacks its last brace."""
    media, _ = split_content_type(asked.headers.get("content-type", ""))
    if media != "application/json":
        raise mistake
    try:
        return parse_json(asked.body.decode("utf-8") + "}")
    except ValueError:
        raise mistake from None


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
        apply=on_bad_body(_unclosed),
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
