"""Installed as a package: the wheel holds everything, and judges from a folder of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support import ROOT, environment, free_port
from workspace_conformance import __version__
from workspace_conformance.contract import manifest
from workspace_conformance.session.command import SUBCOMMANDS

QUICK = ("--pace=off", "--rate-limit=50/1s", "--id-examples=5")


def call(*words: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command; both streams in `stdout`."""
    return subprocess.run(
        words,
        cwd=cwd,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


def command(*words: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command of this environment, called from another folder."""
    return call(sys.executable, "-m", "workspace_conformance", *words, cwd=cwd, **variables)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    pytest.importorskip("hatchling", reason="builds the wheel: pip install -e '.[dev]'")
    folder = tmp_path_factory.mktemp("wheel")
    done = call(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)  # type: ignore[arg-type]
    assert done.returncode == 0, done.stdout
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment in which the wheel is installed; what it
    depends on is borrowed from this environment, the checkout is not.
    """
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    done = call(
        *(sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps"),
        *("--disable-pip-version-check", str(wheel)),
        cwd=folder,
    )
    assert done.returncode == 0, done.stdout
    # A line of a .pth file is a folder to import from; the .pth files in that folder, by which the
    # checkout is found, are not read.
    site = next((folder / "lib").glob("python*/site-packages"))
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return folder / "bin"


def test_the_wheel_holds_every_file_that_decides_verdicts(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in [*manifest.present(), "schemas/manifest.json"]:
        harness = path.startswith("workspace_conformance/")
        assert (path if harness else f"workspace_conformance/_data/{path}") in names
    assert not any(name.startswith(("tests/", "suites/", "docs/")) for name in names)


@pytest.mark.slow
def test_an_installed_suite_certifies_from_another_folder(installed: Path, tmp_path: Path) -> None:
    where = call(
        str(installed / "python"),
        *("-c", "import workspace_conformance as it; print(it.__file__)"),
        cwd=tmp_path,
    )
    assert str(installed.parent) in where.stdout, where.stdout
    program = str(installed / "workspace-conformance")
    done = call(program, "run", *QUICK, "--certify", "--", "-q", cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-3000:]
    assert (
        json.loads((tmp_path / "reports/results.json").read_text("utf-8"))["suite"]["edited"] == []
    )
    told = json.loads((tmp_path / "reports/certificate.json").read_text("utf-8"))
    assert told["predicate"]["result"] == "PASSED"
    checked = call(
        *(program, "verify", "reports/certificate.json", "--evidence", "reports/exchanges.har"),
        cwd=tmp_path,
    )
    assert checked.returncode == 0, checked.stdout
    again = call(
        str(installed / "python"), "-m", "workspace_conformance", "--version", cwd=tmp_path
    )
    assert again.stdout.strip() == f"workspace-conformance {__version__}"


def test_a_run_from_elsewhere_reports_there(tmp_path: Path) -> None:
    done = command("run", "--requirement=FMT-9", "--", "-q", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "reports" / "results.json").exists()
    assert "warning" not in done.stdout


def test_a_plan_a_replay_and_one_case(tmp_path: Path) -> None:
    planned = command("plan", "--requirement=FMT-9", cwd=tmp_path)
    assert planned.returncode == 0, planned.stdout
    assert "nothing was sent" in planned.stdout
    command("run", "--requirement=FMT-9", cwd=tmp_path)
    replayed = command("replay", "reports/exchanges.har", "--", "-q", cwd=tmp_path)
    assert replayed.returncode == 0, replayed.stdout
    result = json.loads((tmp_path / "reports/replay/results.json").read_text("utf-8"))
    (row,) = [row for row in result["requirements"] if row["id"] == "FMT-9"]
    name = row["cases"][0]["id"]
    one = command("run", "--", "-q", name, cwd=tmp_path)
    assert one.returncode == 0, one.stdout
    assert "1 passed" in one.stdout


def test_a_target_that_does_not_answer(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done = command("run", url, "--", "-q", cwd=tmp_path, WORKSPACE_TOKEN="any")
    assert done.returncode == 6, done.stdout
    assert url in done.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "SUBCOMMAND"),
        (("judge",), "there is no subcommand 'judge'"),
        (("run", "--targt", "x"), "--targt"),
        (("run", "http://a.test", "--target", "http://b.test"), "once"),
        (("explain", "FMT-99"), "FMT-99"),
        (("explain", "--no-such"), "explain --help"),
        (("portal", "--no-such"), "workspace-conformance portal: error"),
        (("portal", "--fault", "no-such"), "no fault 'no-such'"),
        (("compare", "no-such.json"), "cannot be read"),
        (("compare",), "workspace-conformance compare: "),
        (("bundle", "no-such"), "lacks certificate.json"),
        (("verify", "no-such.json"), "no such file"),
        (("waivers", "no-such.toml", "no-such.json"), "cannot be read"),
        (("clean-up",), "JOURNAL"),
        (("clean-up", "no-such-file.jsonl"), "no such file"),
    ],
)
def test_wrong_usage_has_the_exit_code_of_wrong_usage(
    words: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    done = command(*words, cwd=tmp_path)
    assert done.returncode == 4, done.stdout
    assert says in done.stdout
    assert "Traceback" not in done.stdout


def test_help_names_every_subcommand(tmp_path: Path) -> None:
    done = command("--help", cwd=tmp_path)
    assert done.returncode == 0
    for name in SUBCOMMANDS:
        assert f"  {name} " in done.stdout
        assert command(name, "--help", cwd=tmp_path).returncode == 0


def test_explain_says_what_is_asked(tmp_path: Path) -> None:
    done = command("explain", "fmt-3", "DATE", cwd=tmp_path)
    assert done.returncode == 0
    assert "FMT-3 (MUST" in done.stdout
    assert "DATE-1 (MUST" in done.stdout
