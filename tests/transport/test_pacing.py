"""Pacing: no window of the period ever holds more requests than the pace. Time here is virtual."""

from __future__ import annotations

import asyncio
import os
import selectors
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workspace_conformance.settings import DOCUMENTED_RATE, Rate
from workspace_conformance.transport import pacing
from workspace_conformance.transport.pacing import Pacer, PaceStore


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
        account, _, address = key.partition("@")
        await pacer.turn(account, address or None)
        when[key].append(loop.now - began)

    async def everyone() -> None:
        await asyncio.gather(*(one(after, key) for after, key in asked))

    try:
        loop.run_until_complete(everyone())
    finally:
        loop.close()
    return when


def fullest_window(times: Sequence[float], period: float) -> int:
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


# --- shared with other runs -----------------------------------------------------------------------

TARGET = "https://portal.test/prefix"
CREDENTIALS = {"account": "a-secret-token-0123456789", "second account": "another-secret"}


def shared(folder: Path, pace: int = 5, period: float = 10.0, target: str = TARGET) -> Pacer:
    return Pacer(pace, Rate(pace, period), PaceStore(target, CREDENTIALS, folder))


def granted(pacer: Pacer, account: str = "account", tries: int = 10) -> int:
    """How many of `tries` requests may be sent at once."""

    async def go() -> int:
        done = 0
        with suppress(TimeoutError):
            for _ in range(tries):
                await asyncio.wait_for(pacer.turn(account), 0.15)
                done += 1
        return done

    return asyncio.run(go())


def test_two_runs_share_the_pace_of_a_target(tmp_path: Path) -> None:
    assert granted(shared(tmp_path)) == 5
    assert granted(shared(tmp_path)) == 0, "the first run took the whole of it"
    assert granted(shared(tmp_path, target="https://PORTAL.test")) == 0, "the same server"


@pytest.mark.parametrize("other", ["target", "account", "credential", "address"])
def test_what_the_limit_counts_apart_is_paced_apart(tmp_path: Path, other: str) -> None:
    assert granted(shared(tmp_path)) == 5
    if other == "target":
        assert granted(shared(tmp_path, target="https://portal.test:8443")) == 5
    elif other == "account":
        assert granted(shared(tmp_path), "second account") == 5
    elif other == "credential":
        store = PaceStore(TARGET, {"account": "somebody-else"}, tmp_path)
        assert granted(Pacer(5, Rate(5, 10.0), store)) == 5
    else:
        pacer = shared(tmp_path)
        asyncio.run(asyncio.wait_for(pacer.turn("account", "127.0.0.2"), 0.15))


def test_the_store_shows_no_secret_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    pacer = shared(folder)
    assert granted(pacer) == 5
    pacer.close()
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    for file in files:
        for secret in (*CREDENTIALS.values(), "portal.test"):
            assert secret.encode() not in file.read_bytes() + file.name.encode()
    assert folder.stat().st_mode & 0o077 == 0


def test_a_run_that_measures_the_limit_is_alone(tmp_path: Path) -> None:
    measuring, other = shared(tmp_path), shared(tmp_path)
    said: list[str] = []
    told = shared(tmp_path)
    told._announce = lambda what, seconds: said.append(what)

    async def story() -> None:
        assert await measuring.hold("account") is None, "nobody sent before"
        await measuring.turn("account")  # its own requests go on
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(other.turn("account"), 0.2)
        await asyncio.wait_for(other.turn("second account"), 0.2)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(told.turn("account"), 2.3)
        measuring.let_go()
        await asyncio.wait_for(other.turn("account"), 0.2)
        last = await other.hold("account")
        assert last is not None
        assert time.monotonic() - last < 5, "the next one knows when somebody last sent"
        other.let_go()

    asyncio.run(story())
    assert said == ["another run of this machine measures the rate limit"]


def test_times_from_before_the_machine_began_anew_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        later = time.monotonic_ns() + 3600 * 10**9
        patched.setattr(pacing, "time", SimpleNamespace(monotonic_ns=lambda: later, time=time.time))
        pacer = shared(tmp_path)
        assert all(pacer._take(pacer._bucket("account", "")) is None for _ in range(5))
        pacer.close()
    assert granted(shared(tmp_path)) == 5


def test_without_a_usable_store_the_run_paces_itself_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    pacer = shared(tmp_path / "file" / "store")
    said: list[str] = []
    pacer._announce = lambda what, seconds: said.append(what)
    assert granted(pacer, tries=5) == 5
    assert len(said) == 1
    assert said[0].startswith("the pace is not shared with other runs: ")


def test_files_of_targets_long_gone_are_removed(tmp_path: Path) -> None:
    old, new = tmp_path / "0000.sqlite", tmp_path / "1111.sqlite"
    for file in (old, new):
        file.write_bytes(b"")
    os.utime(old, (0, 0))
    assert granted(shared(tmp_path)) == 5
    assert not old.exists()
    assert new.exists()


def test_processes_at_the_same_time_keep_one_pace(tmp_path: Path) -> None:
    """Four processes, each wanting more than there is: no window holds more than the pace."""
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        times = sorted(chain.from_iterable(pool.map(_send_a_lot, [str(tmp_path)] * 4)))
    assert len(times) == 4 * 30
    assert fullest_window(times, 400) <= 20
    assert times[-1] - times[0] >= 400 * 5


def _send_a_lot(folder: str) -> list[int]:
    pacer = shared(Path(folder), 20, 0.4)
    read = pacing._milliseconds
    clock = [0]

    def remembered() -> int:
        clock[0] = read()
        return clock[0]

    pacing._milliseconds = remembered

    async def go() -> list[int]:
        times = []
        for _ in range(30):
            await pacer.turn("account")
            times.append(clock[0])
        return times

    return asyncio.run(go())
