"""The terminal's part: the settings at the start, the summary at the end. Fits 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from workspace_conformance.contract.requirements import Level
from workspace_conformance.exchange.media import harmless
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import REASON_WORDS, Outcome, Reason
from workspace_conformance.portal.journal import lying_in
from workspace_conformance.reporting import evidence
from workspace_conformance.reporting.results import Result
from workspace_conformance.settings import Settings
from workspace_conformance.transport import proxies
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.verdict.gate import Decision, is_waived
from workspace_conformance.verdict.verdicts import CaseResult, Exit, Judged, TargetVerdict, Verdict

WIDTH = 80
_VERDICTS = (Verdict.PASSED, Verdict.FAILED, Verdict.PARTIAL, Verdict.UNTESTED)


@dataclass(frozen=True, slots=True)
class Line:
    """A line and how it is emphasised (pytest's markup names)."""

    text: str
    markup: Mapping[str, bool] = field(default_factory=dict)


def header(settings: Settings) -> list[str]:
    """What pytest's header says of the run: target, credentials given, consents, pace."""
    if settings.embedded:
        target = "the embedded portal"
        if settings.like:
            target += f" like {settings.like}"
        if settings.faults:
            many = len(settings.faults) > 1
            target += f" with the fault{'s' * many} {', '.join(settings.faults)}"
        if settings.variants:
            target += f", as {', '.join(settings.variants)}"
        return [f"workspace: {target}; id examples {settings.id_examples}, pace {_pace(settings)}"]
    given = [
        name
        for name, value in (
            ("token", settings.token),
            ("user name and password", settings.username),
            ("second token", settings.second_token),
            ("second address", settings.second_address),
        )
        if value
    ]
    consent = [
        name
        for name, yes in (("writes", settings.allow_writes), ("burst", settings.allow_burst))
        if yes
    ]
    through = f" through the proxy {proxies.shown(settings.proxy)}" if settings.proxy else ""
    return [
        f"workspace: target {settings.target}{through}",
        f"workspace: given {', '.join(given) or 'no credential'}; "
        f"allowed: {', '.join(consent) or 'nothing but reading'}; pace {_pace(settings)}",
    ]


def _pace(settings: Settings) -> str:
    return "off" if settings.pace is None else f"{settings.pace} per {settings.rate.period:g} s"


def summary(result: Result, redactor: Redactor) -> list[Line]:
    """The lines of the summary, the verdict last. Everything in them is redacted."""
    lines = [
        *_remark(result),
        *_changes(result),
        *_sections(result),
        *_violations(result, redactor),
        *(_untested(result) if result.cannot is None else _cannot(result.cannot)),
        *_left_out(result),
        *_traffic(result),
        *_gate(result),
        _verdict(result),
    ]
    return [Line(harmless(redactor.text(line.text)), line.markup) for line in lines]


def _remark(result: Result) -> Iterator[Line]:
    if result.remark is not None:
        yield from _wrapped(f"Note: {result.remark}", "", {"bold": True, "yellow": True})
        yield Line("")


def _sections(result: Result) -> Iterator[Line]:
    yield Line(f"{'':30}{'MUST':^24} {'SHOULD':^24}".rstrip())
    columns = "".join(f"{name:>6}" for name in ("pass", "fail", "part", "untst"))
    yield Line(f"{'':30}{columns} {columns}")
    for prefix, section in result.contract.sections.items():
        rows = [row for row in result.judged if row.requirement.prefix == prefix]
        cells = []
        for level in Level:
            found = [row.verdict for row in rows if row.requirement.level is level]
            cells.append("".join(f"{found.count(verdict) or '.':>6}" for verdict in _VERDICTS))
        failed = any(row.verdict is Verdict.FAILED for row in rows)
        yield Line(
            f"{prefix:5}{section.title[:24]:25}{cells[0]} {cells[1]}",
            {"red": True} if failed else {},
        )


def _violations(result: Result, redactor: Redactor) -> Iterator[Line]:
    for level, waived, words, colour in (
        (Level.MUST, False, "Violated", "red"),
        (Level.SHOULD, False, "Advisory: violated SHOULD", "yellow"),
        (Level.MUST, True, "Violated, waived", "yellow"),
        (Level.SHOULD, True, "Advisory, waived", "yellow"),
    ):
        rows = [
            row
            for row in result.judged
            if row.verdict is Verdict.FAILED
            and row.requirement.level is level
            and is_waived(row, result.decision) is waived
        ]
        if rows:
            yield Line("")
            yield Line(words, {"bold": True, colour: True})
        for row in rows:
            yield from _violation(row, result.exchanges, redactor, colour)
            yield from _waivers(row, result.decision)


def _waivers(row: Judged, decision: Decision) -> Iterator[Line]:
    used = {decision.waived[case.id] for case in row.cases if case.id in decision.waived}
    for waiver in sorted(used, key=lambda waiver: waiver.name):
        count = sum(decision.waived.get(case.id) is waiver for case in row.cases)
        who = ", ".join(filter(None, (waiver.owner, waiver.link)))
        yield from _wrapped(
            f"waived ({count} cases) until {waiver.expires}: {waiver.reason} ({who})", "  "
        )


def _changes(result: Result) -> Iterator[Line]:
    changes, baseline = result.decision.changes, result.settings.baseline
    if changes is None or baseline is None:
        return
    yield from _wrapped(f"Since the baseline ({baseline.target}, {baseline.finished})", "")
    groups = (
        ("newly failing", changes.failing, "red"),
        ("newly untested", changes.untested, "yellow"),
        ("newly passing", changes.passing, "green"),
    )
    for words, cases, colour in groups:
        if cases:
            yield from _wrapped(f"{words}: {by_requirement(result, cases)}", "  ", {colour: True})
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
        yield from _wrapped(result.decision.words, "", {colour: True})


def _violation(
    row: Judged, exchanges: Mapping[int, Exchange], redactor: Redactor, colour: str
) -> Iterator[Line]:
    failed = [case for case in row.cases if case.outcome is Outcome.FAILED]
    yield Line(
        f"{row.requirement.id} {row.requirement.level}, {len(failed)} of {len(row.cases)} cases",
        {colour: True},
    )
    yield from _wrapped(row.requirement.statement, "  ")
    case = _simplest(failed, exchanges)
    exchange = exchanges.get(case.shown_by) if case.shown_by else None
    if exchange is not None:
        yield from _wrapped(f"sent: {evidence.sent(exchange, redactor)}", "  ")
        yield from _wrapped(f"came back: {evidence.came_back(exchange, redactor)}", "  ")
    yield from _wrapped(f"violation: {case.message}", "  ")
    if exchange is not None:
        # Not wrapped: a line to copy must stay one line.
        yield Line(f"  {evidence.curl(exchange.request, redactor)}")


def _simplest(failed: Sequence[CaseResult], exchanges: Mapping[int, Exchange]) -> CaseResult:
    """The case that shows a violation best: one with an exchange, the shortest URL, a GET before
    others.
    """

    def weight(case: CaseResult) -> tuple[bool, bool, int]:
        exchange = exchanges.get(case.shown_by) if case.shown_by else None
        if exchange is None:
            return True, True, 0
        return False, exchange.request.method != "GET", len(exchange.request.url)

    return min(failed, key=weight)


def _untested(result: Result) -> Iterator[Line]:
    groups: dict[Reason, dict[str, int]] = {}
    for row in result.judged:
        for case in row.cases:
            if case.outcome is Outcome.UNTESTED and case.reason is not None:
                names = groups.setdefault(case.reason, {})
                names[row.requirement.id] = names.get(row.requirement.id, 0) + 1
    never = [row.requirement.id for row in result.judged if not row.cases]
    if groups or never:
        yield Line("")
        yield Line("Untested", {"bold": True})
    for reason, names in groups.items():
        yield from _wrapped(f"{reason}: {REASON_WORDS[reason]}", "  ")
        yield from _wrapped(", ".join(f"{name} ({count})" for name, count in names.items()), "    ")
        said = {
            case.message for row in result.judged for case in row.cases if case.reason is reason
        }
        if len(said) == 1 and reason is not Reason.NO_CONSENT:
            yield from _wrapped(said.pop(), "    ")
    if never:
        yield from _wrapped("no case ran:", "  ")
        yield from _wrapped(", ".join(never), "    ")


def _cannot(why: str) -> Iterator[Line]:
    yield Line("")
    yield Line("Could not be judged", {"bold": True, "yellow": True})
    yield from _wrapped(why, "  ")


def _left_out(result: Result) -> Iterator[Line]:
    if result.left_out:
        yield Line("")
        yield Line(f"Left out: {len(result.left_out)} cases; such a run is never conformant.")
    if result.edited:
        yield Line("")
        yield from _wrapped(
            f"The suite differs from its release in {', '.join(result.edited[:5])}"
            + (f" and {len(result.edited) - 5} more" if len(result.edited) > 5 else "")
            + "; such a run is never conformant.",
            "",
        )


def _traffic(result: Result) -> Iterator[Line]:
    yield Line("")
    seconds = result.finished - result.started
    yield Line(
        f"{result.requests} requests in {seconds:.1f} s; "
        f"records created {result.created}, deleted {result.deleted}, "
        f"left {len(result.left_behind)}"
    )
    if result.throttled:
        yield Line(
            f"throttled {result.throttled} times, waited {result.seconds_throttled:.0f} s for it"
        )
    for item in result.left_behind:
        yield Line(f"  left behind: {item['kind']} {item['name']}: {item['url']}", {"red": True})
    for file in lying_in(result.settings.report_dir):
        yield Line(
            f"{file} lists records that a run has left; this removes them:", {"yellow": True}
        )
        yield Line(f"  pytest --clean-up {file}")


def _verdict(result: Result) -> Line:
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
    return Line(f"Verdict: {result.verdict} ({words}{advice})", {"bold": True, colour: True})


def _short_of(result: Result) -> str:
    if result.exit_code == Exit.INTERRUPTED:
        return "interrupted before everything was judged"
    if all(case.outcome is Outcome.UNTESTED for row in result.judged for case in row.cases):
        return "could not be judged"
    return "no MUST violated, not everything proved"


def _wrapped(text: str, indent: str, markup: Mapping[str, bool] | None = None) -> Iterator[Line]:
    for line in textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    ) or [""]:
        yield Line(line, markup or {})
