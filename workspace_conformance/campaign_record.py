"""A campaign as data: what a recording keeps of it, so that it can be judged again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workspace_conformance import limiter
from workspace_conformance.campaign import Campaign
from workspace_conformance.exchange import Exchange
from workspace_conformance.outcomes import Reason, Untested
from workspace_conformance.over_limit import OverLimit, Recovery, hits
from workspace_conformance.settings import Rate

Numbers = Sequence[int]


def as_data(campaign: Campaign, number: Callable[[Exchange], int]) -> dict[str, Any]:
    """Which exchanges, by the number that `number` gives each, played which part."""

    def all_of(exchanges: Sequence[Exchange]) -> list[int]:
        return [number(exchange) for exchange in exchanges]

    recovery = campaign.recovery
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
        "recovery": {
            "refusal": None if recovery.refusal is None else number(recovery.refusal),
            "announced": recovery.announced,
            "meanwhile": all_of(recovery.meanwhile),
            "asked": all_of(recovery.asked),
            "extra": all_of(recovery.extra),
        },
        "effects": _told(writes)
        if isinstance(writes, Untested)
        else {method: _told(effect) for method, effect in writes.items()},
    }


def from_data(data: Mapping[str, Any], rate: Rate, recorded: Mapping[int, Exchange]) -> Campaign:
    """The campaign that `as_data` told of, counted anew."""

    def all_of(numbers: Numbers) -> tuple[Exchange, ...]:
        return tuple(recorded[number] for number in numbers)

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
    end = data["recovery"]
    recovery = Recovery(
        None if end["refusal"] is None else recorded[end["refusal"]],
        end["announced"],
        all_of(end["meanwhile"]),
        all_of(end["asked"]),
        all_of(end["extra"]),
    )
    effects = data["effects"]
    writes: Any = (
        _effect(effects)
        if "untested" in effects
        else {method: _effect(effect) for method, effect in effects.items()}
    )
    others = [hit for one in over for hit in hits(one.own())]
    finding = limiter.judge([hits(count) for count in counts], others, rate)
    return Campaign(rate, counts, over, recovery, writes, finding)


def _told(effect: str | Untested | None) -> Any:
    if isinstance(effect, Untested):
        return {"untested": str(effect.reason), "words": effect.words}
    return effect


def _effect(told: Any) -> Any:
    if isinstance(told, Mapping):
        return Untested(Reason(told["untested"]), told["words"])
    return told
