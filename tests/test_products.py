"""Servers that the embedded portal can be like, and several faults at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workspace_conformance.contract.requirements import load
from workspace_conformance.reference import Options
from workspace_conformance.reference.assembly import complete, create_app
from workspace_conformance.reference.faults import chosen as faults
from workspace_conformance.reference.products import PRODUCTS, Product, find
from workspace_conformance.reference.variants import chosen as variants

from .support import run_suite


def test_products_are_made_of_what_there_is() -> None:
    for product in PRODUCTS:
        assert {fault.name for fault in faults(product.faults)} == set(product.faults)
        assert {variant.name for variant in variants(product.variants)} == set(product.variants)
        assert product.violates <= set(load().requirements)
        broken = {fault.requirement for fault in faults(product.faults)}
        assert broken & product.violates


def test_a_portal_that_is_like_a_server_keeps_its_own_faults_and_variants() -> None:
    options = complete(Options(like="community-server", faults=("query-201",)))
    product = find("community-server")
    assert set(options.faults) == {*product.faults, "query-201"}
    assert options.rate is None
    assert complete(options) == options


def test_faults_are_put_in_together() -> None:
    app = create_app(Options(faults=("query-201", "create-200")))
    assert app.parts.perform.__qualname__ != create_app().parts.perform.__qualname__


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--like", "comunity"], "there is no server 'comunity'; known is community-server"),
        (["--like=community-server", "--target=http://127.0.0.1:9"], "cannot be given together"),
        (["--fault=query-201", "--fault=defaultjson"], "near it are default-json"),
    ],
)
def test_wrong_options_end_in_one_sentence(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    ran = run_suite(tmp_path, *arguments, env={"WORKSPACE_TOKEN": "a"})
    assert ran.code == 4
    assert words in ran.out
    assert len(ran.out.strip().splitlines()) == 1


def test_several_faults_are_found_at_once(tmp_path: Path) -> None:
    given = [
        "--fault=query-201",
        "--fault=create-200",
        "--requirement=STA-1",
        "--requirement=STA-2",
    ]
    ran = run_suite(tmp_path, *given)
    assert ran.code == 1
    data = json.loads((tmp_path / "results.json").read_text("utf-8"))
    failed = {row["id"] for row in data["requirements"] if row["verdict"] == "failed"}
    assert failed == {"STA-1", "STA-2"}
    assert data["settings"]["faults"] == ["query-201", "create-200"]


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.name)
def test_a_run_finds_what_is_known_of_a_server(product: Product, tmp_path: Path) -> None:
    """Each violated requirement is one that the server is known for; nothing stays, nobody is locked
    out.
    """
    given = ("--id-examples=5", "--breadth=core", "--pace=off", "-m", "not burst")
    ran = run_suite(tmp_path, f"--like={product.name}", *given)
    data = json.loads((tmp_path / "results.json").read_text("utf-8"))
    verdicts = {row["id"]: row["verdict"] for row in data["requirements"]}
    failed = {id for id, verdict in verdicts.items() if verdict == "failed"}
    unlimited = {id for id in product.violates if id.startswith("RATE")}
    assert failed == product.violates - unlimited
    assert ran.code == 1
    assert data["traffic"]["left_behind"] == []
    assert {verdicts[id] for id in ("AUTH-10", "AUTH-11", "AUTH-12")} == {"passed"}
