"""The documented GETs, read from the embedded portal: what is judged, and what it costs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support import run_suite, valid_result

SUITE = ("--breadth=documented", "-m", "not writes", "suites/test_documented_api.py")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The result of reading everything that the embedded portal serves."""
    ran = run_suite(tmp_path_factory.mktemp("whole"), *SUITE)
    assert ran.code == 0, ran.out[-3000:]
    return valid_result(ran)


def test_nearly_every_documented_get_is_judged(whole: dict[str, Any]) -> None:
    counts = whole["operations"]["counts"]
    assert counts["readable"] == 317
    assert counts["served"] >= 300
    assert counts["verdicts"]["passed"] == counts["judged"] == counts["served"]
    assert counts["verdicts"]["never-sent"] == 24


def test_what_nothing_shows_is_untested_and_says_so(whole: dict[str, Any]) -> None:
    rows = {(row["method"], row["name"]): row for row in whole["operations"]["documented"]}
    report = rows["GET", "project/report/{reportid}"]
    assert report["verdict"] == "no-record"
    assert report["words"] == "no documented list shows a {reportid}"
    verdicts = {row["id"]: row["verdict"] for row in whole["requirements"] if row["cases"]}
    assert set(verdicts.values()) == {"passed"}  # it spoils none of them


def test_names_tell_the_requirement_and_the_operation(whole: dict[str, Any]) -> None:
    (row,) = (row for row in whole["requirements"] if row["id"] == "FMT-2")
    names = [case["id"] for case in row["cases"]]
    assert (
        "suites/test_documented_api.py::test_xml_suffix_gives_xml[FMT-2 crm/contact/filter]"
        in names
    )
    (case,) = (case for case in row["cases"] if "FMT-2 crm/contact/filter" in case["id"])
    assert case["operation"] == "GET crm/contact/filter"
    assert (case["method"], case["resource"]) == ("GET", "crm/contact/filter")
    assert len(case["exchanges"]) == 1


def test_reading_takes_few_requests(whole: dict[str, Any]) -> None:
    """Fewer on top of the core, which asks some of these questions itself."""
    assert whole["traffic"]["requests"] < 1_550


@pytest.mark.parametrize(
    ("variant", "verdict"), [("no-crm", "absent"), ("crm-forbidden", "not-permitted")]
)
def test_a_module_that_is_not_there_costs_three_requests(
    tmp_path: Path, variant: str, verdict: str
) -> None:
    ran = run_suite(tmp_path, *SUITE, "-k", "crm and not mail", f"--variant={variant}")
    data = valid_result(ran)
    (crm,) = (row for row in data["operations"]["modules"] if row["name"] == "crm")
    assert crm["reads"] == {verdict: 68, "never-sent": 3}
    asked = Counter(case["outcome"] for row in data["requirements"] for case in row["cases"])
    assert asked["failed"] == 0
    assert data["traffic"]["requests"] <= 8  # with the preflight, and lists of other modules
