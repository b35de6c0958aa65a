"""The Containerfile: sound, not for root, and its commands do what they should, in a scratch folder."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT, environment

TEXT = (ROOT / "Containerfile").read_text("utf-8")
LINES = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n\s*", "", TEXT).splitlines()
    if line and not line.startswith("#")
]


def told(instruction: str) -> list[str]:
    """What stands behind an instruction, each time that it stands there."""
    return [rest for name, rest in LINES if name == instruction]


def test_every_instruction_is_one_and_the_base_comes_first() -> None:
    known = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "ENV", "VOLUME", "ENTRYPOINT", "CMD"}
    assert {name for name, _ in LINES} <= known
    assert LINES[0][0] == "FROM"
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim", told("FROM")[0])


def test_it_does_not_run_as_root_and_reports_lie_in_a_volume() -> None:
    (user,) = told("USER")
    names = [name for name, _ in LINES]
    assert f"useradd --create-home --uid 10001 {user}" in " ".join(told("RUN"))
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert told("VOLUME") == ["/reports"]
    assert told("ENV") == ["WORKSPACE_REPORT_DIR=/reports"]
    assert json.loads(told("ENTRYPOINT")[0]) == ["workspace-conformance"]
    assert json.loads(told("CMD")[0]) == ["run"]


def test_what_it_copies_is_there_and_no_secret() -> None:
    for line in told("COPY"):
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert not source.startswith("."), "nothing hidden is copied"


@pytest.mark.slow
def test_its_commands_install_a_suite_that_judges(tmp_path: Path) -> None:
    suite = tmp_path / "suite"
    suite.mkdir()
    for line in told("COPY"):
        *sources, target = line.split()
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, suite / target)
            else:
                shutil.copy(ROOT / source, suite)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    bin_folder = tmp_path / "venv" / "bin"
    (install,) = [line for line in told("RUN") if line.startswith("pip ")]
    words = [str(bin_folder / "pip"), *shlex.split(install)[1:], "--quiet"]
    subprocess.run(words, cwd=suite, check=True)
    shutil.rmtree(suite)
    home = tmp_path / "home"
    home.mkdir()
    program = bin_folder / json.loads(told("ENTRYPOINT")[0])[0]
    done = subprocess.run(
        [program, *json.loads(told("CMD")[0]), "--embedded", "--requirement", "DATE-1"],
        cwd=home,
        env=environment(WORKSPACE_REPORT_DIR=str(tmp_path / "reports")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "reports" / "results.json").exists()
    left = {file.name for file in home.iterdir()} - {".hypothesis"}  # its tables of letters
    assert not left, "nothing is written but reports"
