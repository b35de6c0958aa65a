"""What narrow runs of the real suite write: on a passing target, a failing one, and one that does not
answer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from lxml import html as parser

from tests.support import ROOT, Ran, free_port, run_suite

SCHEMA = ROOT / "schemas" / "results.schema.json"


def head(ran: Ran) -> str:
    """What stands on top of report.html."""
    document = parser.parse(str(ran.folder / "report.html")).getroot()
    return " ".join(document.find_class("verdict")[0].text_content().split())


def expect_whole(ran: Ran) -> None:
    """Every report is there, none is half written, and results.json is as its schema says."""
    assert not list(ran.folder.glob("*.tmp"))
    jsonschema_rs.validator_for(schema()).validate(ran.results)
    text = (ran.folder / "report.html").read_text(encoding="utf-8")
    assert text.rstrip().endswith("</html>")
    assert len(text.encode()) < 3_000_000


def schema() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("failing")
    return run_suite(folder, "--fault=json-as-html", "--requirement=FMT-1", "--requirement=FMT-2")


def test_a_failing_run(failing: Ran) -> None:
    assert failing.code == 1
    expect_whole(failing)
    assert head(failing).startswith("Non-conformant 1 of 47 MUST requirements is violated.")
    document = parser.parse(str(failing.folder / "report.html")).getroot()
    (failure, *_) = document.get_element_by_id("FMT-1").find_class("failure")
    assert [mark.text_content() for mark in failure.iter("mark")] == ["content-type: text/html"]


def test_a_violation_names_an_exchange_it_rests_on(failing: Ran) -> None:
    failed = [case for case in failing.cases() if case["outcome"] == "failed"]
    assert failed
    assert all(case["shown_by"] in case["exchanges"] for case in failed)


def test_a_passing_run(tmp_path: Path) -> None:
    ran = run_suite(tmp_path, "--requirement=STA-1")
    assert ran.code == 0
    expect_whole(ran)
    assert head(ran).startswith("Incomplete Nothing is violated as far as it was judged")


def test_an_unreachable_target(tmp_path: Path) -> None:
    ran = run_suite(tmp_path, f"--target=http://127.0.0.1:{free_port()}", "--token=of-no-use-here")
    assert ran.code == 6
    expect_whole(ran)
    assert "could not be judged: the target does not answer" in head(ran)
