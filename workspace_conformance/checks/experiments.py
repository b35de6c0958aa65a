"""Experiments that several requirements are judged by: run once, so that the target is burdened
once.

Each is a short life of records of our own. They only ask and note; judging is the checks' business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from workspace_conformance.checks.expectations import difference
from workspace_conformance.contract.kinds import Kind
from workspace_conformance.exchange import cases, contents
from workspace_conformance.exchange.identifiers import Form, is_of
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.portal.ownership import bears, taken_over
from workspace_conformance.portal.records import Portal, Record
from workspace_conformance.transport.client import (
    NOBODY,
    Body,
    as_form,
    as_json,
    succeeded,
    unusable,
)

FORMATS = ("json", "xml", "")
# Texts that bodies carry, with what is easily lost on the way; one for all formats, as a portal may
# have rules for its texts.
TEXT = "50% a+b=c&d; Straße Жук"
CHANGED = "changed Straße Жук"
_CHANGED_AGAIN = "again changed Straße"


@dataclass(frozen=True, slots=True)
class Creation:
    """A POST that should make a record. `record` is None where the answer shows none."""

    kind: Kind
    name: str
    fields: dict[str, str]
    asked: Exchange
    record: Record | None
    found: Exchange | None  # the record, asked for at its URL


@dataclass(frozen=True, slots=True)
class Update:
    """A PUT on a record of ours, and what GET serves after it.

    `same` is that in the form of the PUT, asked for where `after` is of another and differs.
    """

    kind: Kind
    fields: dict[str, str]
    record: Record
    asked: Exchange
    after: Exchange
    same: Exchange


@dataclass(frozen=True, slots=True)
class Deletion:
    """A DELETE of a record of ours, and what GET answers after it.

    again: a further PUT or DELETE of the record, once GET has answered that it is not there.
    strays: what DELETE answered before at undocumented paths near it (STA-7).
    """

    kind: Kind
    record: Record
    asked: Exchange
    after: Exchange
    again: Exchange | None = None
    strays: tuple[Exchange, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A write without credentials. `effect` says in words what it did all the same, or is None."""

    method: str
    format: str
    asked: Exchange
    effect: str | None


def encoded(fmt: str, fields: dict[str, str]) -> Body:
    """The body for a format: JSON for .json; a form otherwise, which names no response format
    (FMT-3). A form writes a space as %20 or as a plus sign: with .xml the one, without the other, and
    with small hexadecimal digits.
    """
    return as_json(fields) if fmt == "json" else as_form(fields, plus=not fmt, small=not fmt)


def creation(portal: Portal, slot: int, fmt: str) -> Creation:
    """Make a record in a format; place number `slot` among the kinds that can be made."""
    kind = portal.kind_at(slot)
    return portal.once(("creation", kind.name, fmt), lambda: _creation(portal, kind, fmt))


def update(portal: Portal, slot: int, fmt: str) -> Update:
    """Change a record of ours in a format; Untested where none can be made."""
    kind = portal.kind_at(slot)
    return portal.once(("update", kind.name, fmt), lambda: _update(portal, kind, fmt))


def second_update(portal: Portal, slot: int) -> Update:
    """Change a record of ours a second time; Untested where none can be made."""
    kind = portal.kind_at(slot)
    return portal.once(("second update", kind.name), lambda: _second_update(portal, kind))


def deletion(portal: Portal, slot: int, fmt: str) -> Deletion:
    """Delete a record of ours in a format; Untested where none can be made."""
    kind = portal.kind_at(slot)
    return portal.once(("deletion", kind.name, fmt), lambda: _deletion(portal, kind, fmt))


def strays(portal: Portal, kind: Kind) -> tuple[Exchange, ...]:
    """What DELETE answered at undocumented paths near a record of ours."""
    return deletion(portal, portal.creatable().index(kind) + 1, "xml").strays


def in_version(
    portal: Portal,
    version: str,
    method: str,
    path: str,
    fmt: str,
    fields: dict[str, str] | None = None,
) -> Exchange:
    """Ask in a version of the API, which may be another than the documented one; a body is JSON."""
    portal.check_ours(method, path)
    body = as_json(fields) if fields is not None else None
    request = portal.request(method, path, fmt, body=body)
    begin = f"{portal.root}/api/"
    rest = request.url.removeprefix(f"{begin}2.0/")
    exchange = portal.transport.ask(replace(request, url=f"{begin}{version}/{rest}"))
    case = cases.current()
    if case is not None:
        case.credit(exchange)
    return exchange


