"""The committed example of a matrix: whole, and each fault is seen in its own column."""

from __future__ import annotations

import re

import pytest
from lxml import html as parser

from workspace_conformance.contract import manifest, requirements
from workspace_conformance.reference.faults import FAULTS

EXAMPLE = manifest.ROOT / "reports" / "example"
PORTAL = "embedded portal"
FAULT = "fault "
LEVELS = {row.id: str(row.level) for row in requirements.load().requirements.values()}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


@pytest.fixture(scope="module")
def columns() -> dict[str, dict[str, str]]:
    """Per server the verdict on each requirement, as the Markdown says them."""
    text = (EXAMPLE / "matrix.md").read_text("utf-8")
    servers = re.findall(r"^\| \d+ \| ` ?([^`]+?) ?` ", text, re.M)
    rows = [cells(line) for line in text.splitlines() if re.match(r"\| [A-Z]+-\d+ \|", line)]
    assert [(row[0], row[1]) for row in rows] == list(LEVELS.items())
    assert all(len(row) == 2 + len(servers) for row in rows)
    return {server: {row[0]: row[2 + at] for row in rows} for at, server in enumerate(servers)}


def test_the_portal_keeps_every_requirement(columns: dict[str, dict[str, str]]) -> None:
    assert [name for name, cell in columns[PORTAL].items() if "passed" not in cell] == []


def test_each_fault_is_seen_where_it_is_and_nowhere_else(
    columns: dict[str, dict[str, str]],
) -> None:
    own = {fault.name: fault.requirement for fault in FAULTS}
    faulty = {
        server.removeprefix(FAULT): column
        for server, column in columns.items()
        if server.startswith(FAULT)
    }
    assert len(faulty) >= 5
    for fault, column in faulty.items():
        violated = {name for name, cell in column.items() if "failed" in cell}
        assert violated == {own[fault]}, fault


def test_servers_that_are_not_ours_were_judged(columns: dict[str, dict[str, str]]) -> None:
    foreign = {server.partition(" ")[0]: column for server, column in columns.items()}
    for name in ("Prism", "Mockoon"):
        said = " ".join(foreign[name].values())
        assert "failed" in said
        assert "partial" in said  # most of the documented API is absent there


def test_the_page_says_the_same(columns: dict[str, dict[str, str]]) -> None:
    document = parser.document_fromstring((EXAMPLE / "matrix.html").read_text("utf-8"))
    text = " ".join(document.text_content().split())
    for words in (*columns, *LEVELS):
        assert words in text
    assert text.count("failed") >= sum(
        "failed" in cell for column in columns.values() for cell in column.values()
    )


def test_the_readme_names_the_columns_and_the_versions(
    columns: dict[str, dict[str, str]],
) -> None:
    readme = (EXAMPLE / "README.md").read_text("utf-8")
    script = (EXAMPLE / "make.sh").read_text("utf-8")
    for server in columns:
        assert server.removeprefix(FAULT) in readme
        assert server.removeprefix(FAULT).rpartition(" ")[2] in script


def test_the_example_is_small_and_names_no_machine() -> None:
    files = [file for file in EXAMPLE.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 500_000
    for file in files:
        assert not re.search(r"/work/|/root/|/home/|/tmp/", file.read_text("utf-8")), file.name
