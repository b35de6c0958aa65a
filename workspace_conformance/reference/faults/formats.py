"""Faults of the two forms: which one is answered, and whether it is well-formed."""

import re
from collections.abc import Callable, Collection
from dataclasses import replace

from ..formats import MEDIA, accepted, write_json
from ..parts import Parts
from ..values import Answer, Asked, Call, Form, Json, Kind, Outcome, Place
from .calls import COLLECTIONS, ITEMS, RECORDS, When, record_of, where
from .model import Fault
from .wrapping import (
    NOT_FOUND,
    Apply,
    answer_with,
    media,
    on_answer,
    on_choice,
    on_path,
    on_success_body,
    redeclare,
)

JSON, XML = Form.JSON, Form.XML
_SUFFIXED = (JSON, XML)


def _named(asked: Asked) -> Form | None:
    """The form that Accept or Content-Type asks for."""
    media_type = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
    by_type = {"application/json": JSON, "text/xml": XML}.get(media_type)
    return accepted(asked.headers.get("accept", "")) or by_type


def _prefer(wanted: Callable[[Asked, Place, Form], Form | None]) -> Apply:
    return on_choice(lambda asked, place, form: wanted(asked, place, form) or form)


def _default_json(*methods: str, kinds: Collection[Kind] = RECORDS) -> Apply:
    """Answer JSON where no format is specified."""

    def wanted(asked: Asked, place: Place, form: Form) -> Form | None:
        unspecified = place.suffix is None and _named(asked) is None
        fits = (not methods or asked.method in methods) and place.kind in kinds
        return JSON if unspecified and fits else None

    return _prefer(wanted)


def _suffix_means(suffix: Form, form: Form) -> Apply:
    return _prefer(lambda _, place, __: form if place.suffix is suffix else None)


def _content_type(asked: Asked) -> Form | None:
    return _named(replace(asked, headers={**asked.headers, "accept": ""}))


def _accept(asked: Asked) -> Form | None:
    return accepted(asked.headers.get("accept", ""))


def _without(asked: Asked, header: str) -> Asked:
    return replace(asked, headers={k: v for k, v in asked.headers.items() if k != header})


def _ignore_header(header: str) -> Apply:
    def apply(parts: Parts) -> None:
        inner = parts.choose
        parts.choose = lambda asked, place: inner(_without(asked, header), place)

    return apply


def _no_suffix(*methods: str, kinds: Collection[Kind] = RECORDS) -> Apply:
    return answer_with(NOT_FOUND, where(*methods, kinds=kinds, suffixes=_SUFFIXED))


def _on_write(change: Callable[[bytes], bytes], *forms: Form) -> Apply:
    return on_success_body(change, *forms)


def _not_utf8(errors: str) -> Callable[[bytes], bytes]:
    """Latin-1; `errors` says how letters that it lacks are escaped."""
    return lambda body: body.decode("utf-8").encode("latin-1", errors)


def _unclosed(body: bytes) -> bytes:
    return body.removesuffix(b"</result>")


def _unescaped(body: bytes) -> bytes:
    return body.replace(b"&amp;", b"&")


def _errors(change: Callable[[Answer, Form], Answer], when: When = lambda call: True) -> Apply:
    """Change failures where no format is specified."""

    def apply(parts: Parts) -> None:
        def changed(call: Call, outcome: Outcome, answer: Answer) -> Answer:
            unspecified = call.place.suffix is None and _named(call.asked) is None
            if outcome.error is None or not unspecified:
                return answer
            return change(answer, XML)

        on_answer(changed, when=when)(parts)

    return apply


def _error_as_json(answer: Answer, form: Form) -> Answer:
    error: Json = {"status": 1, "statusCode": answer.status, "error": {"message": "Failed"}}
    return replace(redeclare(answer, MEDIA[JSON]), body=write_json(error))


def _cut_dotted_when(suffixed: bool) -> Apply:
    """Cut what follows the last dot of a user name."""

    def apply(parts: Parts) -> None:
        inner = parts.locate

        def locate(asked: Asked) -> Place:
            place = inner(asked)
            known = place.kind is Kind.PERSON and record_of(parts, place) is not None
            if not known or "." not in place.id or (place.suffix is not None) != suffixed:
                return place
            return replace(place, id=place.id.rpartition(".")[0])

        parts.locate = locate

    return apply


