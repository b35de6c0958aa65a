"""The contract as data: what the documentation promises, loaded and validated.

Everything that names a requirement (checks, reports, waivers, the embedded portal's faults) goes
through `load`; nothing else reads schemas/requirements.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from workspace_conformance.contract.data_files import schema_path

_VERSION = 1
_ID = re.compile(r"[A-Z]+-[1-9][0-9]*")
_KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class ContractError(ValueError):
    """The contract's data are not usable, or a name asked of them does not exist.

    The message is one sentence for a person to read; for bad data it names file, row and field.
    """


class Level(StrEnum):
    """How binding a requirement is; also the severity of a finding against it."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Need(StrEnum):
    """What a tester must give or allow for a requirement to be judged in full."""

    WRITES = "writes"
    BURST = "burst"
    SECOND_ACCOUNT = "second-account"
    SECOND_ADDRESS = "second-address"
    PASSWORD = "password"


@dataclass(frozen=True, slots=True)
class Source:
    """A page of the documentation. `name` is its short name ("BC"), `page` says where it is."""

    name: str
    title: str
    page: str


@dataclass(frozen=True, slots=True)
class Section:
    """A group of requirements. `name` is the part before the dash of their ids ("FMT")."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """One promise of the documentation.

    id: stable, such as "FMT-3".
    level: how binding it is.
    source: short names of the pages that it comes from, at least one.
    section: where on those pages, in words ("Basic concepts, Making requests").
    statement: the promise, in complete sentences, as reports print it.
    needs: what must be given or allowed for it to be judged in full.
    """

    id: str
    level: Level
    source: tuple[str, ...]
    section: str
    statement: str
    needs: frozenset[Need]

    @property
    def prefix(self) -> str:
        """The name of the `Section` that it belongs to: "FMT" for FMT-3."""
        return self.id.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A place where the pages speak against each other.

    id: a stable kebab-case name.
    statement: what the pages say against each other.
    checked: what is checked all the same, and at which level.
    requirements: ids of the requirements that it bears on, at least one.
    """

    id: str
    statement: str
    checked: str
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """The whole contract. Mappings are read-only and in the order of the data file."""

    requirements: Mapping[str, Requirement]
    sections: Mapping[str, Section]
    contradictions: tuple[Contradiction, ...]
    sources: Mapping[str, Source]


def load(path: Path | None = None) -> Contract:
    """The contract, read from its data file and validated.

    path: another data file of the same form; None takes the project's own, which is read once.
    Raises: ContractError, one sentence naming file, row and field, at the first thing wrong.
    """
    return _load_default() if path is None else _load(path)


def select(contract: Contract, names: Iterable[str]) -> tuple[Requirement, ...]:
    """The requirements that `names` ask for, each once, in the contract's order.

    names: ids ("FMT-3") or section names ("FMT"), in any letter case.
    Raises: ContractError when a name is neither; it says what exists.
    """
    wanted: set[str] = set()
    for name in names:
        key = name.strip().upper()
        if key in contract.requirements:
            wanted.add(key)
        elif key in contract.sections:
            wanted.update(id for id, row in contract.requirements.items() if row.prefix == key)
        else:
            known = _known_names(contract, key.partition("-")[0])
            raise ContractError(f"there is no requirement or section {name!r}; there are {known}")
    return tuple(row for id, row in contract.requirements.items() if id in wanted)


def _known_names(contract: Contract, prefix: str) -> str:
    if prefix in contract.sections:
        return ", ".join(id for id, row in contract.requirements.items() if row.prefix == prefix)
    return "the sections " + ", ".join(contract.sections) + ", and ids such as FMT-3"


@cache
def _load_default() -> Contract:
    try:
        path = schema_path("requirements.yaml")
    except FileNotFoundError as error:
        raise ContractError(f"the contract's data are not installed: {error}") from None
    return _load(path)


def _load(path: Path) -> Contract:
    top = _Fields(path.name, "the file", _read(path))
    version = top.take("version")
    # A bool is an int in Python: "version: yes" must not pass for 1.
    if type(version) is not int or version != _VERSION:
        raise top.error("version", f"is {version!r}, not {_VERSION}")
    sources = {
        name: Source(name, fields.text("title"), fields.text("page"))
        for name, fields in top.named("sources", "source", {"title", "page"})
    }
    sections = {}
    for name, title in top.mapping("sections").items():
        if not isinstance(name, str) or not isinstance(title, str) or not title.strip():
            raise top.error("sections", f"gives {name!r} the title {title!r}, which is not text")
        sections[name] = Section(name, title.strip())
    requirements: dict[str, Requirement] = {}
    for fields in top.rows(
        "requirements", {"id", "level", "source", "section", "statement", "needs"}
    ):
        row = _requirement(fields, sources, sections)
        if row.id in requirements:
            raise fields.error("id", f"{row.id!r} is there twice")
        requirements[row.id] = row
    contradictions: dict[str, Contradiction] = {}
    for fields in top.rows("contradictions", {"id", "statement", "checked", "requirements"}):
        point = _contradiction(fields, requirements)
        if point.id in contradictions:
            raise fields.error("id", f"{point.id!r} is there twice")
        contradictions[point.id] = point
    top.only({"version", "sources", "sections", "requirements", "contradictions"})
    return Contract(
        MappingProxyType(requirements),
        MappingProxyType(sections),
        tuple(contradictions.values()),
        MappingProxyType(sources),
    )


