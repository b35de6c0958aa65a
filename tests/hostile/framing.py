"""Servers that break HTTP itself: time, heads, lengths, chunks, codings, connections."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
import zlib

from tests.hostile.registry import behaviour
from tests.hostile.site import Expect, Site, send_for_ever, spelled, wait_for_the_end
from tests.support import Call, reset

ACCUSED, SPARED, HARMLESS = Expect.ACCUSED, Expect.SPARED, Expect.HARMLESS
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

# --- time -----------------------------------------------------------------------------------------


@behaviour("silent", "never answers", SPARED, greets=False)
def _silent(call: Call, site: Site) -> None:
    wait_for_the_end(call)


@behaviour("silent-later", "greets, and never answers anything else", SPARED)
def _silent_later(call: Call, site: Site) -> None:
    wait_for_the_end(call)


@behaviour("drip-head", "sends its head a byte at a time", SPARED)
def _drip_head(call: Call, site: Site) -> None:
    send_for_ever(call, b"HTTP/1.1 200 OK\r\nX-Drip: ", b"x", 0.1)


@behaviour("drip-body", "sends its body a byte at a time", SPARED)
def _drip_body(call: Call, site: Site) -> bytes | None:
    if call.line.startswith("HEAD "):
        return site.raw(call)
    return send_for_ever(call, OK + b"Content-Length: 100000\r\n\r\n", b" ", 0.1)


@behaviour("often-silent", "answers one request in ten, and leaves the others waiting", SPARED)
def _often_silent(call: Call, site: Site) -> bytes | None:
    if site.number % 10 == 0:
        return site.raw(call)
    wait_for_the_end(call)
    return None


# --- heads ----------------------------------------------------------------------------------------


@behaviour("endless-header", "sends one header that never ends", SPARED)
def _endless_header(call: Call, site: Site) -> None:
    send_for_ever(call, b"HTTP/1.1 200 OK\r\nX-Long: ", b"x" * 4096)


@behaviour("endless-headers", "sends headers without end", SPARED)
def _endless_headers(call: Call, site: Site) -> None:
    send_for_ever(call, b"HTTP/1.1 200 OK\r\n", b"X-Many: 1\r\n" * 300)


@behaviour("endless-status-line", "sends a status line that never ends", SPARED)
def _endless_status(call: Call, site: Site) -> None:
    send_for_ever(call, b"HTTP/1.1 200 ", b"OK " * 1000)


@behaviour("no-http", "answers something that is not HTTP", SPARED)
def _no_http(call: Call, site: Site) -> bytes:
    return b"220 mail.example.com ESMTP ready\r\n\r\n\x1b[31mhello\r\n\r\n"


@behaviour("status-out-of-range", "answers with the status 999", ACCUSED)
def _status_999(call: Call, site: Site) -> bytes:
    return spelled(site.truth(call), call, status="999 Beyond")


@behaviour("status-of-four-digits", "answers with the status 2000", SPARED)
def _status_2000(call: Call, site: Site) -> bytes:
    return spelled(site.truth(call), call, status="2000 OK")


@behaviour("nul-in-header", "puts a NUL byte into a header", SPARED)
def _nul(call: Call, site: Site) -> bytes:
    return site.raw(call).replace(b"\r\n", b"\r\nX-Bad: a\0b\r\n", 1)


@behaviour("bare-cr-in-header", "puts a lone carriage return into a header", SPARED)
def _bare_cr(call: Call, site: Site) -> bytes:
    return site.raw(call).replace(b"\r\n", b"\r\nX-Bad: a\rSet-Cookie: b\r\n", 1)


@behaviour("header-without-name", "sends header lines without a name", SPARED)
def _nameless(call: Call, site: Site) -> bytes:
    return site.raw(call).replace(b"\r\n", b"\r\n: nameless\r\nno colon\r\n", 1)


@behaviour("bytes-in-header", "puts bytes that are no text into headers and reason", HARMLESS)
def _bytes(call: Call, site: Site) -> bytes:
    raw = site.raw(call)
    return raw.replace(b"\r\n", b" \xff\xfe\r\nX-Bytes: \x80\x9b31m\xff\r\nServer: \xc3\x28\r\n", 1)


@behaviour("interim-flood", "sends 1xx answers without end", SPARED)
def _interim(call: Call, site: Site) -> None:
    send_for_ever(call, b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 50)


@behaviour("interim-few", "sends a few 1xx answers before each answer", HARMLESS)
def _interim_few(call: Call, site: Site) -> bytes:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"
    return b"HTTP/1.1 100 Continue\r\n\r\n" + hints + site.raw(call)


@behaviour("upgrade", "switches to another protocol that nobody asked for", SPARED)
def _upgrade(call: Call, site: Site) -> None:
    call.socket.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    )
    send_for_ever(call, b"", b"\x81\x05hello" * 100, 0.02)


# --- lengths --------------------------------------------------------------------------------------


@behaviour("endless-body", "sends a body that never ends", ACCUSED)
def _endless_body(call: Call, site: Site) -> None:
    send_for_ever(call, OK + b"\r\n", b'{"response": "' + b"x" * 65536)


@behaviour("endless-chunks", "sends chunks without end", ACCUSED)
def _endless_chunks(call: Call, site: Site) -> None:
    chunk = b"10000\r\n" + b"[" * 65536 + b"\r\n"
    send_for_ever(call, OK + b"Transfer-Encoding: chunked\r\n\r\n", chunk)


@behaviour("endless-trailers", "sends trailers without end", ACCUSED)
def _endless_trailers(call: Call, site: Site) -> None:
    send_for_ever(
        call, OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X-T: 1\r\n" * 300
    )


@behaviour("length-too-long", "declares more than it sends, and hangs up", SPARED)
def _too_long(call: Call, site: Site) -> None:
    answer = site.truth(call)
    call.socket.sendall(spelled(answer, call, length=str(len(answer.body) + 100)))


@behaviour("length-too-long-kept", "declares more than it sends, and waits", SPARED)
def _too_long_kept(call: Call, site: Site) -> None:
    answer = site.truth(call)
    call.socket.sendall(spelled(answer, call, length=str(len(answer.body) + 100)))
    wait_for_the_end(call)


@behaviour("length-too-short", "declares less than it sends", ACCUSED)
def _too_short(call: Call, site: Site) -> bytes:
    answer = site.truth(call)
    return spelled(answer, call, length=str(max(0, len(answer.body) - 20)))


@behaviour("length-negative", "declares a negative length", SPARED)
def _negative(call: Call, site: Site) -> bytes:
    return spelled(site.truth(call), call, length="-1")


@behaviour("length-twice", "declares two lengths", SPARED)
def _twice(call: Call, site: Site) -> bytes:
    answer = site.truth(call)
    return spelled(answer, call, headers=(("Content-Length", str(len(answer.body) + 7)),))


@behaviour("length-absurd", "declares a length of a thousand digits", SPARED)
def _absurd(call: Call, site: Site) -> bytes:
    return spelled(site.truth(call), call, length="9" * 1000)


@behaviour("chunk-size-broken", "sends chunk sizes that are no numbers", ACCUSED)
def _broken_chunk(call: Call, site: Site) -> bytes:
    return OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n"


@behaviour("chunk-size-huge", "announces a chunk of 2^63 bytes, and hangs up", ACCUSED)
def _huge_chunk(call: Call, site: Site) -> None:
    call.socket.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n{}")


@behaviour("chunks-cut-off", "leaves out the last chunk", ACCUSED)
def _cut_chunks(call: Call, site: Site) -> None:
    call.socket.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")


@behaviour("chunk-extensions", "sends chunk extensions without end", ACCUSED)
def _extensions(call: Call, site: Site) -> None:
    # To HEAD that is a whole answer: a success, with a credential and without one.
    send_for_ever(call, OK + b"Transfer-Encoding: chunked\r\n\r\n2", b";a=b" * 1000)


@behaviour("length-and-chunks", "declares a length and chunks at once", ACCUSED)
def _both(call: Call, site: Site) -> bytes:
    body = site.truth(call).body
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    return OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks


@behaviour("body-after-head", "sends a body after HEAD and 204", SPARED)
def _body_after_head(call: Call, site: Site) -> bytes:
    return spelled(site.truth(call))


@behaviour("large-bodies", "sends answers of nearly four million bytes", SPARED)
def _large(call: Call, site: Site) -> bytes:
    answer = site.truth(call)
    if not call.line.startswith("GET ") or answer.status != 200:
        return spelled(answer, call)
    return spelled(answer, call, body=answer.body + b" " * 3_900_000)


# --- codings --------------------------------------------------------------------------------------

_BOMB = gzip.compress(b" " * 200_000_000, 9)
_NESTED = gzip.compress(gzip.compress(_BOMB, 9), 9)


def _coded(call: Call, site: Site, body: bytes, coding: str) -> bytes:
    return spelled(site.truth(call), call, body=body, headers=(("Content-Encoding", coding),))


@behaviour("gzip-bomb", "sends 200 MB in 200 kB", SPARED)
def _bomb(call: Call, site: Site) -> bytes:
    return _coded(call, site, _BOMB, "gzip")


@behaviour("gzip-bomb-nested", "packs its bomb three times", SPARED)
def _nested_bomb(call: Call, site: Site) -> bytes:
    return _coded(call, site, _NESTED, "gzip, gzip, gzip")


@behaviour("gzip-declared", "declares gzip and sends plain text", ACCUSED)
def _declared(call: Call, site: Site) -> bytes:
    return _coded(call, site, site.truth(call).body or b"{}", "gzip")


@behaviour("gzip-undeclared", "sends gzip and does not say so", ACCUSED)
def _undeclared(call: Call, site: Site) -> bytes:
    answer = site.truth(call)
    return spelled(answer, call, body=gzip.compress(answer.body))


@behaviour("deflate-garbage", "declares deflate and sends noise", ACCUSED)
def _deflate(call: Call, site: Site) -> bytes:
    return _coded(call, site, bytes(range(1, 256)) * 4, "deflate")


@behaviour("deflate-cut-off", "cuts its deflate stream off", ACCUSED)
def _deflate_cut(call: Call, site: Site) -> bytes:
    return _coded(call, site, zlib.compress(site.truth(call).body or b"{}")[:-6], "deflate")


@behaviour("coding-unknown", "declares codings nobody knows, with escapes in their names", ACCUSED)
def _unknown_coding(call: Call, site: Site) -> bytes:
    return _coded(call, site, b"?", "x-\x1b[31mred, \x9b31m")


# --- connections ----------------------------------------------------------------------------------


def _reset_now(connection: socket.socket, site: Site) -> socket.socket:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    raise ConnectionResetError


@behaviour("reset-at-connect", "resets every connection at once", SPARED, accept=_reset_now)
def _never(call: Call, site: Site) -> None:
    return None


@behaviour("reset-after-request", "resets the connection when it was asked", SPARED)
def _reset(call: Call, site: Site) -> None:
    reset(call)


@behaviour("reset-in-head", "resets the connection in the middle of its head", SPARED)
def _reset_in_head(call: Call, site: Site) -> None:
    call.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Ty")
    time.sleep(0.01)
    reset(call)


@behaviour("reset-in-body", "resets the connection in the middle of its body", SPARED)
def _reset_in_body(call: Call, site: Site) -> None:
    raw = site.raw(call)
    call.socket.sendall(raw[:-10])
    time.sleep(0.01)
    reset(call)


@behaviour("half-closed", "closes its half of the connection before the answer is whole", SPARED)
def _half_closed(call: Call, site: Site) -> None:
    call.socket.sendall(site.raw(call)[:-1])
    call.socket.shutdown(socket.SHUT_WR)
    wait_for_the_end(call)


@behaviour("slow-hang-up", "keeps every request waiting for a while, then hangs up", SPARED)
def _slow_hang_up(call: Call, site: Site) -> None:
    time.sleep(1.5)


@behaviour("every-tenth-reset", "turns every tenth connection into a reset", HARMLESS)
def _every_tenth(call: Call, site: Site) -> bytes | None:
    if call.connection % 10 == 0:
        reset(call)
        return None
    call.socket.sendall(spelled(site.truth(call), call, headers=(("Connection", "close"),)))
    return None


@behaviour("second-answer", "sends an answer that nobody asked for after each", ACCUSED)
def _second(call: Call, site: Site) -> bytes:
    raw = site.raw(call)
    return raw + b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nextra"


@behaviour("swapped", "answers with what was asked before on the connection", ACCUSED)
def _swapped(call: Call, site: Site) -> bytes:
    raw = site.raw(call)
    with site.lock:
        before = site.notes.get(f"connection {call.connection}")
        site.notes[f"connection {call.connection}"] = raw
    assert before is None or isinstance(before, bytes)
    return before or raw


_TOGETHER = threading.Lock()


@behaviour("swapped-across", "answers with what another connection asked for", ACCUSED)
def _swapped_across(call: Call, site: Site) -> bytes:
    raw = site.raw(call)
    with _TOGETHER:
        before, site.notes["last"] = site.notes.get("last"), raw
    assert before is None or isinstance(before, bytes)
    return before or raw
