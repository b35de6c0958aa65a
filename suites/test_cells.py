"""Basic concepts, Authentication, cell by cell: what is refused in one method, form, kind of record,
shape of the headers or place of the credential is tried in the others, pair by pair.
"""

from __future__ import annotations

import pytest

from workspace_conformance.checks import authentication, strangers
from workspace_conformance.checks.expectations import (
    answer,
    expect_no_success,
    expect_status,
    given_failure,
    given_success,
    violation,
)
from workspace_conformance.contract.cells import cells
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import NOBODY, succeeded

_TOO_LONG = (400, 413, 431)  # statuses with which HTTP refuses a head that is too long


def _marks(method: str) -> list[pytest.MarkDecorator]:
    """A stranger who removes a record leaves the next to those who come after: in turn, then, so that
    every run sends the same.
    """
    if method == "GET":
        return []
    return [pytest.mark.writes, pytest.mark.alone] if method == "DELETE" else [pytest.mark.writes]


def _these(name: str, first: str, *values: str) -> pytest.MarkDecorator:
    """The cells of an array, those that write marked; `values` narrow its first factor by what a
    value begins with.
    """
    chosen = [cell for cell in cells(name) if not values or cell[first].startswith(values)]
    return pytest.mark.parametrize(
        "cell",
        [
            pytest.param(
                cell,
                id=" ".join(value or "none" for value in cell.values()),
                marks=_marks(cell["method"]),
            )
            for cell in chosen
        ],
    )


@pytest.mark.requirement("AUTH-3")
@_these("strangers", "credential")
def test_an_invalid_credential_is_refused(portal: Portal, cell: strangers.Cell) -> None:
    """Whatever is asked for, a credential that is not valid is refused with 401."""
    given_success(portal.served("people/@self"), "a request with the valid credential")
    form = cell["credential"]
    question = strangers.Question(authentication.invalid(portal, form))
    exchange = strangers.ask(portal, cell, question)
    if form == "very long" and answer(exchange).status in _TOO_LONG:
        return
    expect_status(exchange, 401)


def _expect_not_enough(portal: Portal, cell: strangers.Cell) -> None:
    __tracebackhide__ = True
    given_success(portal.served("people/@self"), "the credential in its header")
    exchange = strangers.ask(portal, cell, strangers.wrong_place(portal, cell["place"]))
    if succeeded(exchange):  # perhaps whatever asks so is served, or whatever asks again: AUTH-1
        plain = {name: value for name, value in cell.items() if name != "place"}
        for each in (plain, {**plain, "again": "yes"}):
            given_failure(strangers.ask(portal, each, strangers.Question(NOBODY)))
    expect_no_success(exchange)


@pytest.mark.requirement("AUTH-4")
@_these("places", "place", "query")
def test_a_credential_in_the_query_is_not_enough(portal: Portal, cell: strangers.Cell) -> None:
    """Whatever is asked for, the valid credential in the query alone does not authenticate."""
    _expect_not_enough(portal, cell)


@pytest.mark.requirement("AUTH-5")
@_these("places", "place", "cookie")
def test_a_credential_in_a_cookie_is_not_enough(portal: Portal, cell: strangers.Cell) -> None:
    """Whatever is asked for, the valid credential in a cookie alone does not authenticate."""
    _expect_not_enough(portal, cell)


@pytest.mark.requirement("AUTH-1")
@_these("places", "place", "field", "header")
def test_a_credential_elsewhere_is_not_enough(portal: Portal, cell: strangers.Cell) -> None:
    """Without Authorization, a credential in a field of the body or another header is not enough."""
    _expect_not_enough(portal, cell)


@pytest.mark.requirement("AUTH-1")
@_these("paths", "path")
def test_no_way_leads_past_authorization(portal: Portal, cell: strangers.Cell) -> None:
    """On whatever way lenient servers take to a record, a request without Authorization gets none."""
    exchange = strangers.ask(portal, cell, strangers.Question(NOBODY, path=cell["path"]))
    if succeeded(exchange):
        plain = {name: value for name, value in cell.items() if name != "path"}
        given_failure(strangers.ask(portal, plain, strangers.Question(NOBODY)))
        if not strangers.shows_data(exchange):
            raise Untested(Reason.SETUP_FAILED, "a success that shows nothing of a portal")
    expect_no_success(exchange)


@pytest.mark.requirement("AUTH-1")
@pytest.mark.parametrize("resource", ["self", "collection-1", "item-1"])
def test_a_refusal_lets_nobody_in(portal: Portal, resource: str) -> None:
    """A cookie that a refusal sets does not authenticate, and a refusal does not log anybody in."""
    path = portal.resource(resource).path
    given_success(portal.served(path), "the same request with a credential")
    refusal = portal.get(path, "json", credential=NOBODY)
    given_failure(refusal)
    assert refusal.response is not None
    cookies = [each.partition(";")[0] for each in refusal.response.header_values("set-cookie")]
    headers = [("Cookie", "; ".join(cookies))] if cookies else []
    again = portal.get(path, "json", headers=headers, credential=NOBODY, fresh=True)
    if succeeded(again):
        violation(again, "a request without Authorization is served after one was refused")
