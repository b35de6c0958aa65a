"""Runs that are given a description of operations beyond the documentation (--openapi)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support import Observed, Ran, against, observed_portal, run_suite, valid_result
from workspace_conformance.reference.values import Asked, Form, Place
from workspace_conformance.verdict.verdicts import Exit

NEWS = "/api/2.0/community/event"  # what the portal answers in the depot's place
DEPOT = "/api/2.0/depot/item"
ITEM = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "title": {"type": "string"},
        "created": {"type": "string", "format": "date-time"},
    },
}
SCHEMA = {"$ref": "#/components/schemas/Item"}


def answer(schema: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {"responses": {"200": {"description": "it", "content": content}}}


DESCRIPTION = {
    "openapi": "3.1.0",
    "info": {"title": "The depot", "version": "1"},
    "paths": {
        DEPOT: {"get": answer({"type": "array", "items": SCHEMA}), "post": answer(SCHEMA)},
        f"{DEPOT}/{{itemid:[0-9]+}}": {"get": answer(SCHEMA), "delete": {}},
        f"{DEPOT}/{{itemid}}/notify": {"get": {}},
        "/api/2.0/depot/nowhere": {"get": {}},
        "/api/2.0/people/{username}": {"get": {}},
    },
    "components": {"schemas": {"Item": ITEM}},
}


@contextmanager
def depot(broken: Form | None = None) -> Iterator[Observed]:
    """A portal with a depot beside all that is documented; `broken`: the form that its items lack."""
    with observed_portal() as portal:
        locate = portal.app.parts.locate

        def located(asked: Asked) -> Place:
            place = locate(replace(asked, path=asked.path.replace(DEPOT, NEWS)))
            wrong = broken is not None and place.suffix is broken and f"{DEPOT}/" in asked.path
            return replace(place, suffix=Form.JSON) if wrong else place

        portal.app.parts.locate = located
        yield portal


def described_run(
    folder: Path, portal: Observed, *arguments: str, description: Any = DESCRIPTION
) -> Ran:
    file = folder / "depot.json"
    file.write_text(json.dumps(description), "utf-8")
    more = (f"--openapi={file}", "--breadth=documented", "-m", "described", *arguments)
    return run_suite(folder / "reports", *more, env=against(portal))


def rows(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{it['method']} {it['name']}": it for it in data["operations"]["described"]["operations"]
    }


def test_described_operations_are_judged_and_shown_apart(tmp_path: Path) -> None:
    with depot() as portal:
        ran = described_run(tmp_path, portal)
        asked = [path for _, path in portal.asked]
        methods = {method for method, _ in portal.asked}
    assert ran.code == Exit.OK, ran.out
    data = valid_result(ran)
    found = rows(data)
    assert {name: row["verdict"] for name, row in found.items()} == {
        "GET depot/item": "passed",
        "POST depot/item": "never-sent",
        "GET depot/item/{itemid}": "passed",
        "DELETE depot/item/{itemid}": "never-sent",
        "GET depot/item/{itemid}/notify": "never-sent",
        "GET depot/nowhere": "absent",
    }
    assert data["operations"]["described"]["source"] == "depot.json"
    told = hashlib.sha256((tmp_path / "depot.json").read_bytes()).hexdigest()
    assert data["operations"]["described"]["sha256"] == told
    certificate = json.loads((tmp_path / "reports" / "certificate.json").read_text("utf-8"))
    counted = certificate["predicate"]["workspaceConformance"]["operations"]["described"]
    assert (counted["sha256"], counted["readable"], counted["judged"]) == (told, 3, 2)
    assert "by the word notify" in found["GET depot/item/{itemid}/notify"]["words"]
    assert "writes" in found["POST depot/item"]["words"]
    assert methods <= {"GET", "HEAD"}
    assert not [path for path in asked if "notify" in path]
    told = "described by depot.json, not by the documentation: 6 operations"
    assert told in " ".join(ran.out.split())
    cases = [case for case in ran.cases() if case["outcome"] == "passed"]
    assert len(cases) > 25
    assert all(case["described"] and " described:depot/item" in case["id"] for case in cases)
    assert {it["verdict"] for it in data["requirements"]} == {"untested"}
    page = (tmp_path / "reports" / "report.html").read_text("utf-8")
    assert "described by depot.json, not by the documentation" in page


def test_a_fault_of_a_described_operation_is_caught_and_named(tmp_path: Path) -> None:
    with depot(Form.XML) as portal:
        ran = described_run(tmp_path, portal)
    assert ran.code == Exit.VIOLATED, ran.out
    data = valid_result(ran)
    failed = [case for case in ran.cases() if case["outcome"] == "failed"]
    assert [case["operation"] for case in failed] == ["GET depot/item/{itemid}"] * len(failed)
    assert "FMT-2" in rows(data)["GET depot/item/{itemid}"]["failed"]
    assert rows(data)["GET depot/item"]["verdict"] == "passed"
    assert ran.requirement("FMT-2")["verdict"] == "failed"
    assert data["verdict"] == "non-conformant"
    told = "GET depot/item/{itemid}, of the target's own description and not of the documentation"
    assert told in " ".join(ran.out.split())


def test_a_recorded_run_holds_the_description(tmp_path: Path) -> None:
    """Its file need not be there any more."""
    with depot(Form.XML) as portal:
        ran = described_run(tmp_path, portal)
    (tmp_path / "depot.json").unlink()
    archive = tmp_path / "reports" / "exchanges.har"
    again = run_suite(tmp_path / "again", f"--replay={archive}", "-m", "described")
    assert again.code == Exit.VIOLATED, again.out
    assert rows(again.results) == rows(ran.results)
    refused = run_suite(tmp_path / "third", f"--replay={archive}", "--openapi=x.yaml")
    assert refused.code == Exit.USAGE
    assert "--replay: leave --openapi out" in refused.out


def test_an_operation_that_needs_no_credential_is_not_asked_for_one(tmp_path: Path) -> None:
    open_item = {**answer({"type": "array", "items": SCHEMA}), "security": []}
    description = {**DESCRIPTION, "paths": {DEPOT: {"get": open_item}}}
    with depot() as portal:
        ran = described_run(tmp_path, portal, description=description)
    assert ran.code == Exit.OK, ran.out
    judged = {row["id"] for row in ran.results["requirements"] if row["cases"]}
    assert "FMT-1" in judged
    assert not [name for name in judged if name.startswith("AUTH-")]


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        ("openapi: 3.1.0\npaths: []\n", (), "--openapi: own.yaml, line 2, paths: paths must be"),
        ("openapi: 2\n", (), "--openapi: own.yaml, line 1, openapi: it is OpenAPI 2"),
        ("{", (), "--openapi: own.yaml, line 1: no JSON"),
        (json.dumps(DESCRIPTION), ("--breadth=core",), "leave --breadth core out"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_sentence(
    text: str, arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text(text, "utf-8")
    more = arguments or ("--breadth=documented",)
    ran = run_suite(tmp_path / "reports", f"--openapi={tmp_path / 'own.yaml'}", *more)
    assert ran.code == Exit.USAGE
    assert words in " ".join(ran.out.split())
    assert "Traceback" not in ran.out


def test_a_plan_tells_them_apart(tmp_path: Path) -> None:
    with depot() as portal:
        ran = described_run(tmp_path, portal, "--plan")
        assert portal.asked == []
    assert ran.code == Exit.OK, ran.out
    told = "described by depot.json, not by the documentation: 3 operations in 48 cases"
    assert told in " ".join(ran.out.split())
    assert "left out, absent" not in ran.out
