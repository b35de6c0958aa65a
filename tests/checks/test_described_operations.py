"""The way between Schemathesis and the transport: what is described, drawn, spelled and judged."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from lxml import etree

from workspace_conformance.checks import described_answers, described_operations
from workspace_conformance.checks.described_answers import Finding, as_data
from workspace_conformance.checks.described_operations import Attempt, Operation, described, draw
from workspace_conformance.contract import openapi
from workspace_conformance.exchange.messages import Exchange, Request, Response

RECORD = {"id": 7, "title": "T", "created": "2024-01-02T03:04:05.0000000Z", "more": None}


def operation(name: str) -> Operation:
    return described()[name]


def attempt(
    name: str, body: str | bytes, content_type: str | None = None, status: int = 200
) -> Attempt:
    """An operation's plainest drawn request, and a made-up answer to it."""
    case = draw(operation(name), 1)[0]
    path, query, _ = described_operations.spelled(case)
    url = f"https://portal.test/api/2.0/{path}?{query}".rstrip("?")
    if content_type is None:
        content_type = "application/json" if operation(name).media == "json" else "text/xml"
    content = body.encode() if isinstance(body, str) else body
    headers = (("Content-Type", content_type),) if content_type else ()
    response = Response(status, "", headers, content)
    return Attempt(
        operation(name), case, Exchange(1, Request(case.method, url), response, sent=1.0)
    )


def in_json(response: object, **members: object) -> str:
    return json.dumps({"status": 0, "statusCode": 200, "response": response} | members)


def in_xml(inner: str, root: str = "result") -> str:
    return f"<{root}><status>0</status><statusCode>200</statusCode>{inner}</{root}>"


# --- described ------------------------------------------------------------------------------------


def test_every_operation_is_told_apart() -> None:
    assert len(described()) == 63
    login = operation("authentication.login.xml")
    assert (login.method, login.form, login.base) == ("POST", "xml", "authentication.login")
    assert (login.guarded, login.kind, login.shows_dates) == (False, None, True)
    post = operation("blog.get")
    assert (post.media, post.form, post.guarded, post.shows_dates) == ("xml", "", True, True)
    assert post.kind is not None
    assert post.kind.name == "post"
    assert not operation("group.list.json").shows_dates
    assert not operation("blog.delete").shows_dates


def test_describing_does_not_load_schemathesis() -> None:
    code = (
        "import sys; from workspace_conformance.checks import described_operations as operations;"
        "from workspace_conformance.checks import operation_attempts;"
        "operations.described(); sys.exit('schemathesis' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- drawn ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["people.list.json", "blog.create", "group.get.xml"])
def test_drawing_is_repeatable_and_gives_different_requests(name: str) -> None:
    first = [described_operations.spelled(case) for case in draw(operation(name), 3)]
    assert first == [described_operations.spelled(case) for case in draw(operation(name), 3)]
    assert len(set(first)) == len(first) == 3


def test_the_forms_of_an_operation_take_the_same_requests() -> None:
    """They are drawn once for all of them."""
    document = openapi.document()
    for path, item in document["paths"].items():
        bare = path.removesuffix(".json").removesuffix(".xml")
        for method in ("get", "post", "put", "delete"):
            for part in ("parameters", "requestBody"):
                whole = document["paths"][bare].get(method, {}).get(part)
                assert item.get(method, {}).get(part) == whole, (path, method)
        assert item.get("parameters") == document["paths"][bare].get("parameters"), path


def test_fixed_parts_are_not_drawn() -> None:
    fixed = {"postid": "a/b c.é"}
    (case,) = draw(operation("blog.comments.json"), 3, path_parameters=fixed, query={})
    path, query, body = described_operations.spelled(case)
    assert path == "community/blog/a%2Fb%20c.%C3%A9/comment.json"
    assert (query, body) == ("", None)


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("blog.create.json", "application/json"),
        ("blog.create.xml", "application/x-www-form-urlencoded"),
        ("blog.create", "application/x-www-form-urlencoded"),
    ],
)
def test_bodies_name_no_other_format_than_the_suffix(name: str, media: str) -> None:
    for case in draw(operation(name), 3):
        body = described_operations.spelled(case)[2]
        assert body is not None
        assert body.media == media
        assert b"title" in body.content


# --- judged: what is lawful -----------------------------------------------------------------------

