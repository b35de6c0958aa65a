"""Cases run early: while pytest reports one, the bodies of the next are already asking the target.

A distant target must not make a run as slow as the sum of its answers. Cases are plain functions of
the portal and their parameters, so their bodies can run on threads before pytest comes to them;
pytest then only collects what became of each. Reading cases overlap with one another, then writing
cases do; a case that writers would disturb (`alone`) begins when they have ended, and overlaps with
its like at most.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait

import pytest


class Scheduler:
    """Runs the bodies of cases ahead of time, group after group, `overlap` at once."""

    def __init__(self, overlap: int) -> None:
        self._overlap = overlap
        self._futures: dict[str, Future[None]] = {}
        self._items: dict[str, pytest.Item] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._stopped = threading.Event()

    def start(
        self, body: Callable[[pytest.Item], None], groups: Sequence[Sequence[pytest.Item]]
    ) -> None:
        """Begin to call `body` for the first group; each further one begins when the one before has
        ended.
        """
        if self._overlap < 2:
            return
        self._pool = ThreadPoolExecutor(self._overlap, thread_name_prefix="case")
        work = [[(item, Future[None]()) for item in group] for group in groups]
        self._futures = {item.nodeid: future for group in work for item, future in group}
        self._items = {item.nodeid: item for group in groups for item in group}
        threading.Thread(target=self._feed, args=(body, work), name="feed", daemon=True).start()

    def has_run(self, item: pytest.Item) -> bool:
        """Whether `item` has run early: waits until it has, and raises what its body raised. False
        where it never began.
        """
        future = self._futures.get(item.nodeid)
        if future is None:
            return False
        try:
            future.result()
        except CancelledError:
            return False
        return True

    def settle(self) -> None:
        """Wait until nothing is under way: everything that runs early has run."""
        wait(list(self._futures.values()))

    def failed(self) -> dict[pytest.Item, AssertionError]:
        """What the cases that have run early raised, of those that found a violation."""
        found: dict[pytest.Item, AssertionError] = {}
        for name, future in self._futures.items():
            error = future.exception() if future.done() and not future.cancelled() else None
            if isinstance(error, AssertionError):
                found[self._items[name]] = error
        return found

    def stop(self) -> None:
        """Begin nothing more and wait until what is under way has ended."""
        self._stopped.set()
        if self._pool is not None:
            self._pool.shutdown(wait=True)

    def _feed(
        self,
        body: Callable[[pytest.Item], None],
        work: Sequence[Sequence[tuple[pytest.Item, Future[None]]]],
    ) -> None:
        assert self._pool is not None
        for group in work:
            for item, future in group:
                try:
                    self._pool.submit(self._one, body, item, future)
                except RuntimeError:  # the pool was shut down meanwhile
                    _give_up(future)
            wait([future for _, future in group])

    def _one(
        self, body: Callable[[pytest.Item], None], item: pytest.Item, outcome: Future[None]
    ) -> None:
        if self._stopped.is_set():
            _give_up(outcome)
            return
        try:
            body(item)
        except BaseException as error:  # handed to pytest as it is
            outcome.set_exception(error)
        else:
            outcome.set_result(None)


def _give_up(future: Future[None]) -> None:
    # Whoever waits for a cancelled future is told only by the second call.
    future.cancel()
    future.set_running_or_notify_cancel()
