"""What several tests lean on: raw servers, the portal under observation, runs of the real suite."""

from __future__ import annotations

import contextlib
import gzip
import json
import multiprocessing
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, Self

import jsonschema_rs
import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from workspace_conformance.exchange.messages import Exchange, Request, Response
from workspace_conformance.reference import Options
from workspace_conformance.reference.application import Credentials, PortalApp
from workspace_conformance.reference.assembly import create_app

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "Canary-Token_+of/the=tests.0123456789"
SECOND_TOKEN = "Canary-Second_+of/the=tests.9876543210"
PASSWORD = "Canary pass/word & more"

# --- raw servers ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """One request as its bytes came, and the connection it came on (numbered from 1)."""

    raw: bytes
    connection: int
    socket: socket.socket

    @property
    def line(self) -> str:
        """The request line."""
        return self.raw.partition(b"\r\n")[0].decode("latin-1")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Names and values, as they came."""
        lines = self.raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        parts = [line.partition(":") for line in lines]
        return [(name, value.strip()) for name, _, value in parts]

    @property
    def body(self) -> bytes:
        """What follows the head."""
        return self.raw.partition(b"\r\n\r\n")[2]


Handler = Callable[[Call], bytes | None]


def reply(
    status: str = "200 OK",
    body: bytes = b"",
    media: str = "text/plain",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """A whole HTTP/1.1 answer."""
    fields = {"Content-Type": media, "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body


class RawServer:
    """A socket on loopback that answers each request with what `handler` makes of it.

    The handler may also write to the call's socket itself; None then ends the connection. Every
    request is kept in `calls`, and `connections` counts those that were accepted.
    """

    def __init__(self, handler: Handler | bytes) -> None:
        self._handler = (lambda call: handler) if isinstance(handler, bytes) else handler
        self.calls: list[Call] = []
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._socket, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            number = self.connections
            self._start(lambda it=connection, n=number: self._serve(it, n))  # type: ignore[misc]

    def _serve(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), connection:
            while (raw := _whole_request(connection)) is not None:
                call = Call(raw, number, connection)
                self.calls.append(call)
                answer = self._handler(call)
                if answer is None:
                    return
                connection.sendall(answer)


def _whole_request(connection: socket.socket) -> bytes | None:
    raw = b""
    while b"\r\n\r\n" not in raw:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        raw += chunk
    head, _, body = raw.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        body += chunk
    return head + b"\r\n\r\n" + body


def gzipped(data: bytes) -> bytes:
    """In gzip, the same bytes each time: names of tests are made of them, and workers compare those."""
    return gzip.compress(data, mtime=0)


def reset(call: Call) -> None:
    """End a call's connection with a reset in place of an orderly close."""
    call.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    call.socket.close()


def free_port() -> int:
    """A port of loopback at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


# --- the embedded portal, observed ----------------------------------------------------------------


@dataclass(slots=True)
class Observed:
    """A portal on a socket of this process: what it was asked, and what it holds."""

    app: PortalApp
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)  # method, path as it came
    # How often each question came: method, path with query, Authorization, body.
    questions: Counter[tuple[str, str, str, bytes]] = field(default_factory=Counter)
    before: Callable[[str, str], Message | None] | None = None  # may answer in the portal's place

    @property
    def credentials(self) -> Credentials:
        """What a client needs."""
        return self.app.credentials

    def held(self) -> dict[str, list[object]]:
        """Every record, by shelf."""
        store = self.app.parts.store
        return {
            "people": list(store.people.all()),
            "groups": list(store.groups.all()),
            "posts": list(store.posts.all()),
            "comments": list(store.comments.all()),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the request and pass it on."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path = scope["raw_path"].decode("latin-1")
        self.asked.append((scope["method"], path))
        query = scope["query_string"].decode("latin-1")
        target = f"{path}?{query}" if query else path
        headers = dict(scope["headers"])
        who = headers.get(b"authorization", b"").decode("latin-1")
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.questions[scope["method"], target, who, body] += 1
        given = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def again() -> Message:
            return next(given, None) or await receive()

        return await self.app(scope, again, send)


@contextlib.contextmanager
def observed_portal(options: Options | None = None) -> Iterator[Observed]:
    """The embedded portal on a socket, in a thread of this process; without a limiter."""
    portal = Observed(create_app(options or Options(rate=None)))
    bound = socket.create_server(("127.0.0.1", 0), backlog=128)
    portal.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    config = uvicorn.Config(
        portal,
        http="h11",
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield portal
    finally:
        server.should_exit = True
        thread.join(10)
        bound.close()


# --- runs of the real suite -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ran:
    """A run of the suite in a process of its own: exit code, what it printed, what it wrote."""

    code: int
    out: str
    folder: Path

    @property
    def results(self) -> dict[str, Any]:
        """results.json."""
        data: dict[str, Any] = json.loads((self.folder / "results.json").read_text("utf-8"))
        return data

    def requirement(self, name: str) -> dict[str, Any]:
        """One requirement of results.json."""
        row: dict[str, Any] = next(r for r in self.results["requirements"] if r["id"] == name)
        return row

    def cases(self) -> list[dict[str, Any]]:
        """Every case of results.json."""
        return [case for row in self.results["requirements"] for case in row["cases"]]

    def summary(self) -> list[str]:
        """The lines of the summary."""
        lines = self.out.splitlines()
        start = next(i for i, line in enumerate(lines) if line.strip("= ") == "conformance")
        stop = next(i for i, line in enumerate(lines) if line.startswith("Verdict: "))
        return lines[start : stop + 1]


def environment(**extra: str) -> dict[str, str]:
    """This process's environment without what steers pytest, the suite or a proxy; only the core of
    the documented API is judged, unless a test asks for more (--breadth=documented).
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WORKSPACE_", "PYTEST_")) and not name.lower().endswith("_proxy")
    }
    return {**kept, "COLUMNS": "80", "WORKSPACE_BREADTH": "core", **extra}


