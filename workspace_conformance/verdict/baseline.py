"""An earlier result to compare with: what changed since, case by case."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from workspace_conformance.contract.data_files import schema_path
from workspace_conformance.exchange.outcomes import Outcome
from workspace_conformance.exchange.texts import printable
from workspace_conformance.verdict.verdicts import CaseResult

_LARGEST = 64 * 1024 * 1024  # bytes


class BaselineError(ValueError):
    """A file is no result to compare with; the message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """An earlier result: the outcome of each case by its id, and where and when it was made."""

    outcomes: Mapping[str, Outcome]
    target: str
    finished: str
    suite: str
    profile: str = ""  # what was allowed; empty where an older suite does not say


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of the cases that fail, pass, or are untested now, and did not, or were not there, in the
    baseline; of those that pass, only ones that did something else before.
    """

    failing: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()


def load(file: Path) -> Baseline:
    """The result in a file (a results.json). Raises BaselineError for anything else."""
    data = read(file)
    return Baseline(
        {
            case["id"]: Outcome(case["outcome"])
            for row in data["requirements"]
            for case in row["cases"]
        },
        data["target"]["url"],
        data["finished"],
        data["suite"]["version"],
        data.get("profile", ""),
    )


def read(file: Path) -> dict[str, Any]:
    """The data of a results.json, which is as its schema says. Raises BaselineError otherwise."""
    try:
        if file.stat().st_size > _LARGEST:
            raise BaselineError(f"{file}: too large for a results.json")
        data = json.loads(file.read_bytes().decode("utf-8"))
    except BaselineError:
        raise
    except OSError as error:
        raise BaselineError(f"{file}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise BaselineError(f"{file}: is not UTF-8 text; give an earlier results.json") from None
    except (ValueError, RecursionError) as error:
        words = printable(str(error))
        raise BaselineError(
            f"{file}: is not JSON ({words}); give an earlier results.json"
        ) from None
    if isinstance(data, dict) and data.get("schema", 1) != 1:
        shown = printable(str(data["schema"]), 20)
        shown = f'"{shown}"' if isinstance(data["schema"], str) else shown
        raise BaselineError(f"{file}: has schema {shown}; this version of the suite reads schema 1")
    trouble = next(_validator().iter_errors(data), None)
    if trouble is not None:
        place = "/".join(map(str, trouble.instance_path)) or "its top"
        words = printable(trouble.message, 120)
        raise BaselineError(f"{file}: is no results.json: at {printable(place)}: {words}")
    for name in ("started", "finished"):
        try:
            datetime.fromisoformat(data[name])
        except ValueError:
            shown = printable(data[name], 40)
            raise BaselineError(f"{file}: is no results.json: {name} is {shown}") from None
    result: dict[str, Any] = data
    return result


def compare(baseline: Baseline, cases: Iterable[CaseResult]) -> Changes:
    """What changed since the baseline."""
    found: dict[Outcome, list[str]] = {outcome: [] for outcome in Outcome}
    for case in cases:
        before = baseline.outcomes.get(case.id)
        if case.outcome is not before and (before or case.outcome is not Outcome.PASSED):
            found[case.outcome].append(case.id)
    return Changes(
        tuple(found[Outcome.FAILED]),
        tuple(found[Outcome.PASSED]),
        tuple(found[Outcome.UNTESTED]),
    )


def known(baseline: Baseline, cases: Iterable[CaseResult]) -> Sequence[str]:
    """Ids of the cases that fail now and failed in the baseline."""
    return [
        case.id
        for case in cases
        if case.outcome is Outcome.FAILED and baseline.outcomes.get(case.id) is Outcome.FAILED
    ]


@cache
def _validator() -> Any:
    import jsonschema_rs  # only where a file is read

    schema = json.loads(schema_path("results.schema.json").read_text(encoding="utf-8"))
    return jsonschema_rs.validator_for(schema)
