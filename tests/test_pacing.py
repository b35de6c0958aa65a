"""Pacing: no window of the period ever holds more requests than the pace. Time here is virtual."""

from __future__ import annotations

import asyncio
import selectors
from types import SimpleNamespace
from typing import Any

import pytest

from workspace_conformance import pacing
from workspace_conformance.pacing import Pacer
from workspace_conformance.settings import DOCUMENTED_RATE, Rate


class VirtualTime(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to whatever is due next."""

    def __init__(self) -> None:
        self.now = 1000.0
        selector: Any = selectors.DefaultSelector()
        look = selector.select

        def select(timeout: float | None = None) -> Any:
            self.now += timeout or 0.0
            return look(0)

        selector.select = select
        super().__init__(selector)

    def time(self) -> float:
        return self.now


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> VirtualTime:
    loop = VirtualTime()
    clock = SimpleNamespace(monotonic_ns=lambda: round(loop.now * 1e9))
    monkeypatch.setattr(pacing, "time", clock)
    return loop


def turns(
    loop: VirtualTime, pacer: Pacer, asked: list[tuple[float, str]]
) -> dict[str, list[float]]:
    """When each of `asked` (seconds from now, key) was let through, by key."""
    when: dict[str, list[float]] = {key: [] for _, key in asked}
    began = loop.now

    async def one(after: float, key: str) -> None:
        await asyncio.sleep(after)
        await pacer.turn(key)
        when[key].append(loop.now - began)

    async def everyone() -> None:
        await asyncio.gather(*(one(after, key) for after, key in asked))

    try:
        loop.run_until_complete(everyone())
    finally:
        loop.close()
    return when


def fullest_window(times: list[float], period: float) -> int:
    """The most that any window of `period` seconds holds."""
    return max(sum(start <= each < start + period for each in times) for start in times)


@pytest.mark.parametrize("pace", [1, 7, 450])
def test_a_flood_is_spread_over_the_periods(loop: VirtualTime, pace: int) -> None:
    pacer = Pacer(pace, DOCUMENTED_RATE)
    times = turns(loop, pacer, [(0.0, "account")] * (3 * pace + 1))["account"]
    assert len(times) == 3 * pace + 1
    assert fullest_window(times, 10.0) == pace, "and what is allowed is used"
    assert 30.0 <= max(times) < 33.0
    assert 30.0 <= pacer.waited < 33.0, "counted once, however many waited"


def test_requests_that_trickle_in_count_in_every_window(loop: VirtualTime) -> None:
    asked = [(n * 0.37 % 29, "account") for n in range(200)]
    times = turns(loop, Pacer(20, Rate(25, 10.0)), asked)["account"]
    assert len(times) == 200
    assert fullest_window([after for after, _ in asked], 10.0) > 20, "or there is nothing to pace"
    assert fullest_window(times, 10.0) <= 20


def test_up_to_the_pace_nobody_waits_and_accounts_are_counted_apart(loop: VirtualTime) -> None:
    pacer = Pacer(5, DOCUMENTED_RATE)
    keys = ["account@"] * 5 + ["second account@"] * 5 + ["account@127.0.0.2"] * 5
    times = turns(loop, pacer, [(0.0, key) for key in keys])
    assert list(times.values()) == [[0.0] * 5] * 3
    assert pacer.waited == 0


def test_no_pace_is_no_limit(loop: VirtualTime) -> None:
    pacer = Pacer(None, Rate(1, 60.0))
    assert turns(loop, pacer, [(0.0, "account")] * 200)["account"] == [0.0] * 200
    assert pacer.waited == 0
