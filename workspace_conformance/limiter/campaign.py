"""Everything that was sent to measure a limiter, what came back, and what counting it came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.exchange.outcomes import Untested
from workspace_conformance.limiter import analysis
from workspace_conformance.limiter.analysis import Finding
from workspace_conformance.limiter.counting import Fate, served
from workspace_conformance.limiter.excess import OverLimit, Recovery, hits
from workspace_conformance.limiter.writes import Effect
from workspace_conformance.settings import Rate


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
    writes: Untested | dict[str, Effect]
    finding: Finding
    again: Again | None = None

    @property
    def first(self) -> tuple[Exchange, ...]:
        """The burst that began from quiet."""
        return self.counts[0]

    @property
    def plain(self) -> Request:
        """The request that the bursts are made of, beside a few of every other kind."""
        return Counter(one.request for one in self.first).most_common(1)[0][0]

    @property
    def state(self) -> OverLimit | None:
        """What was asked over the limit with nothing to disturb it; None where that failed."""
        return next((over for over in reversed(self.over) if over.sound), None)

    @property
    def limit(self) -> int:
        """The number found to be served, never more than the documented one."""
        found = served(hits(self.first))
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
        return span_of(self.first)


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


def span_of(exchanges: Sequence[Exchange]) -> float:
    """Seconds from the first sending to the last answer."""
    return max(one.received for one in exchanges) - min(one.sent for one in exchanges)
