"""The data files of the contract: each is valid as what it is, and says what it ought to."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from lxml import etree
from openapi_spec_validator import OpenAPIV31SpecValidator

from workspace_conformance.contract import openapi
from workspace_conformance.contract.data_files import schema_path

FORMS = ("", ".json", ".xml")
OPERATIONS = {
    "authentication.login",
    "people.self",
    "people.list",
    "people.get",
    "people.create",
    "people.update",
    "people.delete",
    "group.list",
    "group.get",
    "group.create",
    "group.update",
    "group.delete",
    "blog.list",
    "blog.get",
    "blog.create",
    "blog.update",
    "blog.delete",
    "blog.comments",
    "blog.comment",
    "blog.reword",
    "blog.uncomment",
}
CREATING = {"people.create", "group.create", "blog.create", "blog.comment", "authentication.login"}
JSON = {"application/json"}
XML = {"text/xml", "application/xml"}


def read_json(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(schema_path(name).read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return copy.deepcopy(dict(openapi.document()))


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        operation["operationId"]: operation
        for item in document["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }


def resolved(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        found: Any = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value


# --- openapi.yaml


def test_openapi_is_valid(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_openapi_is_valid_as_it_is_written_too() -> None:
    """Each operation once, with its success; tools that read the file see no other form."""
    short = yaml.safe_load(schema_path("openapi.yaml").read_text(encoding="utf-8"))
    OpenAPIV31SpecValidator(short).validate()
    assert set(operations(short)) == set(OPERATIONS)


def test_the_whole_document_is_printed_for_other_tools(document: dict[str, Any]) -> None:
    command = [sys.executable, "-m", "workspace_conformance.contract.openapi"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == document


def test_openapi_lists_every_core_operation_in_every_form(document: dict[str, Any]) -> None:
    assert set(operations(document)) == {name + form for name in OPERATIONS for form in FORMS}
    for path, item in document["paths"].items():
        form = next(form for form in reversed(FORMS) if path.endswith(form))
        for method, operation in item.items():
            if method != "parameters":
                assert operation["operationId"].endswith(form)


def test_openapi_answers(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        base = name.removesuffix(".json").removesuffix(".xml")
        status = "201" if base in CREATING else "200"
        answers = operation["responses"]
        assert set(answers) == {status, "401", "404", "503", "4XX"}, name
        media = set(resolved(document, answers[status])["content"])
        expected = JSON if name.endswith(".json") else XML if name.endswith(".xml") else JSON | XML
        assert media == expected, name
        assert "WWW-Authenticate" in resolved(document, answers["401"])["headers"]
        assert "Retry-After" in resolved(document, answers["503"])["headers"]


def test_openapi_security(document: dict[str, Any]) -> None:
    assert document["security"] == [{"apiKey": []}]
    open_to_all = {
        name
        for name, operation in operations(document).items()
        if operation.get("security", document["security"]) != [{"apiKey": []}]
    }
    assert open_to_all == {f"authentication.login{form}" for form in FORMS}


def test_openapi_bodies_come_in_both_media(document: dict[str, Any]) -> None:
    for name, body in document["components"]["requestBodies"].items():
        content = body["content"]
        assert set(content) == {"application/json", "application/x-www-form-urlencoded"}, name
        assert len({json.dumps(media, sort_keys=True) for media in content.values()}) == 1


def test_openapi_has_no_merge_keys_and_nothing_unused(document: dict[str, Any]) -> None:
    text = schema_path("openapi.yaml").read_text(encoding="utf-8")
    assert "<<:" not in text
    used = json.dumps(document)
    for kind, components in document["components"].items():
        if kind != "securitySchemes":
            for name in components:
                assert f'"#/components/{kind}/{name}"' in used, f"{kind}/{name}"


def test_openapi_patterns_are_ascii(document: dict[str, Any]) -> None:
    """Prism's mock server puts the pattern that a request violates into a header, and ends if it
    cannot be written there.
    """
    patterns = re.findall(r'"pattern": "([^"]+)"', json.dumps(document, ensure_ascii=False))
    assert patterns
    assert all(pattern.isascii() for pattern in patterns)


def test_openapi_allows_the_unknown_people_that_are_asked_for(document: dict[str, Any]) -> None:
    """A server that takes the pattern for the law must know that 404 is due, not 400."""
    pattern = document["components"]["parameters"]["userid"]["schema"]["pattern"]
    assert re.search(pattern, "conformance-1-nobody")
    assert re.search(pattern, "Mike.Zanyatski")


@pytest.fixture(scope="module")
def loaded() -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_dict(copy.deepcopy(dict(openapi.document())))


def test_schemathesis_reads_every_operation(loaded: schemathesis.BaseSchema) -> None:
    results = list(loaded.get_all_operations())
    assert len(results) == len(OPERATIONS) * len(FORMS)
    assert not [result for result in results if not hasattr(result, "ok")]


BODIES = [
    ("post", "/api/2.0/people"),
    ("put", "/api/2.0/people/{userid}"),
    ("post", "/api/2.0/group"),
    ("put", "/api/2.0/group/{groupid}"),
    ("post", "/api/2.0/community/blog"),
    ("post", "/api/2.0/community/blog/{postid}/comment"),
    ("post", "/api/2.0/authentication"),
]


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_generated_data_are_sane(loaded: schemathesis.BaseSchema, method: str, path: str) -> None:
    """What a schema generates is what a person might send: short, printable, nothing undeclared."""

    @given(case=loaded[path][method.upper()].as_strategy())
    @settings(
        max_examples=15,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def generate(case: Any) -> None:
        assert isinstance(case.body, dict)
        for name, value in case.body.items():
            assert name.isidentifier()
            if not isinstance(value, bool):
                assert isinstance(value, str)
                assert 0 < len(value) <= 60
                assert value.isprintable()
        for parameter in case.path_parameters.values():
            assert not str(parameter).lower().endswith((".json", ".xml"))

    generate()


def body_validator(document: dict[str, Any], name: str) -> jsonschema_rs.Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


OK = {"status": 0, "statusCode": 200}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("PersonEnvelope", OK | {"response": {}}),
        ("PersonEnvelope", OK | {"response": None, "count": 1, "extra": [1]}),
        ("PersonEnvelope", OK | {"response": {"id": 7, "birthday": None, "unheard": {"of": 1}}}),
        ("PersonEnvelope", OK | {"response": {"workFrom": "2008-04-10T06:30:00.0000000-07:00"}}),
        ("PeopleEnvelope", OK | {"response": []}),
        ("PeopleEnvelope", OK | {"response": [{"id": "a"}, None], "total": 9, "startIndex": 2}),
        ("PostsEnvelope", OK | {"response": [{"preview": "p", "created": "2024-01-02T03:04:05Z"}]}),
        ("DoneEnvelope", OK | {"response": "gone"}),
        ("FailureEnvelope", {"status": 1, "statusCode": 404, "error": {"message": "no"}}),
        ("FailureEnvelope", {"status": 1, "statusCode": 401, "error": "Unauthorized"}),
        ("PersonResult", {"status": "0", "statusCode": "200"}),
        ("PeopleResult", {"status": "0", "statusCode": "200", "count": None}),
        ("PeopleResult", {"status": "0", "statusCode": "200", "response": {"id": "a"}}),
        (
            "PeopleResult",
            {"status": "0", "statusCode": "200", "response": [{"groups": None}, None]},
        ),
        ("PersonResult", {"status": "0", "statusCode": "200", "response": {"groups": {"id": "g"}}}),
        ("FailureResult", {"status": "1", "statusCode": "404", "error": None}),
    ],
)
def test_lawful_bodies_pass(document: dict[str, Any], name: str, body: object) -> None:
    body_validator(document, name).validate(body)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("PersonEnvelope", {"id": "a"}),
        ("PersonEnvelope", OK),
        ("PersonEnvelope", OK | {"response": []}),
        ("PersonEnvelope", OK | {"response": {"birthday": "10.04.2008"}}),
        ("PersonEnvelope", OK | {"response": {"birthday": "2008-04-10 06:30:00"}}),
        ("PeopleEnvelope", OK | {"response": {"id": "a"}}),
        ("PeopleEnvelope", OK | {"response": [{"terminated": "yesterday"}]}),
        ("PeopleEnvelope", {"status": "ok", "statusCode": 200, "response": []}),
        ("PeopleEnvelope", OK | {"response": [], "count": -1}),
        ("FailureEnvelope", {"status": 1, "statusCode": 404}),
        ("FailureEnvelope", {"error": {"message": "no"}}),
        ("PersonResult", {"statusCode": "200"}),
        ("PersonResult", {"status": "0"}),
        ("PersonResult", {"status": "fine", "statusCode": "200"}),
        ("PersonResult", {"status": "0", "statusCode": "200", "response": {"birthday": "soon"}}),
        ("FailureResult", {"status": "1", "statusCode": "404"}),
    ],
)
def test_unlawful_bodies_fail(document: dict[str, Any], name: str, body: object) -> None:
    assert not body_validator(document, name).is_valid(body)


# --- envelope.schema.json


@pytest.fixture(scope="module")
def envelope() -> jsonschema_rs.Draft202012Validator:
    schema = read_json("envelope.schema.json")
    jsonschema_rs.meta.validate(schema)
    return jsonschema_rs.Draft202012Validator(schema)


@pytest.mark.parametrize(
    "text",
    [
        '{"count": 1, "status": 0, "statusCode": 200, "response": {"id": 1}}',
        '{"response": [], "statusCode": 200, "status": 0}',
        '{"response": null, "statusCode": 201, "status": 0, "error": null}',
        '{"response": 3, "statusCode": 200, "status": 0, "more": {}, "total": 7, "nextIndex": 4}',
        '{"status": 1, "statusCode": 404, "error": {"message": "no"}}',
        '{"error": "no", "statusCode": 500, "status": 1, "response": null, "count": 0}',
    ],
)
def test_envelopes(envelope: jsonschema_rs.Draft202012Validator, text: str) -> None:
    envelope.validate(json.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        '{"id": 1}',
        '{"status": 0, "response": {}}',
        '{"statusCode": 200, "response": {}}',
        '{"status": 0, "statusCode": 200}',
        '{"status": 0, "statusCode": 200, "error": {}}',
        '{"status": 0, "statusCode": 200, "response": {}, "error": {"message": "no"}}',
        '{"status": 1, "statusCode": 404, "response": {}}',
        '{"status": 1, "statusCode": 404, "error": {}, "response": {"id": 1}}',
        '{"status": "0", "statusCode": 200, "response": {}}',
        '{"status": 0, "statusCode": "200", "response": {}}',
        '{"status": 0, "statusCode": 20, "response": {}}',
        '{"status": 0, "statusCode": 200, "response": {}, "count": "1"}',
        '{"status": 0, "statusCode": 200, "response": {}, "count": -1}',
        '{"Status": 0, "StatusCode": 200, "Response": {}}',
    ],
)
def test_no_envelopes(envelope: jsonschema_rs.Draft202012Validator, text: str) -> None:
    assert not envelope.is_valid(json.loads(text))


# --- envelope.xsd


@pytest.fixture(scope="module")
def xsd() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(schema_path("envelope.xsd"))))


MEMBERS = "<status>0</status><statusCode>200</statusCode>"


@pytest.mark.parametrize(
    "text",
    [
        f"<result>{MEMBERS}</result>",
        f"<result><count>1</count><response><id>1</id></response>{MEMBERS}</result>",
        f"<result><response/>{MEMBERS}<response>text</response><count>2</count></result>",
        f"<result><startIndex>3</startIndex>{MEMBERS}<count/><more><a/></more></result>",
        f"<result><response><status>away</status><count>few</count></response>{MEMBERS}</result>",
        "<result><status>1</status><statusCode>404</statusCode><error><message/></error></result>",
        '<result xmlns:i="urn:i" i:a="b">\n <status> 0 </status><!-- c --><?p i?>'
        "<statusCode>200</statusCode>\n</result>",
    ],
)
def test_xml_envelopes(xsd: etree.XMLSchema, text: str) -> None:
    xsd.assertValid(etree.fromstring(text))


@pytest.mark.parametrize(
    "text",
    [
        "<result/>",
        "<result><status>0</status></result>",
        "<result><statusCode>200</statusCode><response/></result>",
        f"<result>{MEMBERS}<status>0</status></result>",
        f"<result>{MEMBERS}<statusCode>200</statusCode></result>",
        f"<result>{MEMBERS}<count>1</count><count>1</count></result>",
        f"<result>{MEMBERS}<count>-1</count></result>",
        f"<result>{MEMBERS}<count>many</count></result>",
        "<result><status/><statusCode>200</statusCode></result>",
        "<result><status>ok</status><statusCode>200</statusCode></result>",
        "<result><status>0</status><statusCode>20</statusCode></result>",
        f"<result>text{MEMBERS}</result>",
        f"<Result>{MEMBERS}</Result>",
        f'<result xmlns="urn:other">{MEMBERS}</result>',
        f"<result><response>{MEMBERS}</response></result>",
    ],
)
def test_no_xml_envelopes(xsd: etree.XMLSchema, text: str) -> None:
    assert not xsd.validate(etree.fromstring(text))


# --- results.schema.json


def result() -> dict[str, Any]:
    passed = {"id": "suites/a.py::b", "outcome": "passed", "reason": None, "message": None}
    untested = {"id": "c", "outcome": "untested", "reason": "no-consent", "message": "no writes"}
    failed = {"id": "d", "outcome": "failed", "reason": None, "message": "JSON came"}
    return {
        "schema": 1,
        "suite": {"version": "0.1.0", "digest": "sha256:00"},
        "target": {"url": "http://127.0.0.1:80", "label": None, "server": "nginx"},
        "started": "2024-01-02T03:04:05Z",
        "finished": "2024-01-02T03:04:06.5+01:00",
        "settings": {"token": "<secret 1>"},
        "verdict": "non-conformant",
        "requirements": [
            {
                "id": "FMT-3",
                "level": "MUST",
                "section": "Basic concepts",
                "statement": "It is XML.",
                "verdict": "failed",
                "cases": [
                    passed | {"exchanges": [1, 2], "method": "GET", "format": "json"},
                    untested | {"exchanges": []},
                    failed | {"exchanges": [3], "resource": "people", "later": 1},
                ],
            }
        ],
        "left_out": [{"id": "e", "why": "deselected"}],
        "counts": {"MUST": {"passed": 0, "failed": 1, "partial": 0, "untested": 46}},
        "traffic": {
            "requests": 3,
            "seconds_waited_for_pacing": 0.5,
            "created": 1,
            "deleted": 0,
            "left_behind": [{"url": "http://127.0.0.1/api/2.0/group/1", "kind": "group"}],
            "throttled": {"times": 0, "seconds": 0},
        },
        "measured": {"limit": 500, "window": "fixed", "retry_after": ["9", None]},
        "contradictions": [
            {"id": "a-b", "statement": "s", "checked": "c", "requirements": ["FMT-3"]}
        ],
        "later": {},
    }


@pytest.fixture(scope="module")
def results() -> jsonschema_rs.Draft202012Validator:
    schema = read_json("results.schema.json")
    jsonschema_rs.meta.validate(schema)
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def test_a_result_is_valid(results: jsonschema_rs.Draft202012Validator) -> None:
    results.validate(result())


CASE = ("requirements", 0, "cases", 0)


@pytest.mark.parametrize(
    ("place", "values"),
    [
        ((), {"schema": 2}),
        ((), {"verdict": "passed"}),
        ((), {"started": "yesterday"}),
        (("suite",), {"digest": ""}),
        (("target",), {"url": "portal"}),
        (("traffic",), {"requests": -1}),
        (("traffic",), {"left_behind": [{"url": "x"}]}),
        (("traffic", "throttled"), {"seconds": None}),
        ((), {"left_out": ["e"]}),
        (("measured",), {"window": "wide"}),
        (("contradictions", 0), {"requirements": []}),
        (("counts", "MUST"), {"passed": "all"}),
        (("requirements", 0), {"level": "MAY"}),
        (("requirements", 0), {"id": "fmt-3"}),
        (("requirements", 0), {"verdict": "skipped"}),
        (CASE, {"outcome": "skipped"}),
        (CASE, {"reason": "no-consent"}),
        (CASE, {"outcome": "untested"}),
        (CASE, {"outcome": "untested", "reason": "tired", "message": "m"}),
        (CASE, {"outcome": "untested", "reason": "throttled", "message": ""}),
        (CASE, {"exchanges": ["1"]}),
    ],
)
def test_what_is_no_result(
    results: jsonschema_rs.Draft202012Validator,
    place: tuple[str | int, ...],
    values: dict[str, object],
) -> None:
    document = result()
    changed: Any = document
    for step in place:
        changed = changed[step]
    changed.update(values)
    assert not results.is_valid(document)


@pytest.mark.parametrize("member", sorted(read_json("results.schema.json")["required"]))
def test_what_a_result_must_have(results: jsonschema_rs.Draft202012Validator, member: str) -> None:
    document = result()
    del document[member]
    assert not results.is_valid(document)
