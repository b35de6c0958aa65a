"""The portal on a socket: uvicorn with h11, which passes every method and path on as it came."""

import asyncio
import os
import shlex
import signal
import socket
import sys
import threading

import uvicorn

from .application import PortalApp, create_app
from .launcher import READY
from .options import Options


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


def announcement(url: str, app: PortalApp) -> str:
    """Shell lines that export where the portal is and its credentials, ending in `READY`."""
    variables = {
        "WORKSPACE_TARGET": url,
        "WORKSPACE_TOKEN": app.credentials.token,
        "WORKSPACE_USERNAME": app.credentials.username,
        "WORKSPACE_PASSWORD": app.credentials.password,
        "WORKSPACE_SECOND_TOKEN": app.credentials.second_token,
    }
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return "\n".join([*exports, READY])


def _end_with_stdin(server: uvicorn.Server) -> None:
    # Not sys.stdin: a thread that waits inside it would hold a lock that the end needs.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    server.should_exit = True


def _bind(host: str, port: int) -> tuple[socket.socket, str]:
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

    Raises OSError where the address cannot be used, KeyError for an unknown fault.
    """
    app = create_app(options)
    bound, url = _bind(options.host, options.port)
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=30,
    )
    server = Announcing(config, announcement(url, app))
    # The server raises the signal that ended it once more when it is done: let that be no death.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    if exit_with_stdin:
        threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
    asyncio.run(server.serve([bound]))
