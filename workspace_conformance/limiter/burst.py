"""The one burst of a run: it measures the rate limiter, and all checks of the limit rest on it.

It begins from quiet and counts what is served until refusals come. Where the target then serves
again sooner than a window that began with the burst may, it counts once more: what is aligned to
the clock lawfully does so once in a period, and windows that are too short do it twice. What is
asked while the account is over its limit is in `excess`; what it all says about the limiter is
judged in `analysis`.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from statistics import median

from workspace_conformance.exchange import cases
from workspace_conformance.exchange.messages import Exchange, Request, Trouble
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.limiter import analysis, keeping
from workspace_conformance.limiter.analysis import Finding, Judgement
from workspace_conformance.limiter.campaign import Again, Campaign, judged, span_of
from workspace_conformance.limiter.counting import Fate, served, vanguard
from workspace_conformance.limiter.excess import (
    OverLimit,
    Recovery,
    announced,
    ask_over_limit,
    fate,
    hits,
    quiet,
    recover,
    sleep_until,
    subsequent_requests,
)
from workspace_conformance.limiter.facts import facts
from workspace_conformance.limiter.mixture import mixture
from workspace_conformance.limiter.writes import Effect, Writes, effects, prepare_writes
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import FORMATS, succeeded, unusable
from workspace_conformance.transport.recording import Recording
from workspace_conformance.transport.wire import Bounds, now

COUNTS = 4  # bursts at most: one tells most limiters, two tell any lawful one
STREAK = 20  # refusals in a row, after which a burst below the limit is at its end
MOST_SENT = 10  # times the limit: what a campaign sends in all, at the very most
SHARE = 0.9  # of the period, in which a burst must have been sent
FEWEST, MOST = 8, 96  # connections at once


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


def _recalled(portal: Portal, recording: Recording) -> Campaign:
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
        self._known = known
        self._mixed: list[Request] = []
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
        self._mixed = mixture(self._portal, self._known, self._rate)
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
                if self._is_cut_off():
                    self._over.append(self._ask_over_limit())
                break
            if not any(over.sound for over in self._over) and self._time_is_left():
                self._over.append(self._ask_over_limit())
                if not self._over[-1].sound and self._is_served_early():
                    self._over.append(self._ask_on())
                    finding = self._judge()
            settled = finding.judgement is Judgement.TOO_MANY or any(o.sound for o in self._over)
            if finding.judgement is not Judgement.OPEN and settled:
                break
            if self._sent() > (MOST_SENT - 6) * self._rate.requests:  # one more, and the end's
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
            ahead, gap = vanguard(rate)
            done += transport.volley([self._request] * ahead, ahead, self._bounds)
            if not self._portal.settings.plan:
                time.sleep(gap)
        tally = _Counting(rate.requests, served(hits(done)))

        def supply() -> Iterator[Request]:
            plain = repeat(self._request, most - len(done) - len(self._mixed))
            for request in chain(self._mixed, plain):
                if now() > latest:
                    return
                yield request

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
        vain = len(self._counts) > 1 and not served(hits(self._counts[-1]))
        vain = vain or self._portal.transport.last_heard > last.received + (told or 0)
        vain = vain or any(not over.sound for over in self._over[-1:])
        if told is None or told > self._rate.period + 2 or vain:
            quiet(self._portal, self._rate, "until the burst is out of every period")
            return
        due = last.received + told
        longest = max(span_of(count) for count in self._counts)
        due = analysis.undisturbed(due, longest, finding.phases, self._rate)
        sleep_until(self._portal, due, "until the target's next window, to count once more")

    def _sent(self) -> int:
        """How many requests were sent so far."""
        return sum(map(len, self._counts)) + sum(len(over.own()) for over in self._over)

    # --- over the limit -----------------------------------------------------------------------

    def _is_cut_off(self) -> bool:
        """Whether the last burst ended in requests that got no answer, one after another."""
        last = sorted(self._counts[-1], key=lambda one: one.sent)[-STREAK // 2 :]
        return all(fate(one) is Fate.LOST and one.trouble is not Trouble.TIMEOUT for one in last)

    def _is_served_early(self) -> bool:
        """Whether the target served again before the time that its refusals had announced."""
        asked = [*self._counts[-1], *self._over[-1].own()]
        told = {exchange.number: announced(exchange) for exchange in asked}
        return bool(analysis.served_early(hits(asked), told, self._rate))

    def _ask_on(self) -> OverLimit:
        """Fill the window at once that began while it was asked on, and ask on again: what gives up
        serves once more, and what rolled over does not within a period.
        """
        rate, transport = self._rate, self._portal.transport
        supply = repeat(self._request, rate.requests + STREAK)
        done = transport.volley(supply, FEWEST, self._bounds, _Counting(rate.requests, 0))
        many = subsequent_requests(rate)
        done += transport.volley(repeat(self._request, many), many // 3, self._bounds)
        return OverLimit(tuple(done))

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
        done: Untested | dict[str, Effect]
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

    def __init__(self, limit: int, counted: int) -> None:
        self._limit = limit
        self._served = counted
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
