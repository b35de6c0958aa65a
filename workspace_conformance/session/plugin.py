"""The pytest side: options in, cases run, outcomes collected, the result written and summed up.

Inert unless a collected item judges a requirement, so that other tests can live beside the suites.
"""

from __future__ import annotations

import gc
import textwrap
from collections.abc import Generator, Iterable
from typing import Any

import pytest

from workspace_conformance.contract import requirements as contracts
from workspace_conformance.contract.requirements import Level
from workspace_conformance.exchange.media import harmless
from workspace_conformance.exchange.outcomes import Outcome, Reason, Untested, Violation
from workspace_conformance.portal.records import Portal
from workspace_conformance.reporting import evidence, results, terminal, writing
from workspace_conformance.reporting.lines import Line
from workspace_conformance.session import (
    brief,
    clean_up,
    concluding,
    github_output,
    interrupted_case,
    invocation,
    options,
    planning,
    requirement_headings,
)
from workspace_conformance.session.interruption import Interruption, has_line
from workspace_conformance.session.run import CannotJudge, Run
from workspace_conformance.settings import Settings, SettingsError, check_writable
from workspace_conformance.transport.wait_display import Screen, Waits
from workspace_conformance.verdict.verdicts import CaseResult, Exit
from workspace_conformance.verdict.waivers import covering

SETTINGS: pytest.StashKey[Settings] = pytest.StashKey()
RUN: pytest.StashKey[Run] = pytest.StashKey()
RESULT: pytest.StashKey[results.Result] = pytest.StashKey()

MARKERS = (
    "requirement(id): the requirement that a check judges",
    "writes: the check creates, changes or deletes records of ours",
    "alone: the check runs beside its like only, when all others have run",
    "burst: the check exceeds the rate limit; it runs last of all",
)


