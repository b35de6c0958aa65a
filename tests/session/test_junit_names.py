"""What a pipeline shows of a case: the requirement first, in words."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.support import run_suite
from workspace_conformance.session.junit_names import name_of


@pytest.mark.parametrize(
    ("case", "requirement", "name"),
    [
        (
            "suites/test_formats.py::test_json_suffix_gives_json[collection-1]",
            "FMT-1",
            "FMT-1 json suffix gives json [collection-1]",
        ),
        (
            "suites/test_documented_api.py::test_xml_suffix_gives_xml[FMT-2 crm/contact/filter]",
            "FMT-2",
            "FMT-2 xml suffix gives xml [crm/contact/filter]",
        ),
        (
            "suites/test_dates.py::test_date_times_that_are_written",
            "DATE-1",
            "DATE-1 date times that are written",
        ),
    ],
)
def test_a_name_begins_with_the_requirement(case: str, requirement: str, name: str) -> None:
    assert name_of(case, requirement) == name


def test_junit_shows_these_names_and_the_section(tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    run_suite(tmp_path / "out", f"--junitxml={junit}", "--requirement=DATE-1")
    cases = ET.parse(junit).getroot().findall(".//testcase")
    assert cases
    assert all(case.attrib["name"].startswith("DATE-1 ") for case in cases)
    assert {case.attrib["classname"] for case in cases} == {"Dates"}
