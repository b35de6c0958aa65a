"""Few words on the terminal: one line that counts up in place of a letter for each case, and none of
pytest's own lists of what failed or was skipped.

The summary says all of it once for each requirement. With -v, -r or --tb pytest speaks as always; so
it does of everything that judges no requirement, and of mistakes of the suite itself.
"""

from __future__ import annotations

import os
import re
import shlex
import time
from collections import Counter
from collections.abc import Generator, Iterable, Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

import pytest

from workspace_conformance.exchange.outcomes import Outcome

_WIDTH = 78  # columns
_PATIENCE = 30.0  # seconds without a line in a log
_SHORT_OPTIONS = re.compile(r"-[qsxl]*r([a-zA-Z]*)")


def wanted(config: pytest.Config) -> bool:
    """Whether nobody asked for the long way: -v gives every case a line."""
    return config.get_verbosity() <= 0


def _given(config: pytest.Config) -> list[str]:
    """The words of the command line, those of PYTEST_ADDOPTS among them."""
    words = [str(word) for word in config.invocation_params.args]
    with suppress(ValueError):
        words += shlex.split(os.environ.get("PYTEST_ADDOPTS", ""))
    return words


class Brief:
    """Shortens what pytest says of cases; registered where a target is judged without -v.

    turns: what each case is counted under, by its node id ("reading, formats").
    """

    def __init__(self, reporter: pytest.TerminalReporter, turns: Mapping[str, str]) -> None:
        self._reporter = reporter
        self._live = bool(reporter.isatty)
        self._turns = turns
        self._sizes = Counter(turns.values())
        self._counts: Counter[str] = Counter()
        self._done = 0
        self._turn = ""
        self._last = time.monotonic()
        self._judging = True
        given = _given(reporter.config)
        self._lists = any(_SHORT_OPTIONS.fullmatch(word) for word in given)
        self._traces = any(word.startswith("--tb") for word in given)
        self._whole: dict[str, list[Any]] = {}
        reporter.showfspath = False

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> Generator[None, Any, Any]:
        """A case has no letter: it is counted. In the lists at the end it has its word."""
        status = yield
        unsaid = self._judging and hasattr(report, "workspace_case")
        return (status[0], "", "") if unsaid else status

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a case, and show how many are done."""
        case = getattr(report, "workspace_case", None)
        if case is None:
            return
        turn = self._turns.get(case["id"], "")
        if turn != self._turn:
            self._end_of_turn()
            self._turn = turn
        self._done += 1
        self._counts[str(case["outcome"])] += 1
        if self._live:
            self._show(f"{self._done} of {len(self._turns)} cases judged ({turn})")
        elif time.monotonic() - self._last > _PATIENCE:
            self._line(f"{turn}: {self._counts.total()} of {self._sizes[turn]} cases so far")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """The last turn ends with the cases."""
        self._end_of_turn()
        self._judging = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self) -> Generator[None, None, None]:
        """Hide cases from pytest's lists, and give them back for its count of them."""
        self._whole = {name: list(reports) for name, reports in self._reporter.stats.items()}
        if not self._traces:
            self._hide()
        yield
        self._show_all()

    @pytest.hookimpl(specname="pytest_terminal_summary")
    def pytest_between_traces_and_lists(self) -> None:
        """pytest has written traces by now, and writes its lists after this."""
        if self._lists:
            self._show_all()
        else:
            self._hide()

    def _hide(self) -> None:
        for reports in self._reporter.stats.values():
            reports[:] = [report for report in reports if not _is_case(report)]

    def _show_all(self) -> None:
        for name, reports in self._whole.items():
            self._reporter.stats[name][:] = reports

    def _end_of_turn(self) -> None:
        if not self._counts:
            return
        if self._live:
            self._show("")
        else:
            said = ", ".join(
                f"{self._counts[outcome]} {outcome}" for outcome in Outcome if self._counts[outcome]
            )
            self._line(f"{self._turn}: {said}")
        self._counts.clear()

    def _line(self, text: str) -> None:
        self._reporter.write_line(f"  {text}")
        self._last = time.monotonic()

    def _show(self, text: str) -> None:
        """Replace the line that counts up; nothing leaves no line."""
        width = min(_WIDTH, max(20, self._reporter._screen_width - 2))
        end = "" if text else "\r"
        self._reporter.write("\r" + text[:width].ljust(width) + end, flush=True)


def _is_case(report: object) -> bool:
    case = getattr(report, "workspace_case", None)
    return case is not None and not case["error"]


def register(config: pytest.Config, turns: Iterable[tuple[str, str]]) -> None:
    """Speak briefly in this session, unless it was asked to be verbose or has no terminal.

    turns: node ids of the cases in the order in which they are judged, each with its phase in words.
    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and wanted(config):
        named = {name: f"{phase}, {_module(name)}" for name, phase in turns}
        config.pluginmanager.register(Brief(reporter, named), "workspace-brief")


def _module(name: str) -> str:
    return PurePosixPath(name.partition("::")[0]).stem.removeprefix("test_").replace("_", " ")
