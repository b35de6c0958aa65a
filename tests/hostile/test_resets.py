"""Connections that break at random never turn a correct portal into a wrongdoer."""

from __future__ import annotations

import random
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.hostile import runs
from tests.hostile.site import Behaviour, Expect, Site
from tests.support import Call, parameters_of, reset

STAGES = ("before it acts", "before it answers", "in the head", "in the body")
SHARES = (0.01, 0.1)  # of all exchanges
SEEDS = range(50)


class Breaking:
    """Breaks that share of all exchanges off, each at a stage of its own."""

    def __init__(self, share: float, seed: int) -> None:
        self._random = random.Random(seed)
        self._share = share
        self.broken = 0

    def __call__(self, call: Call, site: Site) -> bytes | None:
        """The answer to a request, or a reset in its place."""
        with site.lock:
            stage = self._random.choice(STAGES) if self._random.random() < self._share else None
            self.broken += stage is not None
        if stage == "before it acts":
            reset(call)
            return None
        answer = site.raw(call)
        if stage is None:
            return answer
        head = answer.index(b"\r\n\r\n") + 4
        length = {"in the head": head // 2, "in the body": (head + len(answer)) // 2}.get(stage, 0)
        call.socket.sendall(answer[:length])
        reset(call)
        return None


def judged(folder: Path, share: float, seed: int) -> tuple[runs.Whole, int, list[str]]:
    """A run of the whole suite but for the burst: what came of it, how many exchanges were broken,
    and the records that stayed on the portal.
    """
    breaking = Breaking(share, seed)
    behaviour = Behaviour(
        "breaks", "resets at random", Expect.SPARED, breaking, greets=seed % 2 > 0
    )
    with Site(behaviour) as site:
        before = held(site)
        ran = runs.run(
            folder,
            *runs.arguments_for(site.url, "-m", "not burst", f"--seed={seed}"),
            env=runs.variables_for(site.credentials),
        )
        return ran, breaking.broken, sorted(held(site) - before)


def held(site: Site) -> set[str]:
    """The ids of all people, groups and posts."""
    store = site.app.parts.store
    return {it.id for shelf in (store.people, store.groups, store.posts) for it in shelf.all()}


CASES = [(share, seed) for share in SHARES for seed in SEEDS]


@pytest.fixture(scope="module")
def judging(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[float, int], Future[tuple[runs.Whole, int, list[str]]]]:
    """The runs of this session, two at a time."""
    asked = parameters_of(request)
    pool = ThreadPoolExecutor(2)
    return {
        (it["share"], it["seed"]): pool.submit(
            partial(judged, tmp_path_factory.mktemp("resets"), it["share"], it["seed"])
        )
        for it in asked
    }


@pytest.mark.parametrize(
    ("share", "seed"),
    [
        pytest.param(
            *case, id=f"{case[0]:.0%}-{case[1]}", marks=() if n % 50 == 1 else [pytest.mark.slow]
        )
        for n, case in enumerate(CASES)
    ],
)
def test_broken_connections_are_never_held_against_a_portal(
    share: float,
    seed: int,
    judging: dict[tuple[float, int], Future[tuple[runs.Whole, int, list[str]]]],
) -> None:
    """Nothing is accused; what could not be asked is untested; what is left is listed."""
    ran, broken, left = judging[share, seed].result()
    rows = ran.results["requirements"]
    failed = [
        case["message"] for row in rows for case in row["cases"] if case["outcome"] == "failed"
    ]
    assert failed == []
    assert ran.problems() == []
    assert ran.code in (0, 6)
    assert broken > 0
    urls = [item["url"] for item in ran.results["traffic"]["left_behind"]]
    assert all(any(id_ in url for url in urls) for id_ in left), (left, urls)
    tally = {
        verdict: sum(row["verdict"] == verdict for row in rows)
        for verdict in ("passed", "partial", "untested")
    }
    print(
        f"{share:.0%} of exchanges broken, seed {seed}: {broken} broken, {tally}, {len(left)} left"
    )


def test_a_comment_whose_answer_was_lost_is_not_taken_for_the_deleted_one(tmp_path: Path) -> None:
    """It was made, the run could not know, and made another of the same text."""

    def lose(call: Call, site: Site) -> bytes | None:
        answer = site.raw(call)
        if call.line.startswith("POST") and "/comment.json" in call.line:
            reset(call)
            return None
        return answer

    with Site(Behaviour("x", "x", Expect.SPARED, lose)) as site:
        ran = runs.run(
            tmp_path,
            *runs.arguments_for(site.url, "--requirement=STA-4"),
            env=runs.variables_for(site.credentials),
        )
    assert ran.code == 0, ran.out[-3000:]
    assert ran.requirement("STA-4")["verdict"] == "passed"
