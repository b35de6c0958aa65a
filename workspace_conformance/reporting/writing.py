"""Writes every report of a finished run: the one place that knows which there are."""

from __future__ import annotations

from workspace_conformance.redaction import Redactor
from workspace_conformance.reporting import results
from workspace_conformance.reporting.results import Result


def write(result: Result, redactor: Redactor) -> None:
    """Write all reports into the run's folder for reports; what they hold is redacted here."""
    folder = result.settings.report_dir
    data = redactor.data(results.as_data(result))
    results.write(data, folder / "results.json")
