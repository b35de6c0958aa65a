"""The server's side of HTTP/1.1: uvicorn's protocol, which hands every answer to h11, shaped."""

from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .shaping import Head, Shape

LARGEST_HEAD = 64 * 1024
"""Bytes of a request's head that are read, as uvicorn has it."""


class _Connection(h11.Connection):
    """The server's side of one connection, shaped."""

    def __init__(self, shape: Shape, size: int) -> None:
        super().__init__(h11.SERVER, size)
        self._shape = shape
        self._chunked = False

    def send(self, event: Any) -> Any:
        """The bytes of an event, as `h11.Connection.send` gives them."""
        shape = self._shape
        if isinstance(event, h11.Response):
            ahead = b""
            if shape.interim and self.their_http_version != b"1.0":
                hints = h11.InformationalResponse(
                    status_code=103, headers=list(shape.interim), reason=b"Early Hints"
                )
                ahead = super().send(hints) or b""
            head = Head.read(super().send(event) or b"")
            self._chunked = any(name.lower() == b"transfer-encoding" for name, _ in head.lines)
            for change in shape.heads:
                head = change(head)
            return ahead + head.write()
        if isinstance(event, h11.EndOfMessage) and self._chunked and shape.trailers:
            event = h11.EndOfMessage(headers=list(shape.trailers))
        raw = super().send(event)
        if raw and isinstance(event, h11.Data) and self._chunked and shape.extension:
            size, line, rest = raw.partition(b"\r\n")
            raw = size + shape.extension + line + rest
        return raw


def shaped(shape: Shape) -> type[H11Protocol]:
    """The server's protocol, writing answers in that shape."""

    class Shaped(H11Protocol):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            if shape:
                size = self.config.h11_max_incomplete_event_size or LARGEST_HEAD
                self.conn = _Connection(shape, size)

    return Shaped
