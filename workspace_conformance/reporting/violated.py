"""What is violated, on the terminal: a block for each requirement, with one example, how many cases
are like it, what else was said, and the curl line.

A block for each of many requirements would fill screens: beyond some fifty lines one line stands
for each, unless the long way was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from workspace_conformance.contract.requirements import Level
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Outcome
from workspace_conformance.reporting import evidence
from workspace_conformance.reporting.chains import chain
from workspace_conformance.reporting.lines import WIDTH, Line, counted, cut, wrapped
from workspace_conformance.reporting.results import Result
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.verdict.gate import Decision, is_known, is_waived
from workspace_conformance.verdict.verdicts import CaseResult, Judged, Verdict

MOST_LINES = 34  # on a terminal, of all blocks
CHAIN = 4  # exchanges beside the telling one that are told
CAUSES = 4  # of one requirement that are told on a terminal

_GROUPS = (
    (Level.MUST, "", "Violated", "red"),
    (Level.SHOULD, "", "Advisory: violated SHOULD", "yellow"),
    (Level.MUST, "waived", "Violated, waived", "yellow"),
    (Level.SHOULD, "waived", "Advisory, waived", "yellow"),
    (Level.MUST, "known", "Violated, and known", "yellow"),
    (Level.SHOULD, "known", "Advisory, and known", "yellow"),
)


def blocks(result: Result, redactor: Redactor, *, brief: bool) -> Iterator[Line]:
    """The lines for all that is violated: MUST first, what is excused last."""
    spent = 0
    for level, excuse, words, colour in _GROUPS:
        rows = [
            row
            for row in result.judged
            if row.verdict is Verdict.FAILED
            and row.requirement.level is level
            and _excuse(row, result.decision) == excuse
        ]
        if rows:
            of = f" of {result.settings.known.name}" if "known" in words else ""  # type: ignore[union-attr]
            yield Line(f"{words}{of}", {"bold": True, colour: True})
        for row in rows:
            lines = (
                [_known(row, result)]
                if excuse == "known" and brief
                else [
                    *_block(row, result.exchanges, redactor, colour, brief=brief),
                    *_waivers(row, result.decision),
                ]
            )
            height = sum(1 + max(0, len(line.text) - 1) // WIDTH for line in lines)
            if brief and spent and spent + height > MOST_LINES:
                lines = [_in_one_line(row, result.exchanges, colour)]
                height = 1
            spent += height
            yield from lines
        if rows:
            yield Line("")


def curls(result: Result, redactor: Redactor) -> dict[str, str]:
    """By violated requirement, the shell line that shows it again; without those that no single
    exchange shows.
    """
    lines = {}
    for row in result.judged:
        if row.verdict is Verdict.FAILED:
            case = simplest(_failed(row), result.exchanges)
            exchange = result.exchanges.get(case.shown_by) if case.shown_by else None
            if exchange is not None:
                lines[row.requirement.id] = evidence.curl(exchange.request, redactor)
    return lines


def _block(
    row: Judged,
    exchanges: Mapping[int, Exchange],
    redactor: Redactor,
    colour: str,
    *,
    brief: bool,
) -> Iterator[Line]:
    failed = _failed(row)
    yield Line(_title(row, failed), {colour: True})
    yield from wrapped(row.requirement.statement, "  ")
    case = simplest(failed, exchanges)
    exchange = exchanges.get(case.shown_by) if case.shown_by else None
    if case.described:
        words = f"{case.operation}, of the target's own description and not of the documentation"
        yield from wrapped(words, "  ")
    if exchange is not None:
        yield from _around(case, exchange, exchanges, redactor)
        yield from wrapped(f"sent: {evidence.sent(exchange, redactor)}", "  ")
        yield from wrapped(f"came back: {evidence.came_back(exchange, redactor)}", "  ")
    told = causes(failed, case)
    shown = told[:CAUSES] if brief and len(told) > CAUSES + 1 else told
    for message, count in shown:
        alike = f" ({counted(count)})" if count > 1 else ""
        yield from wrapped(f"violation: {message}{alike}", "  ")
    if len(told) > len(shown):
        yield Line(f"  and {len(told) - len(shown)} other violations of it")
    if exchange is not None:
        # Not wrapped: a line to copy must stay one line.
        yield Line(f"  {evidence.curl(exchange.request, redactor)}")


def _around(
    case: CaseResult, told: Exchange, exchanges: Mapping[int, Exchange], redactor: Redactor
) -> Iterator[Line]:
    """What stands in the chain beside the exchange that shows it: a line each, the nearest ones."""
    others = [one for one in chain(case.exchanges, case.shown_by, exchanges) if one is not told]
    for one in others[-CHAIN:]:
        when = "before" if one.sent <= told.sent else "after"
        answer = one.response.status_line if one.response else "no answer"
        address = urlsplit(redactor.text(one.request.url))
        path = address.path + (f"?{address.query}" if address.query else "")
        yield Line(cut(f"  {when}: {one.request.method} {path}", WIDTH - 20) + f": {answer}")


def _in_one_line(row: Judged, exchanges: Mapping[int, Exchange], colour: str) -> Line:
    failed = _failed(row)
    words = f"{_title(row, failed)}: {simplest(failed, exchanges).message}"
    return Line(cut(words), {colour: True})


def _title(row: Judged, failed: Sequence[CaseResult]) -> str:
    return f"{row.requirement.id} {row.requirement.level}, {len(failed)} of {len(row.cases)} cases"


def _failed(row: Judged) -> list[CaseResult]:
    return [case for case in row.cases if case.outcome is Outcome.FAILED]


def causes(failed: Sequence[CaseResult], first: CaseResult) -> list[tuple[str, int]]:
    """The different messages of violated cases, each with its number of cases; that of `first`
    leads, then the most frequent. Messages that differ in names and numbers alone are one.
    """
    lead = kind_of(first.message)
    words = {lead: first.message}
    counts: dict[str, int] = {}
    for case in failed:
        kind = kind_of(case.message)
        words.setdefault(kind, case.message)
        counts[kind] = counts.get(kind, 0) + 1
    ranked = sorted(counts, key=lambda kind: (kind != lead, -counts[kind]))
    return [(words[kind], counts[kind]) for kind in ranked]


_PARTICULAR = re.compile(
    r"https?://\S+|/?api/\S+|'[^']*'|\"[^\"]*\"|`[^`]*`|\{[^}]*\}|conformance-\S+"
    r"|\b[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}\b|\b(?![1-5]\d\d\b)\d[\w.:+-]*"
)


def kind_of(message: str) -> str:
    """What a message says whatever record it is about: names, values and numbers left out, but for
    those of three digits, which are statuses.
    """
    return _PARTICULAR.sub("…", message)


def simplest(failed: Sequence[CaseResult], exchanges: Mapping[int, Exchange]) -> CaseResult:
    """The case that shows a violation best: one with an exchange, the shortest URL, a GET before
    others.
    """

    def weight(case: CaseResult) -> tuple[bool, bool, int]:
        exchange = exchanges.get(case.shown_by) if case.shown_by else None
        if exchange is None:
            return True, True, 0
        return False, exchange.request.method != "GET", len(exchange.request.url)

    return min(failed, key=weight)


def _excuse(row: Judged, decision: Decision) -> str:
    if is_waived(row, decision):
        return "waived"
    return "known" if is_known(row, decision) else ""


def _known(row: Judged, result: Result) -> Line:
    """A requirement whose violations are known, in one line."""
    shown = dict.fromkeys(
        result.decision.known[case.id].statement
        for case in row.cases
        if case.id in result.decision.known
    )
    count = sum(case.outcome is Outcome.FAILED for case in row.cases)
    return Line(cut(f"{row.requirement.id}, {counted(count)}: {' '.join(shown)}"))


def _waivers(row: Judged, decision: Decision) -> Iterator[Line]:
    used = {decision.waived[case.id] for case in row.cases if case.id in decision.waived}
    for waiver in sorted(used, key=lambda waiver: waiver.name):
        count = sum(decision.waived.get(case.id) is waiver for case in row.cases)
        who = ", ".join(filter(None, (waiver.owner, waiver.link)))
        yield from wrapped(
            f"waived ({count} cases) until {waiver.expires}: {waiver.reason} ({who})", "  "
        )
