"""The terminal's part: the settings at the start, the summary at the end. Fits 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workspace_conformance.contract.requirements import ContractError, Level, select
from workspace_conformance.exchange.outcomes import Outcome, Reason
from workspace_conformance.exchange.texts import harmless
from workspace_conformance.portal.journal import lying_in
from workspace_conformance.reporting import judged_target, operation_lines, violated
from workspace_conformance.reporting.lines import WIDTH, Line, counted, wrapped
from workspace_conformance.reporting.results import Result, as_data
from workspace_conformance.reporting.testable import proved, untested_groups
from workspace_conformance.settings import profile_of
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.verdict.verdicts import Exit, Judged, TargetVerdict, Verdict

_NOTE = {"bold": True, "yellow": True}
EXPLAIN = "workspace-conformance explain"
# Reasons of which the words say what happened to the run.
_HAPPENED = (Reason.CHANGED, Reason.NOT_PERMITTED, Reason.THROTTLED)
_VERDICTS = (Verdict.PASSED, Verdict.FAILED, Verdict.PARTIAL, Verdict.UNTESTED)


def summary(result: Result, redactor: Redactor, *, brief: bool = True) -> list[Line]:
    """The lines of the summary, the verdict last. Everything in them is redacted.

    brief: a failing run fits two screens: what is violated beyond that has one line each.
    """
    lines = [
        *_remark(result),
        *_changes(result),
        *violated.blocks(result, redactor, brief=brief),
        *_sections(result),
        *(_untested(result) if result.cannot is None else _cannot(result.cannot)),
        *operation_lines.lines(result.operations),
        *_left_out(result),
        *_traffic(result),
        *_reports(result),
        *_gate(result),
        *_little(result),
        *_verdict(result),
    ]
    return [Line(harmless(redactor.text(line.text)), line.markup) for line in lines]


def _remark(result: Result) -> Iterator[Line]:
    if result.remark is not None:
        yield from wrapped(f"Note: {result.remark}", "", {"bold": True, "yellow": True})
        yield Line("")


def _sections(result: Result) -> Iterator[Line]:
    """The table; of a run that was to judge some requirements alone, their sections alone."""
    yield Line(f"{'':30}{'MUST':^24} {'SHOULD':^24}".rstrip())
    columns = "".join(f"{name:>6}" for name in ("pass", "fail", "part", "untst"))
    yield Line(f"{'':30}{columns} {columns}")
    for prefix, section in result.contract.sections.items():
        rows = [row for row in _wanted(result) if row.requirement.prefix == prefix]
        if not rows:
            continue
        cells = []
        for level in Level:
            found = [row.verdict for row in rows if row.requirement.level is level]
            cells.append("".join(f"{found.count(verdict) or '.':>6}" for verdict in _VERDICTS))
        failed = any(row.verdict is Verdict.FAILED for row in rows)
        yield Line(
            f"{prefix:5}{section.title[:24]:25}{cells[0]} {cells[1]}",
            {"red": True} if failed else {},
        )


def _wanted(result: Result) -> list[Judged]:
    """The requirements that the run was to judge."""
    if not result.settings.requirements:
        return list(result.judged)
    try:
        chosen = select(result.contract, result.settings.requirements)
    except ContractError:  # of a recording by another version of the suite
        return list(result.judged)
    names = {requirement.id for requirement in chosen}
    return [row for row in result.judged if row.requirement.id in names]


def _changes(result: Result) -> Iterator[Line]:
    changes, baseline = result.decision.changes, result.settings.baseline
    if changes is None or baseline is None:
        return
    yield from wrapped(f"Since the baseline ({baseline.target}, {baseline.finished})", "")
    profile = profile_of(result.settings.allow_writes, result.settings.allow_burst)
    if baseline.profile and baseline.profile != profile:
        words = f"the baseline is of the profile {baseline.profile}, this run of {profile}"
        yield from wrapped(f"{words}: what one left out is no change of the target", "  ", _NOTE)
    groups = (
        ("newly failing", changes.failing, "red"),
        ("newly untested", changes.untested, "yellow"),
        ("newly passing", changes.passing, "green"),
    )
    for words, cases, colour in groups:
        if cases:
            yield from wrapped(f"{words}: {by_requirement(result, cases)}", "  ", {colour: True})
    if not any(cases for _, cases, _ in groups):
        yield Line("  nothing changed")
    yield Line("")


def by_requirement(result: Result, cases: Iterable[str]) -> str:
    """Cases by requirement, in words: "FMT-1 (3), FMT-2 (1)"."""
    wanted = set(cases)
    counts = {
        row.requirement.id: sum(case.id in wanted for case in row.cases) for row in result.judged
    }
    return ", ".join(f"{name} ({count})" for name, count in counts.items() if count)


def _gate(result: Result) -> Iterator[Line]:
    if result.decision.words:
        colour = "green" if result.decision.passed else "red"
        yield from wrapped(result.decision.words, "", {colour: True})


def _untested(result: Result) -> Iterator[Line]:
    """The reasons why cases are untested, each with what would make them testable."""
    groups = untested_groups(as_data(result))
    never = [row.requirement.id for row in _wanted(result) if not row.cases]
    if groups or never:
        yield Line("")
        yield Line("Untested", {"bold": True})
    for group in groups:
        said, more = group.messages[0], len(group.messages) + group.more - 1
        yield from wrapped(f"{group.reason}, {counted(group.cases)}: {group.advice}", "  ")
        yield from wrapped(_few(f"{name} ({count})" for name, count in group.requirements), "    ")
        if group.reason in _HAPPENED or (
            not more and group.reason not in (Reason.NO_CONSENT, Reason.NO_CREDENTIAL)
        ):
            others = f" (and {more} more such words in the report)" if more else ""
            yield from wrapped(f"{said[0]}{others}", "    ")
    if never:
        yield from wrapped(f"no case ran: {_few(never)}", "  ")


def _few(names: Iterable[str], most: int = 10) -> str:
    all_of = list(names)
    more = [f"and {len(all_of) - most} more"] if len(all_of) > most + 1 else []
    return ", ".join([*all_of[:most], *more] if more else all_of)


def _cannot(why: str) -> Iterator[Line]:
    yield Line("")
    yield Line("Could not be judged", {"bold": True, "yellow": True})
    yield from wrapped(why, "  ")


def _left_out(result: Result) -> Iterator[Line]:
    if result.left_out:
        yield Line("")
        yield Line(f"Left out: {len(result.left_out)} cases; such a run is never conformant.")
    if result.edited:
        yield Line("")
        yield from wrapped(
            f"The suite differs from its release in {', '.join(result.edited[:5])}"
            + (f" and {len(result.edited) - 5} more" if len(result.edited) > 5 else "")
            + "; such a run is never conformant.",
            "",
        )


def _traffic(result: Result) -> Iterator[Line]:
    yield Line("")
    seconds = result.finished - result.started
    waited = f"; told to wait {result.throttled} times" if result.throttled else ""
    yield from wrapped(
        f"{result.requests} requests in {seconds:.1f} s{waited}; records: {result.created} created, "
        f"{result.deleted} deleted, {len(result.left_behind)} left",
        "",
    )
    for item in result.left_behind:
        yield Line(f"  left behind: {item['kind']} {item['name']}: {item['url']}", {"red": True})
        if item.get("why"):
            yield Line(f"    {item['why']}")  # not wrapped: it holds a URL
    for file in lying_in(result.settings.report_dir):
        yield Line(
            f"{file} lists records that a run has left; this removes them:", {"yellow": True}
        )
        yield Line(f"  pytest --clean-up {file}")


def _reports(result: Result) -> Iterator[Line]:
    """Where the reports are, and how to see more."""
    yield from wrapped(f"Reports: {result.settings.report_dir}/report.html, results.json, ...", "")
    failed = [row for row in result.judged if row.verdict is Verdict.FAILED]
    if failed:
        name = failed[0].requirement.id
        yield Line(f"More:    {EXPLAIN} {name}")
        yield Line("         pytest -v (every violation and every case)")
        yield Line(
            f"         {result.settings.report_dir}/reproduce/ (scripts that show them again)"
        )


def _little(result: Result) -> Iterator[Line]:
    """How little a run proved that was allowed little, and what would prove more."""
    if result.exit_code == Exit.OK and result.verdict is TargetVerdict.INCOMPLETE:
        for text in proved(as_data(result)):
            yield from wrapped(text, "", {"yellow": True})


def _verdict(result: Result) -> Iterator[Line]:
    failed = {
        level: sum(
            row.verdict is Verdict.FAILED and row.requirement.level is level
            for row in result.judged
        )
        for level in Level
    }
    advisories = failed[Level.SHOULD]
    advice = f", {advisories} advisor{'y' if advisories == 1 else 'ies'}" if advisories else ""
    colour = {TargetVerdict.CONFORMANT: "green", TargetVerdict.NON_CONFORMANT: "red"}.get(
        result.verdict, "yellow"
    )
    words = {
        TargetVerdict.CONFORMANT: "every MUST passed",
        TargetVerdict.NON_CONFORMANT: f"{failed[Level.MUST]} MUST violated",
        TargetVerdict.INCOMPLETE: _short_of(result),
    }[result.verdict]
    told = f"Verdict: {result.verdict} ({words}{advice}),"
    judged = f"target {judged_target.words(as_data(result))}".replace("target the", "the")
    markup = {"bold": True, colour: True}
    if len(f"{told} {judged}") <= WIDTH:
        yield Line(f"{told} {judged}", markup)
    else:
        yield Line(told, markup)
        yield Line(f"  {judged}", markup)  # not wrapped: a URL stays one word


def _short_of(result: Result) -> str:
    if result.exit_code == Exit.INTERRUPTED:
        return "interrupted before everything was judged"
    if all(case.outcome is Outcome.UNTESTED for row in result.judged for case in row.cases):
        return "could not be judged"
    return "no MUST violated, not everything proved"
