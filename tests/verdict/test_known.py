"""Known deviations: told apart from new violations, at the gate and in every report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import run_suite, valid_result
from workspace_conformance.contract import requirements
from workspace_conformance.exchange.outcomes import Outcome
from workspace_conformance.verdict import known
from workspace_conformance.verdict.verdicts import CaseResult

NAME = "community-server-12.7"
FEW = ("--requirement=AUTH-4", "--requirement=FMT-6", "--requirement=STA-5")


def case(
    requirement: str, message: str, method: str | None = None, resource: str | None = None
) -> CaseResult:
    return CaseResult(
        "c", requirement, Outcome.FAILED, message=message, method=method, resource=resource
    )


@pytest.mark.parametrize("name", known.names())
def test_the_data_name_requirements_and_are_used_once(name: str) -> None:
    found = known.load(name)
    assert found.product
    assert found.version in name
    assert len(found.evidence) > 40
    ids = [row.id for row in found.deviations]
    assert len(set(ids)) == len(ids)
    for row in found.deviations:
        assert row.statement.endswith(".")
        assert row.matches
        assert {match.requirement for match in row.matches} <= set(requirements.load().requirements)


def test_a_match_wants_the_whole_message_and_the_values_given() -> None:
    found = known.load(NAME)
    message = "answered 500 Internal Server Error; expected 404 Not Found"
    row = found.covering(case("STA-5", message, method="PUT", resource="person"))
    assert row is not None
    assert row.id == "person-by-name-500"
    assert found.covering(case("STA-5", message, method="GET", resource="person")) is None
    assert found.covering(case("STA-5", f"{message} and more", method="PUT")) is None
    assert found.covering(case("STA-4", message, method="PUT", resource="person")) is None
    assert found.covering(CaseResult("c", "AUTH-6", Outcome.PASSED)) is None


def test_an_unknown_name_is_told_which_there_are() -> None:
    with pytest.raises(known.KnownError, match=NAME):
        known.load("another")
    with pytest.raises(known.KnownError):
        known.load("../requirements")


def test_a_known_server_passes_the_gate_and_stays_non_conformant(tmp_path: Path) -> None:
    ran = run_suite(tmp_path, "--like=community-server", f"--known={NAME}", *FEW)
    data = valid_result(ran)
    assert ran.code == 0, ran.out
    assert data["verdict"] == "non-conformant"
    assert data["gate"]["words"].startswith("Gate passed with ")
    assert f"known deviations of {NAME}" in data["gate"]["words"]
    assert {row["id"] for row in data["requirements"] if row["known"]} == {
        "AUTH-4",
        "FMT-6",
        "STA-5",
    }
    assert "Violated, and known of community-server-12.7" in ran.out
    told = json.loads((tmp_path / "certificate.json").read_text("utf-8"))
    assert told["predicate"]["result"] == "WARNED"
    assert told["predicate"]["workspaceConformance"]["known"] == NAME
    assert "Known: " in (tmp_path / "report.html").read_text("utf-8")


def test_another_fault_on_top_fails_the_gate(tmp_path: Path) -> None:
    fault = "--fault=query-token"
    ran = run_suite(tmp_path, "--like=community-server", fault, f"--known={NAME}", *FEW)
    assert ran.code == 1, ran.out
    told = json.loads((tmp_path / "certificate.json").read_text("utf-8"))
    assert told["predicate"]["result"] == "FAILED"


def test_a_certificate_excuses_nothing_that_is_known(tmp_path: Path) -> None:
    ran = run_suite(tmp_path, "--like=community-server", f"--known={NAME}", "--certify", FEW[0])
    assert ran.code == 1
    assert "--known has no effect" in " ".join(ran.out.split())


@pytest.mark.slow
def test_the_whole_of_a_known_server_is_known(tmp_path: Path) -> None:
    ran = run_suite(tmp_path, "--like=community-server", f"--known={NAME}", "--breadth=documented")
    new = [
        (row["id"], case["message"], case["id"])
        for row in ran.results["requirements"]
        for case in row["cases"]
        if case["outcome"] == "failed" and row["level"] == "MUST" and "known" not in case
    ]
    assert new == [], new
    assert ran.code == 0, ran.out
