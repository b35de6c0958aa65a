"""A pytest plugin for runs under observation: notes when the body of each case began and ended.

`-p tests.watching` with WATCHED=FILE in the environment; one JSON object a line.
"""

from __future__ import annotations

import json
import os
import threading
import time

import pytest

from workspace_conformance.portal.records import Portal
from workspace_conformance.session import executing, judging
from workspace_conformance.session.run import Run

_LOCK = threading.Lock()


def pytest_configure() -> None:
    """Put a clock around every case."""
    execute = executing.execute

    def watched(run: Run, item: pytest.Item, portal: Portal | None = None) -> None:
        began = time.monotonic()
        try:
            execute(run, item, portal)
        finally:
            line = {
                "id": item.nodeid,
                "alone": any(map(item.get_closest_marker, ("alone", "first"))),
                "began": began,
                "ended": time.monotonic(),
            }
            with _LOCK, open(os.environ["WATCHED"], "a", encoding="utf-8") as out:
                out.write(json.dumps(line) + "\n")

    executing.execute = watched
    judging.execute = watched  # type: ignore[attr-defined]
