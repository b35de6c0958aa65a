"""Servers whose TLS is none, or not to be trusted."""

from __future__ import annotations

import datetime
import functools
import socket
import ssl

import trustme

from tests.hostile.registry import behaviour
from tests.hostile.site import Expect, Site
from tests.support import Call

SPARED = Expect.SPARED


@functools.cache
def authority() -> trustme.CA:
    """An authority that nobody trusts."""
    return trustme.CA()


@functools.cache
def _context(name: str, expired: bool = False) -> ssl.SSLContext:
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    issued = authority().issue_cert(name, not_after=past if expired else None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    return context


def _self_signed(connection: socket.socket, site: Site) -> socket.socket:
    return _context("127.0.0.1").wrap_socket(connection, server_side=True)


def _expired(connection: socket.socket, site: Site) -> socket.socket:
    return _context("127.0.0.1", True).wrap_socket(connection, server_side=True)


def _wrong_name(connection: socket.socket, site: Site) -> socket.socket:
    return _context("elsewhere.example.com").wrap_socket(connection, server_side=True)


def _garbage(connection: socket.socket, site: Site) -> socket.socket:
    connection.recv(4096)
    connection.sendall(bytes(range(64)) + b"\x1b[31m")
    connection.close()
    raise ConnectionAbortedError


def _plain(connection: socket.socket, site: Site) -> socket.socket:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    connection.close()
    raise ConnectionAbortedError


def _alert(connection: socket.socket, site: Site) -> socket.socket:
    connection.sendall(b"\x15\x03\x03\x00\x02\x02\x28" * 3)
    connection.close()
    raise ConnectionAbortedError


def _stall(connection: socket.socket, site: Site) -> socket.socket:
    while connection.recv(4096):
        pass
    raise ConnectionAbortedError


def _serve(call: Call, site: Site) -> bytes:
    return site.raw(call)


for _name, _words, _accept in (
    ("tls-self-signed", "shows a certificate of an authority that nobody knows", _self_signed),
    ("tls-expired", "shows a certificate that has expired", _expired),
    ("tls-wrong-name", "shows another host's certificate", _wrong_name),
    ("tls-garbage", "answers the handshake with noise", _garbage),
    ("tls-plain", "answers the handshake in plain HTTP", _plain),
    ("tls-stalled", "never answers the handshake", _stall),
):
    behaviour(_name, _words, SPARED, accept=_accept, scheme="https")(_serve)

behaviour("tls-unasked", "answers plain HTTP with TLS alerts", SPARED, accept=_alert)(_serve)
