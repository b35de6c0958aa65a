"""Every report of a conformant run, a failing one, and one cut off by Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.reporting.test_certificate import keys, payload, verify
from tests.support import ROOT, Ran, command, environment, run_suite
from workspace_conformance.reporting.compare import main as compare
from workspace_conformance.verdict.verdicts import Exit

ENDS = {
    "conformant": (0, "conformant", "PASSED"),
    "failing": (1, "non-conformant", "FAILED"),
    "cut off": (2, "incomplete", "WARNED"),
}
LARGEST = 3_000_000  # bytes of report.html


@dataclass(frozen=True, slots=True)
class Reports:
    """A run in a pipeline, how it ended, and where what it wrote lies."""

    kind: str
    ran: Ran
    folder: Path
    public: Path

    @property
    def verdict(self) -> str:
        return ENDS[self.kind][1]

    @property
    def result(self) -> str:
        return ENDS[self.kind][2]

    def text(self, name: str) -> str:
        """A report's text."""
        return (self.ran.folder / name).read_text("utf-8")

    def failed(self) -> list[dict[str, Any]]:
        """The cases that failed."""
        return [case for case in self.ran.cases() if case["outcome"] == "failed"]


@pytest.fixture(scope="module", params=list(ENDS))
def reports(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Reports:
    folder = tmp_path_factory.mktemp("reports")
    private, public = keys(folder)
    given = [f"--sign={private}", f"--junitxml={folder / 'junit.xml'}", "--id-examples=3"]
    env = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(folder / "step.md"),
        "GITLAB_CI": "true",
    }
    kind: str = request.param
    if kind == "cut off":
        ran = cut_off(folder / "out", *given, env=env)
    else:
        quick = [
            "--rate-limit=300/3s",
            "--pace=290",
            *(["--fault=json-as-html"] if kind == "failing" else []),
        ]
        ran = run_suite(folder / "out", *given, *quick, env=env)
    assert ran.code == ENDS[kind][0], ran.out[-3000:]
    return Reports(kind, ran, folder, public)


def cut_off(folder: Path, *given: str, env: dict[str, str]) -> Ran:
    """A run that Ctrl-C ends after some cases have passed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    out = folder.parent / "out.txt"
    with out.open("wb") as stream:
        process = subprocess.Popen(
            command(folder, *given, "--latency-ms=100", "--overlap=2", "-v"),
            cwd=ROOT,
            env=environment(PYTHONUNBUFFERED="1", **env),
            stdout=stream,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        while out.read_bytes().count(b"PASSED") < 40:
            assert process.poll() is None, out.read_text("utf-8", "replace")
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
    return Ran(code, out.read_text("utf-8", "replace"), folder)


def test_none_is_missing_and_none_is_half(reports: Reports) -> None:
    written = {file.name for file in reports.ran.folder.iterdir()}
    assert written == {
        "results.json",
        "report.html",
        "summary.md",
        "exchanges.har",
        "certificate.json",
        "badge.json",
        "gl-code-quality-report.json",
        *(["reproduce"] if reports.kind == "failing" else []),
    }


def test_the_result_is_as_its_schema_says(reports: Reports) -> None:
    schema = json.loads((ROOT / "schemas" / "results.schema.json").read_text("utf-8"))
    jsonschema_rs.validator_for(schema).validate(reports.ran.results)
    assert reports.ran.results["verdict"] == reports.verdict
    assert reports.ran.results["interrupted"] is (reports.kind == "cut off")


def test_the_page_and_the_summary_say_the_verdict(reports: Reports) -> None:
    page = reports.text("report.html")
    assert page.rstrip().endswith("</html>")
    assert len(page.encode()) < LARGEST
    assert f"<strong>{reports.verdict.capitalize()}</strong>" in page
    assert f"Workspace API conformance: {reports.verdict}" in reports.text("summary.md")
    assert (reports.folder / "step.md").read_text("utf-8") == reports.text("summary.md")
    assert json.loads(reports.text("badge.json"))["message"].startswith(reports.verdict)


def test_what_pipelines_read_names_what_failed(reports: Reports) -> None:
    entries = json.loads(reports.text("gl-code-quality-report.json"))
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    assert bool(entries) == bool(reports.failed())
    assert len(entries) <= len(reports.failed())  # one for each requirement, method and address
    named = {line.split("title=")[1].split(" ")[0] for line in _commands(reports.ran.out)}
    rows = reports.ran.results["requirements"]
    assert named == {row["id"] for row in rows if row["verdict"] == "failed"}
    assert named == {entry["description"].partition(" ")[0] for entry in entries}
    suites = ET.parse(reports.folder / "junit.xml").getroot()
    (suite,) = suites.findall("testsuite")
    assert int(suite.attrib["failures"]) == len(reports.failed())
    for case in suite.findall("testcase"):
        properties = {it.attrib["name"] for it in case.iter("property")}
        assert {"requirement", "level", "section", "reason"} <= properties


def _commands(out: str) -> list[str]:
    return [
        line for line in out.splitlines() if line.lstrip().startswith(("::error ", "::warning "))
    ]


def test_the_archive_holds_what_the_result_points_to(reports: Reports) -> None:
    """HAR 1.2: every member that the format demands is there."""
    log = json.loads(reports.text("exchanges.har"))["log"]
    assert log["version"] == "1.2"
    assert log["creator"]["name"] == "workspace-conformance"
    numbers = set()
    for entry in log["entries"]:
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
        assert {"method", "url", "httpVersion", "cookies", "headers", "queryString"} <= set(
            entry["request"]
        )
        assert {"status", "statusText", "httpVersion", "cookies", "headers", "content"} <= set(
            entry["response"]
        )
        assert {"send", "wait", "receive"} <= set(entry["timings"])
        numbers.add(entry["_workspace"]["number"])
    assert {n for case in reports.ran.cases() for n in case["exchanges"]} <= numbers


def test_the_certificate_says_so_and_holds(reports: Reports) -> None:
    """Its signature, its digests and, judged again from the archive, its verdicts."""
    assert payload(reports.ran)["predicate"]["result"] == reports.result
    assert verify(reports.ran, reports.public) == 0


def test_it_stands_in_a_matrix(reports: Reports, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare([f"it={reports.ran.folder / 'results.json'}"]) == 0
    assert reports.verdict in capsys.readouterr().out


def test_a_report_that_cannot_be_written_is_named_and_the_others_are_there(tmp_path: Path) -> None:
    """Where a folder has its name, say: the verdict stands all the same, and the run is no success."""
    (tmp_path / "report.html").mkdir()
    (tmp_path / "report.html" / "mine.txt").write_text("kept", "utf-8")
    ran = run_suite(tmp_path, "--requirement=DATE-1")
    assert ran.code == Exit.INTERNAL_ERROR
    (told,) = [line for line in ran.out.splitlines() if line.startswith("Not written: ")]
    assert told.startswith("Not written: report.html: ")
    assert "Verdict: incomplete" in ran.out
    assert ran.results["verdict"] == "incomplete"
    assert ran.results["evidence"]["file"] == "exchanges.har"
    assert {file.name for file in tmp_path.iterdir()} >= {"summary.md", "badge.json"}
    assert not list(tmp_path.glob("*.tmp"))
    assert (tmp_path / "report.html" / "mine.txt").exists()
