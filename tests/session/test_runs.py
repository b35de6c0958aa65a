"""Whole runs of the real suite, as a user starts them: how they end, and what they leave."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import (
    PASSWORD,
    ROOT,
    SECOND_TOKEN,
    TOKEN,
    Observed,
    Ran,
    against,
    command,
    environment,
    free_port,
    no_traceback,
    observed_portal,
    run_suite,
    valid_result,
)
from workspace_conformance.contract.requirements import load
from workspace_conformance.reference import Options
from workspace_conformance.verdict.verdicts import Exit

HARMLESS = {"GET", "HEAD", "OPTIONS"}

BREADTH = ("suites/test_documented_api.py", "suites/test_kinds.py")


def why_left_out(ran: Ran) -> Counter[str]:
    """How many cases were left out for which reason, in the first words of it."""
    return Counter(item["why"].partition(" (")[0] for item in ran.results["left_out"])


def ids(ran: Ran) -> set[str]:
    """The requirements that have cases in the result."""
    return {row["id"] for row in ran.results["requirements"] if row["cases"]}


# --- a run that finds nothing ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def passing(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One requirement, and one section beside it, of the embedded portal."""
    folder = tmp_path_factory.mktemp("passing")
    return run_suite(folder, "--requirement", "FMT-10", "--requirement", "DATE")


def test_nothing_violated_is_0(passing: Ran) -> None:
    data = valid_result(passing)
    assert passing.code == Exit.OK, passing.out
    assert data["verdict"] == "incomplete"
    assert data["target"]["label"] == "embedded portal"
    assert data["counts"]["cases"]["failed"] == 0
    assert data["traffic"]["created"] == data["traffic"]["deleted"] > 0
    assert data["traffic"]["left_behind"] == []
    assert not list(passing.folder.glob("journal-*"))


def test_a_requirement_and_a_section_narrow_the_run(passing: Ran) -> None:
    assert ids(passing) == {"FMT-10", "DATE-1"}
    assert set(why_left_out(passing)) == {"deselected"}
    whole = json.loads((ROOT / "schemas" / "manifest.json").read_text("utf-8"))["cases"]
    whole = [
        case for case in whole if not case.startswith(BREADTH)
    ]  # which --breadth core leaves out
    done = {case["id"] for case in passing.cases()}
    left = {item["id"] for item in passing.results["left_out"]}
    assert done | left == set(whole)
    assert not done & left


def test_the_summary_fits_80_columns_and_ends_with_the_verdict(passing: Ran) -> None:
    summary = passing.summary()
    assert max(map(len, summary)) <= 80
    assert summary[-1].startswith("Verdict: incomplete (no MUST violated, not everything proved),")
    assert passing.out.splitlines()[-2:] == [summary[-1], "  the embedded portal"]
    sections = load().sections
    rows = [line for line in summary if line.split(" ")[0] in sections]
    # Of what was asked for alone the summary speaks.
    assert [line.split()[0] for line in rows] == ["FMT", "DATE"]
    by_section = {line.split()[0]: line[30:].split() for line in rows}
    assert by_section["DATE"] == ["1", ".", ".", ".", ".", ".", ".", "."]
    assert by_section["FMT"] == ["1", ".", ".", ".", ".", ".", ".", "."]
    assert f"Left out: {len(passing.results['left_out'])} cases" in "\n".join(summary)
    traffic = passing.results["traffic"]
    said = " ".join(summary)
    assert f"{traffic['requests']} requests in " in said
    assert f"records: {traffic['created']} created, {traffic['deleted']} deleted, 0 left" in said


# --- violations -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Violated:
    """A run against a faulty portal that is still there, and the JUnit file of the run."""

    ran: Ran
    portal: Observed
    junit: Path


