"""What Schemathesis' checks, and the description's schemas, say against an operation's answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from lxml import etree

from workspace_conformance.checks import dates
from workspace_conformance.checks.described_operations import Attempt
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.media import Element, Unreadable, envelope, read
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.texts import printable

if TYPE_CHECKING:  # loaded when the first answer is judged
    import schemathesis
    from schemathesis.core.failures import Failure

_CANONICAL = {"json": "application/json", "xml": "text/xml"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence against an answer; `is_date`: it is about the form of a date-time."""

    words: str
    is_date: bool


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

    _teach_xml()
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
        value = read(response.body, contents.media_type(response))
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
        contents.text(record, name)
        for record in contents.records(attempt.exchange)
        for name in dates.members()
    )


@cache
def _teach_xml() -> None:
    """Let Schemathesis read XML as data."""
    import schemathesis

    @schemathesis.deserializer("text/xml", "application/xml")
    def read_as_data(_context: object, response: schemathesis.Response) -> object:
        return as_data(etree.fromstring(response.content))


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
    found = contents.media_type(exchange.response) if exchange.response else None
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
        value = read(exchange.response.body, contents.media_type(exchange.response))
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
        # A number where a date-time should be is no text of another form: it has no format at all.
        is_date = failure.schema_path[-1:] == ["format"] or (
            bool(failure.instance_path) and failure.instance_path[-1] in dates.members()
        )
        return Finding(printable(words, 240), is_date)
    lines = [line for line in (failure.message or "").splitlines() if line.strip()]
    return Finding(printable(": ".join([failure.title, "; ".join(lines)]).rstrip(": "), 240), False)
