"""Rate limiters of three lawful kinds.

The documentation: up to 500 requests per 10-second period from one IP address with one account;
then 503 for the subsequent requests, with Retry-After in seconds (Basic concepts, Rate limiting).
Where a period begins it does not say: with the first request, by the clock, or with any request.
"""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Hashable
from typing import Protocol

from .options import LimiterKind, Rate

Clock = Callable[[], float]
"""Seconds that only grow."""


class Limiter(Protocol):
    """Admits requests or refuses them."""

    rate: Rate
    clock: Clock

    def admit(self, key: Hashable) -> int | None:
        """None where a request under that key is served, else the whole seconds to wait."""
        ...

    def resized(self, limit: int) -> "Limiter":
        """A limiter of the same kind and period, with another limit and nothing counted yet."""
        ...


def seconds_until(moment: float, now: float) -> int:
    """Whole seconds, at least one, after which the moment has come."""
    return max(1, math.ceil(moment - now))


class FixedWindow:
    """Counts from the first request; the next window begins with the first one after its end."""

    def __init__(self, rate: Rate, clock: Clock = time.monotonic) -> None:
        self.rate = rate
        self.clock = clock
        self._windows: dict[Hashable, tuple[float, int]] = {}

    def _begin(self, now: float) -> float:
        return now

    def admit(self, key: Hashable) -> int | None:
        """See `Limiter`."""
        now = self.clock()
        begun, count = self._windows.get(key, (-math.inf, 0))
        if now >= begun + self.rate.period:
            begun, count = self._begin(now), 0
        if count >= self.rate.limit:
            return seconds_until(begun + self.rate.period, now)
        self._windows[key] = (begun, count + 1)
        return None

    def resized(self, limit: int) -> Limiter:
        """See `Limiter`."""
        return type(self)(Rate(limit, self.rate.period), self.clock)


class ClockWindow(FixedWindow):
    """Counts in windows that begin at whole multiples of the period."""

    def __init__(self, rate: Rate, clock: Clock = time.time) -> None:
        super().__init__(rate, clock)

    def _begin(self, now: float) -> float:
        return math.floor(now / self.rate.period) * self.rate.period


class SlidingLog:
    """Counts the requests that it served in the period before each request."""

    def __init__(self, rate: Rate, clock: Clock = time.monotonic) -> None:
        self.rate = rate
        self.clock = clock
        self._served: defaultdict[Hashable, deque[float]] = defaultdict(deque)

    def admit(self, key: Hashable) -> int | None:
        """See `Limiter`."""
        now = self.clock()
        served = self._served[key]
        while served and now >= served[0] + self.rate.period:
            served.popleft()
        if len(served) >= self.rate.limit:
            return seconds_until(served[0] + self.rate.period, now)
        served.append(now)
        return None

    def resized(self, limit: int) -> Limiter:
        """See `Limiter`."""
        return SlidingLog(Rate(limit, self.rate.period), self.clock)


class Unlimited:
    """Serves everything."""

    def __init__(self) -> None:
        self.rate = Rate(1, 1.0)
        self.clock: Clock = time.monotonic

    def admit(self, key: Hashable) -> int | None:
        """See `Limiter`."""
        return None

    def resized(self, limit: int) -> Limiter:
        """See `Limiter`; there is no limit to resize."""
        return self


def make_limiter(rate: Rate | None, kind: LimiterKind, clock: Clock | None = None) -> Limiter:
    """The limiter that the options ask for; `clock` None takes the kind's own."""
    if rate is None:
        return Unlimited()
    makers: dict[LimiterKind, type[FixedWindow] | type[ClockWindow] | type[SlidingLog]] = {
        "fixed": FixedWindow,
        "clock": ClockWindow,
        "sliding": SlidingLog,
    }
    return makers[kind](rate) if clock is None else makers[kind](rate, clock)