LAWFUL = [
    ("blog.get.json", in_json(RECORD), None),
    ("blog.get.json", in_json({}), "application/json; charset=UTF-8"),
    ("blog.get.json", in_json(None, count=1, extra=[1]), "Application/JSON"),
    ("blog.get.json", "\ufeff" + in_json(RECORD), "text/json"),
    ("blog.get.json", in_json(RECORD).encode("utf-16"), "application/json; charset=utf-16"),
    ("blog.list.json", in_json([]), None),
    ("blog.list.json", in_json([RECORD, RECORD], total=9), None),
    ("blog.get.xml", in_xml("<response><id>7</id><title/></response>"), "application/xml"),
    ("blog.get", "<?xml version='1.0'?>\n" + in_xml("<!-- c --><response/>"), None),
    ("blog.get", in_xml("<response><title><![CDATA[<&]]></title></response>"), None),
    (
        "blog.get.xml",
        ('<?xml version="1.0" encoding="utf-16"?>' + in_xml("<response/>")).encode("utf-16"),
        "text/xml; charset=utf-16",
    ),
    ("blog.list.xml", in_xml(""), None),
    ("blog.list.xml", in_xml("<response><id>7</id></response>"), None),
    ("blog.list.xml", in_xml("<response><id>7</id></response><response/>"), None),
    ("blog.get.xml", in_xml("<response/>").replace(">0<", "> 0\n<"), None),
]


@pytest.mark.parametrize(("name", "body", "media"), LAWFUL)
def test_lawful_answers_are_not_accused(name: str, body: str | bytes, media: str | None) -> None:
    answered = attempt(name, body, media)
    assert described_answers.findings("content_type_conformance", answered) == []
    assert described_answers.findings("status_code_conformance", answered) == []
    assert described_answers.findings("not_a_server_error", answered) == []
    assert described_answers.envelope_findings(answered) == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 415, 503])
def test_refusals_have_a_declared_status(status: int) -> None:
    answered = attempt("blog.get.json", b"", "", status)
    assert described_answers.findings("status_code_conformance", answered) == []


# --- judged: what is not --------------------------------------------------------------------------


def test_statuses_are_judged() -> None:
    assert described_answers.findings(
        "status_code_conformance", attempt("blog.get.json", "", "", 206)
    )
    created = attempt("blog.create.json", in_json(RECORD), status=200)
    assert described_answers.findings("status_code_conformance", created)
    assert described_answers.findings("not_a_server_error", attempt("blog.get.json", "", "", 500))


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("blog.get.json", "text/xml"),
        ("blog.get.xml", "application/json"),
        ("blog.get.json", "text/html"),
        ("blog.get", "text/plain"),
        ("blog.get.json", "nonsense"),
        ("blog.get.json", ""),
    ],
)
def test_media_are_judged(name: str, media: str) -> None:
    (found,) = described_answers.findings("content_type_conformance", attempt(name, b"{}", media))
    assert found.words
    assert not found.is_date


UNLAWFUL = [
    ("blog.get.json", json.dumps(RECORD), "status"),
    ("blog.get.json", in_json([RECORD]), "response"),
    ("blog.list.json", in_json(RECORD), "response"),
    ("blog.get.xml", in_xml("<response/>", "envelope"), "envelope"),
    ("blog.get.xml", "<result><response/></result>", "status"),
    (
        "blog.list.xml",
        in_xml("<response><id/></response><response>text</response>"),
        "response/1",
    ),
]


@pytest.mark.parametrize(("name", "body", "says"), UNLAWFUL)
def test_bodies_are_judged(name: str, body: str, says: str) -> None:
    found = described_answers.envelope_findings(attempt(name, body))
    assert found
    assert any(says in finding.words for finding in found)
    assert not any(finding.is_date for finding in found)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("blog.get.json", in_json({"created": "2024-01-02"})),
        ("blog.list.json", in_json([RECORD, {"updated": "soon"}])),
        ("blog.get.xml", in_xml("<response><created>soon</created></response>")),
        ("blog.list.xml", in_xml("<response><created>soon</created></response><response/>")),
    ],
)
def test_what_is_wrong_with_a_date_is_said_of_the_date(name: str, body: str) -> None:
    answered = attempt(name, body)
    assert described_answers.shows_a_date(answered)
    (found,) = described_answers.envelope_findings(answered) or [Finding("", False)]
    assert found.is_date
    assert "date-time" in found.words


def test_a_date_is_only_shown_where_it_has_a_value() -> None:
    assert not described_answers.shows_a_date(attempt("blog.get.json", in_json({"created": None})))
    assert not described_answers.shows_a_date(attempt("blog.get.json", in_json({"title": "2024"})))


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        ("{", None, 200),  # broken
        ("[" * 5000, None, 200),  # nested beyond our bound
        (in_xml("<response/>"), "text/xml", 200),  # another media
        (in_json(RECORD), None, 207),  # nothing is said of this status
    ],
)
def test_what_the_schema_cannot_judge_is_not_judged(
    body: str, media: str | None, status: int
) -> None:
    assert (
        described_answers.envelope_findings(attempt("blog.get.json", body, media, status)) is None
    )


def test_xml_is_read_as_data() -> None:
    root = etree.fromstring("<a><b> x </b><c/><d>1</d><d/><d><e/></d></a>")
    assert as_data(root) == {"b": "x", "c": None, "d": ["1", None, {"e": None}]}
