"""A recorded run judged again: the same verdicts case by case, and nothing is sent."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.support import (
    PASSWORD,
    ROOT,
    Ran,
    environment,
    no_traceback,
    observed_portal,
    run_suite,
)
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


def test_every_url_in_the_archive_is_one(whole: Ran) -> None:
    """Those with a secret in their query too, which HAR's schema would refuse in brackets."""
    log = json.loads((whole.folder / "exchanges.har").read_text("utf-8"))["log"]
    urls = [entry["request"]["url"] for entry in log["entries"]]
    is_url = jsonschema_rs.validator_for({"format": "uri"}, validate_formats=True)
    assert [url for url in urls if not is_url.is_valid(url)] == []
    assert any(url.endswith("?token=%5Btoken%5D") for url in urls)


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
        b'{"log":{"entries":[],"_workspace":{"format":1,"suite":{"version":"0"},"label":"x"}}}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_recording_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.har"
    file.write_bytes(content)
    ran = run_suite(tmp_path / "out", f"--replay={file}")
    assert ran.code == 4
    assert no_traceback(ran.out)
    assert f"--replay {file}: " in ran.out
    assert "not an archive that this suite wrote" in " ".join(ran.out.split())


def test_a_recording_of_another_form_is_called_so(tmp_path: Path) -> None:
    file = tmp_path / "other.har"
    file.write_text('{"log":{"entries":[],"_workspace":{"format":99,"settings":{}}}}')
    ran = run_suite(tmp_path / "out", f"--replay={file}")
    assert ran.code == 4
    assert "written by another version of the suite" in " ".join(ran.out.split())


def changed(ran: Ran, file: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of the run's recording with its log changed."""
    data = json.loads((ran.folder / "exchanges.har").read_text("utf-8"))
    change(data["log"])
    file.write_text(json.dumps(data), "utf-8")
    return file


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda log: log["entries"].pop(7), "is missing: the archive was changed"),
        (lambda log: log["entries"].append(log["entries"][0]), "is missing: the archive was"),
        (lambda log: log["_workspace"]["settings"].pop("seed"), '"seed" is a required property'),
        (lambda log: log["entries"][3]["response"].update(status="200"), "at log/entries/3/"),
    ],
)
def test_a_recording_with_something_amiss_is_refused(
    tmp_path: Path, whole: Ran, change: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    file = changed(whole, tmp_path / "changed.har", change)
    ran = run_suite(tmp_path / "out", f"--replay={file}")
    assert ran.code == 4
    assert no_traceback(ran.out)
    assert sentence in " ".join(ran.out.split())


def test_a_campaign_that_does_not_fit_its_exchanges_is_not_judged(
    tmp_path: Path, whole: Ran
) -> None:
    def change(log: dict[str, Any]) -> None:
        log["_workspace"]["campaign"]["counts"][0].append(99_999)

    file = changed(whole, tmp_path / "changed.har", change)
    ran = run_suite(tmp_path / "out", f"--replay={file}", "--requirement=RATE-2")
    assert ran.code == 6, ran.out
    assert "does not fit its exchanges" in " ".join(ran.out.split())


def test_a_recording_that_lacks_the_first_words_cannot_be_judged(
    tmp_path: Path, whole: Ran
) -> None:
    def change(log: dict[str, Any]) -> None:
        for entry in log["entries"]:
            if "/people/@self" in entry["request"]["url"]:
                entry["request"]["method"] = "OPTIONS"

    file = changed(whole, tmp_path / "changed.har", change)
    ran = run_suite(tmp_path / "out", f"--replay={file}", "--requirement=STA-1")
    assert ran.code == 6, ran.out
    assert no_traceback(ran.out)
    assert "the recording holds no GET" in " ".join(ran.out.split())


@pytest.mark.parametrize("how", ["option", "variable", "another spelling"])
def test_a_replay_leaves_the_evidence_alone(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "reports"
    ran = run_suite(folder, "--requirement=STA-7")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    other = {
        "option": folder,
        "variable": folder,
        "another spelling": folder / "." / ".." / "reports",
    }
    words = [f"--replay={folder / 'exchanges.har'}"]
    env = {"WORKSPACE_REPORT_DIR": str(folder)} if how == "variable" else {}
    if how != "variable":
        words.append(f"--report-dir={other[how]}")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words],
        cwd=ROOT,
        env=environment(**env),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()} == before
    again = Ran(0, "", folder / "replay")
    assert outcomes(again) == outcomes(ran)


def test_a_replay_passes_the_gate_as_a_run_does(tmp_path: Path) -> None:
    ran = run_suite(tmp_path / "ran", "--fault=json-as-html", "--requirement=FMT-1")
    file = tmp_path / "waivers.toml"
    file.write_text(
        '[[waiver]]\nrequirement = "FMT-1"\nreason = "known"\nowner = "ann"\nexpires = 2999-12-31\n'
    )
    assert replayed(ran, tmp_path / "bare").code == 1
    waived = replayed(ran, tmp_path / "waived", f"--waivers={file}")
    assert waived.code == 0, waived.out
    assert waived.results["gate"]["words"] == "Gate passed with 1 waiver"
    known = replayed(
        ran, tmp_path / "known", f"--baseline={ran.folder / 'results.json'}", "--gate=regressions"
    )
    assert known.code == 0, known.out
    assert known.results["changes"]["failing"] == []
    alone = replayed(ran, tmp_path / "alone", "--gate=regressions")
    assert alone.code == 4
    assert "needs --baseline" in alone.out


@pytest.mark.parametrize(
    "beside",
    [
        "--target=http://127.0.0.1:1",
        "--fault=xml-not-utf8",
        "--plan",
        "--sign=key.pem",
        "--subject-digest=sha256:ab",
    ],
)
def test_a_replay_has_no_other_target(tmp_path: Path, beside: str) -> None:
    ran = run_suite(tmp_path / "out", f"--replay={tmp_path / 'x.har'}", beside)
    assert ran.code == 4
    assert "--replay: leave --" in ran.out
