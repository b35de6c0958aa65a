"""The end of a run: what became of its cases folded into one result, and all its traffic kept."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from workspace_conformance import __version__
from workspace_conformance.contract import manifest
from workspace_conformance.exchange.outcomes import Outcome
from workspace_conformance.limiter import keeping
from workspace_conformance.reporting.archive import told_of
from workspace_conformance.reporting.results import Archive, Result, new_numbers, renumbered
from workspace_conformance.session.run import Run
from workspace_conformance.verdict import gate, operations
from workspace_conformance.verdict.verdicts import (
    CaseResult,
    Exit,
    LeftOut,
    judge_all,
    judge_target,
)


def result_of(run: Run, cut_off: int | None) -> Result:
    """The finished result; cases that never ran are left out, or untested where the target
    could not be judged. `cut_off` is the exit code of a run that did not come to its end.
    """
    released = manifest.released()
    files = manifest.present(run.suite_root)
    edited = manifest.edited(released, files)
    results = [run.results[name] for name in run.collected if name in run.results]
    if run.cannot is not None:
        results = _unreached(run, results)
    archive = _archive(run, results)
    results, exchanges = renumbered(results, run.transport.exchanges if run.transport else {})
    done = {item.id for item in results}
    known: Iterable[str] = released.cases if released else ()
    if run.settings.breadth == "core":
        known = [name for name in known if not manifest.is_beyond_core(name)]
    left_out = [
        LeftOut(name, run.left_out.get(name) or _why_not(run, name))
        for name in known
        if name not in done and name not in run.beyond_core
    ]
    released_cases = set(known)
    extra = [
        LeftOut(name, why)
        for name, why in run.left_out.items()
        if name not in done and name not in released_cases
    ]
    judged = judge_all(run.contract, results)
    complete = (
        released is not None and not edited and not left_out and not extra and cut_off is None
    )
    verdict = judge_target(judged, complete)
    traffic = run.transport.traffic if run.transport else None
    # A replay makes no records, though it notes those that the recorded run made.
    journal = run.portal.journal if run.portal and run.recording is None else None
    ended = cut_off
    if ended is None and run.cannot is not None:
        ended = Exit.NOT_JUDGED
    decision = gate.decide(
        judged,
        verdict,
        waived_by=run.settings.waivers,
        known_of=run.settings.known,
        baseline=run.settings.baseline,
        gate=run.settings.gate,
        certify=run.settings.certify,
        strict=run.settings.strict,
        min_judged=run.settings.min_judged,
        whole=not left_out and not extra and ended is None,
        ended=ended,
    )
    return Result(
        contract=run.contract,
        settings=run.settings,
        target_url=run.root,
        target_label=run.label,
        target_server=run.target_info.server,
        remark=_remark(run),
        suite_version=__version__,
        suite_digest=manifest.combined(files),
        edited=edited,
        started=run.started,
        finished=time.time(),
        verdict=verdict,
        judged=judged,
        left_out=[*left_out, *extra],
        requests=traffic.requests if traffic else 0,
        seconds_waited_for_pacing=run.transport.pacer.waited if run.transport else 0.0,
        throttled=traffic.throttled if traffic else 0,
        seconds_throttled=traffic.seconds_throttled if traffic else 0.0,
        created=journal.made if journal else 0,
        deleted=journal.deleted if journal else 0,
        left_behind=[
            {"kind": item.kind, "name": item.name, "url": item.url, "why": item.why}
            for item in run.left
        ],
        exit_code=decision.exit_code,
        decision=decision,
        archive=archive,
        replayed=_replayed(run),
        cannot=None if run.cannot is None else str(run.cannot),
        interrupted=cut_off is not None,
        measured=run.transport.measured if run.transport else None,
        exchanges=exchanges,
        operations=operations.fold(results, run.settings.breadth, run.settings.described),
    )


def _remark(run: Run) -> str | None:
    """What is to be read before the findings: that the target seems to be no portal, or what changed
    around it while the run went on.
    """
    controls = run.portal.controls if run.portal else None
    told = [run.target_info.remark, *(controls.notes if controls else ())]
    for words, times in run.transport.traffic.gateway.items() if run.transport else ():
        often = "once" if times == 1 else f"{times} times"
        told.append(f"something answered {words} in the target's place {often}")
    if controls is not None and controls.ended is not None:
        told.append(f"{controls.ended}; what came after that is untested")
    return ". ".join(words for words in told if words) or None


def _why_not(run: Run, name: str) -> str:
    if name in run.requirements:
        return "not run: the run was stopped before"
    return "not collected: a path was given, or the suite was edited"


def _archive(run: Run, results: Sequence[CaseResult]) -> Archive | None:
    """All traffic of this run, by the numbers of its reports; what no case rests on comes last."""
    transport = run.transport
    if transport is None or transport.recording is not None or not transport.exchanges:
        return None
    numbers = new_numbers(results)
    for number in transport.exchanges:
        numbers.setdefault(number, len(numbers) + 1)
    sent = sorted(transport.exchanges.values(), key=lambda exchange: exchange.sent)
    told = transport.campaign and keeping.as_data(
        transport.campaign, lambda exchange: numbers[exchange.number]
    )
    if told:
        told["credited"] = [numbers[number] for number in transport.credited]
    about = {
        "suite": {"version": __version__},
        "settings": told_of(run.settings),
        "label": run.label,
        "started": run.started,
        "campaign": told,
        # A run that was cut off has answers to questions of cases that it did not come to judge.
        "not_run": [name for name in run.collected if name not in run.results and not run.cannot],
    }
    return Archive(
        [
            (
                replace(one, number=numbers[one.number]),
                *transport.asked.get(one.number, ("burst", True)),
            )
            for one in sent
        ],
        about,
    )


def _replayed(run: Run) -> dict[str, Any] | None:
    """What a replay judged again."""
    recorded = run.recording
    if recorded is None:
        return None
    return {
        "sha256": recorded.digest,
        "suite": recorded.about["suite"],
        "requests": len(recorded.exchanges),
    }


def _unreached(run: Run, results: list[CaseResult]) -> list[CaseResult]:
    assert run.cannot is not None
    done = {item.id for item in results}
    reason, message = run.cannot.reason, str(run.cannot)
    return results + [
        CaseResult(name, run.requirements[name], Outcome.UNTESTED, reason, message)
        for name in run.collected
        if name not in done
    ]
