"""What pytest loads of the suite in every project where it is installed: its options, and a look at
what was collected.

Nothing heavy is imported here, and nothing else is done until an item is collected that judges a
requirement: the hooks of a run are then registered from `hooks`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from workspace_conformance.session import invocation, options
from workspace_conformance.session.keys import LEFT_OUT, SETTINGS

if TYPE_CHECKING:
    from workspace_conformance.portal.records import Portal
    from workspace_conformance.settings import Settings

MARKERS = (
    "requirement(id): the requirement that a check judges",
    "writes: the check creates, changes or deletes records of ours",
    "first: the check runs by itself, before all others that write",
    "alone: the check runs beside its like only, when all others have run",
    "documented: the check goes beyond the core of the API; --breadth core leaves it out",
    "described: the case judges an operation of the target's own description (--openapi)",
    "burst: the check exceeds the rate limit; it runs when all others have run, but for `last`",
    "last: the check may lock somebody out; it runs last of all",
)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Register our options."""
    options.register(parser, pluginmanager)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    """Give the options their short names, as far as no other plugin has them."""
    options.register_short(early_config, parser, args)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | pytest.ExitCode | None:
    """Put right how pytest was called: start again with our ini file, keep to one process. With
    --clean-up, clean up in place of running anything.
    """
    again = invocation.with_own_ini(config)
    if again is not None:
        return pytest.main(again)
    if not invocation.is_meant(config):
        return None
    invocation.keep_to_suites(config)
    settings = _settings(config)
    if settings.clean_up is not None:
        from workspace_conformance.session import clean_up

        return clean_up.command(settings.clean_up, settings)
    invocation.keep_to_one_process(config)
    return None


def pytest_configure(config: pytest.Config) -> None:
    """Resolve the settings; anything unusable ends with one sentence and exit code 4."""
    for line in MARKERS:
        config.addinivalue_line("markers", line)
    if invocation.is_meant(config):
        _settings(config)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the suites beyond the core where only that is judged."""
    settings = config.stash.get(SETTINGS, None)
    if settings is None or collection_path.parent.name != "suites":
        return None
    from workspace_conformance.contract.manifest import BEYOND_CORE

    beyond = collection_path.name in BEYOND_CORE
    return True if beyond and settings.breadth == "core" else None


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Show the settings, without their secrets."""
    if SETTINGS not in config.stash:
        return []
    from workspace_conformance.reporting.header import header

    lines = header(config.stash[SETTINGS])
    return [*lines, *(f"workspace: {note}" for note in invocation.notes(config))]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin a run where an item judges a requirement."""
    if not any(item.get_closest_marker("requirement") for item in items):
        invocation.complain_without_suites(config)
        return
    if hasattr(config, "workerinput"):
        raise pytest.UsageError("one process judges a target: leave -n out")
    settings = _settings(config)
    from workspace_conformance.session import hooks

    hooks.begin(config, settings, items)


def pytest_deselected(items: Iterable[pytest.Item]) -> None:
    """Note what was left out, so that the run cannot pass for a complete one."""
    for item in items:
        # What a description tells of is no part of the suite, whatever is left out of it.
        own = item.get_closest_marker("described") is not None
        if item.get_closest_marker("requirement") and not own:
            left_out = item.config.stash.setdefault(LEFT_OUT, {})
            left_out[item.nodeid] = "deselected (--requirement, -k, -m or --deselect)"


@pytest.fixture(scope="session")
def portal(request: pytest.FixtureRequest) -> Portal:
    """The target under test."""
    from workspace_conformance.session.run import RUN

    run = request.config.stash[RUN]
    if run.portal is None:
        pytest.skip("nothing is sent")
    return run.portal


def _settings(config: pytest.Config) -> Settings:
    """The settings, resolved once."""
    if SETTINGS not in config.stash:
        from workspace_conformance.session import resolving

        config.stash[SETTINGS] = resolving.resolve(config)
    return config.stash[SETTINGS]
