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
    Fault("json-suffix-xml", "FMT-1", ".json gets XML", _suffix_means(JSON, XML)),
    Fault("json-as-html", "FMT-1", "JSON is declared as text/html", media("text/html", JSON)),
    Fault(
        "json-as-text-on-put",
        "FMT-1",
        "PUT: JSON is declared as text/plain",
        media("text/plain", JSON, when=where("PUT")),
    ),
    Fault(
        "json-broken",
        "FMT-1",
        "JSON has a comma too many",
        _on_write(lambda body: body[:-1] + b",}", JSON),
    ),
    Fault(
        "json-broken-in-lists",
        "FMT-1",
        "JSON of lists lacks its last character",
        on_success_body(lambda body: body[:-1], JSON, when=where(kinds=COLLECTIONS)),
    ),
    Fault(
        "json-not-utf8",
        "FMT-1",
        "JSON in Latin-1 is declared as UTF-8",
        _on_write(_not_utf8("backslashreplace"), JSON),
    ),
    Fault("xml-suffix-json", "FMT-2", ".xml gets JSON", _suffix_means(XML, JSON)),
    Fault("xml-as-text", "FMT-2", "XML is declared as text/plain", media("text/plain", XML)),
    Fault(
        "xml-as-html-on-delete",
        "FMT-2",
        "DELETE: XML is declared as text/html",
        media("text/html", XML, when=where("DELETE")),
    ),
    Fault("xml-raw-ampersand", "FMT-2", "XML does not escape &", _on_write(_unescaped, XML)),
    Fault(
        "xml-unclosed-in-lists",
        "FMT-2",
        "XML of lists lacks its last tag",
        on_success_body(_unclosed, XML, when=where(kinds=COLLECTIONS)),
    ),
    Fault(
        "xml-not-utf8",
        "FMT-2",
        "XML in Latin-1 is declared as UTF-8",
        _on_write(_not_utf8("xmlcharrefreplace"), XML),
    ),
    Fault("default-json", "FMT-3", "no format gets JSON", _default_json(kinds=frozenset(Kind))),
    Fault("default-json-on-post", "FMT-3", "POST: no format gets JSON", _default_json("POST")),
    Fault("default-json-on-put", "FMT-3", "PUT: no format gets JSON", _default_json("PUT")),
    Fault(
        "default-json-on-delete", "FMT-3", "DELETE: no format gets JSON", _default_json("DELETE")
    ),
    Fault(
        "default-json-on-items",
        "FMT-3",
        "items: no format gets JSON",
        _default_json("GET", kinds=ITEMS),
    ),
    Fault("suffix-not-on-post", "FMT-5", "POST with a suffix is 404", _no_suffix("POST")),
    Fault("suffix-not-on-put", "FMT-5", "PUT with a suffix is 404", _no_suffix("PUT")),
    Fault("suffix-not-on-delete", "FMT-5", "DELETE with a suffix is 404", _no_suffix("DELETE")),
    Fault(
        "suffix-not-on-rewording",
        "FMT-5",
        "PUT of a comment with a suffix is 404",
        _no_suffix("PUT", kinds=(Kind.COMMENT,)),
    ),
    Fault(
        "suffix-not-on-collections",
        "FMT-5",
        "GET of a collection with a suffix is 404",
        _no_suffix("GET", kinds=COLLECTIONS),
    ),
    Fault(
        "content-type-over-suffix",
        "FMT-6",
        "Content-Type decides against the suffix",
        _prefer(lambda asked, place, _: _content_type(asked) if place.suffix else None),
    ),
    Fault(
        "json-type-over-suffix",
        "FMT-6",
        "Content-Type: application/json gets JSON in spite of .xml",
        _prefer(
            lambda asked, place, _: (
                JSON if place.suffix is XML and _content_type(asked) is JSON else None
            )
        ),
    ),
    Fault(
        "accept-over-suffix",
        "FMT-6",
        "Accept decides against the suffix",
        _prefer(lambda asked, place, _: _accept(asked) if place.suffix else None),
    ),
    Fault("any-suffix", "FMT-7", ".yaml and the like are served as XML", on_path(_any_suffix)),
    Fault("accept-ignored", "FMT-8", "Accept is not looked at", _ignore_header("accept")),
    Fault(
        "accept-json-406",
        "FMT-8",
        "no suffix and Accept: application/json: 406",
        answer_with(
            Outcome(406, error="Not acceptable"),
            lambda call: (
                call.place.suffix is None
                and "content-type" not in call.asked.headers
                and _accept(call.asked) is JSON
            ),
        ),
    ),
    Fault("query-after-suffix-404", "FMT-9", "a suffix and a query together: 404", _refuse_query),
    Fault(
        "query-hides-suffix",
        "FMT-9",
        "a query makes the suffix count for nothing",
        _no_suffix_with_query,
    ),
    Fault(
        "dotted-name-cut",
        "FMT-10",
        "a user name loses what follows its last dot",
        _cut_dotted_when(suffixed=False),
    ),
    Fault(
        "dotted-name-cut-with-suffix",
        "FMT-10",
        "with a suffix, a user name loses what follows its last dot",
        _cut_dotted_when(suffixed=True),
    ),
    Fault(
        "error-json-by-default", "FMT-11", "errors are JSON with no format", _errors(_error_as_json)
    ),
    Fault(
        "error-json-to-writes",
        "FMT-11",
        "errors of PUT and DELETE are JSON with no format",
        _errors(_error_as_json, where("PUT", "DELETE")),
    ),
    Fault(
        "error-malformed",
        "FMT-11",
        "errors in XML lack the last tag",
        _errors(lambda answer, _: replace(answer, body=_unclosed(answer.body))),
    ),
    Fault(
        "error-json-as-xml",
        "FMT-11",
        "errors are JSON declared as XML",
        _errors(lambda answer, form: redeclare(_error_as_json(answer, form), MEDIA[XML])),
    ),
    Fault(
        "content-type-ignored",
        "FMT-12",
        "no suffix: Content-Type is not looked at",
        _ignore_header("content-type"),
    ),
    Fault(
        "content-type-xml-json",
        "FMT-12",
        "no suffix: Content-Type text/xml gets JSON",
        _prefer(
            lambda asked, place, _: (
                JSON
                if place.suffix is None and _accept(asked) is None and _content_type(asked) is XML
                else None
            )
        ),
    ),
)
