"""Faults of ids: what they are taken for, and what the answer makes of them."""

import fnmatch
import posixpath
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

from ..parts import Parts
from ..store import is_guid
from ..values import Answer, Call, Form, Kind, Outcome, Place
from .calls import ITEMS, shelf_of, unknown_to, where
from .model import Fault
from .wrapping import (
    NOT_FOUND,
    SERVER_ERROR,
    Apply,
    answer_with,
    instead,
    on_answer,
    on_id,
    on_path,
    redeclare,
)

_ITEM = where(kinds=ITEMS)
_GUIDS = where(kinds=(Kind.GROUP, Kind.POST))
_WORDS = frozenset(("undefined", "null", "none", "nan", "[object object]"))


def _names(parts: Parts, place: Place) -> list[str]:
    """The ids of all records of an item's kind, and people's user names."""
    shelf = shelf_of(parts, place.kind)
    records = shelf.all() if shelf is not None else []
    names = [person.user_name for person in records] if place.kind is Kind.PERSON else []
    return [record.id for record in records] + names


def _matching(matches: Callable[[str, str], bool]) -> Apply:
    """Take an unknown id for a real one that is like it; `matches` gets the real one first."""

    def change(parts: Parts, place: Place) -> str:
        real = _names(parts, place)
        return next((name for name in real if matches(name, place.id)), place.id)

    return on_id(change)


def _first(when: Callable[[str], bool]) -> Apply:
    """Take an unknown id for the first record's."""
    return _matching(lambda _, id: when(id))


def _fails(when: Callable[[str], bool]) -> Apply:
    """Fail over an unknown id."""
    return instead(
        lambda parts, call: (
            SERVER_ERROR if unknown_to(parts, call.place) and when(call.place.id) else None
        )
    )


def _wrong_form(call: Call) -> bool:
    return _GUIDS(call) and not is_guid(call.place.id)


def _unknown_person(outcome: Outcome) -> Apply:
    def find(parts: Parts, call: Call) -> Outcome | None:
        person = where("GET", kinds=(Kind.PERSON,))(call)
        return outcome if person and unknown_to(parts, call.place) else None

    return instead(find)


def _unknown_guid(outcome: Outcome) -> Apply:
    def find(parts: Parts, call: Call) -> Outcome | None:
        guid = where("GET", kinds=(Kind.GROUP, Kind.POST))(call) and is_guid(call.place.id)
        return outcome if guid and unknown_to(parts, call.place) else None

    return instead(find)


def _wrong_comment(parts: Parts, call: Call) -> Outcome | None:
    if not where("PUT", "DELETE", kinds=(Kind.COMMENT,))(call) or is_guid(call.place.id):
        return None
    return SERVER_ERROR if call.asked.method == "PUT" else Outcome(200, value={})


def _person_put_by_name(call: Call) -> bool:
    return where("PUT", kinds=(Kind.PERSON,))(call) and not is_guid(call.place.id)


def _beyond_32_bits(id: str) -> bool:
    digits = id.lstrip("+-")
    return digits.isascii() and digits.isdigit() and int(digits[:40]) > 2**31 - 1


def _wildcard(real: str, id: str) -> bool:
    pattern = id.replace("%", "*")
    return any(sign in pattern for sign in "*?") and fnmatch.fnmatchcase(real, pattern)


def _cut_at(*signs: str) -> Callable[[str, str], bool]:
    """Match the part of an id before one of these signs."""
    return lambda real, id: any(sign in id and id.split(sign)[0] == real for sign in signs)


def _decode_first(path: str) -> str:
    """Decode the whole path before it is split, and follow its dots."""
    if "%" not in path:
        return path
    return posixpath.normpath(unquote(path).replace("\\", "/"))


def _decode_twice(path: str) -> str:
    return unquote(path).replace(" ", "%20") if "%25" in path else path


def _breaks_off(call: Call, outcome: Outcome, answer: Answer) -> Answer:
    if outcome.status not in (400, 404) or not _wrong_form(call):
        return answer
    return replace(answer, body=answer.body[:-5], cut=True)


def _reflected_html(call: Call, outcome: Outcome, answer: Answer) -> Answer:
    if outcome.status not in (400, 404):
        return answer
    page = f"<html><body>There is no {call.place.id}</body></html>"
    return replace(redeclare(answer, "text/html; charset=utf-8"), body=page.encode("utf-8"))


def _reflected_raw(call: Call, outcome: Outcome, answer: Answer) -> Answer:
    """Put the id into the message of a failure as it is."""
    if outcome.error is None or outcome.status not in (400, 404):
        return answer
    id = call.place.id.encode("utf-8")
    return replace(answer, body=answer.body.replace(outcome.error.encode("utf-8"), id))


def _placeholder(id: str) -> bool:
    return id.startswith("{") and id.endswith("}")


