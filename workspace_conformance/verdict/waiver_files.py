"""Editing a file of waivers: what a result no longer needs taken out, what it violates written in.

Comments, order and spelling of everything else stay as somebody wrote them. An edit is read again
before it is believed: where it does not say what it should, there is none.
"""

from __future__ import annotations

import datetime
import itertools
import json
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from workspace_conformance.exchange.outcomes import Outcome
from workspace_conformance.verdict.verdicts import CaseResult
from workspace_conformance.verdict.waivers import SELECTORS, TODO, Waiver, WaiverError

DAYS = 30  # for which a waiver holds that nobody has decided about yet
MOST = 5  # new waivers of one requirement: where more would be due, they are less narrow
_HEADER = re.compile(r"\s*\[\[\s*(waiver|\"waiver\"|'waiver')\s*\]\]")


def drafted(
    cases: Iterable[CaseResult], waivers: Sequence[Waiver], today: datetime.date
) -> list[Waiver]:
    """Waivers for the violations that none of `waivers` covers, as narrow as MOST of each requirement
    allow: by method, format and resource, or by method and format, or by method, or for all of it.
    Reason and owner are still to be written.
    """
    open_of: dict[str, list[CaseResult]] = {}
    for case in cases:
        if case.outcome is Outcome.FAILED and not any(it.covers(case) for it in waivers):
            open_of.setdefault(case.requirement, []).append(case)
    made: list[Waiver] = []
    for violated in open_of.values():
        narrow = (_for(violated, SELECTORS[:most], today) for most in range(len(SELECTORS), 0, -1))
        made += next((few for few in narrow if len(few) <= MOST), _for(violated, (), today))
    return made


def _for(cases: Sequence[CaseResult], names: Sequence[str], today: datetime.date) -> list[Waiver]:
    """Waivers of one requirement's cases that tell them by these selectors. A case that has no value
    for one of them needs a wide waiver, and what that covers needs none of its own.
    """
    made = [
        Waiver(
            requirement=cases[0].requirement,
            reason=f"{TODO} why this is so, and is accepted until then",
            owner=f"{TODO} who answers for it",
            expires=today + datetime.timedelta(days=DAYS),
            **dict(zip(names, kind, strict=True)),
        )
        for kind in dict.fromkeys(tuple(getattr(it, name) for name in names) for it in cases)
    ]
    return [
        one for one in made if not any(other is not one and _wider(other, one) for other in made)
    ]


def _wider(one: Waiver, other: Waiver) -> bool:
    """Whether the first covers whatever the second, of the same requirement, does."""
    return all(getattr(one, name) in (None, getattr(other, name)) for name in SELECTORS)


def with_added(text: str, waivers: Sequence[Waiver]) -> str:
    """The text of a file with `waivers` at its end. Raises WaiverError where that cannot be written."""
    before = text if not text or text.endswith("\n") else f"{text}\n"
    added = "\n".join("\n".join(_lines(waiver)) for waiver in waivers)
    new = f"{before}\n{added}" if before.strip() else f"{before}{added}"
    return _checked(new, [*_tables(text), *map(_table, waivers)])


def without(text: str, numbers: Collection[int]) -> str:
    """The text of a file without the waivers of these numbers, counted from 0, and without the
    comments right above them. Raises WaiverError where they cannot be told apart.
    """
    parts = list(_parts(text.splitlines(keepends=True)))
    kept = [part for number, part in enumerate(parts, -1) if number not in numbers]
    tables = [table for number, table in enumerate(_tables(text)) if number not in numbers]
    return _checked("".join(line for part in kept for line in part), tables)


def _parts(lines: Sequence[str]) -> Iterator[list[str]]:
    """What stands before the first waiver, then the lines of each; a comment right above a waiver's
    header belongs to that waiver.
    """
    starts = []
    for number, line in enumerate(lines):
        if _HEADER.match(line):
            start = number
            while start > 0 and lines[start - 1].lstrip().startswith("#"):
                start -= 1
            starts.append(start)
    # Comments that begin the file are about all of it, unless an empty line parts them from the first.
    if starts and starts[0] == 0:
        starts[0] = next(number for number, line in enumerate(lines) if _HEADER.match(line))
    bounds = [0, *starts, len(lines)]
    for start, end in itertools.pairwise(bounds):
        yield list(lines[start:end])


def _lines(waiver: Waiver) -> Iterator[str]:
    yield "[[waiver]]"
    for name, value in _table(waiver).items():
        # What JSON says of a text, TOML says too, of all that is printable.
        yield f"{name} = {value if name == 'expires' else json.dumps(value, ensure_ascii=False)}"
    yield ""


def _table(waiver: Waiver) -> dict[str, Any]:
    """A waiver as its file says it."""
    names = ("requirement", *SELECTORS, "reason", "owner", "link", "expires")
    return {name: getattr(waiver, name) for name in names if getattr(waiver, name) is not None}


def _tables(text: str) -> list[Mapping[str, Any]]:
    return list(tomllib.loads(text).get("waiver", []))


def _checked(text: str, expected: Sequence[Mapping[str, Any]]) -> str:
    try:
        good = _tables(text) == list(expected)
    except ValueError:
        good = False
    if not good:
        raise WaiverError(
            "cannot be edited by a command as it is written: "
            "write each waiver as [[waiver]], a line for each of its fields"
        )
    return text
