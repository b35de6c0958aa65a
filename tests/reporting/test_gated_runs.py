"""Waivers and baselines in runs of the real suite: what is said, written, and returned."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from lxml import html as parser

from tests.reporting import ending
from tests.support import Ran, no_traceback, run_suite
from workspace_conformance.contract import requirements

WAIVER = """
[[waiver]]
requirement = "FMT-1"
reason = "known since spring"
owner = "ann@example.com"
expires = 2999-12-31
"""
BROKEN = ("--fault=json-as-html", "--requirement=FMT-1")


def waived(folder: Path, text: str, *arguments: str, **env: str) -> Ran:
    file = folder / "waivers.toml"
    file.write_text(text, encoding="utf-8")
    junit = f"--junitxml={folder / 'junit.xml'}"
    return run_suite(folder, f"--waivers={file}", junit, *arguments, env=env)


@pytest.fixture(scope="module")
def excused(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return waived(tmp_path_factory.mktemp("waived"), WAIVER, *BROKEN)


def test_a_waived_violation_does_not_fail_the_run(excused: Ran) -> None:
    assert excused.code == 0, excused.out
    assert excused.results["verdict"] == "non-conformant"
    assert excused.results["gate"]["passed"] is True
    assert excused.results["gate"]["words"] == "Gate passed with 1 waiver"
    (used,) = excused.results["gate"]["waivers"]
    failed = [case for case in excused.cases() if case["outcome"] == "failed"]
    assert used["cases"] == len(failed) > 0
    assert all(case["waived"]["reason"] == "known since spring" for case in failed)
    assert excused.requirement("FMT-1")["waived"] is True


def test_a_waived_violation_is_shown_as_waived(excused: Ran) -> None:
    lines = excused.summary()
    assert "Violated, waived" in lines
    assert "Violated" not in lines
    said = " ".join(line.strip() for line in lines)
    assert "until 2999-12-31: known since spring (ann@example.com)" in said
    assert lines[-2].startswith("Gate passed with 1 waiver")
    document = parser.parse(str(excused.folder / "report.html")).getroot()
    row = document.get_element_by_id("FMT-1")
    assert row.get("data-kind") == "waived"
    assert "Waived: known since spring (ann@example.com; until 2999-12-31)" in row.text_content()
    verdict = document.find_class("verdict")[0].text_content()
    assert "Non-conformant" in verdict
    assert "Gate passed with 1 waiver." in verdict


def test_junit_skips_a_waived_violation_and_says_why(excused: Ran) -> None:
    root = ET.parse(excused.folder / "junit.xml").getroot()
    assert root[0].get("failures") == "0"
    skipped = [node for node in root.iter("testcase") if node.find("skipped") is not None]
    waived = [node for node in skipped if not properties(node)["reason"]]
    assert waived
    for node in waived:
        assert properties(node) == {
            "requirement": "FMT-1",
            "level": "MUST",
            "section": requirements.load().requirements["FMT-1"].section,
            "reason": "",
            "waived": "known since spring (until 2999-12-31)",
        }
        (reason,) = node.iter("skipped")
        assert "waived (known since spring)" in (reason.get("message") or "")


def test_junit_says_what_each_case_judges_and_why_it_is_untested(tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    run_suite(tmp_path, f"--junitxml={junit}", "--requirement=RATE-1", "--requirement=STA-1")
    nodes = list(ET.parse(junit).getroot().iter("testcase"))
    assert {properties(node)["requirement"] for node in nodes} == {"RATE-1", "STA-1"}
    (burst,) = (node for node in nodes if properties(node)["requirement"] == "RATE-1")
    assert properties(burst) == {
        "requirement": "RATE-1",
        "level": "MUST",
        "section": "Basic concepts, Rate limiting",
        "reason": "too-slow",
    }
    (skipped,) = burst.iter("skipped")
    assert (skipped.get("message") or "").startswith("too-slow: ")


def properties(node: ET.Element) -> dict[str | None, str | None]:
    """What JUnit's reader is told of a case besides its outcome."""
    found = [(item.get("name"), item.get("value")) for item in node.iter("property")]
    assert len(found) == len(dict(found)), "nothing is told twice"
    return dict(found)


