"""Leaving the target as it was: every record that the journal names is removed, and that is
verified.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from workspace_conformance.contract.kinds import Kind, all_kinds, named
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Untested
from workspace_conformance.portal.foreign_records import SomebodyElses
from workspace_conformance.portal.journal import Entry
from workspace_conformance.portal.ownership import bears, whole_list
from workspace_conformance.portal.records import Portal
from workspace_conformance.portal.removal import disable, error_of
from workspace_conformance.transport.client import succeeded

_CLOSED = (403, 404, 405, 501)  # answers to a list that is not served, or not to this account
_AT_ONCE = 8  # removals under way at a time
_DEFERRED = 1.0  # seconds that a removal is given that goes on after its answer
# Formats in which a removal is tried, one after the other; the last is for what was found last.
_ROUNDS = ("json", "xml", "", "json")


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A record of ours that could not be removed; `why` in words, empty where that is not known."""

    kind: str
    name: str
    url: str
    why: str = ""


def clean_later(portal: Portal) -> list[LeftBehind]:
    """The same for what another run made. Its place may be somebody else's by now, and the journal
    may have been edited: only what bears the name that the journal says is removed, or the text that
    it says took the place of the name.
    """
    for entry in portal.journal.remaining():
        if entry.path is not None:
            portal.foreign.expect(
                named(entry.kind), entry.path, entry.name, later=True, called=entry.called
            )
    return clean(portal)


def clean(portal: Portal) -> list[LeftBehind]:
    """Remove what the journal says is, or may be, there; return what stayed.

    A record whose URL was never told (the creation was refused, or cut off) is looked for by its
    name, as are further ones that one creation made. That all are gone is seen in the lists, which
    costs less than asking for each.
    """
    why: dict[str, str] = {}
    with suppress(Untested):  # the transport is halted: the clean-up was given up
        for number, fmt in enumerate(_ROUNDS):
            entries = portal.journal.remaining()
            if number and any(named(entry.kind).deferred for entry in entries):
                time.sleep(_DEFERRED)
            # What a check removed is looked for first, and asked for only where it is seen.
            known = [one for one in entries if not number and portal.foreign.is_deleted(one.path)]
            removed = _remove_all(portal, [one for one in entries if one not in known], fmt, why)
            removed |= {one.name for one in known}
            for kind in all_kinds():
                _look(portal, kind, removed)
            if not portal.journal.remaining():
                break
    _forget_refused(portal)
    return [
        LeftBehind(
            entry.kind,
            entry.name,
            portal.url(entry.path or named(entry.kind).listing),
            why.get(entry.name, ""),
        )
        for entry in portal.journal.remaining()
    ]


def _forget_refused(portal: Portal) -> None:
    """What was refused with 4xx, and is nowhere to be seen, was never made."""
    for entry in portal.journal.remaining():
        if entry.path is None and entry.name in portal.refused:
            portal.journal.gone(entry.name)


