"""One thread at a time draws with Hypothesis.

What is drawn must not hang on what other threads draw, and Hypothesis parses source code as it
goes, which CPython 3.11 cannot do on two threads at once: now and then it finds one's syntax tree
inconsistent, a SystemError.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from hypothesis import core
from hypothesis.internal.conjecture import providers

_LOCK = threading.RLock()
_generator: Random | None = None


@contextmanager
def alone() -> Iterator[None]:
    """Be the one thread that is inside Hypothesis, shrinking included."""
    # Hypothesis keeps a generator of random numbers for each thread, and to get to know one it walks
    # through all objects of the process. Threads that take turns can do with one.
    global _generator
    with _LOCK:
        own = getattr(core, "threadlocal", None)
        if own is not None and _generator is not None:
            own._hypothesis_global_random = _generator
        try:
            yield
        finally:
            _generator = getattr(own, "_hypothesis_global_random", None)


# Hypothesis mixes constants of the project's loaded modules into what it draws, so that the same
# seed asks other things when another test, or a replay, has loaded another module. It has no
# setting for that; without the hook its own constants are drawn as ever.
if hasattr(providers, "_get_local_constants"):
    providers._get_local_constants = lambda: providers._local_constants
