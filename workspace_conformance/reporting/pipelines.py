"""What GitHub Actions and GitLab CI read in their own forms."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.reporting.explain import PAGE, line_of
from workspace_conformance.reporting.html import visible
from workspace_conformance.reporting.page import short
from workspace_conformance.transport.redaction import Redactor

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
    SHOULD as a warning. They name no file: what they are about lies on a server, and in no file of
    the repository that is looked at.
    """
    lines: dict[str, list[str]] = {"error": [], "warning": []}
    for row in data["requirements"]:
        failed = [case for case in row["cases"] if case["outcome"] == "failed"]
        if not failed:
            continue
        waived = ", waived" if row["waived"] else ", known" if row.get("known") else ""
        kind = "error" if row["level"] == "MUST" and not waived else "warning"
        title = f"{row['id']} ({row['level']}{waived}) is violated"
        words = f"{row['statement']}\n{len(failed)} of {len(row['cases'])} cases, e.g.: " + short(
            failed[0]["message"], 300
        )
        lines[kind].append(f"::{kind} title={_property(title)}::{_message(words)}")
    return [line for kind in lines.values() for line in kind[:MOST]]


def _message(text: str) -> str:
    shown = str(visible(text))
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def code_quality(data: Data, exchanges: Mapping[int, Exchange], redactor: Redactor) -> str:
    """gl-code-quality-report.json: every violation in the form that GitLab shows in merge requests.

    `data` is the redacted result, `exchanges` those that its numbers mean, as they were recorded.
    Cases that violate the same requirement with the same method at the same address are one entry:
    GitLab takes entries with the same fingerprint for one. A fingerprint is the same in every run,
    so that GitLab tells new violations from old ones.
    """
    entries: dict[str, dict[str, Any]] = {}
    for finding in _findings(data, exchanges, redactor):
        entries.setdefault(finding["fingerprint"], finding)
    return json.dumps(list(entries.values()), indent=1) + "\n"


def _findings(
    data: Data, exchanges: Mapping[int, Exchange], redactor: Redactor
) -> Iterator[dict[str, Any]]:
    """An entry for each violation. Those that are not waived come first: of entries with the same
    fingerprint the first is kept, and a waived one must not hide one that is not.
    """
    failed = [
        (row, case)
        for row in data["requirements"]
        for case in row["cases"]
        if case["outcome"] == "failed"
    ]
    for row, case in sorted(failed, key=lambda each: "waived" in each[1]):
        waived = "waived" in case
        method, address = _asked(case, exchanges)
        address = redactor.text(address)
        said = str(visible(" ".join(short(case["message"], 300).split())))
        about = f"{row['id']} ({row['level']}{', waived' if waived else ''})"
        yield {
            "description": f"{about}: {method} {visible(short(address, 200))}: {said}",
            "check_name": row["id"],
            "fingerprint": hashlib.sha256(
                f"{row['id']} {method} {_lasting(address)}".encode()
            ).hexdigest(),
            "severity": "info" if waived else _SEVERITIES[row["level"]],
            "location": {"path": PAGE, "lines": {"begin": line_of(row["id"])}},
        }


def _asked(case: Data, exchanges: Mapping[int, Exchange]) -> tuple[str, str]:
    """The method and the address (path and query) that showed a violation; where no single exchange
    did, what the case is about.
    """
    exchange = exchanges.get(case.get("shown_by") or 0)
    if exchange is None:
        return case.get("method") or "any method", case.get("resource") or "any resource"
    address = urlsplit(exchange.request.url)
    return exchange.request.method, address.path + (f"?{address.query}" if address.query else "")


_PASSING = re.compile(
    r"\bconformance-[\w-]+"  # a name of ours: it holds the run's seed
    r"|\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F-]{22}\b"
    r"|(?<=/)\d+(?=[/.?]|$)"
)


def _lasting(address: str) -> str:
    """An address without what is another in each run: the ids and the names of records."""
    return _PASSING.sub("*", address)
