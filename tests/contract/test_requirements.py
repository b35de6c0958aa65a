"""The contract's loader: what it gives, and how it complains."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from workspace_conformance.contract import openapi
from workspace_conformance.contract import requirements as contract_module
from workspace_conformance.contract.documented import (
    is_documented,
)
from workspace_conformance.contract.requirements import ContractError, Level, Need, load, select

PER_SECTION = {
    "REST": 5,
    "AUTH": 12,
    "FMT": 12,
    "REQ": 4,
    "STA": 8,
    "ENV": 3,
    "RATE": 10,
    "ID": 6,
    "DATE": 1,
}
SHOULDS = [
    "REST-3",
    "AUTH-5",
    "AUTH-6",
    "AUTH-9",
    "FMT-6",
    "FMT-7",
    "FMT-8",
    "FMT-11",
    "FMT-12",
    "REQ-3",
    "STA-8",
    "ENV-3",
    "RATE-9",
    "ID-6",
]


def test_every_requirement_is_there_in_order() -> None:
    contract = load()
    ids = [f"{section}-{n}" for section, count in PER_SECTION.items() for n in range(1, count + 1)]
    assert list(contract.requirements) == ids
    assert list(contract.sections) == list(PER_SECTION)
    assert Counter(row.prefix for row in contract.requirements.values()) == PER_SECTION


def test_levels_are_the_documentations() -> None:
    rows = load().requirements.values()
    assert [row.id for row in rows if row.level is Level.SHOULD] == SHOULDS
    assert sum(row.level is Level.MUST for row in rows) == 47


def test_what_rate_limiting_needs() -> None:
    rows = load().requirements
    assert {id for id, row in rows.items() if Need.BURST in row.needs} == {
        f"RATE-{n}" for n in range(1, 11)
    }
    assert rows["RATE-6"].needs == {Need.BURST, Need.SECOND_ACCOUNT}
    assert rows["RATE-7"].needs == {Need.BURST, Need.SECOND_ADDRESS}
    for writing in ("RATE-3", "RATE-8", "RATE-10"):
        assert rows[writing].needs == {Need.BURST, Need.WRITES}
    assert rows["STA-1"].needs == frozenset()


def test_contradictions_name_what_they_bear_on() -> None:
    contract = load()
    assert len(contract.contradictions) == 5
    for point in contract.contradictions:
        assert all(id in contract.requirements for id in point.requirements)


def test_statements_are_sentences_in_one_line() -> None:
    for row in load().requirements.values():
        assert row.statement[0].isupper()
        assert row.statement.endswith(".")
        assert "\n" not in row.statement
        assert "  " not in row.statement


def test_the_default_is_read_once_and_cannot_be_changed() -> None:
    assert load() is load()
    with pytest.raises(TypeError):
        load().requirements["FMT-3"] = load().requirements["FMT-4"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (["FMT-3"], ["FMT-3"]),
        (["fmt-3", "FMT-1", "Fmt-3"], ["FMT-1", "FMT-3"]),
        ([" env "], ["ENV-1", "ENV-2", "ENV-3"]),
        (["DATE", "date-1"], ["DATE-1"]),
        ([], []),
    ],
)
def test_select(names: list[str], ids: list[str]) -> None:
    assert [row.id for row in select(load(), names)] == ids


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("ENV-9", "'ENV-9'; there are ENV-1, ENV-2, ENV-3"),
        ("FMT-03", "'FMT-03'; there are FMT-1, "),
        ("HTTP", "'HTTP'; there are the sections REST, AUTH, "),
        ("", "''; there are the sections "),
    ],
)
def test_select_says_what_exists(name: str, says: str) -> None:
    with pytest.raises(ContractError) as caught:
        select(load(), [name])
    assert says in str(caught.value)


def minimal() -> dict[str, Any]:
    row = {
        "id": "FMT-1",
        "level": "MUST",
        "source": ["BC"],
        "section": "Basic concepts",
        "statement": "It holds.",
        "needs": [],
    }
    point = {
        "id": "one-of-two",
        "statement": "Both are said.",
        "checked": "Neither.",
        "requirements": ["FMT-1"],
    }
    return {
        "version": 1,
        "sources": {"BC": {"title": "Basic concepts", "page": "a page"}},
        "sections": {"FMT": "Formats"},
        "requirements": [row],
        "contradictions": [point],
    }


def changed(path: str, value: object) -> dict[str, Any]:
    """`minimal` with one member replaced, or left out when `value` is `...`."""
    document = minimal()
    *way, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    place: Any = document
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return document


def write(folder: Path, document: object) -> Path:
    path = folder / "rows.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_a_minimal_contract_loads(tmp_path: Path) -> None:
    contract = load(write(tmp_path, minimal()))
    assert contract.requirements["FMT-1"].source == ("BC",)
    assert contract.sources["BC"].page == "a page"
    assert contract.sections["FMT"].title == "Formats"


ROW = "row 1 of requirements (FMT-1): field "


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("version", ..., "the file: field 'version' is missing"),
        ("version", 2, "the file: field 'version' is 2, not 1"),
        ("version", True, "the file: field 'version' is True, not 1"),
        ("extra", 1, "the file: field 'extra' is not known"),
        ("sources", [], "the file: field 'sources' is list [], not a mapping"),
        ("sources/BC", "x", "the file: field 'sources' gives 'BC' str 'x', not a mapping"),
        ("sources/BC/page", ..., "source BC: field 'page' is missing"),
        ("sources/BC/url", "x", "source BC: field 'url' is not known"),
        ("sections/FMT", None, "the file: field 'sections' gives 'FMT' the title None"),
        ("requirements", {}, "the file: field 'requirements' is dict {}, not a list"),
        ("requirements/0", "FMT-1", "field 'requirements' has str 'FMT-1' as row 1, not a mapping"),
        ("requirements/0/id", ..., "row 1 of requirements: field 'id' is missing"),
        ("requirements/0/id", 1, "row 1 of requirements: field 'id' is 1, not text"),
        ("requirements/0/id", "ABC-1", "field 'id' 'ABC-1' is not a section (FMT), a dash and"),
        ("requirements/0/id", "FMT1", "field 'id' 'FMT1' is not a section (FMT), a dash and"),
        ("requirements/0/id", "FMT-01", "field 'id' 'FMT-01' is not a section (FMT), a dash and"),
        ("requirements/0/level", "MAY", ROW + "'level' has 'MAY', which is none of MUST, SHOULD"),
        ("requirements/0/level", ["MUST"], ROW + "'level' has ['MUST'], which is none of"),
        ("requirements/0/level", ..., ROW + "'level' is missing"),
        ("requirements/0/source", "BC", ROW + "'source' is str 'BC', not a list"),
        ("requirements/0/source", [], ROW + "'source' is empty"),
        ("requirements/0/source", ["XX"], ROW + "'source' has 'XX', which is none of BC"),
        ("requirements/0/section", " ", ROW + "'section' is ' ', not text"),
        ("requirements/0/statement", None, ROW + "'statement' is None, not text"),
        ("requirements/0/needs", ..., ROW + "'needs' is missing"),
        ("requirements/0/needs", None, ROW + "'needs' is empty, not a list"),
        ("requirements/0/needs", ["luck"], ROW + "'needs' has 'luck', which is none of writes"),
        (
            "requirements/0/needs",
            ["burst", "burst"],
            ROW + "'needs' names one of burst, burst twice",
        ),
        ("requirements/0/note", "x", ROW + "'note' is not known"),
        ("contradictions/0/id", "One", "(One): field 'id' 'One' is not lower-case words"),
        ("contradictions/0/requirements", [], "(one-of-two): field 'requirements' is empty"),
        ("contradictions/0/requirements", ["FMT-2"], "has 'FMT-2', which is none of FMT-1"),
        ("contradictions/0/checked", ..., "(one-of-two): field 'checked' is missing"),
    ],
)
def test_bad_data_are_named(tmp_path: Path, path: str, value: object, says: str) -> None:
    with pytest.raises(ContractError) as caught:
        load(write(tmp_path, changed(path, value)))
    message = str(caught.value)
    assert message.startswith("rows.yaml, ")
    assert says in message
    assert "\n" not in message


@pytest.mark.parametrize("kind", ["requirements", "contradictions"])
def test_an_id_may_not_be_there_twice(tmp_path: Path, kind: str) -> None:
    document = minimal()
    document[kind].append(dict(document[kind][0]))
    with pytest.raises(ContractError, match=rf"rows.yaml, row 2 of {kind} .*: field 'id' .* twice"):
        load(write(tmp_path, document))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "rows.yaml: the file is empty, not a mapping"),
        ("- a", "rows.yaml: the file is list ['a'], not a mapping"),
        ("a: [", "rows.yaml: cannot be read as YAML: "),
        ("a: 1\na: 2", "field 'a' is twice in one mapping, line 2"),
        ("? [a]\n: 1", "rows.yaml: cannot be read as YAML: "),
    ],
)
def test_files_that_are_no_contract(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "rows.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load(path)
    assert says in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"none\.yaml: cannot be read"):
        load(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    with pytest.raises(ContractError, match=r"latin\.yaml: cannot be read"):
        load(tmp_path / "latin.yaml")


def test_data_are_found_in_a_wheel_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workspace_conformance.contract import data_files

    installed = tmp_path / "_data" / "schemas"
    installed.mkdir(parents=True)
    (installed / "requirements.yaml").write_text("version: 1", encoding="utf-8")
    monkeypatch.setattr(data_files, "_CANDIDATES", (tmp_path / "_data", tmp_path))
    assert data_files.schema_path("requirements.yaml") == installed / "requirements.yaml"
    with pytest.raises(FileNotFoundError, match=r"openapi\.yaml is neither in .* nor in "):
        data_files.schema_path("openapi.yaml")


def test_missing_data_are_a_contract_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(name: str) -> Path:
        raise FileNotFoundError(f"{name} is nowhere")

    monkeypatch.setattr(contract_module, "schema_path", nowhere)
    contract_module._load_default.cache_clear()
    try:
        with pytest.raises(ContractError, match=r"not installed: requirements\.yaml is nowhere"):
            load()
    finally:
        contract_module._load_default.cache_clear()


def test_no_operation_of_the_core_document_is_undocumented() -> None:
    """openapi.yaml may not promise a path that the documentation does not list."""
    document = openapi.document()
    listed = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
        if method in ("get", "post", "put", "delete")
    }
    assert {
        (m, p) for m, p in listed if not is_documented(p.replace("{", "").replace("}", ""), m)
    } == (set())
