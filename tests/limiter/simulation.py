"""Campaigns in virtual time: lanes that send, a way with jitter, a limiter that decides in order.

The sending follows `workspace_conformance.limiter.burst`; the limiters are those of the embedded portal
and stranger ones that are lawful too.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from workspace_conformance.limiter import analysis, counting
from workspace_conformance.limiter.analysis import Finding, Judgement
from workspace_conformance.limiter.counting import Fate, Hit
from workspace_conformance.limiter.excess import MEANWHILE, subsequent_requests
from workspace_conformance.reference import Rate as Limit
from workspace_conformance.reference.limiter import ClockWindow, FixedWindow, Limiter, SlidingLog
from workspace_conformance.settings import Rate

SHARE = 0.9
STREAK = 20
COUNTS = 4

Decision = Callable[[int, int | None], int | None]
"""A target's last word: from the number of its request and the limiter's wait, a wait or None."""


class CountingLog(SlidingLog):
    """A sliding log in which refused requests count like served ones."""

    def admit(self, key: Hashable) -> int | None:
        """Admit or refuse, and remember either."""
        wait = super().admit(key)
        if wait is None:
            return None
        log: deque[float] = self._served[key]
        log.append(self.clock())
        log.popleft()
        return max(1, math.ceil(log[0] + self.rate.period - self.clock()))


KINDS: dict[str, Callable[[Limit, Callable[[], float]], Limiter]] = {
    "fixed": FixedWindow,
    "clock": ClockWindow,
    "sliding": SlidingLog,
    "counting": CountingLog,
}


@dataclass(slots=True)
class World:
    """One target and the way to it; times in seconds.

    latency: the least time of a round trip; jitter: what may be added on either way; lanes: how
    many requests are under way at once; loss: the share of connections that break; grain: the steps
    of the target's clock; announce: the Retry-After that a true wait is told as; share: of the period,
    that the target's own is.
    """

    kind: str
    limit: int
    rate: Rate
    seed: int = 0
    latency: float = 0.01
    jitter: float = 0.01
    lanes: int = 8
    loss: float = 0.0
    grain: float = 0.0
    share: float = 1.0
    announce: Callable[[int], int] = lambda wait: wait
    decide: Decision = lambda number, wait: wait
    told: dict[int, int] = field(default_factory=dict)
    now: float = 0.0
    asked: int = 0
    answered: int = 0

    def begin(self) -> _Campaign:
        """A campaign against a new target."""
        return _Campaign(self)


class _Campaign:
    def __init__(self, world: World) -> None:
        self.world = world
        self.random = random.Random(world.seed)
        self.origin = 1000 + self.random.random() * world.rate.period
        own = Limit(world.limit, world.rate.period * world.share)
        self.target = KINDS[world.kind](own, self._clock)
        self.counts: list[list[Hit]] = []
        self.others: list[Hit] = []
        self.after: list[Hit] = []
        self.sound = False  # whether what was asked over the limit was refused to the end

    def _clock(self) -> float:
        moment = self.origin + self.world.now
        grain = self.world.grain
        return math.floor(moment / grain) * grain if grain else moment

    def run(self) -> Finding:
        """Count as often as needed, and ask on over the limit after the first burst."""
        world, rate = self.world, self.world.rate
        at = 0.0
        finding = Finding(Judgement.OPEN)
        for number in range(COUNTS):
            ahead, gap = counting.vanguard(rate) if number == 0 else (0, 0.0)
            burst = self._volley(at, ahead, ahead)
            at = max([at, *(hit.received for hit in burst)]) + gap
            burst += self._volley(
                at, 2 * rate.requests + 1 - len(burst), world.lanes, _stop(rate.requests, burst)
            )
            self.counts.append(burst)
            finding = analysis.judge(self.counts, self.others, rate)
            last = max(hit.received for hit in burst)
            if not counting.refused(burst):
                break
            if not self.sound:
                many = subsequent_requests(rate)
                asked = self._volley(last, many, math.ceil(many / 3))
                self.others += asked
                sent_last = sorted(asked, key=lambda hit: hit.sent)[-3:]
                self.sound = counting.served(sent_last) < 3
                early = analysis.served_early([*burst, *asked], world.told, rate)
                if not self.sound and early:
                    finding = self._ask_on(max(hit.received for hit in asked))
            settled = self.sound or finding.judgement is Judgement.TOO_MANY
            if finding.judgement is not Judgement.OPEN and settled:
                break
            at = self._next(finding)
        return self._end(finding) if any(map(counting.refused, self.counts)) else finding

    def _ask_on(self, at: float) -> Finding:
        """Fill the window at once that began while it was asked on, and ask on again."""
        rate = self.world.rate
        filled = self._volley(at, rate.requests + STREAK, 8, _stop(rate.requests, []))
        many = subsequent_requests(rate)
        self.others += filled
        self.others += self._volley(max(hit.received for hit in filled), many, many // 3)
        return analysis.judge(self.counts, self.others, rate)

    def _end(self, finding: Finding) -> Finding:
        """Ask again when it is time; where it is served early, count again and ask again."""
        counts, others = list(self.counts), list(self.others)
        refusals = counting.refused(hit for hits in [*counts, others] for hit in hits)
        meanwhile, later = self._recover(refusals[-1])
        rate, again = self.world.rate, list[Hit]()
        early = any(analysis.renewed_early(counts[-1], hit, rate) for hit in later)
        if finding.judgement is Judgement.EXACT and not finding.phases and early:
            stop = _stop(rate.requests, [])
            again = self._volley(later[-1].received, 2 * rate.requests + 1, self.world.lanes, stop)
            counts.append(again)
            self.after = [*meanwhile, *later, *again]
            if counting.refused(again):
                later = [*later, *self._recover(counting.refused(again)[-1])[1]]
        return analysis.judge(counts, [*others, *meanwhile, *later], rate, later)

    def _recover(self, last: Hit) -> tuple[list[Hit], list[Hit]]:
        """What was refused before the announced time was over; what was served then, and after."""
        told, rate = self.world.told, self.world.rate
        asked: list[Hit] = []
        everything = [hit for group in (*self.counts, self.others, self.after) for hit in group]
        heard = max(hit.received for hit in everything)
        if heard > last.received + told[last.number]:
            return [], []
        while told[last.number] > 2 and len(asked) < MEANWHILE:
            asked += self._volley(heard + 0.1, 1, 1)
            heard = asked[-1].received
            if asked[-1].fate is not Fate.REFUSED:
                break
            last = asked[-1]
        for _ in range(8):
            due = last.received + told[last.number]
            begin = max(due - 1, heard + 0.2)
            if begin > due - 0.1 or told[last.number] > rate.period + 2:
                break
            asked += self._volley(begin, 1, 1)
            heard = asked[-1].received
            if asked[-1].fate is not Fate.REFUSED:
                break
            last = asked[-1]
        due = last.received + min(told[last.number], rate.period + 2)
        for late in (0.0, 0.5, 1.0):
            asked += self._volley(max(due + late, asked[-1].received if asked else 0.0), 1, 1)
            if asked[-1].fate is Fate.SERVED:
                ahead, _ = counting.vanguard(rate)
                asked += self._volley(asked[-1].received, ahead, ahead)
                break
        good = [number for number, hit in enumerate(asked) if hit.fate is Fate.SERVED]
        since = good[0] if good else len(asked)
        return asked[:since], asked[since:]

    def slow(self) -> bool:
        """Whether a burst took more than half a period: then nothing exact is promised."""
        return any(counting.span(count) > self.world.rate.period / 2 for count in self.counts)

    def leak(self) -> Hit | None:
        """What was served between refusals."""
        hits = [hit for group in (*self.counts, self.others, self.after) for hit in group]
        limit = min(counting.served(self.counts[0]), self.world.rate.requests)
        leak = analysis.leak(hits, limit, self.world.rate)
        return leak or analysis.gave_up(hits, self.world.told, self.world.rate)

    def renewed(self, last: float | None = None) -> bool:
        """Whether a window aligned to the clock began anew before an instant (None: before the
        last hit so far).
        """
        if last is None:
            last = max(hit.received for group in (*self.counts, self.others) for hit in group)
        period = self.world.rate.period
        return self.origin // period != (self.origin + last) // period

    def _next(self, finding: Finding) -> float:
        rate = self.world.rate
        groups = [*self.counts, self.others]
        latest = counting.refused(hit for group in groups for hit in group)[-1]
        told = self.world.told[latest.number]
        last = max(hit.received for group in groups for hit in group)
        vain = len(self.counts) > 1 and not counting.served(self.counts[-1])
        if vain or last > latest.received + told or not self.sound:
            return last + rate.period + counting.grace(rate) / 2
        spans = [counting.span(count) for count in self.counts]
        return analysis.undisturbed(latest.received + told, max(spans), finding.phases, rate)

    def _volley(
        self,
        begin: float,
        most: int,
        lanes: int,
        go_on: Callable[[Hit], bool] = lambda hit: True,
    ) -> list[Hit]:
        """Send `most` requests over `lanes`; the hits in the order of arrival."""
        world, random = self.world, self.random
        events: list[tuple[float, int, float, float | None, Fate, int]] = []
        done: list[Hit] = []
        sent, enough = 0, False
        latest = begin + SHARE * world.rate.period

        def launch(at: float) -> None:
            nonlocal sent
            if enough or sent >= most or at > latest:
                return
            sent += 1
            world.asked += 1
            there = at + world.latency / 2 + random.random() * world.jitter
            heapq.heappush(events, (there, world.asked, at, None, Fate.LOST, 0))

        for _ in range(lanes):
            launch(begin + random.random() * 0.001)
        while events:
            at, number, since, counted, fate, wait = heapq.heappop(events)
            if counted is None:
                back = at + world.latency / 2 + random.random() * world.jitter
                fate, wait = self._arrive(at)
                heapq.heappush(events, (back, number, since, at, fate, wait))
                continue
            world.answered += 1
            hit = Hit(world.answered, since, at, fate)
            done.append(hit)
            if fate is Fate.REFUSED:
                world.told[hit.number] = world.announce(wait)
            enough = enough or not go_on(hit)
            launch(at + 0.0001 + random.random() * 0.0005)
        return done

    def _arrive(self, at: float) -> tuple[Fate, int]:
        """A request comes to the target: what becomes of it, and the true wait."""
        world = self.world
        world.now = at
        broken = self.random.random() < world.loss
        if broken and self.random.random() < 0.5:
            return Fate.LOST, 0  # on the way there: nothing was counted
        wait = world.decide(world.asked, self.target.admit("me"))
        if broken:
            return Fate.LOST, 0
        return (Fate.SERVED, 0) if wait is None else (Fate.REFUSED, wait)


def _stop(limit: int, burst: list[Hit]) -> Callable[[Hit], bool]:
    served, refused, streak = counting.served(burst), 0, 0

    def go_on(hit: Hit) -> bool:
        nonlocal served, refused, streak
        if hit.fate is Fate.SERVED:
            served, streak = served + 1, 0
        elif hit.fate is Fate.REFUSED:
            refused, streak = refused + 1, streak + 1
        return not (refused and served >= limit) and streak < STREAK

    return go_on
