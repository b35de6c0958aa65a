"""Basic concepts, Making requests: a .json or .xml suffix chooses the format; XML is the default."""

from __future__ import annotations

import pytest

from workspace_conformance.checks import bodies, envelopes, repeated_reads
from workspace_conformance.checks.expectations import (
    declared,
    expect_media,
    expect_no_success,
    expect_readable,
    expect_success,
    given_failure,
    given_media,
    given_success,
    says_more_than_status,
    violation,
)
from workspace_conformance.checks.experiments import write
from workspace_conformance.contract.kinds import PERSON
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Untested
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import NOBODY, as_json, succeeded

LISTS = ["collection-1", "collection-2", "collection-3", "comments"]
ITEMS = ["self", "item-1", "item-2", "item-3"]
READABLE = [*LISTS, *ITEMS]
SOME = ["self", "collection-1", "collection-2", "item-1", "item-2"]
WRITES = ["POST", "PUT", "DELETE"]
PLACES = [1, 2, 3]

JSON_HEADERS = [("Content-Type", "application/json"), ("Accept", "application/json")]
SPECIAL_TEXTS = [
    "a & b < c > d \"e\" 'f' ]]> &amp; 50% Straße Жук 日本 👍",
    "a & b < c > d \"e\" 'f' ]]> &amp; 50% Straße Жук 日本",
]


# --- the suffix -----------------------------------------------------------------------------------


@pytest.mark.requirement("FMT-1")
@pytest.mark.parametrize("resource", READABLE)
def test_json_suffix_gives_json(portal: Portal, resource: str) -> None:
    """GET with .json: the media of a success is JSON."""
    expect_media(portal.get(portal.resource(resource).path, "json"), "json")


@pytest.mark.requirement("FMT-1")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", WRITES)
def test_json_suffix_gives_json_when_writing(portal: Portal, method: str, place: int) -> None:
    """POST, PUT and DELETE with .json: the media of a success is JSON."""
    expect_media(write(portal, method, place, "json"), "json")


@pytest.mark.requirement("FMT-2")
@pytest.mark.parametrize("resource", READABLE)
def test_xml_suffix_gives_xml(portal: Portal, resource: str) -> None:
    """GET with .xml: the media of a success is XML."""
    expect_media(portal.get(portal.resource(resource).path, "xml"), "xml")


@pytest.mark.requirement("FMT-2")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", WRITES)
def test_xml_suffix_gives_xml_when_writing(portal: Portal, method: str, place: int) -> None:
    """POST and PUT of a form, and DELETE, with .xml: the media of a success is XML."""
    expect_media(write(portal, method, place, "xml"), "xml")


@pytest.mark.requirement("FMT-3")
@pytest.mark.parametrize("resource", READABLE)
def test_no_format_gives_xml(portal: Portal, resource: str) -> None:
    """GET with no suffix, and no header that names a format: the media of a success is XML."""
    expect_media(portal.get(portal.resource(resource).path), "xml")


@pytest.mark.requirement("FMT-3")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", WRITES)
def test_no_format_gives_xml_when_writing(portal: Portal, method: str, place: int) -> None:
    """POST and PUT of a form, and DELETE, with no suffix: the media of a success is XML."""
    expect_media(write(portal, method, place, ""), "xml")


@pytest.mark.requirement("FMT-4")
@pytest.mark.parametrize("resource", READABLE)
def test_both_forms_carry_the_same_data(portal: Portal, resource: str) -> None:
    """GET with .json and with .xml: what the one says, the other says."""
    repeated_reads.expect_same_data(portal, portal.resource(resource).path)


@pytest.mark.requirement("FMT-4")
@pytest.mark.writes
def test_both_forms_carry_the_same_characters(portal: Portal) -> None:
    """A record with mark-up, quotes and letters of many scripts reads the same in both forms."""
    kind = portal.creatable()[0]
    for number, text in enumerate(SPECIAL_TEXTS, 1):
        try:
            record = portal.make(kind, "characters", number, text=text)
        except Untested:
            if number == len(SPECIAL_TEXTS):
                raise
        else:
            repeated_reads.expect_same_data(portal, record.path)
            return


@pytest.mark.requirement("FMT-5")
@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize("resource", READABLE)
def test_reading_takes_a_suffix(portal: Portal, resource: str, fmt: str) -> None:
    """GET on lists and on records takes either suffix, where the resource is served at all."""
    path = portal.resource(resource).path
    given_success(portal.served(path), "the resource in any form")
    expect_success(portal.get(path, fmt))


@pytest.mark.requirement("FMT-5")
@pytest.mark.writes
@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", WRITES)
def test_writing_takes_a_suffix(portal: Portal, method: str, place: int, fmt: str) -> None:
    """POST on lists, PUT and DELETE on records take either suffix, where they work in any form."""
    asked = write(portal, method, place, fmt)
    if not succeeded(asked):
        others = [
            write(portal, method, place, other) for other in ("json", "xml", "") if other != fmt
        ]
        if not any(succeeded(other) for other in others):
            given_success(asked, f"{method} in any form")
        bodies.given_suffix_to_blame(portal, asked, portal.kind_at(place), method, fmt)
    expect_success(asked)


