"""What checks say about a campaign: the rate limit's assertions, each read off the record.

Each raises Violation with the exchange that shows it, or Untested with the reason why the campaign
cannot tell. Every case is credited with the few exchanges that it rests on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from workspace_conformance.checks.expectations import violation
from workspace_conformance.exchange import cases
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.exchange.texts import printable
from workspace_conformance.limiter import analysis, counting
from workspace_conformance.limiter.analysis import Judgement
from workspace_conformance.limiter.burst import SHARE
from workspace_conformance.limiter.campaign import Campaign
from workspace_conformance.limiter.counting import Fate
from workspace_conformance.limiter.excess import OverLimit, Recovery, announced, fate, hits
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import unusable


def expect_limit_reached(campaign: Campaign) -> None:
    """RATE-1: no request was refused before N were served."""
    __tracebackhide__ = True
    finding = campaign.finding
    _credit(campaign.first[:1])
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
            _shown(campaign),
            f"refused after {served} requests were served in a period; "
            f"{campaign.rate.requests} are allowed in {campaign.rate.period:g} s",
        )
    _given_told(campaign)


def expect_limit_kept(campaign: Campaign) -> None:
    """RATE-2: no more was served than any lawful limiter of N requests per period serves."""
    __tracebackhide__ = True
    finding = campaign.finding
    _credit(campaign.first[:1])
    if finding.judgement is Judgement.TOO_MANY:
        served = counting.served(hits(campaign.first))
        if finding.limit is None and campaign.refusals():
            words = _over_windows(campaign)
        elif any(one.fate is Fate.REFUSED for one in hits(campaign.first)):
            words = f"{finding.limit or served} requests were served in a period"
        else:
            words = f"{served} requests were served in {campaign.seconds():.1f} s, none refused"
        violation(_shown(campaign), f"{words}; the limit is {campaign.rate.requests}")
    _given_told(campaign)


def expect_503(campaign: Campaign) -> None:
    """RATE-2: every refusal's status is 503."""
    __tracebackhide__ = True
    for exchange in _given_refusals(campaign):
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
    for exchange in _given_refusals(campaign):
        if exchange.request.method == "GET":
            _expect_header(exchange)


def expect_retry_after_on_write(campaign: Campaign, method: str) -> None:
    """RATE-3: a refused write carries Retry-After."""
    __tracebackhide__ = True
    _expect_header(_given_refused_write(campaign, method))


def expect_whole_seconds(campaign: Campaign) -> None:
    """RATE-4: every value of Retry-After is a whole, positive number."""
    __tracebackhide__ = True
    for exchange in _given_announcing(campaign):
        if announced(exchange) is None:
            violation(exchange, f"Retry-After is {_value(exchange)!r}; expected whole seconds")


def expect_recovery(campaign: Campaign) -> None:
    """RATE-5: a request was served when the time was over that the last refusal announced."""
    __tracebackhide__ = True
    _given_refusals(campaign)
    for recovery in campaign.recoveries():
        if recovery.refusal is not None:
            _expect_recovery(campaign, recovery)


def _expect_recovery(campaign: Campaign, recovery: Recovery) -> None:
    __tracebackhide__ = True
    told = recovery.announced
    assert recovery.refusal is not None
    _credit([recovery.refusal])
    _credit(recovery.asked)
    if told is None:
        value = _value(recovery.refusal)
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
    _expect_served(_given_state(campaign).second, "another account at the same address")


def expect_second_address_served(campaign: Campaign, portal: Portal) -> None:
    """RATE-7: the account was served at another address while over its limit at the first."""
    __tracebackhide__ = True
    if portal.settings.second_address is None:
        raise Untested(Reason.NO_CREDENTIAL, "needs another local address; give --second-address")
    _expect_served(_given_state(campaign).elsewhere, "the same account at another address")


