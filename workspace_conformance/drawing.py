"""One thread at a time draws with Hypothesis.

What is drawn must not hang on what other threads draw, and Hypothesis parses source code as it
goes, which CPython 3.11 cannot do on two threads at once: now and then it finds one's syntax tree
inconsistent, a SystemError.
"""

from __future__ import annotations

import threading
from typing import Final

LOCK: Final = threading.RLock()
"""Held by whoever is inside Hypothesis, shrinking included."""
