"""Nothing is changed at a place that a creation told until a record of ours was seen there.

A portal may answer a creation with the id of somebody else's record: the greatest that there is, a
user name, an id in other letters. An experiment that reads its record first shows it; where nothing
has, one question more goes before the change or removal. (What other cases happen to read does not
count: what is asked would depend on who comes first.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from urllib.parse import unquote

from workspace_conformance.contract.kinds import Kind, all_kinds
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.ownership import (
    ODD_TEXTS,
    bears,
    can_be_ours,
    is_somebody_elses,
    plain,
)
from workspace_conformance.portal.served import Served

_SAFE = ("GET", "HEAD", "OPTIONS")


class SomebodyElses(Untested):
    """What stands at a place is not ours, and is left alone."""


@dataclass(frozen=True, slots=True)
class _Awaited:
    """A record that should be somewhere. later: another run made it, and what is there now must be
    seen to bear its name, or the text that it may be `called` since.
    """

    kind: Kind
    path: str
    name: str
    later: bool
    called: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record of ours is: what the creation told of it, and what was `found` there, where
    that was looked at.
    """

    id: str
    path: str
    view: contents.View
    found: Exchange | None


class ForeignRecords:
    """The places that creations told, and whether they were seen to be ours."""

    def __init__(self) -> None:
        self._awaited: dict[str, _Awaited] = {}
        self.places: dict[str, str] = {}  # of records of others that were seen: their paths
        self._deleted: set[str] = set()
        self._kept: set[str] = set()

    def told(
        self, portal: Served, kind: Kind, name: str, creation: Exchange, *, look: bool
    ) -> Place | None:
        """Where a creation says that the record called `name` is; None where it says nothing that
        can be ours. With `look` what is served there is asked for.
        """
        view = contents.record(creation)
        identity = contents.text(view, kind.id)
        if not creation.succeeded or view is None or not identity:
            return None
        if not can_be_ours(portal, kind, identity):
            return None
        path = kind.at(encode(identity))
        self.expect(kind, path, name)
        found = portal.served(path, fresh=True) if look else None
        if found is not None:
            self._found(portal, path, found)
        return None if self.is_foreign(path) else Place(identity, path, view, found)

    def expect(
        self, kind: Kind, path: str, name: str, *, later: bool = False, called: str = ""
    ) -> None:
        """A record called `name` should be at `path`; or `called` so by an update of ours, where its
        id is given once.
        """
        if path.rpartition("/")[2].isdigit() or called not in ODD_TEXTS.values():
            called = ""
        self._awaited[_place(path)] = _Awaited(kind, path, name.partition(" (")[0], later, called)
        self._deleted.discard(_place(path))  # an id may be given again
        if not later:
            self._kept.add(_place(path))

    def is_foreign(self, path: str) -> bool:
        """Whether somebody else's record was seen there."""
        return _place(path) in self.places

    def is_kept(self, path: str) -> bool:
        """Whether this process made the record there, and nobody was asked to remove it."""
        return _place(path) in self._kept and not self.is_foreign(path)

    def removing(self, path: str) -> None:
        """A removal is sent, whatever comes of it, and whoever sends it."""
        self._kept.discard(_place(path))

    def is_deleted(self, path: str | None) -> bool:
        """Whether the removal of the record there was answered with a success."""
        return path is not None and _place(path) in self._deleted

    def removed(self, path: str) -> None:
        """A removal was answered with a success."""
        if unquote(_bare(path)) == _place(path):  # of the record itself, and nothing below it
            self._deleted.add(_place(path))

    def _found(self, portal: Served, path: str, served: Exchange) -> None:
        """What is served at a place: see whether it is the record that should be there."""
        one = self._awaited.get(_place(path))
        if one is not None and served.succeeded:
            self._judge(portal, one, served)
            self._awaited.pop(_place(path), None)

    def listed(self, kind: Kind, exchange: Exchange) -> None:
        """A list: records that bear their names in it are where they should be."""
        for view in contents.records(exchange, kind.list_in):
            place = kind.at(contents.text(view, kind.id))
            one = self._awaited.get(place)
            if one is not None and bears(kind, view, one.name):
                self._awaited.pop(place, None)

    def check(self, portal: Served, method: str, path: str) -> None:
        """Raises SomebodyElses where a request would change what is not ours."""
        if method in _SAFE:
            return
        place = _place(path)
        one = self._awaited.get(place)
        if one is not None and one.later:
            served = portal.served(one.path, fresh=True)
            self._found(portal, path, served)
            if not served.succeeded:
                raise SomebodyElses(Reason.SETUP_FAILED, f"what is at {one.path} cannot be seen")
        elif one is not None:
            # Once: several cases may be about to change the same record, and all rest on it.
            # What kept it from being seen (an interruption) may be over when it is removed.
            why = portal.known(("watched", place), partial(self._look, portal, one))
            why = why and self._look(portal, one)
            if why is not None:
                raise why
        if place in self.places:
            raise SomebodyElses(
                Reason.SETUP_FAILED,
                f"a creation was answered with {self.places[place]}, which is somebody else's: "
                "it is left alone",
            )

    def _look(self, portal: Served, one: _Awaited) -> Untested | None:
        """Ask for what is at a place; why that could not be done, if so."""
        try:
            served = portal.served(one.path, fresh=True)
        except Untested as why:
            return why
        if served.succeeded:
            self._judge(portal, one, served)
        return None

    def _judge(self, portal: Served, one: _Awaited, found: Exchange) -> None:
        place = _place(one.path)
        view = contents.record(found)
        if one.later:
            mark = contents.text(view, one.kind.mark)
            renamed = bool(one.called) and plain(mark) == plain(one.called)
            foreign = not renamed and not bears(one.kind, view or {}, one.name)
        else:
            foreign = is_somebody_elses(portal, one.kind, found, one.name)
        if foreign:
            self.places[place] = one.path


def _place(path: str) -> str:
    """A path under api/2.0 without suffix and encoding: of a record, whatever is asked below it, and
    at whichever path it is changed.
    """
    for begin, kind in _beginnings():
        if path.startswith(begin):
            first = path.removeprefix(begin).partition("/")[0]
            return kind.at(unquote(_bare(first)))
    return _bare(path)


@cache
def _beginnings() -> tuple[tuple[str, Kind], ...]:
    """What paths of records begin with, and of which kind they are; the longest first."""
    templates = [
        (path.removesuffix("{id}"), kind)
        for kind in all_kinds()
        for path in {kind.item, kind.change or kind.item}
    ]
    return tuple(sorted(templates, key=lambda one: len(one[0]), reverse=True))


def _bare(path: str) -> str:
    return path.removesuffix(".json").removesuffix(".xml")