def expect_all_refused(campaign: Campaign) -> None:
    """RATE-8: nothing was served between refusals of a period."""
    __tracebackhide__ = True
    _given_refusals(campaign)
    over = [exchange for one in campaign.own()[len(campaign.counts) :] for exchange in one]
    found = _leak(campaign, {"GET"})
    if found is not None:
        violation(found, "served over the limit, between requests that were refused")
    _credit(over[:1])
    if not any(fate(exchange) is Fate.REFUSED for exchange in over):
        raise Untested(Reason.SETUP_FAILED, "no request was sent over the limit after a refusal")


def expect_write_refused(campaign: Campaign, method: str) -> None:
    """RATE-8: a write was refused over the limit."""
    __tracebackhide__ = True
    exchange = _given_write(campaign, method)
    found = _leak(campaign, {method})
    if found is not None:
        violation(found, f"{method} was served over the limit, between requests that were refused")
    if fate(exchange) is not Fate.REFUSED:
        raise _not_refused(exchange)


def expect_short_wait(campaign: Campaign) -> None:
    """RATE-9: no Retry-After is longer than the period and a second."""
    __tracebackhide__ = True
    longest = math.ceil(campaign.rate.period) + 1
    usable = [one for one in _given_announcing(campaign) if announced(one) is not None]
    if not usable:
        raise Untested(Reason.SETUP_FAILED, "no refusal says a number of seconds in Retry-After")
    for exchange in usable:
        if (announced(exchange) or 0) > longest:
            violation(
                exchange,
                f"Retry-After is {_value(exchange)}; the period is {campaign.rate.period:g} s",
            )


def expect_no_effect(campaign: Campaign, method: str) -> None:
    """RATE-10: a refused write left everything as it was."""
    __tracebackhide__ = True
    exchange = _given_refused_write(campaign, method)
    assert not isinstance(campaign.writes, Untested)
    effect = campaign.writes[method]
    if isinstance(effect, Untested):
        raise effect
    if effect is not None:
        violation(exchange, f"refused over the limit, but {effect}")


# --- what these build on --------------------------------------------------------------------------


def _given_told(campaign: Campaign) -> None:
    """Untested where counting told nothing."""
    if campaign.finding.judgement is not Judgement.OPEN:
        return
    rate = campaign.rate
    sent, seconds = len(campaign.first), campaign.seconds()
    lost = [one for one in campaign.first if fate(one) is Fate.LOST]
    if lost and len(lost) == sent:
        raise unusable(lost[0], "the burst was not answered")
    figures = (
        f"{sent} requests took {seconds:.1f} s ({sent / max(seconds, 0.001):.0f} a second); "
        f"{2 * rate.requests + 1} must fit into {SHARE * rate.period:g} s"
    )
    refused = any(one.fate is Fate.REFUSED for one in hits(campaign.first))
    if not refused and sent <= 2 * rate.requests:
        raise Untested(Reason.TOO_SLOW, figures)
    if not refused and seconds >= rate.period:
        raise Untested(Reason.TOO_SLOW, figures)
    bursts = ", ".join(str(counting.served(hits(count))) for count in campaign.counts)
    words = f"{bursts} served in {len(campaign.counts)} bursts, {len(lost)} without an answer"
    slow = any(_seconds(count) > rate.period / 2 for count in campaign.counts)
    raise Untested(
        Reason.TOO_SLOW if slow else Reason.SETUP_FAILED,
        f"the limit cannot be told exactly: {words}; {figures}",
    )


def _given_refusals(campaign: Campaign) -> list[Exchange]:
    refusals = campaign.refusals()
    if not refusals:
        _given_told(campaign)
        raise Untested(
            Reason.SETUP_FAILED, f"none of {len(campaign.first)} requests in a period was refused"
        )
    _credit(refusals[:1])
    return refusals


def _given_announcing(campaign: Campaign) -> list[Exchange]:
    """The refusals that carry Retry-After."""
    found = [one for one in _given_refusals(campaign) if _value(one) is not None]
    if not found:
        raise Untested(Reason.SETUP_FAILED, "no refusal carries Retry-After")
    return found


