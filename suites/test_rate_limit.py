"""Basic concepts, Rate limiting: up to 500 requests per 10-second period from one IP address with
one account; then 503 with Retry-After.

One campaign, last of all and only with consent, serves all these checks: see
`workspace_conformance.limiter.burst`. They only read what it brought home.
"""

from __future__ import annotations

import pytest

from workspace_conformance.limiter import assertions
from workspace_conformance.limiter.burst import measured
from workspace_conformance.portal.records import Portal

pytestmark = [pytest.mark.alone, pytest.mark.burst]

WRITES = ["POST", "PUT", "DELETE"]


@pytest.mark.requirement("RATE-1")
def test_up_to_the_limit_is_served(portal: Portal) -> None:
    """As many requests as a period allows are served before the first refusal."""
    assertions.expect_limit_reached(measured(portal))


@pytest.mark.requirement("RATE-2")
def test_no_more_than_the_limit_is_served(portal: Portal) -> None:
    """Requests over the limit are refused, from the first one on."""
    assertions.expect_limit_kept(measured(portal))


@pytest.mark.requirement("RATE-2")
def test_refusals_are_503(portal: Portal) -> None:
    """What is refused over the limit is answered 503."""
    assertions.expect_503(measured(portal))


@pytest.mark.requirement("RATE-3")
def test_refusals_carry_retry_after(portal: Portal) -> None:
    """Every refused GET carries Retry-After."""
    assertions.expect_retry_after(measured(portal))


@pytest.mark.requirement("RATE-3")
@pytest.mark.parametrize("method", WRITES)
def test_refused_writes_carry_retry_after(portal: Portal, method: str) -> None:
    """A write that is refused over the limit carries Retry-After too."""
    assertions.expect_retry_after_on_write(measured(portal), method)


@pytest.mark.requirement("RATE-4")
def test_retry_after_is_whole_seconds(portal: Portal) -> None:
    """Every Retry-After is a whole, positive number of seconds."""
    assertions.expect_whole_seconds(measured(portal))


@pytest.mark.requirement("RATE-5")
def test_served_again_after_the_announced_time(portal: Portal) -> None:
    """After waiting as long as Retry-After says, and not longer, a request is served."""
    assertions.expect_recovery(measured(portal))


@pytest.mark.requirement("RATE-6")
def test_another_account_is_still_served(portal: Portal) -> None:
    """While one account is over its limit, another at the same address is served."""
    assertions.expect_second_account_served(measured(portal), portal)


@pytest.mark.requirement("RATE-7")
def test_another_address_is_still_served(portal: Portal) -> None:
    """While an account is over its limit at one address, it is served at another."""
    assertions.expect_second_address_served(measured(portal), portal)


@pytest.mark.requirement("RATE-8")
def test_all_subsequent_requests_are_refused(portal: Portal) -> None:
    """Over the limit every request of the period is refused, not some of them."""
    assertions.expect_all_refused(measured(portal))


@pytest.mark.requirement("RATE-8")
@pytest.mark.parametrize("method", WRITES)
def test_subsequent_writes_are_refused(portal: Portal, method: str) -> None:
    """Over the limit writes are refused like all other requests."""
    assertions.expect_write_refused(measured(portal), method)


@pytest.mark.requirement("RATE-9")
def test_retry_after_is_not_longer_than_the_period(portal: Portal) -> None:
    """Retry-After is at most the period, and one second of rounding."""
    assertions.expect_short_wait(measured(portal))


@pytest.mark.requirement("RATE-10")
@pytest.mark.parametrize("method", WRITES)
def test_refused_writes_have_no_effect(portal: Portal, method: str) -> None:
    """A write that is refused over the limit changes nothing."""
    assertions.expect_no_effect(measured(portal), method)
