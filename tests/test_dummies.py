"""Servers that are no portal are never found conformant, whatever they answer to everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from workspace_conformance.verdict.verdicts import Exit

from .support import (
    PASSWORD,
    TOKEN,
    Call,
    Ran,
    RawServer,
    no_traceback,
    reply,
    run_suite,
    valid_result,
)

ENVELOPE = (
    b'<?xml version="1.0" encoding="utf-8"?><result><count>1</count><status>0</status>'
    b"<statusCode>200</statusCode><response><id>1</id><title>x</title></response></result>"
)
PAGE = b"<!DOCTYPE html><html><head><title>Hi</title></head><body><h1>Hi</h1></body></html>"
ERROR = b"<!DOCTYPE html><html><head><title>404</title></head><body>Not Found</body></html>"


def website(call: Call) -> bytes:
    """A server of files: a start page for the root, 404 for the rest, no method but GET and HEAD."""
    method, target, _ = call.line.split(" ", 2)
    if method not in ("GET", "HEAD"):
        return reply("405 Method Not Allowed", ERROR, "text/html", {"Allow": "GET, HEAD"})
    body, status = (PAGE, "200 OK") if target in ("/", "/index.html") else (ERROR, "404 Not Found")
    whole = reply(status, body, "text/html; charset=utf-8")
    return whole if method == "GET" else whole.removesuffix(body)


def without_body(answer: bytes) -> Callable[[Call], bytes]:
    """The same to everything; HEAD gets the head alone."""
    head, mark, _ = answer.partition(b"\r\n\r\n")
    return lambda call: head + mark if call.line.startswith("HEAD ") else answer


def to_https(call: Call) -> bytes:
    """Sends everybody to the same place over TLS."""
    host = dict(call.headers).get("Host", "127.0.0.1")
    target = call.line.split(" ")[1]
    return reply("301 Moved Permanently", headers={"Location": f"https://{host}{target}"})


WANTS_TLS = b"<html><body>The plain HTTP request was sent to HTTPS port</body></html>"
ALERT = b"\x15\x03\x01\x00\x02\x02\x46"  # what a server of TLS says to plain HTTP

DUMMIES: dict[str, Callable[[Call], bytes]] = {
    "200 and an empty body": without_body(reply()),
    "one XML envelope": without_body(reply("200 OK", ENVELOPE, "text/xml; charset=utf-8")),
    "401": without_body(reply("401 Unauthorized", headers={"WWW-Authenticate": "Basic"})),
    "403": without_body(reply("403 Forbidden")),
    "404": without_body(reply("404 Not Found")),
    "500": without_body(reply("500 Internal Server Error")),
    "a page to everything": without_body(reply("200 OK", PAGE, "text/html; charset=utf-8")),
    "a website": website,
    "a redirect to https": to_https,
    "a redirect to a login": without_body(reply("302 Found", headers={"Location": "/Auth.aspx"})),
    "a redirect to a wizard": without_body(
        reply("302 Found", headers={"Location": "/Wizard.aspx"})
    ),
    "a port that wants TLS": without_body(reply("400 Bad Request", WANTS_TLS, "text/html")),
    "a port that speaks TLS": lambda call: ALERT,
    "a gateway without a portal": without_body(reply("502 Bad Gateway", PAGE, "text/html")),
}

# What each that cannot be judged is told to its user by, in the one sentence that ends the run.
SENTENCES = {
    "200 and an empty body": "no form of what was asked for holds data",
    "401": "the credential was rejected",
    "403": "nothing is served to the account",
    "404": "see whether this is the portal's root",
    "500": "whether the portal is up",
    "a page to everything": "this answers HTML to every path",
    "a website": "see whether this is the portal's root",
    "a redirect to https": "give https://127.0.0.1",
    "a redirect to a login": "a login page or a set-up that comes before the portal",
    "a redirect to a wizard": "/Wizard.aspx; this is a login page or a set-up",
    "a port that wants TLS": "the port wants TLS",
    "a port that speaks TLS": "give the URL with https:// in place of http://",
    "a gateway without a portal": "something answers in the target's place",
}


def judged(name: str, folder: Path, *consent: str) -> Ran:
    """A run of the whole suite against a dummy, with --certify."""
    with RawServer(DUMMIES[name]) as server:
        env = {"WORKSPACE_TARGET": server.url, "WORKSPACE_TOKEN": TOKEN}
        return run_suite(folder, "--certify", "--id-examples=1", *consent, env=env)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Ran]]]:
    """The runs against all dummies, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        yield {
            name: pool.submit(judged, name, tmp_path_factory.mktemp("dummy")) for name in DUMMIES
        }


def expect_no_certificate(ran: Ran, name: str) -> None:
    """The run says so in verdict and exit code, and is not led astray on the way."""
    sentence = SENTENCES.get(name)
    data = valid_result(ran)
    assert data["left_out"] == []
    assert no_traceback(ran.out)
    if sentence is None:
        assert (data["verdict"], ran.code) == ("non-conformant", Exit.VIOLATED), ran.out[-3000:]
    else:
        assert (data["verdict"], ran.code) == ("incomplete", Exit.NOT_JUDGED), ran.out[-3000:]
        assert sentence in " ".join(ran.out.split()), ran.out[-3000:]
        assert data["counts"]["cases"]["failed"] == 0
        assert data["traffic"]["requests"] < 20
    passed = [row["id"] for row in data["requirements"] if row["verdict"] == "passed"]
    assert len(passed) < 6, passed


@pytest.mark.parametrize("name", DUMMIES)
def test_a_dummy_is_never_certified(name: str, runs: dict[str, Future[Ran]]) -> None:
    expect_no_certificate(runs[name].result(), name)


@pytest.mark.slow
@pytest.mark.parametrize("name", DUMMIES)
def test_nor_when_everything_is_allowed(name: str, tmp_path: Path) -> None:
    """The same with writes, a burst, a login and all ids that are drawn."""
    with RawServer(DUMMIES[name]) as server:
        env = {
            "WORKSPACE_TARGET": server.url,
            "WORKSPACE_TOKEN": TOKEN,
            "WORKSPACE_USERNAME": "nobody",
            "WORKSPACE_PASSWORD": PASSWORD,
        }
        consent = ("--allow-writes", "--allow-burst", "--certify")
        ran = run_suite(tmp_path, *consent, env=env)
    data = valid_result(ran)
    assert data["verdict"] != "conformant"
    assert ran.code in (Exit.VIOLATED, Exit.NOT_JUDGED), ran.out[-3000:]
    assert no_traceback(ran.out)
