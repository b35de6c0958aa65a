"""The walls of the house: who may import whom is checked, and the check is seen to fail.

The rules themselves are contracts of import-linter in pyproject.toml.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT

PACKAGE = ROOT / "workspace_conformance"
LONGEST = 400  # lines of a module
DATA = ("reference/faults/", "reference/variants/")  # rows of faults and variants


def lint(folder: Path) -> tuple[int, str]:
    """What import-linter says of the package in a folder: its exit code and words."""
    command = "from importlinter.cli import lint_imports_command as c; c()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "pyproject.toml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200", "LANG": "C.UTF-8"},
    )
    return done.returncode, done.stdout + done.stderr


def test_every_room_uses_only_what_it_may() -> None:
    code, said = lint(ROOT)
    assert code == 0, said
    assert "0 broken" in said


# Scratch modules by path, and what is said of each: the two files, and the rule.
BREACHES = (
    (
        {"contract/up.py": "import workspace_conformance.session.run"},
        "A room uses only those below it",
        r"contract\.up -> workspace_conformance\.session\.run",
    ),
    (
        {"exchange/sideways.py": "import workspace_conformance.reference.options"},
        "A room uses only those below it",
        r"exchange\.sideways -> workspace_conformance\.reference\.options",
    ),
    (
        {"reference/out.py": "import workspace_conformance.exchange.media"},
        "A room uses only those below it",
        r"reference\.out -> workspace_conformance\.exchange\.media",
    ),
    ({"new_room/__init__.py": ""}, "A room uses only those below it", r"new_room"),
    (
        {"checks/aside.py": "import workspace_conformance.reference.options"},
        "The embedded portal is started by a session, and used by nothing else",
        r"checks\.aside -> workspace_conformance\.reference\.options",
    ),
    (
        {"portal/one.py": "from . import other", "portal/other.py": "from . import one"},
        "Neither packages nor files form a circle",
        r"\.other -> \.one|\.one -> \.other",
    ),
    (
        {"transport/second.py": "import httpx"},
        "Only transport/wire.py imports httpx",
        r"transport\.second -> httpx",
    ),
    (
        {"checks/suite.py": "import suites.test_dates"},
        "Nothing imports suites or tests",
        r"checks\.suite -> suites",
    ),
)


def test_a_breach_is_told_by_its_files_and_its_rule(tmp_path: Path) -> None:
    shutil.copytree(
        PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for files, _, _ in BREACHES:
        for name, text in files.items():
            file = tmp_path / PACKAGE.name / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(text + "\n")
    code, said = lint(tmp_path)
    assert code == 1, said
    verdicts, _, reasons = said.partition("Broken contracts")
    for files, rule, shown in BREACHES:
        assert re.search(rf"{rule}.*? BROKEN", " ".join(verdicts.split())), (files, said)
        told = reasons.partition(rule)[2].partition("\n-----")[2]
        assert re.search(shown, told), (files, said)


def test_a_module_fits_on_a_few_screens() -> None:
    long = {
        name: lines
        for file in sorted(PACKAGE.rglob("*.py"))
        if not (name := file.relative_to(PACKAGE).as_posix()).startswith(DATA)
        and (lines := len(file.read_text("utf-8").splitlines())) > LONGEST
    }
    assert not long, "part these along their jobs"


def test_a_package_says_what_it_is_for_and_what_it_may_use() -> None:
    for file in sorted(PACKAGE.glob("*/__init__.py")):
        said = file.read_text("utf-8")
        assert said.startswith('"""'), file
        assert re.search(r"(may use|uses no|uses nothing)", said), f"{file}: what may it use?"
