"""Known deviations of a product version: data with evidence, by which a run tells old from new.

They excuse a run at the gate and change nothing about the verdict. schemas/known/ holds one file for
each version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from workspace_conformance.contract.data_files import schema_path
from workspace_conformance.exchange.outcomes import Outcome
from workspace_conformance.verdict.verdicts import CaseResult


class KnownError(ValueError):
    """There are no known deviations of that name; the message says which there are."""


@dataclass(frozen=True, slots=True)
class Match:
    """Which violations a deviation shows itself by.

    message: the whole message, as a regular expression. case: one that a part of the case's id must
    match. method, format, resource: the values that a case may have, None among them; () where any
    will do.
    """

    requirement: str
    message: re.Pattern[str]
    case: re.Pattern[str]
    method: tuple[str | None, ...] = ()
    format: tuple[str | None, ...] = ()
    resource: tuple[str | None, ...] = ()

    def covers(self, case: CaseResult) -> bool:
        """Whether a case is one of them."""
        return (
            case.requirement == self.requirement
            and self.message.fullmatch(case.message) is not None
            and self.case.search(case.id) is not None
            and all(
                not getattr(self, name) or getattr(case, name) in getattr(self, name)
                for name in ("method", "format", "resource")
            )
        )


@dataclass(frozen=True, slots=True)
class Deviation:
    """One known deviation: a stable name, a sentence, and the violations that show it."""

    id: str
    statement: str
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of one version of a product, and how it is known."""

    name: str  # "community-server-12.7"
    product: str
    version: str
    evidence: str
    deviations: tuple[Deviation, ...]

    def covering(self, case: CaseResult) -> Deviation | None:
        """The deviation that a violation shows; None for a new one, and for what is no violation."""
        if case.outcome is not Outcome.FAILED:
            return None
        return next(
            (row for row in self.deviations if any(each.covers(case) for each in row.matches)), None
        )


def names() -> list[str]:
    """The names of all versions of which deviations are known."""
    return sorted(file.stem for file in _folder().glob("*.yaml"))


def load(name: str) -> Known:
    """What is known of the version with that name; raises KnownError where nothing is."""
    if name not in names():
        raise KnownError(f"nothing is known of {name!r}; there is {', '.join(names())}")
    data: Mapping[str, Any] = yaml.safe_load((_folder() / f"{name}.yaml").read_text("utf-8"))
    return Known(
        name,
        data["product"],
        data["version"],
        data["evidence"],
        tuple(
            Deviation(row["id"], row["statement"], tuple(map(_match, row["matches"])))
            for row in data["deviations"]
        ),
    )


def _match(row: Mapping[str, Any]) -> Match:
    unknown = set(row) - {"requirement", "message", "case", "method", "format", "resource"}
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))}: no member of a match")
    return Match(
        row["requirement"],
        re.compile(row["message"], re.DOTALL),
        re.compile(row.get("case", "")),
        *(_values(row[name]) if name in row else () for name in ("method", "format", "resource")),
    )


def _values(given: object) -> tuple[str | None, ...]:
    values = given if isinstance(given, list) else [given]
    return tuple(None if value is None else str(value) for value in values)


def _folder() -> Path:
    return schema_path("known")
