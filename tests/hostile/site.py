"""What a hostile server stands on: a raw socket, a correct portal behind it, a listening canary."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, Self

from tests.support import Call, RawServer
from workspace_conformance.exchange.messages import phrase
from workspace_conformance.reference import Options
from workspace_conformance.reference.application import Credentials
from workspace_conformance.reference.assembly import create_app
from workspace_conformance.reference.parts import respond
from workspace_conformance.reference.values import Answer, Asked


class Expect(StrEnum):
    """What a whole run against a behaviour must come to."""

    ACCUSED = "non-conformant"  # what it does breaks the contract: exit code 1
    SPARED = "nothing accused"  # it cannot be judged, or not in full: exit code 0 or 6
    HARMLESS = "as if nothing were"  # lawful, or overcome: every MUST that can be tested passes


Handler = Callable[[Call, "Site"], bytes | None]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One bad thing that a server does.

    handle: what it answers a request with (None: the connection ends).
    greets: the account's own record is served correctly, so that a run gets past its preflight.
    accept: what it does to a connection before a request is read; it gives the socket to go on
    with. scheme: how its URL begins.
    """

    name: str
    words: str
    expects: Expect
    handle: Handler
    greets: bool = True
    accept: Callable[[socket.socket, Site], socket.socket] | None = None
    scheme: str = "http"


class Site(RawServer):
    """A server with one behaviour, on loopback. Its `app` is the correct portal behind it.

    `canary` is another server, at which nobody must ever call; `trap` is its URL. `number` counts
    requests from 1, `begun` is when the first came (by `time.monotonic`).
    """

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(self._answer)
        self.behaviour = behaviour
        self.app = create_app(Options(rate=None))
        self.number = 0
        self.begun = 0.0
        self.notes: dict[str, object] = {}
        self.lock = threading.Lock()
        self.canary = RawServer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self.url = self.url.replace("http:", f"{behaviour.scheme}:", 1)

    @property
    def credentials(self) -> Credentials:
        """What a client needs."""
        return self.app.credentials

    @property
    def trap(self) -> str:
        """The URL of the canary."""
        return self.canary.url

    def __enter__(self) -> Self:
        self.canary.__enter__()
        super().__enter__()
        return self

    def __exit__(self, *why: object) -> None:
        super().__exit__(*why)
        self.canary.__exit__(*why)

    def truth(self, call: Call) -> Answer:
        """What the correct portal answers; it carries writes out."""
        method, target, _ = call.line.split(" ", 2)
        path, _, query = target.partition("?")
        headers: dict[str, str] = {}
        for name, value in call.headers:
            key = name.lower()
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        with self.lock:
            return respond(
                self.app.parts, Asked(method, path, query, headers, call.body, "127.0.0.1")
            )

    def raw(self, call: Call) -> bytes:
        """The correct answer as it goes over the wire."""
        return spelled(self.truth(call), call)

    def _answer(self, call: Call) -> bytes | None:
        with self.lock:
            self.number += 1
            self.begun = self.begun or time.monotonic()
            self.calls.clear()  # thousands of them would be kept
        if self.behaviour.greets and is_greeting(call):
            return self.raw(call)
        return self.behaviour.handle(call, self)

    def _serve(self, connection: socket.socket, number: int) -> None:
        accept = self.behaviour.accept
        with contextlib.suppress(OSError, ssl.SSLError, ValueError):
            super()._serve(accept(connection, self) if accept else connection, number)


def is_greeting(call: Call) -> bool:
    """Whether it is the account's own record that is asked for."""
    return call.line.startswith("GET /api/2.0/people/@self")


def spelled(
    answer: Answer,
    call: Call | None = None,
    *,
    body: bytes | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    length: str | None = None,
    status: str | None = None,
) -> bytes:
    """An answer as bytes; `body`, `headers` and `length` replace or add to what it has."""
    content = answer.body if body is None else body
    given = {name.lower() for name, _ in headers}
    lines = [item for item in answer.headers if item[0].lower() not in given]
    lines += [*headers, ("content-length", str(len(content)) if length is None else length)]
    head = "".join(f"{name}: {value}\r\n" for name, value in lines if value != "\0absent")
    first = status or f"{answer.status} {phrase(answer.status)}"
    if call is not None and call.line.startswith("HEAD "):
        content = b""
    return f"HTTP/1.1 {first}\r\n{head}\r\n".encode("latin-1", "replace") + content


def declares(answer: Answer, what: str) -> bool:
    """Whether an answer's Content-Type names "json" or "xml"."""
    return any(name.lower() == "content-type" and what in value for name, value in answer.headers)


def wait_for_the_end(call: Call) -> None:
    """Return when the client has given up."""
    with contextlib.suppress(OSError):
        call.socket.settimeout(120)
        while call.socket.recv(4096):
            pass


def send_for_ever(call: Call, head: bytes, piece: bytes, pause: float = 0.0) -> NoReturn:
    """Send `head`, then `piece` again and again, until the client gives up (OSError)."""
    call.socket.sendall(head)
    while True:
        call.socket.sendall(piece)
        if pause:
            time.sleep(pause)
