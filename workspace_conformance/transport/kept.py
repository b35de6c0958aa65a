"""The exchanges of a run as evidence, in a memory that no target can fill: of large bodies only the
beginning stays, and after a flood of them no further one is read whole.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import replace

from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.transport.wire import Answer, Bounds

_KEPT_BODY = 512 * 1024  # bytes of a body that stay in memory as evidence
_KEPT_BYTES = 48 * 1024 * 1024  # bytes of all bodies that do; of each further one the beginning
_KEPT_BEGINNING = 4096
_LARGE_BODY = 256 * 1024  # bytes; what is larger counts towards a flood
_FLOOD = 512 * 1024 * 1024  # bytes of large bodies, after which no further one is read whole
_HELD = 160 * 1024 * 1024  # bytes of large bodies in memory at once, at which none is either


class Kept:
    """Numbers exchanges as they come and keeps them. Safe to use from several threads."""

    def __init__(self) -> None:
        self.exchanges: dict[int, Exchange] = {}
        self._lock = threading.Lock()
        self._flood = 0  # bytes of large bodies that came
        self._held = 0  # and those of them that somebody still looks at
        self._kept_bytes = 0

    def bounds(self, bounds: Bounds) -> Bounds:
        """The bounds of the next request: after a flood of large bodies, or while many of them are
        held, no more of them are read.
        """
        if self._flood < _FLOOD and self._held < _HELD:
            return bounds
        return replace(bounds, body=min(bounds.body, _LARGE_BODY))

    def keep(self, request: Request, answer: Answer) -> Exchange:
        """The whole exchange, for whoever asked; what is kept of it may be less."""
        with self._lock:
            number = len(self.exchanges) + 1
            exchange = Exchange(
                number,
                request,
                answer.response,
                answer.trouble,
                answer.words,
                answer.sent,
                answer.received,
            )
            kept = exchange
            size = len(answer.response.body) if answer.response else 0
            if answer.response is not None and size > _LARGE_BODY:
                self._flood += size
                self._held += size
                weakref.finalize(answer.response, self._let_go, size).atexit = False
            room = _KEPT_BODY if self._kept_bytes < _KEPT_BYTES else _KEPT_BEGINNING
            if answer.response is not None and size > room:
                kept = replace(
                    exchange, response=replace(answer.response, body=answer.response.body[:room])
                )
            self._kept_bytes += min(size, room)
            self.exchanges[number] = kept
        return exchange

    def _let_go(self, size: int) -> None:
        # Not under the lock: a body may be let go of while it is held. A lost count costs a body.
        self._held -= size
