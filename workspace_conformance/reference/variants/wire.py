"""Ways to carry the same answer: codings, framing, the spelling of heads (RFC 9110, RFC 9112)."""

import asyncio
import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..shaping import Head
from ..values import Answer, Call, Outcome
from .model import Apply, Variant, anew, deciding, on_answer, on_head, with_fields

if TYPE_CHECKING:
    from ..application import PortalApp

_CODING = "which content codings are used, when asked (RFC 9110, 8.4)"
_FRAMING = "how the end of a body is told (RFC 9112, 6.3)"
_SPELLING = "how heads are spelled (RFC 9112)"
_CONNECTION = "how long a connection is kept (RFC 9112, 9.3)"


def _asked_for(call: Call, coding: str) -> bool:
    for item in call.asked.headers.get("accept-encoding", "").split(","):
        name, _, quality = item.partition(";")
        if name.strip().lower() == coding:
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _coded(coding: str, encode: Callable[[bytes], bytes], label: str = "") -> Apply:
    def change(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        if not answer.body or answer.cut or not _asked_for(call, coding):
            return answer
        fields = (("content-encoding", label or coding), ("vary", "Accept-Encoding"))
        return with_fields(replace(answer, body=encode(answer.body)), *fields)

    return on_answer(change)


def _members(body: bytes) -> bytes:
    middle = len(body) // 2
    return gzip.compress(body[:middle]) + gzip.compress(body[middle:]) + gzip.compress(b"")


def _brotli(body: bytes) -> bytes:
    import brotli  # here: only a client that asks for it needs it

    packed: bytes = brotli.compress(body)
    return packed


def _identity(call: Call, outcome: Outcome, answer: Answer) -> Answer:
    return with_fields(answer, ("content-encoding", "identity")) if answer.body else answer


# --- framing --------------------------------------------------------------------------------------


def around(wrap: Callable[[ASGIApp], ASGIApp]) -> Apply:
    """Put something around the whole application."""

    def apply(app: "PortalApp") -> None:
        app.serve = wrap(app.serve)

    return apply


def _sending(change: Callable[[Scope, Message], Iterator[Message]], pause: float = 0.0) -> Apply:
    """Send other messages in place of each that the application sends."""

    def wrap(inner: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            async def sent(message: Message) -> None:
                for other in change(scope, message):
                    await send(other)
                    if pause and other.get("more_body"):
                        await asyncio.sleep(pause)

            await inner(scope, receive, sent)

        return serve

    return around(wrap)


def _in_pieces(message: Message, sizes: tuple[int, ...]) -> Iterator[Message]:
    body = message.get("body", b"")
    for size in sizes:
        if len(body) <= size:
            break
        yield {**message, "body": body[:size], "more_body": True}
        body = body[size:]
    yield {**message, "body": body}


def _chunks(scope: Scope, message: Message) -> Iterator[Message]:
    if message["type"] == "http.response.start":
        kept = [field for field in message["headers"] if field[0] != b"content-length"]
        yield {**message, "headers": kept}
    else:
        yield from _in_pieces(message, (1, 7, 1000))


def _slowly(scope: Scope, message: Message) -> Iterator[Message]:
    if message["type"] == "http.response.start":
        yield message
    else:
        yield from _in_pieces(message, (3, 50))


def _closing(every: int) -> Apply:
    numbers = count(1)

    def closed(scope: Scope, message: Message) -> Iterator[Message]:
        if message["type"] == "http.response.start" and next(numbers) % every == 0:
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        yield message

    return _sending(closed)


def _both(*applies: Apply) -> Apply:
    def apply(app: "PortalApp") -> None:
        for one in applies:
            one(app)

    return apply


def _until_closed(head: Head) -> Head:
    return replace(head, lines=tuple(line for line in head.lines if line[0] != b"content-length"))


def _annotated(app: "PortalApp") -> None:
    app.shape.extension = b';note="a, b"'
    app.shape.trailers = ((b"x-checksum", b"none"), (b"server-timing", b"all;dur=1"))


def _hinting(app: "PortalApp") -> None:
    app.shape.interim = ((b"link", b"</style.css>; rel=preload"),)


# --- heads ----------------------------------------------------------------------------------------


def _named(spell: Callable[[bytes], bytes]) -> Apply:
    def change(head: Head) -> Head:
        return replace(head, lines=tuple((spell(name), value) for name, value in head.lines))

    return on_head(change)


def _spaced(head: Head) -> Head:
    return replace(head, lines=tuple((n, b"\t  " + v.strip() + b" \t ") for n, v in head.lines))


def _tight(head: Head) -> Head:
    return replace(head, lines=tuple((name, value.strip()) for name, value in head.lines))


def _phrased(phrase: Callable[[int], bytes]) -> Apply:
    return on_head(lambda head: replace(head, reason=phrase(head.status)))


_PHRASE = deciding("reason phrase")
_END = deciding("framing")
_NAMES = deciding("spelling of header names")
_SPACE = deciding("spacing of headers")
_CODED = deciding("content coding")

VARIANTS = (
    Variant("gzip", _CODING, "gzip when asked", _coded("gzip", gzip.compress), aspects=_CODED),
    Variant(
        "gzip-members",
        "a gzip file may have several members (RFC 1952, 2.2)",
        "gzip in three members when asked, one of them empty",
        _coded("gzip", _members),
        aspects=_CODED,
    ),
    Variant(
        "gzip-label",
        "codings are named in either case, and x-gzip is gzip (RFC 9110, 8.4.1.3)",
        "gzip when asked, named X-GZip",
        _coded("gzip", gzip.compress, "X-GZip"),
        aspects=_CODED,
    ),
    Variant(
        "deflate", _CODING, "deflate when asked", _coded("deflate", zlib.compress), aspects=_CODED
    ),
    Variant("brotli", _CODING, "br when asked", _coded("br", _brotli), aspects=_CODED),
    Variant(
        "identity",
        _CODING,
        "Content-Encoding: identity on what has no coding",
        on_answer(_identity),
        aspects=_CODED,
    ),
    Variant("chunked", _FRAMING, "bodies in chunks of odd sizes", _sending(_chunks), aspects=_END),
    Variant(
        "chunked-annotated",
        _FRAMING,
        "chunks with extensions, trailers at the end",
        _both(_sending(_chunks), _annotated),
        aspects=_END,
    ),
    Variant(
        "until-closed",
        _FRAMING,
        "bodies without length that end with the connection",
        _both(anew(lambda: _closing(1)), on_head(_until_closed)),
        aspects=_END | deciding("connection"),
    ),
    Variant(
        "http-1.0",
        "which version of HTTP/1 answers have (RFC 9110, 2.5)",
        "answers are HTTP/1.0, and close the connection",
        _both(
            anew(lambda: _closing(1)),
            on_head(lambda head: replace(head, version=b"HTTP/1.0")),
        ),
        aspects=_END | deciding("connection", "interim answers"),
    ),
    Variant(
        "slow-bodies",
        "how fast an answer comes",
        "bodies in three pieces, with pauses",
        _sending(_slowly, 0.005),
        aspects=deciding("framing"),
    ),
    Variant(
        "connection-close",
        _CONNECTION,
        "every answer closes its connection",
        anew(lambda: _closing(1)),
        aspects=deciding("connection"),
    ),
    Variant(
        "connection-close-sometimes",
        _CONNECTION,
        "every seventh answer closes its connection",
        anew(lambda: _closing(7)),
        aspects=deciding("connection"),
    ),
    Variant(
        "keep-alive-short",
        _CONNECTION,
        "connections that are idle for a second are closed",
        options=lambda options: replace(options, keep_alive=1),
        aspects=deciding("connection"),
    ),
    Variant(
        "early-hints",
        "interim answers may go ahead (RFC 9110, 15.2)",
        "a 103 before every answer",
        _hinting,
        aspects=deciding("interim answers"),
    ),
    Variant(
        "names-upper", _SPELLING, "header names in capitals", _named(bytes.upper), aspects=_NAMES
    ),
    Variant(
        "names-title", _SPELLING, "header names in title case", _named(bytes.title), aspects=_NAMES
    ),
    Variant(
        "headers-spaced",
        _SPELLING,
        "tabs and spaces around values",
        on_head(_spaced),
        aspects=_SPACE,
    ),
    Variant(
        "headers-tight", _SPELLING, "no space after the colon", on_head(_tight), aspects=_SPACE
    ),
    Variant(
        "reason-odd",
        "what the reason phrase says (RFC 9112, 4)",
        "reason phrases of the portal's own",
        _phrased(
            lambda status: b"All is %s: #%d!" % (b"well" if status < 400 else b"lost", status)
        ),
        aspects=_PHRASE,
    ),
    Variant(
        "reason-empty",
        "what the reason phrase says (RFC 9112, 4)",
        "no reason phrase",
        _phrased(lambda status: b""),
        aspects=_PHRASE,
    ),
    Variant(
        "reason-foreign",
        "what the reason phrase says (RFC 9112, 4)",
        "reason phrases in UTF-8 and in another language",
        _phrased(lambda status: f"Всё {'хорошо' if status < 400 else 'плохо'}".encode()),
        aspects=_PHRASE,
    ),
)
"""How answers may be carried."""
