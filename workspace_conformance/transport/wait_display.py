"""Showing a person what a run waits for, and for how long.

On a terminal one line counts down and then disappears; in a log there is a line at the start and
one at the end.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable

import pytest

_WIDTH = 78  # columns
_SHORTEST = 1.0  # seconds: what is over sooner is not worth a line
SHORTEST_LOGGED = 3.0  # seconds: nor is this in a log, where lines stay


class Screen:
    """Where pytest reports to, reached from any thread at any time.

    While a test runs, pytest catches what is written to standard output, its reporter's own words
    too. Made while it does not (between collection and the first test), this keeps the way out.
    """

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self._reporter = reporter
        self._out: int | None = None
        with contextlib.suppress(OSError, ValueError):  # no file, or none that is open
            sys.stdout.flush()
            self._out = os.dup(sys.stdout.fileno())
            weakref.finalize(self, os.close, self._out)

    def write(self, text: str) -> None:
        """Put a text out at once."""
        if self._out is None:
            self._reporter.write(text, flush=True)
        else:
            with contextlib.suppress(OSError):
                os.write(self._out, text.encode("utf-8", "replace"))

    def fresh(self) -> None:
        """Begin a new line where the reporter has begun one; it then begins one itself."""
        if self._reporter.currentfspath:
            self.write("\n")
            self._reporter.currentfspath = None


class Waits:
    """Shows waits, each announced when it begins. Safe to use from several threads.

    write: puts a text out at once, as it is; fresh: begins a new line where one is begun; live: it
    is a terminal; logged_from: the seconds from which a wait is worth lines where it is none.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        fresh: Callable[[], None],
        *,
        live: bool,
        logged_from: float = SHORTEST_LOGGED,
    ) -> None:
        self._logged_from = logged_from
        self._write = write
        self._fresh = fresh
        self._live = live
        self._lock = threading.Lock()
        self._what = ""
        self._began = 0.0
        self._until = 0.0
        self._told = False  # a line in the log says that it began
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def __call__(self, what: str, seconds: float) -> None:
        """Announce that `what` is waited for, for so many seconds; 0: there is only a word to say."""
        if seconds < _SHORTEST:
            if not seconds:
                self._fresh()
                self._write(f"  {what}\n")
            return
        now = time.monotonic()
        with self._lock:
            idle = now >= self._until and self._thread is None
            longer = now + seconds > self._until + _SHORTEST
            if longer:
                self._until = now + seconds
                if idle or what != self._what:
                    self._begin(what, seconds, idle)
        if idle:
            self._thread = threading.Thread(target=self._follow, name="waiting", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Show nothing more; what is under way ends."""
        self._stopped.set()
        thread = self._thread
        if thread is not None:
            thread.join(2)

    def _begin(self, what: str, seconds: float, idle: bool) -> None:
        self._what = what
        if idle:
            self._began = time.monotonic()
            if self._live or seconds >= self._logged_from:
                self._fresh()
        if not self._live and seconds >= self._logged_from:
            self._told = True
            self._write(f"  waiting {seconds:.0f} s: {what}\n")

    def _follow(self) -> None:
        """Count down, on a thread of its own, until nothing is waited for any more."""
        while True:
            with self._lock:
                left = self._until - time.monotonic()
                if left <= 0 or self._stopped.is_set():
                    self._thread = None
                    self._end()
                    return
                if self._live:
                    text = f"  {self._what}: {left:.0f} s"
                    self._write("\r" + text[:_WIDTH].ljust(_WIDTH))
            self._stopped.wait(min(left, 1.0 if self._live else 5.0))

    def _end(self) -> None:
        if self._live:
            self._write("\r" + " " * _WIDTH + "\r")
        elif self._told:
            self._told = False
            self._fresh()
            self._write(f"  went on after {time.monotonic() - self._began:.0f} s\n")
