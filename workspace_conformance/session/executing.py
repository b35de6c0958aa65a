"""Running the body of one case, on whichever thread: its parameters, its consent, and what its
outcome may keep.
"""

from __future__ import annotations

import inspect
import time
import traceback
from collections.abc import Callable
from functools import cache

import pytest

from workspace_conformance.exchange import cases
from workspace_conformance.exchange.cases import Case
from workspace_conformance.exchange.outcomes import Reason, Untested, Violation
from workspace_conformance.portal.records import Portal
from workspace_conformance.session.run import Run

_CASE: pytest.StashKey[Case] = pytest.StashKey()


def execute(run: Run, item: pytest.Item, portal: Portal | None = None) -> None:
    """Run one case's function in the current thread; raises what it raises.

    `portal` takes the place of the run's own where a case is run again.
    """
    case = case_of(item)
    case.asker = item.nodeid if portal is None else f"{item.nodeid} again"
    if item.get_closest_marker("writes") and not run.settings.allow_writes:
        raise Untested(Reason.NO_CONSENT, "would write on the target; give --allow-writes")
    if portal is None and _is_out_of_time(run, item):
        words = f"out of time: --max-time is {run.settings.max_time:g} s"
        raise Untested(Reason.TOO_SLOW, words)
    assert isinstance(item, pytest.Function)
    names = _wanted(item.obj)
    given = {**_parameters(item), "portal": portal or run.portal}
    cases.enter(case)
    try:
        item.obj(**{name: given[name] for name in names})
    except (Untested, AssertionError) as outcome:
        _redact(run, outcome)
        _lighten(run, outcome)
        by_head = isinstance(outcome, Violation) and outcome.by_head
        if case.unread and isinstance(outcome, AssertionError) and not by_head:
            words = f"a body that this rests on was not read, for safety: {case.unread[0]}"
            raise Untested(Reason.SETUP_FAILED, words) from None
        raise
    finally:
        cases.enter(None)


def _is_out_of_time(run: Run, item: pytest.Item) -> bool:
    """Whether a case may not begin any more; the burst must have the time for all that it waits for."""
    longest = run.settings.max_time
    if longest is None:
        return False
    ahead = 6 * run.settings.rate.period if item.get_closest_marker("burst") else 0.0
    return time.time() - run.started + ahead > longest


def can_run_early(item: pytest.Item) -> bool:
    """Whether a case needs nothing of pytest but its parameters and the portal."""
    if not isinstance(item, pytest.Function):
        return False
    if item.get_closest_marker("burst") or item.get_closest_marker("last"):
        return False
    return _wanted(item.obj) <= {"portal", *_parameters(item)}


@cache
def _wanted(check: Callable[..., None]) -> frozenset[str]:
    """The names of what a check is to be given."""
    return frozenset(inspect.signature(check).parameters)


def case_of(item: pytest.Item) -> Case:
    """The case that belongs to an item; made at the first call."""
    case = item.stash.get(_CASE, None)
    if case is None:
        marker = item.get_closest_marker("requirement")
        assert marker is not None
        parameters = _parameters(item)
        case = Case(item.nodeid, marker.args[0])
        case.method = _text(parameters.get("method"))
        case.format = _text(parameters.get("fmt"))
        item.stash[_CASE] = case
    return case


def _parameters(item: pytest.Item) -> dict[str, object]:
    if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
        return dict(item.callspec.params)
    return {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _redact(run: Run, outcome: Untested | AssertionError) -> None:
    """Take secrets out of what an outcome says: pytest's own traces (--debug) show it."""
    text = run.redactor.text
    outcome.args = tuple(text(it) if isinstance(it, str) else it for it in outcome.args)
    if isinstance(outcome, Untested):
        outcome.words = text(outcome.words)
        outcome.msg = text(str(outcome.msg))


def _lighten(run: Run, outcome: BaseException) -> None:
    """Let go of what an outcome holds in memory until the run ends: the locals of its frames, whole
    bodies among them, and the whole exchange, of which the evidence is kept anyway.
    """
    assert run.transport is not None
    if isinstance(outcome, Violation) and outcome.exchange is not None:
        outcome.exchange = run.transport.exchanges.get(outcome.exchange.number, outcome.exchange)
    links: list[BaseException | None] = [outcome]
    while links:
        error = links.pop()
        if error is not None:
            traceback.clear_frames(error.__traceback__)
            links += [error.__cause__, error.__context__]
