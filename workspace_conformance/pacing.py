"""Staying under the limit: every request first takes a place in the last period's count.

The count is kept per account and address in a sliding log, so that no window of the period,
wherever it starts, ever holds more requests than the pace.
"""

from __future__ import annotations

import asyncio
import time
from typing import cast

from pyrate_limiter import Duration, InMemoryBucket, Rate, RateItem

from workspace_conformance import settings


class Pacer:
    """Hands out permission to send, at most `pace` per `rate.period` seconds for each key.

    `pace` None means no limit. All waiting is asynchronous, on one event loop. `waited` is the time
    in seconds that requests had to wait, counted once where several waited at the same time.
    """

    def __init__(self, pace: int | None, rate: settings.Rate) -> None:
        self._pace = pace
        # Counted at the moment of sending; a little longer than the period covers the way to the
        # target.
        self._interval = int((rate.period * 1.02) * Duration.SECOND)
        self._buckets: dict[str, InMemoryBucket] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self.waited = 0.0

    async def turn(self, key: str) -> None:
        """Return when a request of `key` may be sent."""
        if self._pace is None:
            return
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = InMemoryBucket([Rate(self._pace, self._interval)])
            self._turns[key] = asyncio.Lock()
        async with self._turns[key]:
            while True:
                now = time.monotonic_ns() // 1_000_000
                bucket.leak(now)
                item = RateItem(key, now)
                if bucket.put(item):
                    return
                pause = max(float(cast(int, bucket.waiting(item))), 1.0) / 1000
                self.waited += pause
                await asyncio.sleep(pause)
