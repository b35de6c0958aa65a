"""Lists in pages: count and startIndex in the query."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import parse_qs

from .values import Call, Json, Mistake, Outcome

R = TypeVar("R")

PAGE = 1000
"""The most records that one answer lists."""


def _index(query: dict[str, list[str]], name: str, default: int) -> int:
    text = query.get(name, [str(default)])[0]
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise Mistake(400, f"{name} must be a whole number that is not negative")
    return int(text)


def paged(call: Call, records: Sequence[R], show: Callable[[R], Json]) -> Outcome:
    """The page of the list that count and startIndex in the query ask for, each record shown.

    nextIndex and total are there only where the list goes on after the page.
    """
    if not call.asked.query:
        return Outcome(200, value=[show(record) for record in records])
    query = parse_qs(call.asked.query, keep_blank_values=True, errors="replace")
    count = min(_index(query, "count", PAGE), PAGE)
    start = _index(query, "startIndex", 0)
    page = [show(record) for record in records[start : start + count]]
    if start + count >= len(records):
        return Outcome(200, value=page, start=start)
    # Real portals point one further than the record after the page; what nextIndex means is
    # documented nowhere.
    return Outcome(200, value=page, start=start, next=start + count + 1, total=len(records))


def shown(item: Json) -> Json:
    """An item that is shown already."""
    return item
