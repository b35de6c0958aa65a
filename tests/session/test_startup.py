"""What a start costs: nothing heavy is imported until it is needed.

Modules are counted, not seconds: these are the same on any machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

# Each takes a tenth of a second or more to import, or brings along what does.
HEAVY = {
    "httpx",
    "hypothesis",
    "schemathesis",
    "requests",
    "lxml",
    "jsonschema_rs",
    "cryptography",
    "securesystemslib",
    "pyrate_limiter",
    "starlette",
    "uvicorn",
    "jinja2",
    "harfile",
    "asyncio",
    "ssl",
}
PYTEST = (
    "import sys, pytest; import _pytest.pastebin; before = set(sys.modules); "
    "code = pytest.main(sys.argv[1:], [])"
)
COMMAND = (
    "import sys; before = set(sys.modules); from workspace_conformance.session.command import main\n"
    "try: code = main(sys.argv[1:])\n"
    "except SystemExit as end: code = end.code\n"
)
TELL = "import json; print(); print(json.dumps([int(code), sorted(set(sys.modules) - before)]))"


def started(program: str, *arguments: str, folder: Path = ROOT) -> tuple[int, set[str]]:
    """The exit code of a start, and the modules that it imported."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{TELL}", *arguments],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_PLUGINS": "workspace_conformance.session.plugin",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    code, modules = json.loads(done.stdout.splitlines()[-1])
    return code, set(modules)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--bogus",), 4),
        (("--target", "ftp://portal.example.com"), 4),
        (("--pace", "many"), 4),
        (("--gate", "nothing"), 4),
        (("--openapi", "no-such.yaml"), 4),
        (("--help",), 0),
        (("--version",), 0),
    ],
)
def test_wrong_usage_and_help_are_told_before_anything_heavy_is_imported(
    arguments: tuple[str, ...], code: int
) -> None:
    ended, modules = started(PYTEST, *arguments)
    assert ended == code
    assert not modules & HEAVY


def test_another_project_pays_next_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text("def test_it(): assert True\n")
    code, modules = started(PYTEST, "-q", "-p", "no:cacheprovider", folder=tmp_path)
    assert code == 0
    assert not modules & HEAVY
    ours = {name for name in modules if name.startswith("workspace_conformance")}
    assert ours <= {
        "workspace_conformance",
        "workspace_conformance.contract",
        "workspace_conformance.contract.data_files",
        "workspace_conformance.session",
        "workspace_conformance.session.invocation",
        "workspace_conformance.session.keys",
        "workspace_conformance.session.options",
        "workspace_conformance.session.plugin",
    }


@pytest.mark.parametrize(
    ("arguments", "code", "needed"),
    [
        (("--help",), 0, set()),
        (("--version",), 0, set()),
        (("rnu",), 4, set()),
        (("run", "--bogus"), 4, set()),
        (("verify", "no-such.json"), 4, set()),
        (("compare", "no-such.json"), 4, {"jinja2", "lxml"}),
        (("explain", "FMT-3"), 0, set()),
    ],
)
def test_a_command_imports_what_it_needs(
    arguments: tuple[str, ...], code: int, needed: set[str]
) -> None:
    ended, modules = started(COMMAND, *arguments)
    assert ended == code
    assert not modules & (HEAVY - needed)