def _refuse_query(parts: Parts) -> None:
    answer_with(
        NOT_FOUND,
        lambda call: bool(call.asked.query) and where(suffixes=_SUFFIXED)(call),
    )(parts)


def _no_suffix_with_query(parts: Parts) -> None:
    inner = parts.choose
    parts.choose = lambda asked, place: inner(
        asked, replace(place, suffix=None) if asked.query else place
    )


def _any_suffix(path: str) -> str:
    return re.sub(r"\.(?:yaml|yml|csv|txt|html|rss|atom|bson)$", "", path)


FAULTS = (
    Fault(
        name="json-suffix-xml",
        requirement="FMT-1",
        summary=".json gets XML",
        apply=_suffix_means(JSON, XML),
    ),
    Fault(
        name="json-as-html",
        requirement="FMT-1",
        summary="JSON is declared as text/html",
        apply=media("text/html", JSON),
    ),
    Fault(
        name="json-as-text-on-put",
        requirement="FMT-1",
        summary="PUT: JSON is declared as text/plain",
        apply=media("text/plain", JSON, when=where("PUT")),
    ),
    Fault(
        name="json-broken",
        requirement="FMT-1",
        summary="JSON has a comma too many",
        apply=_on_write(lambda body: body[:-1] + b",}", JSON),
    ),
    Fault(
        name="json-broken-in-lists",
        requirement="FMT-1",
        summary="JSON of lists lacks its last character",
        apply=on_success_body(lambda body: body[:-1], JSON, when=where(kinds=COLLECTIONS)),
    ),
    Fault(
        name="json-not-utf8",
        requirement="FMT-1",
        summary="JSON in Latin-1 is declared as UTF-8",
        apply=_on_write(_not_utf8("backslashreplace"), JSON),
    ),
    Fault(
        name="xml-suffix-json",
        requirement="FMT-2",
        summary=".xml gets JSON",
        apply=_suffix_means(XML, JSON),
    ),
    Fault(
        name="xml-as-text",
        requirement="FMT-2",
        summary="XML is declared as text/plain",
        apply=media("text/plain", XML),
    ),
    Fault(
        name="xml-as-html-on-delete",
        requirement="FMT-2",
        summary="DELETE: XML is declared as text/html",
        apply=media("text/html", XML, when=where("DELETE")),
    ),
    Fault(
        name="xml-raw-ampersand",
        requirement="FMT-2",
        summary="XML does not escape &",
        apply=_on_write(_unescaped, XML),
    ),
    Fault(
        name="xml-unclosed-in-lists",
        requirement="FMT-2",
        summary="XML of lists lacks its last tag",
        apply=on_success_body(_unclosed, XML, when=where(kinds=COLLECTIONS)),
    ),
    Fault(
        name="xml-not-utf8",
        requirement="FMT-2",
        summary="XML in Latin-1 is declared as UTF-8",
        apply=_on_write(_not_utf8("xmlcharrefreplace"), XML),
    ),
    Fault(
        name="default-json",
        requirement="FMT-3",
        summary="no format gets JSON",
        apply=_default_json(kinds=frozenset(Kind)),
    ),
    Fault(
        name="default-json-on-post",
        requirement="FMT-3",
        summary="POST: no format gets JSON",
        apply=_default_json("POST"),
    ),
    Fault(
        name="default-json-on-put",
        requirement="FMT-3",
        summary="PUT: no format gets JSON",
        apply=_default_json("PUT"),
    ),
    Fault(
        name="default-json-on-delete",
        requirement="FMT-3",
        summary="DELETE: no format gets JSON",
        apply=_default_json("DELETE"),
    ),
    Fault(
        name="default-json-on-items",
        requirement="FMT-3",
        summary="items: no format gets JSON",
        apply=_default_json("GET", kinds=ITEMS),
    ),
    Fault(
        name="suffix-not-on-post",
        requirement="FMT-5",
        summary="POST with a suffix is 404",
        apply=_no_suffix("POST"),
    ),
    Fault(
        name="suffix-not-on-put",
        requirement="FMT-5",
        summary="PUT with a suffix is 404",
        apply=_no_suffix("PUT"),
    ),
    Fault(
        name="suffix-not-on-delete",
        requirement="FMT-5",
        summary="DELETE with a suffix is 404",
        apply=_no_suffix("DELETE"),
    ),
    Fault(
        name="suffix-not-on-rewording",
        requirement="FMT-5",
        summary="PUT of a comment with a suffix is 404",
        apply=_no_suffix("PUT", kinds=(Kind.COMMENT,)),
    ),
    Fault(
        name="suffix-not-on-collections",
        requirement="FMT-5",
        summary="GET of a collection with a suffix is 404",
        apply=_no_suffix("GET", kinds=COLLECTIONS),
    ),
    Fault(
        name="content-type-over-suffix",
        requirement="FMT-6",
        summary="Content-Type decides against the suffix",
        apply=_prefer(lambda asked, place, _: _content_type(asked) if place.suffix else None),
    ),
    Fault(
        name="json-type-over-suffix",
        requirement="FMT-6",
        summary="Content-Type: application/json gets JSON in spite of .xml",
        apply=_prefer(
            lambda asked, place, _: (
                JSON if place.suffix is XML and _content_type(asked) is JSON else None
            )
        ),
    ),
    Fault(
        name="accept-over-suffix",
        requirement="FMT-6",
        summary="Accept decides against the suffix",
        apply=_prefer(lambda asked, place, _: _accept(asked) if place.suffix else None),
    ),
    Fault(
        name="any-suffix",
        requirement="FMT-7",
        summary=".yaml and the like are served as XML",
        apply=on_path(_any_suffix),
    ),
    Fault(
        name="accept-ignored",
        requirement="FMT-8",
        summary="Accept is not looked at",
        apply=_ignore_header("accept"),
    ),
    Fault(
        name="accept-json-406",
        requirement="FMT-8",
        summary="no suffix and Accept: application/json: 406",
        apply=answer_with(
            Outcome(406, error="Not acceptable"),
            lambda call: (
                call.place.suffix is None
                and "content-type" not in call.asked.headers
                and _accept(call.asked) is JSON
            ),
        ),
    ),
    Fault(
        name="query-after-suffix-404",
        requirement="FMT-9",
        summary="a suffix and a query together: 404",
        apply=_refuse_query,
    ),
    Fault(
        name="query-hides-suffix",
        requirement="FMT-9",
        summary="a query makes the suffix count for nothing",
        apply=_no_suffix_with_query,
    ),
    Fault(
        name="dotted-name-cut",
        requirement="FMT-10",
        summary="a user name loses what follows its last dot",
        apply=_cut_dotted_when(suffixed=False),
    ),
    Fault(
        name="dotted-name-cut-with-suffix",
        requirement="FMT-10",
        summary="with a suffix, a user name loses what follows its last dot",
        apply=_cut_dotted_when(suffixed=True),
    ),
    Fault(
        name="error-json-by-default",
        requirement="FMT-11",
        summary="errors are JSON with no format",
        apply=_errors(_error_as_json),
    ),
    Fault(
        name="error-json-to-writes",
        requirement="FMT-11",
        summary="errors of PUT and DELETE are JSON with no format",
        apply=_errors(_error_as_json, where("PUT", "DELETE")),
    ),
    Fault(
        name="error-malformed",
        requirement="FMT-11",
        summary="errors in XML lack the last tag",
        apply=_errors(lambda answer, _: replace(answer, body=_unclosed(answer.body))),
    ),
    Fault(
        name="error-json-as-xml",
        requirement="FMT-11",
        summary="errors are JSON declared as XML",
        apply=_errors(lambda answer, form: redeclare(_error_as_json(answer, form), MEDIA[XML])),
    ),
    Fault(
        name="content-type-ignored",
        requirement="FMT-12",
        summary="no suffix: Content-Type is not looked at",
        apply=_ignore_header("content-type"),
    ),
    Fault(
        name="content-type-xml-json",
        requirement="FMT-12",
        summary="no suffix: Content-Type text/xml gets JSON",
        apply=_prefer(
            lambda asked, place, _: (
                JSON
                if place.suffix is None and _accept(asked) is None and _content_type(asked) is XML
                else None
            )
        ),
    ),
)
