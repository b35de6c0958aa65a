"""Reading an answer for what it says, whatever form it came in.

Checks use this to find ids and fields that they build on; it is lenient on purpose, so that a fault
in the form of an answer is found by the check of that form and does not spoil the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lxml import etree

from workspace_conformance.exchange import cases
from workspace_conformance.exchange.media import (
    Element,
    MediaType,
    Refused,
    Unreadable,
    read,
    read_json,
    read_xml,
)
from workspace_conformance.exchange.messages import Exchange, Response
from workspace_conformance.exchange.parsed import Parsed

View = dict[str, Any]  # a record: members to texts, to records, or to lists of them


def media_type(response: Response) -> MediaType | None:
    """The declared media type of an answer, or None."""
    return MediaType.parse(response.header("content-type"))


def value(response: Response | None) -> Any:
    """The JSON value or XML root element in a body: as declared, else whatever can be read; None if
    nothing.
    """
    if response is None or not response.body:
        return None
    if response.trouble:
        if response.refused:
            _note_unread(response.trouble)
        return None
    declared = media_type(response)
    for reader in (lambda body, _: read(body, declared), read_json, read_xml):
        try:
            return reader(response.body, None)
        except Refused as error:
            _note_unread(str(error))
            return None
        except Unreadable:
            continue
    return None


def _note_unread(words: str) -> None:
    """What is missing from a body that a bound of ours kept from view is nobody's fault."""
    case = cases.current()
    if case is not None:
        case.unread.append(words)


def records(exchange: Exchange, within: str = "") -> list[View]:
    """The records in an answer: those of a list, or the single one; empty when there are none to
    see. `within`: those that stand in that member of the one record that is answered.
    """
    found = list(_views(exchange))
    if not within:
        return found
    held = found[0].get(within) if found else None
    return [each for each in (held if isinstance(held, list) else [held]) if isinstance(each, dict)]


def _views(exchange: Exchange) -> Sequence[View]:
    """The records in an answer, made once of a body that many look at."""
    response = exchange.response
    if response is None or not response.body or response.trouble:
        return tuple(_records(value(response)))
    found = value(response)
    how = "records", response.header("content-type")
    return _VIEWS(response.body, how, lambda: tuple(_records(found))) if found is not None else ()


_VIEWS = Parsed()


def record(exchange: Exchange) -> View | None:
    """The single record in an answer, or the first of a list; None when there is none."""
    return next(iter(_views(exchange)), None)


def text(view: Mapping[str, Any] | None, name: str) -> str:
    """A member as text; empty when it is missing, null or not a scalar."""
    found = (view or {}).get(name)
    return found if isinstance(found, str) else ""


def _records(found: Any) -> Iterator[View]:
    if found is None:
        return
    if etree.iselement(found):
        yield from (_element_view(child) for child in found.findall("response") if len(child))
        return
    if isinstance(found, dict) and ("response" in found or "statusCode" in found):
        found = found.get("response")
    for item in found if isinstance(found, list) else [found]:
        if isinstance(item, dict):
            yield {name: _plain(member) for name, member in item.items()}


def _plain(member: Any) -> Any:
    if isinstance(member, dict):
        return {name: _plain(inner) for name, inner in member.items()}
    if isinstance(member, list):
        return [_plain(inner) for inner in member]
    if isinstance(member, bool):
        return "true" if member else "false"
    return "" if member is None else str(member)


def _element_view(element: Element) -> View:
    view: View = {}
    for child in element:
        if not isinstance(child.tag, str):
            continue
        item = _element_view(child) if len(child) else (child.text or "")
        if child.tag in view:
            held = view[child.tag]
            view[child.tag] = [*held, item] if isinstance(held, list) else [held, item]
        else:
            view[child.tag] = item
    return view