@pytest.fixture(scope="module")
def violated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Violated]:
    """A portal that answers JSON where XML is due, judged by environment variables alone."""
    folder = tmp_path_factory.mktemp("violated")
    junit = folder / "junit.xml"
    with observed_portal(Options(rate=None, faults=("default-json",))) as portal:
        credentials = portal.credentials
        env = against(
            portal,
            WORKSPACE_USERNAME=credentials.username,
            WORKSPACE_PASSWORD=credentials.password,
            WORKSPACE_SECOND_TOKEN=credentials.second_token,
            WORKSPACE_ALLOW_WRITES="1",
        )
        chosen = ("--requirement", "FMT-3", "--requirement", "AUTH-10", "--requirement", "RATE-6")
        ran = run_suite(folder, *chosen, f"--junitxml={junit}", env=env)
        yield Violated(ran, portal, junit)


def test_a_violated_must_is_1(violated: Violated) -> None:
    data = valid_result(violated.ran)
    assert violated.ran.code == Exit.VIOLATED, violated.ran.out
    assert data["verdict"] == "non-conformant"
    assert violated.ran.requirement("FMT-3")["verdict"] == "failed"
    assert violated.ran.requirement("AUTH-10")["verdict"] == "passed"
    assert violated.ran.requirement("RATE-6")["verdict"] == "untested"
    assert data["traffic"]["created"] == data["traffic"]["deleted"] > 0


def test_the_summary_names_what_is_violated_and_what_is_untested(violated: Violated) -> None:
    summary = violated.ran.summary()
    assert summary[-1].startswith("Verdict: non-conformant (1 MUST violated),")
    whole = ("curl -i", str(violated.ran.folder))  # a command and a path are never broken
    long = [line for line in summary if len(line) > 80 and not any(it in line for it in whole)]
    assert long == []
    said = " ".join(line.strip() for line in summary)
    row = violated.ran.requirement("FMT-3")
    assert "FMT-3 MUST, " in said
    assert row["statement"] in said
    assert "came back: 200 OK | application/json; charset=utf-8 | {" in said
    assert "no-consent, 1 case: Give --allow-burst (WORKSPACE_ALLOW_BURST=1)." in said
    assert "RATE-6 (1)" in said


def test_one_block_stands_for_all_cases_of_a_requirement(violated: Violated) -> None:
    """Neither a traceback nor a line for each case: the summary says it once."""
    lines = violated.ran.out.splitlines()
    failed = violated.ran.results["counts"]["cases"]["failed"]
    assert failed > 20
    assert not [line for line in lines if line.startswith(("FAILED", "UNTESTED", "____"))]
    (said,) = [line for line in lines if line.startswith("  violation:")]
    assert f"({failed} cases)" in said
    assert len(lines) < 100
    assert "  reading, formats: 8 failed" in lines


@pytest.mark.parametrize(("given", "listed", "traced"), [("-rf", True, False), ("-v", True, True)])
def test_whoever_asks_gets_pytests_own_lists(
    tmp_path: Path, given: str, listed: bool, traced: bool
) -> None:
    ran = run_suite(tmp_path, "--requirement=FMT-11", "--fault=default-json", "--strict", given)
    assert ("\nFAILED suites/test_formats.py::" in ran.out) is listed
    assert ("= FAILURES =" in ran.out) is traced


