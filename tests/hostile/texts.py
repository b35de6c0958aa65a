"""Servers whose texts are meant for those who read reports: escapes, scripts, marks."""

from __future__ import annotations

import json
from typing import Any

from tests.hostile.registry import behaviour
from tests.hostile.site import Expect, Site, declares, spelled
from tests.support import Call

ACCUSED = Expect.ACCUSED

ESCAPES = "\x1b[2J\x1b]0;owned\x07\x1b[31mred\x9b1m\x08\x7f\r"
SCRIPT = "</script></style></title><script>alert(1)</script><img src=x onerror=alert(1)>'\"`-->"
BIDI = "\u202eevil\u2066\u2069\u200b\u200d\ufeff\u2028\u2029\u0085"
COMMANDS = "'; $(touch /tmp/owned) `id` | & \n::error::injected ##vso[task.complete] <!--"


def _everywhere(call: Call, site: Site, text: str) -> bytes:
    """The correct answer with `text` in every text of its body, in headers and the reason; the
    statuses are spoiled, so that everything is reported.
    """
    answer = site.truth(call)
    body = answer.body

    def poison(value: Any) -> Any:
        if isinstance(value, dict):
            return {f"{name}": poison(item) for name, item in value.items()} | {text: text}
        if isinstance(value, list):
            return [poison(item) for item in value]
        return f"{value}{text}" if isinstance(value, str) else value

    if declares(answer, "json"):
        body = json.dumps(poison(json.loads(body)), ensure_ascii=site.number % 2 == 0).encode(
            "utf-8", "surrogatepass"
        )
    else:
        body = body.replace(b"</result>", f"<note>{text}</note></result>".encode())
    shown = "".join(c for c in text if c not in "\r\n\0").encode().decode("latin-1")
    shown = "".join(c for c in shown if not c.isspace())
    headers = (
        ("Server", f"nginx{shown}"),
        ("X-Shown", shown),
        ("Set-Cookie", f"a{shown}=b{shown}"),
        ("WWW-Authenticate", shown),
        ("Retry-After", shown),
        ("Location", shown),
    )
    wrong = {200: 203, 201: 200, 401: 403, 404: 400}.get(answer.status, answer.status)
    return spelled(answer, call, body=body, headers=headers, status=f"{wrong} Fine{shown}")


@behaviour("terminal-escapes", "puts escape sequences into every text and header", ACCUSED)
def _escapes(call: Call, site: Site) -> bytes:
    return _everywhere(call, site, ESCAPES)


@behaviour("terminal-escapes-at-once", "greets with escape sequences too", ACCUSED, greets=False)
def _escapes_at_once(call: Call, site: Site) -> bytes:
    return _everywhere(call, site, ESCAPES)


@behaviour("scripts", "puts HTML and scripts into every text and header", ACCUSED)
def _scripts(call: Call, site: Site) -> bytes:
    return _everywhere(call, site, SCRIPT)


@behaviour("bidi", "puts marks that turn the direction of text round everywhere", ACCUSED)
def _bidi(call: Call, site: Site) -> bytes:
    return _everywhere(call, site, BIDI)


@behaviour("commands", "puts words that shells and pipelines obey everywhere", ACCUSED)
def _commands(call: Call, site: Site) -> bytes:
    return _everywhere(call, site, COMMANDS)


@behaviour("echo", "answers everything, refusals too, with what it was sent", ACCUSED)
def _echo(call: Call, site: Site) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(call.raw)
        + call.raw
    )


@behaviour("cookies-always-new", "hands out another session with every answer", Expect.HARMLESS)
def _cookies(call: Call, site: Site) -> bytes:
    cookies = tuple(("Set-Cookie", f"s{n}={site.number:032x}{n}; Path=/") for n in range(5))
    return spelled(site.truth(call), call, headers=cookies)
