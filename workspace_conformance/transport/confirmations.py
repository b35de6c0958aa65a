"""Questions asked again to confirm what was seen: each answer serves all that were in doubt before it.

A broken target is doubted hundreds of times, and must not be asked the same hundreds of times more:
the first answer to a question that was asked after an instant confirms, or refutes, whatever was seen
until then.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable

from workspace_conformance.exchange.messages import Exchange, Request

ASKER = "confirmation"  # who asks, in a recording


class Confirmations:
    """The questions that were asked again, with their answers. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asking: dict[Request, threading.Lock] = defaultdict(threading.Lock)
        self._answers: dict[Request, list[Exchange]] = defaultdict(list)

    def ask(self, request: Request, after: float, send: Callable[[], Exchange]) -> Exchange:
        """The first answer to `request` that was asked for after an instant (seconds since the
        epoch); `send` gets it where there is none yet.
        """
        with self._lock:
            asking = self._asking[request]
        with asking:
            found = next((one for one in self._answers[request] if one.sent >= after), None)
            if found is None:
                found = send()
                self._answers[request].append(found)
            return found
