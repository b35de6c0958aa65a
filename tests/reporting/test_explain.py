"""`explain` says of a requirement what it asks, how it is judged, and what usually helps."""

from __future__ import annotations

import pytest

from workspace_conformance.contract import explanations, manifest, requirements
from workspace_conformance.reporting import explain


def test_everything_is_said_within_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain.main(["FMT-3", "date"]) == 0
    out = capsys.readouterr().out
    said = " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80
    for name in ("FMT-3", "DATE-1"):
        told = explanations.load()[name]
        row = requirements.load().requirements[name]
        for text in (row.statement, row.section, told.sent, told.expected):
            assert " ".join(text.split()) in said
        for cause in told.causes:
            assert f"in {cause.where}: {cause.cause} Mend: {cause.mend}" in said


def test_a_name_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain.main(["FMT-99"]) == 4
    assert "there is no requirement or section" in capsys.readouterr().err


def test_the_page_of_the_documentation_is_up_to_date() -> None:
    """After an edit: workspace-conformance explain --markdown > docs/explanations.md"""
    page = manifest.ROOT / "docs" / "explanations.md"
    assert page.read_text("utf-8") == explain.as_markdown()


def test_the_table_of_the_documentation_is_up_to_date() -> None:
    """After an edit: workspace-conformance explain --table > docs/requirements.md"""
    page = manifest.ROOT / "docs" / "requirements.md"
    assert page.read_text("utf-8") == explain.as_table()
