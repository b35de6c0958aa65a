"""The life of one kind of record: two records of ours are made, read, listed, changed and removed.

It is lived once for each kind, and several requirements are judged by it. The first record lives and
ends before the second is made: a kind whose records cannot be removed is left alone after one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from workspace_conformance.checks.expectations import difference
from workspace_conformance.checks.experiments import (
    CHANGED,
    FORMATS,
    TEXT,
    Creation,
    Deletion,
    Update,
)
from workspace_conformance.checks.repeated_reads import let_list_follow
from workspace_conformance.contract.kinds import LIVED, Kind, named, operation_of
from workspace_conformance.exchange import cases, contents
from workspace_conformance.exchange.identifiers import Form, encode, form_of
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.ownership import bears
from workspace_conformance.portal.records import Portal, Record
from workspace_conformance.transport.client import (
    NOT_NOW,
    Body,
    as_form,
    as_json,
    none_taken,
    succeeded,
    unusable,
)
from workspace_conformance.verdict.operations import name_of

T = TypeVar("T")

_ABSENT = frozenset({404, 405, 410, 501})  # statuses of an operation that the portal lacks
_GONE = frozenset({404, 410})
# Ways to make a record, one after the other: format, and encoding of the body. The first two are
# judged; the others only help where neither works.
_WAYS = (("json", "json"), ("", "form"), ("json", "form"), ("xml", "form"), ("xml", "json"))
# Seconds between looks at what a removal has left that goes on after its answer.
_LOOKS = (0.2, 0.4, 0.8, 1.6)


@dataclass(slots=True)
class Life:
    """What was asked, and answered, in the life of a kind. A step that was not taken is missing.

    made: the creations, by the encoding of their body ("json" with .json, "form" with no suffix).
    listed: whether the list of the kind showed the record that a creation made, where that was
    looked at. read: the first record, by format. first: the list while it is there; elsewhere: what
    is served at the id that this list shows it with, where that is another than its own. last: the
    list once all are removed. changed: the updates, by encoding as the creations.
    removed: the deletions, by format. unknown: PUT and DELETE of a record that does not exist.
    stopped: why what is missing was not done.
    """

    kind: Kind
    made: dict[str, Creation] = field(default_factory=dict)
    listed: dict[str, bool] = field(default_factory=dict)
    read: dict[str, Exchange] = field(default_factory=dict)
    first: Exchange | None = None
    elsewhere: Exchange | None = None
    changed: dict[str, Update] = field(default_factory=dict)
    removed: dict[str, Deletion] = field(default_factory=dict)
    last: Exchange | None = None
    unknown: dict[str, Exchange] = field(default_factory=dict)
    stopped: Untested | None = None

    def given(self, steps: Mapping[str, T], name: str) -> T:
        """A step that a check builds on; Untested where it was not taken."""
        if name in steps:
            return steps[name]
        raise self.stopped or Untested(
            Reason.SETUP_FAILED, f"no {self.kind.name} came so far in its life"
        )


def life(portal: Portal, kind: Kind, method: str = "") -> Life:
    """The life of a kind, lived once. Untested where the portal makes no record of it: absent, not
    permitted, or refused with words about its values.

    The case under way is told which kind it judges, and, with a `method`, which operation.
    """
    case = cases.current()
    if case is not None:
        case.resource = kind.name
        case.operation = name_of(operation_of(kind, method)) if method else None
    return portal.once(("life", kind.name), lambda: _live(portal, kind))


def _live(portal: Portal, kind: Kind) -> Life:
    lived = Life(kind)
    _given_module(portal, kind)
    _given_others(portal, kind)
    first = _make_first(portal, lived)
    if first is None:
        return lived
    _read(portal, lived, first)
    _change(portal, lived, first, "json")
    _remove(portal, lived, first, "xml")
    if not _is_removed(portal, lived, first):
        lived.stopped = lived.stopped or Untested(
            Reason.SETUP_FAILED,
            f"a {kind.name} could not be removed: no further one was made",
        )
        return lived
    second = _make_second(portal, lived)
    if second is not None:
        _change(portal, lived, second, "form")
        _remove(portal, lived, second, "")
    lived.last = _last_list(portal, lived)
    _ask_for_unknown(portal, lived, first)
    return lived


# --- before it ------------------------------------------------------------------------------------


def _given_module(portal: Portal, kind: Kind) -> None:
    """Untested where the portal lacks the module: the list of its first kind, in every form, and
    that of this kind.
    """
    lead = next(other for other in LIVED if other.module == kind.module)
    if lead is kind or not _is_unlisted(portal, lead):
        return
    if _is_absent(portal.get(kind.listing, "json")):
        raise Untested(Reason.ABSENT, f"the portal serves nothing of {kind.module}")


def _is_unlisted(portal: Portal, kind: Kind) -> bool:
    """Whether the portal serves the list of a kind in no form."""
    return _is_absent(portal.list_of(kind)) and all(
        _is_absent(portal.get(kind.listing, fmt)) for fmt in FORMATS
    )


def _is_absent(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status in _ABSENT


def _given_others(portal: Portal, kind: Kind) -> None:
    """Untested where records of other kinds that this one needs cannot be made and removed."""
    above = [kind.parent.kind] if kind.parent is not None and kind.parent.kind else []
    others = [named(name) for name in above]
    others += [other for other in map(named, kind.needs.values()) if not portal.ids(other)]
    for other in others:
        lived = portal.once(("life", other.name), partial(_live, portal, other))
        if lived.stopped is not None:
            raise lived.stopped


# --- its steps ------------------------------------------------------------------------------------


def _make_first(portal: Portal, lived: Life) -> Record | None:
    """The first record, made in whichever way works; None where one was made that cannot be found.

    Untested where no way works.
    """
    kind = lived.kind
    refused: list[Exchange] = []
    for fmt, encoding in _WAYS:
        made = _creation(portal, lived, fmt, encoding)
        if made.record is not None:
            return made.record
        if succeeded(made.asked):
            words = f"the {kind.name} that was made is nowhere to be seen"
            lived.stopped = Untested(Reason.SETUP_FAILED, words)
            return None
        refused.append(made.asked)
        if made.asked.response is None or made.asked.response.status in NOT_NOW:
            raise unusable(made.asked, f"no {kind.name} can be made")
        if all(map(_is_absent, refused)) and (
            len(refused) == len(_WAYS) or _is_unlisted(portal, kind)
        ):
            raise Untested(Reason.ABSENT, f"the portal serves no {kind.plural} that can be made")
    raise none_taken(refused, f"no {kind.name} can be made")


def _make_second(portal: Portal, lived: Life) -> Record | None:
    """A further record: that of a form; where that was the first, or is refused, another."""
    if "form" not in lived.made:
        made = _creation(portal, lived, "", "form").record
        if made is not None:
            return made
    encoding = "json" if lived.made["json"].record is not None else "form"
    fmt = "json" if encoding == "json" else ""
    return _made(portal, lived.kind, fmt, encoding, "second").record


def _creation(portal: Portal, lived: Life, fmt: str, encoding: str) -> Creation:
    made = _made(portal, lived.kind, fmt, encoding, "life")
    if (fmt, encoding) in _WAYS[:2]:
        lived.made[encoding] = made
        if succeeded(made.asked) and (made.found is None or not succeeded(made.found)):
            listed = portal.listed_record(lived.kind, made.name)
            lived.listed[encoding] = listed is not None
            if made.record is None and listed is not None:
                found = portal.served(listed.path, fresh=True)
                made = Creation(made.kind, made.name, made.fields, made.asked, listed, found)
                lived.made[encoding] = made
    return made


def _made(portal: Portal, kind: Kind, fmt: str, encoding: str, label: str) -> Creation:
    ways = (encoding,) if (fmt, encoding) in _WAYS[:2] else (fmt or "none", encoding)
    name = portal.name_of(kind, label, *ways)
    fields = portal.fields(kind, name, TEXT)
    body = _body(kind, fields, encoding)
    asked, record = portal.create(kind, name, fmt, body, look=True)
    if asked.response is not None and 400 <= asked.response.status < 500:
        portal.journal.gone(
            name
        )  # what a refusal made all the same, the clean-up finds by its name
    return Creation(kind, name, fields, asked, record, record.found if record else None)


def _body(kind: Kind, fields: dict[str, str], encoding: str) -> Body:
    return as_json(kind.typed(fields)) if encoding == "json" else as_form(fields, plus=True)


def _read(portal: Portal, lived: Life, record: Record) -> None:
    for fmt in FORMATS:
        # As it was looked at when it was made: nothing has happened to it since.
        seen = record.found if _was_asked(record, fmt, portal) else None
        lived.read[fmt] = seen or portal.get(record.path, fmt, fresh=True)
    kind = lived.kind
    lived.first = portal.get(kind.listing, "json", fresh=True)
    for view in contents.records(lived.first, kind.list_in) if lived.first.succeeded else []:
        identity = contents.text(view, kind.id)
        if bears(kind, view, record.name) and identity and identity != record.id:
            lived.elsewhere = portal.served(kind.at(encode(identity)), fresh=True)


def _was_asked(record: Record, fmt: str, portal: Portal) -> bool:
    return record.found is not None and record.found.request.url == portal.url(record.path, fmt)


def _change(portal: Portal, lived: Life, record: Record, encoding: str) -> None:
    kind = lived.kind
    if kind.change is None:
        return
    fmt = "json" if encoding == "json" else ""
    fields = portal.changes(kind, record.name, CHANGED)
    path = kind.changed_at(record.path)
    asked = portal.ask("PUT", path, fmt, body=_body(kind, fields, encoding))
    after = portal.served(record.path, fresh=True)
    differs = difference(contents.record(asked), contents.record(after), kind.updated)
    same = portal.get(record.path, fmt, fresh=True) if differs else after
    lived.changed[encoding] = Update(kind, fields, record, asked, after, same)


def _remove(portal: Portal, lived: Life, record: Record, fmt: str) -> None:
    kind = lived.kind
    asked = portal.ask("DELETE", record.path, fmt, body=portal.removal(kind, fmt))
    # In the form of the removal, where records are served in it.
    seen = "" if not fmt and (bare := lived.read.get("")) and succeeded(bare) else "json"
    after = portal.get(record.path, seen, fresh=True)
    if kind.deferred and succeeded(asked):
        for seconds in _LOOKS:
            if not is_shown(kind, record, after):
                break
            time.sleep(seconds)
            after = portal.get(record.path, seen, fresh=True)
        if is_shown(kind, record, after):
            lived.stopped = Untested(
                Reason.SETUP_FAILED, f"the removal of a {kind.name} goes on for too long"
            )
            return
    if succeeded(asked):
        portal.note_gone(record, after)
    lived.removed[fmt] = Deletion(kind, record, asked, after)


def _is_removed(portal: Portal, lived: Life, record: Record) -> bool:
    """Whether a record is gone; further ways to remove it are tried where it is not."""
    if lived.stopped is not None:
        return False
    if _is_gone(portal, lived.kind, record, lived.removed["xml"].after):
        return True
    for fmt in ("json", ""):
        asked = portal.ask("DELETE", record.path, fmt, body=portal.removal(lived.kind, fmt))
        after = portal.get(record.path, "json", fresh=True)
        if succeeded(asked) and _is_gone(portal, lived.kind, record, after):
            portal.note_gone(record, after)
            return True
    return False


def is_shown(kind: Kind, record: Record, answer: Exchange) -> bool:
    """Whether an answer shows the record, and not another that was given its id."""
    view = contents.record(answer) if succeeded(answer) else None
    if view is None or contents.text(view, kind.id) != record.id:
        return False
    return not contents.text(view, kind.mark) or bears(kind, view, record.name)


def _is_gone(portal: Portal, kind: Kind, record: Record, after: Exchange) -> bool:
    """Whether a record is gone: its URL says so, shows nothing, or fails where the list no longer
    shows the record.
    """
    if after.response is None:
        return False
    if after.response.status in _GONE or succeeded(after):
        return not is_shown(kind, record, after)
    listed = portal.get(kind.listing, "json", fresh=True)
    views = contents.records(listed, kind.list_in)
    return succeeded(listed) and all(contents.text(it, kind.id) != record.id for it in views)


def _last_list(portal: Portal, lived: Life) -> Exchange:
    """The list once all is removed; it may lag behind, but not for long."""
    kind = lived.kind
    ours = {it.record.id for it in lived.removed.values() if succeeded(it.asked)}
    listed = portal.get(kind.listing, "json", fresh=True)
    views = contents.records(listed, kind.list_in) if listed.succeeded else []
    if any(contents.text(view, kind.id) in ours for view in views):
        let_list_follow(portal)
        return portal.get(kind.listing, "json", fresh=True)
    return listed


def _ask_for_unknown(portal: Portal, lived: Life, record: Record) -> None:
    """PUT and DELETE of a record that does not exist. A PUT that names one might make it."""
    kind = lived.kind
    known = [*portal.ids(kind), record.id]
    form = Form.NAME if kind.id_is_name else form_of(known)
    if form is Form.NAME and not kind.id_is_name:
        return  # what form another id may have is not known
    identity = portal.unlike(known, form)
    path = kind.at(encode(identity))
    if kind.change is not None and not kind.id_field:
        fields = portal.changes(kind, portal.name_of(kind, "unknown"))
        body = _body(kind, fields, "json")
        lived.unknown["PUT"] = portal.ask("PUT", kind.changed_at(path), "json", body=body)
    lived.unknown["DELETE"] = portal.ask("DELETE", path, "json", body=portal.removal(kind, "json"))
