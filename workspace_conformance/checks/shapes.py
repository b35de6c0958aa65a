"""Requests in another shape: other headers than checks usually send, and an odd query behind the path.

None of it changes what is asked for. What is due stays the suffix's business, or where there is none
that of the headers; and where an answer is wrong, `blamed` finds out what is to blame for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workspace_conformance.checks.expectations import expect_media, expect_success
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested, Violation

Cell = Mapping[str, str]

_OTHER = {"json": "xml", "xml": "json", "": "json"}  # what would be wrong
_MOST_WANTED = {
    "json": "application/json, text/html;q=0.9, */*;q=0.1",
    "xml": "text/xml, application/xml;q=0.9, */*;q=0.1",
}
_JSON = "application/json"


def headers(cell: Cell, media: str = "") -> list[tuple[str, str]]:
    """The headers of a cell's shape. `media`: the Content-Type of the body, where it has one.

    bare: none, and no Accept (see `Client.request`). contrary: Accept names another format than the
    suffix, as the one most wanted of several; JSON where there is no suffix. told: as the page tells
    clients to set them. typed: Content-Type with a charset, in other letter case.
    """
    if cell["shape"] == "contrary":
        return [("Accept", _MOST_WANTED[_OTHER[cell["form"]]])]
    if cell["shape"] == "told":
        return [("Content-Type", _JSON), ("Accept", _JSON)]
    if cell["shape"] == "typed":
        return [("Content-Type", f"{(media or _JSON).title()}; Charset=UTF-8")]
    return []


def query(cell: Cell) -> str:
    """The query of a cell: it names no parameter that a portal has, and is no suffix."""
    end = f".{_OTHER[cell['form']]}"
    return {
        "suffix": f"conformance=a{end}",
        "only suffix": end,
        "slash": f"conformance=/a/b{end}",
        "question mark": f"conformance=a?b{end}",
        "harmless": "conformance=1",
    }.get(cell["query"], "")


def due(cell: Cell, *, form_body: bool = False) -> str:
    """The format that is due: "json" or "xml". `form_body`: whether the body is a form."""
    if cell["form"]:
        return cell["form"]
    names_none = cell["shape"] == "bare" or (cell["shape"] == "typed" and form_body)
    return "xml" if names_none else "json"


def of_shape(cell: Cell, *, form_body: bool = False) -> str:
    """The requirement that says what is due, whatever the query."""
    form, shape = cell["form"], cell["shape"]
    names_none = shape == "bare" or (shape == "typed" and form_body)
    if form == "json":
        return "FMT-6" if shape == "contrary" else "FMT-1"
    if form == "xml":
        return "FMT-2" if names_none else "FMT-6"
    if names_none:
        return "FMT-3"
    return "FMT-12" if shape == "typed" else "FMT-8"


def of_query(cell: Cell, *, form_body: bool = False) -> str:
    """The requirement that says that a query changes nothing of that."""
    return "FMT-9" if cell["form"] else of_shape(cell, form_body=form_body)


def is_served(exchange: Exchange) -> bool:
    """Whether an answer is a success."""
    try:
        expect_success(exchange)
    except Violation:
        return False
    return True


def is_served_as(exchange: Exchange, wanted: str) -> bool:
    """Whether an answer is a success whose media is `wanted`."""
    if not is_served(exchange):
        return False
    try:
        expect_media(exchange, wanted)
    except Violation:
        return False
    return True


def blamed(
    cell: Cell,
    *judged: str,
    ask: Callable[[Cell], Exchange],
    is_right: Callable[[Exchange], bool],
) -> Exchange:
    """The exchange by which a cell is judged, whose "query", "shape" or both are `judged`.

    Where the answer is wrong, the same is asked without the query, which tells what is to blame: a
    shape is then judged by that. Untested where a query is judged, and the shape is to blame, or the
    portal takes no query that it does not know.
    """
    __tracebackhide__ = True
    asked = ask(cell)
    if is_right(asked) or not cell["query"]:
        return asked
    plain = ask({**cell, "query": ""})
    if not is_right(plain):
        if "shape" not in judged:
            raise Untested(Reason.SETUP_FAILED, "without its query it is not served so, either")
        return plain
    if "query" in judged and is_right(ask({**cell, "query": "harmless"})):
        return asked
    if "shape" not in judged:
        raise Untested(Reason.SETUP_FAILED, "with any other query it is not served so, either")
    return plain


__all__ = [
    "Cell",
    "blamed",
    "due",
    "headers",
    "is_served",
    "is_served_as",
    "of_query",
    "of_shape",
    "query",
]
