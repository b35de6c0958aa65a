"""Writes every report of a finished run: the one place that knows which there are."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from workspace_conformance import certificate
from workspace_conformance.data import schema_path
from workspace_conformance.redaction import Redactor
from workspace_conformance.reporting import (
    archive,
    badge,
    html,
    markdown,
    pipelines,
    results,
    statement,
)
from workspace_conformance.reporting.results import Result

RESULTS = "results.json"
PAGE = "report.html"
ARCHIVE = "exchanges.har"
SUMMARY = "summary.md"
BADGE = "badge.json"
QUALITY = "gl-code-quality-report.json"  # the name that GitLab's documentation gives
CERTIFICATE = "certificate.json"


def write(
    result: Result, redactor: Redactor, environment: Mapping[str, str] = os.environ
) -> list[str]:
    """Write all reports into the run's folder for reports; what they hold is redacted here.

    On GitHub the summary is appended to the step's own. Returns the lines for the pipeline to obey
    (annotations), and raises OSError where a report cannot be written.
    """
    folder = result.settings.report_dir
    data = redactor.data(results.as_data(result))
    if result.archive is not None:
        file = folder / ARCHIVE
        text = archive.as_text(result.archive.exchanges, result.archive.about, redactor)
        write_whole(text, file)
        data["evidence"] = {"file": ARCHIVE, "sha256": sha256(file.read_bytes()).hexdigest()}
    write_whole(results.as_text(data), folder / RESULTS)
    if result.archive is not None:
        _certify(data, result, folder)
    write_whole(html.render(data, result.exchanges, redactor), folder / PAGE)
    summary = markdown.render(data)
    write_whole(summary, folder / SUMMARY)
    write_whole(badge.render(data), folder / BADGE)
    if pipelines.on_gitlab(environment):
        write_whole(pipelines.code_quality(data), folder / QUALITY)
    if environment.get("GITHUB_STEP_SUMMARY"):
        # The reports are what counts: a step whose summary cannot be written to has them all the same.
        with (
            suppress(OSError),
            open(environment["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as out,
        ):
            out.write(summary)
    return pipelines.workflow_commands(data) if pipelines.on_github(environment) else []


def _certify(data: Mapping[str, Any], result: Result, folder: Path) -> None:
    settings = result.settings
    files = [folder / RESULTS, folder / ARCHIVE]
    digests = {file.name: sha256(file.read_bytes()).hexdigest() for file in files}
    contract = schema_path("requirements.yaml")
    digests["contract"] = sha256(contract.read_bytes()).hexdigest()
    told: Mapping[str, Any] = statement.statement(data, settings.subject_digest, digests)
    if settings.sign is not None:
        told = certificate.signed(told, settings.sign)
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    write_whole(text, folder / CERTIFICATE)


def write_whole(text: str, file: Path) -> None:
    """Write a file, whole or not at all. Lone surrogates, which no file can hold, are spelt out."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.tmp")
    draft.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    draft.replace(file)


def forget(folder: Path) -> None:
    """Remove the result of an earlier run: one that is cut off must not seem to have ended so."""
    for name in (RESULTS, PAGE, ARCHIVE, SUMMARY, QUALITY, CERTIFICATE):
        (folder / name).unlink(missing_ok=True)
