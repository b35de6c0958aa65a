"""What one case comes to: as it ran first, or, where that would be an unsure accusation, as it runs
again.
"""

from __future__ import annotations

import pytest

from workspace_conformance.exchange import cases
from workspace_conformance.exchange.cases import Case
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal
from workspace_conformance.session.executing import case_of, execute
from workspace_conformance.session.run import Run


def judge(run: Run, item: pytest.Item) -> None:
    """Run one case, or take what running it early came to; raises what its body raised.

    A violation that was seen while other cases were writing too is accused only when it shows
    again with nothing else under way: a portal that mixes records up (REST-2) would else seem
    to break much more. One that rests on a record which is no longer there (somebody else may
    have removed it in between) is accused only when it shows with another record.
    """
    try:
        if not run.scheduler.has_run(item):
            execute(run, item)
    except SystemError:
        # Hypothesis raises the interpreter's recursion limit while it shrinks, and CPython 3.11
        # then finds a syntax tree that another thread builds inconsistent: alone, it is not.
        run.scheduler.settle()
        execute(run, item)
    except AssertionError as seen:
        if run.portal is None or item.get_closest_marker("burst"):
            raise
        writes = item.get_closest_marker("writes") is not None
        if not writes and not _is_bereft(run, item, run.portal):
            raise
        run.scheduler.settle()
        portal = _second_attempt(run, run.portal) if writes else run.portal
        try:
            execute(run, item, portal.looking_anew())
        except Untested as why:
            words = f"seen once ({seen}), and could not be confirmed: {why.words}"
            raise Untested(Reason.SETUP_FAILED, words) from None


def _is_bereft(run: Run, item: pytest.Item, portal: Portal) -> bool:
    """Whether a record that a case has read is no longer there."""
    assert run.transport is not None
    seen = [run.transport.exchanges[number] for number in case_of(item).exchanges]
    read = {it.request: None for it in seen if it.succeeded and it.request.method == "GET"}
    cases.enter(Case(item.nodeid, "", asker=f"{item.nodeid} bereft"))
    try:
        return any(portal.is_gone(request) for request in read)
    except Untested:  # a recording need not know
        return False
    finally:
        cases.enter(None)


def _second_attempt(run: Run, portal: Portal) -> Portal:
    # One for all cases: two that repeat the same experiment must not make its records twice,
    # for the journal knows a record by its name.
    if run.second_attempt is None:
        run.second_attempt = portal.again()
    return run.second_attempt
