"""The hooks of a run: cases are run, outcomes collected, the result is written and summed up.

Registered when a run begins, so that pytest is what it always is where nothing judges a requirement.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from functools import partial
from typing import Any

import pytest

from workspace_conformance.exchange.texts import harmless
from workspace_conformance.portal.preflight import CannotJudge
from workspace_conformance.reporting import results, terminal, writing
from workspace_conformance.reporting.lines import Line
from workspace_conformance.session import (
    brief,
    case_reports,
    concluding,
    ending,
    executing,
    github_output,
    interrupted_case,
    invocation,
    judging,
    junit_names,
    planning,
    requirement_headings,
    selection,
    starting,
)
from workspace_conformance.session.interruption import Interruption, has_line
from workspace_conformance.session.keys import LEFT_OUT
from workspace_conformance.session.run import RUN
from workspace_conformance.settings import Settings
from workspace_conformance.transport.wait_display import Screen, Waits
from workspace_conformance.verdict.verdicts import Exit

RESULT: pytest.StashKey[results.Result] = pytest.StashKey()
PLAN: pytest.StashKey[list[str]] = pytest.StashKey()
UNWRITTEN: pytest.StashKey[list[str]] = pytest.StashKey()
INTERRUPTION: pytest.StashKey[Interruption] = pytest.StashKey()


def begin(config: pytest.Config, settings: Settings, items: list[pytest.Item]) -> None:
    """Begin a run: keep the requirements that were asked for; readers first, then writers, then what
    others may not disturb. Raises UsageError where it cannot be.
    """
    selection.select(config, settings, _waits(config), items)
    config.pluginmanager.register(sys.modules[__name__], "workspace-hooks")
    config.pluginmanager.register(Collector(config), "workspace-collector")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which cases are to run."""
    run = session.config.stash.get(RUN, None)
    if run is not None:
        run.left_out = session.config.stash.get(LEFT_OUT, {})
        run.remember(item for item in session.items if item.get_closest_marker("requirement"))


# --- running --------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Start the target before the first case and let cases run early; a plan runs none."""
    run = session.config.stash.get(RUN, None)
    if run is None or invocation.only_shows(session.config) or not run.collected:
        return None
    if not run.settings.plan:
        writing.forget(run.settings.report_dir)
    github_output.silence(session.config)
    requirement_headings.register(session.config, run)
    if not session.config.getoption("usepdb", False):
        interruption = Interruption(partial(ending.give_up, run))
        session.config.stash[INTERRUPTION] = interruption
        interruption.begin()
    try:
        starting.start(run)
    except CannotJudge as error:
        run.cannot = error
        return True
    if not run.settings.plan:
        brief.register(session.config, selection.turns(session.items))
    if not session.config.getoption("usepdb", False):
        run.scheduler.start(partial(executing.execute, run), selection.groups(session.items))
    if run.settings.plan:
        session.config.stash[PLAN] = planning.rehearse(run, selection.judging(session.items))
        ending.stop(run)
        return True
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Note which case is under way: it stays noted where the run ends in the midst of it."""
    run = item.config.stash.get(RUN, None)
    if run is not None and item.get_closest_marker("requirement"):
        interrupted_case.begin(item, run.requirement_of(item))
    done = yield
    interrupted_case.end(item.config)
    return done


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Collect what became of a case that ran early, or run it now."""
    run = pyfuncitem.config.stash.get(RUN, None)
    if run is None or not pyfuncitem.get_closest_marker("requirement"):
        return None
    judging.judge(run, pyfuncitem)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the outcome of an item into that of a case."""
    run = item.config.stash.get(RUN, None)
    judges = run is not None and item.get_closest_marker("requirement") is not None
    if run is not None and judges and call.excinfo is not None:
        case_reports.keep_source_unread(run, item, call.excinfo.value)
    report = yield
    if run is not None and judges and (report.when == "call" or not report.passed):
        case_reports.complete(run, item, call, report)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport, config: pytest.Config
) -> case_reports.Status | None:
    """Show a violated SHOULD as an advisory, and an untested case as what it is."""
    return case_reports.status(config.stash.get(RUN, None), report)


# --- the end --------------------------------------------------------------------------------------


class Collector:
    """Receives the reports of one session; registered where the session's outcome is decided."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """End what runs early before pytest looks at where it was interrupted: for that it parses
        the source, as after an error of a case.
        """
        excinfo.traceback = excinfo.traceback.filter(has_line)
        run = self._config.stash.get(RUN, None)
        if run is not None:
            ending.halt(run)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result of a case; an error in setup or teardown outranks a pass."""
        run = self._config.stash.get(RUN, None)
        data: dict[str, Any] | None = getattr(report, "workspace_case", None)
        if run is not None and data is not None:
            run.results[data["id"]] = results.case_from_data(data)
            junit_names.tell(self._config, report, data["requirement"], run.contract)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
    """Clean up, fold the outcomes, write results.json, and decide the exit code."""
    config = session.config
    run = config.stash.get(RUN, None)
    if INTERRUPTION in config.stash:
        config.stash[INTERRUPTION].ending()
    if run is not None and run.collected and not invocation.only_shows(config):
        ending.stop(run)
        if INTERRUPTION in config.stash and config.stash[INTERRUPTION].seen:
            exitstatus = Exit.INTERRUPTED  # in the middle of the clean-up, too
        if run.settings.plan:
            session.exitstatus = Exit.OK if exitstatus in (0, 5) else exitstatus
        else:
            ended = exitstatus in (Exit.OK, Exit.VIOLATED)
            result = concluding.result_of(run, None if ended else int(exitstatus))
            config.stash[RESULT] = result
            written = writing.write(result, run.redactor)
            config.stash[github_output.ANNOTATIONS] = written.commands
            config.stash[UNWRITTEN] = written.failed
            session.exitstatus = Exit.INTERNAL_ERROR if written.failed else result.exit_code
    interrupted_case.report(config, run.results if run is not None else ())
    yield
    # After everything that pytest has to say, so that the last line is the verdict.
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        _sum_up(reporter, config)


def _sum_up(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the plan or the summary."""
    plan = config.stash.get(PLAN, None)
    result = config.stash.get(RESULT, None)
    run = config.stash.get(RUN, None)
    if plan is not None:
        terminalreporter.section("plan")
        lines = [Line(text) for text in plan]
    elif result is not None and run is not None:
        terminalreporter.section("conformance")
        lines = [
            Line(harmless(f"Not written: {failure}")) for failure in config.stash.get(UNWRITTEN, [])
        ]
        lines += terminal.summary(result, run.redactor, brief=brief.wanted(config))
    else:
        return
    for line in lines:
        terminalreporter.write_line(line.text, **line.markup)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Whatever happened, nothing is left running."""
    run = config.stash.get(RUN, None)
    if run is not None:
        ending.stop(run)
    github_output.speak(config)
    if INTERRUPTION in config.stash:
        config.stash[INTERRUPTION].end()


def _waits(config: pytest.Config) -> Waits:
    """How a long wait is shown: on the terminal that pytest reports to."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return Waits(lambda text: None, lambda: None, live=False)
    screen = Screen(reporter)
    return Waits(screen.write, screen.fresh, live=bool(reporter.isatty))
