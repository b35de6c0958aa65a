"""Writes every report of a finished run: the one place that knows which there are."""

from __future__ import annotations

from pathlib import Path

from workspace_conformance.redaction import Redactor
from workspace_conformance.reporting import html, results
from workspace_conformance.reporting.results import Result

RESULTS = "results.json"
PAGE = "report.html"


def write(result: Result, redactor: Redactor) -> None:
    """Write all reports into the run's folder for reports; what they hold is redacted here."""
    folder = result.settings.report_dir
    data = redactor.data(results.as_data(result))
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
    for name in (RESULTS, PAGE):
        (folder / name).unlink(missing_ok=True)
