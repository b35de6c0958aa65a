"""Steps of the checks of request bodies: did the fields arrive, malformed bodies, prescribed
headers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from workspace_conformance import cases, views
from workspace_conformance.cleaning import bears
from workspace_conformance.exchange import Exchange, Response
from workspace_conformance.expectations import answer, expect_success, given_success, violation
from workspace_conformance.kinds import Kind
from workspace_conformance.outcomes import Reason, Untested
from workspace_conformance.portal import Body, Portal, as_form, as_json, succeeded, unusable

_FORM = "application/x-www-form-urlencoded"


def expect_accepted(exchange: Exchange) -> Response:
    """The body was accepted: a success. A 5xx counts too: the documented body was not served."""
    __tracebackhide__ = True
    return expect_success(exchange)


def expect_arrived(
    kind: Kind, fields: dict[str, str], shown: Exchange | None, blamed: Exchange
) -> None:
    """The record shows the fields that were sent."""
    __tracebackhide__ = True
    for member, field, found in _lost(kind, fields, _view(shown)):
        violation(
            blamed, f"sent {field} as {fields[field]!r}; the record shows {member} as {found!r}"
        )


def expect_same_effect(
    portal: Portal, kind: Kind, fields: dict[str, str], shown: Exchange | None, blamed: Exchange
) -> None:
    """The record shows what the same fields give when they are sent as JSON.

    Mostly that is what was sent; a portal that rewrites texts is asked how it rewrites them from
    JSON.
    """
    __tracebackhide__ = True
    for member, field, found in _lost(kind, fields, _view(shown)):
        reference = _from_json(portal, kind, fields, member)
        expected = reference or fields[field]
        if found != expected:
            violation(
                blamed,
                f"sent {field} as {fields[field]!r}; "
                f"JSON gives {expected!r}, the form gives {found!r}",
            )


def _view(shown: Exchange | None) -> views.View:
    if shown is None or not succeeded(shown):
        raise Untested(
            Reason.SETUP_FAILED, "the record cannot be read to see whether the fields arrived"
        )
    view = views.record(shown)
    if view is None:
        raise Untested(Reason.SETUP_FAILED, "the answer shows no record")
    return view


def _lost(kind: Kind, fields: dict[str, str], view: views.View) -> list[tuple[str, str, str]]:
    return [
        (member, field, views.text(view, member))
        for member, field in kind.carried.items()
        if field in fields and member in view and views.text(view, member) != fields[field]
    ]


def _from_json(portal: Portal, kind: Kind, fields: dict[str, str], member: str) -> str:
    """What a record of ours shows for a member after the same fields were PUT as JSON; empty if
    that fails.
    """
    record = portal.make(kind, "reference", fields[kind.carried[member]][-40:].encode().hex()[:16])
    done = portal.ask("PUT", record.path, "json", body=as_json(fields))
    if not succeeded(done):
        return ""
    return views.text(views.record(portal.served(record.path, fresh=True)), member)


# --- malformed bodies -----------------------------------------------------------------------------


def _cut_off(fields: dict[str, str]) -> Body:
    return Body(json.dumps(fields).encode()[:-1], "application/json")


def _not_an_object(fields: dict[str, str]) -> Body:
    return Body(json.dumps([fields]).encode(), "application/json")


def _unquoted(fields: dict[str, str]) -> Body:
    inner = ", ".join(f"{name}: {value}" for name, value in fields.items())
    return Body(f"{{{inner}}}".encode(), "application/json")


MALFORMED = {"cut off": _cut_off, "not an object": _not_an_object, "unquoted": _unquoted}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A POST of a malformed body, and whether a record came of it."""

    asked: Exchange
    made: bool


def malformed_post(portal: Portal, malformation: str, place: int) -> Attempt:
    """POST a malformed body; the same body well-formed makes a record."""
    kinds = portal.creatable()
    kind = kinds[(place - 1) % len(kinds)]
    case = cases.current()
    if case is not None:
        case.resource = kind.name
    attempts = portal.once(("malformed", kind.name), lambda: _malformed_posts(portal, kind))
    return attempts[malformation]


def _malformed_posts(portal: Portal, kind: Kind) -> dict[str, Attempt]:
    portal.spare(kind)  # the positive control: a record of this kind can be made
    names = {
        label: portal.name(kind.name, "malformed", label.replace(" ", "-")) for label in MALFORMED
    }
    asked = {
        label: portal.create(kind, name, "json", MALFORMED[label](portal.fields(kind, name)))[0]
        for label, name in names.items()
    }
    listed = portal.served(kind.collection, fresh=True)
    given_success(listed, f"the list of {kind.plural}")
    attempts = {}
    for label, name in names.items():
        made = any(bears(kind, view, name) for view in views.records(listed))
        if not made and not succeeded(asked[label]):
            portal.journal.gone(name)
        attempts[label] = Attempt(asked[label], made)
    return attempts


# --- prescribed headers ---------------------------------------------------------------------------


def told_write(
    portal: Portal, method: str, told: str, fmt: str, headers: Sequence[tuple[str, str]]
) -> Exchange:
    """A write with Content-Type and Accept as the page prescribes them, asked once."""
    exchanges = portal.once(("told", told, fmt), lambda: _told_writes(portal, told, fmt, headers))
    return exchanges[method]


def _told_writes(
    portal: Portal, told: str, fmt: str, headers: Sequence[tuple[str, str]]
) -> dict[str, Exchange]:
    """The life of one record, each step with the prescribed headers."""
    kind = portal.creatable()[0]
    encode = as_json if told == "json" else as_form
    name = portal.name(kind.name, "told", told, fmt or "none")
    post, record = portal.create(
        kind, name, fmt, encode(portal.fields(kind, name)), headers=headers
    )
    if record is None or not succeeded(portal.served(record.path, fresh=True)):
        record = portal.make(kind, "told-subject", told, fmt or "none")
    body = encode(portal.changes(kind, record.name, "told"))
    put = portal.ask("PUT", record.path, fmt, body=body, headers=headers)
    return {
        "POST": post,
        "PUT": put,
        "DELETE": portal.ask("DELETE", record.path, fmt, headers=headers),
    }


def given_accepted_otherwise(portal: Portal, method: str, told: str, fmt: str) -> None:
    """Untested unless the same write succeeds with a bare body or none, without the prescribed
    Accept.
    """
    kind = portal.creatable()[0]
    encode = as_json if told == "json" else as_form
    if method == "POST":
        name = portal.name(kind.name, "bare", told, fmt or "none")
        exchange, _ = portal.create(kind, name, fmt, encode(portal.fields(kind, name)))
    else:
        record = portal.make(kind, "bare-subject", method, told, fmt or "none")
        body = encode(portal.changes(kind, record.name, "bare")) if method == "PUT" else None
        exchange = portal.ask(method, record.path, fmt, body=body)
    if not answer(exchange).succeeded:
        raise unusable(exchange, "the same write without the prescribed Accept")
