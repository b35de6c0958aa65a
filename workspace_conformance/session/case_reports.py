"""What pytest reports of a case: its outcome in words of the contract, its evidence, and nothing that
must not be seen.
"""

from __future__ import annotations

import textwrap

import pytest

from workspace_conformance.contract.requirements import Level, Requirement
from workspace_conformance.exchange.outcomes import Outcome, Reason, Untested, Violation
from workspace_conformance.exchange.texts import harmless
from workspace_conformance.reporting import evidence, results
from workspace_conformance.session import interrupted_case
from workspace_conformance.session.executing import case_of
from workspace_conformance.session.run import Run
from workspace_conformance.verdict.verdicts import CaseResult
from workspace_conformance.verdict.waivers import covering

Status = tuple[str, str, str | tuple[str, dict[str, bool]]]


def keep_source_unread(run: Run, item: pytest.Item, error: BaseException) -> None:
    """Keep pytest from parsing the source of a failed case, which fails on CPython 3.11 while
    Hypothesis, on another thread, changes the interpreter's recursion limit.
    """
    if isinstance(error, AssertionError):
        vars(item)["repr_failure"] = lambda excinfo, style=None: str(
            excinfo.value
        )  # replaced below
    elif not isinstance(error, pytest.skip.Exception):
        run.scheduler.settle()


def complete(
    run: Run, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
) -> None:
    """Turn pytest's report of an item into that of a case, with its evidence."""
    result = _case_result(run, item, call)
    report.workspace_case = results.case_data(result)  # type: ignore[attr-defined]
    requirement = run.contract.requirements[result.requirement]
    waiver = covering(run.settings.waivers, result)
    # The item's: JUnit takes those of the report on its teardown.
    item.user_properties[:] = [
        *interrupted_case.properties(requirement, str(result.reason or "")),
        *([("waived", f"{waiver.reason} (until {waiver.expires})")] if waiver else []),
    ]
    known = run.settings.known.covering(result) if run.settings.known and not waiver else None
    if known is not None:
        item.user_properties.append(("known", known.statement))
    if (waiver is not None or known is not None) and not run.settings.certify:
        # Neither a failure for whoever reads JUnit, nor a pass.
        file, line, _ = item.location
        report.outcome = "skipped"
        why = f"waived ({waiver.reason})" if waiver else f"known ({known and known.statement})"
        report.longrepr = (file, line or 0, f"Skipped: {why}: {result.message}")
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


def status(run: Run | None, report: pytest.CollectReport | pytest.TestReport) -> Status | None:
    """A violated SHOULD is an advisory, and an untested case what it is; None leaves it to pytest."""
    case = getattr(report, "workspace_case", None)
    if case is None:
        return None
    if case["outcome"] == Outcome.UNTESTED and not case["error"]:
        # The reason follows by itself, and pytest's short summary puts the first word before all.
        return "skipped", "u", ("UNTESTED", {"yellow": True})
    if case["outcome"] == Outcome.FAILED and report.skipped:
        return "waived", "w", ("WAIVED", {"yellow": True})
    if case["outcome"] != Outcome.FAILED or run is None or run.settings.strict:
        return None
    if run.contract.requirements[case["requirement"]].level is Level.SHOULD:
        return "advisory", "a", ("ADVISORY", {"yellow": True})
    return None


def _case_result(run: Run, item: pytest.Item, call: pytest.CallInfo[None]) -> CaseResult:
    case = case_of(item)
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
        case.operation,
        item.get_closest_marker("described") is not None,
        mistake,
    )


def _finding(run: Run, item: pytest.Item, result: CaseResult, requirement: Requirement) -> str:
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
