"""Which kind of window a limiter counts in: fixed, aligned to a clock, or sliding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workspace_conformance.limiter.analysis import Finding, Judgement
from workspace_conformance.limiter.counting import EPSILON, Fate, Hit, refused
from workspace_conformance.settings import Rate

SHARP = 0.4  # seconds within which a renewal must be known to tell a fixed window by it


def kind(
    first: Sequence[Hit],
    finding: Finding,
    renewal: tuple[float, float] | None,
    recovery: Sequence[Hit],
    rate: Rate,
) -> str | None:
    """The kind of window: "fixed", "clock-aligned" or "sliding"; None where it cannot be told.

    `renewal`: see `announced_renewal`; `recovery` are the hits right after the last waiting, the
    first of them served.
    """
    if not refused(first) or finding.judgement is Judgement.TOO_MANY:
        return None
    if finding.phases:
        return "clock-aligned"
    if not recovery or recovery[0].fate is not Fate.SERVED:
        return None
    if refused(recovery):
        return "sliding"
    if renewal is None:
        return None
    begin = min(first, key=lambda hit: hit.sent)
    low, high = renewal
    if not low < begin.received + rate.period or not begin.sent + rate.period < high:
        return "clock-aligned"
    end = max(hit.received for hit in recovery)
    slid = sum(hit.sent + rate.period <= end for hit in first)
    return "fixed" if slid < len(recovery) and high - low < SHARP else None


def announced_renewal(told: Iterable[tuple[Hit, int]]) -> tuple[float, float] | None:
    """Between which instants a new window begins, by refusals and the whole seconds, rounded up,
    that they announce; None where they do not agree.
    """
    bounds = [(hit.sent + wait - 1, hit.received + wait) for hit, wait in told]
    if not bounds:
        return None
    low = max(low for low, _ in bounds) - EPSILON
    high = min(high for _, high in bounds) + EPSILON
    return (low, high) if low < high else None