def command(folder: Path, *arguments: str) -> list[str]:
    """The command line of a quick run that reports into `folder`; of the core of the API, unless the
    arguments say otherwise.
    """
    is_told = any(argument.startswith("--breadth") for argument in arguments)
    return [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--rate-limit=50000/1s",
        "--pace=off",
        *(() if is_told else ("--breadth=core",)),
        f"--report-dir={folder}",
        *arguments,
    ]


def parameters_of(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """What the tests of the requesting module that this session runs are given, for a fixture that
    begins their runs before they ask for them.
    """
    return [
        dict(item.callspec.params)
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.path == request.path
        and hasattr(item, "callspec")
    ]


# Forks runs from a process that has imported everything already.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.warm"])
_PATIENCE = 300  # seconds


def run_suite(
    folder: Path, *arguments: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> Ran:
    """Run the real suite in a process of its own; in another checkout with a fresh interpreter."""
    words, variables = command(folder, *_meant(arguments, env or {})), environment(**(env or {}))
    if cwd != ROOT:
        done = subprocess.run(
            words,
            cwd=cwd,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode("utf-8", "replace"), folder)
    with tempfile.NamedTemporaryFile() as out:
        process = _FORKS.Process(target=_forked, args=(words[3:], variables, out.name))
        process.start()
        process.join(_PATIENCE)
        process.kill()
        process.join()
        assert process.exitcode is not None
        return Ran(process.exitcode, out.read().decode("utf-8", "replace"), folder)


# Where one of these is given and no target, a run wants to hear that the embedded portal is meant.
_TARGETED = ("--certify", "--sign", "--baseline", "--waivers", "--min-judged", "--allow-")
_SAID = ("--target", "--replay", "--clean-up", "--fault", "--variant", "--like", "--embedded")


def _meant(arguments: Sequence[str], env: Mapping[str, str]) -> list[str]:
    targeted = any(word.startswith(_TARGETED) for word in arguments)
    said = "WORKSPACE_TARGET" in env or any(word.startswith(_SAID) for word in arguments)
    return [*(["--embedded"] if targeted and not said else []), *arguments]


def _forked(arguments: list[str], variables: dict[str, str], out: str) -> None:
    stream = os.open(out, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(stream, number)
    sys.stdout, sys.stderr = (os.fdopen(n, "w", encoding="utf-8") for n in (1, 2))
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(ROOT)
    code = pytest.main([*arguments, "-W", "ignore::pytest.PytestAssertRewriteWarning"])
    end_hard(code)


def end_hard(code: int) -> NoReturn:
    """End this process at once, with nothing of what the one that it was forked from would do at its
    end; what was printed is written out, which `os._exit` does not do.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def against(portal: Observed, **extra: str) -> dict[str, str]:
    """The variables that a user sets to judge a portal with nothing but the account's token."""
    given = {"WORKSPACE_TARGET": portal.url, "WORKSPACE_TOKEN": portal.credentials.token}
    return {**given, **extra}


def valid_result(ran: Ran) -> dict[str, Any]:
    """results.json of a run, checked against its schema."""
    schema = json.loads((ROOT / "schemas" / "results.schema.json").read_text("utf-8"))
    errors = list(jsonschema_rs.validator_for(schema).iter_errors(ran.results))
    assert errors == []
    assert ran.results["exit_code"] == ran.code
    return ran.results


def no_traceback(out: str) -> bool:
    """Whether a person was spared the insides."""
    return not any(mark in out for mark in ("Traceback", "INTERNALERROR", "  File "))


# --- exchanges made by hand -----------------------------------------------------------------------


def exchange(
    status: int = 200,
    body: bytes = b"",
    media: str | None = "application/json",
    *,
    method: str = "GET",
    url: str = "http://portal.test/api/2.0/people",
    trouble: str | None = None,
) -> Exchange:
    """An exchange that never happened."""
    headers = (("Content-Type", media),) if media else ()
    response = Response(status, "", headers, body, trouble=trouble)
    return Exchange(1, Request(method, url), response)
