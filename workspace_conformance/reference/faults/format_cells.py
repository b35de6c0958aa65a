"""Faults of formats in one cell: with one shape of the headers, or one kind of query, alone."""

from collections.abc import Callable, Collection
from dataclasses import replace

from ..formats import accepted
from ..parts import Parts
from ..values import Asked, Call, Form, Json, Kind, Outcome, Place
from .calls import ABOUT_PEOPLE, COLLECTIONS, ITEMS, RECORDS, When, where
from .model import Fault
from .wrapping import NOT_FOUND, Apply, Members, answer_with, on_choice, on_envelope, status

JSON, XML = Form.JSON, Form.XML
_COMMENTS = frozenset((Kind.COMMENTS, Kind.COMMENT))
_GROUPS = frozenset((Kind.GROUPS, Kind.GROUP))
_SUFFIXED = (JSON, XML)


def _in_form(
    find: Callable[[Asked, Place], Form | None], kinds: Collection[Kind] = RECORDS, *methods: str
) -> Apply:
    """Answer in the form that `find` gives, where it gives one."""

    def change(asked: Asked, place: Place, form: Form) -> Form:
        fits = place.kind in kinds and (not methods or asked.method in methods)
        return (find(asked, place) if fits else None) or form

    return on_choice(change)


def _of_several(asked: Asked) -> Form | None:
    """The form that is wanted most in an Accept of several media types."""
    accept = asked.headers.get("accept", "")
    return accepted(accept) if "," in accept else None


def _without_accept(call: Call) -> bool:
    return "accept" not in call.asked.headers


def _on(more: When, when: When) -> When:
    return lambda call: more(call) and when(call)


def _end_of_query(asked: Asked) -> Form | None:
    return next((form for form in Form if asked.query.endswith(f".{form}")), None)


def _exact_type(parts: Parts) -> None:
    """Know a Content-Type only as it is written in books, and without parameters."""
    inner = parts.choose

    def choose(asked: Asked, place: Place) -> Form:
        media = asked.headers.get("content-type", "")
        if media in ("", "application/json", "text/xml") or place.suffix is not None:
            return inner(asked, place)
        headers = {name: value for name, value in asked.headers.items() if name != "content-type"}
        return inner(replace(asked, headers=headers), place)

    parts.choose = choose


def _bare(call: Call, outcome: Outcome, members: Members) -> Json:
    return members.get("response", members)


def _told(call: Call) -> bool:
    headers = call.asked.headers
    return headers.get("accept") == headers.get("content-type") == "application/json"


FAULTS = (
    Fault(
        name="accept-list-over-suffix",
        requirement="FMT-6",
        summary="comments: an Accept of several decides against the suffix",
        apply=_in_form(
            lambda asked, place: _of_several(asked) if place.suffix else None, _COMMENTS
        ),
    ),
    Fault(
        name="accept-list-for-people",
        requirement="FMT-6",
        summary="people: an Accept of several decides against the suffix",
        apply=_in_form(
            lambda asked, place: _of_several(asked) if place.suffix else None, (Kind.PEOPLE,)
        ),
    ),
    Fault(
        name="accept-list-ignored",
        requirement="FMT-8",
        summary="no suffix: an Accept of several is not looked at",
        apply=_in_form(
            lambda asked, place: XML if not place.suffix and _of_several(asked) else None
        ),
    ),
    Fault(
        name="accept-missing-json",
        requirement="FMT-3",
        summary="groups: without Accept no format gets JSON",
        apply=_in_form(
            lambda asked, place: (
                JSON
                if not place.suffix and not {"accept", "content-type"} & asked.headers.keys()
                else None
            ),
            _GROUPS,
            "GET",
        ),
    ),
    Fault(
        name="accept-missing-406",
        requirement="FMT-5",
        summary="people: a suffix without Accept is 406",
        apply=answer_with(
            Outcome(406, error="Not acceptable"),
            _on(_without_accept, where("GET", kinds=ABOUT_PEOPLE, suffixes=_SUFFIXED)),
        ),
    ),
    Fault(
        name="accept-missing-xml",
        requirement="FMT-1",
        summary="posts: .json without Accept gets XML",
        apply=_in_form(
            lambda asked, place: (
                XML if place.suffix is JSON and "accept" not in asked.headers else None
            ),
            (Kind.POSTS, Kind.POST),
            "GET",
        ),
    ),
    Fault(
        name="accept-missing-201",
        requirement="STA-1",
        summary="GET of a record without Accept is 201",
        apply=status(201, _on(_without_accept, where("GET", kinds=ITEMS))),
    ),
    Fault(
        name="accept-list-no-envelope",
        requirement="ENV-1",
        summary="JSON has no envelope where Accept names several",
        apply=on_envelope(_bare, JSON, when=lambda call: _of_several(call.asked) is not None),
    ),
    Fault(
        name="told-headers-not-with-xml",
        requirement="REQ-4",
        summary="GET with .xml and the headers told to clients: 406",
        apply=answer_with(
            Outcome(406, error="Not acceptable"), _on(_told, where("GET", suffixes=(XML,)))
        ),
    ),
    Fault(
        name="query-ends-as-suffix",
        requirement="FMT-9",
        summary="records: a suffix that ends the query decides",
        apply=_in_form(lambda asked, place: _end_of_query(asked) if place.suffix else None, ITEMS),
    ),
    Fault(
        name="query-ends-as-suffix-lists",
        requirement="FMT-3",
        summary="lists without suffix: one that ends the query is taken",
        apply=_in_form(
            lambda asked, place: (
                _end_of_query(asked)
                if not place.suffix and not {"accept", "content-type"} & asked.headers.keys()
                else None
            ),
            COLLECTIONS,
            "GET",
        ),
    ),
    Fault(
        name="query-slash-404",
        requirement="FMT-9",
        summary="a slash in the query is taken for the path's",
        apply=answer_with(
            NOT_FOUND, lambda call: "/" in call.asked.query and where(suffixes=_SUFFIXED)(call)
        ),
    ),
    Fault(
        name="query-second-mark-404",
        requirement="FMT-9",
        summary="a suffix and a second question mark: 404",
        apply=answer_with(
            NOT_FOUND, lambda call: "?" in call.asked.query and where(suffixes=_SUFFIXED)(call)
        ),
    ),
    Fault(
        name="content-type-exactly",
        requirement="FMT-12",
        summary="no suffix: Content-Type counts in small letters alone",
        apply=_exact_type,
    ),
)
