"""How each requirement is judged, and why servers commonly fail it: for whoever has to mend one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from workspace_conformance.contract.data_files import schema_path
from workspace_conformance.contract.requirements import ContractError

_FIELDS = ("sent", "expected")
_CAUSE = ("where", "cause", "mend")
PLACES = ("the application", "IIS or ASP.NET", "nginx", "a gateway")


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a server may fail a requirement: where it lies, what is wrong there, how that is mended."""

    where: str
    cause: str
    mend: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is sent to judge a requirement, what must come back, and common causes of a violation,
    the likeliest first.
    """

    sent: str
    expected: str
    causes: tuple[Cause, ...]


def load(path: Path | None = None) -> Mapping[str, Explanation]:
    """The explanations by requirement, read from their data file and validated.

    path: the file; without it that of the contract, read once.
    Raises: ContractError for data that are not usable, with file, row and field.
    """
    return _ours() if path is None else _read(path)


@cache
def _ours() -> Mapping[str, Explanation]:
    return _read(schema_path("explanations.yaml"))


def _read(path: Path) -> Mapping[str, Explanation]:
    data = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    if not isinstance(data, dict) or data.get("version") != 1:
        raise ContractError(f"{path.name}: no file of explanations of version 1")
    rows = data.get("explanations")
    if not isinstance(rows, dict):
        raise ContractError(f"{path.name}: explanations is no mapping")
    return MappingProxyType(
        {str(name): _explanation(path, name, row) for name, row in rows.items()}
    )


def _explanation(path: Path, name: str, row: Any) -> Explanation:
    place = f"{path.name}, {name}"
    if not isinstance(row, dict) or set(row) != {*_FIELDS, "causes"} or not row["causes"]:
        raise ContractError(f"{place}: give sent, expected and at least one of causes, no more")
    causes = tuple(
        Cause(*_texts(f"{place}, causes {number}", one, _CAUSE))
        for number, one in enumerate(row["causes"], 1)
    )
    for cause in causes:
        if cause.where not in PLACES:
            raise ContractError(f"{place}: where is one of {', '.join(PLACES)}")
    sent, expected = _texts(place, {name: row[name] for name in _FIELDS}, _FIELDS)
    return Explanation(sent, expected, causes)


def _texts(place: str, row: Any, names: tuple[str, ...]) -> list[str]:
    if not isinstance(row, dict) or set(row) != set(names):
        raise ContractError(f"{place}: give {', '.join(names)}")
    for name in names:
        text = row[name]
        # "where" names a place; everything else is read as prose.
        if not isinstance(text, str) or (name != "where" and text.strip()[-1:] not in (".", ")")):
            raise ContractError(f"{place}: {name} is no sentence")
    return [" ".join(row[name].split()) for name in names]
