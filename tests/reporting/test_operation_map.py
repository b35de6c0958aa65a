"""The map of the documented API: a square for each operation, told by more than its colour."""

from __future__ import annotations

from typing import Any

from lxml import html as parser

from tests.reporting.samples import all_passed, result
from workspace_conformance.reporting import html, results
from workspace_conformance.reporting.operation_map import operation_map
from workspace_conformance.transport.redaction import Redactor


def data() -> dict[str, Any]:
    """A result that says of each documented operation that it passed, but for one."""
    told = results.as_data(result(all_passed().values()))
    counts = {"documented": 3, "readable": 2, "served": 2, "judged": 2, "verdicts": {"passed": 1}}
    rows = [
        ("GET", "crm/case", "passed", [], ""),
        ("GET", "crm/task", "failed", ["FMT-2"], "declares <b>text/html</b>"),
        ("DELETE", "crm/task/{taskid}", "not-judged", [], ""),
    ]
    told["operations"] = {
        "breadth": "documented",
        "counts": counts,
        "modules": [],
        "described": None,
        "documented": [
            {
                "method": method,
                "name": name,
                "module": "crm",
                "verdict": verdict,
                "failed": failed,
                "passed": 1,
                "untested": 0,
                "words": words,
            }
            for method, name, verdict, failed, words in rows
        ],
    }
    return told


def test_a_square_tells_its_operation_its_verdict_and_what_failed() -> None:
    made = operation_map(data())
    assert made is not None
    (module,) = made.modules
    assert [(one.verdict, one.sign) for one in module.reads] == [("passed", "✓"), ("failed", "✗")]
    assert module.reads[1].told == (
        "GET crm/task: MUST violated (FMT-2): declares <b>text/html</b>"
    )
    assert [one.verdict for one in module.writes] == ["not-judged"]
    assert module.words == "1 passed, 1 failed, 1 not judged"
    assert [(verdict, count) for verdict, _, _, count in made.legend] == [
        ("passed", 1),
        ("failed", 1),
        ("not-judged", 1),
    ]


def test_the_page_shows_it_and_escapes_it() -> None:
    document = parser.fromstring(html.render(data(), {}, Redactor()))
    squares = document.xpath("//dl[@class='map']//span[contains(@class, 'op ')]")
    assert len(squares) == 3
    assert squares[1].get("aria-label") == squares[1].get("title")
    assert "<b>text/html</b>" in str(squares[1].get("title"))


def test_a_run_without_the_documented_operations_has_no_map() -> None:
    told = data()
    told["operations"]["counts"]["judged"] = 0
    assert operation_map(told) is None
    assert 'id="map"' not in html.render(told, {}, Redactor())
