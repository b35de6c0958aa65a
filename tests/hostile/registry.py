"""Every hostile behaviour there is, by name."""

from __future__ import annotations

import socket
from collections.abc import Callable

from tests.hostile.site import Behaviour, Expect, Handler, Site

BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(
    name: str,
    words: str,
    expects: Expect,
    *,
    greets: bool = True,
    accept: Callable[[socket.socket, Site], socket.socket] | None = None,
    scheme: str = "http",
) -> Callable[[Handler], Handler]:
    """Declare the decorated function as the handler of a behaviour."""

    def declare(handle: Handler) -> Handler:
        assert name not in BEHAVIOURS, name
        BEHAVIOURS[name] = Behaviour(name, words, expects, handle, greets, accept, scheme)
        return handle

    return declare


def everything() -> dict[str, Behaviour]:
    """All behaviours; imports the modules that declare them."""
    from tests.hostile import conduct, documents, framing, texts, tls  # noqa: F401

    return BEHAVIOURS