def _given_state(campaign: Campaign) -> OverLimit:
    """What was asked over the limit, undisturbed."""
    _given_refusals(campaign)
    state = campaign.state
    if state is None:
        raise Untested(
            Reason.SETUP_FAILED, "the target served again before it could be asked over the limit"
        )
    return state


def _given_write(campaign: Campaign, method: str) -> Exchange:
    if isinstance(campaign.writes, Untested) and campaign.writes.reason is not Reason.SETUP_FAILED:
        raise campaign.writes
    state = _given_state(campaign)
    if not state.writes:
        assert isinstance(campaign.writes, Untested)
        raise campaign.writes
    exchange = state.writes[method]
    _credit([exchange])
    return exchange


def _given_refused_write(campaign: Campaign, method: str) -> Exchange:
    exchange = _given_write(campaign, method)
    if fate(exchange) is not Fate.REFUSED:
        raise _not_refused(exchange)
    return exchange


def _not_refused(exchange: Exchange) -> Untested:
    if exchange.response is None:
        return unusable(exchange, "no answer over the limit")
    return Untested(
        Reason.SETUP_FAILED,
        f"{exchange.request.method} was not refused over the limit: it was answered "
        f"{exchange.response.status_line}",
    )


def _expect_header(exchange: Exchange) -> None:
    __tracebackhide__ = True
    if _value(exchange) is None:
        assert exchange.response is not None
        violation(exchange, f"{exchange.response.status_line} carries no Retry-After")


def _expect_served(tries: Iterable[Exchange], who: str) -> None:
    __tracebackhide__ = True
    tries = list(tries)
    _credit(tries)
    if any(fate(exchange) is Fate.SERVED for exchange in tries):
        return
    if not tries:
        raise Untested(Reason.SETUP_FAILED, f"{who} was not asked for")
    last = tries[-1]
    if fate(last) is Fate.LOST:
        raise unusable(last, who)
    assert last.response is not None
    if last.response.status not in (503, 429):
        raise unusable(last, who)
    violation(
        last,
        f"{who} was answered {last.response.status_line}, because one account was over its limit",
    )


def _leak(campaign: Campaign, methods: set[str]) -> Exchange | None:
    groups = campaign.own()
    everything = {exchange.number: exchange for group in groups for exchange in group}
    known = [hit for group in groups for hit in hits(group)]
    suspects = {
        number for number, exchange in everything.items() if exchange.request.method in methods
    }
    found = analysis.leak(known, campaign.limit, campaign.rate, suspects)
    return everything[found.number] if found else None


def _shown(campaign: Campaign) -> Exchange:
    hit = campaign.finding.shown_by
    ends = [list(end) for one in campaign.recoveries() for end in (one.asked, one.extra)]
    for group in [*campaign.own(), *ends]:
        for exchange in group:
            if hit is not None and exchange.number == hit.number:
                return exchange
    return campaign.first[-1]


def _over_windows(campaign: Campaign) -> str:
    """How much was served in how long, in words, where no single burst shows that it is too much."""
    ends = [one.renewed() for one in campaign.recoveries()]
    counts = [*campaign.counts, *([campaign.again.count] if campaign.again else []), *ends]
    good = [one for count in counts for one in count if fate(one) is Fate.SERVED]
    return (
        f"{len(good)} requests were served in {_seconds(good):.1f} s, more than windows of "
        f"{campaign.rate.period:g} s allow"
    )


def _value(exchange: Exchange) -> str | None:
    """Retry-After as it came, made safe to show."""
    value = exchange.response.header("retry-after") if exchange.response else None
    return None if value is None else printable(value[:80])


def _seconds(count: Iterable[Exchange]) -> float:
    count = list(count)
    return max(one.received for one in count) - min(one.sent for one in count)


def _credit(exchanges: Iterable[Exchange]) -> None:
    case = cases.current()
    if case is not None:
        for exchange in exchanges:
            case.credit(exchange)
