"""Steps of the checks of status and envelope: requests that must fail, and what an envelope must
hold.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import cache

import jsonschema_rs
from lxml import etree

from workspace_conformance.checks import strangers
from workspace_conformance.checks.expectations import (
    answer,
    declared,
    given_envelope,
    violation,
    wrong_media,
)
from workspace_conformance.checks.experiments import Creation, encoded
from workspace_conformance.checks.repeated_reads import provoke
from workspace_conformance.contract.data_files import schema_path
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.media import Element, Refused, Unreadable, read
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.exchange.texts import printable
from workspace_conformance.portal.ownership import bears, whole_list
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import NOBODY, Body, as_json

FAILURES: dict[str, Callable[[Portal, str], Exchange]] = {
    "no credential": lambda portal, fmt: provoke(portal, "no credential", fmt),
    "unknown record": lambda portal, fmt: provoke(portal, "unknown record", fmt),
    "unknown path": lambda portal, fmt: provoke(portal, "unknown path", fmt),
}

_OWN_MEMBERS = frozenset({"status", "statusCode", "count", "response", "error"})


# --- asking ---------------------------------------------------------------------------------------


def is_listed(portal: Portal, made: Creation) -> bool:
    """Whether the list of its kind shows a record that was made: it is there then (STA-2), even if
    its own URL does not serve it (REST-1) or the answer to its creation does not show it.
    """
    listed = whole_list(portal, made.kind) or {}
    return any(bears(made.kind, view, made.name) for view in listed.values())


def unknown_write(
    portal: Portal, method: str, place: int, fmt: str, *, by: str = "account"
) -> Exchange:
    """PUT or DELETE of a record that does not exist, asked once; by the account, or by "nobody"."""
    kind = portal.kind_at(place)
    path = f"{kind.collection}/{encode(portal.unknown_id(kind))}"
    fields = portal.changes(kind, portal.name(kind.name, "unknown"))
    body = encoded(fmt, fields) if method == "PUT" else None
    return portal.once(
        ("unknown", kind.name, method, fmt, by),
        lambda: portal.ask(
            method, path, fmt, body=body, credential=NOBODY if by == "nobody" else None
        ),
    )


def mistaken_post(portal: Portal, mistake: str, place: int) -> Exchange:
    """POST of a body without any field ("no field"), or of an undocumented media type ("other
    media").
    """
    kind = portal.kind_at(place)
    portal.spare(kind)  # the positive control
    name = portal.name(kind.name, mistake.replace(" ", "-"))
    body = (
        as_json({}) if mistake == "no field" else Body(b"conformance", "application/x-conformance")
    )
    return portal.once(
        ("mistaken", kind.name, mistake), lambda: portal.create(kind, name, "json", body)[0]
    )


MISTAKES = ("no body", "no media type", "garbage for a media type")


def mistaken_write(portal: Portal, mistake: str, method: str, place: str) -> Exchange:
    """POST or PUT with a mistake in what goes with its body, at records of ours ("1", "2", "3") or at
    a comment ("comment"); sent once a run.
    """
    about = strangers.target(portal, place)
    key = ("mistaken write", mistake, method, about.item)
    return portal.once(key, lambda: _mistaken_write(portal, mistake, method, about))


def _mistaken_write(portal: Portal, mistake: str, method: str, about: strangers.Target) -> Exchange:
    media = {"no media type": "", "garbage for a media type": "garbage"}.get(mistake, "")
    body = None if mistake == "no body" else Body(b'{"conformance": "text"}', media)
    path = about.path(method)
    if method == "POST" and about.kind is not None:
        name = portal.name(about.kind.name, "mistaken", mistake.replace(" ", "-"))
        if body is None:
            body = Body(b"", "application/json")
        return portal.create(about.kind, name, "json", body)[0]
    return portal.ask(method, path, "json", body=body)


# --- judging --------------------------------------------------------------------------------------


def expect_agreement(exchange: Exchange) -> None:
    """No error inside a success; where the body is an envelope, its statusCode and status are
    HTTP's.

    A body that is no envelope says nothing of its own and is some other check's business.
    """
    __tracebackhide__ = True
    response = answer(exchange)
    found = declared(exchange)
    if not response.succeeded and (
        found is None or not (found.is_json or found.is_xml) or not response.body
    ):
        return
    shown = given_envelope(exchange)
    if shown.status_code is None and not (shown.has_response or shown.has_error):
        raise Untested(Reason.SETUP_FAILED, "the body is no envelope")
    if response.succeeded and shown.has_error:
        violation(exchange, f"answered {response.status_line} with an error inside")
    if shown.status_code is not None and shown.status_code != response.status:
        violation(
            exchange,
            f"answered {response.status_line}; the envelope's statusCode is {shown.status_code}",
        )
    if shown.status is not None and (shown.status == 0) != response.succeeded:
        violation(
            exchange, f"answered {response.status_line}; the envelope's status is {shown.status}"
        )


def expect_envelope(exchange: Exchange, wanted: str, *, counted: bool = True) -> None:
    """A success in `wanted` form is an envelope: status, statusCode, response, and count unless it
    is 0. `counted`: whether it holds what count counts: records, and no single value.
    """
    __tracebackhide__ = True
    value = _given_value(exchange, wanted)
    problem = _json_problem(value, "success") if wanted == "json" else _xml_problem(value)
    if problem:
        violation(exchange, problem)
    shown = given_envelope(exchange)
    if shown.has_error:
        violation(exchange, "a success holds error")
    if counted and _size(shown.response) and "count" not in _members(value):
        violation(exchange, "the envelope has no count, and its response is not empty")
    # An update or a delete may answer null, which has no form in XML.
    least = 1 if exchange.request.method in ("PUT", "DELETE") else 0
    if wanted == "xml" and not shown.has_response and (shown.count or 0) > least:
        violation(exchange, f"the envelope says count {shown.count} and has no response")


def expect_failure_envelope(exchange: Exchange) -> None:
    """A JSON failure that has a body has status, statusCode, and error in place of response."""
    __tracebackhide__ = True
    response = answer(exchange)
    found = declared(exchange)
    if not response.body or found is None or not found.is_json:
        return  # no JSON, no envelope: nothing is promised
    problem = _json_problem(_given_value(exchange, "json"), "failure")
    if problem:
        violation(exchange, problem)


def expect_count(exchange: Exchange, is_list: bool, items: int) -> None:
    """count is the number of items shown, 1 for a single record; it may be missing when that is 0."""
    __tracebackhide__ = True
    shown = given_envelope(exchange)
    if shown.count is None:
        if items or "count" in _members(shown.raw):  # what form it has is for ENV-1 and ENV-2
            raise Untested(Reason.SETUP_FAILED, "the envelope has no count that can be read")
        return
    if not shown.has_response and (shown.media == "json" or shown.count):
        raise Untested(Reason.SETUP_FAILED, "the envelope has no response to count")
    wanted = items if is_list else 1
    if shown.count != wanted:
        what = f"the list shows {items} items" if is_list else "the answer is a single record"
        violation(exchange, f"count is {shown.count}; {what}")


def _given_value(exchange: Exchange, wanted: str) -> object:
    response = answer(exchange)
    found = declared(exchange)
    if found is None or not (found.is_json if wanted == "json" else found.is_xml):
        words = wrong_media(exchange, wanted)
        raise Untested(
            Reason.SETUP_FAILED,
            words or f"there is no {wanted.upper()} to judge: {printable(str(found))}",
        )
    try:
        return read(response.body, found)
    except Refused as error:
        raise Untested(Reason.SETUP_FAILED, f"the body was not read, for safety: {error}") from None
    except Unreadable as error:
        raise Untested(Reason.SETUP_FAILED, f"the body cannot be read: {error}") from None


def _members(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value)
    return {child.tag for child in value} if etree.iselement(value) else set()  # type: ignore[attr-defined]


def _size(response: object) -> int:
    """How much a response holds: the items of a list, 1 for anything else, 0 for nothing."""
    if isinstance(response, tuple) and len(response) == 1:
        return 0 if _is_nothing(response[0]) else 1
    if isinstance(response, tuple | list):
        return len(response)
    return 0 if response is None or response == {} or response == "" else 1


def _is_nothing(element: Element) -> bool:
    """Whether an element says nothing: no element in it, and no text but white space. Attributes,
    comments and processing instructions say nothing, either.
    """
    text = "".join(str(part) for part in element.itertext() if isinstance(part, str))
    return element.find("*") is None and not text.strip()


@cache
def _json_validator(branch: str) -> jsonschema_rs.Validator:
    schema = json.loads(schema_path("envelope.schema.json").read_text(encoding="utf-8"))
    # Which branch applies is told by the HTTP status here, not by the body's own statusCode.
    shape = {name: part for name, part in schema.items() if name not in ("if", "then", "else")}
    return jsonschema_rs.validator_for({**shape, "$ref": f"#/$defs/{branch}"})


def _json_problem(value: object, branch: str) -> str | None:
    if not isinstance(value, dict):
        return f"the body is no envelope but {type(value).__name__}"
    names = {name: value[name] for name in value if name in _OWN_MEMBERS}
    if branch == "success" and "response" not in names and "error" in names:
        return "a success holds error in place of response"
    if branch == "failure" and "response" in names and names["response"] not in (None, {}):
        return "a failure holds response" + (
            " beside error" if "error" in names else " in place of error"
        )
    needed = ("status", "statusCode", "response" if branch == "success" else "error")
    missing = [name for name in needed if name not in names]
    if missing:
        return f"the envelope lacks {', '.join(missing)}"
    short = {name: item for name, item in names.items() if name not in ("response", "error")}
    short[needed[2]] = {} if branch == "success" else {"message": "x"}
    error = next(_json_validator(branch).iter_errors(short), None)
    return None if error is None else f"the envelope is not as documented: {error.message}"


# libxml2 sets up its schema types at the first use, unguarded, and a validator's error log is one
# for all: two threads at once have crashed the interpreter.
_XSD_LOCK = threading.Lock()


@cache
def _xsd() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(schema_path("envelope.xsd"))))


def _xml_problem(root: Element) -> str | None:
    if root.tag != "result":
        return f"the root element is {printable(str(root.tag))}; expected result"
    bare = etree.Element("result")
    for child in root:
        if child.tag in _OWN_MEMBERS:
            copy = etree.SubElement(bare, child.tag)
            if child.tag not in ("response", "error"):
                copy.text = child.text
                copy.extend(etree.Element("x") for _ in range(len(child)))
    with _XSD_LOCK:
        if _xsd().validate(bare):
            return None
        message = _xsd().error_log[0].message
    missing = [name for name in ("status", "statusCode") if root.find(name) is None]
    return (
        f"the envelope lacks {', '.join(missing)}"
        if missing
        else f"the envelope is not as documented: {message}"
    )


__all__ = [
    "FAILURES",
    "MISTAKES",
    "expect_agreement",
    "expect_count",
    "expect_envelope",
    "expect_failure_envelope",
    "is_listed",
    "mistaken_post",
    "mistaken_write",
    "unknown_write",
]
