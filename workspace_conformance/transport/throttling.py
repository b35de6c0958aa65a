"""Answers that are not the target's own words: a limiter or a gateway in front of it speaks, and the
request is asked again after a pause.

429 and 503 are a limiter's. 502, 504 and their like are a gateway's that did not reach the target.
What they answer says nothing of the target, and never becomes a finding against it; only the burst,
which exceeds the limit on purpose, looks at them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from workspace_conformance.exchange.messages import Response, Trouble
from workspace_conformance.settings import MAX_WAIT

LIMITING = frozenset({429, 503})
GATEWAY = frozenset({502, 504, *range(520, 528), 530})  # beyond 504: what large CDNs answer
SHORTEST = 1.0  # seconds: nothing is asked again sooner
PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds, where the answer does not say how long to wait
_VAIN = 300.0  # seconds, summed over requests, that may be waited for in vain; then one try more


def interference(response: Response) -> Trouble | None:
    """What kept the target from answering by itself; None where it did."""
    if response.status in LIMITING:
        return Trouble.THROTTLED
    return Trouble.GATEWAY if response.status in GATEWAY else None


def announced_wait(response: Response) -> float | None:
    """The seconds that Retry-After says to wait, as a number or a date; None where it is missing or
    cannot be used.

    A date is counted from the answer's own Date: the clock of whoever answered may be wrong. Where
    there is none, a date that is over or far off says nothing.
    """
    value = (response.header("retry-after") or "").strip()
    if value.isascii() and value.isdigit():
        return max(float(value[:100]), SHORTEST)
    until = _instant(value)
    if until is None:
        return None
    told = _instant(response.header("date") or "")
    seconds = until - (time.time() if told is None else told)
    if told is None and not 0 < seconds <= MAX_WAIT:
        return None
    return max(seconds, SHORTEST)


def _instant(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError, OSError, IndexError):
        return None


class Budget:
    """How much of a run may be spent on waiting for answers that never come. One for all requests."""

    def __init__(self) -> None:
        self._vain = 0.0

    def spend(self, seconds: float) -> None:
        """Note that so many seconds were waited for in vain."""
        self._vain += seconds

    def again(self) -> None:
        """Begin anew: the target may be back."""
        self._vain = 0.0

    @property
    def is_spent(self) -> bool:
        """Whether more waiting has been in vain than is worth while."""
        return self._vain > _VAIN


@dataclass(slots=True)
class Patience:
    """How long one request is asked again. `waited`: seconds so far."""

    budget: Budget
    waited: float = 0.0
    _tries: int = 0

    def pause(self, response: Response, safe: bool) -> float | None:
        """The seconds to wait before asking again; None where that is not to be done.

        A write that a gateway answered may have been carried out: it is not sent twice.
        """
        if not safe and response.status not in LIMITING:
            return None
        if self.budget.is_spent and self._tries:
            return None
        seconds = announced_wait(response) if response.status in LIMITING else None
        if seconds is None:
            if self._tries >= len(PAUSES):
                return None
            seconds = PAUSES[self._tries]
        self._tries += 1
        return seconds if self.waited + seconds <= MAX_WAIT else None
