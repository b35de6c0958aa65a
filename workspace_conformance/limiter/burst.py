"""The one burst of a run: it measures the rate limiter, and all checks of the limit rest on it.

It begins from quiet and counts what is served until refusals come. Where the target then serves
again sooner than a window that began with the burst may, it counts once more: what is aligned to
the clock lawfully does so once in a period, and windows that are too short do it twice. What is
asked while the account is over its limit is in `over_limit`; what it all says about the limiter is
judged in `limiter`.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from workspace_conformance.exchange import cases
from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.limiter import analysis
from workspace_conformance.limiter.analysis import Fate, Finding, Hit, Judgement
from workspace_conformance.limiter.excess import (
    OverLimit,
    Recovery,
    Writes,
    announced,
    ask_over_limit,
    effects,
    fate,
    hits,
    prepare_writes,
    quiet,
    recover,
    sleep_until,
)
from workspace_conformance.portal.records import Portal
from workspace_conformance.settings import Rate
from workspace_conformance.transport.client import FORMATS, succeeded, unusable
from workspace_conformance.transport.recording import Recording
from workspace_conformance.transport.wire import Bounds, now

COUNTS = 4  # bursts at most: one tells most limiters, two tell any lawful one
STREAK = 20  # refusals in a row, after which a burst below the limit is at its end
SHARE = 0.9  # of the period, in which a burst must have been sent
FEWEST, MOST = 8, 96  # connections at once


@dataclass(frozen=True, slots=True)
class Again:
    """A burst that began as soon as the target served again, and asking again after that too."""

    count: tuple[Exchange, ...]
    recovery: Recovery


@dataclass(frozen=True, slots=True)
class Campaign:
    """Everything that was sent and came back, and what counting came to.

    `counts`: the bursts. `over`: what was asked over the limit, once for each burst that was
    followed by it. `writes`: why there were none, or what they did all the same, by method.
    `again`: where the target served again before a window that began with the last burst was over.
    `limit`: the number found to be served, for the checks that need one.
    """

    rate: Rate
    counts: tuple[tuple[Exchange, ...], ...]
    over: tuple[OverLimit, ...]
    recovery: Recovery
    writes: Untested | dict[str, str | Untested | None]
    finding: Finding
    again: Again | None = None

    @property
    def first(self) -> tuple[Exchange, ...]:
        """The burst that began from quiet."""
        return self.counts[0]

    @property
    def state(self) -> OverLimit | None:
        """What was asked over the limit with nothing to disturb it; None where that failed."""
        return next((over for over in reversed(self.over) if over.sound), None)

    @property
    def limit(self) -> int:
        """The number found to be served, never more than the documented one."""
        found = analysis.served(hits(self.first))
        return min(found, self.rate.requests)

    def own(self) -> list[list[Exchange]]:
        """What was sent until the last waiting, by the account at the address under test."""
        sent = [list(count) for count in self.counts]
        sent += [over.own() for over in self.over]
        sent.append(list(self.recovery.meanwhile))
        if self.again is not None:
            sent += [self.recovery.renewed(), list(self.again.count)]
            sent.append(list(self.again.recovery.meanwhile))
        return sent

    def recoveries(self) -> list[Recovery]:
        """Every asking again when the announced time was over."""
        return [self.recovery, *([self.again.recovery] if self.again is not None else [])]

    def refusals(self) -> list[Exchange]:
        """Every refusal of the account at its address, by the time of its arrival."""
        found = [
            exchange
            for group in self.own()
            for exchange, hit in zip(group, hits(group), strict=True)
            if hit.fate is Fate.REFUSED
        ]
        return sorted(found, key=lambda exchange: exchange.received)

    def seconds(self) -> float:
        """How long the first burst took."""
        return _span(self.first)


def measured(portal: Portal) -> Campaign:
    """The campaign of this run: carried out at the first call, remembered after it.

    Raises Untested without consent to a burst, or where the account's own record is not served.
    """
    if not portal.settings.allow_burst:
        raise Untested(
            Reason.NO_CONSENT, "would exceed the rate limit of the target; give --allow-burst"
        )

    def measure() -> Campaign:
        recording = portal.transport.recording
        if recording is not None:
            return _recalled(portal, recording)
        with portal.transport.to_itself(portal.account.account):
            campaign = _Measuring(portal).run()
        case = cases.current()
        portal.transport.credited = list(case.exchanges) if case else []
        return campaign

    campaign = portal.once("campaign", measure)
    portal.transport.measured = facts(campaign)
    portal.transport.campaign = campaign
    return campaign


def judged(
    counts: Sequence[Sequence[Exchange]],
    over: Sequence[OverLimit],
    rate: Rate,
    recovery: Recovery | None = None,
    again: Again | None = None,
) -> Finding:
    """What counting came to."""
    bursts = [hits(count) for count in counts]
    others = [exchange for one in over for exchange in one.own()]
    later: list[Exchange] = []
    if recovery is not None:
        others += [*recovery.meanwhile, *recovery.asked, *recovery.extra]
        later += recovery.renewed()
        if recovery.in_vain(rate):  # a period without requests is over: they count for themselves
            bursts.append(hits(recovery.asked))
    if again is not None:
        bursts.append(hits(again.count))
        later += again.recovery.renewed()
    return analysis.judge(bursts, hits(others), rate, hits(later))


def _recalled(portal: Portal, recording: Recording) -> Campaign:
    from workspace_conformance.limiter import keeping

    told = recording.about["campaign"]
    if told is None:
        raise Untested(Reason.UNREACHABLE, "the recording holds no campaign")
    portal.transport.exchanges.update(recording.exchanges)
    case = cases.current()
    try:
        if case is not None:
            for number in told["credited"]:
                case.credit(recording.exchanges[number])
        return keeping.from_data(told, portal.settings.rate, recording.exchanges)
    except (KeyError, TypeError, AttributeError, ValueError):
        words = "what the recording says of the campaign does not fit its exchanges"
        raise Untested(Reason.UNREACHABLE, words) from None


class _Measuring:
    """The campaign under way."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._rate = portal.settings.rate
        known = portal.served("people/@self")
        if not succeeded(known):
            raise unusable(known, "the account's own record (people/@self) cannot be read")
        self._request = known.request
        self._other_reads = _other_reads(portal, known)
        # An answer that is not there within a period cannot be placed in one.
        self._bounds = Bounds(connect=5.0, read=self._rate.period, total=self._rate.period)
        self._counts: list[tuple[Exchange, ...]] = []
        self._over: list[OverLimit] = []
        self._prepared: list[Writes] = []
        self._no_writes: Untested | None = None
        self._latency = 0.0

    def run(self) -> Campaign:
        """Measure."""
        most = f"{2 * self._rate.requests + 1:,}"
        self._prepare_writes()
        self._latency = self._ask_latency()
        quiet(
            self._portal,
            self._rate,
            f"quiet before sending up to {most} requests in under {self._rate.period:g} s",
        )
        finding = Finding(Judgement.OPEN)
        for number in range(COUNTS):
            if number:
                self._await_window(finding)
            self._counts.append(self._count(number == 0))
            finding = self._judge()
            if not any(hit.fate is Fate.REFUSED for hit in hits(self._counts[-1])):
                break
            if not any(over.sound for over in self._over) and self._time_is_left():
                self._over.append(self._ask_over_limit())
            if finding.judgement is not Judgement.OPEN and any(o.sound for o in self._over):
                break
        return self._end(finding)

    # --- before -------------------------------------------------------------------------------

    def _prepare_writes(self) -> None:
        try:
            self._prepared.append(prepare_writes(self._portal, len(self._prepared) + 1))
        except Untested as why:
            self._no_writes = why

    def _ask_latency(self) -> float:
        asked = [self._portal.transport.ask(self._request, fresh=True) for _ in range(5)]
        return median(exchange.received - exchange.sent for exchange in asked)

    # --- counting -----------------------------------------------------------------------------

    def _count(self, first: bool) -> tuple[Exchange, ...]:
        """Send until refusals come, 2N + 1 requests at most, within the period."""
        rate, transport = self._rate, self._portal.transport
        most = 2 * rate.requests + 1
        latest = now() + SHARE * rate.period
        done: list[Exchange] = []
        if first:
            ahead, gap = analysis.vanguard(rate)
            done += transport.volley([self._request] * ahead, ahead, self._bounds)
            if not self._portal.settings.plan:
                time.sleep(gap)
        tally = _Counting(rate.requests, analysis.served(hits(done)))

        def supply() -> Iterator[Request]:
            for _ in range(most - len(done)):
                if now() > latest:
                    return
                yield self._request

        wanted = most / (rate.period / 4)  # requests per second
        lanes = math.ceil(1.5 * wanted * self._latency)
        lanes = min(max(lanes, FEWEST), MOST, most)
        done += transport.volley(supply(), lanes, self._bounds, tally)
        return tuple(done)

    def _judge(self) -> Finding:
        return judged(self._counts, self._over, self._rate)

    def _last_refusal(self) -> Exchange:
        refusals = self._campaign(Finding(Judgement.OPEN), Recovery(None, None)).refusals()
        return refusals[-1]

    def _await_window(self, finding: Finding) -> None:
        """Wait until the next window has begun: when the last refusal says, and clear of every
        instant at which a window that explains the bursts so far can begin anew.
        """
        last = self._last_refusal()
        told = announced(last)
        vain = len(self._counts) > 1 and not analysis.served(hits(self._counts[-1]))
        vain = vain or self._portal.transport.last_heard > last.received + (told or 0)
        vain = vain or any(not over.sound for over in self._over[-1:])
        if told is None or told > self._rate.period + 2 or vain:
            quiet(self._portal, self._rate, "until the burst is out of every period")
            return
        due = last.received + told
        longest = max(_span(count) for count in self._counts)
        due = analysis.undisturbed(due, longest, finding.phases, self._rate)
        sleep_until(self._portal, due, "until the target's next window, to count once more")

    # --- over the limit -----------------------------------------------------------------------

    def _time_is_left(self) -> bool:
        """Whether what is asked over the limit fits before what the last refusal announced.

        After a later burst it has to: that began with its window, and announcements may be untrue.
        """
        told = announced(self._last_refusal())
        needed = 0.4 + 8 * self._latency
        brief = told is not None and told - 1 <= needed
        return len(self._counts) > 1 or self._rate.period < 4 or not brief

    def _ask_over_limit(self) -> OverLimit:
        writes = self._prepared[-1] if self._prepared else None
        reads = (self._request, self._other_reads)
        over = ask_over_limit(self._portal, *reads, writes, self._rate, self._bounds)
        carried_out = [one for one in (over.writes or {}).values() if fate(one) is Fate.SERVED]
        if carried_out and not over.sound and self._no_writes is None:
            # A window that began anew let them pass: others must take their place.
            quiet(self._portal, self._rate, "until the burst is out of every period")
            self._prepare_writes()
            quiet(self._portal, self._rate, "until the next burst")
        return over

    def _end(self, finding: Finding) -> Campaign:
        refusals = self._campaign(finding, Recovery(None, None)).refusals()
        recovery = self._recover(refusals)
        again: Again | None = None
        told = finding.judgement is Judgement.EXACT and not finding.phases
        if told and self._is_early(recovery):
            # A window aligned to the clock; or all windows are too short, and another one tells.
            count = self._count(False)
            refused = [one for one in count if fate(one) is Fate.REFUSED]
            again = Again(count, self._recover(sorted(refused, key=lambda one: one.received)))
        finding = judged(self._counts, self._over, self._rate, recovery, again)
        return self._campaign(finding, recovery, again, ended=True)

    def _recover(self, refusals: Sequence[Exchange]) -> Recovery:
        return recover(self._portal, self._request, refusals, self._rate, self._bounds)

    def _is_early(self, recovery: Recovery) -> bool:
        """Whether the target served again before a window of the last burst's was over."""
        last, renewed = hits(self._counts[-1]), hits(recovery.renewed())
        return any(analysis.renewed_early(last, hit, self._rate) for hit in renewed)

    def _campaign(
        self,
        finding: Finding,
        recovery: Recovery,
        again: Again | None = None,
        ended: bool = False,
    ) -> Campaign:
        done: Untested | dict[str, str | Untested | None]
        done = self._no_writes or Untested(Reason.SETUP_FAILED, "no write was refused")
        if ended and self._prepared and self._no_writes is None:
            done = effects(self._portal, self._prepared[-1])
        counts, over = tuple(self._counts), tuple(self._over)
        return Campaign(self._rate, counts, over, recovery, done, finding, again)


