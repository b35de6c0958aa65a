"""The judge of rate limiters: in virtual time no lawful limiter is accused, and N - 1, N and N + 1
are told apart, wherever a window begins anew and however late answers come.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.limiter.simulation import KINDS, World
from workspace_conformance.limiter import analysis, counting, window_kind
from workspace_conformance.limiter.analysis import Finding, Judgement
from workspace_conformance.limiter.counting import Fate, Hit
from workspace_conformance.settings import Rate

RATE = Rate(25, 10.0)
N = RATE.requests

ways = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10**9),
        "latency": st.sampled_from([0.001, 0.02, 0.1]),
        "jitter": st.sampled_from([0.0, 0.005, 0.1]),
        "lanes": st.sampled_from([1, 4, 16, 64]),
    }
)
"""Ways to a target; the seed decides where in its window a burst falls."""

announcing: st.SearchStrategy[Callable[[int], int]] = st.sampled_from(
    [
        lambda wait: wait,
        lambda wait: wait + 1,  # one second generous
        lambda wait: 10,  # always the whole period
    ]
)


@settings(max_examples=250, deadline=None, derandomize=True)
@example(
    kind="clock",
    way={"seed": 500, "latency": 0.001, "jitter": 0.1, "lanes": 16},
    announce=lambda wait: wait,
)
@given(kind=st.sampled_from(sorted(KINDS)), way=ways, announce=announcing)
def test_a_lawful_limiter_is_never_accused(
    kind: str, way: dict[str, float], announce: Callable[[int], int]
) -> None:
    campaign = World(kind, N, RATE, announce=announce, **way).begin()  # type: ignore[arg-type]
    finding = campaign.run()
    assert finding.judgement in (Judgement.EXACT, Judgement.OPEN)
    assert campaign.leak() is None


@settings(max_examples=100, deadline=None, derandomize=True)
@given(kind=st.sampled_from(["fixed", "sliding", "counting"]), way=ways)
def test_a_limiter_that_reckons_in_whole_seconds_is_never_accused(
    kind: str, way: dict[str, float]
) -> None:
    campaign = World(kind, N, RATE, grain=1.0, **way).begin()  # type: ignore[arg-type]
    assert campaign.run().judgement in (Judgement.EXACT, Judgement.OPEN)
    assert campaign.leak() is None


@settings(max_examples=150, deadline=None, derandomize=True)
@given(kind=st.sampled_from(sorted(KINDS)), way=ways, loss=st.sampled_from([0.01, 0.1, 0.5]))
def test_broken_connections_never_make_an_accusation(
    kind: str, way: dict[str, float], loss: float
) -> None:
    campaign = World(kind, N, RATE, loss=loss, **way).begin()  # type: ignore[arg-type]
    assert campaign.run().judgement in (Judgement.EXACT, Judgement.OPEN)
    assert campaign.leak() is None


@settings(max_examples=150, deadline=None, derandomize=True)
@given(kind=st.sampled_from(["fixed", "clock", "sliding"]), way=ways)
def test_a_lawful_limiter_is_found_exact(kind: str, way: dict[str, float]) -> None:
    campaign = World(kind, N, RATE, **way).begin()  # type: ignore[arg-type]
    finding = campaign.run()
    assume(not campaign.slow())
    assert (finding.judgement, finding.limit) == (Judgement.EXACT, N)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(["fixed", "clock", "sliding"]),
    limit=st.sampled_from([1, N - 3, N - 1, N + 1, N + 5, 2 * N, 4 * N]),
    way=ways,
)
def test_every_other_limit_is_told(kind: str, limit: int, way: dict[str, float]) -> None:
    campaign = World(kind, limit, RATE, **way).begin()  # type: ignore[arg-type]
    finding = campaign.run()
    assume(not campaign.slow())
    # Said of `judge`: a window of N - 1 that begins between the very first requests goes unseen.
    first = campaign.counts[0][: counting.vanguard(RATE)[0]]
    assume(kind != "clock" or not campaign.renewed(max(hit.received for hit in first)))
    wanted = Judgement.TOO_FEW if limit < N else Judgement.TOO_MANY
    assert finding.judgement is wanted
    assert finding.limit in (None, limit) or kind == "clock"


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(["fixed", "clock", "sliding"]),
    share=st.sampled_from([0.1, 0.2, 0.4, 0.5, 0.6]),
    way=ways,
)
def test_windows_that_are_too_short_are_found(
    kind: str, share: float, way: dict[str, float]
) -> None:
    """The limit of one window is right, and yet far too much is served in a period."""
    campaign = World(kind, N, RATE, share=share, **way).begin()  # type: ignore[arg-type]
    finding = campaign.run()
    assume(not campaign.slow())
    assert finding.judgement is Judgement.TOO_MANY or campaign.leak() is not None


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(["fixed", "clock", "sliding"]), step=st.sampled_from([2, 5, 10]), way=ways
)
def test_what_is_served_over_the_limit_is_found(
    kind: str, step: int, way: dict[str, float]
) -> None:
    excess = 0

    def every_so_many(_: int, wait: int | None) -> int | None:
        nonlocal excess
        excess += wait is not None
        return None if wait is not None and excess % step == 0 else wait

    campaign = World(kind, N, RATE, decide=every_so_many, **way).begin()  # type: ignore[arg-type]
    finding = campaign.run()
    # A window that begins anew in the middle would explain what is seen: then nothing is said.
    assume(kind != "clock" or not campaign.renewed())
    assert campaign.leak() is not None or finding.judgement is Judgement.TOO_MANY


@pytest.mark.parametrize("kind", ["fixed", "sliding"])
def test_one_in_a_hundred_that_is_served_over_the_documented_limit_is_found(kind: str) -> None:
    excess = 0

    def every_hundredth(_: int, wait: int | None) -> int | None:
        nonlocal excess
        excess += wait is not None
        return None if wait is not None and excess % 100 == 0 else wait

    campaign = World(kind, 500, Rate(500, 10.0), lanes=16, decide=every_hundredth).begin()
    campaign.run()
    assert campaign.leak() is not None


# --- by hand --------------------------------------------------------------------------------------

SMALL = Rate(3, 10.0)


def row(fates: str, begin: float = 0.0, step: float = 0.1) -> list[Hit]:
    """Hits one after the other: s served, r refused, l lost."""
    known = {"s": Fate.SERVED, "r": Fate.REFUSED, "l": Fate.LOST}
    return [
        Hit(number, begin + number * step, begin + (number + 0.5) * step, known[fate])
        for number, fate in enumerate(fates)
    ]


@pytest.mark.parametrize(
    ("bursts", "judgement"),
    [
        (["sssr"], Judgement.EXACT),
        (["ssr"], Judgement.TOO_FEW),
        (["r"], Judgement.TOO_FEW),
        (["srssr"], Judgement.TOO_FEW),
        (["sssssss"], Judgement.TOO_MANY),
        (["ssssss"], Judgement.OPEN),
        (["sslr"], Judgement.OPEN),
        (["slssr"], Judgement.OPEN),
        (["sssssssr"], Judgement.TOO_MANY),
        (["ssssr"], Judgement.OPEN),
        (["ssssr", "sssr"], Judgement.EXACT),
        (["ssssr", "ssssr"], Judgement.TOO_MANY),
        (["ssssr", "ssr"], Judgement.TOO_FEW),
        (["ssssr", "rrr"], Judgement.OPEN),
    ],
)
def test_bursts_by_hand(bursts: list[str], judgement: Judgement) -> None:
    # The second burst begins where what explains the first one cannot begin a window.
    counts = [row(fates, 11.0 * number) for number, fates in enumerate(bursts)]
    if bursts[-1] == "rrr":
        counts[1] = row("rrr", 1.0)
    assert analysis.judge(counts, [], SMALL).judgement is judgement


def test_a_slow_burst_tells_nothing() -> None:
    assert analysis.judge([row("sssssssss", step=2.0)], [], SMALL).judgement is Judgement.OPEN


def test_a_leak_needs_refusals_before_and_after_it_in_one_period() -> None:
    assert analysis.leak(row("sssrsr"), 3, SMALL) is not None
    assert analysis.leak(row("sssrs"), 3, SMALL) is None
    assert analysis.leak(row("sssrsssr"), 3, SMALL) is None, "a window may have begun anew"
    late = [*row("sssr"), *row("sr", 10.05)]
    assert analysis.leak(late, 3, SMALL) is None, "the oldest has left a sliding log"
    assert analysis.leak(row("sssrsr"), 3, SMALL, suspects={0, 1}) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("1", 1), ("10", 10), (" 7\t", 7), ("007", 7), ("3600", 3600)]
    + [(bad, None) for bad in ("", "0", "00", "-1", "+1", "1.5", "1,5", "soon", "٣", "1s", "1 2")]
    + [("Sun, 06 Nov 1994 08:49:37 GMT", None), (None, None), ("9" * 50, None)],
)
def test_announced_seconds(value: str | None, seconds: int | None) -> None:
    assert counting.seconds_announced(value) == seconds


def test_a_burst_keeps_clear_of_windows_that_may_begin() -> None:
    rate = Rate(50, 2.0)
    assert analysis.undisturbed(5.0, 0.2, [], rate) == 5.0
    assert analysis.undisturbed(5.0, 0.2, [0.5], rate) == 5.0
    begin = analysis.undisturbed(5.0, 0.2, [0.9, 1.0, 1.1, 1.3], rate)
    assert begin == pytest.approx(5.3 + 1.01 * analysis.MARGIN)
    everywhere = [step / 50 for step in range(100)]
    assert analysis.undisturbed(5.0, 0.2, everywhere, rate) == 5.0


def test_the_kind_is_told_by_what_was_announced_and_what_came_after() -> None:
    first, after = row("sssr"), row("ss", 10.35)
    exact = Finding(Judgement.EXACT, 3)
    renewal = window_kind.announced_renewal(
        [(first[3], 10), (Hit(9, 0.95, 1.04, Fate.REFUSED), 10)]
    )
    assert window_kind.kind(first, exact, renewal, after, SMALL) is None, "not sharp enough"
    sharp = window_kind.announced_renewal(
        [(Hit(8, 0.90, 0.91, Fate.REFUSED), 10), (Hit(9, 1.05, 1.06, Fate.REFUSED), 9)]
    )
    spare = row("ssss", 10.05, 0.001)
    assert window_kind.kind(first, exact, sharp, spare, SMALL) == "fixed"
    assert window_kind.kind(first, exact, (4.0, 4.2), spare, SMALL) == "clock-aligned"
    assert window_kind.kind(first, exact, sharp, row("sr", 10.05), SMALL) == "sliding"
    phased = Finding(Judgement.EXACT, 3, phases=(0.1,))
    assert window_kind.kind(first, phased, sharp, spare, SMALL) == "clock-aligned"
    assert (
        window_kind.kind(row("sssssss"), Finding(Judgement.TOO_MANY), sharp, spare, SMALL) is None
    )
    assert window_kind.announced_renewal([(first[3], 10), (first[3], 3)]) is None


def test_a_limiter_that_is_asked_on_and_gives_up_is_found() -> None:
    """It announces the rest of the period, and serves again after a while, twice in a period."""
    served, refused = Fate.SERVED, Fate.REFUSED
    fates = [(served, 25), (refused, 9), (served, 25), (refused, 9), (served, 3)]
    line = [fate for fate, many in fates for _ in range(many)]
    hits = [Hit(n, n / 50, n / 50 + 0.01, fate) for n, fate in enumerate(line)]
    told: dict[int, int | None] = {n: 9 for n, fate in enumerate(line) if fate is refused}
    found = analysis.gave_up(hits, told, RATE)
    assert found is not None
    assert found.number == 68
    once = hits[:60]
    assert analysis.gave_up(once, told, RATE) is None, "a window by the clock may begin anew, once"
    truthful = dict.fromkeys(told, 1)
    assert analysis.gave_up(hits, truthful, RATE) is None, "it served when it said"
