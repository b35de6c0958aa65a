"""action.yml and the GitLab template: well-formed, safe, and running what the README says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import ROOT, run_suite
from workspace_conformance.session.options import OPTIONS

README = (ROOT / "README.md").read_text("utf-8")
GATE = (ROOT / "docs" / "gate.md").read_text("utf-8")
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text("utf-8"))
STEP, TOLD = ACTION["runs"]["steps"]
JOB = GITLAB["workspace-conformance"]
FIRST = re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S)[0].strip()
VARIABLES = {option.variable for option in OPTIONS if option.variable}


def program(name: str) -> str:
    """A program of this environment."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    assert found, f"{name} is missing: pip install -e '.[dev]'"
    return found


def run(*words: str, cwd: Path = ROOT) -> None:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "file"), [("github-actions", "action.yml"), ("gitlab-ci", "ci/gitlab.yml")]
)
def test_the_files_are_as_their_schemas_say(schema: str, file: str) -> None:
    run(program("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", file)


def test_the_workflow_of_the_readme_and_the_action_it_uses_are_sound(tmp_path: Path) -> None:
    (workflow,) = re.findall(r"^```yaml\n(.*?)^```", GATE, re.M | re.S)
    file = tmp_path / ".github" / "workflows" / "conformance.yml"
    file.parent.mkdir(parents=True)
    file.write_text(workflow, encoding="utf-8")
    (tmp_path / "workspace-conformance").mkdir()
    shutil.copy(ROOT / "action.yml", tmp_path / "workspace-conformance")
    run("git", "init", "-q", ".", cwd=tmp_path)
    run(program("actionlint"), "-no-color", cwd=tmp_path)
    given = yaml.safe_load(workflow)["jobs"]["conformance"]["steps"][2]["with"]
    assert set(given) <= set(ACTION["inputs"])


def test_both_run_the_command_of_the_readme() -> None:
    install, _, judge = STEP["run"].strip().splitlines()
    assert f"{install} && {judge.split()[0]}" == FIRST.replace("'.[dev]'", "."), "without our tools"
    assert JOB["script"][-1] == FIRST


def test_no_input_becomes_a_part_of_a_command() -> None:
    assert "${{" not in STEP["run"] + TOLD["run"]
    for line in JOB["script"]:
        assert "$[[" not in line
        assert re.sub(r'"[^"]*"', "", line).count("$") == 0, "variables stand in quotes"


def test_every_input_reaches_an_option() -> None:
    used = set(re.findall(r"inputs\.([a-z-]+)", " ".join(STEP["env"].values())))
    assert used == set(ACTION["inputs"])
    assert set(STEP["env"]) <= VARIABLES | {"EMBEDDED"}
    for name in used - {"embedded"}:
        variable = f"WORKSPACE_{name.upper().replace('-', '_')}"
        assert f"inputs.{name}" in STEP["env"][variable]


def test_the_template_names_variables_and_files_that_exist() -> None:
    assert {name for name in JOB["variables"] if name.startswith("WORKSPACE_")} <= VARIABLES
    text = (ROOT / "ci" / "gitlab.yml").read_text("utf-8")
    assert set(re.findall(r"WORKSPACE_\w+", text)) <= VARIABLES
    assert JOB["artifacts"]["when"] == "always"
    assert JOB["artifacts"]["reports"]["codequality"] == "reports/gl-code-quality-report.json"
    junit = JOB["artifacts"]["reports"]["junit"]
    assert JOB["variables"]["PYTEST_ADDOPTS"] == f"--junitxml=$CI_PROJECT_DIR/{junit}"


def test_inputs_that_are_not_given_mean_nothing(tmp_path: Path) -> None:
    # GitHub sets every variable of `env`, to nothing where an input is missing.
    empty = dict.fromkeys(STEP["env"], "") | {"WORKSPACE_REPORT_DIR": str(tmp_path)}
    without = run_suite(tmp_path, "--requirement=STA-1", env=empty)
    assert without.code == 4
    assert "WORKSPACE_TARGET is set, and empty" in without.out
    ran = run_suite(tmp_path, "--requirement=STA-1", "--embedded", env=empty)
    assert ran.code == 0, ran.out
    assert ran.results["target"]["label"] == "embedded portal"


def test_the_action_tells_what_came_of_it(tmp_path: Path) -> None:
    ran = run_suite(tmp_path / "reports", "--requirement=DATE-1")
    out = tmp_path / "output.txt"
    env = {"REPORT_DIR": "reports", "WORKSPACE": str(tmp_path), "GITHUB_OUTPUT": str(out)}
    told = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", TOLD["run"]], env={**os.environ, **env}, check=False
    )
    assert told.returncode == 0
    found = dict(line.split("=", 1) for line in out.read_text("utf-8").splitlines())
    assert found.keys() == ACTION["outputs"].keys()
    assert found["verdict"] == ran.results["verdict"]
    assert (found["must-passed"], found["must-failed"]) == ("1", "0")
    assert (tmp_path / found["report"]).exists()
    out.unlink()
    (tmp_path / "reports" / "results.json").unlink()
    told = subprocess.run(["bash", "-c", TOLD["run"]], env={**os.environ, **env}, check=False)
    assert told.returncode == 0
    assert out.read_text("utf-8") == ""
