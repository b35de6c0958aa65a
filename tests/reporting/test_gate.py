"""Waivers, baselines and the gate: what they excuse, what they refuse, and what is said about it."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from workspace_conformance.contract import requirements
from workspace_conformance.exchange.outcomes import Outcome, Reason
from workspace_conformance.verdict import baseline as baselines
from workspace_conformance.verdict import waivers
from workspace_conformance.verdict.baseline import Baseline, BaselineError, Changes
from workspace_conformance.verdict.gate import Decision, Gate, decide, is_waived
from workspace_conformance.verdict.verdicts import CaseResult, Exit, judge_all, judge_target
from workspace_conformance.verdict.waivers import Waiver, WaiverError

from . import samples
from .samples import all_passed, case, data_of, result

TODAY = datetime.date(2026, 6, 1)
GOOD = {
    "requirement": '"FMT-3"',
    "reason": '"known"',
    "owner": '"ann"',
    "expires": "2026-12-31",
}


def toml(*tables: dict[str, str]) -> str:
    """A file of waivers."""
    return "\n".join(
        "\n".join(["[[waiver]]", *(f"{name} = {value}" for name, value in table.items())])
        for table in tables
    )


def load(folder: Path, text: str | bytes) -> tuple[Waiver, ...]:
    file = folder / "waivers.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return waivers.load(file, requirements.load(), TODAY)


# --- files of waivers -----------------------------------------------------------------------------


def test_a_good_file(tmp_path: Path) -> None:
    narrow = {
        **GOOD,
        "method": '"DELETE"',
        "format": '""',
        "resource": '"post"',
        "link": '"https://tracker.example.com/1"',
    }
    one, two = load(tmp_path, toml(GOOD, narrow))
    assert one == Waiver("FMT-3", "known", datetime.date(2026, 12, 31), owner="ann")
    assert one.name == "FMT-3"
    assert two.name == "FMT-3 (method DELETE, format none, resource post)"
    assert two.data()["link"] == "https://tracker.example.com/1"


def test_a_file_without_waivers_waives_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, "# none any more\n") == ()


def test_a_waiver_holds_on_its_last_day(tmp_path: Path) -> None:
    assert load(tmp_path, toml({**GOOD, "expires": "2026-06-01"}))


def without(name: str) -> str:
    return toml({key: value for key, value in GOOD.items() if key != name})


BAD: list[tuple[str, str | bytes, str]] = [
    ("not TOML", "[[waiver", "is not TOML"),
    ("nested too deeply", "a = " + "[" * 100_000, "is not TOML"),
    ("a number of many digits", "a = " + "9" * 5_000, "is not TOML"),
    ("not UTF-8", b"\xff\xfe[[waiver]]", "is not UTF-8 text"),
    ("another table", "[[waivers]]\n", "'waivers' is not known; write each waiver as [[waiver]]"),
    ("one bracket", "[waiver]\n", "with two brackets"),
    ("a number", "waiver = 3", "with two brackets"),
    ("no table", "waiver = [3]", "waiver 1: is not a table"),
    ("an unknown field", toml({**GOOD, "until": '"x"'}), "'until' is not known; there are"),
    ("no requirement", without("requirement"), "waiver 1: requirement is missing"),
    ("no reason", without("reason"), "reason is missing"),
    ("no date", without("expires"), "expires is missing"),
    ("nobody", without("owner"), "owner or link is missing: say who answers for it"),
    ("no such requirement", toml({**GOOD, "requirement": '"FMT-99"'}), "no requirement 'FMT-99'"),
    ("a section", toml({**GOOD, "requirement": '"FMT"'}), "no requirement 'FMT'"),
    ("a list", toml({**GOOD, "requirement": '["FMT-3"]'}), "requirement must be a text"),
    ("an empty reason", toml({**GOOD, "reason": '"  "'}), "reason is empty"),
    ("an unshowable reason", toml({**GOOD, "reason": r'"a\u001b[31m"'}), "cannot be shown"),
    ("no format", toml({**GOOD, "format": '"yaml"'}), 'format must be "json", "xml", or ""'),
    ("a method in small letters", toml({**GOOD, "method": '"put"'}), "as it is sent: 'PUT'"),
    ("no link", toml({**GOOD, "link": '"TRACKER-1"'}), "link must be a URL"),
    ("a date in quotes", toml({**GOOD, "expires": '"2026-12-31"'}), "as a date without quotes"),
    ("a date and time", toml({**GOOD, "expires": "2026-12-31T00:00:00Z"}), "without quotes"),
    ("no date at all", toml({**GOOD, "expires": "12"}), "without quotes"),
    (
        "expired",
        toml({**GOOD, "expires": "2026-05-31"}),
        "has expired on 2026-05-31: remove it, or",
    ),
    ("twice", toml(GOOD, {**GOOD, "reason": '"other"'}), "FMT-3 is waived twice"),
    ("the second is bad", toml(GOOD, {}), "waiver 2: requirement is missing"),
    ("too large", b"#" * 1_100_000, "too large"),
]


@pytest.mark.parametrize(("text", "said"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_file_is_told_in_one_sentence(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(WaiverError) as raised:
        load(tmp_path, text)
    words = str(raised.value)
    assert said in words
    assert words.startswith(str(tmp_path / "waivers.toml"))
    assert "\n" not in words


@pytest.mark.parametrize("reader", ["waivers", "baseline"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, reader: str) -> None:
    for file in (tmp_path / "missing", tmp_path):
        with pytest.raises((WaiverError, BaselineError)) as raised:
            if reader == "waivers":
                waivers.load(file, requirements.load(), TODAY)
            else:
                baselines.load(file)
        assert "cannot be read" in str(raised.value)


# --- baselines ------------------------------------------------------------------------------------


def baseline_of(folder: Path, cases: Iterable[CaseResult], **changes: Any) -> Baseline:
    file = folder / "results.json"
    file.write_text(json.dumps({**data_of(result(cases)), **changes}), encoding="utf-8")
    return baselines.load(file)


def test_a_result_is_a_baseline(tmp_path: Path) -> None:
    found = baseline_of(tmp_path, all_passed().values(), unheard_of=1)
    assert found.target == samples.URL
    assert len(found.outcomes) == 61
    assert set(found.outcomes.values()) == {Outcome.PASSED}


NO_BASELINES: list[tuple[str, bytes, str]] = [
    ("empty", b"", "is not JSON"),
    ("cut off", b'{"schema": 1, "suite"', "is not JSON"),
    ("nested too deeply", b"[" * 200_000, "is not JSON"),
    ("not UTF-8", b"\xff\xfe{}", "is not UTF-8 text"),
    ("another document", b'{"log": {"version": "1.2"}}', "is no results.json: at its top"),
    ("a list", b"[]", "is no results.json: at its top"),
    ("a later schema", b'{"schema": 2}', "has schema 2; this version of the suite reads schema 1"),
    ("a strange schema", b'{"schema": "\\u001b[31m"}', 'has schema "\\x1b[31m"'),
]


@pytest.mark.parametrize(
    ("text", "said"), [row[1:] for row in NO_BASELINES], ids=[row[0] for row in NO_BASELINES]
)
def test_what_is_no_result_is_told_in_one_sentence(tmp_path: Path, text: bytes, said: str) -> None:
    file = tmp_path / "results.json"
    file.write_bytes(text)
    with pytest.raises(BaselineError) as raised:
        baselines.load(file)
    assert said in str(raised.value)
    assert str(raised.value).isprintable()


def test_a_damaged_result_is_told_with_its_place(tmp_path: Path) -> None:
    data = data_of(result(all_passed().values()))
    data["requirements"][3]["cases"][0]["outcome"] = "fine"
    file = tmp_path / "results.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(BaselineError, match="at requirements/3/cases/0/outcome"):
        baselines.load(file)


def test_a_result_of_no_time_is_no_baseline(tmp_path: Path) -> None:
    data = data_of(result(all_passed().values())) | {"finished": "2026-99-99T00:00:00Z"}
    file = tmp_path / "results.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(BaselineError, match="finished is 2026-99-99"):
        baselines.load(file)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    with file.open("wb") as out:
        os.truncate(out.fileno(), 65 * 1024 * 1024)
    with pytest.raises(BaselineError, match="too large"):
        baselines.load(file)


def test_changes_are_told_by_case(tmp_path: Path) -> None:
    before = all_passed()
    before["FMT-1"] = case("FMT-1", Outcome.FAILED)
    before["FMT-2"] = case("FMT-2", Outcome.UNTESTED, reason=Reason.THROTTLED, message="m")
    del before["FMT-4"], before["FMT-5"], before["FMT-6"]
    now = all_passed()
    now["FMT-3"] = case("FMT-3", Outcome.FAILED)
    now["FMT-5"] = case("FMT-5", Outcome.FAILED)
    now["FMT-6"] = case("FMT-6", Outcome.UNTESTED, reason=Reason.THROTTLED, message="m")
    now["FMT-7"] = case("FMT-7", Outcome.UNTESTED, reason=Reason.THROTTLED, message="m")
    changes = baselines.compare(baseline_of(tmp_path, before.values()), now.values())
    assert changes == Changes(
        failing=(now["FMT-3"].id, now["FMT-5"].id),
        passing=(now["FMT-1"].id, now["FMT-2"].id),
        untested=(now["FMT-6"].id, now["FMT-7"].id),
    )


# --- the gate -------------------------------------------------------------------------------------


def decided(cases: Iterable[CaseResult], *waived_by: Waiver, **how: Any) -> Decision:
    judged = judge_all(requirements.load(), cases)
    return decide(judged, judge_target(judged, complete=True), waived_by=waived_by, **how)


def waiver(requirement: str, **narrow: str) -> Waiver:
    return Waiver(requirement, "known", TODAY, owner="ann", **narrow)


def failing(*names: str) -> list[CaseResult]:
    failed = [case(name, Outcome.FAILED, "x", method="PUT", message="seen") for name in names]
    return [*all_passed().values(), *failed]


def test_without_waivers_and_baseline_the_gate_has_nothing_to_say() -> None:
    assert decided(all_passed().values()) == Decision(Exit.OK)
    assert decided(failing("FMT-1")) == Decision(Exit.VIOLATED)


def untested(*names: str) -> list[CaseResult]:
    out = [
        case(name, Outcome.UNTESTED, "x", reason=Reason.NO_CONSENT, message="m") for name in names
    ]
    return [*(one for one in all_passed().values() if one.requirement not in names), *out]


def test_the_gate_says_why_it_failed() -> None:
    decision = decided(failing("AUTH-6", "FMT-12"), strict=True)
    assert (decision.exit_code, decision.words) == (1, "Gate failed: --strict: AUTH-6, FMT-12")
    decision = decided(untested("FMT-1", "FMT-2"), certify=True)
    assert (decision.exit_code, decision.words) == (6, "Gate failed: --certify: 2 MUST untested")
    decision = decided([*untested("FMT-2"), *failing("FMT-1")[-1:]], certify=True)
    assert decision.words == "Gate failed: --certify: 1 MUST violated, 1 MUST untested"
    decision = decided(failing("FMT-1", "AUTH-6"), waiver("FMT-2"), strict=True)
    assert decision.words == (
        "Gate failed: violations that are not waived of FMT-1; --strict: AUTH-6"
    )


def test_a_certificate_says_that_waivers_excuse_nothing() -> None:
    decision = decided(failing("FMT-1"), waiver("FMT-1"), certify=True)
    assert decision.words == (
        "Gate failed: --certify: 1 MUST violated. "
        "--certify excuses nothing: the waivers have no effect"
    )


def test_a_run_that_proves_too_little_fails() -> None:
    musts = [row.id for row in requirements.load().requirements.values() if row.level == "MUST"]
    half = untested(*musts[: len(musts) // 2])
    assert decided(half).exit_code == Exit.OK
    assert decided(half, min_judged=50).exit_code == Exit.OK
    decision = decided(half, min_judged=60)
    assert decision.exit_code == Exit.NOT_JUDGED
    whole = len(musts) - len(musts) // 2
    assert decision.words == (
        f"Gate failed: --min-judged 60%: {whole} of {len(musts)} MUST judged whole"
    )
    assert decided(all_passed().values(), min_judged=100).exit_code == Exit.OK
    assert decided([*half, *failing("FMT-1")[-1:]], min_judged=90).exit_code == Exit.VIOLATED


def test_a_waived_violation_passes_the_gate_and_stays_a_violation() -> None:
    cases = failing("FMT-1", "FMT-2")
    decision = decided(cases, waiver("FMT-1"), waiver("FMT-2", method="PUT"))
    assert decision.exit_code == Exit.OK
    assert decision.words == "Gate passed with 2 waivers"
    assert set(decision.waived) == {cases[-1].id, cases[-2].id}
    judged = judge_all(requirements.load(), cases)
    assert judge_target(judged, complete=True) == "non-conformant"
    assert [row.requirement.id for row in judged if is_waived(row, decision)] == ["FMT-1", "FMT-2"]


@pytest.mark.parametrize("narrow", [{"method": "GET"}, {"format": "xml"}, {"resource": "group"}])
def test_a_waiver_excuses_no_other_cases(narrow: dict[str, str]) -> None:
    other = case("FMT-1", Outcome.FAILED, "other", method="PUT", message="seen")
    covered = case("FMT-1", Outcome.FAILED, "covered", method="GET", fmt="xml", resource="group")
    decision = decided([covered, other], waiver("FMT-1", **narrow))
    assert decision.exit_code == Exit.VIOLATED
    assert set(decision.waived) == {covered.id}
    assert decision.words == "Gate failed: violations that are not waived of FMT-1"
    (row,) = (row for row in judge_all(requirements.load(), [covered, other]) if row.cases)
    assert not is_waived(row, decision)


def test_a_waiver_makes_no_certificate() -> None:
    decision = decided(failing("FMT-1"), waiver("FMT-1"), certify=True)
    assert decision.exit_code == Exit.VIOLATED
    assert decision.waived


def test_a_waiver_that_nothing_violates_fails_the_gate() -> None:
    decision = decided(failing("FMT-1"), waiver("FMT-1"), waiver("FMT-2"))
    assert decision.exit_code == Exit.USAGE
    assert decision.words == (
        "Gate failed: the waiver of FMT-2 is no longer needed, all its cases pass: remove it"
    )


def test_a_waiver_about_no_case_fails_the_gate() -> None:
    decision = decided(failing("FMT-1"), waiver("FMT-1"), waiver("FMT-2", resource="wiki"))
    assert decision.exit_code == Exit.USAGE
    assert "the waiver of FMT-2 (resource wiki) is about no case of the suite" in decision.words


def test_what_was_not_tested_in_full_makes_no_waiver_needless() -> None:
    skipped = case("FMT-2", Outcome.UNTESTED, "x", reason=Reason.NO_CONSENT, message="m")
    cases = [*all_passed().values(), skipped]
    assert decided(cases, waiver("FMT-2")).exit_code == Exit.OK
    assert decided(all_passed().values(), waiver("FMT-2"), whole=False).exit_code == Exit.OK


def test_a_violation_outranks_a_needless_waiver() -> None:
    assert decided(failing("FMT-1"), waiver("FMT-2")).exit_code == Exit.VIOLATED


def test_only_new_failures_fail_the_gate_of_regressions(tmp_path: Path) -> None:
    known = baseline_of(tmp_path, failing("FMT-1", "FMT-8"))
    how = {"baseline": known, "gate": Gate.REGRESSIONS}
    same = decided(failing("FMT-1", "FMT-8"), **how)
    assert same.exit_code == Exit.OK
    assert same.words == "Gate passed with 2 failing cases that the baseline has too"
    more = decided(failing("FMT-1", "FMT-2"), **how)
    assert more.exit_code == Exit.VIOLATED
    assert more.words == "Gate failed: new violations of FMT-2"
    assert decided(failing("FMT-1", "FMT-12"), **how).exit_code == Exit.OK, "a SHOULD"
    assert decided(failing("FMT-1", "FMT-12"), strict=True, **how).exit_code == Exit.VIOLATED
    waived = decided(failing("FMT-1", "FMT-2"), waiver("FMT-2"), **how)
    assert waived.words == (
        "Gate passed with 1 waiver and with 1 failing cases that the baseline has too"
    )


def test_another_case_of_a_known_requirement_is_new(tmp_path: Path) -> None:
    known = baseline_of(tmp_path, failing("FMT-1"))
    cases = [*failing("FMT-1"), case("FMT-1", Outcome.FAILED, "another")]
    assert decided(cases, baseline=known, gate=Gate.REGRESSIONS).exit_code == Exit.VIOLATED


def test_a_baseline_alone_excuses_nothing(tmp_path: Path) -> None:
    known = baseline_of(tmp_path, failing("FMT-1"))
    decision = decided(failing("FMT-1"), baseline=known)
    assert decision.exit_code == Exit.VIOLATED
    assert decision.changes == Changes()


def test_what_could_not_be_judged_does_not_pass(tmp_path: Path) -> None:
    known = baseline_of(tmp_path, all_passed().values())
    gone = [
        case(name, Outcome.UNTESTED, reason=Reason.UNREACHABLE, message="m")
        for name in requirements.load().requirements
    ]
    decision = decided(gone, baseline=known, gate=Gate.REGRESSIONS, ended=Exit.NOT_JUDGED)
    assert decision.exit_code == Exit.NOT_JUDGED
    assert decision.words == "Gate failed: the target could not be judged (exit code 6)"
    cut = decided(failing("FMT-1"), waiver("FMT-1"), whole=False, ended=Exit.INTERRUPTED)
    assert cut.words == "Gate failed: the run was interrupted (exit code 2)"
