"""Basic concepts, Making requests and Responses, cell by cell: what is due to one method, kind, form,
shape of the headers, query or text is due to the others, pair by pair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from workspace_conformance.checks import bodies, envelopes, repeated_reads, shapes, writing_cells
from workspace_conformance.checks.expectations import (
    expect_media,
    expect_status,
    expect_success,
    given_media,
    given_success,
    violation,
)
from workspace_conformance.checks.writing_cells import Step
from workspace_conformance.contract.cells import cells
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.ownership import plain
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import succeeded

WRITINGS = cells("writings")
KINDS = ["1", "2", "3", "comment"]
FORMATS = ["json", "xml", ""]
_CREATED = {"POST": 201, "PUT": 200, "DELETE": 200}


def _is_form(cell: shapes.Cell) -> bool:
    return cell["method"] != "DELETE" and cell["form"] != "json" and cell["shape"] != "told"


def _shape(cell: shapes.Cell) -> str:
    return shapes.of_shape(cell, form_body=_is_form(cell))


def _those(wanted: Callable[[shapes.Cell], bool]) -> pytest.MarkDecorator:
    """Parametrize with the cells that are wanted."""
    return pytest.mark.parametrize(
        "cell",
        [
            pytest.param(cell, id=" ".join(value or "none" for value in cell.values()))
            for cell in WRITINGS
            if wanted(cell)
        ],
    )


def _ask(portal: Portal, first: shapes.Cell, cell: shapes.Cell) -> Exchange:
    if cell == first:
        return writing_cells.step(portal, cell).asked
    return writing_cells.again(portal, cell)


def _judged(
    portal: Portal, cell: shapes.Cell, *judged: str, is_right: Callable[[Exchange], bool]
) -> Exchange:
    """The exchange by which a cell is judged; Untested where the same write with the usual headers
    is not right, either.
    """
    __tracebackhide__ = True
    exchange = shapes.blamed(cell, *judged, ask=partial(_ask, portal, cell), is_right=is_right)
    if not is_right(exchange):
        named = shapes.due(cell, form_body=_is_form(cell))
        form = "" if _shape(cell) == "FMT-3" else cell["form"] or named
        usual = {**cell, "form": form, "shape": "usual", "query": ""}
        plain = writing_cells.again(portal, usual)
        given_success(plain, "the same write with the usual headers")
        if not is_right(plain):
            given_media(plain, named)
    return exchange


def _is_due(cell: shapes.Cell) -> Callable[[Exchange], bool]:
    wanted = shapes.due(cell, form_body=_is_form(cell))
    return lambda exchange: shapes.is_served_as(exchange, wanted)


def _expect_due(portal: Portal, cell: shapes.Cell) -> None:
    __tracebackhide__ = True
    both = shapes.of_query(cell, form_body=_is_form(cell)) == _shape(cell)
    judged = ("shape", "query") if both else ("shape",)
    exchange = _judged(portal, cell, *judged, is_right=_is_due(cell))
    expect_media(exchange, shapes.due(cell, form_body=_is_form(cell)))


@pytest.mark.requirement("FMT-1")
@pytest.mark.writes
@_those(lambda cell: _shape(cell) == "FMT-1")
def test_json_suffix_decides_in_any_write(portal: Portal, cell: shapes.Cell) -> None:
    """A write with .json gets JSON, without Accept and however its headers are spelled."""
    _expect_due(portal, cell)


@pytest.mark.requirement("FMT-2")
@pytest.mark.writes
@_those(lambda cell: _shape(cell) == "FMT-2")
def test_xml_suffix_decides_in_any_write(portal: Portal, cell: shapes.Cell) -> None:
    """A write with .xml gets XML, without Accept and however its headers are spelled."""
    _expect_due(portal, cell)


@pytest.mark.requirement("FMT-3")
@pytest.mark.writes
@_those(lambda cell: _shape(cell) == "FMT-3")
def test_no_format_gives_xml_in_any_write(portal: Portal, cell: shapes.Cell) -> None:
    """A write with no suffix, of a form, without Accept gets XML, whatever its query looks like."""
    _expect_due(portal, cell)


@pytest.mark.requirement("FMT-5")
@pytest.mark.writes
@_those(lambda cell: cell["form"] != "" and cell["shape"] == "bare")
def test_writing_takes_a_suffix_without_accept(portal: Portal, cell: shapes.Cell) -> None:
    """A write with a suffix is served without Accept where it is served with it."""
    expect_success(_judged(portal, cell, "shape", is_right=shapes.is_served))


@pytest.mark.requirement("FMT-6")
@pytest.mark.writes
@_those(lambda cell: _shape(cell) == "FMT-6")
def test_suffix_decides_against_headers_of_any_write(portal: Portal, cell: shapes.Cell) -> None:
    """A write with a suffix, and headers that name the other format: the suffix decides."""
    _expect_due(portal, cell)


@pytest.mark.requirement("FMT-8")
@pytest.mark.writes
@_those(lambda cell: _shape(cell) == "FMT-8")
def test_accept_names_the_format_of_any_write(portal: Portal, cell: shapes.Cell) -> None:
    """A write with no suffix gets JSON where that is what Accept wants most."""
    _expect_due(portal, cell)


@pytest.mark.requirement("FMT-9")
@pytest.mark.writes
@_those(lambda cell: cell["form"] != "" and cell["query"] != "")
def test_suffix_works_with_any_query_of_a_write(portal: Portal, cell: shapes.Cell) -> None:
    """A write with a suffix and a query that looks like another suffix: as without it."""
    exchange = _judged(portal, cell, "query", is_right=_is_due(cell))
    expect_success(exchange)
    expect_media(exchange, shapes.due(cell, form_body=_is_form(cell)))


@pytest.mark.requirement("REQ-4")
@pytest.mark.writes
@_those(lambda cell: cell["shape"] == "told")
def test_every_write_takes_the_told_headers(portal: Portal, cell: shapes.Cell) -> None:
    """A write with Content-Type and Accept both application/json is served, in every form."""
    exchange = _judged(portal, cell, "shape", is_right=shapes.is_served)
    if not succeeded(exchange) and cell["method"] != "DELETE":
        json = {**cell, "form": "json", "shape": "usual", "query": ""}
        given_success(writing_cells.again(portal, json), "a body in JSON with the usual headers")
    expect_success(exchange)


# --- status and envelope --------------------------------------------------------------------------


def _steps(portal: Portal, kind: str, *methods: str) -> Iterator[Step]:
    """The steps of the lives of a kind that succeeded; Untested where none did."""
    every = [
        life.taken[method]
        for life in (writing_cells.life(portal, kind, form) for form in FORMATS)
        for method in methods
    ]
    good = [each for each in every if succeeded(each.asked)]
    if not good:
        given_success(every[0].asked, "any of these writes")
    yield from good


@pytest.mark.requirement("STA-2")
@pytest.mark.writes
@pytest.mark.parametrize("kind", KINDS)
def test_a_creation_in_any_shape_answers_201(portal: Portal, kind: str) -> None:
    """POST answers 201, whatever its headers and its query."""
    for each in _steps(portal, kind, "POST"):
        expect_status(each.asked, 201)


@pytest.mark.requirement("STA-3")
@pytest.mark.writes
@pytest.mark.parametrize("kind", KINDS)
def test_an_update_in_any_shape_answers_200(portal: Portal, kind: str) -> None:
    """PUT answers 200, whatever its headers, its query and its text."""
    for each in _steps(portal, kind, "PUT"):
        expect_status(each.asked, 200)


@pytest.mark.requirement("STA-4")
@pytest.mark.writes
@pytest.mark.parametrize("kind", KINDS)
def test_a_delete_in_any_shape_answers_200(portal: Portal, kind: str) -> None:
    """DELETE answers 200, whatever its headers and its query."""
    for each in _steps(portal, kind, "DELETE"):
        expect_status(each.asked, 200)


@pytest.mark.requirement("STA-6")
@pytest.mark.writes
@pytest.mark.parametrize("kind", KINDS)
def test_a_write_in_any_shape_says_what_it_did(portal: Portal, kind: str) -> None:
    """The envelope of a write agrees with its status, whatever its headers and its query."""
    for each in _steps(portal, kind, *_CREATED):
        envelopes.expect_agreement(each.asked)


def _expect_envelopes(portal: Portal, kind: str, form: str) -> None:
    __tracebackhide__ = True
    unjudged: Untested | None = None
    for each in _steps(portal, kind, *_CREATED):
        if shapes.due(each.cell, form_body=each.form_body) != form:
            continue
        try:
            given_media(each.asked, form)
        except Untested as why:
            unjudged = unjudged or why
        else:
            # A comment's PUT and DELETE answer a single value, of which a count says nothing.
            counted = each.subject.kind is not None
            envelopes.expect_envelope(each.asked, form, counted=counted)
    if unjudged is not None:
        raise unjudged


@pytest.mark.requirement("ENV-1")
@pytest.mark.writes
@pytest.mark.parametrize("kind", KINDS)
def test_json_of_any_write_is_an_envelope(portal: Portal, kind: str) -> None:
    """The JSON answer to a write is an envelope, whatever its headers and its query."""
    _expect_envelopes(portal, kind, "json")


@pytest.mark.requirement("ENV-2")
@pytest.mark.writes
@pytest.mark.parametrize("kind", KINDS)
def test_xml_of_any_write_is_an_envelope(portal: Portal, kind: str) -> None:
    """The XML answer to a write is an envelope, whatever its headers and its query."""
    _expect_envelopes(portal, kind, "xml")


# --- texts ----------------------------------------------------------------------------------------


@pytest.mark.requirement("FMT-4")
@pytest.mark.writes
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_both_forms_carry_the_same_text(portal: Portal, kind: str, form: str) -> None:
    """What looks like a number, a truth value, null or a date, white space, mark-up, letters of all
    planes: what the one form says, the other says.
    """
    changed = writing_cells.life(portal, kind, form).taken["PUT"]
    given_success(changed.asked, "the update")
    if repeated_reads.differ(*changed.after):  # that record is gone by now
        repeated_reads.expect_same_data(portal, writing_cells.living(portal, changed))


def _judge_texts(portal: Portal, kind: str, form_body: bool) -> None:
    __tracebackhide__ = True
    lives = [writing_cells.life(portal, kind, form) for form in FORMATS]
    every = [life.taken[method] for life in lives for method in ("POST", "PUT")]
    steps = [each for each in every if each.form_body is form_body and succeeded(each.asked)]
    if not steps:
        given_success(every[0].asked, "any of these writes")
        raise Untested(Reason.SETUP_FAILED, "none of these writes was served")
    for each in steps:
        shown = [each.asked, *each.after]
        about = each.subject.kind
        if about is None:
            _expect_said(each)
        elif form_body:
            bodies.expect_same_effect(portal, about, each.fields, shown, each.asked)
        elif each.cell.get("text") != "edges":  # of which a portal may have rules of its own
            bodies.expect_arrived(about, each.fields, shown, each.asked)


def _expect_said(step: Step) -> None:
    """A comment says the words that were sent, in one at least of the answers that show it."""
    __tracebackhide__ = True
    if step.cell.get("text") == "edges":
        return
    sent = step.fields["content"].split()
    views = [
        view
        for exchange in step.after
        if succeeded(exchange)
        for view in contents.records(exchange)
        if contents.text(view, "id") == step.subject.id
    ]
    shown = [text for view in views if (text := contents.text(view, "text"))]
    if shown and not any(all(word in plain(text) for word in map(plain, sent)) for text in shown):
        violation(step.asked, f"sent {step.fields['content']!r}; the comment shows {shown[0]!r}")


def _typed(form_body: bool) -> pytest.MarkDecorator:
    """The cells whose bodies, in JSON or a form, have a Content-Type with a charset."""
    return _those(
        lambda cell: (
            cell["shape"] == "typed" and cell["method"] != "DELETE" and _is_form(cell) is form_body
        )
    )


@pytest.mark.requirement("REQ-1")
@pytest.mark.writes
@_typed(False)
def test_json_with_a_charset_is_accepted(portal: Portal, cell: shapes.Cell) -> None:
    """A body in application/json is accepted with a charset, and in other letter case."""
    bodies.expect_accepted(_judged(portal, cell, "shape", is_right=shapes.is_served))


@pytest.mark.requirement("REQ-2")
@pytest.mark.writes
@_typed(True)
def test_a_form_with_a_charset_is_accepted(portal: Portal, cell: shapes.Cell) -> None:
    """A form is accepted with a charset, and its Content-Type in other letter case."""
    bodies.expect_accepted(_judged(portal, cell, "shape", is_right=shapes.is_served))


@pytest.mark.requirement("REQ-1")
@pytest.mark.writes
@pytest.mark.parametrize("kind", KINDS)
def test_json_of_any_spelling_arrives(portal: Portal, kind: str) -> None:
    """The fields of a JSON body arrive: with escapes or white space in it, and texts that look like
    something else.
    """
    _judge_texts(portal, kind, False)


@pytest.mark.requirement("REQ-2")
@pytest.mark.writes
@pytest.mark.parametrize("kind", KINDS)
def test_a_form_of_any_spelling_arrives(portal: Portal, kind: str) -> None:
    """A form has the effect that the same body has in JSON: with small hexadecimal digits or plus
    signs, and texts that look like something else.
    """
    _judge_texts(portal, kind, True)