def _remove_all(portal: Portal, entries: list[Entry], fmt: str, why: dict[str, str]) -> set[str]:
    """Ask for the removal of each; the names of those of which the answer says they are gone. `why`
    is told of the others, by name.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        done = pool.map(lambda entry: _remove(portal, entry, fmt, why), entries)
        return {entry.name for entry, gone in zip(entries, done, strict=True) if gone}


def _remove(portal: Portal, entry: Entry, fmt: str, why: dict[str, str]) -> bool:
    """Ask for the removal of a record whose place is known; whether the answer says it is gone.

    Whole numbers may be given again: what stands there now is looked at first.
    """
    if entry.path is None:
        return False
    if entry.path.rpartition("/")[2].isdigit() and _is_given_again(portal, entry):
        portal.journal.gone(entry.name)
        return True
    try:
        body = portal.removal(named(entry.kind), fmt)
        exchange = portal.ask("DELETE", entry.path, fmt, body=body)
        if entry.kind == "person" and _is_refused(exchange) and disable(portal, entry.path):
            exchange = portal.ask("DELETE", entry.path, fmt, body=body)
    except SomebodyElses:
        seen = portal.get(entry.path, fmt, fresh=True).response
        if portal.foreign.is_foreign(entry.path):
            portal.journal.misplaced(entry.name)
        elif seen is not None and seen.status in (404, 410):
            portal.journal.gone(entry.name)
        return False
    except Untested as untested:
        why.setdefault(entry.name, untested.words)
        return False  # what is in the way of one is not in that of the others
    if not succeeded(exchange):
        why.setdefault(entry.name, _said(exchange))
    told = exchange
    if exchange.response is not None and exchange.response.status >= 500:
        told = portal.get(entry.path, fmt, fresh=True)  # it may fail over what is not there
    if told.response is not None and told.response.status in (404, 410):
        portal.journal.gone(entry.name)
    return succeeded(exchange)


def _is_refused(exchange: Exchange) -> bool:
    """Whether a record is there and was not removed."""
    response = exchange.response
    return (
        response is not None and response.status >= 400 and response.status not in (401, 404, 410)
    )


def _said(exchange: Exchange) -> str:
    """What a removal that failed was answered."""
    asked = f"DELETE {exchange.request.url}"
    if exchange.response is None:
        return f"{asked}: {exchange.words}"
    error = error_of(exchange)
    return f"{asked} answered {exchange.response.status_line}" + (f": {error}" if error else "")


def _is_given_again(portal: Portal, entry: Entry) -> bool:
    """Whether the place of a record of ours is another record's now."""
    assert entry.path is not None
    kind = named(entry.kind)
    view = contents.record(portal.served(entry.path, fresh=True))
    # A further record that one creation made is noted under the same name, with its id behind it.
    return view is not None and portal.is_another(kind, view, entry.name.partition(" (")[0])


def _look(portal: Portal, kind: Kind, removed: set[str]) -> None:
    """Look for records by our names in the whole list: what is there is noted, with its place, and
    what was removed and is not there is gone.
    """
    journal = portal.journal
    entries = [entry for entry in journal.everything() if entry.kind == kind.name]
    if not entries:
        return
    # Of a kind that lives one life, all of which is seen to be gone, further ones that a creation
    # made would be on the first page.
    is_done = not kind.core and all(entry.gone for entry in entries)
    listed = whole_list(portal, kind, 1) if is_done else whole_list(portal, kind)
    if listed is None:
        answer = portal.served(kind.listing).response
        if answer is None or answer.status not in _CLOSED:
            return
        # A creation that told no id made nothing where not even the list is open.
        listed = {}
    known = {entry.path for entry in entries if not entry.gone}
    there = {kind.at(encode(key)): view for key, view in listed.items() if key}
    for entry in entries:
        places = [path for path, view in there.items() if bears(kind, view, entry.name)]
        for path in places:
            if path not in known:
                known.add(path)
                _note(portal, entry, path)
        unseen = not places if entry.path is None else entry.path not in there
        if unseen and not entry.gone and (entry.path is None or entry.name in removed):
            journal.gone(entry.name)
    _look_for_strays(portal, kind, {path: there[path] for path in there.keys() - known})


def _look_for_strays(portal: Portal, kind: Kind, there: Mapping[str, contents.View]) -> None:
    """Note what bears a name of this run, and no name that it noted before it made something."""
    names = {entry.name for entry in portal.journal.everything()}
    begin = portal.begin_of_names(kind)
    for path, view in there.items():
        mark = contents.text(view, kind.mark).lower()
        if begin and mark.startswith(f"{begin}-") and not any(bears(kind, view, n) for n in names):
            name = f"{begin}-stray ({path.rpartition('/')[2]})"
            portal.journal.intend(kind.name, name)
            portal.journal.made_at(name, path)


def _note(portal: Portal, entry: Entry, path: str) -> None:
    """Note where a record was found that bears an entry's name: it, or one more of that name."""
    if entry.path is None and not entry.gone:
        portal.journal.made_at(entry.name, path)
        return
    name = f"{entry.name} ({path.rpartition('/')[2]})"
    portal.journal.intend(entry.kind, name)
    portal.journal.made_at(name, path)
