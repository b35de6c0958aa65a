"""The portal as an ASGI application."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from .parts import Parts, respond
from .shaping import Shape
from .values import Answer, Asked

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes of a request's body that are read; a longer one is answered 413."""

SERVER = b"workspace-conformance-reference"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client needs to use the portal: two accounts, one of them also with a password."""

    token: str
    username: str
    password: str
    second_token: str


class PortalApp:
    """An ASGI application that is one portal, with its own records, accounts and limiter.

    Beside the parts, two layers can be replaced before the first request: `serve`, the application
    itself, and `shape`, how heads of answers are written by the server around it.
    """

    def __init__(self, parts: Parts, credentials: Credentials, latency: float = 0.0) -> None:
        self.parts = parts
        self.credentials = credentials
        self.shape = Shape()
        self.serve: ASGIApp = self._serve
        self._half_latency = latency / 2

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] != "http":
            raise RuntimeError(f"the portal speaks HTTP only, not {scope['type']}")
        await self.serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read_body(receive)
        if self._half_latency:
            await asyncio.sleep(self._half_latency)
        if body is None:
            answer = Answer(413, (("content-type", "text/plain"),), b"Content Too Large")
        else:
            answer = respond(self.parts, _asked(scope, body))
        if self._half_latency:
            await asyncio.sleep(self._half_latency)
        await _send(answer, send)


async def _read_body(receive: Receive) -> bytes | None:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= LARGEST_BODY:
            chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks) if size <= LARGEST_BODY else None


def _asked(scope: Scope, body: bytes) -> Asked:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    client = scope.get("client")
    return Asked(
        method=scope["method"],
        path=scope["raw_path"].partition(b"?")[0].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
        address=client[0] if client else "",
    )


async def _send(answer: Answer, send: Send) -> None:
    headers = [(b"server", SERVER), (b"cache-control", b"private, max-age=0")]
    headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if answer.status != HTTPStatus.NO_CONTENT:
        length = len(answer.body) + (1 if answer.cut else 0)
        headers.append((b"content-length", str(length).encode("ascii")))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    # The server breaks the connection when the application ends before its body does.
    await send({"type": "http.response.body", "body": answer.body, "more_body": answer.cut})
