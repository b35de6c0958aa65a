"""What was read of bodies, kept for a while: a body that many checks look at is parsed once.

A portal with thousands of people answers megabytes, and every check that needs a person's id looks
into them. What is kept is bounded by the size of the bodies; values are shared, and nobody may change
them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")

_KEPT = 12 * 1024 * 1024  # bytes of bodies whose values are kept


class Parsed:
    """Values by the body that they were read from, the least recently used of them let go."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._bytes = 0
        self._values: OrderedDict[tuple[bytes, Hashable], Any] = OrderedDict()

    def __call__(self, body: bytes, how: Hashable, read: Callable[[], T]) -> T:
        """What `read` makes of a body; `how` tells apart several ways to read it. Raises what it
        raises, each time.
        """
        key = body, how
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                known: T = self._values[key]
                return known
        value = read()
        if len(body) > self._kept:
            return value
        with self._lock:
            if key not in self._values:
                self._values[key] = value
                self._bytes += len(body)
            while self._bytes > self._kept:
                (old, _), _ = self._values.popitem(last=False)
                self._bytes -= len(old)
        return value
