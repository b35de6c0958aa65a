"""A connection that does not come about is told in words that say what to do about it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.support import Call, RawServer, reply
from workspace_conformance.exchange.messages import Request
from workspace_conformance.transport.wire import Answer, Wire

FINE = reply(body=b"fine")


def ask(url: str, wire: Wire) -> Answer:
    async def once() -> Answer:
        try:
            return await wire.send(Request("GET", url))
        finally:
            await wire.close()

    return asyncio.run(once())


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusted(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(file)
    return file


@contextlib.contextmanager
def serving(
    authority: trustme.CA,
    *,
    name: str = "127.0.0.1",
    wants: ssl.VerifyMode = ssl.CERT_NONE,
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
) -> Iterator[str]:
    """A server with TLS that answers every request; its URL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = newest
    authority.issue_cert(name).configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = wants
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            secured = context.wrap_socket(connection, True, do_handshake_on_connect=False)
            with contextlib.suppress(OSError), secured:
                try:
                    secured.do_handshake()
                except ssl.SSLError:
                    socket.socket.recv(secured, 65536)  # unread, it would be answered by a reset
                    raise
                secured.recv(65536)
                secured.sendall(FINE)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def test_an_unknown_authority_is_to_be_named_by_ca(authority: trustme.CA, trusted: Path) -> None:
    with serving(authority) as url:
        assert "--ca FILE" in ask(url, Wire()).words
        answer = ask(url, Wire(authorities=[trusted]))
        assert answer.response is not None
        assert answer.response.body == b"fine"


def test_another_name_is_no_matter_of_the_authority(authority: trustme.CA, trusted: Path) -> None:
    with serving(authority, name="elsewhere.test") as url:
        words = ask(url, Wire(authorities=[trusted])).words
    assert "--ca" not in words
    assert "127.0.0.1" in words


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_certificate_of_ours_is_asked_for_and_shown(
    newest: ssl.TLSVersion, authority: trustme.CA, trusted: Path, tmp_path: Path
) -> None:
    mine = authority.issue_cert("tester@example.com")
    mine.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    mine.private_key_pem.write_to_path(tmp_path / "key.pem")
    mine.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    with serving(authority, wants=ssl.CERT_REQUIRED, newest=newest) as url:
        words = ask(url, Wire(authorities=[trusted])).words
        assert "--client-cert FILE" in words, words
        for identity in (
            (tmp_path / "both.pem", None),
            (tmp_path / "cert.pem", tmp_path / "key.pem"),
        ):
            answer = ask(url, Wire(authorities=[trusted], identity=identity))
            assert answer.response is not None, answer.words


def test_what_speaks_no_tls_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(reply("400 Bad Request"))

        threading.Thread(target=serve, daemon=True).start()
        words = ask(f"https://127.0.0.1:{listening.getsockname()[1]}", Wire()).words
    assert "does not speak TLS" in words
    assert "http://" in words


@pytest.mark.parametrize("status", ["403 Forbidden", "502 Bad Gateway"])
def test_a_proxy_that_refuses_is_named(status: str) -> None:
    with RawServer(reply(status)) as proxy:
        secret = proxy.url.replace("http://", "http://ann:canary@")
        words = ask("https://portal.test/", Wire(proxy=secret)).words
    assert f"the proxy {proxy.url} refused" in words
    assert status.split(" ")[0] in words
    assert "canary" not in words


def test_further_headers_go_with_every_request_and_stay_out_of_its_record() -> None:
    seen: list[Call] = []

    def answer(call: Call) -> bytes:
        seen.append(call)
        return FINE

    with RawServer(answer) as server:
        told = ask(server.url, Wire(headers=[("X-Pass", "canary")]))
    assert told.response is not None
    assert ("X-Pass", "canary") in seen[0].headers
