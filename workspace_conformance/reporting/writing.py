"""Writes every report of a finished run: the one place that knows which there are."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
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
    violated,
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


@dataclass(frozen=True, slots=True)
class Written:
    """What came of writing: `commands` are the lines for a pipeline to obey (annotations); `failed` has
    a line for each report that could not be written, with its name and why.
    """

    commands: list[str]
    failed: list[str]


def write(
    result: Result, redactor: Redactor, environment: Mapping[str, str] = os.environ
) -> Written:
    """Write all reports into the run's folder for reports; what they hold is redacted here.

    results.json comes first, and a report that cannot be written keeps no other from it. On GitHub the
    summary is appended to the step's own.
    """
    folder = result.settings.report_dir
    data = redactor.data(results.as_data(result))
    made = reproduce.scripts(result, redactor)
    _name_scripts(data, reproduce_index.by_case(made))
    failed: list[str] = []

    def attempt(name: str, make: Callable[[], None]) -> bool:
        try:
            make()
        except OSError as error:
            failed.append(f"{name}: {error.strerror or error}")
            return False
        return True

    def put(name: str, text: Callable[[], str | Iterable[str]]) -> bool:
        return attempt(name, lambda: write_whole(text(), folder / name))

    whole = put(RESULTS, lambda: results.as_text(data))
    kept = result.archive
    if kept is not None and put(
        ARCHIVE, lambda: archive.pieces(kept.exchanges, kept.about, redactor)
    ):
        data["evidence"] = {"file": ARCHIVE, "sha256": _digest(folder / ARCHIVE)}
        if whole and put(RESULTS, lambda: results.as_text(data)):
            attempt(CERTIFICATE, lambda: _certify(data, result, folder))
    put(PAGE, lambda: html.render(data, result.exchanges, redactor))
    attempt(reproduce.FOLDER, lambda: _write_scripts(made, folder / reproduce.FOLDER))
    summary = markdown.render(data, violated.curls(result, redactor))
    put(SUMMARY, lambda: summary)
    put(BADGE, lambda: badge.render(data))
    if pipelines.on_gitlab(environment):
        put(QUALITY, lambda: pipelines.code_quality(data, result.exchanges, redactor))
    if environment.get("GITHUB_STEP_SUMMARY"):
        # The reports are what counts: a step whose summary cannot be written to has them all the same.
        with (
            suppress(OSError),
            open(environment["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as out,
        ):
            out.write(summary)
    commands = pipelines.workflow_commands(data) if pipelines.on_github(environment) else []
    return Written(commands, failed)


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
    stale = [
        folder / name for name in (RESULTS, PAGE, ARCHIVE, SUMMARY, BADGE, QUALITY, CERTIFICATE)
    ]
    for file in (folder / reproduce.FOLDER).glob("*"):
        if file.suffix == ".sh" or file.name == "README.md":
            stale.append(file)
    for file in stale:
        with suppress(OSError):  # told of at the end, when it cannot be written either
            file.unlink(missing_ok=True)
