"""The one place that speaks HTTP: requests go out exactly as written, answers come back bounded.

Nothing else imports httpx. A redirect is an answer, a cookie is never kept, no header is added that
changes what is asked: what `Request` says is what the target sees.
"""

from __future__ import annotations

import asyncio
import http.cookiejar
import logging
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from workspace_conformance.exchange.media import Refused, Unreadable, decode_content
from workspace_conformance.exchange.messages import Headers, Request, Response, Trouble
from workspace_conformance.exchange.texts import printable
from workspace_conformance.transport import connection_words, proxies

Application = Callable[..., Awaitable[None]]  # an ASGI application

_POOL_IDLE = 2.0  # seconds for which one of lane 0 is kept idle: less than servers keep it
_LANE_IDLE = 30.0  # for which one of another lane is: longer than the pause between two bursts
_BEGINNING = 64 * 1024  # bytes that are kept of a body too long to be read
_EPOCH = time.time() - time.monotonic()


def now() -> float:
    """Seconds since the epoch, by a clock that is never set back or forward during a run."""
    return _EPOCH + time.monotonic()


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one request may cost: seconds to connect, to wait for bytes, in all; bytes of one body."""

    connect: float = 5.0
    read: float = 20.0
    total: float = 30.0
    body: int = 4 * 1024 * 1024

    @classmethod
    def within(cls, seconds: float) -> Bounds:
        """The usual bounds, where a whole answer may take that long."""
        usual = cls()
        return cls(min(usual.connect, seconds), min(usual.read, seconds), seconds, usual.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of sending once: a response or a trouble, between two instants (seconds since the
    epoch).
    """

    response: Response | None
    trouble: Trouble | None
    words: str
    sent: float
    received: float


class Wire:
    """Connections to one target, kept alive; every method must be called on one event loop.

    `proxy` is the URL of the HTTP proxy to go through. `authorities` are files (PEM) of certificate
    authorities to trust besides the usual ones, `identity` a certificate of ours and its key (PEM; a
    key of None: it stands in the first file). `headers` go with every request and are no part of
    what is recorded: they may be secret. `app`, an ASGI application, takes the place of the
    network: nothing then leaves the process.
    """

    def __init__(
        self,
        *,
        bounds: Bounds | None = None,
        connections: int = 64,
        proxy: str | None = None,
        app: Application | None = None,
        authorities: Iterable[Path] = (),
        identity: tuple[Path, Path | None] | None = None,
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.bounds = bounds or Bounds()
        self._room = asyncio.Semaphore(connections)
        self._free: dict[str | None, list[int]] = {}
        self._lanes = 0  # made for lane 0 so far; their numbers are negative
        self._proxy = proxy
        self._app = app
        self._authorities = tuple(authorities)
        self._identity = identity
        self._headers = tuple(headers)
        self._clients: dict[tuple[str | None, int], httpx.AsyncClient] = {}
        self._trust: ssl.SSLContext | None = None
        # httpx logs whole URLs, and a URL may carry a credential (AUTH-4).
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.CRITICAL)

    async def send(self, request: Request, bounds: Bounds | None = None, lane: int = 0) -> Answer:
        """Send `request` once; never raises for what the target or the network does.

        A lane is one connection of its own, which takes one request at a time. Lane 0 stands for
        whichever is free, the one used last first.
        """
        if lane == 0:
            async with self._room:
                return await self._send_on_a_free_lane(request, bounds)
        limits = bounds or self.bounds
        client = self._client(request.address, lane)  # slow to make: not on the target's time
        sent = now()
        response: Response | None = None
        trouble: Trouble | None = None
        words = ""
        try:
            async with asyncio.timeout(limits.total):
                response = await _exchange(client, request, limits, self._headers)
        except TimeoutError:
            trouble, words = Trouble.TIMEOUT, f"no whole answer within {limits.total:g} s"
        except httpx.ConnectTimeout:
            trouble, words = Trouble.CONNECT, f"no connection within {limits.connect:g} s"
        except httpx.TimeoutException:
            trouble, words = Trouble.TIMEOUT, f"no bytes for {limits.read:g} s"
        except (httpx.ConnectError, httpx.ProxyError, ssl.SSLError) as error:
            trouble, words = Trouble.CONNECT, self._unconnected(error) or "no connection"
        except UnicodeEncodeError:
            trouble, words = Trouble.PROTOCOL, "a header's value cannot be sent in HTTP"
        except httpx.RemoteProtocolError as error:
            dropped = "disconnect" in str(error).lower() or "closed" in str(error).lower()
            trouble = Trouble.DROPPED if dropped else Trouble.PROTOCOL
            words = _said(error) or "the answer is not HTTP"
        except (httpx.ReadError, httpx.WriteError, httpx.CloseError) as error:
            trouble, words = Trouble.DROPPED, self._unconnected(error) or "the connection was reset"
        except (httpx.HTTPError, OSError) as error:
            trouble, words = Trouble.PROTOCOL, _said(error) or type(error).__name__
        if response is not None and response.status == 407 and self._proxy is not None:
            # Proxies alone say this (RFC 9110, 15.5.8): it is no answer of the target.
            response, trouble = None, Trouble.CONNECT
            words = "the proxy refused: 407 Proxy Authentication Required"
        return Answer(response, trouble, words, sent, now())

    async def _send_on_a_free_lane(self, request: Request, bounds: Bounds | None) -> Answer:
        # httpcore's own pool looks at all its connections and waiting requests at each step, which
        # costs more than the requests when many are under way.
        free = self._free.setdefault(request.address, [])
        if not free:
            self._lanes += 1
            free.append(-self._lanes)
        lane = free.pop()
        try:
            return await self.send(request, bounds, lane)
        finally:
            free.append(lane)

    def _unconnected(self, error: Exception) -> str:
        proxy = proxies.shown(self._proxy) if self._proxy else None
        return connection_words.of(error, proxy=proxy, identified=self._identity is not None)

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    def _trusting(self) -> ssl.SSLContext:
        context = httpx.create_ssl_context()
        for file in self._authorities:
            context.load_verify_locations(file)
        if self._identity is not None:
            context.load_cert_chain(*self._identity)
        return context

    def _client(self, address: str | None, lane: int) -> httpx.AsyncClient:
        client = self._clients.get((address, lane))
        if client is None:
            self._trust = self._trust or self._trusting()  # slow to make, and the same
            limits = httpx.Limits(
                max_connections=1,
                max_keepalive_connections=1,
                keepalive_expiry=_LANE_IDLE if lane > 0 else _POOL_IDLE,
            )
            options: dict[str, Any] = {
                "limits": limits,
                "verify": self._trust,
                "trust_env": False,  # the proxy is known already, and shown
                "cookies": _no_cookies(),
            }
            if self._app is not None:
                options["transport"] = _InProcess(self._app)
            elif address is not None:
                options["transport"] = httpx.AsyncHTTPTransport(
                    verify=self._trust, limits=limits, local_address=address
                )
            elif self._proxy is not None:
                options["proxy"] = self._proxy
            client = self._clients[address, lane] = httpx.AsyncClient(**options)
        return client


