"""Reading a target's own description: what it tells, and one sentence for what is broken in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from workspace_conformance.contract import (
    described,
    described_acts,
    described_paths,
    known_values,
)
from workspace_conformance.contract.described import Description
from workspace_conformance.contract.description_file import DescribedError
from workspace_conformance.contract.documented import Operation, Type, documented_operations

HEAD = {"openapi": "3.0.3", "info": {"title": "Depot", "version": "1"}}
ITEM = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "format": "int32"},
        "title": {"type": "string"},
        "made": {"type": "string", "format": "date-time"},
        "parent": {"$ref": "#/components/schemas/Item"},
    },
}


def document(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**HEAD, "paths": paths, **more}


def loaded(folder: Path, data: Any, name: str = "openapi.json") -> Description:
    file = folder / name
    text = data if isinstance(data, str) else json.dumps(data)
    file.write_text(text, "utf-8")
    return described.load(file)


def only(description: Description) -> Operation:
    (operation,) = description.operations
    return operation


def answer(schema: Any, media: str = "application/json") -> dict[str, Any]:
    return {"responses": {"200": {"description": "it", "content": {media: {"schema": schema}}}}}


# --- what it tells --------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_an_operation_becomes_a_row(version: str, form: str, tmp_path: Path) -> None:
    listed = {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}
    paths = {
        "/api/2.0/depot/item": {
            "get": {
                **answer(listed),
                "parameters": [{"name": "size", "in": "query", "schema": {"type": "integer"}}],
            }
        }
    }
    data = {**document(paths, components={"schemas": {"Item": ITEM}}), "openapi": version}
    text = json.dumps(data) if form == "json" else yaml.safe_dump(data)
    description = loaded(tmp_path, text, f"depot.{form}")
    operation = only(description)
    name = "#/components/schemas/Item"
    assert (operation.method, operation.name, operation.module) == ("GET", "depot/item", "depot")
    assert (operation.shape, operation.answer) == ("list", Type(name, 1))
    assert [(it.name, it.type.name) for it in operation.query] == [("size", "integer")]
    assert {it.name: it.type.name for it in description.records[name]} == {
        "id": "int32",
        "title": "string",
        "made": "date-time",
        "parent": name,
    }
    assert operation.is_read
    assert operation.needs_authorization
    assert description.source == f"depot.{form}"
    again = described.of_data(json.loads(json.dumps(description.data)))
    assert (again.operations, again.records) == (description.operations, description.records)


def test_the_schema_of_an_envelope_is_that_of_its_response(tmp_path: Path) -> None:
    envelope = {
        "properties": {
            "status": {"type": "integer"},
            "response": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
        }
    }
    paths = {"/api/2.0/depot": {"get": answer(envelope)}}
    description = loaded(tmp_path, document(paths, components={"schemas": {"Item": ITEM}}))
    assert only(description).shape == "list"


def test_what_the_documentation_lists_is_left_to_it(tmp_path: Path) -> None:
    """Whatever the parameter is called; a literal in its place is an operation of its own."""
    paths: dict[str, Any] = {
        "/api/2.0/people/{user}": {"get": {}},
        "/api/2.0/people/birthdays": {"get": {}, "patch": {}},
    }
    description = loaded(tmp_path, document(paths))
    assert only(description).name == "people/birthdays"
    assert (description.documented, description.elsewhere) == (1, 1)
    assert "1 that the documentation lists" in description.words


def test_the_vendors_own_form_is_read(tmp_path: Path) -> None:
    """Regular expressions in paths, and operations that say nothing of their answers."""
    paths = {
        "/api/2.0/depot/{itemid:[0-9]+}": {"get": {"summary": "Returns an item"}},
        "/api/2.0/depot/{kind:(crate|box)}/{place:int}": {"get": {}},
        "/api/2.0/depot/at/{guid:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}}": {"get": {}},
        "/api/2.0/depot/{itemid:[0-9]+}.json": {"get": {}},
        "/api/2.0/depot/{itemid}": {"get": {}},
    }
    operations = loaded(tmp_path, document(paths)).operations
    assert [it.name for it in operations] == [
        *("depot/{itemid}", "depot/{kind}/{place}", "depot/at/{guid}")
    ]
    types = [[field.type for field in it.path_parameters] for it in operations]
    choices = Type("string", 0, ("crate", "box"))
    assert types == [[Type("int32")], [choices, Type("int32")], [Type("uuid")]]
    assert {it.shape for it in operations} == {"value"}


def test_paths_stand_below_a_server(tmp_path: Path) -> None:
    server = {"url": "https://{host}/prefix/api/{v}", "variables": {"v": {"default": "2.0"}}}
    paths = {"/depot/item": {"get": {}}, "/depot/box": {"servers": [{"url": "/else"}], "get": {}}}
    description = loaded(tmp_path, document(paths, servers=[server]))
    assert only(description).path == "/api/2.0/depot/item"
    assert description.elsewhere == 1


@pytest.mark.parametrize(
    ("own", "of_all", "needed"),
    [
        (None, None, True),
        (None, [{"token": []}], True),
        ([], [{"token": []}], False),
        ([{"token": []}, {}], None, False),
        (None, [], False),
        ([{"token": []}], [], True),
    ],
)
def test_security_says_whether_a_credential_is_needed(
    own: Any, of_all: Any, needed: bool, tmp_path: Path
) -> None:
    operation = {} if own is None else {"security": own}
    more = {} if of_all is None else {"security": of_all}
    description = loaded(tmp_path, document({"/api/2.0/depot": {"get": operation}}, **more))
    assert only(description).needs_authorization is needed


def test_a_file_is_no_envelope(tmp_path: Path) -> None:
    get = answer({"type": "string", "format": "binary"}, "application/pdf")
    operation = only(loaded(tmp_path, document({"/api/2.0/depot/label": {"get": get}})))
    assert operation.content
    assert not operation.is_read


def test_a_required_parameter_is_given_what_the_file_gives_it(tmp_path: Path) -> None:
    told = {"name": "year", "in": "query", "required": True, "schema": {"type": "integer"}}
    paths = {
        "/api/2.0/depot/a": {"get": {"parameters": [{**told, "example": 2024}]}},
        "/api/2.0/depot/b": {"get": {"parameters": [told]}},
    }
    assert loaded(tmp_path, document(paths)).values == {"depot/a?year": "2024"}


def test_parameters_of_the_path_and_by_reference(tmp_path: Path) -> None:
    """The operation's own goes before its path's; a schema before the expression in the path."""
    path = {
        "parameters": [{"$ref": "#/components/parameters/id"}],
        "get": {"parameters": [{"name": "x", "in": "query", "schema": {"type": "boolean"}}]},
    }
    held = {"name": "id", "in": "path", "schema": {"type": ["string", "null"], "format": "uuid"}}
    description = loaded(
        tmp_path,
        document({"/api/2.0/depot/{id:.+}": path}, components={"parameters": {"id": held}}),
    )
    assert only(description).path_parameters[0].type == Type("uuid")


# --- GETs that act --------------------------------------------------------------------------------


def test_gets_of_the_documentation_that_act_are_told_by_their_words() -> None:
    """But for those that only a page tells of; and few that do nothing are taken for such."""
    reads = [it for it in documented_operations() if it.method == "GET"]
    missed = [it.name for it in reads if it.acts and not described_acts.why(it.path)]
    assert missed == [
        "files/file/{fileId}/trackeditfile",
        "mail/messages/{id}",
        "mail/conversation/{id}",
    ]
    taken = [it.name for it in reads if it.is_read and described_acts.why(it.path)]
    assert len(taken) <= 12


@pytest.mark.parametrize(
    ("path", "operation_id", "summary", "acts"),
    [
        ("/api/2.0/depot/item", "getItems", "Returns the items", False),
        ("/api/2.0/depot/item/{id}/notify", "", "", True),
        ("/api/2.0/depot/recalculateeverything", "", "", True),
        ("/api/2.0/depot/item", "Depot_SendReport", "", True),
        ("/api/2.0/depot/item", "archive.getAll", "", False),
        ("/api/2.0/depot/item", "", "Sends the report to its readers", True),
        ("/api/2.0/depot/settings", "listSettings", "Settings of the depot", False),
        ("/api/2.0/depot/order", "order", "Orders by day", False),
    ],
)
def test_words_that_tell_that_a_get_acts(
    path: str, operation_id: str, summary: str, acts: bool
) -> None:
    assert bool(described_acts.why(path, operation_id, summary)) is acts


def test_a_get_that_acts_is_never_read(tmp_path: Path) -> None:
    description = loaded(tmp_path, document({"/api/2.0/depot/sync": {"get": {}}}))
    assert only(description).acts
    assert not only(description).is_read
    assert description.acts == {"depot/sync": "may do something, by the word sync in its path"}


# --- paths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("[0-9]+", "int32"),
        (r"^\d{1,9}$", "int32"),
        ("int", "int32"),
        ("guid", "uuid"),
        ("(a|b|c)", ("a", "b", "c")),
        ("(?:a|b)", ("a", "b")),
        (r"[\w.]+", "string"),
        ("a(b|c)d", "string"),
    ],
)
def test_expressions_tell_types(expression: str, kind: Any) -> None:
    template = described_paths.read(f"/api/2.0/depot/{{x:{expression}}}")
    assert template is not None
    assert template.path == "/api/2.0/depot/{x}"
    assert template.parameters[0].kind == kind


# --- what is broken -------------------------------------------------------------------------------

GET: dict[str, Any] = {"get": {}}
BROKEN: dict[str, tuple[Any, str]] = {
    "nothing": ("", "the file must be an object, and is empty"),
    "a list": ("[1]", "the file must be an object, and is a list"),
    "a text": ("words", "the file must be an object, and is a text"),
    "no JSON": ('{\n "a": 1,\n}', "line 3: no JSON"),
    "no YAML": ("a: [1\nb: 2", "line 2: no YAML"),
    "a name twice, JSON": ('{"a": 1, "a": 2}', "the name 'a' is twice in one object"),
    "a name twice, YAML": ("openapi: 3.0.0\npaths: {}\npaths: {}\n", "line 3"),
    "Swagger": ({"swagger": "2.0", "paths": {}}, "it is Swagger 2.0; OpenAPI 3.0 and 3.1 are read"),
    "no version": ({"paths": {}}, "it does not say which OpenAPI it is"),
    "another version": ({"openapi": "4.0.0"}, "openapi: it is OpenAPI 4.0.0"),
    "no paths": (HEAD, "it has no member paths"),
    "nothing below api/2.0": (document({"/depot": GET}), "no operation is below api/2.0"),
    "a path without a slash": (
        document({"depot": GET}),
        "paths, depot: a path begins with a slash",
    ),
    "an open brace": (document({"/api/2.0/a/{id": GET}), "a brace is not closed"),
    "a parameter twice": (document({"/api/2.0/{a}/{a}": GET}), "the parameter a is twice in it"),
    "an empty path": (document({"/api/2.0/a": None}), "what a path holds must be an object"),
    "no operation": (document({"/api/2.0/a": {"get": 5}}), "get: an operation must be an object"),
    "parameters that are none": (
        document({"/api/2.0/a": {"get": {"parameters": {}}}}),
        "parameters must be a list",
    ),
    "a parameter nowhere": (
        document({"/api/2.0/a": {"get": {"parameters": [{"name": "x", "in": "body"}]}}}),
        "get, parameters, 0: x is in 'body'",
    ),
    "no type": (
        document({"/api/2.0/a": {"get": answer({"type": "text"})}}),
        "application/json, schema, type: 'text' is no type",
    ),
    "a dead reference": (
        document({"/api/2.0/a": {"get": answer({"$ref": "#/components/schemas/X"})}}),
        "it refers to #/components/schemas/X, which is not there",
    ),
    "a reference elsewhere": (
        document({"/api/2.0/a": {"$ref": "other.yaml#/a"}}),
        "it refers to 'other.yaml#/a'; what is referred to must stand in the file",
    ),
    "a circle": (
        document({"/api/2.0/a": GET, "/api/2.0/b": {"$ref": "#/paths/~1api~12.0~1b"}}),
        "leads to itself",
    ),
    "lists without an end": (
        document(
            {"/api/2.0/a": {"get": answer({"$ref": "#/components/schemas/X"})}},
            components={
                "schemas": {"X": {"type": "array", "items": {"$ref": "#/components/schemas/X"}}}
            },
        ),
        "lists stand in one another without an end",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_one_sentence_with_its_place(name: str, tmp_path: Path) -> None:
    data, words = BROKEN[name]
    with pytest.raises(DescribedError) as caught:
        loaded(tmp_path, data, "broken.yaml")
    told = str(caught.value)
    assert words in told
    assert told.startswith("broken.yaml")
    assert "\n" not in told


def test_the_line_is_named(tmp_path: Path) -> None:
    text = (
        "openapi: 3.1.0\n"
        "paths:\n"
        "  /api/2.0/depot:\n"
        "    get:\n"
        "      parameters:\n"
        "        - name: size\n"
        "          in: nowhere\n"
    )
    with pytest.raises(DescribedError) as caught:
        loaded(tmp_path, text, "depot.yaml")
    place = "depot.yaml, line 6, paths, /api/2.0/depot, get, parameters, 0"
    assert str(caught.value).startswith(f"{place}: size is in 'nowhere'")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DescribedError, match="cannot be read"):
        described.load(tmp_path / "missing.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DescribedError, match="no text in UTF-8"):
        described.load(tmp_path / "binary.yaml")


def test_deep_nesting_is_told(tmp_path: Path) -> None:
    with pytest.raises(DescribedError, match="nested too deeply"):
        loaded(tmp_path, "[" * 100_000, "deep.yaml")
    with pytest.raises(DescribedError, match="nested too deeply"):
        loaded(tmp_path, '{"a":' * 100_000, "deep.json")


def test_every_documented_operation_can_be_described(tmp_path: Path) -> None:
    """A whole description of the documentation adds nothing to it."""
    paths: dict[str, Any] = {}
    for operation in documented_operations():
        paths.setdefault(operation.path, {})[operation.method.lower()] = {}
    description = loaded(tmp_path, document(paths))
    assert description.operations == ()
    assert description.documented == len(documented_operations())


# --- what its parameters are for ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "shape", "schema", "is_id"),
    [
        ("{itemid}", {}, {"type": "integer"}, True),
        ("{serial}", {}, {"type": "string", "format": "uuid"}, True),
        ("{itemId}", {}, {"type": "string"}, True),
        ("{name}", ITEM, {"type": "string"}, True),
        ("bytag/{tag}", {"type": "array", "items": {}}, {"type": "string"}, False),
        ("{name}", {}, {"type": "string"}, False),
        ("in/{year}", {}, {"type": "integer"}, False),
        ("{word}/{name}", {}, {"type": "string"}, False),
    ],
)
def test_what_seems_to_be_no_id_is_not_taken_for_one(
    path: str, shape: Any, schema: Any, is_id: bool, tmp_path: Path
) -> None:
    """An unknown tag, or a year without records, may be answered with an empty list."""
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    get = {
        **answer(shape),
        "parameters": [{"name": name, "in": "path", "schema": schema} for name in names],
    }
    paths = {f"/api/2.0/depot/{path}": {"get": get}}
    description = loaded(tmp_path, document(paths, components={"schemas": {"Item": ITEM}}))
    known = known_values.described_values(description.operations, description.records, {})
    roles = {value.role for value in known.of_path(only(description), {})}
    assert roles == {known_values.Role.ID if is_id else known_values.Role.LABEL}


def test_ids_come_from_lists_of_the_description_and_of_the_documentation(tmp_path: Path) -> None:
    listed = answer({"type": "array", "items": {"$ref": "#/components/schemas/Item"}})
    paths = {
        "/api/2.0/depot/item": {"get": listed},
        "/api/2.0/depot/item/{itemid}": {"get": answer(ITEM)},
        "/api/2.0/people/{username}/badges": {"get": listed},
        "/api/2.0/shelf": {"get": {}},
        "/api/2.0/shelf/{shelfid}": {"get": {}},
    }
    description = loaded(tmp_path, document(paths, components={"schemas": {"Item": ITEM}}))
    known = known_values.described_values(description.operations, description.records, {})
    found = {
        operation.name: [source.words for source in value.sources]
        for operation in description.operations
        for value in known.of_path(operation, {})
    }
    assert found["depot/item/{itemid}"][0] == "the id of depot/item"
    assert found["people/{username}/badges"] == ["the id of people"]
    assert found["shelf/{shelfid}"][0] == "the id of shelf"
