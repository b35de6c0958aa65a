"""What cannot be removed is not made again, and is told with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.field import disturbances as field
from tests.field.disturbances import Front
from tests.field.test_weather import accused, judged, only
from tests.hostile import runs
from tests.support import Call, environment, run_suite
from workspace_conformance.portal import journal


def test_where_deleting_fails_one_record_of_a_kind_stays(tmp_path: Path) -> None:
    """No second one is made, the rest is untested in words, and the failing delete is a finding."""
    with Front(field.writes(500, ("DELETE",))) as front:
        arguments = only("STA-2", "STA-4", "STA-8", "REST-5")
        ran, left = judged(tmp_path, front, "--allow-writes", *arguments)
    assert ran.problems() == []
    assert len(left) == 3
    whys = [item["why"] for item in ran.results["traffic"]["left_behind"]]
    assert len(whys) == 3
    assert all("answered 500 Internal Server Error: Not just now" in why for why in whys)
    words = "posts cannot be deleted here, and no further one is made: DELETE "
    assert any(case["message"].startswith(words) for case in ran.cases()), ran.out[-3000:]
    assert {line.partition("::")[2].partition("[")[0] for line in accused(ran)} == {
        "test_no_request_breaks_the_server"
    }


@pytest.mark.parametrize("variant", ["people-terminated-first", "people-disabled-first"])
def test_people_are_disabled_where_that_is_needed(variant: str, tmp_path: Path) -> None:
    """Nobody stays, and nothing is held against the portal."""
    with Front(variant=variant) as front:
        ran, left = judged(tmp_path, front, "--allow-writes", *only("STA-4", "STA-8"))
    assert accused(ran) == []
    assert left == set()
    assert ran.requirement("STA-4")["verdict"] == "passed"


def _left_by_a_run(folder: Path, front: Front) -> Path:
    """The journal of records that a run left on a portal where nothing could be deleted."""
    judged(folder, front, "--allow-writes", *only("STA-3"))
    (file,) = journal.lying_in(folder / "reports")
    return file


def test_the_clean_up_says_why_it_could_not(tmp_path: Path) -> None:
    """With the answer to the removal, and the portal's own words."""
    with Front(field.writes(500, ("DELETE",))) as front:
        file = _left_by_a_run(tmp_path, front)
        env = environment(**runs.variables_for(front.credentials))
        again = run_suite(tmp_path / "again", f"--clean-up={file}", env=env)
    assert again.code == 1
    assert again.out.count("answered 500 Internal Server Error: Not just now") == 3, again.out
    assert file.exists()


def test_the_clean_up_works_with_the_login_where_the_token_has_ended(tmp_path: Path) -> None:
    """Whichever of both is still good will do."""
    locked = [True]

    def lock(call: Call, front: Front) -> field.Answered:
        return field.writes(423, ("DELETE",))(call, front) if locked[0] else field.Passes.ON

    with Front(lock) as front:
        file = _left_by_a_run(tmp_path, front)
        locked[0] = False
        front.app.parts.accounts.tokens.pop(front.credentials.token)
        env = environment(**runs.variables_for(front.credentials))
        again = run_suite(tmp_path / "again", f"--clean-up={file}", env=env)
    assert again.code == 0, again.out
    assert "left 0" in again.out
    assert not file.exists()
