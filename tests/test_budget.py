"""What a run costs the target, and that the same portal always gives the same run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workspace_conformance.contract.requirements import load
from workspace_conformance.verdict.verdicts import Exit

from .support import (
    PASSWORD,
    SECOND_TOKEN,
    TOKEN,
    Ran,
    against,
    observed_portal,
    run_suite,
    valid_result,
)

SECTIONS = [name for name in load().sections if name != "RATE"]
WITHOUT_RATE = [word for name in SECTIONS for word in ("--requirement", name)]
WITHOUT_DRAWN_IDS = ("-k", "not test_identifiers and not test_operations")


@dataclass(frozen=True, slots=True)
class Whole:
    """A run of everything but the campaign against the limiter, and what the portal was asked."""

    ran: Ran
    questions: Counter[tuple[str, str, str, bytes]]
    unchanged: bool

    def verdicts(self) -> dict[str, tuple[Any, ...]]:
        """What became of each case."""
        return {
            case["id"]: (case["outcome"], case["reason"], tuple(case["exchanges"]))
            for case in self.ran.cases()
        }


def whole(folder: Path, *arguments: str) -> Whole:
    """Judge a fresh portal, with everything allowed."""
    with observed_portal() as portal:
        before = portal.held()
        credentials = portal.credentials
        env = against(
            portal,
            WORKSPACE_USERNAME=credentials.username,
            WORKSPACE_PASSWORD=credentials.password,
            WORKSPACE_SECOND_TOKEN=credentials.second_token,
            WORKSPACE_ALLOW_WRITES="1",
        )
        ran = run_suite(folder, *WITHOUT_RATE, *arguments, env=env)
        known = {credentials.token, credentials.second_token}
        logged_in = portal.app.parts.accounts.tokens.keys() - known
        questions: Counter[tuple[str, str, str, bytes]] = Counter()
        for (method, target, who, body), times in portal.questions.items():
            # A login gives another token every time.
            who = "what a login gave" if who in logged_in else who
            questions[method, target, who, body] += times
        return Whole(ran, questions, portal.held() == before)


@pytest.fixture(scope="module", autouse=True)
def _the_same_secrets() -> Iterator[None]:
    """Portals draw their secrets; what a run asks depends on them (a token cut in half, say)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKSPACE_REFERENCE_TOKEN", TOKEN)
        patch.setenv("WORKSPACE_REFERENCE_SECOND_TOKEN", SECOND_TOKEN)
        patch.setenv("WORKSPACE_REFERENCE_PASSWORD", PASSWORD)
        yield


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Whole, Whole]:
    """Two runs of two portals, at the same time."""
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(whole, tmp_path_factory.mktemp("whole")) for _ in range(2)]
        return jobs[0].result(), jobs[1].result()


def test_the_embedded_portal_passes_everything(two: tuple[Whole, Whole]) -> None:
    """Every requirement that does not need the campaign, none of them in part."""
    for each in two:
        data = valid_result(each.ran)
        assert each.ran.code == Exit.OK, each.ran.out[-3000:]
        verdicts = {row["id"]: row["verdict"] for row in data["requirements"]}
        assert {name for name, verdict in verdicts.items() if verdict != "passed"} == {
            name for name in verdicts if name.startswith("RATE-")
        }
        assert sum(verdict == "passed" for verdict in verdicts.values()) == 51
        assert {case["outcome"] for case in each.ran.cases()} == {"passed"}


def test_nothing_is_left_behind(two: tuple[Whole, Whole]) -> None:
    for each in two:
        traffic = each.ran.results["traffic"]
        assert traffic["created"] == traffic["deleted"] > 0
        assert traffic["left_behind"] == []
        assert each.unchanged


def test_a_whole_run_takes_fewer_than_1800_requests(two: tuple[Whole, Whole]) -> None:
    """The campaign against the limiter, which is not in it, takes 717 more."""
    for each in two:
        assert sum(each.questions.values()) == each.ran.results["traffic"]["requests"]
        assert sum(each.questions.values()) < 1800


def test_one_question_is_seldom_asked_twice(two: tuple[Whole, Whole]) -> None:
    """Only where it must be asked again: after a change, or to see that nothing changed."""
    reads = {k: n for k, n in two[0].questions.items() if k[0] == "GET" and n > 1}
    assert sum(reads.values()) - len(reads) < 0.25 * sum(two[0].questions.values())


def test_two_runs_ask_the_same_and_end_the_same(two: tuple[Whole, Whole]) -> None:
    expect_the_same(*two)


def expect_the_same(one: Whole, other: Whole) -> None:
    """The same questions, as often; the same outcome of every case, on the same exchanges."""
    more, fewer = one.questions - other.questions, other.questions - one.questions
    assert (more, fewer) == (Counter(), Counter())
    assert one.verdicts() == other.verdicts()
    assert list(one.verdicts()) == list(other.verdicts())


def test_without_drawn_ids_a_run_takes_fewer_than_900_requests(tmp_path: Path) -> None:
    each = whole(tmp_path, *WITHOUT_DRAWN_IDS)
    assert each.ran.code == Exit.OK, each.ran.out[-3000:]
    assert sum(each.questions.values()) < 900
    assert each.unchanged


@pytest.mark.slow
def test_twenty_runs_ask_the_same_and_end_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, *others = pool.map(lambda number: whole(tmp_path / str(number)), range(20))
    assert len(others) == 19
    for other in others:
        expect_the_same(first, other)
