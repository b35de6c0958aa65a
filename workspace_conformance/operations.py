"""The operations of openapi.yaml: requests drawn by Schemathesis, and its checks of the answers.

In between, everything goes by the road of the suite. Which requests are drawn for which operation,
and when, is the business of `attempts`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

import yaml
from lxml import etree

from workspace_conformance import cases, views
from workspace_conformance.data import schema_path
from workspace_conformance.exchange import Exchange
from workspace_conformance.kinds import KINDS, Kind
from workspace_conformance.media import Element, Unreadable, envelope, printable, read
from workspace_conformance.portal import Body, Credential, Portal, Record

if (
    TYPE_CHECKING
):  # loaded when the first request is drawn: runs without these checks need not wait for it
    import schemathesis
    from schemathesis.core.failures import Failure

    Case: TypeAlias = schemathesis.Case[Any]
else:
    Case = object  # for annotations alone

_ROOT = "/api/2.0/"
_BASE = "http://portal"  # Schemathesis wants a whole URL; the road knows the true one
_METHODS = ("get", "post", "put", "delete")
_DATE_TIME = "#/components/schemas/DateTime"
_CANONICAL = {"json": "application/json", "xml": "text/xml"}


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as openapi.yaml describes it.

    path: its template under api/2.0, format suffix included ("group/{groupid}.json").
    form: what the suffix asks for: "json", "xml", or "" without a suffix.
    kind: the kind of records that the path is about; None for authentication.
    guarded: whether it needs a credential.
    shows_dates: whether a success has members that are date-times.
    """

    id: str
    method: str
    path: str
    form: str
    kind: Kind | None
    guarded: bool
    shows_dates: bool

    @property
    def base(self) -> str:
        """The id without its form: "group.get" for "group.get.json"."""
        return self.id.removesuffix(f".{self.form}") if self.form else self.id

    @property
    def media(self) -> str:
        """The media of a success: "json" or "xml"."""
        return self.form or "xml"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A drawn request and its exchange; `record` is what it made, if it made a record of ours."""

    operation: Operation
    case: Case
    exchange: Exchange
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence against an answer; `is_date`: it is about the form of a date-time."""

    words: str
    is_date: bool


# --- what is described ----------------------------------------------------------------------------


@cache
def described() -> dict[str, Operation]:
    """The operations of openapi.yaml by id, in its order; found by reading, nothing is loaded."""
    text = schema_path("openapi.yaml").read_text(encoding="utf-8")
    document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    found = {}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = _operation(document, path.removeprefix(_ROOT), method, item[method])
                found[operation.id] = operation
    return found


def _operation(
    document: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any]
) -> Operation:
    _, _, suffix = path.rpartition(".")
    form = suffix if suffix in ("json", "xml") else ""
    bare = path.removesuffix(f".{form}") if form else path
    kind = next((k for k in KINDS if f"{bare}/".startswith(f"{k.collection}/")), None)
    security = item.get("security", document["security"])
    guarded = bool(security) and {} not in security
    successes = [answer for status, answer in item["responses"].items() if status[0] == "2"]
    dates = _DATE_TIME in _references(document, successes, set())
    return Operation(item["operationId"], method.upper(), path, form, kind, guarded, dates)


def _references(document: Mapping[str, Any], node: Any, seen: set[str]) -> set[str]:
    """Every $ref that can be reached from a part of the document."""
    if isinstance(node, list):
        for inner in node:
            _references(document, inner, seen)
    elif isinstance(node, dict):
        target = node.get("$ref")
        if isinstance(target, str) and target not in seen:
            seen.add(target)
            found: Any = document
            for name in target.removeprefix("#/").split("/"):
                found = found[name]
            _references(document, found, seen)
        for inner in node.values():
            _references(document, inner, seen)
    return seen


# --- drawing --------------------------------------------------------------------------------------

_drawing = threading.RLock()


