"""The script of a finding shows it at the portal that was judged, and not at one that is right; and
it leaves both as they were.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.reporting import scripts
from tests.support import observed_portal, run_suite
from workspace_conformance.reference import Options
from workspace_conformance.reference.faults import FAULTS, Fault
from workspace_conformance.reporting import same_answer

SEED, DRAWN = 20260, 40
QUICK = ("update-not-kept", "xml-drops-title")

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def check(folder: Path, fault: Fault) -> int:
    """Every script of a fault does what it says; how many there are, or a reason why none is."""
    ran = scripts.judged(folder, fault.name, fault.requirement)
    assert ran.requirement(fault.requirement)["verdict"] == "failed", ran.out
    tried = scripts.run_all(ran, fault.name)
    for one in tried:
        assert one.faulty == 1, f"{fault.name}, {one.name}\n{one.said}"
        assert one.right == 0, f"{fault.name}, {one.name}\n{one.said}"
        assert "Not seen:" in one.said
        assert f"The violation is seen: {fault.requirement}: " in one.said
        # Where reading itself changes a record, so does the script.
        assert not any(one.left) or fault.requirement == "REST-4", f"{fault.name}, {one.name}"
    assert tried or all(scripts.why_none(ran)), fault.name
    return len(tried)


@pytest.mark.parametrize("name", QUICK)
def test_a_script_shows_a_fault_and_acquits_the_right_portal(tmp_path: Path, name: str) -> None:
    (fault,) = [one for one in FAULTS if one.name == name]
    assert check(tmp_path, fault) > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    random.Random(SEED).sample(
        [one for one in FAULTS if not one.requirement.startswith("RATE")], DRAWN
    ),
    ids=lambda fault: fault.name,
)
def test_the_scripts_of_drawn_faults(tmp_path: Path, fault: Fault) -> None:
    check(tmp_path, fault)


def test_a_script_logs_in_where_it_has_no_token_and_names_what_it_lacks(tmp_path: Path) -> None:
    ran = scripts.judged(tmp_path, "default-json", "FMT-3")
    (script,) = (tmp_path / "reproduce").glob("*.sh")
    page = (tmp_path / "reproduce" / "README.md").read_text("utf-8")
    assert f"`sh {script.name}`" in page
    assert [case["reproduce"] for case in ran.cases() if "reproduce" in case] == [
        {"script": f"reproduce/{script.name}"}
    ]
    with observed_portal(Options(rate=None, faults=("default-json",))) as portal:
        code, said = scripts.run_one(script, portal, WORKSPACE_TOKEN="")
        assert code == 1, said
        assert "0. POST /api/2.0/authentication" in said
        code, said = scripts.run_one(script, portal, WORKSPACE_TOKEN="", WORKSPACE_USERNAME="")
        assert code == 2
        assert "Could not be tried: set WORKSPACE_TOKEN" in said
    text = script.read_text("utf-8")
    assert portal.credentials.token not in text
    code, said = scripts.run_one(script, portal)
    assert code == 2
    assert "nothing answers" in said


def test_a_burst_has_no_script_and_the_reason_is_told(tmp_path: Path) -> None:
    ran = run_suite(tmp_path, "--fault=excess-429", "--requirement=RATE-2", "--rate-limit=30/1s")
    assert not list((tmp_path / "reproduce").glob("*.sh"))
    assert any("burst" in why for why in scripts.why_none(ran))


def test_checksums_are_those_of_cksum() -> None:
    assert same_answer.checksum(b"") == 4294967295
    assert same_answer.checksum(b"123456789") == 930766865


def test_what_differs_from_time_to_time_is_evened_out() -> None:
    one = b'{"id": "a-1", "at": "2024-01-02T03:04:05.1200000+03:00", "of": "http://a:1/x"}\n'
    two = b'{"id": "b-2", "at": "2025-11-12T13:14:15.9876543+03:00", "of": "https://b/x"}'
    assert same_answer.even(one, ["a-1"]) == same_answer.even(two, ["b-2"])
    assert same_answer.even(one, []) != same_answer.even(two, [])
    shorter = one.replace(b".1200000", b"")
    assert same_answer.even(one, []) != same_answer.even(shorter, [])
