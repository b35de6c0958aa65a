"""Writes every report of a finished run: the one place that knows which there are."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from workspace_conformance.redaction import Redactor
from workspace_conformance.reporting import archive, html, results
from workspace_conformance.reporting.results import Result

RESULTS = "results.json"
PAGE = "report.html"
ARCHIVE = "exchanges.har"


def write(result: Result, redactor: Redactor) -> None:
    """Write all reports into the run's folder for reports; what they hold is redacted here."""
    folder = result.settings.report_dir
    data = redactor.data(results.as_data(result))
    if result.archive is not None:
        file = folder / ARCHIVE
        text = archive.as_text(result.archive.exchanges, result.archive.about, redactor)
        write_whole(text, file)
        data["evidence"] = {"file": ARCHIVE, "sha256": sha256(file.read_bytes()).hexdigest()}
    write_whole(results.as_text(data), folder / RESULTS)
    write_whole(html.render(data, result.exchanges, redactor), folder / PAGE)


def write_whole(text: str, file: Path) -> None:
    """Write a file, whole or not at all. Lone surrogates, which no file can hold, are spelt out."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.tmp")
    draft.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    draft.replace(file)


def forget(folder: Path) -> None:
    """Remove the result of an earlier run: one that is cut off must not seem to have ended so."""
    for name in (RESULTS, PAGE, ARCHIVE):
        (folder / name).unlink(missing_ok=True)
