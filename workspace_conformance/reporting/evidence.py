"""An exchange as a person reads it: what was sent, what came back, and the curl line that shows it
again.
"""

from __future__ import annotations

import re
import shlex

from workspace_conformance.exchange import Exchange, Request
from workspace_conformance.media import printable
from workspace_conformance.redaction import Redactor

# Sent by curl as well, or of no influence on the answer.
_UNSHOWN = {
    ("accept", "*/*"),
    ("accept-encoding", "gzip, deflate"),
    ("user-agent", "workspace-conformance"),
}


def curl(request: Request, redactor: Redactor) -> str:
    """A shell line that asks the same again, with variables in place of the secrets."""
    words = ["curl", "-i"]
    if request.method == "HEAD":
        words[1] = "-I"
    elif request.method != "GET":
        words += ["-X", shlex.quote(request.method)]
    if re.search(r"/\.{1,2}(/|$|\?)", request.url):
        words.append("--path-as-is")
    if re.search(r"[\[\]{}]", request.url):
        words.append("--globoff")
    if request.address:
        words += ["--interface", shlex.quote(request.address)]
    for name, value in request.headers:
        if (name.lower(), value) in _UNSHOWN:
            continue
        words += ["-H", _quoted(f"{name}: {redactor.text(value)}")]
        if not value:
            words[-1] = _quoted(f"{name};")  # curl's spelling of an empty header
    if not any(name.lower() == "accept" for name, _ in request.headers):
        words += ["-H", "'Accept:'"]
    if request.body:
        words += ["--data-binary", _quoted(redactor.text(_shell_text(request.body)))]
    words.append(_quoted(redactor.text(request.url)))
    return " ".join(words)


def sent(exchange: Exchange, redactor: Redactor) -> str:
    """The request line: method and URL."""
    return f"{exchange.request.method} {redactor.text(exchange.request.url)}"


def came_back(exchange: Exchange, redactor: Redactor) -> str:
    """The answer in one line: status, media type, the beginning of the body."""
    if exchange.response is None:
        return f"no answer: {exchange.words}"
    response = exchange.response
    media = printable(redactor.text(response.header("content-type") or "no Content-Type"))
    start = redactor.text(response.body[:4000].decode("utf-8", "replace"))
    shown = printable(" ".join(start.split()), 160) if start else "(no body)"
    return f"{printable(response.status_line)} | {media} | {shown}"


_VARIABLES = {
    "[token]": "$WORKSPACE_TOKEN",
    "[second-token]": "$WORKSPACE_SECOND_TOKEN",
    "[password]": "$WORKSPACE_PASSWORD",
}


def _quoted(text: str) -> str:
    if not any(name in text for name in _VARIABLES):
        return shlex.quote(text)
    # Inside double quotes only these four have a meaning to the shell.
    escaped = re.sub(r'([\\"`$])', r"\\\1", text)
    for name, variable in _VARIABLES.items():
        escaped = escaped.replace(name, variable)
    return f'"{escaped}"'


def _shell_text(body: bytes) -> str:
    return body.decode("utf-8", "backslashreplace")
