"""Whether a run lets a pipeline go on: the verdict, less what is waived or known, and strict about
waivers that are no longer needed. The verdict itself never changes by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from workspace_conformance.contract.requirements import Level
from workspace_conformance.exchange.outcomes import Outcome
from workspace_conformance.verdict import baseline as baselines
from workspace_conformance.verdict import waivers
from workspace_conformance.verdict.baseline import Baseline, Changes
from workspace_conformance.verdict.known import Deviation, Known
from workspace_conformance.verdict.verdicts import (
    CaseResult,
    Exit,
    Judged,
    TargetVerdict,
    Verdict,
    exit_code,
    weighty,
)
from workspace_conformance.verdict.waivers import Waiver


class Gate(StrEnum):
    """What fails a run."""

    VIOLATIONS = "violations"  # every violation that is not waived
    REGRESSIONS = "regressions"  # of these, only those that the baseline does not have


@dataclass(frozen=True, slots=True)
class Decision:
    """How a run passed the gate.

    waived: the waiver of each waived case, by its id; known: the known deviation of each other case
    that shows one. needless: sentences about waivers that are
    not needed. changes: what changed since the baseline, if one was given. words: the decision in a
    sentence; "" where neither waivers nor a baseline had a say in it.
    """

    exit_code: int
    words: str = ""
    waived: Mapping[str, Waiver] = field(default_factory=dict)
    known: Mapping[str, Deviation] = field(default_factory=dict)
    needless: Sequence[str] = ()
    changes: Changes | None = None

    @property
    def passed(self) -> bool:
        """Whether the run is a success."""
        return self.exit_code == Exit.OK


def decide(
    judged: Sequence[Judged],
    verdict: TargetVerdict,
    *,
    waived_by: Sequence[Waiver] = (),
    known_of: Known | None = None,
    baseline: Baseline | None = None,
    gate: Gate = Gate.VIOLATIONS,
    certify: bool = False,
    strict: bool = False,
    min_judged: int = 0,
    whole: bool = True,
    ended: int | None = None,
) -> Decision:
    """Decide. `whole` says that no case was left out: only then can a waiver be called needless.
    `ended` is the exit code of a run that did not come to its end, or could not judge at all.

    With `certify` nothing is excused: a waiver never makes a certificate. `min_judged`: percent of
    the MUST requirements that must be judged whole, passed or failed.
    """
    cases = [case for row in judged for case in row.cases]
    waived = {
        case.id: waiver
        for case in cases
        if (waiver := waivers.covering(waived_by, case)) is not None
    }
    deviations = {
        case.id: deviation
        for case in cases
        if known_of is not None
        and case.id not in waived
        and (deviation := known_of.covering(case)) is not None
    }
    before = set(baselines.known(baseline, cases)) if baseline else set()
    excused = {*waived, *deviations, *(before if gate is Gate.REGRESSIONS else ())}
    excused = set() if certify else excused
    code = exit_code(judged, verdict, certify=certify, strict=strict, excused=excused)
    told = [waivers.needless(waiver, cases) for waiver in waived_by] if whole else []
    needless = tuple(sentence for sentence in told if sentence)
    if needless and code == Exit.OK:
        code = Exit.USAGE
    too_few = _too_few(judged, min_judged)
    if too_few and code == Exit.OK:
        code = Exit.NOT_JUDGED
    code = code if ended is None else ended
    failing = [case for case in weighty(judged, strict=strict) if case.id not in excused]
    regressions = gate is Gate.REGRESSIONS
    reasons: list[str] = []
    if ended is None and code in (Exit.VIOLATED, Exit.NOT_JUDGED):
        reasons = _reasons(judged, failing, certify=certify, strict=strict)
        reasons += [too_few] if too_few else []
        if ((waived_by or known_of) and not certify) or regressions:
            new = regressions or known_of is not None
            reasons = [*_violations(judged, failing, new=new), *reasons]
    if reasons:
        words = f"Gate failed: {'; '.join(reasons)}"
        if certify and (waived_by or known_of):
            words += f". --certify excuses nothing: {_without_effect(waived_by, known_of)}"
    elif waived_by or known_of or regressions:
        words = _words(
            code, waived, deviations, known_of, before if regressions else set(), needless
        )
    else:
        words = ""
    return Decision(
        code,
        words,
        waived,
        deviations,
        needless,
        baselines.compare(baseline, cases) if baseline else None,
    )


def _reasons(
    judged: Sequence[Judged], failing: Sequence[CaseResult], *, certify: bool, strict: bool
) -> list[str]:
    """What the options that ask for more than no violated MUST were given for, and did not get."""
    found = []
    if certify:
        musts = [row.verdict for row in judged if row.requirement.level is Level.MUST]
        short = [
            f"{musts.count(verdict)} MUST {word}"
            for verdict, word in (
                (Verdict.FAILED, "violated"),
                (Verdict.PARTIAL, "judged in part"),
                (Verdict.UNTESTED, "untested"),
            )
            if verdict in musts
        ]
        found.append(f"--certify: {', '.join(short) or 'cases were left out'}")
    names = _names(judged, failing, Level.SHOULD) if strict else []
    return [*found, f"--strict: {', '.join(names)}"] if names else found


def _violations(judged: Sequence[Judged], failing: Sequence[CaseResult], *, new: bool) -> list[str]:
    """The violations that neither waivers nor a baseline excuse; those of a SHOULD are --strict's."""
    names = _names(judged, failing, Level.MUST)
    what = "new violations" if new else "violations that are not waived"
    return [f"{what} of {', '.join(names)}"] if names else []