@cache
def _loaded() -> dict[str, Any]:
    """Schemathesis' own operations by id."""
    import schemathesis

    @schemathesis.deserializer("text/xml", "application/xml")
    def read_as_data(_context: object, response: schemathesis.Response) -> object:
        return as_data(etree.fromstring(response.content))

    # A configuration of our own: else a schemathesis.toml above the current folder would count.
    schema = schemathesis.openapi.from_path(
        str(schema_path("openapi.yaml")), config=schemathesis.Config()
    )
    found: dict[str, Any] = {}
    for result in schema.get_all_operations():
        operation: Any = result
        operation = operation.ok()
        found[operation.definition.raw["operationId"]] = operation
    return found


def draw(operation: Operation, count: int, **fixed: Any) -> list[Case]:
    """At most `count` different requests of an operation, the same in every run; nothing is sent.

    `fixed` are parts that are not drawn: path_parameters, query. Bodies are in JSON for .json, and
    in a form otherwise, which names no format for the answer.
    """
    from hypothesis import HealthCheck, Phase, given, settings

    media = "json" if operation.form == "json" else "x-www-form-urlencoded"
    drawn: dict[object, Case] = {}
    with _drawing:

        @settings(
            max_examples=4 * count,  # what was drawn before is drawn again now and then
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(_loaded()[operation.id].as_strategy(**fixed))
        def collect(case: Case) -> None:
            if operation.method in ("POST", "PUT"):
                case.media_type = f"application/{media}"
            if "query" in fixed:  # Schemathesis adds to the members that it is given
                case.query = dict(fixed["query"])
            if len(drawn) < count:
                drawn.setdefault(spelled(case), case)

        collect()
    return list(drawn.values())


def spelled(case: Case) -> tuple[str, str, Body | None]:
    """The path under api/2.0, the query and the body of a request, as they will leave."""
    import requests

    parts = case.as_transport_kwargs(base_url=_BASE)
    prepared = requests.Request(
        parts["method"],
        parts["url"],
        params=parts.get("params"),
        data=parts.get("data"),
        json=parts.get("json"),
    ).prepare()
    url = urlsplit(str(prepared.url))
    content = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    body = Body(content, str(case.media_type)) if isinstance(content, bytes) and content else None
    return url.path.removeprefix(_ROOT), url.query, body


def send(portal: Portal, case: Case, credential: Credential | None = None) -> Exchange:
    """Send a drawn request by the road."""
    path, query, body = spelled(case)
    return portal.ask(case.method, path, query=query, body=body, credential=credential)


def send_again(
    portal: Portal, attempt: Attempt, *, credential: Credential | None = None, method: str = "GET"
) -> Exchange:
    """Send an attempt's request with another credential or another method, and no body."""
    path, query, _ = spelled(attempt.case)
    return portal.ask(method, path, query=query, credential=credential)


def about(operation: Operation) -> None:
    """Tell the case under way which operation it is about."""
    case = cases.current()
    if case is not None:
        case.method = operation.method
        case.format = operation.form
        case.resource = operation.base


# --- judging --------------------------------------------------------------------------------------


def declares_its_media(attempt: Attempt) -> bool:
    """Whether the answer declares the media that its operation should have."""
    return (
        attempt.exchange.response is not None
        and _media_of(attempt.exchange) == attempt.operation.media
    )


def is_described(attempt: Attempt) -> bool:
    """Whether the description says something about answers of the status that came."""
    response = attempt.exchange.response
    return response is not None and not findings("status_code_conformance", attempt)


def findings(check: str, attempt: Attempt) -> list[Finding]:
    """What a check of Schemathesis, by its name, says against an answer.

    Takes an answer that came whole. A body that cannot be read in the media that it declares is
    left out: that is for the check of well-formedness to find.
    """
    from schemathesis import checks
    from schemathesis.core.failures import Failure, FailureGroup

    judge = getattr(checks, check)
    try:
        attempt.case.validate_response(_as_schemathesis_has_it(attempt), checks=[judge])
    except FailureGroup as group:
        return [_finding(failure) for failure in group.exceptions if isinstance(failure, Failure)]
    return []


def envelope_findings(attempt: Attempt) -> list[Finding] | None:
    """What the schema says against the body of a success; None where it cannot judge the body.

    Of XML the root element is looked at too, which a schema for data cannot see.
    """
    response = attempt.exchange.response
    if response is None or response.trouble or not declares_its_media(attempt):
        return None
    if not is_described(attempt):
        return None
    try:
        value = read(response.body, views.media_type(response))
    except Unreadable:
        return None
    try:
        envelope(value)
    except Unreadable as error:
        return [Finding(str(error), False)]
    return findings("response_schema_conformance", attempt)


def shows_a_date(attempt: Attempt) -> bool:
    """Whether a record in the answer has something in a member that should be a date-time."""
    return any(
        views.text(record, name)
        for record in views.records(attempt.exchange)
        for name in _date_members()
    )


@cache
def _date_members() -> frozenset[str]:
    text = schema_path("openapi.yaml").read_text(encoding="utf-8")
    document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return frozenset(
        name
        for schema in document["components"]["schemas"].values()
        for name, member in schema.get("properties", {}).items()
        if member.get("$ref") == _DATE_TIME
    )


def as_data(element: Element) -> object:
    """An XML element as data: an object of its children (a list of repeated ones), or its text.

    Empty text is None: XML cannot tell the two apart.
    """
    if not len(element):
        return (element.text or "").strip() or None
    found: dict[str, object] = {}
    repeated: dict[str, list[object]] = {}
    for child in element:
        name = str(child.tag)
        value = as_data(child)
        if name in repeated:
            repeated[name].append(value)
        elif name in found:
            found[name] = repeated[name] = [found[name], value]
        else:
            found[name] = value
    return found


def _media_of(exchange: Exchange) -> str | None:
    found = views.media_type(exchange.response) if exchange.response else None
    if found is None:
        return None
    return "json" if found.is_json else "xml" if found.is_xml else None


def _as_schemathesis_has_it(attempt: Attempt) -> schemathesis.Response:
    """The answer, its body read under our bounds and charset rules, and written again in UTF-8."""
    import requests
    import schemathesis

    exchange = attempt.exchange
    response = exchange.response
    assert response is not None
    headers: dict[str, list[str]] = {}
    for name, value in response.headers:
        if name.lower() not in ("content-type", "content-encoding", "content-length"):
            headers.setdefault(name.lower(), []).append(value)
    content = response.body
    media = _media_of(exchange)
    if media is not None:
        headers["content-type"] = [_CANONICAL[media]]
        content = _plainly(exchange)
    elif (declared := response.header("content-type")) is not None:
        headers["content-type"] = [declared]
    return schemathesis.Response(
        status_code=response.status,
        headers=headers,
        content=content,
        request=requests.Request(exchange.request.method, exchange.request.url).prepare(),
        elapsed=max(exchange.received - exchange.sent, 0.0),
        verify=True,
        encoding="utf-8",
    )


def _plainly(exchange: Exchange) -> bytes:
    assert exchange.response is not None
    try:
        value = read(exchange.response.body, views.media_type(exchange.response))
    except Unreadable:
        return b""
    if etree.iselement(value):
        written: bytes = etree.tostring(value, encoding="utf-8")
        return written
    return json.dumps(value, default=float).encode()


def _finding(failure: Failure) -> Finding:
    from schemathesis.openapi.checks import JsonSchemaError

    if isinstance(failure, JsonSchemaError):
        place = "/".join(map(str, failure.instance_path)) or "the envelope"
        words = f"{place}: {failure.validation_message}"
        return Finding(printable(words, 240), failure.schema_path[-1:] == ["format"])
    lines = [line for line in (failure.message or "").splitlines() if line.strip()]
    return Finding(printable(": ".join([failure.title, "; ".join(lines)]).rstrip(": "), 240), False)
