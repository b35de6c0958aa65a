"""Results side by side, and the badge."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from lxml import html as parser

from workspace_conformance.exchange.outcomes import Outcome, Reason
from workspace_conformance.reporting import badge, compare, judged_target, matrix
from workspace_conformance.reporting.results import Result

from . import samples
from .samples import all_passed, case, data_of, result
from .test_pipelines import shown


def written(folder: Path, made: Result) -> Path:
    folder.mkdir()
    file = folder / "results.json"
    file.write_text(json.dumps(data_of(made)), encoding="utf-8")
    return file


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """A conformant server, and one with a violation of each level and an untested case."""
    cases = list(all_passed().values())
    cases += [case(name, Outcome.FAILED, "x", message="m") for name in ("FMT-1", "FMT-8")]
    cases += [case("STA-1", Outcome.UNTESTED, "x", reason=Reason.THROTTLED, message="m")]
    cases = [one for one in cases if one.requirement != "DATE-1"]
    return (
        written(tmp_path / "good", result(all_passed().values())),
        written(tmp_path / "bad", result(cases, target_url="http://b.test", target_label=None)),
    )


def test_a_matrix_is_printed(two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert compare.main([str(two[0]), f"the other={two[1]}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        lines[0]
        == f" 1 {samples.URL} ({samples.URL}), 2026-01-01, suite 0.0.0, profile read-only: conformant"
    )
    assert (
        lines[1]
        == " 2 the other (http://b.test), 2026-01-01, suite 0.0.0, profile read-only: non-conformant"
    )
    table = {line.split()[0]: line.split()[1:] for line in lines if line.startswith("  ")}
    assert len(table) == 62, "a line of numbers, and one for each requirement"
    assert table["FMT-1"] == ["M", "passed", "failed", "1/2"]
    assert table["FMT-8"] == ["S", "passed", "failed", "1/2"]
    assert table["STA-1"] == ["M", "passed", "partial"]
    assert table["DATE-1"] == ["M", "passed", "untested"]
    assert "Formats" in lines


def test_a_matrix_is_written(two: tuple[Path, Path], tmp_path: Path) -> None:
    text, page = tmp_path / "matrix.md", tmp_path / "matrix.html"
    arguments = [*map(str, two), "--markdown", str(text), "--html", str(page)]
    assert compare.main(arguments) == 0
    table = shown(text.read_text("utf-8"))
    assert table.count("<table>") == 2
    assert "<td>❌ failed 1/2</td>" in table
    document = parser.parse(str(page)).getroot()
    (row,) = (node for node in document.iter("tr") if node.get("id") == "FMT-8")
    assert [cell.text_content() for cell in row.iter("td")] == ["passed", "failed 1/2"]
    assert [cell[0].get("class") for cell in row.iter("td")] == ["state passed", "state advisory"]
    heads = [cell.text_content() for cell in document.find_class("matrix")[0].iter("th")]
    assert heads[:3] == ["Requirement", samples.URL, "http://b.test"]


def test_columns_of_the_same_name_are_told_apart(
    two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    compare.main([str(two[0]), str(two[0])])
    out = capsys.readouterr().out
    assert f" 1 {samples.URL} (1) (" in out
    assert f" 2 {samples.URL} (2) (" in out


def test_a_requirement_that_one_suite_did_not_have_is_not_judged() -> None:
    old = data_of(result(all_passed().values()))
    new = data_of(result(all_passed().values()))
    old["requirements"] = [row for row in old["requirements"] if row["id"] != "DATE-1"]
    del old["sections"]
    made = matrix.matrix([("old", old), ("new", new)])
    (row,) = made.sections[-1][2]
    assert made.sections[-1][:2] == ("DATE", "Dates")
    assert [cell.words for cell in row.cells] == ["not judged", "passed"]


def test_what_is_no_result_is_told(
    tmp_path: Path, two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "no.json"
    file.write_text("{}", encoding="utf-8")
    assert compare.main([str(two[0]), str(file)]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"{file}: is no results.json")
    assert compare.main([str(two[0]), "--html", str(tmp_path / "no.json" / "x.html")]) == 4


def test_nothing_planted_becomes_markup() -> None:
    data = data_of(samples.hostile())
    data["requirements"][0]["statement"] = samples.PLANTED
    data["target"]["url"] = samples.PLANTED
    made = matrix.matrix([(samples.PLANTED, data), ("other", data)])
    text = matrix.as_page(made)
    document = parser.document_fromstring(text)
    assert {node.tag for node in document.iter("img", "script", "svg", "a")} == set()
    (policy,) = (m.get("content") for m in document.iter("meta") if m.get("http-equiv"))
    assert "script-src 'none'" in policy
    assert "\u202e" not in text
    html = shown(matrix.as_markdown(made))
    assert not re.search(r"<(?!/?(?:table|thead|tbody|tr|th|td|code)\b)", html)
    assert html.count("<tr>") == 1 + 2 + 1 + 61
    assert matrix.as_text(made).replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("made", "message", "colour"),
    [
        (result(all_passed().values()), "conformant 2026-01-01 (suite 0.0.0)", "brightgreen"),
        (
            result([case("FMT-1", Outcome.FAILED)]),
            "non-conformant 2026-01-01 (suite 0.0.0)",
            "red",
        ),
        (
            result(all_passed().values(), complete=False),
            "incomplete 2026-01-01 (suite 0.0.0)",
            "yellow",
        ),
    ],
)
def test_the_badge_tells_what_was_judged_verdict_date_and_suite(
    made: Result, message: str, colour: str
) -> None:
    data = data_of(made)
    assert json.loads(badge.render(data)) == {
        "schemaVersion": 1,
        "label": f"Workspace API, {judged_target.words(data)}",
        "message": message,
        "color": colour,
    }