FAULTS = (
    Fault(
        name="unknown-id-first-record",
        requirement="ID-1",
        summary="GET of an unknown GUID gets the first record",
        apply=_first(is_guid),
    ),
    Fault(
        name="unknown-guid-500",
        requirement="ID-1",
        summary="GET of an unknown GUID: 500",
        apply=_unknown_guid(SERVER_ERROR),
    ),
    Fault(
        name="unknown-guid-400",
        requirement="ID-1",
        summary="GET of an unknown GUID: 400",
        apply=_unknown_guid(Outcome(400, error="Invalid arguments")),
    ),
    Fault(
        name="unknown-person-empty",
        requirement="ID-1",
        summary="GET of an unknown person: 200, and an empty response",
        apply=_unknown_person(Outcome(200, value={})),
    ),
    Fault(
        name="unknown-person-403",
        requirement="ID-1",
        summary="GET of an unknown person: 403",
        apply=_unknown_person(Outcome(403, error="Access denied")),
    ),
    Fault(
        name="person-put-by-name-500",
        requirement="ID-1",
        summary="PUT to a person by anything but a GUID: 500",
        apply=answer_with(SERVER_ERROR, _person_put_by_name),
    ),
    Fault(
        name="wrong-form-500",
        requirement="ID-2",
        summary="an id that is no GUID: 500",
        apply=answer_with(SERVER_ERROR, _wrong_form),
    ),
    Fault(
        name="wrong-form-200",
        requirement="ID-2",
        summary="an id that is no GUID: 200, and an empty response",
        apply=answer_with(Outcome(200, value={}), _wrong_form),
    ),
    Fault(
        name="comment-id-wrong-form-500",
        requirement="ID-2",
        summary="a comment's id that is no GUID: 500 to PUT, 200 to DELETE",
        apply=instead(_wrong_comment),
    ),
    Fault(
        name="wrong-form-breaks-off",
        requirement="ID-2",
        summary="an id that is no GUID: the connection breaks",
        apply=on_answer(_breaks_off),
    ),
    Fault(
        name="long-id-500",
        requirement="ID-2",
        summary="an id of over 255 characters: 500",
        apply=_fails(lambda id: len(id) > 255),
    ),
    Fault(
        name="big-number-500",
        requirement="ID-2",
        summary="a number beyond 32 bits as id: 500",
        apply=_fails(_beyond_32_bits),
    ),
    Fault(
        name="null-in-id-500",
        requirement="ID-2",
        summary="a null character in an id: 500",
        apply=_fails(lambda id: "\0" in id),
    ),
    Fault(
        name="quote-in-id-500",
        requirement="ID-2",
        summary="a quote in an id: 500",
        apply=_fails(lambda id: "'" in id or '"' in id),
    ),
    Fault(
        name="astral-id-500",
        requirement="ID-2",
        summary="a character beyond 16 bits in an id: 500",
        apply=_fails(lambda id: any(ord(char) > 0xFFFF for char in id)),
    ),
    Fault(
        name="item-json-404",
        requirement="ID-3",
        summary="a record's URL with .json is 404",
        apply=answer_with(NOT_FOUND, where("GET", kinds=ITEMS, suffixes=(Form.JSON,))),
    ),
    Fault(
        name="item-xml-404",
        requirement="ID-3",
        summary="a record's URL with .xml is 404",
        apply=answer_with(NOT_FOUND, where("GET", kinds=ITEMS, suffixes=(Form.XML,))),
    ),
    Fault(
        name="group-suffix-400",
        requirement="ID-3",
        summary="a suffix after a group's id is taken for part of it: 400",
        apply=answer_with(
            Outcome(400, error="Invalid arguments"),
            where("GET", kinds=(Kind.GROUP,), suffixes=tuple(Form)),
        ),
    ),
    Fault(
        name="id-prefix-matches",
        requirement="ID-4",
        summary="the beginning of an id is enough",
        apply=_matching(lambda real, id: real.startswith(id)),
    ),
    Fault(
        name="id-extended-matches",
        requirement="ID-4",
        summary="what follows an id is ignored",
        apply=_matching(lambda real, id: id.startswith(real)),
    ),
    Fault(
        name="id-list-first",
        requirement="ID-4",
        summary="of ids separated by commas the first is served",
        apply=_matching(lambda real, id: id.split(",")[0] == real),
    ),
    Fault(
        name="id-null-cut",
        requirement="ID-4",
        summary="an id ends at a null character",
        apply=_matching(_cut_at("\0")),
    ),
    Fault(
        name="id-slash-cut",
        requirement="ID-4",
        summary="an id ends at an encoded slash",
        apply=_matching(_cut_at("/", "\\")),
    ),
    Fault(
        name="id-two-suffixes",
        requirement="ID-4",
        summary="after an id two suffixes are taken off",
        apply=_matching(lambda real, id: id != real and id.rsplit(".", 1)[0] == real),
    ),
    Fault(
        name="id-wildcards",
        requirement="ID-4",
        summary="*, ? and % in an id match anything",
        apply=_matching(_wildcard),
    ),
    Fault(
        name="id-decoded-twice",
        requirement="ID-4",
        summary="an id is percent-decoded twice",
        apply=on_path(_decode_twice),
    ),
    Fault(
        name="encoded-slash-splits",
        requirement="ID-4",
        summary="a path is decoded before it is split: .. in an id climbs",
        apply=on_path(_decode_first),
    ),
    Fault(
        name="id-in-html",
        requirement="ID-5",
        summary="a failure is text/html that repeats the id unescaped",
        apply=on_answer(_reflected_html, when=_ITEM),
    ),
    Fault(
        name="id-raw-in-xml",
        requirement="ID-5",
        summary="a failure in XML repeats the id unescaped",
        apply=on_answer(_reflected_raw, Form.XML, when=_ITEM),
    ),
    Fault(
        name="id-raw-in-json",
        requirement="ID-5",
        summary="a failure in JSON repeats the id unescaped",
        apply=on_answer(_reflected_raw, Form.JSON, when=_ITEM),
    ),
    Fault(
        name="placeholder-served",
        requirement="ID-6",
        summary="{userid} gets the first record",
        apply=_first(_placeholder),
    ),
    Fault(
        name="undefined-served",
        requirement="ID-6",
        summary="undefined, null and the like get the first record",
        apply=_first(lambda id: id.lower() in _WORDS),
    ),
)
