"""The operations of openapi.yaml: requests drawn by Schemathesis, sent by the suite itself.

Which requests are drawn for which operation, and when, is decided by `operation_attempts`; what their
answers are worth, by `described_answers`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from workspace_conformance.checks import hypothesis_lock
from workspace_conformance.contract import openapi
from workspace_conformance.contract.kinds import KINDS, Kind
from workspace_conformance.exchange import cases
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.portal.records import Portal, Record
from workspace_conformance.transport.client import PAGE, Body, Credential, is_too_long, succeeded

if TYPE_CHECKING:
    # Loaded when the first request is drawn: runs without these checks need not wait for it.
    import schemathesis

    Case: TypeAlias = schemathesis.Case[Any]
else:
    Case = object  # for annotations alone

_ROOT = "/api/2.0/"
_BASE = "http://portal"  # Schemathesis wants a whole URL; the transport knows the true one
_METHODS = ("get", "post", "put", "delete")
DATE_TIME = "#/components/schemas/DateTime"


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


# --- what is described ----------------------------------------------------------------------------


@cache
def described() -> dict[str, Operation]:
    """The operations of openapi.yaml by id, in its order; found by reading, nothing is loaded."""
    document = openapi.document()
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
    dates = DATE_TIME in _references(document, successes, set())
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


@cache
def loaded() -> dict[str, Any]:
    """Schemathesis' own operations by id."""
    import schemathesis

    # A configuration of our own: else a schemathesis.toml above the current folder would count.
    schema = schemathesis.openapi.from_dict(
        copy.deepcopy(dict(openapi.document())), config=schemathesis.Config()
    )
    found: dict[str, Any] = {}
    for result in schema.get_all_operations():
        operation: Any = result
        operation = operation.ok()
        found[operation.definition.raw["operationId"]] = operation
    return found


def draw(operation: Operation, count: int, **fixed: Mapping[str, str]) -> list[Case]:
    """At most `count` different requests of an operation, the same in every run; nothing is sent.

    `fixed` are parts that are not drawn: path_parameters, query. Bodies are in JSON for .json, and
    in a form otherwise, which names no format for the answer.
    """
    parameters = {name: encode(value) for name, value in fixed.get("path_parameters", {}).items()}
    query = fixed.get("query")
    with hypothesis_lock.alone():
        drawn = _drawn(operation.base, count, frozenset(parameters), query is None)
    media = "json" if operation.form == "json" else "x-www-form-urlencoded"
    return [
        loaded()[operation.id].Case(
            path_parameters=dict(parameters or one.path_parameters),
            query=dict(one.query if query is None else query),
            body=dict(one.body) if isinstance(one.body, dict) else one.body,
            media_type=f"application/{media}" if operation.method in ("POST", "PUT") else None,
        )
        for one in drawn
    ]


@cache
def _drawn(name: str, count: int, fixed: frozenset[str], with_query: bool) -> tuple[Case, ...]:
    """The drawn requests, once a process and for all forms: drawing takes longer than sending. What
    is to be fixed in the path has no value of its own yet; a query is drawn or not.
    """
    from hypothesis import HealthCheck, Phase, given, settings

    parts: dict[str, Any] = {"path_parameters": dict.fromkeys(fixed, "fixed")} if fixed else {}
    if not with_query:
        parts["query"] = {}
    drawn: dict[object, Case] = {}

    @settings(
        max_examples=4 * count,  # what was drawn before is drawn again now and then
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(loaded()[name].as_strategy(**parts))
    def collect(case: Case) -> None:
        if case.method in ("POST", "PUT"):  # one for all, so that what is alike is told to be
            case.media_type = "application/json"
        if not with_query:  # Schemathesis adds to the members that it is given
            case.query = {}
        if len(drawn) < count:
            drawn.setdefault(spelled(case), case)

    collect()
    return tuple(drawn.values())


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
    """Send a drawn request by the transport."""
    path, query, body = spelled(case)
    return portal.ask(case.method, path, query=query, body=body, credential=credential)


def send_again(
    portal: Portal, attempt: Attempt, *, credential: Credential | None = None, method: str = "GET"
) -> Exchange:
    """Send an attempt's request with another credential or another method, and no body."""
    path, query, _ = spelled(attempt.case)
    return portal.ask(method, path, query=query, credential=credential)


def by_the_page(portal: Portal, tried: Sequence[Attempt]) -> list[Attempt]:
    """The attempts to read something, with a page of it first in place of those that came with more
    than is read of a body; all of them where it has no pages.
    """
    read = [attempt for attempt in tried if not is_too_long(attempt.exchange)]
    long = next((attempt for attempt in tried if is_too_long(attempt.exchange)), None)
    if long is not None and long.operation.base.endswith(".list"):
        case = draw(long.operation, 1, query={"count": str(PAGE)})[0]
        page = Attempt(long.operation, case, send(portal, case))
        if succeeded(page.exchange) and not is_too_long(page.exchange):
            return [page, *read]
    return list(tried)


def about(operation: Operation) -> None:
    """Tell the case under way which operation it is about."""
    case = cases.current()
    if case is not None:
        case.method = operation.method
        case.format = operation.form
        case.resource = operation.base
