"""Basic concepts, Making requests, cell by cell: what is due for one resource, form, shape of the
headers or query is due for the others, pair by pair.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from workspace_conformance.checks import envelopes, shapes
from workspace_conformance.checks.expectations import (
    expect_media,
    expect_status,
    expect_success,
    given_media,
    given_success,
)
from workspace_conformance.contract.cells import cells
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Untested
from workspace_conformance.portal.records import Portal

READINGS = cells("readings")
RESOURCES = list(dict.fromkeys(cell["resource"] for cell in READINGS))


def _those(wanted: Callable[[shapes.Cell], bool]) -> pytest.MarkDecorator:
    """Parametrize with the cells that are wanted."""
    return pytest.mark.parametrize(
        "cell",
        [
            pytest.param(cell, id=" ".join(value or "none" for value in cell.values()))
            for cell in READINGS
            if wanted(cell)
        ],
    )


def _ask(portal: Portal, cell: shapes.Cell) -> Exchange:
    return portal.get(
        portal.resource(cell["resource"]).path,
        cell["form"],
        query=shapes.query(cell),
        headers=shapes.headers(cell),
        bare=cell["shape"] == "bare",
    )


def _given_plain(portal: Portal, cell: shapes.Cell) -> None:
    """The control: what is due is what a plain request gets."""
    __tracebackhide__ = True
    wanted = shapes.due(cell)
    plain = "" if shapes.of_shape(cell) == "FMT-3" else wanted
    given_media(portal.get(portal.resource(cell["resource"]).path, plain), wanted)


def _judged(portal: Portal, cell: shapes.Cell, *judged: str) -> Exchange:
    """The exchange by which the media of a cell is judged."""
    __tracebackhide__ = True
    wanted = shapes.due(cell)
    return shapes.blamed(
        cell,
        *judged,
        ask=partial(_ask, portal),
        is_right=lambda exchange: shapes.is_served_as(exchange, wanted),
    )


def _expect_due(portal: Portal, cell: shapes.Cell) -> None:
    __tracebackhide__ = True
    _given_plain(portal, cell)
    both = shapes.of_query(cell) == shapes.of_shape(cell)
    exchange = _judged(portal, cell, "shape", *(["query"] if both else []))
    if cell["shape"] == "contrary":  # it takes whatever comes, if it must
        expect_success(exchange)
    expect_media(exchange, shapes.due(cell))


def _expect_served(portal: Portal, cell: shapes.Cell) -> None:
    """The headers of a cell keep it from no success: the same is served with the usual ones."""
    __tracebackhide__ = True
    path = portal.resource(cell["resource"]).path
    given_success(portal.get(path, cell["form"]), "the same request with the usual headers")
    ask = partial(_ask, portal)
    expect_success(shapes.blamed(cell, "shape", ask=ask, is_right=shapes.is_served))


@pytest.mark.requirement("FMT-1")
@_those(lambda cell: shapes.of_shape(cell) == "FMT-1")
def test_json_suffix_decides_in_any_shape(portal: Portal, cell: shapes.Cell) -> None:
    """GET with .json: JSON without Accept, and with headers that name JSON in any spelling."""
    _expect_due(portal, cell)


@pytest.mark.requirement("FMT-2")
@_those(lambda cell: shapes.of_shape(cell) == "FMT-2")
def test_xml_suffix_decides_without_accept(portal: Portal, cell: shapes.Cell) -> None:
    """GET with .xml and no Accept at all: XML."""
    _expect_due(portal, cell)


@pytest.mark.requirement("FMT-3")
@_those(lambda cell: shapes.of_shape(cell) == "FMT-3")
def test_no_format_gives_xml_without_accept(portal: Portal, cell: shapes.Cell) -> None:
    """GET with no suffix, no Accept at all, and a query that looks like a suffix: XML."""
    _expect_due(portal, cell)


@pytest.mark.requirement("FMT-5")
@_those(lambda cell: cell["form"] != "" and cell["shape"] == "bare")
def test_reading_takes_a_suffix_without_accept(portal: Portal, cell: shapes.Cell) -> None:
    """GET with a suffix is served without Accept where it is served with it."""
    _expect_served(portal, cell)


@pytest.mark.requirement("FMT-6")
@_those(lambda cell: shapes.of_shape(cell) == "FMT-6")
def test_suffix_decides_against_any_headers(portal: Portal, cell: shapes.Cell) -> None:
    """GET with a suffix, and headers that name the other format: the suffix decides."""
    _expect_due(portal, cell)


@pytest.mark.requirement("FMT-8")
@_those(lambda cell: shapes.of_shape(cell) == "FMT-8")
def test_accept_names_the_format_among_several(portal: Portal, cell: shapes.Cell) -> None:
    """GET with no suffix: JSON where it is what Accept wants most, or all that the headers name."""
    _expect_due(portal, cell)


@pytest.mark.requirement("FMT-9")
@_those(lambda cell: cell["form"] != "")
def test_suffix_works_with_any_query(portal: Portal, cell: shapes.Cell) -> None:
    """GET with a suffix and a query that looks like a path or another suffix: as without it."""
    _given_plain(portal, cell)
    exchange = _judged(portal, cell, "query")
    expect_success(exchange)
    expect_media(exchange, shapes.due(cell))


@pytest.mark.requirement("FMT-12")
@_those(lambda cell: shapes.of_shape(cell) == "FMT-12")
def test_content_type_names_the_format_in_any_case(portal: Portal, cell: shapes.Cell) -> None:
    """GET with no suffix and Content-Type: JSON, in other letter case and with a charset: JSON."""
    _expect_due(portal, cell)


@pytest.mark.requirement("REQ-4")
@_those(lambda cell: cell["shape"] == "told")
def test_every_reading_takes_the_told_headers(portal: Portal, cell: shapes.Cell) -> None:
    """GET with Content-Type and Accept both application/json is served, in every form."""
    _expect_served(portal, cell)


# --- status and envelope --------------------------------------------------------------------------


def _of(portal: Portal, resource: str) -> list[tuple[Exchange, str]]:
    """The successes among the cells of a resource that are in the media due, with that."""
    found: list[tuple[Exchange, str]] = []
    for cell in READINGS:
        if cell["resource"] == resource:
            asked = _ask(portal, cell)
            if not shapes.is_served(asked):  # perhaps for its query
                asked = _ask(portal, {**cell, "query": ""})
            found.append((asked, shapes.due(cell)))
    served = [(each, wanted) for each, wanted in found if shapes.is_served_as(each, wanted)]
    if not served:
        given_success(found[0][0], "any of these requests")
        given_media(*found[0])
    return served


@pytest.mark.requirement("STA-1")
@pytest.mark.parametrize("resource", RESOURCES)
def test_a_query_in_any_shape_answers_200(portal: Portal, resource: str) -> None:
    """GET answers 200, whatever its headers and its query."""
    for exchange, _ in _of(portal, resource):
        expect_status(exchange, 200)


@pytest.mark.requirement("STA-6")
@pytest.mark.parametrize("resource", RESOURCES)
def test_success_says_success_in_any_shape(portal: Portal, resource: str) -> None:
    """The envelope agrees with the status, whatever the headers and the query."""
    for exchange, _ in _of(portal, resource):
        envelopes.expect_agreement(exchange)


def _expect_envelopes(portal: Portal, resource: str, form: str) -> None:
    __tracebackhide__ = True
    for exchange, wanted in _of(portal, resource):
        if wanted == form:
            envelopes.expect_envelope(exchange, wanted)


@pytest.mark.requirement("ENV-1")
@pytest.mark.parametrize("resource", RESOURCES)
def test_json_in_any_shape_is_an_envelope(portal: Portal, resource: str) -> None:
    """JSON is an envelope, whatever the headers and the query."""
    _expect_envelopes(portal, resource, "json")


@pytest.mark.requirement("ENV-2")
@pytest.mark.parametrize("resource", RESOURCES)
def test_xml_in_any_shape_is_an_envelope(portal: Portal, resource: str) -> None:
    """XML is an envelope, whatever the headers and the query."""
    _expect_envelopes(portal, resource, "xml")


@pytest.mark.requirement("ENV-3")
@pytest.mark.parametrize("resource", RESOURCES)
def test_count_in_any_shape_is_that_of_the_items(portal: Portal, resource: str) -> None:
    """count is the number of items shown, whatever the headers and the query."""
    unjudged: Untested | None = None
    for exchange, _ in _of(portal, resource):
        try:
            is_list = portal.resource(resource).is_list
            envelopes.expect_count(exchange, is_list, len(contents.records(exchange)))
        except Untested as why:
            unjudged = unjudged or why
    if unjudged is not None:
        raise unjudged
