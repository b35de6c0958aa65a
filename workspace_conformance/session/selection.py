"""Which cases a run judges, and in which order."""

from __future__ import annotations

import gc
from collections.abc import Sequence

import pytest

from workspace_conformance.contract import requirements
from workspace_conformance.session.executing import can_run_early
from workspace_conformance.session.invocation import only_shows
from workspace_conformance.session.run import RUN, Run
from workspace_conformance.session.starting import learn_secrets
from workspace_conformance.settings import Settings, SettingsError, check_writable
from workspace_conformance.transport.wait_display import Waits

_PHASES = (
    *("reading", "writing, first", "writing", "reading, alone", "writing, alone"),
    *("the burst", "last"),
)


def judging(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The items that judge a requirement."""
    return [item for item in items if item.get_closest_marker("requirement")]


def select(
    config: pytest.Config, settings: Settings, waits: Waits, items: list[pytest.Item]
) -> None:
    """Begin the run that judges `items`, of which it keeps the requirements that were asked for, in
    the order of their phases; raises UsageError where it cannot be.
    """
    try:
        contract = requirements.load()
        wanted = {row.id for row in requirements.select(contract, settings.requirements)}
    except requirements.ContractError as error:
        raise pytest.UsageError(str(error)) from None
    if not (settings.plan or only_shows(config)):
        try:
            check_writable(settings.report_dir)
        except SettingsError as error:
            raise pytest.UsageError(str(error)) from None
    # What is there by now stays to the end, and what a case makes seldom goes in circles: looking
    # for garbage as often as usual would be a tenth of a run.
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    run = Run(settings, contract, waits)
    run.suite_root = config.rootpath
    config.stash[RUN] = run
    learn_secrets(run)
    for item in judging(items):
        run.requirement_of(item)
    if settings.breadth == "core":
        beyond = [it for it in judging(items) if it.get_closest_marker("documented")]
        run.beyond_core = frozenset(item.nodeid for item in beyond)
        items[:] = [item for item in items if item.nodeid not in run.beyond_core]
    unknown = run.recording.not_run if run.recording else frozenset()
    if wanted or unknown:
        out = [
            item
            for item in judging(items)
            if item.nodeid in unknown or (wanted and run.requirement_of(item).id not in wanted)
        ]
        config.hook.pytest_deselected(items=out)
        left_out = set(out)
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=_phase)


def groups(items: Sequence[pytest.Item]) -> list[list[pytest.Item]]:
    """The cases that may run early, in groups that follow one another: a case that must be alone is
    one.
    """
    phases: list[list[pytest.Item]] = [[] for _ in _PHASES]
    for item in judging(items):
        if can_run_early(item):
            phases[_phase(item)].append(item)
    reading, first, writing, *others = phases
    alone = [[[item] for item in phase] for phase in (first, *others)]
    return [reading, *alone[0], writing, *(group for phase in alone[1:] for group in phase)]


def turns(items: Sequence[pytest.Item]) -> list[tuple[str, str]]:
    """The node ids of the cases in the order in which they are judged, each with its phase in words."""
    return [(item.nodeid, _PHASES[_phase(item)]) for item in judging(items)]


def _phase(item: pytest.Item) -> int:
    """The place in `_PHASES`; cases that read, and then those that write, overlap.

    First of those that write come cases that no other may disturb, and for which the portal should
    hold what it held before the run: what a write does to records of others shows on these.
    """
    if item.get_closest_marker("last"):
        return 6
    if item.get_closest_marker("burst"):
        return 5
    if item.get_closest_marker("first"):
        return 1
    writes = bool(item.get_closest_marker("writes"))
    if item.get_closest_marker("alone"):
        return 4 if writes else 3
    return 2 if writes else 0