async def _exchange(
    client: httpx.AsyncClient, request: Request, limits: Bounds, headers: Headers
) -> Response:
    parts = urlsplit(request.url)
    target = parts.path or "/"
    if "?" in request.url:
        target += "?" + parts.query
    try:
        root = httpx.URL(scheme=parts.scheme, host=parts.hostname or "", port=parts.port, path="/")
        _ = root.host  # reading it is the check: IDNA may not know it
    except (httpx.InvalidURL, UnicodeError) as error:
        raise httpx.ConnectError(f"no host can have that name: {error}") from None
    outgoing = httpx.Request(
        request.method,
        root,
        headers=[
            (name.encode("ascii"), value.encode("latin-1"))
            for name, value in (*request.headers, *headers)
        ],
        content=request.body,
        extensions={
            "timeout": httpx.Timeout(limits.read, connect=limits.connect).as_dict(),
        },
    )
    outgoing.method = request.method  # httpx would spell it in capitals
    outgoing.url = _AsWritten(root, target.encode("ascii"))
    incoming = await client.send(outgoing, stream=True, follow_redirects=False)
    try:
        return await _read(incoming, limits)
    finally:
        await incoming.aclose()


async def _read(incoming: httpx.Response, limits: Bounds) -> Response:
    chunks: list[bytes] = []
    size = 0
    trouble: str | None = None
    refused = False
    async for chunk in incoming.aiter_raw():
        size += len(chunk)
        chunks.append(chunk)
        if size > limits.body:
            trouble = f"the body is longer than {limits.body} bytes and was cut off"
            refused = True
            break
    body = b"".join(chunks)
    coding = ", ".join(incoming.headers.get_list("content-encoding"))
    if trouble is not None:
        body = body[: min(_BEGINNING, limits.body)]
    elif coding and body:
        try:
            body = decode_content(body, coding, limits.body)
        except Unreadable as error:
            trouble, body = f"Content-Encoding {printable(coding, 40)}: {error}", b""
            refused = isinstance(error, Refused)
    return Response(
        status=incoming.status_code,
        reason=bytes(incoming.extensions.get("reason_phrase", b"")).decode("latin-1"),
        headers=tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in incoming.headers.raw),
        body=body,
        version=bytes(incoming.extensions.get("http_version", b"HTTP/1.1")).decode("latin-1"),
        trouble=trouble,
        refused=refused,
    )


class _AsWritten(httpx.URL):
    """A URL whose path and query go out as they were written: httpx would resolve dot segments and
    re-encode. (httpcore's own way to say so, the extension `target`, would also replace what a
    proxy is asked for.)
    """

    def __init__(self, root: httpx.URL, target: bytes) -> None:
        super().__init__(root)
        self._target = target

    @property
    def raw_path(self) -> bytes:
        """Path and query."""
        return self._target


def _no_cookies() -> http.cookiejar.CookieJar:
    # A kept cookie would answer for the missing Authorization header (AUTH-1, AUTH-5).
    return http.cookiejar.CookieJar(policy=http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


class _InProcess(httpx.AsyncBaseTransport):
    """Calls an ASGI application in place of the network, with the request target as it was written."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Run the application on one request and collect its whole answer."""
        path, _, query = request.url.raw_path.partition(b"?")
        body = await request.aread()
        messages: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.url.scheme,
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "server": (request.url.host, request.url.port),
            "client": ("127.0.0.1", 0),
        }
        await self._app(scope, receive, send)
        start, *rest = messages
        return httpx.Response(
            start["status"],
            headers=start["headers"],
            stream=httpx.ByteStream(b"".join(message.get("body", b"") for message in rest)),
        )
