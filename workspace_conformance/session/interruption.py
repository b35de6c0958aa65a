"""Ctrl-C ends a run once: what it made is still removed, however often it is pressed.

The first Ctrl-C (or SIGTERM, by which pipelines cancel) ends the cases. From then on the run cleans
up and reports, which a second one must not break off by chance: it is answered by a line, and only
the third gives the clean-up up, with a list of what is left.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Protocol

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_GOES_ON = b"\nworkspace: removing what this run made; once more leaves it there, in the journal\n"
_GIVES_UP = b"\nworkspace: the clean-up is given up; what is left is listed below\n"


class Entry(Protocol):
    """An entry of a traceback as pytest shows it."""

    @property
    def lineno(self) -> int:
        """The line in its source, from 0; raises TypeError where there is none."""


def has_line(entry: Entry) -> bool:
    """Whether pytest can show this entry of a traceback.

    An interruption may arrive at an instruction of no line of the source, as compilers add them
    (https://docs.python.org/3/reference/datamodel.html#codeobject.co_lines: a line may be None).
    Pytest counts with the number all the same, and its error would take the place of the end of
    the run: the exit code would be another, and the result unwritten.
    """
    try:
        return entry.lineno >= 0
    except TypeError:
        return False


class Interruption:
    """What becomes of interruptions while a run is under way; `seen`: there was one."""

    def __init__(self, give_up: Callable[[], None]) -> None:
        self._give_up = give_up
        self.seen = False
        self._ending = False
        self._told = False
        self._before: dict[int, object] = {}

    def begin(self) -> None:
        """Take interruptions from now on; does nothing outside the main thread."""
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                self._before[number] = signal.signal(number, self._interrupted)

    def ending(self) -> None:
        """From now on no interruption ends anything by an exception."""
        self._ending = True

    def end(self) -> None:
        """Leave interruptions to whoever had them before."""
        while self._before:
            number, handler = self._before.popitem()
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        self.seen = True
        if not self._ending:
            self._ending = True
            raise KeyboardInterrupt
        # Not by print, which the interruption may have found in the middle of a line.
        with contextlib.suppress(OSError):
            os.write(2, _GIVES_UP if self._told else _GOES_ON)
        if self._told:
            self._give_up()
        self._told = True
