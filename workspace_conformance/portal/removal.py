"""Whether records of a kind can be removed: found out with one, before a second is made.

A person may have to be disabled first. Where nothing removes the first record, no further one is
made: each would stay on the portal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote

from workspace_conformance.contract.kind import Kind
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Untested
from workspace_conformance.exchange.texts import printable
from workspace_conformance.transport.client import FORMATS, Body, as_json, succeeded, unusable

_DISABLED = ("status", "update")  # the documented ways to disable a person, in the order of trying


class Asks(Protocol):
    """Whoever asks a portal as the account."""

    def ask(self, method: str, path: str, fmt: str = "", **more: Any) -> Exchange:
        """Ask one question."""

    def get(self, path: str, fmt: str = "", *, fresh: bool = False) -> Exchange:
        """GET a path."""

    def removal(self, kind: Kind, fmt: str) -> Body | None:
        """The body of a DELETE in a format."""


@dataclass(frozen=True, slots=True)
class Try:
    """A DELETE of a record of ours, and what GET answers after it."""

    asked: Exchange
    after: Exchange
    identity: str  # of the record

    @property
    def gone(self) -> bool:
        """Whether the record is there no more: nothing is, or another in its place."""
        response = self.after.response
        if response is None or self.after.trouble is not None:
            return False
        if succeeded(self.asked) and succeeded(self.after):
            shown = contents.text(contents.record(self.after), "id")
            return bool(shown) and shown != self.identity
        return 400 <= response.status < 500


@dataclass(slots=True)
class Removal:
    """What came of removing the first record of a kind, at `path`.

    tries: the removals by format, as they were tried. disabling: how a person is disabled before, if
    that is what works.
    """

    kind: Kind
    path: str
    tries: dict[str, Try] = field(default_factory=dict)
    works: bool = False
    disabling: str = ""

    def why_not(self) -> Untested:
        """Why no further record of this kind is made."""
        first = next(iter(self.tries.values()))
        words = f"{self.kind.plural} cannot be deleted here, and no further one is made"
        if succeeded(first.asked):
            status = first.asked.response.status_line if first.asked.response else ""
            why = unusable(first.after, words)
            where = first.asked.request.url
            return Untested(
                why.reason, f"{words}: DELETE {where} answered {status}, and it is still there"
            )
        why = unusable(first.asked, words)
        said = error_of(first.asked)
        return Untested(why.reason, f"{why.words}: {said}" if said else why.words)


def find_out(portal: Asks, kind: Kind, path: str) -> Removal:
    """Try to remove the record of ours at `path`, in every documented way until one works."""
    found = Removal(kind, path)
    for fmt in FORMATS:
        found.tries[fmt] = _try(portal, kind, path, fmt)
        if found.tries[fmt].gone:
            found.works = True
            return found
    if kind.name == "person":
        for way in _DISABLED:
            if disable(portal, path, way) and _try(portal, kind, path, "json").gone:
                found.works, found.disabling = True, way
                return found
    return found


def disable(portal: Asks, path: str, way: str = "") -> bool:
    """Disable a person of ours, in one of the documented ways or in any; whether that succeeded."""
    identity = unquote(path.rpartition("/")[2])
    if way in ("", "status"):
        body = as_json({"userIds": [identity]})
        if succeeded(portal.ask("PUT", "people/status/Terminated", "json", body=body)):
            return True
    if way in ("", "update"):
        return succeeded(portal.ask("PUT", path, "json", body=as_json({"disable": True})))
    return False


def error_of(exchange: Exchange) -> str:
    """What an error says of itself, in a few words; empty where it says nothing."""
    value = contents.value(exchange.response)
    error = value.get("error") if isinstance(value, dict) else None
    text = error.get("message") if isinstance(error, dict) else error
    if text is None and value is not None and not isinstance(value, dict | list | str):
        text = value.findtext(".//message")
    return printable(str(text), 120) if text else ""


def _try(portal: Asks, kind: Kind, path: str, fmt: str) -> Try:
    asked = portal.ask("DELETE", path, fmt, body=portal.removal(kind, fmt))
    identity = unquote(path.rpartition("/")[2])
    return Try(asked, portal.get(path, "json", fresh=True), identity)
