"""Several processes: the same verdicts whatever -n says, and one pace for all who judge a target."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT, Ran, command, environment, observed_portal, run_suite

SOME = ("--requirement=FMT-3", "--requirement=STA-2")


def without_times(value: Any) -> Any:
    """results.json without what lawfully differs from run to run: times, and the port."""
    if isinstance(value, dict):
        return {name: without_times(item) for name, item in value.items() if name not in TIMES}
    if isinstance(value, list):
        return [without_times(item) for item in value]
    return value


TIMES = {"evidence", "started", "finished", "seconds", "seconds_waited_for_pacing", "report_dir"}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run without workers."""
    return run_suite(tmp_path_factory.mktemp("alone"), *SOME)


def told(ran: Ran) -> str:
    """The result as text, the embedded portal's port apart."""
    return json.dumps(without_times(ran.results)).replace(ran.results["target"]["url"], "URL")


@pytest.mark.parametrize("workers", [("-n", "2"), ("--tx", "2*popen", "--dist=load")])
def test_workers_change_nothing(tmp_path: Path, alone: Ran, workers: tuple[str, ...]) -> None:
    together = run_suite(tmp_path, *SOME, *workers)
    assert alone.code == together.code == 0, together.out
    assert told(alone) == told(together)
    assert together.results["counts"]["cases"]["passed"] > 20
    assert "one process judges the target" in together.out
    assert "one process judges the target" not in alone.out


def test_other_tests_are_spread_over_workers(tmp_path: Path) -> None:
    done = subprocess.run(
        command(tmp_path, "tests/transport/test_wait_display.py", "-n", "2"),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "2 workers" in done.stdout


def test_two_runs_at_the_same_time_share_one_pace(tmp_path: Path) -> None:
    """Lower bounds on time alone: a busy machine makes a run slower, never faster."""
    with observed_portal() as portal:
        began = time.monotonic()
        given = ("--target", portal.url, "--requirement=ENV", "--requirement=DATE", "--pace=20")
        runs = [
            subprocess.Popen(
                [*command(tmp_path / str(n), *given), "--rate-limit=100/1s"],
                cwd=ROOT,
                env=environment(WORKSPACE_TOKEN=portal.credentials.token, TMPDIR=str(tmp_path)),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for n in range(2)
        ]
        codes = [run.wait(240) for run in runs]
        took = time.monotonic() - began
        asked = len(portal.asked)
    assert codes == [0, 0]
    assert asked > 60
    assert took > asked / 20 - 1.1
    waited = [
        Ran(0, "", tmp_path / str(n)).results["traffic"]["seconds_waited_for_pacing"]
        for n in range(2)
    ]
    assert sum(waited) > 0
    assert all(asked < 2 * 20 * took for _ in waited)
