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
    Variant(
        name="gzip",
        leaves_open=_CODING,
        summary="gzip when asked",
        apply=_coded("gzip", gzip.compress),
        aspects=_CODED,
    ),
    Variant(
        name="gzip-members",
        leaves_open="a gzip file may have several members (RFC 1952, 2.2)",
        summary="gzip in three members when asked, one of them empty",
        apply=_coded("gzip", _members),
        aspects=_CODED,
    ),
    Variant(
        name="gzip-label",
        leaves_open="codings are named in either case, and x-gzip is gzip (RFC 9110, 8.4.1.3)",
        summary="gzip when asked, named X-GZip",
        apply=_coded("gzip", gzip.compress, "X-GZip"),
        aspects=_CODED,
    ),
    Variant(
        name="deflate",
        leaves_open=_CODING,
        summary="deflate when asked",
        apply=_coded("deflate", zlib.compress),
        aspects=_CODED,
    ),
    Variant(
        name="brotli",
        leaves_open=_CODING,
        summary="br when asked",
        apply=_coded("br", _brotli),
        aspects=_CODED,
    ),
    Variant(
        name="identity",
        leaves_open=_CODING,
        summary="Content-Encoding: identity on what has no coding",
        apply=on_answer(_identity),
        aspects=_CODED,
    ),
    Variant(
        name="chunked",
        leaves_open=_FRAMING,
        summary="bodies in chunks of odd sizes",
        apply=_sending(_chunks),
        aspects=_END,
    ),
    Variant(
        name="chunked-annotated",
        leaves_open=_FRAMING,
        summary="chunks with extensions, trailers at the end",
        apply=_both(_sending(_chunks), _annotated),
        aspects=_END,
    ),
    Variant(
        name="until-closed",
        leaves_open=_FRAMING,
        summary="bodies without length that end with the connection",
        apply=_both(anew(lambda: _closing(1)), on_head(_until_closed)),
        aspects=_END | deciding("connection"),
    ),
    Variant(
        name="http-1.0",
        leaves_open="which version of HTTP/1 answers have (RFC 9110, 2.5)",
        summary="answers are HTTP/1.0, and close the connection",
        apply=_both(
            anew(lambda: _closing(1)),
            on_head(lambda head: replace(head, version=b"HTTP/1.0")),
        ),
        aspects=_END | deciding("connection", "interim answers"),
    ),
    Variant(
        name="slow-bodies",
        leaves_open="how fast an answer comes",
        summary="bodies in three pieces, with pauses",
        apply=_sending(_slowly, 0.005),
        aspects=deciding("framing"),
    ),
    Variant(
        name="connection-close",
        leaves_open=_CONNECTION,
        summary="every answer closes its connection",
        apply=anew(lambda: _closing(1)),
        aspects=deciding("connection"),
    ),
    Variant(
        name="connection-close-sometimes",
        leaves_open=_CONNECTION,
        summary="every seventh answer closes its connection",
        apply=anew(lambda: _closing(7)),
        aspects=deciding("connection"),
    ),
    Variant(
        name="keep-alive-short",
        leaves_open=_CONNECTION,
        summary="connections that are idle for a second are closed",
        options=lambda options: replace(options, keep_alive=1),
        aspects=deciding("connection"),
    ),
    Variant(
        name="early-hints",
        leaves_open="interim answers may go ahead (RFC 9110, 15.2)",
        summary="a 103 before every answer",
        apply=_hinting,
        aspects=deciding("interim answers"),
    ),
    Variant(
        name="names-upper",
        leaves_open=_SPELLING,
        summary="header names in capitals",
        apply=_named(bytes.upper),
        aspects=_NAMES,
    ),
    Variant(
        name="names-title",
        leaves_open=_SPELLING,
        summary="header names in title case",
        apply=_named(bytes.title),
        aspects=_NAMES,
    ),
    Variant(
        name="headers-spaced",
        leaves_open=_SPELLING,
        summary="tabs and spaces around values",
        apply=on_head(_spaced),
        aspects=_SPACE,
    ),
    Variant(
        name="headers-tight",
        leaves_open=_SPELLING,
        summary="no space after the colon",
        apply=on_head(_tight),
        aspects=_SPACE,
    ),
    Variant(
        name="reason-odd",
        leaves_open="what the reason phrase says (RFC 9112, 4)",
        summary="reason phrases of the portal's own",
        apply=_phrased(
            lambda status: b"All is %s: #%d!" % (b"well" if status < 400 else b"lost", status)
        ),
        aspects=_PHRASE,
    ),
    Variant(
        name="reason-empty",
        leaves_open="what the reason phrase says (RFC 9112, 4)",
        summary="no reason phrase",
        apply=_phrased(lambda status: b""),
        aspects=_PHRASE,
    ),
    Variant(
        name="reason-foreign",
        leaves_open="what the reason phrase says (RFC 9112, 4)",
        summary="reason phrases in UTF-8 and in another language",
        apply=_phrased(lambda status: f"Всё {'хорошо' if status < 400 else 'плохо'}".encode()),
        aspects=_PHRASE,
    ),
)
"""How answers may be carried."""
