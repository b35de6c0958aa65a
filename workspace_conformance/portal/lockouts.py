"""Locks of our own making: a portal may lock out a user for whom wrong passwords were sent.

Such a lock is waited out, once in a run. Without one of ours nothing is waited for: then it is not
for this run to say how long a lock lasts.
"""

from __future__ import annotations

import threading
import time
from collections import Counter

from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.transport.sending import Transport
from workspace_conformance.transport.throttling import announced_wait

LONGEST = 60.0  # seconds that a lock is taken to last, where it does not say that it is shorter
MARGIN = 5.0  # seconds more, for clocks
_WHY = "wrong passwords of this run have locked a user out"


class Lockouts:
    """The wrong passwords that this run has sent, and the one lock that is waited out. Safe to use
    from several threads.
    """

    def __init__(self) -> None:
        self._spent: Counter[str] = Counter()
        self._over = 0.0  # when the wait was over, since the epoch; 0: nothing was waited for
        self._lock = threading.Lock()

    def spend(self, user: str) -> int:
        """Note that a wrong password is sent for a user; how many were before."""
        with self._lock:
            self._spent[user] += 1
            return self._spent[user] - 1

    def wait_out(self, transport: Transport, refusal: Exchange) -> bool:
        """Wait until a lock is over that an answer tells of; whether that was done. It is done once:
        whoever was refused before the wait was over may ask again, nobody after it.
        """
        with self._lock:
            if not self._spent:
                return False
            if not self._over:
                if transport.recording is None:
                    announced = announced_wait(refusal.response) if refusal.response else None
                    seconds = min(announced or LONGEST, LONGEST) + (1.0 if announced else MARGIN)
                    transport.announce(_WHY, seconds)
                    time.sleep(seconds)
                self._over = time.time()
                return True
            return refusal.received < self._over
