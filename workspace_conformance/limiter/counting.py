"""Requests as a rate limiter may have counted them: when, and what became of each.

All times are seconds on one clock.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from workspace_conformance.settings import Rate

EPSILON = 0.005  # seconds by which the two ends' clocks may drift apart during a campaign


class Fate(StrEnum):
    """What became of a request. Whether a lost one was counted by the target is not known."""

    SERVED = "served"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Hit:
    """One request of the account under test: counted by the target between `sent` and `received`.

    `number` names its exchange.
    """

    number: int
    sent: float
    received: float
    fate: Fate


def seconds_announced(value: str | None) -> int | None:
    """Retry-After as a whole, positive number of seconds (RFC 9110, 10.2.3); None for all else."""
    if value is None or not re.fullmatch(r"0*[1-9][0-9]{0,8}", value.strip(" \t"), re.ASCII):
        return None
    return int(value)


def served(hits: Iterable[Hit]) -> int:
    """How many were served."""
    return sum(hit.fate is Fate.SERVED for hit in hits)


def refused(hits: Iterable[Hit]) -> list[Hit]:
    """Those that were refused, in the order in which the refusals came."""
    return sorted((hit for hit in hits if hit.fate is Fate.REFUSED), key=lambda hit: hit.received)


def span(hits: Sequence[Hit]) -> float:
    """Seconds from the first sending to the last answer."""
    return max(hit.received for hit in hits) - min(hit.sent for hit in hits)


class Tally:
    """Counts hits by where they may, or must, have been counted."""

    def __init__(self, hits: Iterable[Hit]) -> None:
        hits = list(hits)
        self._sent = sorted(hit.sent for hit in hits)
        self._received = sorted(hit.received for hit in hits)

    def possible(self, since: float, until: float) -> int:
        """How many may have been counted between two instants."""
        inside = bisect_right(self._sent, until + EPSILON)
        return inside - bisect_left(self._received, since - EPSILON)

    def certain(self, since: float, until: float) -> int:
        """How many must have been counted between two instants (or fewer, never more)."""
        ended = bisect_left(self._received, until - EPSILON)
        return ended - bisect_left(self._sent, since + EPSILON)


def only(hits: Iterable[Hit], *fates: Fate) -> list[Hit]:
    """Those of these fates."""
    return [hit for hit in hits if hit.fate in fates]


def vanguard(rate: Rate) -> tuple[int, float]:
    """How many requests of the first burst go ahead of the others, and by how many seconds.

    They leave a sliding log ahead of the others too: that tells it from a fixed window. One alone
    would not do: a clock-aligned window of N - 1 that began anew after it would serve N in all.
    """
    return max(2, min(10, rate.requests // 5)), min(1.2, 0.12 * rate.period)


def grace(rate: Rate) -> float:
    """Seconds by which a limiter that reckons in whole seconds may be early; less for periods that
    are too short to be reckoned so.
    """
    return min(1.0, rate.period / 10)
