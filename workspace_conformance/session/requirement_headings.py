"""With -v: which requirement the cases that follow judge, and its sentence."""

from __future__ import annotations

import textwrap

import pytest

from workspace_conformance.contract.requirements import Requirement
from workspace_conformance.session.run import Run

_WIDTH = 80


def lines(requirement: Requirement, again: bool) -> list[str]:
    """What stands above the cases of a requirement; the sentence only the first time."""
    first = f"{requirement.id} ({requirement.level}; {requirement.section})"
    if again:
        return [f"{first}, again"]
    return [
        first,
        *textwrap.wrap(
            requirement.statement, _WIDTH - 2, initial_indent="  ", subsequent_indent="  "
        ),
    ]


def register(config: pytest.Config, run: Run) -> None:
    """Write headings in this session, if it is asked to be verbose on a terminal's reporter."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and config.get_verbosity() > 0:
        config.pluginmanager.register(Headings(run, reporter), "workspace-headings")


class Headings:
    """Writes a heading where the next case judges another requirement than the last."""

    def __init__(self, run: Run, reporter: pytest.TerminalReporter) -> None:
        self._run = run
        self._reporter = reporter
        self._last = ""
        self._told: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Before pytest names the case."""
        name = self._run.requirements.get(nodeid, "")
        if name and name != self._last:
            requirement = self._run.contract.requirements[name]
            self._reporter.ensure_newline()
            self._reporter.write_line("")
            for line in lines(requirement, name in self._told):
                self._reporter.write_line(line, bold=True)
            self._told.add(name)
        self._last = name
