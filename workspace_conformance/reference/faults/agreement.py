"""Faults of what the two forms say: one differs from the other."""

from collections.abc import Callable

from ..values import Call, Form, Json, Outcome
from .model import Fault
from .wrapping import Apply, Members, map_texts, on_envelope, on_response

JSON, XML = Form.JSON, Form.XML


def _texts(change: Callable[[str, str], str], *forms: Form) -> Apply:
    return on_response(lambda value: map_texts(value, change), *forms)


def _members(change: Callable[[dict[str, Json]], dict[str, Json]], *forms: Form) -> Apply:
    """Change the members of every record, on its own or in a list."""

    def changed(value: Json) -> Json:
        if isinstance(value, list):
            return [changed(item) for item in value]
        return change(value) if isinstance(value, dict) else value

    return on_response(changed, *forms)


def _lists(change: Callable[[list[Json]], list[Json]], *forms: Form) -> Apply:
    """Change lists, and their counts with them."""

    def changed(call: Call, outcome: Outcome, members: Members) -> Json:
        value = members.get("response")
        if not isinstance(value, list):
            return members
        items = change(value)
        counted = {"count": len(items)} if "count" in members else {}
        return {**members, **counted, "response": items}

    return on_envelope(changed, *forms)


def _flip(members: dict[str, Json]) -> dict[str, Json]:
    return {k: (not v) if isinstance(v, bool) else v for k, v in members.items()}


def _count_up(members: dict[str, Json]) -> dict[str, Json]:
    return {
        k: v + 1 if isinstance(v, int) and not isinstance(v, bool) else v
        for k, v in members.items()
    }


def _empty_lists(members: dict[str, Json]) -> dict[str, Json]:
    """An empty list becomes an element of its own, which reads as a list of one empty text."""
    return {k: "" if v == [] else v for k, v in members.items()}


def _no_astral(name: str, text: str) -> str:
    return "".join(char for char in text if ord(char) < 0x10000)


FAULTS = (
    Fault(
        "xml-drops-title",
        "FMT-4",
        "XML leaves out titles",
        _members(lambda m: {k: v for k, v in m.items() if k != "title"}, XML),
    ),
    Fault(
        "json-drops-display-name",
        "FMT-4",
        "JSON leaves out display names",
        _members(lambda m: {k: v for k, v in m.items() if k != "displayName"}, JSON),
    ),
    Fault(
        "xml-ascii-only",
        "FMT-4",
        "XML has ? for letters beyond ASCII",
        _texts(lambda _, text: text.encode("ascii", "replace").decode("ascii"), XML),
    ),
    Fault("xml-no-astral", "FMT-4", "XML loses emoji", _texts(_no_astral, XML)),
    Fault(
        "xml-escaped-twice",
        "FMT-4",
        "XML escapes & twice",
        _texts(lambda _, text: text.replace("&", "&amp;"), XML),
    ),
    Fault(
        "xml-cuts-texts",
        "FMT-4",
        "XML cuts titles and names to 8 characters",
        _texts(
            lambda name, text: text[:8] if name in ("title", "name", "displayName") else text, XML
        ),
    ),
    Fault(
        "xml-last-item-missing",
        "FMT-4",
        "XML lists lack the last item",
        _lists(lambda v: v[:-1], XML),
    ),
    Fault("xml-first-item-only", "FMT-4", "XML lists hold one item", _lists(lambda v: v[:1], XML)),
    Fault("xml-list-reversed", "FMT-4", "XML lists run backwards", _lists(lambda v: v[::-1], XML)),
    Fault("xml-flags-flipped", "FMT-4", "XML has false for true", _members(_flip, XML)),
    Fault("xml-numbers-off", "FMT-4", "XML has numbers one higher", _members(_count_up, XML)),
    Fault(
        "xml-empty-list-filled",
        "FMT-4",
        "XML shows an empty list as an empty element",
        _members(_empty_lists, XML),
    ),
    Fault(
        "xml-null-as-word",
        "FMT-4",
        "XML shows null as the word",
        _members(lambda m: {k: "null" if v is None else v for k, v in m.items()}, XML),
    ),
)
