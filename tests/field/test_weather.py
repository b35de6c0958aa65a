"""What happens around a correct portal while a run goes on accuses nobody, and is told in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.field.disturbances import Disturbance, Front
from tests.hostile import runs
from tests.support import valid_result


@dataclass(frozen=True, slots=True)
class Case:
    """A disturbance by name: how it is made, what the run says of it, and the one exit code where
    there is only one.
    """

    name: str
    make: Callable[[], tuple[Disturbance, ...]]
    says: tuple[str, ...] = ()
    code: int | None = None
    arguments: tuple[str, ...] = ()


def judged(folder: Path, front: Front, *arguments: str, login: bool = True) -> runs.Whole:
    """A run of the suite but for the burst against a front."""
    variables = runs.variables_for(front.credentials)
    if not login:
        del variables["WORKSPACE_USERNAME"], variables["WORKSPACE_PASSWORD"]
    words = [f"--target={front.url}", *runs.FAST, "-m", "not burst", *arguments]
    return runs.run(folder, *words, env=variables)


def accused(ran: runs.Whole) -> list[str]:
    """The violations that a run reports, in words."""
    return [
        f"{case['id']}: {case['message']}" for case in ran.cases() if case["outcome"] == "failed"
    ]


def expect_spared(ran: runs.Whole, *says: str) -> None:
    """Nothing is accused, and what happened is said."""
    assert accused(ran) == []
    assert ran.problems() == []
    assert ran.code in (0, 6), ran.out[-3000:]
    valid_result(ran)
    missing = [words for words in says if words not in " ".join(ran.out.split())]
    assert not missing, ran.out[-5000:]
