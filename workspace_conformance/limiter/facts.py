"""What a campaign found out about the limiter, as data for the result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workspace_conformance.limiter import counting, window_kind
from workspace_conformance.limiter.campaign import Campaign, span_of
from workspace_conformance.limiter.counting import Fate, Hit
from workspace_conformance.limiter.excess import announced, hits


def facts(campaign: Campaign) -> dict[str, Any]:
    """What was found out about the limiter, as data for the result.

    limit: requests served per period, null where it could not be told. window: the kind. The
    timeline is that of the first burst: how many were served and refused, in steps of a hundredth
    of the period, by the time of their answers. Every time is in seconds since that burst began.
    """
    first = hits(campaign.first)
    refusals = campaign.refusals()
    values = [exchange.response.header("retry-after") for exchange in refusals if exchange.response]
    # Later bursts are not told by: their windows are others.
    until = min((one.sent for one in campaign.again.count), default=0.0) if campaign.again else None
    same = [one for one in refusals if until is None or one.received < until]
    same = same if len(campaign.counts) == 1 else []
    waits = [(hit, announced(one)) for one, hit in zip(same, hits(same), strict=True)]
    renewal = window_kind.announced_renewal((hit, wait) for hit, wait in waits if wait is not None)
    recovery = hits([*campaign.recovery.asked[-1:], *campaign.recovery.extra])
    finding = campaign.finding
    limit = None if campaign.recovery.in_vain(campaign.rate) else finding.limit
    mass = campaign.first[counting.vanguard(campaign.rate)[0] :]
    rate = len(mass) / span_of(mass) if mass else None
    return {
        "limit": limit,
        "window": window_kind.kind(first, finding, renewal, recovery, campaign.rate),
        "retry_after": sorted(set(values), key=lambda value: (value is not None, value)),
        "requests_per_second": None if rate is None else round(rate, 1),
        "served_before_refusal": _served_before(first),
        "bursts": [
            {
                "sent": len(count),
                "served": counting.served(hits(count)),
                "seconds": round(span_of(count), 3),
            }
            for count in [*campaign.counts, *([campaign.again.count] if campaign.again else [])]
            if count
        ],
        "timeline": _timeline(first, campaign.rate.period / 100),
        "first_refusal": _first_refusal(campaign),
        "recovery": _recovery(campaign),
    }


def _first_refusal(campaign: Campaign) -> dict[str, Any] | None:
    begin = min(one.sent for one in campaign.first)
    pairs = zip(campaign.first, hits(campaign.first), strict=True)
    refused = [one for one, hit in pairs if hit.fate is Fate.REFUSED]
    if not refused:
        return None
    first = min(refused, key=lambda exchange: exchange.received)
    return {"seconds": round(first.received - begin, 3), "retry_after": announced(first)}


def _recovery(campaign: Campaign) -> dict[str, Any] | None:
    recovery = campaign.recovery
    if recovery.refusal is None or not recovery.asked:
        return None
    begin = min(one.sent for one in campaign.first)
    return {
        "refused": round(recovery.refusal.received - begin, 3),
        "retry_after": recovery.announced,
        "asked": round(recovery.asked[-1].sent - begin, 3),
        "served": recovery.served,
    }


def _served_before(first: Sequence[Hit]) -> int | None:
    refusals = counting.refused(first)
    if not refusals:
        return None
    return counting.served(hit for hit in first if hit.received <= refusals[0].received)


def _timeline(first: Sequence[Hit], step: float) -> list[dict[str, float | int]]:
    begin = min(hit.sent for hit in first)
    steps: dict[int, list[int]] = {}
    for hit in first:
        counts = steps.setdefault(int((hit.received - begin) / step), [0, 0])
        if hit.fate is not Fate.LOST:
            counts[hit.fate is Fate.REFUSED] += 1
    return [
        {"seconds": round(at * step, 4), "served": good, "refused": bad}
        for at, (good, bad) in sorted(steps.items())
    ]