def test_a_certificate_excuses_nothing(tmp_path: Path) -> None:
    ran = waived(tmp_path, WAIVER, *BROKEN, "--certify")
    assert ran.code == 1


def test_a_bad_file_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    ran = waived(tmp_path, WAIVER.replace("2999", "1999"), *BROKEN)
    assert ran.code == 4
    assert "--waivers" in ran.out
    assert "waiver 1: has expired on 1999-12-31: remove it, or decide anew" in ran.out
    assert no_traceback(ran.out)
    assert not (tmp_path / "results.json").exists()


def test_the_baseline_tells_new_failures_from_known_ones(excused: Ran, tmp_path: Path) -> None:
    known = f"--baseline={excused.folder / 'results.json'}"
    same = run_suite(tmp_path / "same", *BROKEN, known, "--gate=regressions")
    assert same.code == 0
    assert same.results["gate"]["passed"] is True
    assert same.results["changes"]["failing"] == []
    assert "  nothing changed" in same.out.splitlines()
    data = json.loads((excused.folder / "results.json").read_text("utf-8"))
    for row in data["requirements"]:
        for case in row["cases"]:
            case.update(outcome="passed", reason=None)
    clean = tmp_path / "clean.json"
    clean.write_text(json.dumps(data), encoding="utf-8")
    worse = run_suite(
        tmp_path / "worse",
        *BROKEN,
        env={"WORKSPACE_BASELINE": str(clean), "WORKSPACE_GATE": "regressions"},
    )
    assert worse.code == 1
    assert worse.results["gate"]["words"] == "Gate failed: new violations of FMT-1"
    failed = [case["id"] for case in worse.cases() if case["outcome"] == "failed"]
    assert worse.results["changes"]["failing"] == failed
    assert f"newly failing: FMT-1 ({len(failed)})" in worse.out
    page = (worse.folder / "report.html").read_text("utf-8")
    assert f"{len(failed)} newly failing" in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--gate=regressions",), "--gate regressions needs --baseline"),
        (("--gate=everything",), "--gate everything: write violations or regressions"),
        (("--baseline=/nowhere/results.json",), "--baseline /nowhere/results.json: cannot be read"),
    ],
)
def test_wrong_usage_is_told(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = run_suite(tmp_path, *BROKEN, *arguments)
    assert ran.code == 4
    assert said in ran.out
    assert no_traceback(ran.out)


@pytest.mark.parametrize("phase", ["call", "nowhere", "teardown"])
def test_junit_names_the_case_under_way_when_the_run_ends(tmp_path: Path, phase: str) -> None:
    junit = tmp_path / "junit.xml"
    given = ["-p", ending.__name__, f"--junitxml={junit}", "--requirement=STA-1"]
    ran = run_suite(tmp_path / "out", *given, env={ending.IN: phase})
    assert ran.code == 2, ran.out
    (suite,) = ET.parse(junit).getroot().iter("testsuite")
    nodes = suite.findall("testcase")
    assert len(nodes) == int(suite.attrib["tests"]) == 3
    for node in nodes:
        assert node.attrib["name"]
        told = {it.attrib["name"]: it.attrib["value"] for it in node.iter("property")}
        assert told.keys() == {"requirement", "level", "section", "reason"}
        assert told["requirement"] == "STA-1"
    skips = [node.find("skipped") for node in nodes]
    assert skips[:2] == [None, None]
    if phase != "teardown":
        assert skips[2] is not None
        assert "the run ended while this case was under way" in skips[2].attrib["message"]
    else:
        assert skips[2] is None, "it had passed"
    judged = 3 if phase == "teardown" else 2
    assert len(ran.cases()) == judged
    assert f"{judged} passed" in ran.out
    assert "skipped" not in ran.out
