"""The whole suite against every hostile behaviour: it ends, in bounds, with the right verdict.

The bound on time follows from the rules of the transport (see README, "How long a run may take"). With
a bound T on one answer, a run spends at most 40 T on requests that get none, summed over all that
overlap, the same again on the clean-up, and as long as one wait for a limiter may take (60 s) on
refusals; the burst at most 5 periods. All else is requests that are answered: some 1,500 of them,
which take less than the rest of the bound here even on a busy machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.hostile import runs
from tests.hostile.registry import everything
from tests.hostile.site import Behaviour, Expect, Site
from tests.support import parameters_of

TIMEOUT = 2.0  # seconds for one answer
BOUND = 2 * 40 * TIMEOUT + 2 * 60 + 100  # seconds
AT_ONCE = 4
MEMORY = 500 * 1024 * 1024
QUICK = {"silent", "tls-expired", "redirect-at-once", "reset-at-connect"}

EVERYTHING = [
    pytest.param(it, id=it.name, marks=() if it.name in QUICK else pytest.mark.slow)
    for it in everything().values()
]


def test_there_are_enough_of_them() -> None:
    print(f"{len(EVERYTHING)} hostile behaviours")
    assert len(EVERYTHING) >= 100


def _judged(behaviour: Behaviour, folder: Path) -> tuple[runs.Whole, int]:
    """A run against a target that behaves so, and how often the canary was called."""
    with Site(behaviour) as site:
        ran = runs.run(
            folder,
            *runs.arguments_for(site.url, f"--timeout={TIMEOUT}"),
            env=runs.variables_for(site.credentials),
            patience=BOUND,
        )
        return ran, site.canary.connections


@pytest.fixture(scope="module")
def judging(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[tuple[runs.Whole, int]]]]:
    """The runs of this session, some at a time: most of them wait for answers most of the time."""
    behaviours: list[Behaviour] = [it["behaviour"] for it in parameters_of(request)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            it.name: pool.submit(_judged, it, tmp_path_factory.mktemp("hostile"))
            for it in behaviours
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("behaviour", EVERYTHING)
def test_a_hostile_target_never_wins(
    behaviour: Behaviour, judging: dict[str, Future[tuple[runs.Whole, int]]]
) -> None:
    """The run ends in time and in bounds, says what is true, and shows nothing that harms."""
    ran, called = judging[behaviour.name].result()
    print(
        f"{behaviour.name}: {behaviour.words}: exit code {ran.code}, {ran.seconds:.0f} s, "
        f"{ran.memory / 2**20:.0f} MiB"
    )
    assert ran.problems() == []
    assert ran.memory < MEMORY
    assert called == 0, "the canary was called"
    verdict = ran.results["verdict"]
    if behaviour.expects is Expect.ACCUSED:
        assert (ran.code, verdict) == (1, "non-conformant"), ran.out[-3000:]
    else:
        assert ran.code in (0, 6), ran.out[-5000:]
        assert verdict == "incomplete"
    if behaviour.expects is Expect.HARMLESS:
        assert ran.code == 0
