"""The benchmark runs and prints its figures; what they are is for people to compare."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from .support import ROOT, environment


@pytest.mark.slow
def test_the_benchmark_prints_its_figures() -> None:
    done = subprocess.run(
        [sys.executable, "bench/transport.py", "--rounds", "1"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
    for figure in (
        r"requests +\d{4}",
        r"suite, whole process +[\d.]+ s +\d+/s",
        r"bare httpx.AsyncClient +[\d.]+ s +\d+/s",
        r"of start\) / bare +[\d.]+ +goal 3",
        r"100 ms away, paced as usual +[\d.]+ s +[\d.]+/s +goal 35",
    ):
        assert re.search(figure, done.stdout), figure
