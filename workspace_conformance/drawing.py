"""One thread at a time draws with Hypothesis.

What is drawn must not hang on what other threads draw, and Hypothesis parses source code as it
goes, which CPython 3.11 cannot do on two threads at once: now and then it finds one's syntax tree
inconsistent, a SystemError.
"""

from __future__ import annotations

import threading
from typing import Final

from hypothesis.internal.conjecture import providers

LOCK: Final = threading.RLock()
"""Held by whoever is inside Hypothesis, shrinking included."""


# Hypothesis mixes constants of the project's loaded modules into what it draws, so that the same
# seed asks other things when another test, or a replay, has loaded another module. It has no
# setting for that; without the hook its own constants are drawn as ever.
if hasattr(providers, "_get_local_constants"):
    providers._get_local_constants = lambda: providers._local_constants
