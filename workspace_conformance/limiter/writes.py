"""Writes that are sent while an account is over its limit, and what they did all the same.

They are aimed at records of ours, made before the burst: a record of the first kind that the account
may make, and where it is a post, comments on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workspace_conformance.checks import comments
from workspace_conformance.contract.kinds import POST, Kind
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.messages import Request
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.ownership import bears, taken_over, whole_list
from workspace_conformance.portal.records import Portal, Record
from workspace_conformance.transport.client import Body, as_json, succeeded, unusable

COMMENT = "community/blog/comment"  # the place of one comment, without its id

Effect = str | Untested | None
"""What a write did all the same, in words; None: nothing; Untested: it cannot be seen."""


@dataclass(frozen=True, slots=True)
class Comments:
    """Comments of ours on a post of ours: `path` of their list; the text that POST would make; the
    id of the one that PUT would change and the text it would have; the id of the one that DELETE
    would remove.
    """

    path: str
    made: str
    changed: str
    text: str
    doomed: str


@dataclass(frozen=True, slots=True)
class Writes:
    """Writes to be refused: requests by method ("PUT", or "PUT comment"), and what they would do.

    `record` is what PUT would change and `before` how it was served, `doomed` what DELETE would
    remove, `name` what POST would make; `fields` what PUT would set.
    """

    kind: Kind
    name: str
    record: Record
    before: contents.View
    doomed: Record
    fields: Mapping[str, str]
    requests: Mapping[str, Request]
    comments: Comments | None = None


def prepare_writes(portal: Portal, attempt: int) -> Writes:
    """Make the records that refused writes are aimed at; Untested where that cannot be done."""
    if not portal.settings.allow_writes:
        raise Untested(Reason.NO_CONSENT, "needs to write on the target; give --allow-writes")
    kind = portal.creatable()[0]
    record = portal.make(kind, "burst", "put", attempt)
    doomed = portal.make(kind, "burst", "delete", attempt)
    for one in (record, doomed):
        portal.check_ours("PUT", one.path)  # for they go by the transport itself
    name = portal.name(kind.name, "burst", "post", attempt)
    portal.journal.intend(kind.name, name)
    fields = portal.changes(kind, record.name, "written over the limit")
    fmt, body = portal.written(kind, portal.fields(kind, name))
    changed = portal.written(kind, fields)[1]
    requests = {
        "POST": portal.request("POST", kind.collection, fmt, body=body),
        "PUT": portal.request("PUT", record.path, fmt, body=changed),
        "DELETE": portal.request("DELETE", doomed.path, "json"),
    }
    discussed = _prepare_comments(portal, record, attempt) if kind == POST else None
    if discussed is not None:
        requests |= _to_comments(portal, discussed)
    shown = portal.shown(record)
    return Writes(kind, name, record, shown, doomed, fields, requests, discussed)


def _prepare_comments(portal: Portal, record: Record, attempt: int) -> Comments | None:
    """Two comments on a record; None where the portal does not make or show them."""
    path = f"{record.path}/comment"
    made, first, second, text = (
        portal.name("burst comment", which, attempt) for which in ("post", "put", "delete", "text")
    )
    for words in (first, second):
        comments.write(portal, "POST", path, words)
    listed = contents.records(portal.served(path, fresh=True))
    ids = [
        next((contents.text(view, "id") for view in listed if words in str(view)), "")
        for words in (first, second)
    ]
    return Comments(path, made, ids[0], text, ids[1]) if all(ids) else None


def _to_comments(portal: Portal, discussed: Comments) -> dict[str, Request]:
    def said(text: str) -> Body:
        return as_json({"content": text})

    changed, doomed = (f"{COMMENT}/{encode(id_)}" for id_ in (discussed.changed, discussed.doomed))
    return {
        "POST comment": portal.request("POST", discussed.path, "json", body=said(discussed.made)),
        "PUT comment": portal.request("PUT", changed, "json", body=said(discussed.text)),
        "DELETE comment": portal.request("DELETE", doomed, "json"),
    }


def effects(portal: Portal, writes: Writes) -> dict[str, Effect]:
    """What each write did all the same."""
    found = {
        "POST": _effect_of_post(portal, writes),
        "PUT": _effect_of_put(portal, writes),
        "DELETE": _effect_of_delete(portal, writes),
    }
    if writes.comments is not None:
        found |= _effects_on_comments(portal, writes.comments)
    return found


def _effects_on_comments(portal: Portal, discussed: Comments) -> dict[str, Effect]:
    listed = portal.served(discussed.path, fresh=True)
    if not succeeded(listed):
        why = unusable(listed, "the comments cannot be read after the burst")
        return dict.fromkeys(("POST comment", "PUT comment", "DELETE comment"), why)
    views = contents.records(listed)
    shown = " ".join(map(str, views))
    gone = all(contents.text(view, "id") != discussed.doomed for view in views)
    return {
        "POST comment": "the post then shows the comment that it was to make"
        if discussed.made in shown
        else None,
        "PUT comment": "the comment then says what it was to be changed to"
        if discussed.text in shown
        else None,
        "DELETE comment": "the comment that it was to remove is then gone" if gone else None,
    }


def _effect_of_post(portal: Portal, writes: Writes) -> Effect:
    listed = whole_list(portal, writes.kind)
    if listed is None:
        return Untested(Reason.SETUP_FAILED, "the list cannot be read after the burst")
    if any(bears(writes.kind, view, writes.name) for view in listed.values()):
        return f"the list of {writes.kind.plural} then shows the record that it was to make"
    portal.journal.gone(writes.name)
    return None


def _effect_of_put(portal: Portal, writes: Writes) -> Effect:
    after = portal.served(writes.record.path, fresh=True)
    if not succeeded(after):
        return unusable(after, "the record cannot be read after the burst")
    changed = taken_over(writes.kind, writes.fields, writes.before, contents.record(after))
    return f"the record's {changed} is then what it was to be changed to" if changed else None


def _effect_of_delete(portal: Portal, writes: Writes) -> Effect:
    after = portal.served(writes.doomed.path, fresh=True)
    if after.response is None or after.trouble is not None:
        return unusable(after, "the record cannot be read after the burst")
    if after.response.status in (404, 410):
        portal.journal.gone(writes.doomed.name)
        return "the record that it was to remove is then gone"
    return None if succeeded(after) else unusable(after, "the record cannot be read")
