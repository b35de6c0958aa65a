"""Requests of somebody who may not, one for each cell of a covering array: with an invalid
credential, with a valid one in the wrong place, or on another way to a record.

What is aimed at are records of ours, made for the purpose: a faulty portal might carry a write out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from workspace_conformance.checks import authentication, comments
from workspace_conformance.contract.kinds import POST, Kind
from workspace_conformance.exchange import cases, contents
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import (
    NOBODY,
    Credential,
    as_form,
    as_json,
    succeeded,
    unusable,
)

Cell = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Target:
    """What is aimed at: `kind` of records that POST makes (None: comments), the paths of the list and
    of one record of ours, and its name.
    """

    kind: Kind | None
    listing: str
    item: str
    name: str

    def path(self, method: str) -> str:
        """The path for a method; one comment has none to be read at, its list stands for it."""
        if method == "POST" or (method == "GET" and self.kind is None):
            return self.listing
        return self.item


def target(portal: Portal, place: str) -> Target:
    """The records that take a place: "1", "2", "3" among the kinds, or "comment"."""
    if place == "comment" and comments.are_open(portal, "POST"):
        return _untouched(portal, "comment", lambda number: _comment(portal, number))
    kind = portal.kind_at(int(place) if place.isdigit() else 1)
    return _untouched(portal, kind.name, lambda number: _record(portal, kind, number))


def _untouched(portal: Portal, name: str, make: Callable[[int], Target]) -> Target:
    """A record of a kind: the first, or where strangers have removed that, a further one."""
    found = portal.once(("strangers' record", name), lambda: make(0))
    number = len(_removed(portal))
    if found.item not in _removed(portal):
        return found
    return portal.once(("strangers' record", name, number), lambda: make(number))


def _removed(portal: Portal) -> set[str]:
    """Records that strangers have removed all the same."""
    return portal.once("strangers removed", set)


def _record(portal: Portal, kind: Kind, number: int) -> Target:
    record = portal.make(kind, "cells", number)
    return Target(kind, kind.collection, record.path, record.name)


def _comment(portal: Portal, number: int) -> Target:
    which = number or ""
    listing = f"{portal.make(POST, 'cells', 'discussed', which).path}/comment"
    text = portal.name("comment", "cells", which)
    made = comments.write(portal, "POST", listing, text)
    listed = contents.records(portal.served(listing, fresh=True))
    identity = next((contents.text(view, "id") for view in listed if text in str(view)), "")
    if not identity:
        raise unusable(made, "a comment to aim at could not be made")
    return Target(None, listing, f"community/blog/comment/{encode(identity)}", text)


# --- asking ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """How a cell's request differs from a plain one: what is added to it, and how it is spelled."""

    credential: Credential = NOBODY
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    path: str = ""  # how the path is spelled


def ask(portal: Portal, cell: Cell, question: Question) -> Exchange:
    """Send the request of a cell, once a run."""
    # A cell has but one question; and what asked is told by it in a recording, without secrets.
    return portal.once(("stranger", tuple(cell.items())), lambda: _ask(portal, cell, question))


def _ask(portal: Portal, cell: Cell, question: Question) -> Exchange:
    method, form, shape = cell["method"], cell["form"], cell.get("shape", "plain")
    about = target(portal, cell["kind"])
    name = portal.name(
        "cells", *(re.sub("[^a-z0-9]+", "-", each.lower()) for each in cell.values())
    )
    fields = {**_fields(portal, about, method, name), **dict(question.fields)}
    in_json = form == "json" or shape == "told"
    body = None
    if method in ("POST", "PUT"):
        body = as_json(fields) if in_json else as_form(fields)
        if shape == "upper":
            body = replace(body, media=f"{body.media}; charset=UTF-8")
    headers = list(question.headers)
    if shape == "told":
        headers += [("Content-Type", "application/json"), ("Accept", "application/json")]
    request = portal.request(
        method,
        about.path(method),
        form,
        query=question.query,
        body=body,
        headers=headers,
        credential=question.credential,
    )
    if shape == "upper":
        upper = tuple((name.upper(), value) for name, value in request.headers)
        request = replace(request, headers=upper)
    if question.path:
        request = replace(request, url=spelled(request.url, portal.root, question.path))
    if method == "POST" and about.kind is not None:
        portal.journal.intend(about.kind.name, name)
    exchange = _sent(portal, request, fresh="again" in cell)
    if method == "POST" and about.kind is not None:
        _note_made(portal, about.kind, name, exchange)
    if method == "DELETE" and succeeded(exchange):
        _removed(portal).add(about.item)
        if about.kind is not None:
            portal.journal.gone(about.name)
    return exchange


