"""Servers that lead astray, put off, or come and go."""

from __future__ import annotations

import time

from tests.hostile.registry import behaviour
from tests.hostile.site import Expect, Site, spelled
from tests.support import Call, reply, reset

ACCUSED, SPARED, HARMLESS = Expect.ACCUSED, Expect.SPARED, Expect.HARMLESS

# --- redirects ------------------------------------------------------------------------------------


def _redirect(to: str, status: str = "302 Found") -> bytes:
    return reply(status, headers={"Location": to})


@behaviour("redirect-loop", "redirects every request to itself", ACCUSED)
def _loop(call: Call, site: Site) -> bytes:
    return _redirect(call.line.split(" ")[1], "307 Temporary Redirect")


@behaviour("redirect-at-once", "redirects the preflight, too", SPARED, greets=False)
def _at_once(call: Call, site: Site) -> bytes:
    return _redirect(f"{site.trap}/stolen", "301 Moved Permanently")


@behaviour(
    "redirect-elsewhere", "redirects to another origin, which waits for credentials", ACCUSED
)
def _elsewhere(call: Call, site: Site) -> bytes:
    return _redirect(f"{site.trap}/stolen", "308 Permanent Redirect")


@behaviour("redirect-file", "redirects to a file of the reader's", ACCUSED)
def _file(call: Call, site: Site) -> bytes:
    return _redirect("file:///etc/passwd")


@behaviour("redirect-huge", "redirects to a URL of fifty thousand letters", ACCUSED)
def _huge(call: Call, site: Site) -> bytes:
    return _redirect(f"{site.trap}/" + "a" * 50_000)


@behaviour("refresh", "sends Refresh, Link, Alt-Svc and Content-Location headers", HARMLESS)
def _refresh(call: Call, site: Site) -> bytes:
    headers = (
        ("Refresh", f"0; url={site.trap}/refresh"),
        ("Link", f"<{site.trap}/link>; rel=preload"),
        ("Alt-Svc", f'h2="{site.trap.removeprefix("http://")}"'),
        ("Content-Location", f"{site.trap}/content"),
    )
    return spelled(site.truth(call), call, headers=headers)


# --- putting off ----------------------------------------------------------------------------------


@behaviour("retry-soon-for-ever", "answers 503 with Retry-After: 1, whatever is asked", SPARED)
def _retry_soon(call: Call, site: Site) -> bytes:
    return reply("503 Service Unavailable", headers={"Retry-After": "1"})


@behaviour("retry-in-a-century", "answers 503 with a Retry-After of a hundred digits", SPARED)
def _retry_late(call: Call, site: Site) -> bytes:
    return reply("503 Service Unavailable", headers={"Retry-After": "9" * 100})


@behaviour("retry-nonsense", "answers 429 with a Retry-After that is no number", ACCUSED)
def _retry_nonsense(call: Call, site: Site) -> bytes:
    values = [
        "\xb2",
        "\xb3\xb9",
        "1e9",
        "-1",
        "Mon, 99 Foo 99999 99:99:99 +9999",
        "0x10",
        "\x1b[1m",
    ]
    values += ["Fri, 31 Dec 9999999999 23:59:59 GMT", "1, 2", "9" * 9000]
    value = values[site.number % len(values)]
    return reply("429 Too Many Requests", headers={"Retry-After": value})


@behaviour("refuses-everything", "answers 401 to everybody", ACCUSED)
def _refuses(call: Call, site: Site) -> bytes:
    return reply("401 Unauthorized", headers={"WWW-Authenticate": "Basic realm=x"})


@behaviour("welcomes-everything", "answers 200 and the same to everything", ACCUSED)
def _welcomes(call: Call, site: Site) -> bytes:
    return reply(body=b'{"status": 0, "statusCode": 200, "response": []}', media="application/json")


# --- coming and going -----------------------------------------------------------------------------

_DIES_AFTER = 150  # requests


@behaviour("dies", "answers well, and is gone in the middle of the run", SPARED)
def _dies(call: Call, site: Site) -> bytes | None:
    if site.number > _DIES_AFTER:
        site._socket.close()
        reset(call)
        return None
    return site.raw(call)


@behaviour("dies-and-returns", "is gone for two seconds in the middle of the run", SPARED)
def _returns(call: Call, site: Site) -> bytes | None:
    if site.number > _DIES_AFTER:
        with site.lock:
            since = site.notes.setdefault("gone since", time.monotonic())
        assert isinstance(since, float)
        if time.monotonic() - since < 2.0:
            reset(call)
            return None
    return site.raw(call)


@behaviour("turns-bad", "answers well for a while, and 500 from then on", ACCUSED)
def _turns_bad(call: Call, site: Site) -> bytes:
    if site.number > _DIES_AFTER:
        return reply("500 Internal Server Error", b"<html>oops</html>", "text/html")
    return site.raw(call)
