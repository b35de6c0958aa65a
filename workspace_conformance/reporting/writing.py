"""Writes every report of a finished run: the one place that knows which there are."""

from __future__ import annotations

from pathlib import Path

from workspace_conformance.redaction import Redactor
from workspace_conformance.reporting import results
from workspace_conformance.reporting.results import Result

RESULTS = "results.json"


def write(result: Result, redactor: Redactor) -> None:
    """Write all reports into the run's folder for reports; what they hold is redacted here."""
    folder = result.settings.report_dir
    data = redactor.data(results.as_data(result))
    results.write(data, folder / RESULTS)


def forget(folder: Path) -> None:
    """Remove the result of an earlier run: one that is cut off must not seem to have ended so."""
    (folder / RESULTS).unlink(missing_ok=True)
