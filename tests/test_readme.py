"""The pages are true: commands run, options exist, tables say what the code says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from workspace_conformance.contract.requirements import load
from workspace_conformance.reference.faults import FAULTS
from workspace_conformance.reference.variants import VARIANTS
from workspace_conformance.session.options import OPTIONS
from workspace_conformance.verdict.verdicts import Exit

from . import test_variants
from .hostile import test_resets, test_secrets
from .hostile.registry import everything
from .support import ROOT, environment, observed_portal

README = (ROOT / "README.md").read_text("utf-8")
PAGES = {
    file: file.read_text("utf-8")
    for file in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    if file.name not in ("explanations.md", "requirements.md")  # made from the contract
}
PAGES |= {
    file: file.read_text("utf-8") for file in (ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md")
}
ALL = "\n\n".join(PAGES.values())
BLOCKS = [block.strip() for block in re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S)]
INLINE = re.findall(r"`((?:python|pytest|pip) [^`]+)`", ALL)
# What is not ours: pytest's own options, and those of our other commands.
OTHERS = {
    "--expect",  # of workspace-conformance verify
    "--max-age",
    "--prune",  # of workspace-conformance waivers
    "--update",
    "--strict",
    "--help",
    "--junitxml",
    "--list-faults",
    "--list-variants",
    "--markdown",
    "--html",
    "--write",
    "--editable",
    "--table",
    "--own",
}


def rows(header: str) -> list[list[str]]:
    """The cells of the table whose header begins like that."""
    lines = ALL[ALL.index(f"| {header} |") :].splitlines()[2:]
    table = lines[: next(n for n, line in enumerate([*lines, ""]) if not line.startswith("|"))]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def run(
    words: list[str] | str, cwd: Path = ROOT, patience: float = 120, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of the README as a user of this environment would."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    line = words if isinstance(words, str) else " ".join(words)
    env: Mapping[str, str] = environment(PATH=path, **variables)
    return subprocess.run(
        ["bash", "-c", line],
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=patience,
        check=False,
    )


# --- commands -------------------------------------------------------------------------------------


def test_the_quick_start_is_two_command_lines() -> None:
    """Each complete in itself: it sets up, then runs the suite, or our own tests."""
    start = README[README.index("## Quick start") :]
    start = start[: start.index("\n## ", 1)]
    assert start.count("```sh") == 2
    first, second = BLOCKS[:2]
    assert "\n" not in first + second
    setup = "python3 -m venv .venv && .venv/bin/pip install -c requirements.lock -e '.[dev]' && "
    assert first == setup + ".venv/bin/pytest"
    assert second == setup + ".venv/bin/pytest tests"
    assert "Python 3.11" in start


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1])
def test_the_quick_start_works_in_a_fresh_clone(number: int, tmp_path: Path) -> None:
    """As it stands. The second line runs our own tests, but not this one: pytest leaves out what
    is slow unless it is asked for.
    """
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    done = run(BLOCKS[number], clone, patience=3600)
    assert done.returncode == 0, done.stdout[-5000:]
    if number == 0:
        # On a busy machine the burst may not fit its period, and the run stays incomplete.
        assert re.match("Verdict: (conformant|incomplete)", done.stdout.splitlines()[-1])
        assert (clone / "reports" / "results.json").exists()


def test_a_portal_is_judged_as_the_readme_says(tmp_path: Path) -> None:
    """The block of commands, with a portal and a token that exist, and little to judge."""
    block = next(block for block in BLOCKS if "WORKSPACE_TARGET" in block)
    with observed_portal() as portal:
        given = block.replace("https://portal.example.com", portal.url)
        given = given.replace("WORKSPACE_TOKEN=...", f"WORKSPACE_TOKEN={portal.credentials.token}")
        assert given.endswith("\npytest")
        done = run(f"{given} --requirement FMT-9", WORKSPACE_REPORT_DIR=str(tmp_path))
        assert {method for method, _ in portal.asked} == {"GET"}
    assert done.returncode == Exit.OK, done.stdout
    assert portal.credentials.token not in done.stdout
    assert (tmp_path / "results.json").exists()


def test_every_command_in_the_text_is_tried() -> None:
    """Here or in another test; a new one must find its place."""
    assert set(INLINE) == {
        "pytest --help",
        "pytest --fault NAME",  # tests/test_faults.py
        "pytest -n 2",  # tests of several processes
        "python -m workspace_conformance.reference",  # tests/reference/test_command.py
        "pytest --variant NAME",  # tests/test_variants.py
        "python -m workspace_conformance",  # tests/session/test_installed.py
        "python tests/fault_matrix.py NAME",
        "pytest tests",
        "pytest tests -m slow",
        "python bench/transport.py",  # tests/test_bench.py
        # tests/reporting/test_compare.py:
        "python -m workspace_conformance.reporting.compare A/results.json NAME=B/results.json",
        "pytest --fault json-as-html",  # tests/reporting/test_written.py
        # tests/reporting/test_browser.py:
        "python tests/reporting/picture.py reports/report.html docs/report.png",
    }


def test_the_help_names_every_option() -> None:
    done = run("pytest --help")
    assert done.returncode == 0
    for option in OPTIONS:
        assert re.search(rf"^  {option.flag}\b", done.stdout, re.M), option.flag


def test_the_faults_are_listed() -> None:
    assert "`--list-faults` names" in ALL
    done = run("python -m workspace_conformance.reference --list-faults")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) >= 90


def test_the_manifest_can_be_checked() -> None:
    done = run("python -m workspace_conformance.contract.manifest --help")
    assert done.returncode == 0
    assert "--write" in done.stdout


def test_the_fault_matrix_is_printed() -> None:
    done = run("python tests/fault_matrix.py no-challenge --own --jobs 1")
    assert done.returncode == 0, done.stdout
    assert re.search(r"^no-challenge +AUTH-6 +[1-9]", done.stdout, re.M)


# --- options --------------------------------------------------------------------------------------


def test_every_option_is_in_the_table_with_its_variable() -> None:
    table = {re.split(r"[` ]", row[0])[1]: row for row in rows("option")}
    assert list(table) == [option.flag for option in OPTIONS]
    for option in OPTIONS:
        first, second, meaning = table[option.flag]
        assert first == f"`{option.flag}{f' {option.metavar}' if option.metavar else ''}`"
        assert second == (f"`{option.variable}`" if option.variable else "")
        assert meaning == option.help


def test_every_option_in_the_text_exists() -> None:
    text = "\n".join(ALL.split("```")[::2])
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    assert named <= {option.flag for option in OPTIONS} | OTHERS


def test_every_variable_in_the_text_exists() -> None:
    named = set(re.findall(r"WORKSPACE_[A-Z_]+", ALL))
    known = {option.variable for option in OPTIONS if option.variable}
    assert named == known | {"WORKSPACE_STRICT"}


def test_the_numbers_are_those_of_the_tests() -> None:
    text = " ".join(ALL.split())
    for words in (
        f"{len(FAULTS)} known faults",
        f"each of the {len(load().requirements)} requirements",
        f"{len(VARIANTS)} lawful variants",
        f"names {len(VARIANTS)} points",
        f"{test_variants.PAIRS} drawn pairs and {test_variants.TRIPLES} drawn triples",
        f"{len(everything())} hostile behaviours",
        f"1 % and 10 % of all exchanges, {len(test_resets.SEEDS)} seeds each",
        f"more than {test_secrets.SEARCHED:,} bytes",
    ):
        assert words in text
    assert test_resets.SHARES == (0.01, 0.1)


# --- tables and places ----------------------------------------------------------------------------


def test_the_exit_codes_are_all_there() -> None:
    codes = {value for name, value in vars(Exit).items() if name.isupper()}
    assert [int(row[0]) for row in rows("exit code")] == sorted(codes)


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_places_that_the_pages_name_exist() -> None:
    for page, text in PAGES.items():
        links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
        assert [link for link in links if not (page.parent / link).exists()] == [], page
    named = re.findall(r"`((?:schemas|suites|tests|bench)/[\w./-]*)`", ALL)
    assert "schemas/requirements.yaml" in named
    assert [place for place in named if not (ROOT / place).exists()] == []
