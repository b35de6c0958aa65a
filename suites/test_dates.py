"""FAQ: date-times are in the round-trip form, 2008-04-10T06:30:00.0000000-07:00, or Z for UTC."""

from __future__ import annotations

import pytest

from workspace_conformance.checks import dates
from workspace_conformance.checks.expectations import given_success
from workspace_conformance.checks.experiments import FORMATS, creation, update
from workspace_conformance.checks.logins import log_in
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal

READABLE = [
    "self",
    "collection-1",
    "collection-2",
    "collection-3",
    "item-1",
    "item-2",
    "item-3",
    "comments",
]


@pytest.mark.requirement("DATE-1")
@pytest.mark.parametrize("fmt", ["json", "xml", ""])
def test_date_times_that_are_read(portal: Portal, fmt: str) -> None:
    """Every documented date-time of every record that GET shows has the round-trip form."""
    exchanges = [portal.get(portal.resource(name).path, fmt) for name in READABLE]
    dates.expect_round_trip(exchanges)


@pytest.mark.requirement("DATE-1")
@pytest.mark.writes
def test_date_times_that_are_written(portal: Portal) -> None:
    """The date-times of what was created or updated have the round-trip form, in any answer."""
    pairs = [(place, fmt) for place in (1, 2, 3) for fmt in FORMATS]
    made = [creation(portal, place, fmt) for place, fmt in pairs]
    changed = [update(portal, place, fmt) for place, fmt in pairs]
    answers = [*(each.asked for each in made), *(each.asked for each in changed)]
    found = [each.found for each in made if each.found is not None]
    dates.expect_round_trip([*answers, *found, *(each.after for each in changed)])


@pytest.mark.requirement("DATE-1")
def test_when_the_token_expires(portal: Portal) -> None:
    """The login's expires has the round-trip form."""
    exchange = log_in(portal, "json")
    given_success(exchange, "the login")
    if contents.record(exchange) is None:
        raise Untested(Reason.SETUP_FAILED, "the answer to the login shows no record")
    dates.expect_round_trip([exchange])
