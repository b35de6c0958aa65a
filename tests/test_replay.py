"""A recorded run judged again: the same verdicts case by case, and nothing is sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import PASSWORD, Ran, no_traceback, observed_portal, run_suite
from workspace_conformance.reference.faults import find

# Faults of every kind of check: what is read, written, drawn, derived; refused credentials; the burst.
FAULTS = ("update-not-kept", "credential-truncated", "xml-not-utf8", "login-token-dead")


def outcomes(ran: Ran) -> dict[str, tuple[str, str | None, str, list[int]]]:
    """What became of each case, why, and the exchanges that it rests on."""
    return {
        case["id"]: (case["outcome"], case["reason"], case["message"], case["exchanges"])
        for case in ran.cases()
    }


def replayed(ran: Ran, folder: Path, *arguments: str) -> Ran:
    """The run judged again from its recording."""
    return run_suite(folder, f"--replay={ran.folder / 'exchanges.har'}", *arguments)


def assert_same(ran: Ran, again: Ran) -> None:
    """Both runs judged every case alike."""
    assert outcomes(again) == outcomes(ran)
    assert again.results["verdict"] == ran.results["verdict"]
    assert again.code == ran.code, again.out
    assert again.results["traffic"]["requests"] == 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A whole run, campaign included, with a short period."""
    return run_suite(tmp_path_factory.mktemp("whole"), "--rate-limit=300/2s", "--id-examples=5")


def test_a_whole_run_is_judged_again(tmp_path: Path, whole: Ran) -> None:
    again = replayed(whole, tmp_path)
    assert_same(whole, again)
    assert again.results["measured"] == whole.results["measured"]
    assert again.results["replayed"]["sha256"] == whole.results["evidence"]["sha256"]
    assert not (tmp_path / "exchanges.har").exists()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_violation_is_found_again(tmp_path: Path, fault: str) -> None:
    name = find(fault).requirement
    ran = run_suite(tmp_path / "ran", f"--fault={fault}", f"--requirement={name}")
    assert ran.requirement(name)["verdict"] == "failed"
    assert_same(ran, replayed(ran, tmp_path / "again"))


def test_numbers_in_the_result_point_into_the_archive(whole: Ran) -> None:
    log = json.loads((whole.folder / "exchanges.har").read_text("utf-8"))["log"]
    numbers = [entry["_workspace"]["number"] for entry in log["entries"]]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert {n for case in whole.cases() for n in case["exchanges"]} <= set(numbers)
    assert 500 < len(numbers) <= whole.results["traffic"]["requests"]


def test_a_changed_exchange_changes_the_verdict_or_breaks_the_digest(
    tmp_path: Path, whole: Ran
) -> None:
    data = json.loads((whole.folder / "exchanges.har").read_text("utf-8"))
    changed = 0
    for entry in data["log"]["entries"]:
        if entry["request"]["url"].endswith("/group.json") and entry["response"]["status"] == 200:
            entry["response"]["status"] = 206
            changed += 1
    assert changed
    file = tmp_path / "changed.har"
    file.write_text(json.dumps(data), "utf-8")
    again = run_suite(tmp_path / "out", f"--replay={file}")
    assert again.requirement("STA-1")["verdict"] == "failed"
    assert again.results["replayed"]["sha256"] != whole.results["evidence"]["sha256"]


def test_nothing_is_sent_and_no_secret_is_in_the_archive(tmp_path: Path) -> None:
    with observed_portal() as portal:
        told = portal.credentials
        given = {
            "WORKSPACE_TARGET": portal.url,
            "WORKSPACE_USERNAME": told.username,
            "WORKSPACE_PASSWORD": told.password,
            "WORKSPACE_ALLOW_WRITES": "1",
        }
        ran = run_suite(tmp_path / "ran", "--requirement=AUTH", env=given)
        asked = len(portal.asked)
        again = replayed(ran, tmp_path / "again")
        assert len(portal.asked) == asked
    assert_same(ran, again)
    text = (ran.folder / "exchanges.har").read_text("utf-8")
    assert told.password not in text
    assert "[password]" in text
    assert again.results["target"] == ran.results["target"]
    assert PASSWORD not in text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe",
        b'{"log":{"entries":[]}}',
        b'{"log":{"entries":[{}],"_workspace":{"format":1,"settings":{}}}}',
        b'{"log":{"entries":[],"_workspace":{"format":99,"settings":{}}}}',
    ],
)
def test_what_is_no_recording_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.har"
    file.write_bytes(content)
    ran = run_suite(tmp_path / "out", f"--replay={file}")
    assert ran.code == 4
    assert no_traceback(ran.out)
    assert f"--replay {file}: " in ran.out


@pytest.mark.parametrize(
    "beside", ["--target=http://127.0.0.1:1", "--fault=xml-not-utf8", "--plan"]
)
def test_a_replay_has_no_other_target(tmp_path: Path, beside: str) -> None:
    ran = run_suite(tmp_path / "out", f"--replay={tmp_path / 'x.har'}", beside)
    assert ran.code == 4
    assert "--replay: leave --" in ran.out