def test_the_printed_curl_line_shows_the_same_again(violated: Violated) -> None:
    """Run as it stands, with the token where the README says, against the portal that was judged."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    line = next(line for line in violated.ran.summary() if line.strip().startswith("curl "))
    assert '"Authorization: $WORKSPACE_TOKEN"' in line
    done = subprocess.run(
        ["bash", "-c", line],
        env=environment(**against(violated.portal)),
        capture_output=True,
        timeout=60,
        check=True,
    )
    head, _, body = done.stdout.decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 ")
    assert "application/json" in head
    assert json.loads(body)["status"] == 0


def test_no_secret_is_shown_or_written(violated: Violated) -> None:
    credentials = violated.portal.credentials
    secrets = (credentials.token, credentials.second_token, credentials.password)
    texts = {"the terminal": violated.ran.out}
    for file in violated.ran.folder.rglob("*"):
        if file.is_file():
            texts[file.name] = file.read_text("utf-8", "replace")
    assert {"results.json", "junit.xml"} <= texts.keys()
    found = [name for name, text in texts.items() for secret in secrets if secret in text]
    assert found == []
    assert "[token]" in texts["results.json"]


def test_junit_tells_failures_from_untested_cases(violated: Violated) -> None:
    suite = next(ET.parse(violated.junit).getroot().iter("testsuite"))
    counts = violated.ran.results["counts"]["cases"]
    assert int(suite.get("failures", "")) == counts["failed"] > 0
    assert int(suite.get("skipped", "")) == counts["untested"] > 0
    assert int(suite.get("errors", "")) == 0
    failure = next(suite.iter("failure"))
    assert "FMT-3 (MUST" in (failure.text or "")
    assert "curl -i" in (failure.text or "")


@pytest.mark.parametrize(("strict", "code"), [((), Exit.OK), (("--strict",), Exit.VIOLATED)])
def test_a_violated_should_is_an_advisory(
    tmp_path: Path, strict: tuple[str, ...], code: int
) -> None:
    ran = run_suite(tmp_path, "--requirement", "AUTH-6", "--fault", "no-challenge", *strict)
    assert ran.code == code, ran.out
    data = valid_result(ran)
    assert data["verdict"] == "incomplete"
    assert data["counts"]["requirements"]["SHOULD"]["failed"] == 1
    summary = ran.summary()
    assert "Advisory: violated SHOULD" in summary
    assert summary[-1].endswith("not everything proved, 1 advisory),")
    failed = sum(case["outcome"] == "failed" for case in ran.cases())
    assert failed > 20
    assert (f"{failed} advisory" in ran.out) is not bool(strict)
    assert (f"{failed} failed" in ran.out) is bool(strict)


# --- runs that do not come to their end -----------------------------------------------------------


def test_an_interrupted_run_cleans_up_and_writes_its_result(tmp_path: Path) -> None:
    """Ctrl-C in the middle of the writing checks."""
    with observed_portal(Options(rate=None, latency_ms=30)) as portal:
        before = portal.held()
        out = tmp_path / "out.txt"
        with out.open("wb") as stream:
            process = subprocess.Popen(
                command(tmp_path, "--requirement=STA", "--allow-writes", "--overlap=2"),
                cwd=ROOT,
                env=environment(**against(portal)),
                stdout=stream,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
            until = time.monotonic() + 60
            while sum(method == "POST" for method, _ in portal.asked) < 4:
                assert process.poll() is None, out.read_text()
                assert time.monotonic() < until
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            code = process.wait(60)
        ran = Ran(code, out.read_text("utf-8", "replace"), tmp_path)
        assert code == Exit.INTERRUPTED, ran.out
        assert portal.held() == before
    data = valid_result(ran)
    assert data["verdict"] == "incomplete"
    assert "not run: the run was stopped before" in why_left_out(ran)
    assert data["traffic"]["created"] == data["traffic"]["deleted"] > 0
    assert data["traffic"]["left_behind"] == []
    assert not list(tmp_path.glob("journal-*"))
    assert "Traceback" not in ran.out
    assert ran.summary()[-1].startswith(
        "Verdict: incomplete (interrupted before everything was judged),"
    )


def test_nothing_collected_is_5(tmp_path: Path) -> None:
    ran = run_suite(tmp_path, "-k", "no_such_check")
    assert ran.code == Exit.NOTHING_COLLECTED
    assert not (tmp_path / "results.json").exists()


def test_a_folder_that_cannot_be_written_to_is_4(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = run_suite(tmp_path / "file" / "reports", "--requirement", "DATE-1")
    assert ran.code == Exit.USAGE
    assert "reports cannot be written there" in ran.out
    assert no_traceback(ran.out)


# --- runs that judge nothing ----------------------------------------------------------------------


def not_judged(ran: Ran, *words: str) -> None:
    """The run ended with 6 and one clear message, not with one for every case."""
    assert ran.code == Exit.NOT_JUDGED, ran.out
    data = valid_result(ran)
    assert data["verdict"] == "incomplete"
    assert data["traffic"]["requests"] < 20
    assert {case["outcome"] for case in ran.cases()} == {"untested"}
    said = " ".join(line.strip() for line in ran.out.splitlines())
    for word in words:
        assert said.count(word) == 1, ran.out
    assert no_traceback(ran.out)
    assert len(ran.out.splitlines()) < 50
    assert ran.summary()[-1].startswith("Verdict: incomplete (could not be judged),")


def test_an_unreachable_target_is_6_with_one_message(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    ran = run_suite(tmp_path, env={"WORKSPACE_TARGET": url, "WORKSPACE_TOKEN": TOKEN})
    not_judged(ran, f"the target does not answer: GET {url}/api/2.0/people/@self.json")
    assert {case["reason"] for case in ran.cases()} == {"unreachable"}
    assert ran.results["left_out"] == []


def test_a_rejected_credential_is_6_with_one_message(tmp_path: Path) -> None:
    with observed_portal() as portal:
        ran = run_suite(tmp_path, env=against(portal, WORKSPACE_TOKEN=TOKEN))
    not_judged(ran, "the credential was rejected", "check WORKSPACE_TOKEN")
    assert TOKEN not in ran.out
    assert {case["reason"] for case in ran.cases()} == {"setup-failed"}


def test_a_token_that_no_header_can_carry_is_6_with_one_message(tmp_path: Path) -> None:
    with observed_portal(Options(rate=None, faults=("login-token-unsendable",))) as portal:
        env = {
            "WORKSPACE_TARGET": portal.url,
            "WORKSPACE_USERNAME": portal.credentials.username,
            "WORKSPACE_PASSWORD": portal.credentials.password,
        }
        ran = run_suite(tmp_path, env=env)
    not_judged(ran, "the token that the login gave cannot stand in a header", "WORKSPACE_TOKEN")


def test_a_refused_login_is_6_with_one_message(tmp_path: Path) -> None:
    with observed_portal() as portal:
        env = {
            "WORKSPACE_TARGET": portal.url,
            "WORKSPACE_USERNAME": portal.credentials.username,
            "WORKSPACE_PASSWORD": PASSWORD,
        }
        ran = run_suite(tmp_path, env=env)
    not_judged(ran, "the login was refused", "check WORKSPACE_USERNAME and WORKSPACE_PASSWORD")
    assert PASSWORD not in ran.out


def test_when_every_case_is_untested_it_is_6(tmp_path: Path) -> None:
    with observed_portal() as portal:
        ran = run_suite(tmp_path, "--requirement", "STA-2", env=against(portal))
        assert {method for method, _ in portal.asked} <= HARMLESS
    assert ran.code == Exit.NOT_JUDGED, ran.out
    assert {case["reason"] for case in ran.cases()} == {"no-consent"}
    assert valid_result(ran)["verdict"] == "incomplete"
    assert ran.summary()[-1].startswith("Verdict: incomplete (could not be judged),")


# --- runs that leave something out ----------------------------------------------------------------


def test_a_path_and_a_keyword_leave_cases_out(tmp_path: Path) -> None:
    """With --certify the run ends with 6: what was left out may be what is violated."""
    ran = run_suite(tmp_path, "--certify", "-k", "expires", "suites/test_dates.py")
    assert ran.code == Exit.NOT_JUDGED, ran.out
    assert valid_result(ran)["verdict"] == "incomplete"
    left = why_left_out(ran)
    assert left["not collected: a path was given, or the suite was edited"] > 900
    assert left["deselected"] > 0


def test_deselect_and_a_marker_leave_cases_out(tmp_path: Path) -> None:
    one = "suites/test_dates.py::test_when_the_token_expires"
    ran = run_suite(tmp_path, "--requirement=DATE", "-m", "not writes", "--deselect", one)
    assert ran.code == Exit.OK, ran.out
    data = valid_result(ran)
    assert data["verdict"] == "incomplete"
    assert set(why_left_out(ran)) == {"deselected"}
    left = {item["id"] for item in data["left_out"]}
    assert one in left
    assert any(name.startswith("suites/test_dates.py::test_date_times_that_are_w") for name in left)
    assert "Left out: " in ran.out


def test_an_edited_suite_says_so(tmp_path: Path) -> None:
    """A copy of the checkout in which one check was made toothless."""
    copy = tmp_path / "checkout"
    for name in ("suites", "schemas", "workspace_conformance"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "pytest.ini"):
        shutil.copy(ROOT / name, copy / name)
    file = copy / "suites" / "test_dates.py"
    file.write_text(file.read_text("utf-8") + "\n# nothing but a comment\n", encoding="utf-8")
    ran = run_suite(tmp_path / "out", "--requirement", "DATE", cwd=copy)
    data = valid_result(ran)
    assert data["suite"]["edited"] == ["suites/test_dates.py"]
    assert data["verdict"] == "incomplete"
    assert "The suite differs from its release in suites/test_dates.py" in ran.out
    clean = json.loads((ROOT / "schemas" / "manifest.json").read_text("utf-8"))
    assert clean["files"]["suites/test_dates.py"]


def test_the_folder_for_reports_may_stand_anywhere_and_be_written_with_a_space(
    tmp_path: Path,
) -> None:
    """pytest looks for its ini file above every argument that exists as a path."""
    folder = tmp_path / "an existing folder"
    folder.mkdir()
    done = subprocess.run(
        [*command(tmp_path)[:-1], "--report-dir", str(folder), "--requirement", "DATE"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    ran = Ran(done.returncode, done.stdout, folder)
    assert ran.code == Exit.OK, ran.out
    assert f"rootdir: {ROOT}" in ran.out
    assert "configfile: pytest.ini" in ran.out
    assert ids(ran) == {"DATE-1"}
    assert valid_result(ran)["suite"]["edited"] == []


# --- runs that must not touch the target ----------------------------------------------------------


def test_a_plan_sends_nothing(tmp_path: Path) -> None:
    with observed_portal() as portal:
        env = against(portal)
        ran = run_suite(tmp_path, "--plan", env=env)
        writing = run_suite(tmp_path, "--plan", "--requirement=STA-2", "--allow-writes", env=env)
        assert portal.asked == []
    assert ran.code == Exit.OK, ran.out
    said = " ".join(ran.out.split())
    assert "nothing was sent to make this plan" in said
    assert " cases, about " in said
    assert "requests: " in said
    assert "writes: none" in said
    assert "left out, no-consent: would write on the target; give --allow-writes" in said
    assert "left out, no-credential: " in said
    assert "REST-5 (" in said
    assert "Verdict" not in said
    assert not list(tmp_path.iterdir())
    assert writing.code == Exit.OK
    assert "requests that change something; makes and removes up to" in " ".join(
        writing.out.split()
    )
    for text in (ran.out, writing.out):
        plan = text[text.index(" plan ===") :].splitlines()[1:]
        assert max(map(len, plan)) <= 80


def test_collecting_sends_nothing(tmp_path: Path) -> None:
    with observed_portal() as portal:
        ran = run_suite(tmp_path, "--collect-only", "-q", env=against(portal))
        assert portal.asked == []
    assert ran.code == Exit.OK
    assert "suites/test_dates.py::" in ran.out
    assert not list(tmp_path.iterdir())


def test_without_consent_the_whole_suite_only_reads(tmp_path: Path) -> None:
    """As a new user starts it: --target and a token, nothing else."""
    with observed_portal() as portal:
        before = portal.held()
        ran = run_suite(tmp_path, env=against(portal))
        assert portal.held() == before
        methods = Counter(method for method, _ in portal.asked)
    data = valid_result(ran)
    assert ran.code == Exit.OK, ran.out
    assert data["verdict"] == "incomplete"
    assert data["left_out"] == []
    assert data["counts"]["cases"]["failed"] == 0
    assert methods.keys() <= HARMLESS
    assert sum(methods.values()) == data["traffic"]["requests"] > 300
    reasons = Counter(case["reason"] for case in ran.cases() if case["outcome"] == "untested")
    assert reasons.keys() == {"no-consent", "no-credential"}
    # How little that proves, and what would prove more, stands where everybody looks.
    last = " ".join(ran.out.splitlines()[-4:])
    assert re.search(
        r"\d+ of \d+ MUST requirements were judged whole. To judge more, .*"
        r"--allow-writes: \+\d+ MUST.*--allow-burst: \+\d+ MUST",
        last,
    ), last
    assert ran.out.splitlines()[-1].endswith(f"target {portal.url}")
    # What the contract says that a requirement needs is what its cases then were without.
    for row in data["requirements"]:
        lacking = {case["reason"] for case in row["cases"]} - {None}
        if not row["id"].startswith("RATE-"):
            needed = {"writes": "no-consent", "password": "no-credential"}
            assert {needed[need] for need in row["needs"]} == lacking, row["id"]


def test_login_gives_the_token_where_none_is_given(tmp_path: Path) -> None:
    with observed_portal() as portal:
        env = {
            "WORKSPACE_TARGET": portal.url,
            "WORKSPACE_USERNAME": portal.credentials.username,
            "WORKSPACE_PASSWORD": portal.credentials.password,
        }
        chosen = ("--requirement", "AUTH-10", "--requirement", "AUTH-11", "--requirement", "STA-1")
        ran = run_suite(tmp_path, *chosen, env=env)
        writing = {asked for asked in portal.asked if asked[0] not in HARMLESS}
        assert portal.asked[0] == ("POST", "/api/2.0/authentication.json")
    assert ran.code == Exit.OK, ran.out
    assert {path.partition(".j")[0].partition(".x")[0] for _, path in writing} == {
        "/api/2.0/authentication"
    }
    assert {method for method, _ in writing} == {"POST"}
    assert ran.requirement("AUTH-10")["verdict"] == "passed"
    assert ran.requirement("AUTH-11")["verdict"] == "partial"  # writes were not allowed
    assert ran.requirement("STA-1")["verdict"] in ("passed", "partial")
    assert portal.credentials.password not in ran.out + (tmp_path / "results.json").read_text()
    valid_result(ran)


def test_the_secrets_of_these_tests_are_not_alike() -> None:
    assert len({TOKEN, SECOND_TOKEN, PASSWORD}) == 3


# --- what a run says meanwhile --------------------------------------------------------------------


def test_verbose_names_requirement_and_sentence(tmp_path: Path) -> None:
    """Once each, before its first case; nothing of the kind without -v."""
    asked = ("--requirement=FMT-9", "--requirement=FMT-10")
    statements = [load().requirements[name].statement for name in ("FMT-9", "FMT-10")]
    ran = run_suite(tmp_path, "-v", *asked)
    lines = ran.out.splitlines()
    first = lines.index("FMT-9 (MUST; Basic concepts, Making requests)")
    assert lines[first + 1 : first + 4] == [f"  {statements[0]}", "", lines[first + 3]]
    assert "::test_suffix_works_with_any_query[" in lines[first + 3]
    progress = " ".join(ran.out.partition("= conformance =")[0].split())
    assert all(progress.count(statement) == 1 for statement in statements)
    quiet = run_suite(tmp_path, *asked).out.partition("= conformance =")[0]
    assert "(MUST; " not in quiet
