"""How pytest may be called: beside other plugins, from elsewhere, for a list alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT, environment, observed_portal, run_suite

RIVAL = """
def pytest_addoption(parser):
    group = parser.getgroup("rival")
    for name in ("--timeout", "--target", "--replay", "--report-dir"):
        group.addoption(name, dest="rival" + name.replace("-", "_"), default=None)
"""


def call(*words: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """pytest in a process of its own; both streams in `stdout`."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words],
        cwd=cwd,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Somebody else's project in an environment in which the suite is installed."""
    (tmp_path / "test_theirs.py").write_text("def test_theirs():\n    pass\n", "utf-8")
    (tmp_path / "rival.py").write_text(RIVAL, "utf-8")
    return tmp_path


@pytest.mark.parametrize("early", [True, False], ids=["loaded before", "loaded after"])
def test_a_taken_option_is_given_up_with_one_line(early: bool, project: Path) -> None:
    """Its long name, its variable and its ini key remain."""
    how = ["-p", "rival"] if early else []
    given = {"PYTHONPATH": str(project)} | ({} if early else {"PYTEST_PLUGINS": "rival"})
    folder = project / "reports"
    long = (f"--workspace-report-dir={folder}", "--workspace-target=http://127.0.0.1:1")
    done = call(*how, "--timeout=5", *long, "--requirement=FMT-9", cwd=ROOT, **given)
    assert done.returncode == 4, done.stdout
    assert "no credential for the target" in done.stdout
    variables = {"WORKSPACE_REPORT_DIR": str(folder), **given}
    done = call(*how, "--timeout=5", "--requirement=FMT-9", cwd=ROOT, **variables)
    assert done.returncode == 0, done.stdout
    assert (folder / "results.json").exists()
    said = " ".join(done.stdout.split())
    assert "--timeout is another plugin's here: ours is --workspace-timeout or WORKSPACE_T" in said
    assert said.count("--timeout is another plugin's") == 1
    assert "--seed is another" not in said


def test_the_project_of_another_is_left_alone(project: Path) -> None:
    """Whatever the environment holds for the suite, and whichever plugins it has."""
    variables = {"WORKSPACE_TOKEN": "any", "WORKSPACE_TARGET": "no URL", "WORKSPACE_CERTIFY": "1"}
    how = {"PYTHONPATH": str(project), "PYTEST_PLUGINS": "rival"}
    done = call("--timeout=5", cwd=project, **variables, **how)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert "workspace:" not in done.stdout


def test_a_folder_without_suites_says_so_and_how(project: Path) -> None:
    done = call("--requirement=FMT-9", cwd=project)
    assert done.returncode == 4, done.stdout
    assert "there are no suites here: run workspace-conformance" in done.stdout


@pytest.mark.parametrize("words", [(str(ROOT),), (".",)], ids=["its path", "a dot"])
def test_the_whole_checkout_means_its_suites(words: tuple[str, ...], tmp_path: Path) -> None:
    cwd = ROOT if words == (".",) else tmp_path
    done = call(*words, "--collect-only", "-q", "--requirement=FMT-9", cwd=cwd)
    assert done.returncode == 0, done.stdout
    assert "suites/test_formats.py::" in done.stdout
    assert "tests/" not in done.stdout


@pytest.mark.parametrize(
    "option", ["--setup-plan", "--setup-only", "--fixtures", "--fixtures-per-test"]
)
def test_a_listing_sends_nothing_and_touches_no_result(option: str, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("an earlier result", "utf-8")
    with observed_portal() as portal:
        env = {"WORKSPACE_TARGET": portal.url, "WORKSPACE_TOKEN": portal.credentials.token}
        ran = run_suite(tmp_path, option, "--requirement=FMT-9", env=env)
        assert portal.asked == []
    assert ran.code == 0, ran.out
    assert [file.name for file in tmp_path.iterdir()] == ["results.json"]
    assert (tmp_path / "results.json").read_text("utf-8") == "an earlier result"


def test_a_run_without_a_terminal_judges_all_the_same(tmp_path: Path) -> None:
    ran = run_suite(tmp_path, "-p", "no:terminal", "--requirement=FMT-9")
    assert ran.code == 0, ran.out
    assert ran.requirement("FMT-9")["verdict"] == "passed"


def test_forked_is_left_out_with_a_line(tmp_path: Path) -> None:
    (tmp_path / "forking.py").write_text(
        "def pytest_addoption(parser):\n"
        '    parser.addoption("--forked", dest="forked", action="store_true")\n'
        "def pytest_runtest_protocol(item):\n"
        '    assert not item.config.getoption("forked")\n',
        "utf-8",
    )
    done = call(
        *("-p", "forking", "--forked", "--requirement=FMT-9", f"--report-dir={tmp_path / 'r'}"),
        cwd=ROOT,
        PYTHONPATH=str(tmp_path),
    )
    assert done.returncode == 0, done.stdout
    assert "one process judges the target, whatever --forked says" in done.stdout
