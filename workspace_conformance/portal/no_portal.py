"""What seems to be there in place of a portal, where the first words with a target brought no data."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.texts import printable

_LONGEST = 200  # characters of a foreign URL that are shown


def wants_tls(exchange: Exchange) -> bool:
    """Whether plain HTTP was spoken to a port that seems to want TLS."""
    if urlsplit(exchange.request.url).scheme != "http":
        return False
    response = exchange.response
    if response is None:
        return exchange.trouble == "protocol"
    return response.status == 400 and b"https" in response.body.lower()


def explain(root: str, asked: Sequence[Exchange]) -> str:
    """One sentence on what answers at a target, and the next step, from answers none of which holds
    data. The last of `asked` stands for all.
    """
    last = asked[-1]
    assert last.response is not None
    response = last.response
    what = f"{last.request.method} {last.request.url} answered {response.status_line}"
    secure = f"https://{urlsplit(root).netloc}{urlsplit(root).path}"
    if wants_tls(last):
        return f"the port wants TLS ({what}); give {secure}"
    location = response.header("location")
    if 300 <= response.status < 400 and location:
        return f"{what} and leads to {_place(last, location)}; {_after_redirect(last, location)}"
    media = response.header("content-type")
    body = f"with {printable(media[:_LONGEST])}" if media else "with no Content-Type"
    if not response.body:
        body = "with an empty body"
    if all(_is_page(each) for each in asked):
        statuses = {each.response.status for each in asked if each.response is not None}
        if statuses == {200}:
            return (
                f"this answers HTML to every path ({what} {body}): no Workspace portal is to be seen; "
                "give the portal's root, and see whether its API is switched on there"
            )
    return (
        f"no form of what was asked for holds data: {what} {body}; see whether this is the portal's "
        "root, and whether the portal is up"
    )


def _is_page(exchange: Exchange) -> bool:
    response = exchange.response
    return response is not None and "html" in (response.header("content-type") or "").lower()


def _place(exchange: Exchange, location: str) -> str:
    return printable(_absolute(exchange, location)[:_LONGEST])


def _absolute(exchange: Exchange, location: str) -> str:
    try:
        there = urljoin(exchange.request.url, location)
        urlsplit(there)
    except ValueError:
        return location
    return there


def _after_redirect(exchange: Exchange, location: str) -> str:
    """The next step where every answer leads elsewhere, which no request follows."""
    there = _absolute(exchange, location)
    here = urlsplit(exchange.request.url)
    try:
        new = urlsplit(there)
    except ValueError:
        return "see what the portal wants before it can be used"
    if new.scheme == "https" and here.scheme == "http" and new.hostname == here.hostname:
        path = new.path.partition("/api/2.0/")[0] if "/api/2.0/" in new.path else ""
        return f"give https://{printable(new.netloc[:_LONGEST])}{printable(path[:_LONGEST])}"
    if new.netloc != here.netloc and "/api/2.0/" in new.path:
        path = new.path.partition("/api/2.0/")[0]
        return f"give {printable(f'{new.scheme}://{new.netloc}{path}'[:_LONGEST])}"
    return (
        "this is a login page or a set-up that comes before the portal: finish it there, or give "
        "WORKSPACE_TOKEN of an account"
    )