def _names(judged: Sequence[Judged], failing: Sequence[CaseResult], level: Level) -> list[str]:
    of_level = {row.requirement.id for row in judged if row.requirement.level is level}
    return list(dict.fromkeys(it.requirement for it in failing if it.requirement in of_level))


def _too_few(judged: Sequence[Judged], min_judged: int) -> str:
    """Why too few of the MUST requirements are judged whole; "" where they suffice."""
    musts = [row.verdict for row in judged if row.requirement.level is Level.MUST]
    whole = sum(verdict in (Verdict.PASSED, Verdict.FAILED) for verdict in musts)
    if whole * 100 >= min_judged * len(musts):
        return ""
    return f"--min-judged {min_judged}%: {whole} of {len(musts)} MUST judged whole"


_WHY = {
    Exit.INTERRUPTED: "the run was interrupted",
    Exit.INTERNAL_ERROR: "the suite itself failed",
    Exit.NOT_JUDGED: "the target could not be judged",
}


def _words(
    code: int,
    waived: Mapping[str, Waiver],
    deviations: Mapping[str, Deviation],
    known_of: Known | None,
    before: set[str],
    needless: Sequence[str],
) -> str:
    if code not in (Exit.OK, Exit.USAGE):
        why = _WHY.get(code, "the run did not come to its end")
        return f"Gate failed: {why} (exit code {code})"
    if needless:
        return f"Gate failed: {'; '.join(needless)}"
    used = len(set(waived.values()))
    parts = [f"with {used} waiver{'' if used == 1 else 's'}"] if used else []
    shown = len({deviation.id for deviation in deviations.values()})
    if shown and known_of is not None:
        parts.append(f"with {shown} known deviation{'' if shown == 1 else 's'} of {known_of.name}")
    if before:
        parts.append(f"with {len(before)} failing cases that the baseline has too")
    return f"Gate passed {' and '.join(parts)}".strip()


def _without_effect(waived_by: Sequence[Waiver], known_of: Known | None) -> str:
    if not waived_by:
        return "--known has no effect"
    return (
        "neither waivers nor --known have an effect" if known_of else "the waivers have no effect"
    )


def is_known(row: Judged, decision: Decision) -> bool:
    """Whether every violation of a requirement is excused, and at least one is a known deviation."""
    failed = [case.id for case in row.cases if case.outcome is Outcome.FAILED]
    return any(name in decision.known for name in failed) and all(
        name in decision.known or name in decision.waived for name in failed
    )


def is_waived(row: Judged, decision: Decision) -> bool:
    """Whether every violation of a requirement is waived."""
    failed = [case for case in row.cases if case.outcome is Outcome.FAILED]
    return bool(failed) and all(case.id in decision.waived for case in failed)
