"""A campaign as data: what a recording keeps of it, so that it can be judged again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.limiter.campaign import Again, Campaign, judged
from workspace_conformance.limiter.excess import OverLimit, Recovery
from workspace_conformance.settings import Rate

Numbers = Sequence[int]


def as_data(campaign: Campaign, number: Callable[[Exchange], int]) -> dict[str, Any]:
    """Which exchanges, by the number that `number` gives each, played which part."""

    def all_of(exchanges: Sequence[Exchange]) -> list[int]:
        return [number(exchange) for exchange in exchanges]

    def all_of_recovery(recovery: Recovery) -> dict[str, Any]:
        return {
            "refusal": None if recovery.refusal is None else number(recovery.refusal),
            "announced": recovery.announced,
            "meanwhile": all_of(recovery.meanwhile),
            "asked": all_of(recovery.asked),
            "extra": all_of(recovery.extra),
        }

    again = campaign.again
    writes: Any = campaign.writes
    return {
        "counts": [all_of(count) for count in campaign.counts],
        "over": [
            {
                "subsequent": all_of(over.subsequent),
                "second": all_of(over.second),
                "elsewhere": all_of(over.elsewhere),
                "writes": None
                if over.writes is None
                else {method: number(one) for method, one in over.writes.items()},
                "closing": all_of(over.closing),
                "sound": over.sound,
            }
            for over in campaign.over
        ],
        "recovery": all_of_recovery(campaign.recovery),
        "again": None
        if again is None
        else {"count": all_of(again.count), "recovery": all_of_recovery(again.recovery)},
        "effects": _told(writes)
        if isinstance(writes, Untested)
        else {method: _told(effect) for method, effect in writes.items()},
    }


def from_data(data: Mapping[str, Any], rate: Rate, recorded: Mapping[int, Exchange]) -> Campaign:
    """The campaign that `as_data` told of, counted anew."""

    def all_of(numbers: Numbers) -> tuple[Exchange, ...]:
        return tuple(recorded[number] for number in numbers)

    def recovery_of(told: Mapping[str, Any]) -> Recovery:
        return Recovery(
            None if told["refusal"] is None else recorded[told["refusal"]],
            told["announced"],
            all_of(told["meanwhile"]),
            all_of(told["asked"]),
            all_of(told["extra"]),
        )

    counts = tuple(all_of(count) for count in data["counts"])
    over = tuple(
        OverLimit(
            all_of(told["subsequent"]),
            all_of(told["second"]),
            all_of(told["elsewhere"]),
            None
            if told["writes"] is None
            else {method: recorded[number] for method, number in told["writes"].items()},
            all_of(told["closing"]),
            told["sound"],
        )
        for told in data["over"]
    )
    recovery, more = recovery_of(data["recovery"]), data.get("again")
    again = None if more is None else Again(all_of(more["count"]), recovery_of(more["recovery"]))
    effects = data["effects"]
    writes: Any = (
        _effect(effects)
        if "untested" in effects
        else {method: _effect(effect) for method, effect in effects.items()}
    )
    finding = judged(counts, over, rate, recovery, again)
    return Campaign(rate, counts, over, recovery, writes, finding, again)


def _told(effect: str | Untested | None) -> Any:
    if isinstance(effect, Untested):
        return {"untested": str(effect.reason), "words": effect.words}
    return effect


def _effect(told: Any) -> Any:
    if isinstance(told, Mapping):
        return Untested(Reason(told["untested"]), told["words"])
    return told
