"""Undoing Content-Encoding, with a bound on what may come out."""

from __future__ import annotations

import zlib
from typing import Final

from workspace_conformance.exchange.parsing import Refused, Unreadable
from workspace_conformance.exchange.texts import printable

CODINGS: Final = 4
"""How many content codings may be applied on top of each other."""

MEMBERS: Final = 64
"""How many members one gzip body may have."""


def decode_content(body: bytes, content_encoding: str | None, limit: int) -> bytes:
    """The content of a message body (RFC 9110, 8.4): gzip, deflate and identity, also stacked.

    `content_encoding` is the value of Content-Encoding, None where there is none; `limit` is the
    largest size in bytes of the content, and of every stage on the way to it. deflate is read with
    and without the zlib wrapper. An empty body (an answer to HEAD) is its own content.

    Raises Refused past `limit`, CODINGS or MEMBERS; Unreadable for a coding that we did not ask for
    and for a body that is broken or cut off.
    """
    codings = [coding.strip().lower() for coding in (content_encoding or "").split(",")]
    codings = [coding for coding in codings if coding not in ("", "identity")]
    if len(codings) > CODINGS:
        raise Refused(f"the body has {len(codings)} content codings, and {CODINGS} are our bound")
    for coding in reversed(codings):
        if not body:
            break
        if coding in ("gzip", "x-gzip"):
            body = _gunzip(body, limit)
        elif coding == "deflate":
            body = _inflate_either(body, limit)
        else:
            raise Unreadable(f"the body has a content coding nobody asked for: {printable(coding)}")
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _gunzip(body: bytes, limit: int) -> bytes:
    content = b""
    for _ in range(MEMBERS):
        member, body = _inflate(body, 16 + zlib.MAX_WBITS, limit - len(content), "gzip", limit)
        content += member
        if not body.strip(b"\0"):  # zeros pad a body to a block
            return content
    raise Refused(f"the gzip body has more than {MEMBERS} members, which is our bound")


def _inflate_either(body: bytes, limit: int) -> bytes:
    """deflate means the zlib format, yet many send the raw stream (RFC 9110, 8.4.1.2)."""
    try:
        content, rest = _inflate(body, zlib.MAX_WBITS, limit, "deflate", limit)
    except Refused:
        raise
    except Unreadable:
        content, rest = _inflate(body, -zlib.MAX_WBITS, limit, "deflate", limit)
    if rest:
        raise Unreadable(f"the deflate body goes on for {len(rest)} bytes after its end")
    return content


def _inflate(body: bytes, bits: int, room: int, name: str, limit: int) -> tuple[bytes, bytes]:
    """One compressed stream of at most `room` bytes, and what follows it."""
    stream = zlib.decompressobj(bits)
    try:
        content = stream.decompress(body, room + 1)
    except zlib.error as error:
        raise Unreadable(f"the {name} body is broken: {printable(str(error))}") from None
    if len(content) > room:
        raise _too_large(limit)
    if not stream.eof:
        raise Unreadable(f"the {name} body is cut off after {len(body)} bytes")
    return content, stream.unused_data


def _too_large(limit: int) -> Refused:
    return Refused(f"the body is larger than {limit} bytes, which is our bound")
