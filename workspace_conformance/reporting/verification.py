"""Checking a certificate against its evidence: signature, digests, and by replay the verdicts."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workspace_conformance.contract.data_files import schema_path
from workspace_conformance.exchange.outcomes import Outcome
from workspace_conformance.exchange.texts import printable
from workspace_conformance.reporting import statement
from workspace_conformance.reporting.certificate import Doubt, opened
from workspace_conformance.settings import profile_of
from workspace_conformance.verdict import known
from workspace_conformance.verdict.verdicts import CaseResult


def verify(certificate: Path, key: Path | None, evidence: Path) -> tuple[dict[str, Any], list[str]]:
    """Check a certificate against its evidence; what it states and the findings that hold, or Doubt
    for one that does not. Runs the suite on the recording, in a process of its own; sends nothing.
    """
    told = opened(certificate.read_bytes().decode("utf-8", "replace"), key)
    held = ["the signature is that of the key"] if key else ["the certificate is not signed"]
    try:
        digests = {each["name"]: each["digest"]["sha256"] for each in _configuration(told)}
        if (told["_type"], told["predicateType"]) != (statement.STATEMENT, statement.PREDICATE):
            raise Doubt(f"it is a {told['predicateType']}, not a test result")
        if _digest(evidence) != digests.get(evidence_name(digests)):
            raise Doubt(
                f"{evidence} is not the evidence that the certificate names, or was changed"
            )
        held.append("the evidence is the one that the certificate names")
        held += _beside(certificate, digests)
        _check_settings(told)
        _check_profile(told)
        again = _replayed(evidence)
        held.append(_by_which_suite(again, digests))
        _check_subject(told["subject"], again["target"])
        _check_verdicts(told["predicate"], again)
        verdict = told["predicate"]["workspaceConformance"]["verdict"]
    except (KeyError, TypeError, AttributeError, ValueError):
        raise Doubt("not a certificate of this suite") from None
    held.append(
        f"judged again from the evidence, every requirement has the same verdict: {verdict}"
    )
    return told, held


def _beside(certificate: Path, digests: Mapping[str, str]) -> list[str]:
    """The result that lies beside a certificate is the one that it names; it may lie there alone."""
    file = certificate.with_name("results.json")
    if not file.is_file():
        return []
    if _digest(file) != digests.get("results.json"):
        raise Doubt(f"{file} is not the result that the certificate names, or was changed")
    return ["results.json beside it is the one that the certificate names"]


def _check_settings(told: Mapping[str, Any]) -> None:
    (settings,) = (each for each in _configuration(told) if each["name"] == "settings")
    if statement.digest_of(settings["annotations"]["values"]) != settings["digest"]["sha256"]:
        raise Doubt("the settings are not those of their digest")


def _check_profile(told: Mapping[str, Any]) -> None:
    (settings,) = (each for each in _configuration(told) if each["name"] == "settings")
    given = settings["annotations"]["values"]
    own = told["predicate"]["workspaceConformance"].get("profile")
    if own not in (None, profile_of(bool(given["allow_writes"]), bool(given["allow_burst"]))):
        raise Doubt("the profile is not that of the settings")


def _by_which_suite(again: Mapping[str, Any], digests: Mapping[str, str]) -> str:
    contract = _digest(schema_path("requirements.yaml"))
    same = str(again["suite"]["digest"]).removeprefix("sha256:") == digests.get("suite")
    if same and contract == digests.get("contract"):
        return "it was judged by this version of the suite"
    return "it was judged by another version of the suite; verdicts are of this one"


def _check_subject(subjects: Sequence[Mapping[str, Any]], target: Mapping[str, Any]) -> None:
    """The evidence is that of the target which the certificate is about."""
    (subject,) = subjects
    named = {
        "url": subject["uri"],
        "label": subject["name"],
        "server": subject["annotations"]["server"],
    }
    own = subject["digest"].get("workspaceTarget")
    if named != target or (own is not None and own != statement.digest_of(target)):
        raise Doubt(f"the evidence is about another target: {printable(str(target['url']))}")


def _check_verdicts(predicate: Mapping[str, Any], again: Mapping[str, Any]) -> None:
    own = predicate["workspaceConformance"]
    for name, names, verdict, levels in (
        ("passedTests", predicate["passedTests"], "passed", ("MUST", "SHOULD")),
        ("warnedTests", predicate["warnedTests"], "failed", ("SHOULD",)),
        ("failedTests", predicate["failedTests"], "failed", ("MUST",)),
        ("partial", own["partial"], "partial", ("MUST", "SHOULD")),
        ("untested", own["untested"], "untested", ("MUST", "SHOULD")),
    ):
        claimed = set(names)
        seen = {
            row["id"]
            for row in again["requirements"]
            if row["verdict"] == verdict and row["level"] in levels
        }
        # What was left out of a run that was cut off may be judged by its recording all the same.
        settled = verdict in ("passed", "failed")
        if (settled and not claimed <= seen) or (not own["leftOut"] and seen != claimed):
            raise Doubt(f"judged again, {name} are others: {', '.join(sorted(seen ^ claimed))}")
    judged = len(predicate["passedTests"]) + len(
        predicate["warnedTests"] + predicate["failedTests"]
    )
    if (own["requirements"], own["judged"]) != (len(again["requirements"]), judged):
        raise Doubt(f"{judged} of {len(again['requirements'])} requirements were judged")
    expected = statement.RESULTS.get(own["verdict"])
    if "known" in own and predicate["failedTests"] and _is_known(str(own["known"]), again):
        expected = "WARNED"
    if predicate["result"] != expected:
        raise Doubt(f"the result is {predicate['result']}, and the verdict {own['verdict']}")
    if (own["verdict"] == "non-conformant") is not bool(predicate["failedTests"]):
        raise Doubt(
            f"the verdict is {own['verdict']}, and {len(predicate['failedTests'])} tests failed"
        )
    if own["verdict"] == "conformant" and again["verdict"] != "conformant":
        raise Doubt(f"judged again, the target is {again['verdict']}")


def _is_known(name: str, again: Mapping[str, Any]) -> bool:
    """Whether all that is violated is known of a product's version."""
    try:
        of_version = known.load(name)
    except known.KnownError:
        raise Doubt(f"nothing is known of {printable(name, 60)}") from None
    return all(
        of_version.covering(
            CaseResult(
                case["id"],
                row["id"],
                Outcome.FAILED,
                message=case["message"],
                method=case.get("method"),
                format=case.get("format"),
                resource=case.get("resource"),
            )
        )
        for row in again["requirements"]
        for case in row["cases"]
        if row["level"] == "MUST" and case["outcome"] == "failed"
    )


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def evidence_name(names: Mapping[str, str]) -> str:
    """The name under which a certificate holds the digest of the evidence."""
    return next((name for name in names if name.endswith(".har")), "")


def _configuration(told: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = told["predicate"]["configuration"]
    return found


def _replayed(evidence: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        # What steers a run, or lets it write into a pipeline's own reports, is not meant for this one.
        quiet = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("WORKSPACE_", "PYTEST_", "GITHUB_", "GITLAB_"))
        }
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "workspace_conformance",
                "replay",
                str(evidence.resolve()),
                f"--report-dir={folder}",
                "--",
                "-q",
            ],
            cwd=Path(__file__).resolve().parents[2],
            env=quiet,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        file = Path(folder) / "results.json"
        if not file.exists():
            raise Doubt("the evidence cannot be judged again: " + done.stdout.strip()[-300:])
        result: dict[str, Any] = json.loads(file.read_text("utf-8"))
        return result
