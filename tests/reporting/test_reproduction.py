"""The curl line of a finding asks the same again, and shows no secret."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest

from tests.support import PASSWORD, SECOND_TOKEN, TOKEN, Call, RawServer, environment, reply
from workspace_conformance.checks import authentication
from workspace_conformance.exchange.messages import Request
from workspace_conformance.reporting.evidence import curl
from workspace_conformance.settings import DOCUMENTED_RATE
from workspace_conformance.transport.client import as_form, as_json
from workspace_conformance.transport.pacing import Pacer
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.transport.sending import Transport
from workspace_conformance.transport.wire import Wire

AGENT = (("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate"))
WHO = ("Authorization", TOKEN)
SAFE = quote(TOKEN, safe="")
FORM = "application/x-www-form-urlencoded"


def request(
    method: str, path: str, *headers: tuple[str, str], body: bytes = b"", media: str | None = None
) -> Request:
    kind = (("Content-Type", media),) if media else ()
    return Request(method, path, (*AGENT, *headers, *kind), body)


LOGIN = {"userName": "me & you", "password": PASSWORD}
REQUESTS = {
    "plain": request("GET", "/api/2.0/people/@self.json", WHO),
    "no credential": request("GET", "/api/2.0/people"),
    "second account": request("GET", "/api/2.0/people", ("Authorization", SECOND_TOKEN)),
    "accept": Request("GET", "/p", (WHO, ("Accept", "application/json"))),
    "no accept": Request("GET", "/p", (WHO,)),
    "empty credential": request("GET", "/p", ("Authorization", "")),
    "scheme": request("GET", "/p", ("Authorization", f"Conformance {TOKEN}")),
    "cookie": request("GET", "/p", ("Cookie", f"asc_auth_key={TOKEN}")),
    "query": request("GET", f"/p.json?token={SAFE}"),
    "query among others": request("GET", f"/p.json?a=%20b&token={SAFE}&c=d%2Fe"),
    "query without secret": request("GET", "/p?count=1&startIndex=%31&x=a+b", WHO),
    "dots": request("GET", "/api/2.0/people/../../x/./y/%2e%2e/z", WHO),
    "brackets": request("GET", "/api/2.0/people/{userid}[1-3]", WHO),
    "percent": request("GET", "/api/2.0/people/%00%2F%25%F0%9F%98%80'$HOME`id`\"!\\", WHO),
    "delete": request("DELETE", "/p/1", WHO),
    "invented": request("CONFORM", "/p/1", WHO),
    "lower case": request("get", "/p/1", WHO),
    "json": request("PUT", "/p", WHO, body=b'{"a": "it\'s $5 `x` \\"q\\" \xd0\xb6"}', media="a/b"),
    "json login": request("POST", "/p", body=as_json(LOGIN).content, media="application/json"),
    "form login": request("POST", "/p", body=as_form(LOGIN).content, media=FORM),
    "at sign": request("POST", "/p", WHO, body=b"@/etc/hostname", media="text/plain"),
    "no media": request("POST", "/p", WHO, body=b"a=b"),
    "lines": request("POST", "/p", WHO, body=b"a\r\nb\n", media="text/plain"),
    "not utf-8": request("POST", "/p", WHO, body=b"\xff\xfe'a\\b\n$x", media="text/plain"),
    **{
        form: request("GET", "/p", ("Authorization", authentication.INVALID[form](TOKEN, "none")))
        for form in ("truncated", "extended", "altered", "other letter case", "undecodable Basic")
    },
}


def seen(call: Call) -> tuple[bytes, dict[str, str], bytes]:
    """What decides an answer: the request line, the headers, the body."""
    passed_over = {"host", "connection", "user-agent", "accept-encoding", "content-length"}
    headers = {name.lower(): value for name, value in call.headers}
    line = _capitals(call.line.encode())
    # curl writes + for a space of a form.
    body = call.body.replace(b"+", b"%20") if headers.get("content-type") == FORM else call.body
    return line, {k: v for k, v in headers.items() if k not in passed_over}, _capitals(body)


def _capitals(body: bytes) -> bytes:
    return re.sub(rb"%[0-9a-f]{2}", lambda code: code[0].upper(), body)


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with RawServer(reply(headers={"Connection": "close"})) as server:
        yield server


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("name", REQUESTS)
def test_the_curl_line_asks_the_same_again(name: str, server: RawServer) -> None:
    redactor = Redactor()
    redactor.learn(TOKEN, "token")
    redactor.learn(SECOND_TOKEN, "second-token")
    redactor.learn(PASSWORD, "password")
    given = REQUESTS[name]
    if name in authentication.INVALID and name != "undecodable Basic":
        redactor.learn(given.header("authorization"), f"token, {name}")
    asked = replace(given, url=server.url + given.url)
    transport = Transport(Wire(), Pacer(None, DOCUMENTED_RATE), redactor, allow_writes=True)
    transport.ask(asked)
    transport.close()
    line = curl(asked, redactor)
    assert line.isprintable()
    secrets = (TOKEN, SECOND_TOKEN, PASSWORD, SAFE, quote(PASSWORD, safe=""))
    assert not [secret for secret in secrets if secret in line]
    done = subprocess.run(
        ["bash", "-c", line],
        env=environment(
            WORKSPACE_TOKEN=TOKEN,
            WORKSPACE_SECOND_TOKEN=SECOND_TOKEN,
            WORKSPACE_PASSWORD=PASSWORD,
        ),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, (line, done.stderr)
    ours, curls = server.calls[-2:]
    assert seen(curls) == seen(ours), line


def test_the_variables_stand_as_the_readme_names_them() -> None:
    redactor = Redactor()
    redactor.learn(TOKEN, "token")
    line = curl(Request("GET", "http://portal.test/p", (*AGENT, WHO)), redactor)
    assert line == 'curl -i -H "Authorization: $WORKSPACE_TOKEN" http://portal.test/p'
