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
        name="xml-drops-title",
        requirement="FMT-4",
        summary="XML leaves out titles",
        apply=_members(lambda m: {k: v for k, v in m.items() if k != "title"}, XML),
    ),
    Fault(
        name="json-drops-display-name",
        requirement="FMT-4",
        summary="JSON leaves out display names",
        apply=_members(lambda m: {k: v for k, v in m.items() if k != "displayName"}, JSON),
    ),
    Fault(
        name="xml-ascii-only",
        requirement="FMT-4",
        summary="XML has ? for letters beyond ASCII",
        apply=_texts(lambda _, text: text.encode("ascii", "replace").decode("ascii"), XML),
    ),
    Fault(
        name="xml-no-astral",
        requirement="FMT-4",
        summary="XML loses emoji",
        apply=_texts(_no_astral, XML),
    ),
    Fault(
        name="xml-escaped-twice",
        requirement="FMT-4",
        summary="XML escapes & twice",
        apply=_texts(lambda _, text: text.replace("&", "&amp;"), XML),
    ),
    Fault(
        name="xml-cuts-texts",
        requirement="FMT-4",
        summary="XML cuts titles and names to 8 characters",
        apply=_texts(
            lambda name, text: text[:8] if name in ("title", "name", "displayName") else text, XML
        ),
    ),
    Fault(
        name="xml-last-item-missing",
        requirement="FMT-4",
        summary="XML lists lack the last item",
        apply=_lists(lambda v: v[:-1], XML),
    ),
    Fault(
        name="xml-first-item-only",
        requirement="FMT-4",
        summary="XML lists hold one item",
        apply=_lists(lambda v: v[:1], XML),
    ),
    Fault(
        name="xml-list-reversed",
        requirement="FMT-4",
        summary="XML lists run backwards",
        apply=_lists(lambda v: v[::-1], XML),
    ),
    Fault(
        name="xml-flags-flipped",
        requirement="FMT-4",
        summary="XML has false for true",
        apply=_members(_flip, XML),
    ),
    Fault(
        name="xml-numbers-off",
        requirement="FMT-4",
        summary="XML has numbers one higher",
        apply=_members(_count_up, XML),
    ),
    Fault(
        name="xml-empty-list-filled",
        requirement="FMT-4",
        summary="XML shows an empty list as an empty element",
        apply=_members(_empty_lists, XML),
    ),
    Fault(
        name="xml-null-as-word",
        requirement="FMT-4",
        summary="XML shows null as the word",
        apply=_members(lambda m: {k: "null" if v is None else v for k, v in m.items()}, XML),
    ),
)
