"""results.json: the whole result of a run as data, described by schemas/results.schema.json."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from workspace_conformance.contract.requirements import Contract
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Outcome, Reason
from workspace_conformance.reporting import chains
from workspace_conformance.settings import Settings, profile_of
from workspace_conformance.transport import proxies
from workspace_conformance.verdict import operations
from workspace_conformance.verdict.baseline import Baseline, Changes
from workspace_conformance.verdict.gate import Decision, is_known, is_waived
from workspace_conformance.verdict.operations import Operations
from workspace_conformance.verdict.verdicts import CaseResult, Judged, LeftOut, TargetVerdict

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Archive:
    """What exchanges.har holds: all exchanges in the order of sending, each with who asked and
    whether anew; and what a replay needs to know of the run.
    """

    exchanges: Sequence[tuple[Exchange, str, bool]]
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that the writers know of a finished run. Times are seconds since the epoch.

    `exchanges` are those that cases rest on, by the numbers that the cases give.
    """

    contract: Contract
    settings: Settings
    target_url: str
    target_label: str
    target_server: str | None
    suite_version: str
    suite_digest: str
    edited: Sequence[str]
    started: float
    finished: float
    verdict: TargetVerdict
    judged: Sequence[Judged]
    left_out: Sequence[LeftOut]
    requests: int
    seconds_waited_for_pacing: float
    throttled: int
    seconds_throttled: float
    created: int
    deleted: int
    left_behind: Sequence[Mapping[str, str]]
    exit_code: int
    decision: Decision = field(default_factory=lambda: Decision(0))
    interrupted: bool = False
    measured: Mapping[str, Any] | None = None
    exchanges: Mapping[int, Exchange] = field(default_factory=dict)
    archive: Archive | None = None  # all traffic; None where none was recorded anew
    replayed: Mapping[str, Any] | None = (
        None  # what was judged again, and is no traffic of this run
    )
    remark: str | None = None  # about the target, to be read before the findings
    cannot: str | None = None  # why the target could not be judged at all
    operations: Operations = field(default_factory=lambda: operations.fold(()))


def as_data(result: Result) -> dict[str, Any]:
    """The result as plain data; secrets are taken out by the caller's redaction."""
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "suite": {
            "version": result.suite_version,
            "digest": result.suite_digest,
            "edited": list(result.edited),
        },
        "target": {
            "url": result.target_url,
            "label": result.target_label,
            "server": result.target_server,
        },
        "started": _instant(result.started),
        "finished": _instant(result.finished),
        "profile": profile_of(result.settings.allow_writes, result.settings.allow_burst),
        "settings": _settings(result.settings),
        "verdict": str(result.verdict),
        "interrupted": result.interrupted,
        "remark": result.remark,
        "cannot_judge": result.cannot,
        "exit_code": result.exit_code,
        "gate": _gate(result),
        "sections": {name: item.title for name, item in result.contract.sections.items()},
        "requirements": [
            {
                "id": row.requirement.id,
                "level": str(row.requirement.level),
                "section": row.requirement.section,
                "needs": sorted(row.requirement.needs),
                "statement": row.requirement.statement,
                "verdict": str(row.verdict),
                "waived": is_waived(row, result.decision),
                "known": is_known(row, result.decision),
                "cases": [_case(case, result.decision, result.exchanges) for case in row.cases],
            }
            for row in result.judged
        ],
        "contradictions": [
            {
                "id": item.id,
                "statement": item.statement,
                "checked": item.checked,
                "requirements": list(item.requirements),
            }
            for item in result.contract.contradictions
        ],
        "operations": operations.as_data(result.operations),
        "left_out": [{"id": item.id, "why": item.why} for item in result.left_out],
        "counts": counts(result.judged),
        "traffic": {
            "requests": result.requests,
            "seconds_waited_for_pacing": round(result.seconds_waited_for_pacing, 3),
            "throttled": {"times": result.throttled, "seconds": round(result.seconds_throttled, 3)},
            "created": result.created,
            "deleted": result.deleted,
            "left_behind": [dict(item) for item in result.left_behind],
        },
    }
    if result.replayed is not None:
        data["replayed"] = dict(result.replayed)
    if result.measured is not None:
        data["measured"] = dict(result.measured)
    if result.decision.changes is not None and result.settings.baseline is not None:
        data["changes"] = _changes(result.decision.changes, result.settings.baseline)
    return data


def counts(judged: Sequence[Judged]) -> dict[str, Any]:
    """How many requirements of each level have each verdict, and how many cases each outcome."""
    verdicts: dict[str, dict[str, int]] = {}
    for level in ("MUST", "SHOULD"):
        found = Counter(str(row.verdict) for row in judged if row.requirement.level == level)
        verdicts[level] = {
            name: found.get(name, 0) for name in ("passed", "failed", "partial", "untested")
        }
    cases = Counter(str(case.outcome) for row in judged for case in row.cases)
    return {
        "requirements": verdicts,
        "cases": {name: cases.get(name, 0) for name in ("passed", "failed", "untested")},
    }


def as_text(data: Mapping[str, Any]) -> str:
    """The text of results.json."""
    return _NOT_PRINTED.sub(_escaped, json.dumps(data, indent=1, ensure_ascii=False)) + "\n"


_NOT_PRINTED = re.compile(r"[^\n -~]")