def write(portal: Portal, method: str, slot: int, fmt: str) -> Exchange:
    """The exchange of the creation, update or deletion."""
    if method == "POST":
        return creation(portal, slot, fmt).asked
    if method == "PUT":
        return update(portal, slot, fmt).asked
    return deletion(portal, slot, fmt).asked


def refusals(portal: Portal, slot: int, method: str) -> list[Refusal]:
    """Writes without credentials against a record of ours, and their effects.

    In every format at the first place, in JSON at the others.
    """
    kind = portal.kind_at(slot)
    formats = FORMATS if slot == 1 else FORMATS[:1]
    run = {"POST": _refused_posts, "PUT": _refused_puts, "DELETE": _refused_deletes}[method]
    return portal.once(("refusals", kind.name, method, formats), lambda: run(portal, kind, formats))


def _creation(portal: Portal, kind: Kind, fmt: str) -> Creation:
    name = portal.name(kind.name, "life", fmt or "none")
    fields = portal.fields(kind, name, TEXT)
    asked, record = portal.create(kind, name, fmt, encoded(fmt, fields), look=True)
    return Creation(kind, name, fields, asked, record, record.found if record else None)


def _subject(portal: Portal, kind: Kind, fmt: str) -> Record:
    made = portal.once(("creation", kind.name, fmt), lambda: _creation(portal, kind, fmt))
    if made.record is not None and made.found is not None and succeeded(made.found):
        return made.record
    return portal.once(
        ("subject", kind.name, fmt), lambda: portal.make(kind, "subject", fmt or "none")
    )


def _update(portal: Portal, kind: Kind, fmt: str) -> Update:
    return _updated(portal, _subject(portal, kind, fmt), fmt, CHANGED)


def _second_update(portal: Portal, kind: Kind) -> Update:
    first = portal.once(("update", kind.name, "json"), lambda: _update(portal, kind, "json"))
    return _updated(portal, first.record, "json", _CHANGED_AGAIN)


def _updated(portal: Portal, record: Record, fmt: str, text: str) -> Update:
    kind = record.kind
    fields = portal.changes(kind, record.name, text)
    asked = portal.ask("PUT", record.path, fmt, body=encoded(fmt, fields))
    after = portal.served(record.path, fresh=True)
    differs = difference(contents.record(asked), contents.record(after), kind.updated)
    same = portal.get(record.path, fmt, fresh=True) if differs else after
    return Update(kind, fields, record, asked, after, same)


def _deletion(portal: Portal, kind: Kind, fmt: str) -> Deletion:
    removal = portal.removal_of(kind)
    if removal is not None and not removal.works:
        # No second record is made: what became of the first is looked at.
        tried = removal.tries[fmt]
        return Deletion(kind, portal.spare(kind), tried.asked, tried.after)
    # The updates come first, so that one record serves all.
    record = portal.once(("update", kind.name, fmt), lambda: _update(portal, kind, fmt)).record
    if fmt == "json":
        portal.once(("second update", kind.name), lambda: _second_update(portal, kind))
    # Whatever becomes of it, this record is to be deleted.
    stray = tuple(_strays(portal, record)) if fmt == "xml" else ()
    if any(map(succeeded, stray)):
        record = portal.make(kind, "strayed")
    asked = portal.ask("DELETE", record.path, fmt)
    after = portal.get(record.path, "json", fresh=True)
    if succeeded(asked) and after.response is not None and not after.response.succeeded:
        portal.journal.gone(record.name)
    again = _again(portal, record, fmt, asked, after)
    return Deletion(kind, record, asked, after, again, stray)


def _strays(portal: Portal, record: Record) -> Iterator[Exchange]:
    """DELETE at a path below a record, and at its path in an earlier version of the API."""
    tag = f"conformance{portal.settings.seed}"
    fmt = ("json", "", "xml")[portal.creatable().index(record.kind) % 3]
    # Not as a removal of the record: people of ours may have to be disabled before that.
    yield in_version(portal, "2.0", "DELETE", f"{record.path}/{tag}", fmt)
    yield in_version(portal, "1.0", "DELETE", record.path, "json")


