"""The case that was under way when a run ended before its time, told to those who write reports.

pytest says nothing more of such a case, and what it wrote of it in JUnit's form until then has no
name: a reader would count a test that passed.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Literal

import pytest

from workspace_conformance.contract.requirements import Requirement

WORDS = "not judged: the run ended while this case was under way"

_UNDER_WAY: pytest.StashKey[pytest.Item] = pytest.StashKey()


def properties(requirement: Requirement, reason: str) -> list[tuple[str, object]]:
    """What JUnit's form says of a case: the requirement that it judges, and why it is untested."""
    return [
        ("requirement", requirement.id),
        ("level", str(requirement.level)),
        ("section", requirement.section),
        ("reason", reason),
    ]


def begin(item: pytest.Item, requirement: Requirement) -> None:
    """Note that a case begins."""
    item.user_properties[:] = properties(requirement, "")
    item.config.stash[_UNDER_WAY] = item


def end(config: pytest.Config) -> None:
    """Note that it ended."""
    if _UNDER_WAY in config.stash:
        del config.stash[_UNDER_WAY]


def report(config: pytest.Config, judged: Container[str]) -> None:
    """Report the case that did not come to its end as skipped, with its properties; one that is
    among the `judged` only lacks its end.

    The terminal is not told: what a run did not come to judge is left out of its result.
    """
    item = config.stash.get(_UNDER_WAY, None)
    if item is None:
        return
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    tell = config.pluginmanager.subset_hook_caller("pytest_runtest_logreport", [terminal])
    if item.nodeid not in judged:
        told = _report(item, "call")
        file, line, _ = item.location
        told.outcome, told.longrepr = "skipped", (file, line or 0, f"Skipped: {WORDS}")
        tell(report=told)
    tell(report=_report(item, "teardown"))
    end(config)


def _report(item: pytest.Item, when: Literal["call", "teardown"]) -> pytest.TestReport:
    return pytest.TestReport.from_item_and_call(
        item, pytest.CallInfo.from_call(lambda: None, when=when)
    )
