"""What the released suite consists of: its cases and the digests of its files.

A run is complete when every case of the manifest ran and no file differs from it. The manifest is
made by `python -m workspace_conformance.contract.manifest --write`, and a test of the project checks
it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from workspace_conformance import __version__
from workspace_conformance.contract.data_files import schema_path, suite_root

NAME = "manifest.json"
# Suites that judge more of the documented API than its core: --breadth core leaves them out.
BEYOND_CORE = ("test_documented_api.py", "test_kinds.py")
PACKAGE = Path(__file__).resolve().parent.parent
ROOT = suite_root()


@dataclass(frozen=True, slots=True)
class Manifest:
    """The released suite: version, digest of each file by path, ids of all cases in order."""

    version: str
    files: dict[str, str]
    cases: tuple[str, ...]

    @property
    def digest(self) -> str:
        """One digest over all files."""
        return combined(self.files)


def is_beyond_core(case: str) -> bool:
    """Whether a case is of a suite that --breadth core leaves out."""
    return case.partition("::")[0].rpartition("/")[2] in BEYOND_CORE


def combined(files: dict[str, str]) -> str:
    """One SHA-256 over paths and digests of files."""
    lines = "".join(f"{digest}  {path}\n" for path, digest in sorted(files.items()))
    return "sha256:" + hashlib.sha256(lines.encode()).hexdigest()


def present(root: Path = ROOT) -> dict[str, str]:
    """Paths and SHA-256 digests of the files that decide verdicts: suites, contract, harness.

    `root` is the checkout whose suites run. Contract and harness are those that this process uses:
    the installed ones may be others than those in the checkout.
    """
    schemas = schema_path("requirements.yaml").parent
    found = {name: root / name for name in ("conftest.py", "pytest.ini")}
    for name, folder in (
        ("suites", root / "suites"),
        ("schemas", schemas),
        ("workspace_conformance", PACKAGE),
    ):
        for file in folder.rglob("*"):
            inside = file.relative_to(folder)
            # Tools leave folders whose names begin with a dot where they are started; pytest
            # collects nothing from them.
            hidden = any(part.startswith(".") for part in inside.parts)
            if not hidden and not {"__pycache__", "_data"} & set(inside.parts):
                found[f"{name}/{inside.as_posix()}"] = file
    return {
        path: hashlib.sha256(file.read_bytes()).hexdigest()
        for path, file in sorted(found.items())
        if file.is_file() and file.name != NAME
    }


def released() -> Manifest | None:
    """The manifest that the suite was released with; None when it is missing or damaged."""
    try:
        data = json.loads(schema_path(NAME).read_text(encoding="utf-8"))
        return Manifest(str(data["version"]), dict(data["files"]), tuple(data["cases"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def edited(manifest: Manifest | None, files: dict[str, str]) -> list[str]:
    """Paths of the files that differ from the release: changed, added or missing."""
    if manifest is None:
        return [f"schemas/{NAME}"]
    paths = manifest.files.keys() | files.keys()
    return sorted(path for path in paths if manifest.files.get(path) != files.get(path))


def collect(root: Path = ROOT) -> list[str]:
    """The ids of all cases, as pytest collects them."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-o", "addopts=", "suites"]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WORKSPACE_", "PYTEST_"))
    }
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"the suite cannot be collected:\n{done.stdout}{done.stderr}")
    return [
        line for line in done.stdout.splitlines() if line.startswith("suites/") and "::" in line
    ]


def main() -> int:
    """Write the manifest, or say whether it is true."""
    parser = argparse.ArgumentParser(
        prog="python -m workspace_conformance.contract.manifest", description=__doc__
    )
    parser.add_argument("--write", action="store_true", help="write schemas/manifest.json anew")
    if parser.parse_args().write:
        data = {"version": __version__, "files": present(), "cases": collect()}
        (ROOT / "schemas" / NAME).write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        print(f"{len(data['cases'])} cases, {len(data['files'])} files")
        return 0
    manifest = released()
    differing = edited(manifest, present())
    if manifest is not None and list(manifest.cases) != collect():
        differing.append("the list of cases")
    print("\n".join(f"differs: {path}" for path in differing) or "the manifest is true")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