@pytest.mark.requirement("FMT-6")
@pytest.mark.writes
def test_suffix_decides_against_a_json_body(portal: Portal) -> None:
    """PUT of a JSON body with .xml and Accept: application/json: the suffix decides."""
    record = portal.spare(portal.creatable()[0])
    given_media(portal.get(record.path, "xml"), "xml")
    fields = portal.changes(record.kind, record.name)
    expect_media(
        portal.ask("PUT", record.path, "xml", body=as_json(fields), headers=JSON_HEADERS[1:]), "xml"
    )


@pytest.mark.requirement("FMT-7")
@pytest.mark.parametrize("resource", SOME)
def test_undocumented_suffix_does_not_succeed(portal: Portal, resource: str) -> None:
    """GET with .yaml, which is no documented format, does not succeed."""
    found = portal.resource(resource)
    given_success(portal.served(found.path), "the resource in a documented form")
    asked = portal.get(found.path, "yaml")
    if succeeded(asked):  # perhaps it is not the suffix that succeeds, but whatever stands there
        given_failure(portal.get(f"{found.path}-yaml"))
    expect_no_success(asked)


@pytest.mark.requirement("FMT-9")
@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize("resource", LISTS[:3])
def test_suffix_works_with_a_query(portal: Portal, resource: str, fmt: str) -> None:
    """GET with a suffix and the documented paging parameters: served, in the suffix's format."""
    path = portal.resource(resource).path
    given_media(portal.get(path, fmt), fmt)
    exchange = portal.get(path, fmt, query="count=2&startIndex=0")
    expect_success(exchange)
    expect_media(exchange, fmt)


# --- other ways to name a format ------------------------------------------------------------------


@pytest.mark.requirement("FMT-8")
@pytest.mark.parametrize("resource", ["self", "collection-1", "item-1"])
def test_accept_names_the_format(portal: Portal, resource: str) -> None:
    """GET with no suffix and Accept: application/json gets JSON."""
    path = portal.resource(resource).path
    given_media(portal.get(path, "json"), "json")
    exchange = portal.get(path, headers=JSON_HEADERS[1:])
    expect_success(exchange)
    expect_media(exchange, "json")


@pytest.mark.requirement("FMT-12")
@pytest.mark.parametrize(("media", "wanted"), [("application/json", "json"), ("text/xml", "xml")])
@pytest.mark.parametrize("resource", ["self", "collection-1", "item-1"])
def test_content_type_names_the_format(
    portal: Portal, resource: str, media: str, wanted: str
) -> None:
    """GET with no suffix and a Content-Type of application/json or text/xml gets that format."""
    path = portal.resource(resource).path
    given_media(portal.get(path, wanted), wanted)
    exchange = portal.get(path, headers=[("Content-Type", media)])
    if wanted == "xml":  # whether the headers that clients are told to send are served says REQ-4
        expect_success(exchange)
    expect_media(exchange, wanted)


# --- ids with a dot, and errors -------------------------------------------------------------------


@pytest.mark.requirement("FMT-10")
@pytest.mark.parametrize("fmt", ["", "json", "xml"])
def test_an_id_with_a_dot_is_served(portal: Portal, fmt: str) -> None:
    """GET people/{userName} with a user name that holds a dot serves that person."""
    person = repeated_reads.dotted_person(portal)
    name, identity = contents.text(person, "userName"), contents.text(person, "id")
    given_success(portal.get(f"{PERSON.collection}/{encode(identity)}", fmt), "the person's id")
    exchange = portal.get(f"{PERSON.collection}/{encode(name)}", fmt)
    expect_success(exchange)
    found = contents.text(contents.record(exchange), "id")
    if found and found != identity:
        violation(exchange, f"serves the record {found} where {identity} was asked for")


@pytest.mark.requirement("FMT-11")
@pytest.mark.parametrize("cause", ["no credential", "unknown record", "unknown path"])
def test_errors_are_xml_when_no_format_is_named(portal: Portal, cause: str) -> None:
    """An error that carries information, asked for with no format specified, is XML and well-
    formed.
    """
    _expect_xml_error(repeated_reads.provoke(portal, cause, ""))


def _expect_xml_error(exchange: Exchange) -> None:
    __tracebackhide__ = True
    response = given_failure(exchange)
    if response.body and says_more_than_status(response):
        found = declared(exchange)
        if found is None or not found.is_xml:
            violation(
                exchange, f"declares {found or 'no media type'} for error information; expected XML"
            )
    expect_readable(exchange)


@pytest.mark.requirement("FMT-11")
@pytest.mark.writes
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_errors_of_writes_are_xml_when_no_format_is_named(portal: Portal, method: str) -> None:
    """The same where a write to a record that cannot be found fails."""
    for place in PLACES:
        exchange = envelopes.unknown_write(portal, method, place, "")
        _expect_xml_error(exchange)


@pytest.mark.requirement("FMT-11")
@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize("cause", ["no credential", "unknown record", "unknown path"])
def test_errors_are_well_formed(portal: Portal, cause: str, fmt: str) -> None:
    """An error asked for with a suffix is well-formed in whatever media it declares."""
    exchange = repeated_reads.provoke(portal, cause, fmt)
    given_failure(exchange)
    expect_readable(exchange)


@pytest.mark.requirement("FMT-11")
@pytest.mark.parametrize("resource", ["self", "collection-1", "item-1"])
def test_a_refusal_is_well_formed(portal: Portal, resource: str) -> None:
    """A 401 is well-formed in whatever media it declares."""
    exchange = portal.get(portal.resource(resource).path, "json", credential=NOBODY)
    given_failure(exchange)
    expect_readable(exchange)
