"""What GitHub Actions and GitLab CI read in their own forms."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from workspace_conformance.reporting.html import visible
from workspace_conformance.reporting.page import short

Data = Mapping[str, Any]

MOST = 10  # annotations of one kind that GitHub shows of a step
_SEVERITIES = {"MUST": "critical", "SHOULD": "minor"}


def on_github(environment: Mapping[str, str]) -> bool:
    """Whether the run is a step of a GitHub workflow."""
    return environment.get("GITHUB_ACTIONS") == "true"


def on_gitlab(environment: Mapping[str, str]) -> bool:
    """Whether the run is a job of GitLab CI."""
    return bool(environment.get("GITLAB_CI"))


def workflow_commands(data: Data) -> list[str]:
    """GitHub's commands that show the violated requirements: a MUST as an error, what is waived or a
    SHOULD as a warning.
    """
    lines: dict[str, list[str]] = {"error": [], "warning": []}
    for row in data["requirements"]:
        failed = [case for case in row["cases"] if case["outcome"] == "failed"]
        if not failed:
            continue
        waived = ", waived" if row["waived"] else ", known" if row.get("known") else ""
        kind = "error" if row["level"] == "MUST" and not waived else "warning"
        file = failed[0]["id"].partition("::")[0]
        title = f"{row['id']} ({row['level']}{waived}) is violated"
        words = f"{row['statement']}\n{len(failed)} of {len(row['cases'])} cases, e.g.: " + short(
            failed[0]["message"], 300
        )
        lines[kind].append(
            f"::{kind} file={_property(file)},title={_property(title)}::{_message(words)}"
        )
    return [line for kind in lines.values() for line in kind[:MOST]]


def _message(text: str) -> str:
    shown = str(visible(text))
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def code_quality(data: Data) -> str:
    """gl-code-quality-report.json: every violation in the form that GitLab shows in merge requests.

    A fingerprint is the same in every run for the same case, so that GitLab tells new from old.
    """
    return json.dumps(list(_findings(data)), indent=1) + "\n"


def _findings(data: Data) -> Iterator[dict[str, Any]]:
    for row in data["requirements"]:
        for case in row["cases"]:
            if case["outcome"] != "failed":
                continue
            waived = "waived" in case
            said = visible(" ".join(short(case["message"], 300).split()))
            yield {
                "description": f"{row['id']} ({row['level']}{', waived' if waived else ''}): {said}",
                "check_name": row["id"],
                "fingerprint": hashlib.sha256(f"{row['id']} {case['id']}".encode()).hexdigest(),
                "severity": "info" if waived else _SEVERITIES[row["level"]],
                "location": {"path": case["id"].partition("::")[0], "lines": {"begin": 1}},
            }
