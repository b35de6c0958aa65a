"""An exchange as a person reads it: what was sent, what came back, and the curl line that shows it
again.
"""

from __future__ import annotations

import re
import shlex

from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.exchange.texts import printable
from workspace_conformance.transport.redaction import Redactor

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
    if re.search(r"/\.|%2e", request.url, re.IGNORECASE):
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
    names = {name.lower() for name, _ in request.headers}
    # What curl would add by itself.
    words += ["-H", "'Accept:'"] if "accept" not in names else []
    if request.body:
        words += ["-H", "'Content-Type:'"] if "content-type" not in names else []
        words += _body(request, redactor)
    url, query, secret = _secret_query(redactor.text(request.url))
    if secret and request.body:  # with -G, curl would put the body into the URL, too
        words += [each if number % 2 else "--url-query" for number, each in enumerate(query)]
    elif secret:
        words += ["-G", *query]
    words.append(_quoted(url))
    return " ".join(words)


def _body(request: Request, redactor: Redactor) -> list[str]:
    text = redactor.text(request.body.decode("utf-8", "replace"))
    if not text.isprintable() and not _STANDS_FOR.search(text):
        # Not text, or text of several lines: a line to copy is one line.
        return ["--data-raw", "$'" + "".join(map(_octal, request.body)) + "'"]
    media = (request.header("content-type") or "").lower()
    if "x-www-form-urlencoded" in media and _STANDS_FOR.search(text):
        return _form(text)
    return ["--data-raw", _quoted(text)]


def _secret_query(url: str) -> tuple[str, list[str], bool]:
    """The URL without its query, and curl's words for that, when a secret stands in it: a secret
    must be percent-encoded there, and its variable holds it as it is.
    """
    head, mark, query = url.partition("?")
    if not mark or not _STANDS_FOR.search(query):
        return url, [], False
    return head, _form(query), True


def _form(text: str) -> list[str]:
    words: list[str] = []
    for part in text.split("&"):
        secret = _STANDS_FOR.search(part)
        words += ["--data-urlencode" if secret else "--data-raw", _quoted(part)]
    return words


def sent(exchange: Exchange, redactor: Redactor) -> str:
    """The request line: method and URL."""
    return f"{exchange.request.method} {redactor.text(exchange.request.url)}"


def came_back(exchange: Exchange, redactor: Redactor) -> str:
    """The answer in one line: status, media type, the beginning of the body."""
    if exchange.response is None:
        return f"no answer: {printable(redactor.text(exchange.words), 300)}"
    response = exchange.response
    media = printable(redactor.text(response.header("content-type") or "no Content-Type"))
    start = redactor.text(response.body[:4000].decode("utf-8", "replace"))
    shown = printable(" ".join(start.split()), 160) if start else "(no body)"
    status = printable(redactor.text(response.status_line))
    return f"{status} | {media} | {shown}"


# What stands for a secret, and the shell's spelling of it inside double quotes.
_TOKEN = 'printf %s "$WORKSPACE_TOKEN"'
_HALF = "$((${#WORKSPACE_TOKEN}/2))"
_VARIABLES = {
    "[token]": "${WORKSPACE_TOKEN}",
    "[second-token]": "${WORKSPACE_SECOND_TOKEN}",
    "[password]": "${WORKSPACE_PASSWORD}",
    # In the scripts that show a violation again: where the portal is, and ids of records made there.
    "[portal]": "${PORTAL}",
    **{f"[record {number}]": f"${{ID{number}}}" for number in range(1, 7)},
    "[token, extended]": "${WORKSPACE_TOKEN}AAAAAAAA",
    "[token, truncated]": f"$({_TOKEN} | cut -c1-{_HALF})",
    "[token, other letter case]": f"$({_TOKEN} | tr a-zA-Z A-Za-z)",
    "[token, altered]": (
        rf'$({_TOKEN} | sed "s/^\(.\{{{_HALF}\}}\)A/\1B/;t;s/^\(.\{{{_HALF}\}}\)./\1A/")'
    ),
}
_STANDS_FOR = re.compile("|".join(map(re.escape, _VARIABLES)))


def _quoted(text: str) -> str:
    if not _STANDS_FOR.search(text):
        return shlex.quote(text)
    # Inside double quotes only these four have a meaning to the shell.
    escaped = re.sub(r'([\\"`$])', r"\\\1", text)
    spelled = _STANDS_FOR.sub(lambda match: _VARIABLES[match[0]], escaped)
    return '"' + re.sub(r"\$\{(\w+)\}(?!\w)", r"$\1", spelled) + '"'


def _octal(byte: int) -> str:
    char = chr(byte)
    return char if " " <= char <= "~" and char not in "'\\" else f"\\{byte:03o}"
