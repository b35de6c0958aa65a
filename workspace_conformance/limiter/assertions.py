"""What checks say about a campaign: the rate limit's assertions, each read off the record.

Each raises Violation with the exchange that shows it, or Untested with the reason why the campaign
cannot tell. Every case is credited with the few exchanges that it rests on.
"""

from __future__ import annotations

import math

from workspace_conformance.checks.expectations import violation
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.limiter import counting
from workspace_conformance.limiter.analysis import Judgement
from workspace_conformance.limiter.campaign import Campaign
from workspace_conformance.limiter.counting import Fate
from workspace_conformance.limiter.excess import Recovery, announced, fate, hits
from workspace_conformance.limiter.grounds import (
    credit_all,
    dropped_over_limit,
    expect_header,
    expect_served,
    given_announcing,
    given_refusals,
    given_refused_writes,
    given_state,
    given_told,
    given_writes,
    not_counted,
    not_refused,
    over_windows,
    served_before_announced,
    served_between,
    shown,
    value_of,
)
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import unusable


def expect_limit_reached(campaign: Campaign) -> None:
    """RATE-1: no request was refused before N were served."""
    __tracebackhide__ = True
    finding = campaign.finding
    credit_all(campaign.first[:1])
    if finding.judgement is Judgement.TOO_FEW and campaign.recovery.in_vain(campaign.rate):
        last, refusal = campaign.recovery.asked[-1], campaign.recovery.refusal
        assert refusal is not None
        violation(
            last,
            f"refused {last.sent - refusal.received:.1f} s after the refusals of the burst, when "
            f"no period of {campaign.rate.period:g} s held more than a few requests any more",
        )
    if finding.judgement is Judgement.TOO_FEW:
        served = finding.limit if finding.limit is not None else "fewer"
        violation(
            shown(campaign),
            f"refused after {served} requests were served in a period; "
            f"{campaign.rate.requests} are allowed in {campaign.rate.period:g} s",
        )
    given_told(campaign)


def expect_limit_kept(campaign: Campaign) -> None:
    """RATE-2: no more was served than any lawful limiter of N requests per period serves."""
    __tracebackhide__ = True
    finding = campaign.finding
    credit_all(campaign.first[:1])
    if finding.judgement is Judgement.TOO_MANY:
        served = counting.served(hits(campaign.first))
        if finding.limit is None and campaign.refusals():
            words = over_windows(campaign)
        elif any(one.fate is Fate.REFUSED for one in hits(campaign.first)):
            words = f"{finding.limit or served} requests were served in a period"
        else:
            words = f"{served} requests were served in {campaign.seconds():.1f} s, none refused"
        words = f"{words}; the limit is {campaign.rate.requests}"
        violation(shown(campaign), f"{words}{not_counted(campaign)}")
    given_told(campaign)


def expect_503(campaign: Campaign) -> None:
    """RATE-2: every refusal's status is 503, and no connection is closed in place of one."""
    __tracebackhide__ = True
    dropped = dropped_over_limit(campaign)
    if dropped is not None:
        violation(
            dropped,
            "over the limit the connection was closed without an answer, while another account or "
            "address was served; expected 503",
        )
    for exchange in given_refusals(campaign):
        assert exchange.response is not None
        if exchange.response.status != 503:
            violation(
                exchange,
                f"a request over the limit was answered {exchange.response.status_line}; "
                "expected 503",
            )


def expect_retry_after(campaign: Campaign) -> None:
    """RATE-3: every refused GET carries Retry-After, whatever its value."""
    __tracebackhide__ = True
    for exchange in given_refusals(campaign):
        if exchange.request.method == "GET":
            expect_header(exchange)


def expect_retry_after_on_write(campaign: Campaign, method: str) -> None:
    """RATE-3: a refused write carries Retry-After."""
    __tracebackhide__ = True
    for exchange in given_refused_writes(campaign, method).values():
        expect_header(exchange)


def expect_whole_seconds(campaign: Campaign) -> None:
    """RATE-4: every value of Retry-After is a whole, positive number."""
    __tracebackhide__ = True
    for exchange in given_announcing(campaign):
        if announced(exchange) is None:
            violation(exchange, f"Retry-After is {value_of(exchange)!r}; expected whole seconds")


def expect_recovery(campaign: Campaign) -> None:
    """RATE-5: a request was served when the time was over that the last refusal announced."""
    __tracebackhide__ = True
    given_refusals(campaign)
    for recovery in campaign.recoveries():
        if recovery.refusal is not None:
            _expect_recovery(campaign, recovery)