def _requirement(
    fields: _Fields, sources: Collection[str], sections: Collection[str]
) -> Requirement:
    id = fields.text("id")
    if not _ID.fullmatch(id) or id.partition("-")[0] not in sections:
        raise fields.error(
            "id", f"{id!r} is not a section ({', '.join(sections)}), a dash and a number"
        )
    return Requirement(
        id=id,
        level=Level(fields.choice("level", fields.take("level"), tuple(Level))),
        source=fields.choices("source", sources, at_least_one=True),
        section=fields.text("section"),
        statement=fields.text("statement"),
        needs=frozenset(Need(need) for need in fields.choices("needs", tuple(Need))),
    )


def _contradiction(fields: _Fields, requirements: Collection[str]) -> Contradiction:
    id = fields.text("id")
    if not _KEBAB.fullmatch(id):
        raise fields.error("id", f"{id!r} is not lower-case words joined by dashes")
    return Contradiction(
        id=id,
        statement=fields.text("statement"),
        checked=fields.text("checked"),
        requirements=fields.choices("requirements", requirements, at_least_one=True),
    )


@dataclass(frozen=True, slots=True)
class _Fields:
    """A mapping of the data file together with its place, which every complaint names."""

    file: str
    place: str
    values: Mapping[Any, Any]

    def error(self, field: str, problem: str) -> ContractError:
        return ContractError(f"{self.file}, {self.place}: field {field!r} {problem}")

    def only(self, known: Collection[str]) -> None:
        for field in self.values:
            if field not in known:
                raise self.error(str(field), f"is not known; known are {', '.join(sorted(known))}")

    def take(self, field: str) -> object:
        if field not in self.values:
            raise self.error(field, "is missing")
        return cast(object, self.values[field])

    def text(self, field: str) -> str:
        value = self.take(field)
        if not isinstance(value, str) or not value.strip():
            raise self.error(field, f"is {value!r}, not text")
        return value.strip()

    def mapping(self, field: str) -> Mapping[Any, Any]:
        value = self.take(field)
        if not isinstance(value, Mapping) or not value:
            raise self.error(field, f"is {_kind(value)}, not a mapping with at least one entry")
        return value

    def list(self, field: str) -> list[object]:
        value = self.take(field)
        if not isinstance(value, list):
            raise self.error(field, f"is {_kind(value)}, not a list")
        return value

    def choice(self, field: str, value: object, known: Collection[str]) -> str:
        if not isinstance(value, str) or value not in known:
            raise self.error(field, f"has {value!r}, which is none of {_shown(known)}")
        return value

    def choices(
        self, field: str, known: Collection[str], *, at_least_one: bool = False
    ) -> tuple[str, ...]:
        chosen = tuple(self.choice(field, value, known) for value in self.list(field))
        if at_least_one and not chosen:
            raise self.error(field, "is empty")
        if len(set(chosen)) != len(chosen):
            raise self.error(field, f"names one of {_shown(chosen)} twice")
        return chosen

    def named(self, field: str, noun: str, known: Collection[str]) -> Iterable[tuple[str, _Fields]]:
        for name, value in self.mapping(field).items():
            if not isinstance(value, Mapping):
                raise self.error(field, f"gives {name!r} {_kind(value)}, not a mapping")
            fields = _Fields(self.file, f"{noun} {name}", value)
            fields.only(known)
            yield str(name), fields

    def rows(self, field: str, known: Collection[str]) -> Iterable[_Fields]:
        for number, value in enumerate(self.list(field), start=1):
            if not isinstance(value, Mapping):
                raise self.error(field, f"has {_kind(value)} as row {number}, not a mapping")
            id = value.get("id")
            named = f" ({id})" if isinstance(id, str) else ""
            fields = _Fields(self.file, f"row {number} of {field}{named}", value)
            fields.only(known)
            yield fields


def _kind(value: object) -> str:
    return "empty" if value is None else f"{type(value).__name__} {value!r}"[:80]


def _shown(known: Collection[str]) -> str:
    names = list(known)
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _read(path: Path) -> Mapping[Any, Any]:
    from workspace_conformance.contract import strict_yaml  # only where the contract is read

    try:
        loaded = strict_yaml.load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, strict_yaml.Error) as error:
        problem = " ".join(str(error).split())
        raise ContractError(f"{path.name}: cannot be read as YAML: {problem}") from None
    if not isinstance(loaded, Mapping):
        raise ContractError(f"{path.name}: the file is {_kind(loaded)}, not a mapping")
    return loaded
