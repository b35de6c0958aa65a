"""Writes every report of a finished run: the one place that knows which there are."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from workspace_conformance.contract.data_files import schema_path
from workspace_conformance.reporting import (
    archive,
    badge,
    certificate,
    html,
    markdown,
    pipelines,
    reproduce,
    reproduce_index,
    results,
    statement,
)
from workspace_conformance.reporting.files import write_whole
from workspace_conformance.reporting.reproduce import Script
from workspace_conformance.reporting.results import Result
from workspace_conformance.transport.redaction import Redactor

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
        pieces = archive.pieces(result.archive.exchanges, result.archive.about, redactor)
        write_whole(pieces, file)
        data["evidence"] = {"file": ARCHIVE, "sha256": _digest(file)}
    made = reproduce.scripts(result, redactor)
    _name_scripts(data, reproduce_index.by_case(made))
    write_whole(results.as_text(data), folder / RESULTS)
    if result.archive is not None:
        _certify(data, result, folder)
    write_whole(html.render(data, result.exchanges, redactor), folder / PAGE)
    _write_scripts(made, folder / reproduce.FOLDER)
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


def _name_scripts(data: Mapping[str, Any], by_case: Mapping[str, Any]) -> None:
    for row in data["requirements"]:
        for case in row["cases"]:
            if case["id"] in by_case:
                case["reproduce"] = by_case[case["id"]]


def _write_scripts(made: Sequence[Script], folder: Path) -> None:
    for script in made:
        if script.text:
            file = folder / script.name
            write_whole(script.text, file)
            file.chmod(0o755)
    if made:
        write_whole(reproduce_index.page(made), folder / "README.md")


def _certify(data: Mapping[str, Any], result: Result, folder: Path) -> None:
    settings = result.settings
    files = [folder / RESULTS, folder / ARCHIVE]
    digests = {file.name: _digest(file) for file in files}
    digests["contract"] = _digest(schema_path("requirements.yaml"))
    told: Mapping[str, Any] = statement.statement(data, settings.subject_digest, digests)
    if settings.sign is not None:
        told = certificate.signed(told, settings.sign)
    write_whole(results.as_text(told), folder / CERTIFICATE)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def forget(folder: Path) -> None:
    """Remove the result of an earlier run: one that is cut off must not seem to have ended so."""
    for name in (RESULTS, PAGE, ARCHIVE, SUMMARY, QUALITY, CERTIFICATE):
        (folder / name).unlink(missing_ok=True)
    for file in (folder / reproduce.FOLDER).glob("*"):
        if file.suffix == ".sh" or file.name == "README.md":
            file.unlink()
