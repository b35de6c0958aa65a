"""Writes in every shape: for each kind of record and each form one record of ours is made, read,
changed, read in both forms and removed; each step with headers and a query of its own.

Comments are a kind; where they are not open to the account, the portal's first kind takes their
place. What is sent is asked once a run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from zlib import crc32

from workspace_conformance.checks import comments, shapes
from workspace_conformance.checks.expectations import given_success
from workspace_conformance.checks.experiments import TEXT
from workspace_conformance.contract.cells import cells
from workspace_conformance.contract.kinds import POST, Kind
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.portal.ownership import ODD_TEXTS
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import (
    FORMATS,
    Body,
    as_form,
    as_json,
    refuses_values,
    succeeded,
    unusable,
)

# The field whose whole text is of a class; a name of a person holds no digits.
_FIELDS = {"post": "content", "group": "groupName", "person": "firstname"}
_NAMES = {"number": "Infinity", "true": "True", "null": "Null", "date": "May", "mild": "Changed"}
_COMMENT = "community/blog/comment"


@dataclass(frozen=True, slots=True)
class Subject:
    """A record of ours. kind: None for a comment. listing: where its like are made; path: where it
    is changed and removed; shown: where it is read; name: what we call it; id.
    """

    kind: Kind | None
    listing: str
    path: str
    shown: str
    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Step:
    """A write in a cell. fields: what its body says; form_body: whether that is a form; after: what
    was read then, in JSON and in XML where both were asked for.
    """

    cell: shapes.Cell
    subject: Subject
    fields: dict[str, str]
    form_body: bool
    asked: Exchange
    after: tuple[Exchange, ...] = ()


@dataclass(frozen=True, slots=True)
class Life:
    """The steps of the life of one record, by method: as the cells say, and as they were taken: a
    portal may have rules for its texts, and for parameters that it does not know.
    """

    asked: Mapping[str, Step]
    taken: Mapping[str, Step]


def step(portal: Portal, cell: shapes.Cell) -> Step:
    """The step of a life that is a cell of the array."""
    return life(portal, cell["kind"], cell["form"]).asked[cell["method"]]


def life(portal: Portal, place: str, form: str) -> Life:
    """The life of the record of a kind that is written in a form."""
    if place != "comment":
        return portal.once(("cells", place, form), lambda: _live(portal, place, form))
    # One after the other: they stand in one list, which is read in both forms.
    lives = portal.once(
        ("cells", place), lambda: {each: _live(portal, place, each) for each in FORMATS}
    )
    return lives[form]


def _live(portal: Portal, place: str, form: str) -> Life:
    rows = {each["method"]: each for each in cells("writings") if _is_of(each, place, form)}
    text = next(each for each in cells("texts") if _is_of(each, place, form))
    post, made = _tried(portal, {**rows["POST"], "spelling": text["spelling"]})
    about = made.subject if made.subject.path else _subject(portal, place, form or "none")
    if not made.after:
        made = replace(made, after=(portal.served(about.shown, fresh=True),))
    put, changed = _tried(portal, {**rows["PUT"], **text}, about)
    read = tuple(portal.get(about.shown, fmt, fresh=True) for fmt in ("json", "xml"))
    delete, removed = _tried(portal, rows["DELETE"], about)
    return Life(
        {"POST": post, "PUT": put, "DELETE": delete},
        {"POST": made, "PUT": replace(changed, after=read), "DELETE": removed},
    )


def _tried(portal: Portal, cell: shapes.Cell, about: Subject | None = None) -> tuple[Step, Step]:
    """The write of a cell, with another text where its own is refused; and what was taken, perhaps
    without the query.
    """
    first = write(portal, cell, "life", about)
    if not refuses_values(first.asked):
        return first, first
    milder: tuple[dict[str, str], ...] = ({"text": "mild"}, {"query": ""})
    for number, other in enumerate((*milder, milder[0] | milder[1])):
        tried = write(portal, {**cell, **other}, f"life-{number}", about)
        if succeeded(tried.asked):
            return (first if "query" in other else tried), tried
    return first, first


def _is_of(cell: shapes.Cell, place: str, form: str) -> bool:
    return (cell["kind"], cell["form"]) == (place, form)


def again(portal: Portal, cell: shapes.Cell) -> Exchange:
    """The write of a cell that differs in its query or shape, on another record of ours."""

    def send() -> Exchange:
        about = None if cell["method"] == "POST" else _subject(portal, cell["kind"], _short(cell))
        return write(portal, {**cell, "text": "mild"}, _short(cell), about).asked

    return portal.once(("cell", tuple(cell.items())), send)


def _short(cell: shapes.Cell) -> str:
    """A word for a cell, as long as any portal lets names be."""
    return f"{crc32(' '.join(cell.values()).encode()):08x}"


def living(portal: Portal, step: Step) -> str:
    """Where a record of ours is read into which the text of a step was put, and which stays."""

    def put() -> str:
        about = _subject(portal, step.cell["kind"], _short(step.cell))
        given_success(write(portal, step.cell, "living", about).asked, "the same update again")
        return about.shown

    return portal.once(("living", tuple(step.cell.items())), put)


# --- sending --------------------------------------------------------------------------------------


def write(portal: Portal, cell: shapes.Cell, label: str, about: Subject | None = None) -> Step:
    """Send the write of a cell, to a record (`about`) or to make one."""
    method, form = cell["method"], cell["form"]
    kind = _kind(portal, cell["kind"])
    name = portal.name_of(kind, "cells", label, form or "none") if kind else ""
    name = name or portal.name("comment", "cells", label, form or "none")
    fields = {} if method == "DELETE" else _fields(portal, cell, kind, about, name)
    form_body = method != "DELETE" and form != "json" and cell["shape"] != "told"
    body = None
    if method != "DELETE":
        body = _spelled(fields, cell.get("spelling", "usual"), form_body, kind)
    media = body.media if body else ""
    query, headers = shapes.query(cell), shapes.headers(cell, media)
    bare = cell["shape"] == "bare"
    if method == "POST" and kind is not None:
        assert body is not None
        asked, record = portal.create(
            kind, name, form, body, headers=headers, look=True, query=query, bare=bare
        )
        path, identity = (record.path, record.id) if record else ("", "")
        subject = Subject(kind, kind.collection, path, path, name, identity)
        found = (record.found,) if record and record.found else ()
        return Step(cell, subject, fields, form_body, asked, found)
    listing = about.listing if about else _discussed(portal)
    path = about.path if about and method != "POST" else listing
    if method == "PUT" and about is not None and kind is not None and kind.name == "group":
        portal.journal.called(about.name, fields[_FIELDS["group"]])  # its only text is its name
    asked = portal.ask(method, path, form, body=body, headers=headers, query=query, bare=bare)
    if about is None:
        identity = contents.text(contents.record(asked), "id")
        path = f"{_COMMENT}/{encode(identity)}" if identity else ""
        about = Subject(None, listing, path, listing, name, identity)
    return Step(cell, about, fields, form_body, asked)


def _kind(portal: Portal, place: str) -> Kind | None:
    if place == "comment" and comments.are_open(portal, "DELETE"):
        return None
    return portal.kind_at(int(place) if place.isdigit() else 1)


def _discussed(portal: Portal) -> str:
    path = portal.once("cells discussed", lambda: portal.make(POST, "cells", "talk").path)
    return f"{path}/comment"


def _subject(portal: Portal, place: str, *labels: str) -> Subject:
    """A record of ours that a write is sent to, made as any other."""
    kind = _kind(portal, place)
    if kind is not None:
        record = portal.make(kind, "cells", "subject", *labels)
        return Subject(kind, kind.collection, record.path, record.path, record.name, record.id)
    name = portal.name("comment", "cells", "subject", *labels)
    listing = _discussed(portal)
    made = comments.write(portal, "POST", listing, name)
    identity = contents.text(contents.record(made), "id")
    if not identity:
        raise unusable(made, "a comment to write to could not be made")
    return Subject(None, listing, f"{_COMMENT}/{encode(identity)}", listing, name, identity)


def _fields(
    portal: Portal, cell: shapes.Cell, kind: Kind | None, about: Subject | None, name: str
) -> dict[str, str]:
    text = cell.get("text", "")
    if kind is None:
        return {"content": ODD_TEXTS.get(text) or f"{name} {TEXT}"}
    if about is None:
        return portal.fields(kind, name, "" if text == "mild" else TEXT)
    fields = portal.changes(kind, about.name, "changed")
    if text and kind.name in _FIELDS:
        known = _NAMES if kind.name == "person" else {}
        fields[_FIELDS[kind.name]] = known.get(text, ODD_TEXTS[text])
    return fields


def _spelled(fields: dict[str, str], spelling: str, form_body: bool, kind: Kind | None) -> Body:
    """A body in one of several spellings that say the same: JSON with escapes, or with white space
    and its members the other way round; a form with small hexadecimal digits, or with plus signs.
    """
    turned = dict(reversed(fields.items())) if spelling == "spaced" else fields
    if form_body:
        return as_form(turned, plus=spelling == "spaced", small=spelling == "escaped")
    typed = kind.typed(turned) if kind else dict(turned)
    if spelling == "usual":
        return as_json(typed)
    spaces = {"indent": 2} if spelling == "spaced" else {}
    text = json.dumps(typed, ensure_ascii=spelling == "escaped", **spaces)  # type: ignore[arg-type]
    return Body(text.encode(), "application/json")


__all__ = ["Life", "Step", "Subject", "again", "life", "living", "step", "write"]
