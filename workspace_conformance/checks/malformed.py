"""Malformed bodies, and whether they have an effect: sent to make and to change records of ours, and
comments. The control is each time the same body well-formed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from workspace_conformance.checks import comments
from workspace_conformance.checks.expectations import given_success
from workspace_conformance.contract.kinds import Kind
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.portal.ownership import bears, taken_over
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import Body, succeeded

_JSON = "application/json"


def _cut_off(fields: dict[str, str]) -> Body:
    return Body(json.dumps(fields).encode()[:-1], _JSON)


def _not_an_object(fields: dict[str, str]) -> Body:
    return Body(json.dumps([fields]).encode(), _JSON)


def _unquoted(fields: dict[str, str]) -> Body:
    inner = ", ".join(f"{name}: {value}" for name, value in fields.items())
    return Body(f"{{{inner}}}".encode(), _JSON)


def _single_quotes(fields: dict[str, str]) -> Body:
    inner = ", ".join(f"'{name}': '{value}'" for name, value in fields.items())
    return Body(f"{{{inner}}}".encode(), _JSON)


def _trailing(fields: dict[str, str]) -> Body:
    return Body(json.dumps(fields).encode() + b" and more", _JSON)


def _commented(fields: dict[str, str]) -> Body:
    return Body(b"/* a comment */ " + json.dumps(fields).encode(), _JSON)


MALFORMED = {
    "cut off": _cut_off,
    "not an object": _not_an_object,
    "unquoted": _unquoted,
    "single quotes": _single_quotes,
    "text behind it": _trailing,
    "a comment in it": _commented,
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A write with a malformed body, and whether it had an effect."""

    asked: Exchange
    effect: bool


Attempts = dict[str, Attempt]  # by malformation


def creation(portal: Portal, malformation: str, place: int) -> Attempt:
    """POST a malformed body; the effect is a record that came of it."""
    kind = portal.kind_at(place)
    return portal.once(("malformed", kind.name), lambda: _creations(portal, kind))[malformation]


def _creations(portal: Portal, kind: Kind) -> Attempts:
    portal.spare(kind)  # the positive control: a record of this kind can be made
    names = {label: portal.name(kind.name, "malformed", _slug(label)) for label in MALFORMED}
    asked = {
        label: portal.create(kind, name, "json", MALFORMED[label](portal.fields(kind, name)))[0]
        for label, name in names.items()
    }
    listed = portal.served(kind.collection, fresh=True)
    given_success(listed, f"the list of {kind.plural}")
    attempts = {}
    for label, name in names.items():
        made = any(bears(kind, view, name) for view in contents.records(listed))
        if not made and not succeeded(asked[label]):
            portal.journal.gone(name)
        attempts[label] = Attempt(asked[label], made)
    return attempts


def update(portal: Portal, malformation: str, place: int) -> Attempt:
    """PUT a malformed body to a record of ours; the effect is that the record then shows the change."""
    kind = portal.kind_at(place)
    key = ("malformed updates", kind.name)
    return portal.once(key, lambda: _updates(portal, kind))[malformation]


def _updates(portal: Portal, kind: Kind) -> Attempts:
    record = portal.spare(kind)
    given_success(portal.change(record, "well-formed"), "the same body well-formed")
    before = portal.shown(record)
    fields = {
        label: portal.changes(kind, record.name, portal.name("malformed", _slug(label)))
        for label in MALFORMED
    }
    asked = {
        label: portal.ask("PUT", record.path, "json", body=MALFORMED[label](fields[label]))
        for label in MALFORMED
    }
    # Read once: what a later one has changed too, it has changed for the same reason.
    after = portal.served(record.path, fresh=True)
    given_success(after, "the record after it")
    shown = contents.record(after)
    return {
        label: Attempt(asked[label], bool(taken_over(kind, fields[label], before, shown)))
        for label in MALFORMED
    }


def comment(portal: Portal, method: str, malformation: str) -> Attempt:
    """POST or PUT a malformed body as a comment on a post of ours; the effect is that the post then
    shows it.
    """
    key = ("malformed comments", method)
    run = _comments if method == "POST" else _rewordings
    return portal.once(key, lambda: run(portal))[malformation]


def _comments(portal: Portal) -> Attempts:
    found = comments.discussion(portal)
    given_success(found.asked, "the same body well-formed")
    return _talk(portal, "POST", found.path, found.path)


def _rewordings(portal: Portal) -> Attempts:
    turn = comments.reworded_twice(portal)
    given_success(turn.asked, "the same body well-formed")
    path = comments.path_of(turn.subject)
    return _talk(portal, "PUT", path, comments.discussion(portal).path)


def _talk(portal: Portal, method: str, path: str, listing: str) -> Attempts:
    texts = {label: portal.name(f"malformed {method} comment", _slug(label)) for label in MALFORMED}
    asked = {
        label: portal.ask(method, path, "json", body=MALFORMED[label]({"content": text}))
        for label, text in texts.items()
    }
    after = portal.served(listing, fresh=True)
    given_success(after, "the comments of the post")
    shown = str(contents.records(after))
    return {label: Attempt(asked[label], text in shown) for label, text in texts.items()}


def _slug(label: str) -> str:
    return label.replace(" ", "-")
