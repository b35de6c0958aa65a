"""What checks say about exchanges: the assertions of this field, with messages a person can act on.

`expect_*` judge: they raise Violation, with the exchange that shows it. `given_*` state what a
check builds on: they raise Untested, for what is not there is some other check's finding. Where no
answer came at all, both raise Untested.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from typing import NoReturn

from workspace_conformance.exchange import cases, contents
from workspace_conformance.exchange.media import (
    Envelope,
    MediaType,
    Refused,
    Unreadable,
    envelope,
    legible,
    read,
)
from workspace_conformance.exchange.messages import Exchange, Response, phrase
from workspace_conformance.exchange.outcomes import Reason, Untested, Violation
from workspace_conformance.exchange.texts import printable
from workspace_conformance.transport.client import NOT_NOW, succeeded, unusable

NO_CONTENT = (204, 205)
_MARKS = (
    codecs.BOM_UTF8,
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF16_BE,
)  # RFC 8259, 8.1: not before JSON
WORDS = {"json": "JSON", "xml": "XML"}


def answer(exchange: Exchange) -> Response:
    """The response; Untested where none came or the target only throttles."""
    __tracebackhide__ = True
    if exchange.trouble is not None or exchange.response is None:
        raise unusable(exchange, "no answer to judge")
    return exchange.response


def violation(exchange: Exchange, sentence: str, *, by_head: bool = False) -> NoReturn:
    """Raise Violation with the exchange that shows it; `by_head` where its status or headers do."""
    __tracebackhide__ = True
    error = Violation(sentence)
    error.exchange = exchange
    error.by_head = by_head
    raise error


def given_success(exchange: Exchange, what: str = "what this check builds on") -> Response:
    """The response when it is a success; Untested otherwise (setup-failed, not-permitted, not-
    served...).
    """
    __tracebackhide__ = True
    if not succeeded(exchange):
        raise unusable(exchange, f"{what} did not succeed")
    return answer(exchange)


def given_failure(exchange: Exchange) -> Response:
    """The response when it is no success; Untested otherwise: that it succeeded is some other
    check's finding.
    """
    __tracebackhide__ = True
    response = answer(exchange)
    if response.succeeded:
        raise Untested(Reason.SETUP_FAILED, "there is no failure to judge: the request succeeded")
    return response


def given_refusal(exchange: Exchange) -> Response:
    """The response when it is 4xx; Untested otherwise."""
    __tracebackhide__ = True
    response = answer(exchange)
    if not 400 <= response.status < 500:
        raise Untested(
            Reason.SETUP_FAILED, f"there is no refusal to judge, but {response.status_line}"
        )
    return response


def expect_success(exchange: Exchange) -> Response:
    """The answer is 2xx. A 402, 403, 423 or 507 leaves the case untested: the account may not, or
    the portal cannot just now.
    """
    __tracebackhide__ = True
    response = answer(exchange)
    if response.status in NOT_NOW:
        raise unusable(exchange, "the account may not do this")
    if not response.succeeded:
        violation(exchange, f"answered {response.status_line}; expected a success", by_head=True)
    return response


def expect_status(exchange: Exchange, *wanted: int) -> Response:
    """The status is one of `wanted`."""
    __tracebackhide__ = True
    response = answer(exchange)
    if response.status not in wanted:
        names = " or ".join(f"{status} {phrase(status)}".strip() for status in wanted)
        violation(exchange, f"answered {response.status_line}; expected {names}", by_head=True)
    return response


def expect_no_success(exchange: Exchange) -> Response:
    """The answer is not 2xx."""
    __tracebackhide__ = True
    response = answer(exchange)
    if response.succeeded:
        violation(
            exchange,
            f"answered {response.status_line}; expected anything but a success",
            by_head=True,
        )
    return response


def expect_refusal(exchange: Exchange) -> Response:
    """The answer is 4xx."""
    __tracebackhide__ = True
    response = answer(exchange)
    if not 400 <= response.status < 500:
        violation(
            exchange, f"answered {response.status_line}; expected a refusal (4xx)", by_head=True
        )
    return response


def expect_no_server_error(exchange: Exchange) -> Response:
    """The answer is not 5xx."""
    __tracebackhide__ = True
    response = answer(exchange)
    if response.status >= 500:
        violation(
            exchange,
            f"answered {response.status_line}; a client's mistake is answered 4xx, not 5xx",
            by_head=True,
        )
    return response


def declared(exchange: Exchange) -> MediaType | None:
    """The media type that the answer declares."""
    __tracebackhide__ = True
    return contents.media_type(answer(exchange))


def expect_media(exchange: Exchange, wanted: str) -> None:
    """A success whose media is `wanted` ("json" or "xml"): declared so, and it parses in the
    declared charset.
    """
    __tracebackhide__ = True
    response = given_success(exchange, "the request")
    if response.status in NO_CONTENT:
        raise Untested(Reason.SETUP_FAILED, f"the answer says that it is empty: {response.status}")
    found = declared(exchange)
    if found is None or not (found.is_json if wanted == "json" else found.is_xml):
        shown = printable(response.header("content-type") or "nothing")
        violation(exchange, f"declares {shown}; expected {WORDS[wanted]}", by_head=True)
    if wanted == "json" and response.body.startswith(_MARKS):
        violation(exchange, "the JSON begins with a byte order mark")
    expect_readable(exchange)


def given_media(exchange: Exchange, wanted: str) -> None:
    """Untested unless the answer is a success whose media is `wanted`: that a plain request does
    not get it is the finding of the check of plain requests.
    """
    __tracebackhide__ = True
    try:
        expect_media(exchange, wanted)
    except Violation as found:
        raise Untested(Reason.SETUP_FAILED, f"a plain request does not get it: {found}") from None


def given_readable(exchange: Exchange) -> None:
    """Untested unless the answer is a success that is well-formed in the media it declares."""
    __tracebackhide__ = True
    given_success(exchange)
    try:
        expect_readable(exchange)
    except Violation as found:
        raise Untested(Reason.SETUP_FAILED, f"a plain answer cannot be read: {found}") from None


def expect_readable(exchange: Exchange) -> None:
    """The body is well-formed in the media that it declares; bodies that declare neither form are
    let be.
    """
    __tracebackhide__ = True
    response = answer(exchange)
    found = declared(exchange)
    if response.refused:
        words = f"the body was not read, for safety: {response.trouble}"
        raise Untested(Reason.SETUP_FAILED, words)
    if response.trouble:
        violation(exchange, f"the body cannot be read: {response.trouble}")
    if found is None or not (found.is_json or found.is_xml):
        return
    if not response.body and not response.succeeded:
        return  # an error without information
    try:
        read(response.body, found)
    except Refused as error:
        raise Untested(Reason.SETUP_FAILED, f"the body was not read, for safety: {error}") from None
    except Unreadable as error:
        violation(exchange, f"declares {printable(str(found))} and is not well-formed: {error}")


def given_no_bound(exchange: Exchange) -> None:
    """Untested where a bound of ours kept the body from being read: what it does not show then, it
    may hold all the same.
    """
    __tracebackhide__ = True
    response = answer(exchange)
    words = response.trouble if response.refused else None
    try:
        read(response.body, declared(exchange))
    except Refused as error:
        words = str(error)
    except Unreadable:
        pass
    if words:
        raise Untested(Reason.SETUP_FAILED, f"the body was not read, for safety: {words}")


_MEDIA_OF_FORM = {"json": "FMT-1", "xml": "FMT-2", "": "FMT-3"}


def wrong_media(exchange: Exchange, wanted: str) -> str | None:
    """Which requirement is broken where a success is not in the media ("json" or "xml") that its form
    calls for, in words; None where it is, or where what was asked for names no form clearly.
    """
    response = exchange.response
    if response is None or not response.succeeded or response.status in NO_CONTENT:
        return None
    found = contents.media_type(response)
    if found is not None and (found.is_json if wanted == "json" else found.is_xml):
        return None
    shown = "JSON" if found and found.is_json else "XML" if found and found.is_xml else None
    name = _MEDIA_OF_FORM[cases.format_of(exchange.request.url)]
    return f"{name}: {shown or printable(str(found))} where {WORDS[wanted]} was due"


def given_envelope(exchange: Exchange) -> Envelope:
    """The envelope of an answer as it declares its media; Untested where there is none to read."""
    __tracebackhide__ = True
    response = answer(exchange)
    found = declared(exchange)
    try:
        return envelope(read(response.body, found))
    except Unreadable as error:
        raise Untested(Reason.SETUP_FAILED, f"the body has no envelope to judge: {error}") from None


def expect_same(
    left: contents.View | None, right: contents.View | None, members: Iterable[str], what: Exchange
) -> None:
    """Two views of a record agree in `members` (those that both show); Violation names the first
    that does not.
    """
    __tracebackhide__ = True
    for name in difference(left, right, members):
        violation(what, f"{name} was {_shown(left, name)} and is now {_shown(right, name)}")


def difference(
    left: contents.View | None, right: contents.View | None, members: Iterable[str]
) -> list[str]:
    """The members, of those that both views show, whose values differ."""
    if left is None or right is None:
        return []
    both = [name for name in sorted(members) if name in left and name in right]
    return [name for name in both if left[name] != right[name]]


def says_more_than_status(response: Response) -> bool:
    """Whether an error's body carries information beyond its status line (mark-up and spacing
    aside).
    """
    text = _without_markup(_decoded(response))
    words = set(re.findall(r"[^\W_]+", text.lower()))
    known = set(
        re.findall(
            r"[^\W_]+", f"{response.status} {response.reason} {phrase(response.status)}".lower()
        )
    )
    return bool(words - known - {"error", "http", "status"})


def _decoded(response: Response) -> str:
    found = contents.media_type(response)
    return legible(response.body, found.charset if found else None)


_UNSEEN = re.compile(r"<(script|style|title|head)\b", re.IGNORECASE)


def _without_markup(text: str) -> str:
    """What a reader sees of a page, about; in linear time, whatever the text."""
    parts: list[str] = []
    endless: set[str] = set()  # elements of which no further end is there
    at = 0
    while (start := text.find("<", at)) >= 0:
        parts.append(text[at:start])
        unseen = _UNSEEN.match(text, start)
        name = unseen[1].lower() if unseen else ""
        end = None
        if name and name not in endless:
            end = re.compile(rf"</{name}\s*+>", re.IGNORECASE).search(text, start)
            if end is None:
                endless.add(name)
        close = end.end() - 1 if end else text.find(">", start)
        if close < 0:
            return " ".join([*parts, text[start:]])
        at = close + 1
    return " ".join([*parts, text[at:]])


def _shown(view: contents.View | None, name: str) -> str:
    return printable(repr((view or {}).get(name))[:120])
