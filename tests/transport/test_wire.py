"""The client: what leaves is exactly what was written, and what comes back is bounded."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Iterator

import httpx
import pytest
import respx

from tests.support import Call, RawServer, free_port, gzipped, reply, reset
from workspace_conformance.exchange.messages import Request, Trouble, is_field_value
from workspace_conformance.transport.wire import Answer, Bounds, Wire

FINE = reply(body=b"fine")


def send(*requests: Request, bounds: Bounds | None = None) -> list[Answer]:
    """Send one request after the other on one wire."""

    async def all_of_them() -> list[Answer]:
        wire = Wire(bounds=bounds)
        try:
            return [await wire.send(request) for request in requests]
        finally:
            await wire.close()

    return asyncio.run(all_of_them())


def body_of(answer: Answer) -> bytes:
    assert answer.response is not None, answer.words
    return answer.response.body


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(FINE) as running:
        yield running


# --- what leaves ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "/api/2.0/people.json",
        "/api/2.0/people/../group",
        "/api/2.0/people/./x/..",
        "/api/2.0/people/%2e%2e/group",
        "/api/2.0/people/%2E%2E%2Fgroup",
        "/api/2.0/people/a%2Fb",
        "/api/2.0/people/a%252Fb%25",
        "/api/2.0/people/Mike.",
        "/api/2.0/people/Mike..",
        "/api/2.0/people/a;b=1,c",
        "/api/2.0/people/~a'(b)*!$&+=:@",
        "/api/2.0/people/%7E%61%00%0d%0A",
        "/api/2.0/people/%f0%9f%a6%89%C3",
        "/api/2.0/people/{userid}[0]|^`",
        "/api/2.0/people/\\..\\x",
        "//api//2.0///people/",
        "/api/2.0/people?",
        "/api/2.0/people?a=b?c=/../d&%2e=%3F+%20",
        "/api/2.0/people.json?count=2",
    ],
)
def test_the_url_leaves_byte_for_byte(server: RawServer, target: str) -> None:
    (answer,) = send(Request("GET", server.url + target))
    assert body_of(answer) == b"fine"
    assert [call.line for call in server.calls] == [f"GET {target} HTTP/1.1"]


def test_a_root_without_a_path_is_asked_for_the_root(server: RawServer) -> None:
    send(Request("GET", server.url))
    assert server.calls[0].line == "GET / HTTP/1.1"


@pytest.mark.parametrize("method", ["GET", "get", "DELETE", "PATCH", "TRACE", "CONFORM", "pAtCh"])
def test_the_method_is_spelled_as_it_was_written(server: RawServer, method: str) -> None:
    (answer,) = send(Request(method, server.url + "/x"))
    assert answer.response is not None
    assert server.calls[0].line == f"{method} /x HTTP/1.1"


def test_no_header_is_added_but_host_and_length(server: RawServer) -> None:
    headers = (("Accept", "*/*"), ("X-One", "1"), ("X-One", "2"))
    send(Request("GET", server.url, headers), Request("POST", server.url, headers, b"a=b"))
    reading, writing = (call.headers for call in server.calls)
    host = ("Host", server.url.removeprefix("http://"))
    assert sorted(reading) == sorted([host, *headers])
    assert sorted(writing) == sorted([host, *headers, ("Content-Length", "3")])
    assert server.calls[1].body == b"a=b"


def test_an_empty_authorization_is_sent_empty(server: RawServer) -> None:
    send(Request("GET", server.url, (("Authorization", ""),)), Request("GET", server.url))
    empty, absent = (dict(call.headers) for call in server.calls)
    assert empty["Authorization"] == ""
    assert "Authorization" not in absent


def test_header_values_go_out_in_latin_1(server: RawServer) -> None:
    send(Request("GET", server.url, (("Authorization", "Schlüssel"),)))
    assert b"Authorization: Schl\xfcssel\r\n" in server.calls[0].raw


def test_no_cookie_is_kept() -> None:
    cookie = {"Set-Cookie": "asc_auth_key=abcdefgh; Path=/"}
    with RawServer(reply(headers=cookie)) as server:
        first, _ = send(Request("GET", server.url + "/a"), Request("GET", server.url + "/b"))
    assert first.response is not None
    assert first.response.header("set-cookie") == cookie["Set-Cookie"]
    assert "cookie" not in {name.lower() for name, _ in server.calls[1].headers}
    assert server.connections == 1, "the connection is kept all the same"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 T", "308 P"])
def test_a_redirect_is_an_answer(server: RawServer, status: str) -> None:
    with RawServer(reply(status, headers={"Location": server.url + "/elsewhere"})) as first:
        (answer,) = send(Request("GET", first.url, (("Authorization", "secret"),)))
    assert answer.response is not None
    assert answer.response.status == int(status[:3])
    assert len(first.calls) == 1
    assert server.connections == 0


# --- what comes back ------------------------------------------------------------------------------


def test_an_answer_is_taken_as_it_came() -> None:
    raw = (
        b"HTTP/1.1 404 Nicht gefunden \xfc\r\nX-A: 1\r\nx-a: caf\xe9\r\nContent-Length: 2\r\n\r\nno"
    )
    with RawServer(raw) as server:
        (answer,) = send(Request("GET", server.url))
    response = answer.response
    assert response is not None
    assert (response.status, response.reason) == (404, "Nicht gefunden ü")
    assert response.header_values("X-A") == ["1", "café"]
    assert response.body == b"no"
    assert answer.received >= answer.sent


def test_head_has_a_length_and_no_body() -> None:
    with RawServer(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n") as server:
        head, again = send(Request("HEAD", server.url), Request("HEAD", server.url))
    assert body_of(head) == body_of(again) == b""


def test_a_body_over_the_bound_is_cut_off_and_said_to_be() -> None:
    with RawServer(reply(body=b"x" * 5000)) as server:
        (cut,) = send(Request("GET", server.url), bounds=Bounds(body=1000))
        (whole,) = send(Request("GET", server.url), bounds=Bounds(body=5000))
    assert body_of(cut) == b"x" * 1000
    assert cut.response is not None
    assert "1000 bytes" in (cut.response.trouble or "")
    assert body_of(whole) == b"x" * 5000
    assert whole.response is not None
    assert whole.response.trouble is None


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzipped(b"plain text")),
        ("x-gzip", gzipped(b"plain text")),
        ("deflate", zlib.compress(b"plain text")),
        ("deflate", _raw_deflate(b"plain text")),
        ("deflate, gzip", gzipped(zlib.compress(b"plain text"))),
        ("identity", b"plain text"),
    ],
    ids=["gzip", "x-gzip", "deflate", "raw deflate", "both", "identity"],
)
def test_content_codings_are_undone(coding: str, packed: bytes) -> None:
    with RawServer(reply(body=packed, headers={"Content-Encoding": coding})) as server:
        (answer,) = send(Request("GET", server.url))
    assert body_of(answer) == b"plain text"
    assert answer.response is not None
    assert answer.response.trouble is None


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzipped(b"\0" * 50_000_000)),
        ("deflate", zlib.compress(b"\0" * 50_000_000)),
        ("gzip, gzip", gzipped(gzipped(b"\0" * 50_000_000))),
        ("gzip", b"never packed"),
        ("gzip", gzipped(b"plain text" * 100)[:-20]),
        ("br", b"nobody asked for it"),
        ("gzip, gzip, gzip, gzip, gzip", b"too many"),
    ],
    ids=["bomb", "deflate bomb", "nested bomb", "not packed", "cut off", "unasked", "stacked"],
)
def test_what_cannot_be_unpacked_is_an_answer_with_a_trouble(coding: str, packed: bytes) -> None:
    with RawServer(reply(body=packed, headers={"Content-Encoding": coding})) as server:
        (answer,) = send(Request("GET", server.url), bounds=Bounds(body=1_000_000))
    assert answer.trouble is None
    assert answer.response is not None
    assert answer.response.status == 200
    assert answer.response.body == b""
    assert "Content-Encoding" in (answer.response.trouble or "")


# --- no answer ------------------------------------------------------------------------------------


def _drip(call: Call) -> None:
    call.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(200):
        call.socket.sendall(b".")
        time.sleep(0.02)


def _silent(call: Call) -> None:
    call.socket.recv(1)  # returns when the client gives up


def _cut(call: Call) -> None:
    call.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


def _closed(call: Call) -> None:
    return None


TROUBLES = {
    "closed without a word": (_closed, Trouble.DROPPED),
    "reset": (reset, Trouble.DROPPED),
    "cut off in the body": (_cut, Trouble.DROPPED),
    "silent": (_silent, Trouble.TIMEOUT),
    "a byte at a time": (_drip, Trouble.TIMEOUT),
    "garbage": (lambda call: b"\x15\x03\x03 this is not HTTP\r\n\r\n", Trouble.PROTOCOL),
    "two lengths": (
        lambda call: b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        Trouble.PROTOCOL,
    ),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_no_whole_answer_is_a_trouble_with_words(name: str) -> None:
    handler, expected = TROUBLES[name]
    with RawServer(handler) as server:
        (answer,) = send(Request("GET", server.url), bounds=Bounds(2.0, 0.3, 0.6))
    assert (answer.response, answer.trouble) == (None, expected)
    assert answer.words
    assert len(server.calls) == 1, "nothing is asked again behind the caller's back"


@pytest.mark.parametrize("value", ["\u20ac", "a\r\nb: c", "a\0b"])
def test_what_no_header_can_carry_is_not_sent(value: str) -> None:
    assert not is_field_value(value)
    with RawServer(FINE) as server:
        (answer,) = send(Request("GET", server.url, (("Authorization", value),)))
    assert (answer.response, answer.trouble) == (None, Trouble.PROTOCOL)
    assert answer.words
    assert server.calls == []


@pytest.mark.parametrize("value", ["a", "a b", "a\tb", "\xe9"])
def test_what_a_header_can_carry_is_sent(value: str) -> None:
    assert is_field_value(value)
    assert not is_field_value(f"{value} ")
    with RawServer(FINE) as server:
        (answer,) = send(Request("GET", server.url, (("Authorization", value),)))
    assert answer.response is not None
    assert ("Authorization", value) in server.calls[0].headers


def test_a_refused_connection() -> None:
    (answer,) = send(Request("GET", f"http://127.0.0.1:{free_port()}/"))
    assert (answer.response, answer.trouble) == (None, Trouble.CONNECT)


@pytest.mark.parametrize("host", ["xn--zzzzz--.example", "portal..example"])
def test_a_host_that_cannot_be_is_not_reached(host: str) -> None:
    (answer,) = send(Request("GET", f"http://{host}/"))
    assert (answer.response, answer.trouble) == (None, Trouble.CONNECT)
    assert answer.words


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (httpx.ConnectTimeout("slow"), Trouble.CONNECT),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), Trouble.CONNECT),
        (httpx.ProxyError("407"), Trouble.CONNECT),
        (httpx.ReadTimeout("slow"), Trouble.TIMEOUT),
        (httpx.WriteTimeout("slow"), Trouble.TIMEOUT),
        (httpx.PoolTimeout("full"), Trouble.TIMEOUT),
        (httpx.WriteError("broken pipe"), Trouble.DROPPED),
        (httpx.RemoteProtocolError("Server disconnected without sending"), Trouble.DROPPED),
        (httpx.RemoteProtocolError("illegal status line"), Trouble.PROTOCOL),
        (OSError("no such device"), Trouble.PROTOCOL),
    ],
)
def test_every_error_of_the_network_has_its_kind(error: Exception, trouble: Trouble) -> None:
    with respx.mock:
        respx.get("http://portal.test/").mock(side_effect=error)
        (answer,) = send(Request("GET", "http://portal.test/"))
    assert (answer.response, answer.trouble) == (None, trouble)
    assert answer.words


def test_a_connection_that_ended_between_two_requests_is_made_anew() -> None:
    closing = reply(body=b"fine", headers={"Connection": "close"})
    with RawServer(closing) as server:
        answers = send(Request("GET", server.url), Request("GET", server.url))
    assert [body_of(answer) for answer in answers] == [b"fine", b"fine"]
    assert server.connections == 2


def test_the_source_address_is_the_one_asked_for() -> None:
    def whence(call: Call) -> bytes:
        return reply(body=str(call.socket.getpeername()[0]).encode())

    with RawServer(whence) as server:
        answers = send(Request("GET", server.url), Request("GET", server.url, address="127.0.0.2"))
    assert [body_of(answer) for answer in answers] == [b"127.0.0.1", b"127.0.0.2"]


def test_an_application_takes_the_place_of_the_network() -> None:
    from workspace_conformance.reference.assembly import create_app

    app = create_app()
    headers = (("Authorization", app.credentials.token),)

    async def ask() -> Answer:
        wire = Wire(app=app)
        url = "http://127.0.0.1/api/2.0/people/@self.json"
        return await wire.send(Request("GET", url, headers))

    answer = asyncio.run(ask())
    assert answer.response is not None, answer.words
    assert answer.response.status == 200
    assert b'"userName":"Mike.Zanyatski"' in answer.response.body
