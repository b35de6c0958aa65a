"""A proxy of the environment: gone through, shown, and never let in on more than it must know."""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import threading
from pathlib import Path

import pytest

from tests.support import (
    Call,
    RawServer,
    against,
    environment,
    free_port,
    no_traceback,
    observed_portal,
    reply,
    run_suite,
)
from workspace_conformance.reference import Options, launch
from workspace_conformance.settings import SettingsError
from workspace_conformance.transport import proxies

FEW = ("--requirement=REST", "--requirement=ID-4", "--id-examples=10")
USER, PASSWORD = "somebody", "canary-of-the-proxy"


class Proxy(RawServer):
    """An HTTP proxy: it forwards what it is asked in absolute form, and opens tunnels."""

    def __init__(self, *, known_only: bool = False) -> None:
        super().__init__(self._carry)
        self._known_only = known_only

    def _carry(self, call: Call) -> bytes | None:
        given = {name.lower(): value for name, value in call.headers}
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self._known_only and given.get("proxy-authorization") != f"Basic {basic}":
            return reply("407 Proxy Authentication Required")
        method, target, _ = call.line.split(" ")
        whole = re.fullmatch(r"(?:http://)?([^/]+):(\d+)(/.*)?", target)
        if whole is None:
            return reply("400 Bad Request")
        with socket.create_connection((whole[1], int(whole[2]))) as upstream:
            if method == "CONNECT":
                call.socket.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                threading.Thread(target=_pipe, args=(call.socket, upstream), daemon=True).start()
            else:
                head, _, body = call.raw.partition(b"\r\n\r\n")
                lines = [
                    line
                    for line in head.split(b"\r\n")[1:]
                    if not line.lower().startswith((b"proxy-", b"connection:"))
                ]
                first = f"{method} {whole[3]} HTTP/1.1".encode()
                upstream.sendall(b"\r\n".join([first, *lines, b"Connection: close", b"", body]))
            _pipe(upstream, call.socket)
        return None


def _pipe(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def test_a_run_goes_through_the_proxy_and_says_so(tmp_path: Path) -> None:
    """Every request, as it was written; the proxy's password stays out of sight."""
    with observed_portal() as portal, Proxy(known_only=True) as proxy:
        where = proxy.url.removeprefix("http://")
        env = against(portal, HTTP_PROXY=f"http://{USER}:{PASSWORD}@{where}")
        ran = run_suite(tmp_path, "--allow-writes", *FEW, env=env)
        asked = [call.line.split(" ")[1] for call in proxy.calls]
    assert ran.code == 0, ran.out[-3000:]
    assert f"target {portal.url} through the proxy http://{where}" in " ".join(ran.out.split())
    assert sorted(asked) == sorted(portal.url + path for path in questions(portal.questions))
    assert any("%2F" in path or "/../" in path for path in asked)
    assert ran.results["settings"]["proxy"] == f"http://{where}"
    left = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert not any(PASSWORD in file.read_text("utf-8", "replace") for file in left)
    assert PASSWORD not in ran.out


def questions(counted: dict[tuple[str, str, str, bytes], int]) -> list[str]:
    """Each target as often as it was asked."""
    return [target for (_, target, _, _), times in counted.items() for _ in range(times)]


def test_tls_goes_through_a_tunnel(tmp_path: Path) -> None:
    with launch(Options(variants=("tls",), rate=None)) as portal, Proxy() as proxy:
        env = {
            "WORKSPACE_TARGET": portal.url,
            "WORKSPACE_TOKEN": portal.token,
            "WORKSPACE_CA": str(portal.ca),
            "https_proxy": proxy.url,
        }
        ran = run_suite(tmp_path, *FEW, env=env)
        lines = {call.line for call in proxy.calls}
    assert ran.code == 0, ran.out[-3000:]
    assert lines == {f"CONNECT {portal.url.removeprefix('https://')} HTTP/1.1"}


def test_an_exception_is_respected(tmp_path: Path) -> None:
    with observed_portal() as portal, Proxy() as proxy:
        env = against(portal, HTTP_PROXY=proxy.url, NO_PROXY="127.0.0.1,example.com")
        ran = run_suite(tmp_path, "--requirement=STA-1", env=env)
        assert proxy.connections == 0
    assert ran.code == 0
    assert "proxy" not in ran.out


def test_the_embedded_portal_is_not_asked_through_a_proxy(tmp_path: Path) -> None:
    env = {"HTTP_PROXY": f"http://127.0.0.1:{free_port()}", "ALL_PROXY": "nonsense://x"}
    assert run_suite(tmp_path, "--requirement=STA-1", env=env).code == 0


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"HTTP_PROXY": "socks5://127.0.0.1:1"}, "HTTP_PROXY names a socks5 proxy"),
        ({"ALL_PROXY": "http://:x"}, "ALL_PROXY: the value is no URL"),
        (
            {"HTTP_PROXY": "http://127.0.0.1:1", "WORKSPACE_SECOND_ADDRESS": "127.0.0.2"},
            "--second-address needs connections of our own",
        ),
    ],
)
def test_what_cannot_be_gone_through_is_refused(
    variables: dict[str, str], says: str, tmp_path: Path
) -> None:
    """One sentence, exit code 4, no request."""
    with observed_portal() as portal:
        ran = run_suite(tmp_path, env=against(portal, **variables))
        assert portal.asked == []
    assert ran.code == 4
    assert says in ran.out
    assert no_traceback(ran.out)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses_is_not_the_targets_fault(scheme: str, tmp_path: Path) -> None:
    """It could not be judged: exit code 6, and the words say who refused."""
    with Proxy(known_only=True) as proxy:
        env = {
            "WORKSPACE_TARGET": f"{scheme}://127.0.0.1:{free_port()}",
            "WORKSPACE_TOKEN": "any-token",
            f"{scheme}_proxy": proxy.url,
        }
        ran = run_suite(tmp_path, env=env)
    assert ran.code == 6, ran.out[-2000:]
    assert "407" in ran.out
    assert ran.results["verdict"] == "incomplete"
    assert no_traceback(ran.out)


