"""What happens around a correct portal while a run goes on accuses nobody, and is told in words."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from tests.field import disturbances as field
from tests.field.disturbances import Disturbance, Front
from tests.hostile import runs
from tests.support import parameters_of, valid_result

SOME = ("AUTH-1", "AUTH-2", "AUTH-3", "STA-5", "ID-2", "REQ-4")
READ_ONLY: tuple[str, ...] = ()
WRITES = ("--allow-writes",)


@dataclass(frozen=True, slots=True)
class Case:
    """A disturbance in front of a portal.

    make: builds it, with its memory. says: what the run's output holds. code: the exit code, where
    only one will do. password: whether the run has user name and password beside the token.
    """

    name: str
    make: Callable[[], Disturbance]
    arguments: tuple[str, ...]
    says: tuple[str, ...] = ()
    code: int | None = None
    password: bool = True


def only(*requirements: str) -> tuple[str, ...]:
    """The arguments of a run that judges these requirements."""
    return tuple(f"--requirement={name}" for name in requirements)


def judged(
    folder: Path, front: Front, *arguments: str, password: bool = True
) -> tuple[runs.Whole, set[str]]:
    """A run of the suite but for the burst against a front, and the records that stayed there."""
    variables = runs.variables_for(front.credentials)
    if not password:
        del variables["WORKSPACE_USERNAME"], variables["WORKSPACE_PASSWORD"]
    before = front.held()
    words = [f"--target={front.url}", "--breadth=core", *runs.FAST, "-m", "not burst", *arguments]
    return runs.run(folder, *words, env=variables), front.held() - before


def accused(ran: runs.Whole) -> list[str]:
    """The violations that a run reports, in words."""
    return [
        f"{case['id']}: {case['message']}" for case in ran.cases() if case["outcome"] == "failed"
    ]


def untested(ran: runs.Whole, reason: str) -> list[str]:
    """What the cases say that are untested for a reason."""
    return [case["message"] for case in ran.cases() if case["reason"] == reason]


def expect_spared(ran: runs.Whole, *says: str) -> None:
    """Nothing is accused, and what happened is said."""
    assert accused(ran) == []
    assert ran.problems() == []
    assert ran.code in (0, 6), ran.out[-3000:]
    valid_result(ran)
    told = " ".join(ran.out.split())
    missing = [words for words in says if words not in told]
    assert not missing, ran.out[-5000:]


ENDED = "the target no longer serves the account: 401 Unauthorized at "
BANNED = "the target no longer serves the account: 403 Forbidden at "
RENEWED = "and a new login gave another"

QUICK = [
    Case("token ends", lambda: field.token_ends(40), only(*SOME), (ENDED,), password=False),
    Case(
        "token ends among writes",
        lambda: field.token_ends(60),
        (*WRITES, *only("STA-2", "STA-4", "STA-5")),
        (RENEWED,),
        0,
    ),
    Case("firewall", field.firewall, only(*SOME), (BANNED,)),
    Case(
        "gateway for three seconds",
        lambda: field.outage(502, 3, after=20),
        only("FMT-1", "STA-1"),
        ("something answered 502 Bad Gateway in the target's place",),
    ),
    Case("resets for three seconds", lambda: field.outage("reset", 3, after=40), only("ID-2")),
    Case(
        "limiter that announces nothing",
        lambda: field.limiter(8, 429),
        only("FMT-1"),
        ("told to wait",),
        0,
    ),
    Case(
        "limiter whose clock is an hour behind",
        lambda: field.limiter(8, 503, "date", -3600),
        only("FMT-2"),
        ("told to wait",),
        0,
    ),
    Case(
        "500 once",
        lambda: field.once(500, 3, by_gate=False, among=field.says_its_media),
        ("-k", "not cells", *only("REQ-4")),  # cells ask again by themselves
        ("changed", "seen once, and not when it was asked again"),
    ),
    Case("nothing but 402", lambda: field.always(402), READ_ONLY, ("402 Payment Required",), 6),
    Case(
        "deletions locked",
        lambda: field.writes(423, ("DELETE",)),
        (*WRITES, *only("STA-2", "STA-4")),
        ("not-permitted", "cannot be deleted here, and no further one is made"),
    ),
]


def _whole() -> list[Case]:
    """Every disturbance, read-only and with writes, at the beginning and in mid-run."""
    found: list[Case] = []
    for consent, words in ((READ_ONLY, "read-only"), (WRITES, "writes")):
        places = (90, 300) if consent else (30, 200)
        for after, password, login in product(places, (True, False), (True, False)):
            found.append(
                Case(
                    f"token ends after {after}, password {password}, login {login}, {words}",
                    lambda n=after, good=login: field.token_ends(n, login=good),  # type: ignore[misc]
                    consent,
                    (RENEWED,) if password and login else (ENDED,),
                    password=password,
                )
            )
        for attacks in (1, 10):
            found.append(
                Case(
                    f"firewall after {attacks}, {words}",
                    lambda n=attacks: field.firewall(n),  # type: ignore[misc]
                    consent,
                    (BANNED,),
                )
            )
        for what, after in product((502, 503, 504, "reset"), (0, 5, *places)):
            found.append(
                Case(
                    f"three seconds of {what} after {after}, {words}",
                    lambda w=what, n=after: field.outage(w, 3, n),  # type: ignore[misc]
                    consent,
                )
            )
        for status, announces, clock in (
            *product((429, 503), ("", "seconds"), (0,)),
            *product((429, 503), ("date",), (0, 3600, -3600)),
        ):
            found.append(
                Case(
                    f"limiter {status} {announces or 'silent'} {clock}, {words}",
                    lambda s=status, a=announces, c=clock: field.limiter(20, s, a, c),  # type: ignore[misc]
                    (*consent, *only("FMT", "STA", "AUTH-1")),
                    ("told to wait",),
                )
            )
        for status, at, by_gate in product((502, 500, 404), range(7, 400, 31), (True, False)):
            found.append(
                Case(
                    f"{status} once at {at}, gate {by_gate}, {words}",
                    lambda s=status, n=at, g=by_gate: field.once(s, n, by_gate=g),  # type: ignore[misc]
                    consent,
                )
            )
        for status in (402, 403, 503):
            found.append(
                Case(
                    f"nothing but {status}, {words}",
                    lambda s=status: field.always(s),  # type: ignore[misc]
                    consent,
                    (f"{status} ",),
                    6,
                )
            )
    for status, methods, place in product(
        (402, 423, 507),
        (field.WRITES, ("POST",), ("PUT",), ("DELETE",)),
        ("", "community/blog", "group", "people"),
    ):
        found.append(
            Case(
                f"writes {status} {' '.join(methods)} {place or 'everywhere'}",
                lambda s=status, m=methods, p=place: field.writes(s, m, p),  # type: ignore[misc]
                WRITES,
            )
        )
    return found


CASES = {case.name: case for case in [*QUICK, *_whole()]}


@pytest.fixture(scope="module")
def judging(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Future[tuple[runs.Whole, set[str]]]]:
    """The runs of this session, two at a time."""
    pool = ThreadPoolExecutor(2)

    def run(case: Case) -> tuple[runs.Whole, set[str]]:
        with Front(case.make()) as front:
            folder = tmp_path_factory.mktemp("field")
            return judged(folder, front, *case.arguments, password=case.password)

    names = [it["name"] for it in parameters_of(request) if "name" in it]
    return {name: pool.submit(run, CASES[name]) for name in names}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if case in QUICK else [pytest.mark.slow])
        for name, case in CASES.items()
    ],
)
def test_what_happens_around_a_portal_is_not_held_against_it(
    name: str, judging: dict[str, Future[tuple[runs.Whole, set[str]]]]
) -> None:
    """Nothing is accused, the run ends in 0 or 6, its words say what happened, what stays is listed."""
    ran, left = judging[name].result()
    expect_spared(ran, *CASES[name].says)
    assert CASES[name].code in (None, ran.code), ran.out[-3000:]
    urls = [item["url"] for item in ran.results["traffic"]["left_behind"]]
    assert all(any(id_ in url for url in urls) for id_ in left), (left, urls)
    # What was refused was never made.
    assert len(urls) == len(left), (left, urls)


@pytest.mark.parametrize(
    ("fault", "requirement"), [("refusal-403", "AUTH-2"), ("delete-keeps", "STA-4")]
)
def test_a_fault_of_the_portal_is_found_all_the_same(
    fault: str, requirement: str, tmp_path: Path
) -> None:
    """While the credential ends and is renewed, too, and under its own id."""
    with Front(field.token_ends(30), fault=fault) as front:
        ran, _ = judged(tmp_path, front, *WRITES, *only("AUTH-1", "AUTH-2", "STA-4"))
    assert ran.code == 1, ran.out[-3000:]
    assert {row["id"] for row in ran.results["requirements"] if row["verdict"] == "failed"} == {
        requirement
    }
    assert RENEWED in " ".join(ran.out.split())


def test_a_broken_portal_is_asked_little_more_than_once(tmp_path: Path) -> None:
    """Hundreds of cases that fail together share what confirms them."""
    asked: list[int] = []
    for fault in ("", "default-json"):
        with Front(fault=fault) as front:
            folder = tmp_path / (fault or "none")
            folder.mkdir()
            ran, _ = judged(folder, front, *only("FMT", "ENV", "STA-1"))
            asked.append(front.seen)
    assert len(accused(ran)) >= 20
    assert asked[1] < 2 * asked[0], asked