def _other_reads(portal: Portal, known: Exchange) -> list[Request]:
    """Other requests that only read, and are served: the same in other forms, and a list."""
    asked = [portal.get("people/@self", fmt) for fmt in FORMATS]
    with contextlib.suppress(Untested):
        asked.append(portal.served(portal.kinds()[0].collection))
    return [one.request for one in asked if succeeded(one) and one.request.url != known.request.url]


class _Counting:
    """Says at each answer whether a burst goes on: until the limit, or what takes its place, is
    reached.
    """

    def __init__(self, limit: int, served: int) -> None:
        self._limit = limit
        self._served = served
        self._refused = 0
        self._streak = 0

    def __call__(self, exchange: Exchange) -> bool:
        """Whether to go on after this answer."""
        if exchange.response is None:
            return True
        if fate(exchange) is Fate.SERVED:
            self._served += 1
            self._streak = 0
        else:
            self._refused += 1
            self._streak += 1
        full = self._refused > 0 and self._served >= self._limit
        return not full and self._streak < STREAK


# --- facts ----------------------------------------------------------------------------------------


def facts(campaign: Campaign) -> dict[str, Any]:
    """What was found out about the limiter, as data for the result.

    limit: requests served per period, null where it could not be told. window: the kind. The
    timeline is that of the first burst: how many were served and refused, in steps of a hundredth
    of the period, by the time of their answers. Every time is in seconds since that burst began.
    """
    first = hits(campaign.first)
    refusals = campaign.refusals()
    values = [exchange.response.header("retry-after") for exchange in refusals if exchange.response]
    # Later bursts are not told by: their windows are others.
    until = min((one.sent for one in campaign.again.count), default=0.0) if campaign.again else None
    same = [one for one in refusals if until is None or one.received < until]
    same = same if len(campaign.counts) == 1 else []
    waits = [(hit, announced(one)) for one, hit in zip(same, hits(same), strict=True)]
    renewal = analysis.announced_renewal((hit, wait) for hit, wait in waits if wait is not None)
    recovery = hits([*campaign.recovery.asked[-1:], *campaign.recovery.extra])
    finding = campaign.finding
    limit = None if campaign.recovery.in_vain(campaign.rate) else finding.limit
    mass = campaign.first[analysis.vanguard(campaign.rate)[0] :]
    rate = len(mass) / _span(mass) if mass else None
    return {
        "limit": limit,
        "window": analysis.kind(first, finding, renewal, recovery, campaign.rate),
        "retry_after": sorted(set(values), key=lambda value: (value is not None, value)),
        "requests_per_second": None if rate is None else round(rate, 1),
        "served_before_refusal": _served_before(first),
        "bursts": [
            {
                "sent": len(count),
                "served": analysis.served(hits(count)),
                "seconds": round(_span(count), 3),
            }
            for count in [*campaign.counts, *([campaign.again.count] if campaign.again else [])]
            if count
        ],
        "timeline": _timeline(first, campaign.rate.period / 100),
        "first_refusal": _first_refusal(campaign),
        "recovery": _recovery(campaign),
    }


