"""What must stay true of the project as a whole."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from workspace_conformance.contract import manifest, requirements
from workspace_conformance.reference.faults import FAULTS

ROOT = manifest.ROOT
SUITES = sorted((ROOT / "suites").glob("test_*.py"))


def named_in_suites() -> set[str]:
    """The requirements that checks name."""
    pattern = re.compile(r'mark\.requirement\("([A-Z]+-\d+)"\)')
    return {name for file in SUITES for name in pattern.findall(file.read_text("utf-8"))}


def test_every_requirement_has_a_check_and_every_check_a_requirement() -> None:
    assert named_in_suites() == set(requirements.load().requirements)


def test_every_check_names_one_requirement() -> None:
    """A check that names none would run, and count for nothing."""
    for file in SUITES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                marks = map(ast.unparse, node.decorator_list)
                named = [mark for mark in marks if mark.startswith("pytest.mark.requirement(")]
                assert len(named) == 1, f"{file.name}: {node.name}"


def test_every_requirement_has_a_fault() -> None:
    assert {fault.requirement for fault in FAULTS} == set(requirements.load().requirements)


def test_every_requirement_has_a_row_in_the_documentation() -> None:
    rows = re.findall(
        r"^\| ([A-Z]+-\d+) \| (MUST|SHOULD) \|",
        (ROOT / "docs" / "requirements.md").read_text("utf-8"),
        re.M,
    )
    assert rows == [(row.id, str(row.level)) for row in requirements.load().requirements.values()]


def test_the_manifest_is_true() -> None:
    """After an edit: python -m workspace_conformance.contract.manifest --write"""
    released = manifest.released()
    assert released is not None
    assert manifest.edited(released, manifest.present()) == []
    assert list(released.cases) == manifest.collect()


def test_what_tools_leave_in_a_folder_does_not_edit_the_suite(tmp_path: Path) -> None:
    """Hypothesis keeps its tables in the folder in which a run was started: suites, say."""
    (tmp_path / "suites" / ".hypothesis" / "unicode_data").mkdir(parents=True)
    (tmp_path / "suites" / ".hypothesis" / "unicode_data" / "charmap.gz").write_bytes(b"")
    (tmp_path / "suites" / "test_more.py").write_text("", "utf-8")
    found = [path for path in manifest.present(tmp_path) if path.startswith("suites/")]
    assert found == ["suites/test_more.py"]


def test_only_one_module_speaks_http() -> None:
    importing = [
        file.name
        for file in (ROOT / "workspace_conformance").rglob("*.py")
        if re.search(r"^(import|from) httpx", file.read_text("utf-8"), re.M)
    ]
    assert importing == ["wire.py"]


def test_the_project_names_no_place_of_one_machine() -> None:
    files = [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *(ROOT / "workspace_conformance").rglob("*.py"),
        *SUITES,
    ]
    assert [
        str(file) for file in files if re.search(r"/work/|/root/", file.read_text("utf-8"))
    ] == []
