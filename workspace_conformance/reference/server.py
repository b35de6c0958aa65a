"""The portal on a socket: uvicorn with h11, which passes every method and path on as it came."""

import asyncio
import contextlib
import os
import shlex
import signal
import socket
import ssl
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from .application import PortalApp
from .assembly import complete, create_app
from .launcher import READY
from .options import Options
from .protocol import shaped


class Announcing(uvicorn.Server):
    """A server that says on standard output how to reach it, once it accepts connections."""

    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce."""
        await super().startup(sockets)
        if self.started:
            print(self._announcement, flush=True)


def announcement(url: str, app: PortalApp, authority: Path | None = None) -> str:
    """Shell lines that export where the portal is, its credentials, and the file of the certificate
    authority to trust where it speaks TLS; ending in `READY`.
    """
    variables = {
        "WORKSPACE_TARGET": url,
        "WORKSPACE_TOKEN": app.credentials.token,
        "WORKSPACE_USERNAME": app.credentials.username,
        "WORKSPACE_PASSWORD": app.credentials.password,
        "WORKSPACE_SECOND_TOKEN": app.credentials.second_token,
    }
    if authority is not None:
        variables["WORKSPACE_CA"] = str(authority)
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return "\n".join([*exports, READY])


def _end_with_stdin(server: uvicorn.Server) -> None:
    # Not sys.stdin: a thread that waits inside it would hold a lock that the end needs.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    server.should_exit = True


@contextlib.contextmanager
def authority(context: ssl.SSLContext) -> Iterator[Path]:
    """Give a server's context a certificate for loopback, issued by a throw-away authority; yields
    the file (PEM) that holds the authority's own certificate, which is deleted at the end.
    """
    import trustme  # here: only a portal that speaks TLS has the time

    issuer = trustme.CA()
    issuer.issue_cert("127.0.0.1", "::1", "localhost").configure_cert(context)
    with tempfile.TemporaryDirectory(prefix="workspace-authority-") as folder:
        file = Path(folder) / "authority.pem"
        issuer.cert_pem.write_to_path(str(file))
        yield file


def configuration(app: PortalApp, options: Options) -> uvicorn.Config:
    """How a portal is served: h11, with the shape that the portal asks for."""
    return uvicorn.Config(
        app,
        http=shaped(app.shape),
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=options.keep_alive,
    )


def bind(host: str, port: int) -> tuple[socket.socket, str]:
    """A socket bound to an address, and the URL at which it is reached without TLS."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it on, each answer
    # takes 40 ms, as head and body are written separately.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    shown = f"[{host}]" if family == socket.AF_INET6 else host
    return bound, f"http://{shown}:{bound.getsockname()[1]}"


def serve(options: Options, *, exit_with_stdin: bool = False) -> None:
    """Serve a portal until a signal (or the end of standard input) ends it.

    Raises OSError where the address cannot be used, KeyError for an unknown fault or variant.
    """
    options = complete(options)
    app = create_app(options)
    bound, url = bind(options.host, options.port)
    config = configuration(app, options)
    # The server raises the signal that ended it once more when it is done: let that be no death.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    with contextlib.ExitStack() as stack:
        file: Path | None = None
        if options.tls:
            config.load()
            config.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            file = stack.enter_context(authority(config.ssl))
            url = url.replace("http:", "https:", 1)
        server = Announcing(config, announcement(url, app, file))
        if exit_with_stdin:
            threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
        asyncio.run(server.serve([bound]))