def _escaped(found: re.Match[str]) -> str:
    """What no terminal should get to see raw stands in JSON as an escape: it means the same."""
    char = found[0]
    if char.isprintable():
        return char
    return "\\u007f" if char == "\x7f" else json.dumps(char)[1:-1]


def case_data(case: CaseResult) -> dict[str, Any]:
    """A case result as plain data that can travel between processes."""
    return {
        **asdict(case),
        "outcome": str(case.outcome),
        "reason": case.reason and str(case.reason),
    }


def case_from_data(data: Mapping[str, Any]) -> CaseResult:
    """The case result that `case_data` made data of."""
    reason = data["reason"]
    return CaseResult(
        **{
            **data,
            "outcome": Outcome(data["outcome"]),
            "reason": None if reason is None else Reason(reason),
            "exchanges": tuple(data["exchanges"]),
        }
    )


def _gate(result: Result) -> dict[str, Any]:
    waived = list(result.decision.waived.values())
    return {
        "mode": str(result.settings.gate),
        "passed": result.exit_code == 0,
        "words": result.decision.words,
        "waivers": [
            {**waiver.data(), "cases": waived.count(waiver)} for waiver in result.settings.waivers
        ],
        "needless": list(result.decision.needless),
        "known": _known(result),
    }


def _known(result: Result) -> dict[str, Any] | None:
    """The version whose known deviations were told apart, and how many cases show each."""
    known = result.settings.known
    if known is None:
        return None
    shown = Counter(deviation.id for deviation in result.decision.known.values())
    return {
        "name": known.name,
        "evidence": known.evidence,
        "deviations": [
            {"id": row.id, "statement": row.statement, "cases": shown[row.id]}
            for row in known.deviations
            if row.id in shown
        ],
    }


def _changes(changes: Changes, baseline: Baseline) -> dict[str, Any]:
    return {
        "since": {
            "target": baseline.target,
            "finished": baseline.finished,
            "suite": baseline.suite,
            "profile": baseline.profile,
        },
        "failing": list(changes.failing),
        "passing": list(changes.passing),
        "untested": list(changes.untested),
    }


def _case(
    case: CaseResult, decision: Decision, exchanges: Mapping[int, Exchange]
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": case.id,
        "outcome": str(case.outcome),
        "reason": None if case.reason is None else str(case.reason),
        "message": case.message,
        "exchanges": list(case.exchanges),
    }
    if case.described:
        data["described"] = True
    for name in ("shown_by", "method", "format", "resource", "operation"):
        if getattr(case, name) is not None:
            data[name] = getattr(case, name)
    chain = chains.chain(case.exchanges, case.shown_by, exchanges) if case.shown_by else []
    if len(chain) > 1:
        data["chain"] = [one.number for one in chain]
    if case.id in decision.waived:
        data["waived"] = decision.waived[case.id].data()
    if case.id in decision.known:
        deviation = decision.known[case.id]
        data["known"] = {"id": deviation.id, "statement": deviation.statement}
    return data


def _settings(settings: Settings) -> dict[str, Any]:
    return {
        "token": "[token]" if settings.token else None,
        "username": settings.username,
        "password": "[password]" if settings.password else None,
        "second_token": "[second-token]" if settings.second_token else None,
        "second_address": settings.second_address,
        "allow_writes": settings.allow_writes,
        "allow_burst": settings.allow_burst,
        "certify": settings.certify,
        "strict": settings.strict,
        "faults": list(settings.faults),
        "variants": list(settings.variants),
        "like": settings.like,
        "proxy": proxies.shown(settings.proxy) if settings.proxy else None,
        "ca": str(settings.ca) if settings.ca else None,
        "headers": [f"{name}: [header {name}]" for name, _ in settings.headers],
        "client_cert": str(settings.identity[0]) if settings.identity else None,
        "breadth": settings.breadth,
        "openapi": settings.described.source if settings.described else None,
        "id_examples": settings.id_examples,
        "rate_limit": str(settings.rate),
        "pace": settings.pace,
        "timeout": settings.timeout,
        "max_time": settings.max_time,
        "overlap": settings.overlap,
        "seed": settings.seed,
        "requirements": list(settings.requirements),
        "gate": str(settings.gate),
        "min_judged": settings.min_judged,
    }


def _instant(seconds: float) -> str:
    return (
        datetime.fromtimestamp(seconds, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def new_numbers(results: Sequence[CaseResult]) -> dict[int, int]:
    """By the number that an exchange got when it was sent: its number in reports."""
    numbers: dict[int, int] = {}
    for result in results:
        for number in result.exchanges:
            numbers.setdefault(number, len(numbers) + 1)
    return numbers


def renumbered(
    results: Sequence[CaseResult], exchanges: Mapping[int, Exchange]
) -> tuple[list[CaseResult], dict[int, Exchange]]:
    """The results with new numbers for exchanges, and the exchanges by these numbers.

    They are numbered in the order in which cases rest on them: the same in every run. The order of
    sending varies where requests overlap; reports must not. Exchanges that no case rests on are
    left out.
    """
    numbers = new_numbers(results)
    renamed = [
        replace(
            result,
            exchanges=tuple(sorted(numbers[n] for n in result.exchanges)),
            shown_by=None if result.shown_by is None else numbers.get(result.shown_by),
        )
        for result in results
    ]
    return renamed, {
        new: replace(exchanges[old], number=new) for old, new in numbers.items() if old in exchanges
    }