def _note_made(portal: Portal, kind: Kind, name: str, exchange: Exchange) -> None:
    identity = contents.text(contents.record(exchange), "id")
    if succeeded(exchange) and identity:
        portal.journal.made_at(name, f"{kind.collection}/{encode(identity)}")
    elif not succeeded(exchange) and exchange.response is not None:
        portal.journal.gone(name)


def _fields(portal: Portal, about: Target, method: str, name: str) -> dict[str, str]:
    if about.kind is None:
        return {"content": name}
    return (
        portal.fields(about.kind, name)
        if method == "POST"
        else portal.changes(about.kind, about.name)
    )


def _sent(portal: Portal, request: Request, *, fresh: bool) -> Exchange:
    exchange = portal.transport.ask(request, fresh=fresh)
    case = cases.current()
    if case is not None:
        case.credit(exchange)
    return exchange


def wrong_place(portal: Portal, place: str) -> Question:
    """The valid credential in another place than the Authorization header."""
    token = authentication.token(portal)
    what, _, name = place.partition(" ")
    if what == "query":
        return Question(query=f"{name}={encode(token)}")
    if what == "cookie":
        return Question(headers=(("Cookie", f"{name}={token}"),))
    if what == "field":
        return Question(fields=((name, token),))
    return Question(headers=((name, token),))


# --- other ways to a record -----------------------------------------------------------------------


def spelled(url: str, root: str, way: str) -> str:
    """A URL on another way to the same place, as lenient front ends resolve it."""
    path, mark, query = url.removeprefix(root).partition("?")
    stem, dot, suffix = path.rpartition(".") if path.endswith((".json", ".xml")) else (path, "", "")
    prefix, rest = "/api/2.0/", stem.removeprefix("/api/2.0/")
    first, slash, last = rest.partition("/")
    if way == "trailing slash":
        stem = f"{stem}/"
        return (
            f"{root}{stem[:-1]}{dot}{suffix}/{mark}{query}"
            if suffix
            else f"{root}{stem}{mark}{query}"
        )
    ways = {
        "doubled slash": f"{prefix}{first}//{last}" if slash else f"/api/2.0//{rest}",
        "doubled slash at first": f"/{stem}",
        "other letter case": f"/API/2.0/{first.upper()}{slash}{last}",
        "first letter in other case": f"{prefix}{first[:1].upper()}{first[1:]}{slash}{last}",
        "encoded letter": f"{prefix}%{ord(first[0]):02x}{first[1:]}{slash}{last}",
        "encoded letter of the root": f"/%61pi/2.0/{rest}",
        "dot segment": f"{prefix}./{rest}",
    }
    return f"{root}{ways[way]}{dot}{suffix}{mark}{query}"


def shows_data(exchange: Exchange) -> bool:
    """Whether a success is that of a portal, and not a page of the server in front of it."""
    view = contents.record(exchange)
    return succeeded(exchange) and (
        view is not None or contents.value(exchange.response) is not None
    )


__all__ = ["Cell", "Question", "Target", "ask", "shows_data", "spelled", "target", "wrong_place"]
