"""What the assertions about a campaign build on: what it shows, or why it cannot tell."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from workspace_conformance.checks.expectations import violation
from workspace_conformance.exchange import cases
from workspace_conformance.exchange.messages import Exchange, Trouble
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.exchange.texts import printable
from workspace_conformance.limiter import analysis, counting
from workspace_conformance.limiter.analysis import Judgement
from workspace_conformance.limiter.burst import SHARE
from workspace_conformance.limiter.campaign import Campaign
from workspace_conformance.limiter.counting import Fate
from workspace_conformance.limiter.excess import OverLimit, announced, fate, hits
from workspace_conformance.limiter.mixture import uncounted
from workspace_conformance.transport.client import unusable

_CLOSED = (Trouble.DROPPED, Trouble.PROTOCOL, Trouble.CONNECT)
_IN_A_ROW = 8  # requests without an answer: one in ten is lost on a bad day, and this many never


def given_told(campaign: Campaign) -> None:
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


def given_refusals(campaign: Campaign) -> list[Exchange]:
    refusals = campaign.refusals()
    if not refusals:
        given_told(campaign)
        raise Untested(
            Reason.SETUP_FAILED, f"none of {len(campaign.first)} requests in a period was refused"
        )
    credit_all(refusals[:1])
    return refusals


def given_announcing(campaign: Campaign) -> list[Exchange]:
    """The refusals that carry Retry-After."""
    found = [one for one in given_refusals(campaign) if value_of(one) is not None]
    if not found:
        raise Untested(Reason.SETUP_FAILED, "no refusal carries Retry-After")
    return found


def given_state(campaign: Campaign) -> OverLimit:
    """What was asked over the limit, undisturbed."""
    given_refusals(campaign)
    state = campaign.state
    if state is None:
        raise Untested(
            Reason.SETUP_FAILED, "the target served again before it could be asked over the limit"
        )
    return state


def given_writes(campaign: Campaign, method: str) -> dict[str, Exchange]:
    """The writes by that method: to a record, and to comments where there were any."""
    if isinstance(campaign.writes, Untested) and campaign.writes.reason is not Reason.SETUP_FAILED:
        raise campaign.writes
    state = given_state(campaign)
    if not state.writes:
        assert isinstance(campaign.writes, Untested)
        raise campaign.writes
    found = {name: one for name, one in state.writes.items() if name.split()[0] == method}
    credit_all(found.values())
    return found


def given_refused_writes(campaign: Campaign, method: str) -> dict[str, Exchange]:
    found = given_writes(campaign, method)
    for exchange in found.values():
        if fate(exchange) is not Fate.REFUSED:
            raise not_refused(exchange)
    return found


def not_refused(exchange: Exchange) -> Untested:
    if exchange.response is None:
        return unusable(exchange, "no answer over the limit")
    return Untested(
        Reason.SETUP_FAILED,
        f"{exchange.request.method} was not refused over the limit: it was answered "
        f"{exchange.response.status_line}",
    )


def expect_header(exchange: Exchange) -> None:
    __tracebackhide__ = True
    if value_of(exchange) is None:
        assert exchange.response is not None
        violation(exchange, f"{exchange.response.status_line} carries no Retry-After")


def expect_served(tries: Iterable[Exchange], who: str) -> None:
    __tracebackhide__ = True
    tries = list(tries)
    credit_all(tries)
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


def served_between(campaign: Campaign, methods: set[str]) -> Exchange | None:
    groups = campaign.own()
    everything = {exchange.number: exchange for group in groups for exchange in group}
    known = [hit for group in groups for hit in hits(group)]
    suspects = {
        number for number, exchange in everything.items() if exchange.request.method in methods
    }
    found = analysis.leak(known, campaign.limit, campaign.rate, suspects)
    return everything[found.number] if found else None


def served_before_announced(campaign: Campaign) -> Exchange | None:
    groups = campaign.own()
    everything = {exchange.number: exchange for group in groups for exchange in group}
    known = [hit for group in groups for hit in hits(group)]
    told = {number: announced(exchange) for number, exchange in everything.items()}
    found = analysis.gave_up(known, told, campaign.rate)
    return everything[found.number] if found else None


def shown(campaign: Campaign) -> Exchange:
    hit = campaign.finding.shown_by
    ends = [list(end) for one in campaign.recoveries() for end in (one.asked, one.extra)]
    for group in [*campaign.own(), *ends]:
        for exchange in group:
            if hit is not None and exchange.number == hit.number:
                return exchange
    return campaign.first[-1]


def dropped_over_limit(campaign: Campaign) -> Exchange | None:
    """The first of several requests over the limit that got no answer, one after the other, while
    others were served in between: that is not the network's doing.
    """
    for over in campaign.over:
        served = [one for one in (*over.second, *over.elsewhere) if fate(one) is Fate.SERVED]
        own = sorted(over.own(), key=lambda one: one.sent)
        for closed, group in groupby(own, lambda one: one.trouble in _CLOSED):
            lost = list(group) if closed else []
            if len(lost) >= _IN_A_ROW and any(
                lost[0].sent < one.sent and one.received < lost[-1].received for one in served
            ):
                return lost[0]
    return None


def not_counted(campaign: Campaign) -> str:
    """Which kind of request the limiter seems not to count, in words; empty where none is known."""
    limit = campaign.finding.limit
    count = campaign.counts[-1]
    excess = (limit or counting.served(hits(count))) - campaign.rate.requests
    name = uncounted(count, campaign.plain, excess)
    if name is None:
        return ""
    return f"; not all requests count: {excess} of those served were {printable(name)}"


def over_windows(campaign: Campaign) -> str:
    """How much was served in how long, in words, where no single burst shows that it is too much."""
    ends = [one.renewed() for one in campaign.recoveries()]
    counts = [*campaign.counts, *([campaign.again.count] if campaign.again else []), *ends]
    good = [one for count in counts for one in count if fate(one) is Fate.SERVED]
    return (
        f"{len(good)} requests were served in {_seconds(good):.1f} s, more than windows of "
        f"{campaign.rate.period:g} s allow"
    )


def value_of(exchange: Exchange) -> str | None:
    """Retry-After as it came, made safe to show."""
    value = exchange.response.header("retry-after") if exchange.response else None
    return None if value is None else printable(value[:80])


def _seconds(count: Iterable[Exchange]) -> float:
    count = list(count)
    return max(one.received for one in count) - min(one.sent for one in count)


def credit_all(exchanges: Iterable[Exchange]) -> None:
    case = cases.current()
    if case is not None:
        for exchange in exchanges:
            case.credit(exchange)
