"""Waivers: violations that are known, have an owner and an end, and do not fail the gate until then.

A waiver is strict both ways: what is wrong with its file ends the run before the first request, and
one that nothing violates any more fails the gate. A file of waivers is TOML:

    [[waiver]]
    requirement = "FMT-3"
    method = "DELETE"          # optional, as are format and resource: which cases it is about
    reason = "the proxy adds a suffix"
    owner = "ann@example.com"  # or link = "https://tracker.example.com/4711"
    expires = 2026-12-31       # the last day on which it holds
"""

from __future__ import annotations

import datetime
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workspace_conformance.contract.requirements import Contract
from workspace_conformance.exchange.outcomes import Outcome
from workspace_conformance.verdict.verdicts import CaseResult

SELECTORS = ("method", "format", "resource")
_TEXTS = ("requirement", *SELECTORS, "reason", "owner", "link")
_FIELDS = (*_TEXTS, "expires")
TODO = "TODO:"  # begins a reason, an owner or a link that nobody has written yet
_LARGEST = 1024 * 1024  # bytes


class WaiverError(ValueError):
    """A file of waivers cannot be used; the message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """One waiver. `method`, `format` and `resource` narrow it down to cases with these very values
    in results.json; None means any. `expires` is the last day on which it holds.
    """

    requirement: str
    reason: str
    expires: datetime.date
    owner: str | None = None
    link: str | None = None
    method: str | None = None
    format: str | None = None
    resource: str | None = None

    @property
    def name(self) -> str:
        """What it waives, in words: "FMT-3 (method DELETE)"."""
        selectors = [
            f"{name} {getattr(self, name) or 'none'}"
            for name in SELECTORS
            if getattr(self, name) is not None
        ]
        return f"{self.requirement} ({', '.join(selectors)})" if selectors else self.requirement

    def covers(self, case: CaseResult) -> bool:
        """Whether a case is one of those that it is about."""
        return self.requirement == case.requirement and all(
            getattr(self, name) in (None, getattr(case, name)) for name in SELECTORS
        )

    @property
    def to_do(self) -> bool:
        """Whether somebody still has to write why it is accepted, or who answers for it."""
        said = (self.reason, self.owner or "", self.link or "")
        return any(text.strip().upper().startswith(TODO) for text in said)

    def data(self) -> dict[str, str]:
        """What it says, for results.json."""
        said = {name: getattr(self, name) for name in _TEXTS if getattr(self, name) is not None}
        return {**said, "expires": self.expires.isoformat()}


def covering(waivers: Iterable[Waiver], case: CaseResult) -> Waiver | None:
    """The first waiver of a violation; None for a case that is not waived, or did not fail."""
    if case.outcome is not Outcome.FAILED:
        return None
    return next((waiver for waiver in waivers if waiver.covers(case)), None)


def needless(waiver: Waiver, cases: Collection[CaseResult]) -> str | None:
    """Why a waiver is no longer needed, in a sentence that says what to do; None where it is, or
    where that cannot be told. `cases` are those of a whole run.
    """
    about = [case for case in cases if waiver.covers(case)]
    if not about:
        return (
            f"the waiver of {waiver.name} is about no case of the suite: "
            "correct its method, format and resource, or remove it"
        )
    if all(case.outcome is Outcome.PASSED for case in about):
        return f"the waiver of {waiver.name} is no longer needed, all its cases pass: remove it"
    return None


# --- reading --------------------------------------------------------------------------------------


def load(file: Path, contract: Contract, today: datetime.date) -> tuple[Waiver, ...]:
    """The waivers of a file. Raises WaiverError for anything that is not as it must be: the file,
    its form, an unknown requirement, a missing field, a waiver that has expired before `today`.
    """
    tables = _tables(file)
    waivers = tuple(
        _waiver(f"{file}, waiver {number}", table, contract, today)
        for number, table in enumerate(tables, 1)
    )
    twice = [waiver for waiver, count in Counter(map(_about, waivers)).items() if count > 1]
    if twice:
        name = next(waiver.name for waiver in waivers if _about(waiver) == twice[0])
        raise WaiverError(f"{file}: {name} is waived twice; keep one of the two")
    return waivers


def check_decided(file: Path, waivers: Iterable[Waiver]) -> None:
    """Raises WaiverError, with all their names, for waivers that somebody still has to decide about."""
    names = [waiver.name for waiver in waivers if waiver.to_do]
    if names:
        raise WaiverError(
            f"{file}: nobody has decided yet about {', '.join(names)}: write in place of "
            f'"{TODO} ..." why each is accepted and who answers for it, or remove it'
        )


def _about(waiver: Waiver) -> tuple[str | None, ...]:
    return (waiver.requirement, waiver.method, waiver.format, waiver.resource)


def _tables(file: Path) -> Sequence[Any]:
    try:
        if file.stat().st_size > _LARGEST:
            raise WaiverError(f"{file}: too large for a file of waivers")
        data = tomllib.loads(file.read_bytes().decode("utf-8"))
    except WaiverError:
        raise
    except OSError as error:
        raise WaiverError(f"{file}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise WaiverError(f"{file}: is not UTF-8 text") from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits among them
        raise WaiverError(f"{file}: is not TOML: {error}") from None
    unknown = sorted(set(data) - {"waiver"})
    if unknown:
        raise WaiverError(f"{file}: {unknown[0]!a} is not known; write each waiver as [[waiver]]")
    tables = data.get("waiver", [])
    if not isinstance(tables, list):
        raise WaiverError(f"{file}: write each waiver as [[waiver]], with two brackets")
    return tables


def _waiver(place: str, table: Any, contract: Contract, today: datetime.date) -> Waiver:
    if not isinstance(table, dict):
        raise WaiverError(f"{place}: is not a table; write it as [[waiver]]")
    unknown = sorted(set(table) - set(_FIELDS))
    if unknown:
        raise WaiverError(f"{place}: {unknown[0]!a} is not known; there are {', '.join(_FIELDS)}")
    for name in ("requirement", "reason", "expires"):
        if name not in table:
            raise WaiverError(f"{place}: {name} is missing")
    if "owner" not in table and "link" not in table:
        raise WaiverError(f"{place}: owner or link is missing: say who answers for it")
    for name in _TEXTS:
        if name in table:
            _check_text(f"{place}: {name}", table[name], empty=name == "format")
    _check_names(place, table, contract)
    return Waiver(**{**table, "expires": _check_date(place, table["expires"], today)})


def _check_text(place: str, value: Any, *, empty: bool) -> None:
    if not isinstance(value, str):
        raise WaiverError(f"{place} must be a text in quotes")
    if not value.strip() and not (empty and value == ""):
        raise WaiverError(f"{place} is empty")
    if not value.isprintable():
        raise WaiverError(f"{place} holds characters that cannot be shown")


def _check_names(place: str, table: Mapping[str, Any], contract: Contract) -> None:
    if table["requirement"] not in contract.requirements:
        raise WaiverError(
            f"{place}: there is no requirement {table['requirement']!a}; see docs/requirements.md"
        )
    if table.get("format", "json") not in ("json", "xml", ""):
        raise WaiverError(f'{place}: format must be "json", "xml", or "" for none')
    method = table.get("method", "GET")
    if method != method.upper():
        raise WaiverError(f"{place}: write the method as it is sent: {method.upper()!a}")
    if not table.get("link", "https://").startswith(("https://", "http://")):
        raise WaiverError(f"{place}: link must be a URL")


def _check_date(place: str, value: Any, today: datetime.date) -> datetime.date:
    # A TOML date-time is a date to Python too.
    if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
        raise WaiverError(
            f"{place}: write expires as a date without quotes, e.g. expires = {today.isoformat()}"
        )
    if value < today:
        raise WaiverError(
            f"{place}: has expired on {value.isoformat()}: remove it, "
            "or decide anew and give it a later date"
        )
    return value
