"""Lists in pages: count and startIndex in the query."""

from urllib.parse import parse_qs

from .values import Call, Json, Mistake, Outcome

PAGE = 1000
"""The most records that one answer lists."""


def _index(query: dict[str, list[str]], name: str, default: int) -> int:
    text = query.get(name, [str(default)])[0]
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise Mistake(400, f"{name} must be a whole number that is not negative")
    return int(text)


def paged(call: Call, items: list[Json]) -> Outcome:
    """The page of the list that count and startIndex in the query ask for.

    nextIndex and total are there only where the list goes on after the page.
    """
    if not call.asked.query:
        return Outcome(200, value=items)
    query = parse_qs(call.asked.query, keep_blank_values=True, errors="replace")
    count = min(_index(query, "count", PAGE), PAGE)
    start = _index(query, "startIndex", 0)
    page = items[start : start + count]
    if start + count >= len(items):
        return Outcome(200, value=page, start=start)
    # Real portals point one further than the record after the page; what nextIndex means is
    # documented nowhere.
    return Outcome(200, value=page, start=start, next=start + count + 1, total=len(items))