# --- options and collection -----------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register our options."""
    options.register(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | pytest.ExitCode | None:
    """Put right how pytest was called: start again with our ini file, keep to one process. With
    --clean-up, clean up in place of running anything.
    """
    again = invocation.with_own_ini(config)
    if again is not None:
        return pytest.main(again)
    settings = options.resolve(config)
    if settings.clean_up is not None:
        return clean_up.command(settings.clean_up, settings)
    invocation.keep_to_one_process(config)
    return None


def pytest_configure(config: pytest.Config) -> None:
    """Resolve the settings; anything unusable ends with one sentence and exit code 4."""
    for line in MARKERS:
        config.addinivalue_line("markers", line)
    config.stash[SETTINGS] = options.resolve(config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Show the settings, without their secrets."""
    lines = terminal.header(config.stash[SETTINGS])
    word = config.stash.get(invocation.ONE_PROCESS, None)
    return [*lines, f"workspace: {word}"] if word else lines


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Keep the requirements that were asked for; readers first, then writers, then what others may
    not disturb.
    """
    judging = [item for item in items if item.get_closest_marker("requirement")]
    if not judging:
        return
    if hasattr(config, "workerinput"):
        raise pytest.UsageError("one process judges a target: leave -n out")
    settings = config.stash[SETTINGS]
    try:
        contract = contracts.load()
        wanted = {row.id for row in contracts.select(contract, settings.requirements)}
    except contracts.ContractError as error:
        raise pytest.UsageError(str(error)) from None
    if not (settings.plan or config.option.collectonly):
        try:
            check_writable(settings.report_dir)
        except SettingsError as error:
            raise pytest.UsageError(str(error)) from None
    # What is there by now stays to the end, and what a case makes seldom goes in circles: looking
    # for garbage as often as usual would be a tenth of a run.
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    run = Run(settings, contract, _waits(config))
    run.suite_root = config.rootpath
    config.stash[RUN] = run
    for item in judging:
        run.requirement_of(item)
    unknown = run.recording.not_run if run.recording else frozenset()
    if wanted or unknown:
        out = [
            item
            for item in judging
            if item.nodeid in unknown or (wanted and run.requirement_of(item).id not in wanted)
        ]
        config.hook.pytest_deselected(items=out)
        left_out = set(out)
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=_phase)


def _phase(item: pytest.Item) -> int:
    """0 reading, 1 writing, 2 reading that no writing may disturb, 3 writing that no other may, 4 the
    burst; cases of the first two phases overlap.
    """
    if item.get_closest_marker("burst"):
        return 4
    writes = bool(item.get_closest_marker("writes"))
    return (2 if item.get_closest_marker("alone") else 0) + writes


_PHASES = ("reading", "writing", "reading, alone", "writing, alone", "the burst")


def pytest_deselected(items: Iterable[pytest.Item]) -> None:
    """Note what was left out, so that the run cannot pass for a complete one."""
    for item in items:
        run = item.config.stash.get(RUN, None)
        if item.get_closest_marker("requirement"):
            left = item.config.stash.setdefault(LEFT, {})
            left[item.nodeid] = "deselected (--requirement, -k, -m or --deselect)"
            if run is not None:
                run.left_out = left


LEFT: pytest.StashKey[dict[str, str]] = pytest.StashKey()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which cases are to run."""
    run = session.config.stash.get(RUN, None)
    if run is not None:
        run.left_out = session.config.stash.get(LEFT, {})
        run.remember(item for item in session.items if item.get_closest_marker("requirement"))


# --- running --------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Start the target before the first case and let cases run ahead; a plan runs none."""
    run = session.config.stash.get(RUN, None)
    if run is None or session.config.option.collectonly or not run.collected:
        return None
    if not run.settings.plan:
        writing.forget(run.settings.report_dir)
    github_output.silence(session.config)
    requirement_headings.register(session.config, run)
    if not session.config.getoption("usepdb", False):
        interruption = Interruption(run.give_up)
        session.config.stash[INTERRUPTION] = interruption
        interruption.begin()
    try:
        run.start()
    except CannotJudge as error:
        run.cannot = error
        return True
    judging = [item for item in session.items if item.get_closest_marker("requirement")]
    phases: list[list[pytest.Item]] = [[] for _ in range(5)]
    for item in judging:
        if run.can_run_ahead(item):
            phases[_phase(item)].append(item)
    if not run.settings.plan:
        brief.register(session.config, [(item.nodeid, _PHASES[_phase(item)]) for item in judging])
    # Groups follow one another: a case that must be alone is one.
    groups = [*phases[:2], *([item] for phase in phases[2:] for item in phase)]
    if not session.config.getoption("usepdb", False):
        run.ahead.start(groups)
    if run.settings.plan:
        session.config.stash[PLAN] = planning.rehearse(run, judging)
        run.stop()
        return True
    return None


PLAN: pytest.StashKey[list[str]] = pytest.StashKey()
INTERRUPTION: pytest.StashKey[Interruption] = pytest.StashKey()


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
    """Collect what became of a case that ran ahead, or run it now."""
    run = pyfuncitem.config.stash.get(RUN, None)
    if run is None or not pyfuncitem.get_closest_marker("requirement"):
        return None
    run.judge(pyfuncitem)
    return True


@pytest.fixture(scope="session")
def portal(request: pytest.FixtureRequest) -> Portal:
    """The target under test."""
    run = request.config.stash[RUN]
    assert run.portal is not None
    return run.portal


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the outcome of an item into that of a case, with its evidence; hide what must not be
    seen.
    """
    run = item.config.stash.get(RUN, None)
    marker = item.get_closest_marker("requirement")
    if run is not None and marker is not None and call.excinfo is not None:
        if isinstance(call.excinfo.value, AssertionError):
            # Replaced below. pytest would parse the source for it, which fails on CPython 3.11
            # while Hypothesis, on another thread, changes the interpreter's recursion limit.
            vars(item)["repr_failure"] = lambda excinfo, style=None: str(excinfo.value)
        elif not isinstance(call.excinfo.value, pytest.skip.Exception):
            run.ahead.settle()  # for the same reason
    report = yield
    if run is None or marker is None or (report.when != "call" and report.passed):
        return report
    result = _case_result(run, item, call)
    report.workspace_case = results.case_data(result)  # type: ignore[attr-defined]
    requirement = run.contract.requirements[result.requirement]
    waiver = covering(run.settings.waivers, result)
    # The item's: JUnit takes those of the report on its teardown.
    item.user_properties[:] = [
        *interrupted_case.properties(requirement, str(result.reason or "")),
        *([("waived", f"{waiver.reason} (until {waiver.expires})")] if waiver else []),
    ]
    if waiver is not None and not run.settings.certify:
        # Neither a failure for whoever reads JUnit, nor a pass.
        file, line, _ = item.location
        report.outcome = "skipped"
        report.longrepr = (file, line or 0, f"Skipped: waived ({waiver.reason}): {result.message}")
    elif result.outcome is Outcome.FAILED:
        report.longrepr = _finding(run, item, result, requirement)
    elif result.error:
        # A mistake of the suite: an error for pytest, whatever phase it happened in.
        report.outcome = "failed"
        report.longrepr = harmless(run.redactor.text(str(report.longrepr)))
    elif result.outcome is Outcome.UNTESTED:
        report.outcome = "skipped"
        file, line, _ = item.location
        report.longrepr = (file, line or 0, f"Skipped: {result.reason}: {result.message}")
    return report


def _case_result(run: Run, item: pytest.Item, call: pytest.CallInfo[None]) -> CaseResult:
    case = run.case_of(item)
    error = call.excinfo.value if call.excinfo else None
    outcome, reason, message, shown_by, mistake = Outcome.PASSED, None, "", None, False
    if isinstance(error, Untested):
        outcome, reason, message = Outcome.UNTESTED, error.reason, error.words
    elif isinstance(error, AssertionError):
        outcome, message = Outcome.FAILED, str(error).strip() or "the expectation was not met"
        notes = [note for note in getattr(error, "__notes__", ()) if "Falsifying" not in note]
        message = " ".join([message, *notes]) if not isinstance(error, Violation) else message
        exchange = getattr(error, "exchange", None)
        shown_by = exchange.number if exchange else (case.exchanges[-1] if case.exchanges else None)
        if exchange is not None:
            case.credit(exchange)
    elif isinstance(error, pytest.skip.Exception):
        outcome, reason, message = Outcome.UNTESTED, Reason.SETUP_FAILED, str(error)
    elif error is not None:
        outcome, reason, mistake = Outcome.UNTESTED, Reason.SETUP_FAILED, True
        message = f"the suite itself failed: {type(error).__name__}: {error}"
    if run.transport is not None:
        case.infer(run.transport.exchanges)
    return CaseResult(
        case.id,
        case.requirement,
        outcome,
        reason,
        harmless(run.redactor.text(message)),
        tuple(case.exchanges),
        shown_by,
        case.method,
        case.format,
        case.resource,
        mistake,
    )


def _finding(
    run: Run, item: pytest.Item, result: CaseResult, requirement: contracts.Requirement
) -> str:
    """What a person reads of a violated requirement: the sentence, what was seen, how to see it
    again.
    """
    lines = [f"{requirement.id} ({requirement.level}; {requirement.section})"]
    lines += textwrap.wrap(requirement.statement, 76, initial_indent="  ", subsequent_indent="  ")
    exchange = (
        run.transport.exchanges.get(result.shown_by) if run.transport and result.shown_by else None
    )
    if exchange is not None:
        lines.append(f"sent:      {evidence.sent(exchange, run.redactor)}")
        lines.append(f"came back: {evidence.came_back(exchange, run.redactor)}")
    lines.append(f"violation: {result.message}")
    if exchange is not None:
        lines.append(evidence.curl(exchange.request, run.redactor))
    file, line, _ = item.location
    lines.append(f"check:     {file}:{(line or 0) + 1}")
    return harmless("\n".join(lines))


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport, config: pytest.Config
) -> tuple[str, str, str | tuple[str, dict[str, bool]]] | None:
    """Show a violated SHOULD as an advisory, and an untested case as what it is."""
    case = getattr(report, "workspace_case", None)
    if case is None:
        return None
    if case["outcome"] == Outcome.UNTESTED and not case["error"]:
        # The reason follows by itself, and pytest's short summary puts the first word before all.
        return "skipped", "u", ("UNTESTED", {"yellow": True})
    run = config.stash.get(RUN, None)
    if case["outcome"] == Outcome.FAILED and report.skipped:
        return "waived", "w", ("WAIVED", {"yellow": True})
    if case["outcome"] != Outcome.FAILED or run is None or run.settings.strict:
        return None
    if run.contract.requirements[case["requirement"]].level is Level.SHOULD:
        return "advisory", "a", ("ADVISORY", {"yellow": True})
    return None


# --- the end --------------------------------------------------------------------------------------


class Collector:
    """Receives the reports of one session; registered where the session's outcome is decided."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """End what runs ahead before pytest looks at where it was interrupted: for that it parses
        the source, as after an error of a case.
        """
        excinfo.traceback = excinfo.traceback.filter(has_line)
        run = self._config.stash.get(RUN, None)
        if run is not None:
            run.halt()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result of a case; an error in setup or teardown outranks a pass."""
        run = self._config.stash.get(RUN, None)
        data: dict[str, Any] | None = getattr(report, "workspace_case", None)
        if run is not None and data is not None:
            run.results[data["id"]] = results.case_from_data(data)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Listen to the reports of this session."""
    session.config.pluginmanager.register(Collector(session.config), "workspace-collector")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
    """Clean up, fold the outcomes, write results.json, and decide the exit code."""
    config = session.config
    run = config.stash.get(RUN, None)
    if INTERRUPTION in config.stash:
        config.stash[INTERRUPTION].ending()
    if run is not None and run.collected and not config.option.collectonly:
        run.stop()
        if INTERRUPTION in config.stash and config.stash[INTERRUPTION].seen:
            exitstatus = Exit.INTERRUPTED  # in the middle of the clean-up, too
        if run.settings.plan:
            session.exitstatus = Exit.OK if exitstatus in (0, 5) else exitstatus
        else:
            ended = exitstatus in (Exit.OK, Exit.VIOLATED)
            result = concluding.result_of(run, None if ended else int(exitstatus))
            config.stash[RESULT] = result
            config.stash[github_output.ANNOTATIONS] = writing.write(result, run.redactor)
            session.exitstatus = result.exit_code
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
        lines = terminal.summary(result, run.redactor, brief=brief.wanted(config))
    else:
        return
    for line in lines:
        terminalreporter.write_line(line.text, **line.markup)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Whatever happened, nothing is left running."""
    run = config.stash.get(RUN, None)
    if run is not None:
        run.stop()
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