def _again(
    portal: Portal, record: Record, fmt: str, asked: Exchange, after: Exchange
) -> Exchange | None:
    """A write to a record that is gone: in JSON a PUT, with no suffix a DELETE. None where its id is
    of a form that may be given again, to somebody else's record.
    """
    is_gone = after.response is not None and after.response.status in (404, 410)
    if not succeeded(asked) or not is_gone or fmt == "xml" or not is_of(Form.GUID, record.id):
        return None
    if fmt == "json":
        body = encoded(fmt, portal.changes(record.kind, record.name, CHANGED))
        return portal.ask("PUT", record.path, fmt, body=body)
    return portal.ask("DELETE", record.path, fmt)


def _refused_posts(portal: Portal, kind: Kind, formats: Sequence[str]) -> list[Refusal]:
    names = {
        fmt: portal.name(kind.name, _once("refused", formats), fmt or "none") for fmt in formats
    }
    asked = {
        fmt: portal.create(
            kind, name, fmt, encoded(fmt, portal.fields(kind, name)), credential=NOBODY
        )[0]
        for fmt, name in names.items()
    }
    listed = portal.served(kind.collection, fresh=True)
    if not succeeded(listed):
        raise unusable(listed, "what a refused POST did cannot be seen")
    refusals = []
    for fmt, name in names.items():
        there = any(bears(kind, view, name) for view in contents.records(listed))
        effect = (
            f"the list of {kind.plural} then shows the record that it was to make"
            if there
            else None
        )
        if not there and not succeeded(asked[fmt]):
            portal.journal.gone(name)
        refusals.append(Refusal("POST", fmt, asked[fmt], effect))
    return refusals


def _refused_puts(portal: Portal, kind: Kind, formats: Sequence[str]) -> list[Refusal]:
    record = portal.spare(kind)
    before = portal.shown(record)
    # A second attempt finds the record as the first left it: its texts must be others.
    texts = {fmt: portal.name(_once("refused", formats), fmt or "none") for fmt in formats}
    sent = {fmt: portal.changes(kind, record.name, text) for fmt, text in texts.items()}
    asked = {
        fmt: portal.ask("PUT", record.path, fmt, body=encoded(fmt, fields), credential=NOBODY)
        for fmt, fields in sent.items()
    }
    after = portal.served(record.path, fresh=True)
    if not succeeded(after):
        raise unusable(after, "what a refused PUT did cannot be seen")
    refusals = []
    for fmt, fields in sent.items():
        # A field that another format sent too tells nothing.
        own = {field: text for field, text in fields.items() if _differ(sent, field)}
        changed = taken_over(kind, own, before, contents.record(after))
        effect = f"GET then shows the new {changed}" if changed else None
        refusals.append(Refusal("PUT", fmt, asked[fmt], effect))
    return refusals


def _once(label: str, formats: Sequence[str]) -> str:
    """A label of records that no other place of the same kind has."""
    return label if len(formats) > 1 else f"{label}-once"


def _differ(sent: dict[str, dict[str, str]], field: str) -> bool:
    return len({fields.get(field) for fields in sent.values()}) == len(sent)


def _refused_deletes(portal: Portal, kind: Kind, formats: Sequence[str]) -> list[Refusal]:
    label = _once("guarded", formats)
    record = portal.make(kind, label)
    asked = {fmt: portal.ask("DELETE", record.path, fmt, credential=NOBODY) for fmt in formats}
    if not _is_gone(portal, record):
        return [Refusal("DELETE", fmt, exchange, None) for fmt, exchange in asked.items()]
    # One of them did it: each is tried again on a record of its own.
    refusals = []
    for fmt in formats:
        record = portal.make(kind, label, fmt or "none")
        exchange = portal.ask("DELETE", record.path, fmt, credential=NOBODY)
        effect = "the record was gone then" if _is_gone(portal, record) else None
        refusals.append(Refusal("DELETE", fmt, exchange, effect))
    return refusals


def _is_gone(portal: Portal, record: Record) -> bool:
    after = portal.served(record.path, fresh=True)
    gone = after.response is not None and after.response.status in (404, 410)
    if gone:
        portal.journal.gone(record.name)
    return gone
