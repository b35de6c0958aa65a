"""Steps of the checks of request bodies: did the fields arrive, malformed bodies, prescribed
headers.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from workspace_conformance.checks.expectations import (
    answer,
    expect_success,
    violation,
)
from workspace_conformance.checks.experiments import CHANGED, TEXT
from workspace_conformance.contract.kinds import Kind
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.messages import Exchange, Response
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.ownership import kept
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import (
    FORMATS,
    Body,
    as_form,
    as_json,
    none_taken,
    refuses_values,
    succeeded,
    unusable,
)

_FORM = "application/x-www-form-urlencoded"


def expect_accepted(exchange: Exchange) -> Response:
    """The body was accepted: a success. A 5xx counts too: the documented body was not served."""
    __tracebackhide__ = True
    return expect_success(exchange)


def given_body_to_blame(portal: Portal, exchange: Exchange, kind: Kind, told: str) -> None:
    """Untested where a write failed that its body (`told`: "json" or "form") is not to blame for.

    That is: the same body is taken with another suffix or none, and with this suffix no other body
    is (FMT-5); or the values are refused, in whichever form they come.
    """
    __tracebackhide__ = True
    if succeeded(exchange):
        return
    method = exchange.request.method
    fmt = next(
        (fmt for fmt in ("json", "xml") if urlsplit(exchange.request.url).path.endswith(f".{fmt}")),
        "",
    )
    other = "form" if told == "json" else "json"
    if is_taken(portal, kind, method, fmt, other):
        return
    elsewhere = [suffix for suffix in FORMATS if suffix != fmt]
    if any(is_taken(portal, kind, method, suffix, told) for suffix in elsewhere):
        raise unusable(exchange, "no body is taken with this suffix, this one is with another")
    if refuses_values(exchange) and not any(
        is_taken(portal, kind, method, suffix, other) for suffix in elsewhere
    ):
        raise none_taken([exchange], "these values are taken in no form")


def given_suffix_to_blame(
    portal: Portal, exchange: Exchange, kind: Kind, method: str, fmt: str
) -> None:
    """Untested where a write with a suffix failed for its body's sake: another body is taken with
    this suffix (REQ-1, REQ-2).
    """
    __tracebackhide__ = True
    other = "form" if fmt == "json" else "json"  # than the one that checks of this suffix send
    if method != "DELETE" and is_taken(portal, kind, method, fmt, other):
        raise unusable(exchange, f"with this suffix the body is taken as {other}, not otherwise")


def is_taken(portal: Portal, kind: Kind, method: str, fmt: str, told: str) -> bool:
    """Whether POST or PUT with a suffix and a body in JSON or a form succeeds; tried once.

    The texts are those of the checks, and no shorter: a portal may have rules for them.
    """
    return portal.once(
        ("taken", kind.name, method, fmt, told), lambda: _is_taken(portal, kind, method, fmt, told)
    )


def _is_taken(portal: Portal, kind: Kind, method: str, fmt: str, told: str) -> bool:
    name = portal.name_of(kind, "taken", told, fmt or "none")
    if method == "POST":
        body = _body(kind, portal.fields(kind, name, TEXT), told)
        return succeeded(portal.create(kind, name, fmt, body)[0])
    record = portal.spare(kind)
    body = _body(kind, portal.changes(kind, name, CHANGED), told)
    return succeeded(portal.ask("PUT", kind.changed_at(record.path), fmt, body=body))


def _body(kind: Kind, fields: dict[str, str], told: str) -> Body:
    return as_json(kind.typed(fields)) if told == "json" else as_form(fields)


def expect_arrived(
    kind: Kind, fields: dict[str, str], shown: Sequence[Exchange | None], blamed: Exchange
) -> None:
    """The record shows the fields that were sent, in one at least of the answers that show it."""
    __tracebackhide__ = True
    for member, field, found in _lost(kind, fields, _views(shown)):
        violation(
            blamed, f"sent {field} as {fields[field]!r}; the record shows {member} as {found!r}"
        )


def expect_same_effect(
    portal: Portal,
    kind: Kind,
    fields: dict[str, str],
    shown: Sequence[Exchange | None],
    blamed: Exchange,
) -> None:
    """The record shows what the same fields give when they are sent as JSON, in one at least of the
    answers that show it.

    Mostly that is what was sent; a portal that rewrites texts is asked how it rewrites them from
    JSON.
    """
    __tracebackhide__ = True
    seen = _views(shown)
    for member, field, found in _lost(kind, fields, seen):
        reference = _from_json(portal, kind, fields, member, field)
        expected = reference or fields[field]
        if all(contents.text(view, member) != expected for view in seen if member in view):
            violation(
                blamed,
                f"sent {field} as {fields[field]!r}; "
                f"JSON gives {expected!r}, the form gives {found!r}",
            )


def _views(shown: Sequence[Exchange | None]) -> list[contents.View]:
    found = [contents.record(each) for each in shown if each is not None and succeeded(each)]
    seen = [view for view in found if view is not None]
    if not seen:
        raise Untested(
            Reason.SETUP_FAILED, "the record cannot be read to see whether the fields arrived"
        )
    return seen


def _lost(
    kind: Kind, fields: dict[str, str], seen: Sequence[contents.View]
) -> list[tuple[str, str, str]]:
    """What no view shows as it was sent: the member, the body field, and what a view shows."""
    lost = []
    for member, field in (kind.carried | kind.holds).items():
        shown = [contents.text(view, member) for view in seen if member in view]
        if field in fields and shown and not any(kept(kind, member, fields, x) for x in shown):
            lost.append((member, field, shown[0]))
    return lost


def _from_json(portal: Portal, kind: Kind, fields: dict[str, str], member: str, field: str) -> str:
    """What a record of ours shows for a member after the same fields were PUT as JSON; empty if
    that fails, or is not documented.
    """
    if kind.change is None or field not in {sent.name for sent in kind.sent_to_change}:
        return ""
    record = portal.make(kind, "reference", fields[field][-40:].encode().hex()[:16])
    body = as_json(kind.typed(fields))
    done = portal.ask("PUT", kind.changed_at(record.path), "json", body=body)
    shown = contents.record(portal.served(record.path, fresh=True)) if succeeded(done) else None
    portal.remove(record)  # it bears the name of another now
    return contents.text(shown, member)


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
        kind, name, fmt, encode(portal.fields(kind, name)), headers=headers, look=True
    )
    if record is None or record.found is None or not succeeded(record.found):
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