def test_a_proxy_is_found_as_others_find_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in environment():
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    assert proxies.find("https://portal.test") is None
    monkeypatch.setenv("all_proxy", "gate.test:3128")
    assert proxies.find("https://portal.test") == "http://gate.test:3128"
    monkeypatch.setenv("https_proxy", "http://ann:secret@other.test:80/path")
    found = proxies.find("https://portal.test")
    assert found is not None
    assert proxies.shown(found) == "http://other.test:80"
    assert proxies.password_of(found) == "secret"
    monkeypatch.setenv("no_proxy", ".test")
    assert proxies.find("https://portal.test") is None
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("https_proxy", "http://[nonsense")
    with pytest.raises(SettingsError, match="HTTPS_PROXY"):
        proxies.find("https://portal.test")


@pytest.mark.parametrize(
    ("exceptions", "target", "is_excepted"),
    [
        ("127.0.0.0/8", "http://127.3.2.1:8080", True),
        ("10.0.0.0/8, 127.0.0.0/8", "http://127.0.0.1", True),
        ("127.0.0.0/8", "http://128.0.0.1", False),
        ("127.0.0.1", "http://127.0.0.1", True),
        ("::1/128", "http://[::1]:80", True),
        ("::1", "http://[::1]:80", True),
        ("[::1]", "http://[::1]", True),
        ("fd00::/8", "http://[fd12::1]/p", True),
        ("fd00::/8", "http://[fe80::1]/p", False),
        ("127.0.0.0/8", "http://[::1]", False),
        ("127.0.0.0/8", "http://portal.test", False),
        ("127.0.0.0/99,portal.test", "http://portal.test", True),
        ("*", "http://127.0.0.1", True),
        ("", "http://127.0.0.1", False),
    ],
)
def test_networks_are_excepted(
    monkeypatch: pytest.MonkeyPatch, exceptions: str, target: str, is_excepted: bool
) -> None:
    """As curl reads them: a credential must not go to a proxy that the user excepted."""
    for name in environment():
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("http_proxy", "http://gate.test:3128")
    monkeypatch.setenv("no_proxy", exceptions)
    assert (proxies.find(target) is None) is is_excepted
