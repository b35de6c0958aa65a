"""Cases run ahead: while pytest reports one, the bodies of the next are already asking the target.

A distant target must not make a run as slow as the sum of its answers. Cases are plain functions of
the portal and
their parameters, so their bodies can run on threads before pytest comes to them; pytest then only
collects what became
of each. Reading cases overlap with one another, then writing cases do; a case that may not be
disturbed
(`alone`) runs when its turn comes, with nothing else under way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

import pytest

T = TypeVar("T")


class Ahead:
    """Runs `body(item)` for items ahead of time, group after group, `overlap` at once."""

    def __init__(self, body: Callable[[pytest.Item], None], overlap: int) -> None:
        self._body = body
        self._overlap = overlap
        self._futures: dict[str, Future[None]] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._feeder: threading.Thread | None = None
        self._stopped = threading.Event()

    def start(self, groups: Sequence[Sequence[pytest.Item]]) -> None:
        """Begin with the first group; each further one begins when the one before has ended."""
        if self._overlap < 2:
            return
        self._pool = ThreadPoolExecutor(self._overlap, thread_name_prefix="case")
        for group in groups:
            for item in group:
                self._futures[item.nodeid] = Future()
        self._feeder = threading.Thread(
            target=self._feed, args=(groups,), name="ahead", daemon=True
        )
        self._feeder.start()

    def run(self, item: pytest.Item) -> None:
        """Return when `item` has run, ahead or now; raises what its body raised."""
        future = self._futures.pop(item.nodeid, None)
        if future is None:
            self._body(item)
        else:
            future.result()

    def settle(self) -> None:
        """Wait until nothing is under way: everything that runs ahead has run."""
        wait(list(self._futures.values()))

    def stop(self) -> None:
        """Begin nothing more and wait until what is under way has ended."""
        self._stopped.set()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _feed(self, groups: Sequence[Sequence[pytest.Item]]) -> None:
        assert self._pool is not None
        for group in groups:
            under_way = []
            for item in group:
                if self._stopped.is_set():
                    return
                try:
                    under_way.append(self._pool.submit(self._one, item, self._futures[item.nodeid]))
                except (RuntimeError, KeyError):  # the pool was shut down meanwhile
                    return
            wait(under_way)

    def _one(self, item: pytest.Item, outcome: Future[None]) -> None:
        if self._stopped.is_set():
            outcome.cancel()
            return
        try:
            self._body(item)
        except BaseException as error:
            outcome.set_exception(error)
        else:
            outcome.set_result(None)
