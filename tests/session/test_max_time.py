"""A run that may last only so long ends in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import against, observed_portal, run_suite, valid_result
from workspace_conformance.reference import Options
from workspace_conformance.settings import SettingsError, check_duration
from workspace_conformance.verdict.verdicts import Exit


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90.0), ("90s", 90.0), ("1.5m", 90.0), ("2h", 7200.0), (" 5S ", 5.0)],
)
def test_durations(text: str, seconds: float) -> None:
    assert check_duration("--max-time", text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0.5s", "25h", "soon", "m", "-5s", "nan"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(SettingsError, match="--max-time"):
        check_duration("--max-time", text)


def test_what_did_not_begin_in_time_is_untested_and_nothing_is_left(tmp_path: Path) -> None:
    with observed_portal(Options(rate=None, latency_ms=250)) as portal:
        before = portal.held()
        given = ("--max-time=3s", "--overlap=1", "--requirement=FMT", "--requirement=RATE")
        env = against(portal, WORKSPACE_ALLOW_WRITES="1", WORKSPACE_ALLOW_BURST="1")
        ran = run_suite(tmp_path, *given, env=env)
        assert portal.held() == before
    data = valid_result(ran)
    late = [case for case in ran.cases() if "out of time" in case["message"]]
    assert late
    assert {case["reason"] for case in late} == {"too-slow"}
    assert any(case["outcome"] == "passed" for case in ran.cases())
    assert data["traffic"]["left_behind"] == []
    assert data["verdict"] == "incomplete"
    assert ran.code == Exit.OK