def _expect_recovery(campaign: Campaign, recovery: Recovery) -> None:
    __tracebackhide__ = True
    told = recovery.announced
    assert recovery.refusal is not None
    credit_all([recovery.refusal])
    credit_all(recovery.asked)
    if told is None:
        value = value_of(recovery.refusal)
        words = "carries no Retry-After" if value is None else f"says Retry-After: {value}"
        raise Untested(Reason.SETUP_FAILED, f"how long to wait is not known: the refusal {words}")
    if not recovery.asked:
        raise Untested(
            Reason.SETUP_FAILED,
            f"Retry-After was {told}; when that was over, a burst that was not refused was under way",
        )
    last = recovery.asked[-1]
    if recovery.served:
        return
    if fate(last) is Fate.LOST:
        raise unusable(last, f"no success {told} s after the refusal")
    if recovery.in_vain(campaign.rate):
        waited = last.sent - recovery.refusal.received
        raise Untested(
            Reason.SETUP_FAILED,
            f"Retry-After is {told}; the run waited no longer than {waited:.0f} s",
        )
    late = last.sent - recovery.refusal.received
    violation(last, f"still refused {late:.1f} s after a refusal that said Retry-After: {told}")


def expect_second_account_served(campaign: Campaign, portal: Portal) -> None:
    """RATE-6: another account was served while the first was over its limit."""
    __tracebackhide__ = True
    if portal.second is None:
        raise Untested(Reason.NO_CREDENTIAL, "needs a second account; give WORKSPACE_SECOND_TOKEN")
    expect_served(given_state(campaign).second, "another account at the same address")


def expect_second_address_served(campaign: Campaign, portal: Portal) -> None:
    """RATE-7: the account was served at another address while over its limit at the first."""
    __tracebackhide__ = True
    if portal.settings.second_address is None:
        raise Untested(Reason.NO_CREDENTIAL, "needs another local address; give --second-address")
    expect_served(given_state(campaign).elsewhere, "the same account at another address")


def expect_all_refused(campaign: Campaign) -> None:
    """RATE-8: nothing was served between refusals of a period."""
    __tracebackhide__ = True
    given_refusals(campaign)
    over = [exchange for one in campaign.own()[len(campaign.counts) :] for exchange in one]
    found = served_between(campaign, {"GET"})
    if found is not None:
        violation(found, "served over the limit, between requests that were refused")
    again = served_before_announced(campaign)
    if again is not None:
        violation(
            again,
            "served again, for the second time in a period, before the time was over that the "
            "refusals before it had announced",
        )
    credit_all(over[:1])
    if not any(fate(exchange) is Fate.REFUSED for exchange in over):
        raise Untested(Reason.SETUP_FAILED, "no request was sent over the limit after a refusal")


def expect_write_refused(campaign: Campaign, method: str) -> None:
    """RATE-8: a write was refused over the limit."""
    __tracebackhide__ = True
    written = given_writes(campaign, method)
    found = served_between(campaign, {method})
    if found is not None:
        violation(found, f"{method} was served over the limit, between requests that were refused")
    for exchange in written.values():
        if fate(exchange) is not Fate.REFUSED:
            raise not_refused(exchange)


def expect_short_wait(campaign: Campaign) -> None:
    """RATE-9: no Retry-After is longer than the period and a second."""
    __tracebackhide__ = True
    longest = math.ceil(campaign.rate.period) + 1
    usable = [one for one in given_announcing(campaign) if announced(one) is not None]
    if not usable:
        raise Untested(Reason.SETUP_FAILED, "no refusal says a number of seconds in Retry-After")
    for exchange in usable:
        if (announced(exchange) or 0) > longest:
            violation(
                exchange,
                f"Retry-After is {value_of(exchange)}; the period is {campaign.rate.period:g} s",
            )


def expect_no_effect(campaign: Campaign, method: str) -> None:
    """RATE-10: a refused write left everything as it was."""
    __tracebackhide__ = True
    written = given_refused_writes(campaign, method)
    assert not isinstance(campaign.writes, Untested)
    unseen: Untested | None = None
    for name, exchange in written.items():
        effect = campaign.writes[name]
        if isinstance(effect, Untested):
            unseen = effect
        elif effect is not None:
            violation(exchange, f"refused over the limit, but {effect}")
    if unseen is not None:
        raise unseen
