"""What one case comes to: as it ran first, unless that is a violation or rests on a target that has
changed; then as the confirmation says.
"""

from __future__ import annotations

import pytest

from workspace_conformance.exchange.outcomes import Untested
from workspace_conformance.session import confirming
from workspace_conformance.session.executing import execute
from workspace_conformance.session.run import Run


def judge(run: Run, item: pytest.Item) -> None:
    """Run one case, or take what running it early came to; raises what it comes to.

    The burst is sent once: what it shows cannot be asked again.
    """
    if run.portal is None or item.get_closest_marker("burst"):
        return _run(run, item)
    try:
        _run(run, item)
    except AssertionError as seen:
        confirming.confirm(run, item, seen)
    except Untested as why:
        raise confirming.explained(run, item, why) from None
    else:
        confirming.expect_served(run, item)


def _run(run: Run, item: pytest.Item) -> None:
    try:
        if not run.scheduler.has_run(item):
            execute(run, item)
    except SystemError:
        # Hypothesis raises the interpreter's recursion limit while it shrinks, and CPython 3.11
        # then finds a syntax tree that another thread builds inconsistent: alone, it is not.
        run.scheduler.settle()
        execute(run, item)
