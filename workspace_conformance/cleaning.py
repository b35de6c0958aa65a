"""Leaving the target as it was: every record that the journal names is removed, and that is
verified.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from workspace_conformance import views
from workspace_conformance.client import FORMATS, succeeded
from workspace_conformance.identifiers import encode
from workspace_conformance.journal import Entry
from workspace_conformance.kinds import KINDS, Kind
from workspace_conformance.portal import Portal

_CLOSED = (403, 404, 405, 501)  # answers to a list that is not served, or not to this account
_AT_ONCE = 8  # removals under way at a time
_PAGES = 50  # pages of a list that are searched for records of ours


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A record of ours that could not be removed."""

    kind: str
    name: str
    url: str


def clean(portal: Portal) -> list[LeftBehind]:
    """Remove what the journal says is, or may be, there; return what stayed.

    A record whose URL was never told (the creation was refused, or cut off) is looked for by its
    name. That all are gone is seen in the lists, which costs less than asking for each.
    """
    for fmt in ("json", "xml", ""):
        removed = _remove_all(portal, portal.journal.remaining(), fmt)
        for kind in KINDS:
            ours = [entry for entry in portal.journal.remaining() if entry.kind == kind.name]
            if ours:
                _look(portal, kind, ours, {entry.name for entry in removed})
        if not portal.journal.remaining():
            break
    paths = {kind.name: kind.collection for kind in KINDS}
    return [
        LeftBehind(entry.kind, entry.name, portal.url(entry.path or paths[entry.kind]))
        for entry in portal.journal.remaining()
    ]


def _remove_all(portal: Portal, entries: list[Entry], fmt: str) -> list[Entry]:
    """Ask for the removal of each; those of which the answer says that they are gone."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        done = pool.map(lambda entry: _remove(portal, entry, fmt), entries)
        return [entry for entry, gone in zip(entries, done, strict=True) if gone]


def _remove(portal: Portal, entry: Entry, fmt: str) -> bool:
    """Ask for the removal of a record whose place is known; whether the answer says it is gone."""
    if entry.path is None:
        return False
    exchange = portal.ask("DELETE", entry.path, fmt)
    told = exchange
    if exchange.response is not None and exchange.response.status >= 500:
        told = portal.get(entry.path, fmt, fresh=True)  # it may fail over what is not there
    if told.response is not None and told.response.status in (404, 410):
        portal.journal.gone(entry.name)
    return succeeded(exchange)


def _look(portal: Portal, kind: Kind, entries: list[Entry], removed: set[str]) -> None:
    """Look for records by our names in the whole list, and note which are there and which gone."""
    listed = whole_list(portal, kind)
    if listed is None:
        answer = portal.served(kind.collection).response
        if answer is None or answer.status not in _CLOSED:
            return
        # A creation that told no id made nothing where not even the list is open.
        listed = {}
    for entry in entries:
        places = [key for key, view in listed.items() if bears(kind, view, entry.name)]
        if places and entry.path is None:
            portal.journal.made_at(entry.name, f"{kind.collection}/{encode(places[0])}")
        elif not places and (entry.path is None or entry.name in removed):
            portal.journal.gone(entry.name)


def whole_list(portal: Portal, kind: Kind) -> dict[str, views.View] | None:
    """Every record of a kind by id, page after page; None when the list cannot be read."""
    for fmt in FORMATS:
        exchange = portal.get(kind.collection, fmt, fresh=True)
        if succeeded(exchange) and views.value(exchange.response) is not None:
            break
    found: dict[str, views.View] = {}
    for _ in range(_PAGES):
        if found:
            query = f"startIndex={len(found)}"
            exchange = portal.get(kind.collection, fmt, query=query, fresh=True)
        if not succeeded(exchange):
            return found or None
        page = {views.text(view, "id"): view for view in views.records(exchange)}
        new = page.keys() - found.keys()
        found.update(page)
        if not new:
            break
    return found


def bears(kind: Kind, view: views.View, name: str) -> bool:
    """Whether a record carries our name: as a whole word, so that 'x-1' is not found in 'x-10'."""
    mark = views.text(view, kind.mark)
    after = mark[len(name) : len(name) + 1]
    return mark.startswith(name) and after in ("", " ", "@")