def _first_refusal(campaign: Campaign) -> dict[str, Any] | None:
    begin = min(one.sent for one in campaign.first)
    pairs = zip(campaign.first, hits(campaign.first), strict=True)
    refused = [one for one, hit in pairs if hit.fate is Fate.REFUSED]
    if not refused:
        return None
    first = min(refused, key=lambda exchange: exchange.received)
    return {"seconds": round(first.received - begin, 3), "retry_after": announced(first)}


def _recovery(campaign: Campaign) -> dict[str, Any] | None:
    recovery = campaign.recovery
    if recovery.refusal is None or not recovery.asked:
        return None
    begin = min(one.sent for one in campaign.first)
    return {
        "refused": round(recovery.refusal.received - begin, 3),
        "retry_after": recovery.announced,
        "asked": round(recovery.asked[-1].sent - begin, 3),
        "served": recovery.served,
    }


def _served_before(first: Sequence[Hit]) -> int | None:
    refusals = analysis.refused(first)
    if not refusals:
        return None
    return analysis.served(hit for hit in first if hit.received <= refusals[0].received)


def _timeline(first: Sequence[Hit], step: float) -> list[dict[str, float | int]]:
    begin = min(hit.sent for hit in first)
    steps: dict[int, list[int]] = {}
    for hit in first:
        counts = steps.setdefault(int((hit.received - begin) / step), [0, 0])
        if hit.fate is not Fate.LOST:
            counts[hit.fate is Fate.REFUSED] += 1
    return [
        {"seconds": round(at * step, 4), "served": good, "refused": bad}
        for at, (good, bad) in sorted(steps.items())
    ]


def _span(exchanges: Sequence[Exchange]) -> float:
    return max(one.received for one in exchanges) - min(one.sent for one in exchanges)
