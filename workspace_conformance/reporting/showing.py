"""An exchange laid out for a page: headers, bodies on lines of their own, the offending part marked.

Everything here is bounded, whatever a target sent, and redacted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from workspace_conformance.exchange.media import MediaType
from workspace_conformance.exchange.messages import Exchange, Headers
from workspace_conformance.reporting import evidence
from workspace_conformance.reporting.marking import Culprits, culprits, spans
from workspace_conformance.transport.redaction import Redactor

BODY_BYTES = 64 * 1024  # of a body that are looked at
MOST_LINES = 1500  # of a body that are laid out
BODY_LINES = 40  # of a body that are shown
LINE_CHARACTERS = 240
HEADERS = 40
CURL_CHARACTERS = 4000
_DEEPEST = 24  # levels that are indented
_CHARSETS = ("utf-8", "utf-16", "utf-16le", "utf-16be", "iso-8859-1", "us-ascii", "windows-1251")

_JSON = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{},:]|[^\s"\[\]{},:]+', re.DOTALL)
_XML = re.compile(r"<[^<>]*>?|[^<]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, marked where it is what a violation is about."""

    text: str
    marked: bool = False


Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """The lines of a body that are shown, and in words what they leave out ("" for nothing)."""

    lines: tuple[Line, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """An exchange for a page. `status` and `answer_headers` are empty where no answer came; then
    `trouble` says why. `missing` names the headers that should be there.
    """

    number: int
    request_line: str
    request_headers: tuple[Line, ...]
    request_body: Body
    status: Line
    answer_headers: tuple[Line, ...]
    missing: tuple[str, ...]
    answer_body: Body
    trouble: str
    milliseconds: int
    curl: str


def show(exchange: Exchange, sentence: str, redactor: Redactor) -> Shown:
    """Lay out an exchange; `sentence` is the violation that it shows."""
    request, response = exchange.request, exchange.response
    found = culprits(sentence, response) if response else Culprits()
    line = evidence.curl(request, redactor)
    return Shown(
        number=exchange.number,
        request_line=_cut(evidence.sent(exchange, redactor), 2000),
        request_headers=tuple(_headers(request.headers, redactor, frozenset())),
        request_body=_body(request.body, request.header("content-type"), Culprits(), redactor),
        status=(
            Piece(
                _cut(redactor.text(f"{response.version} {response.status_line}"), 200), found.status
            ),
        )
        if response
        else (),
        answer_headers=tuple(_headers(response.headers, redactor, found.headers))
        if response
        else (),
        missing=found.missing,
        answer_body=_body(response.body, response.header("content-type"), found, redactor)
        if response
        else Body(),
        trouble=redactor.text(exchange.words) if exchange.trouble or not response else "",
        milliseconds=max(0, round((exchange.received - exchange.sent) * 1000)),
        curl=line if len(line) <= CURL_CHARACTERS else "",
    )


def _headers(headers: Headers, redactor: Redactor, marked: frozenset[str]) -> Iterator[Line]:
    for name, value in headers[:HEADERS]:
        text = _cut(redactor.text(f"{name}: {value}"), LINE_CHARACTERS)
        yield (Piece(text, name.lower() in marked),)
    if len(headers) > HEADERS:
        yield (Piece(f"… and {len(headers) - HEADERS} more headers"),)


def _body(raw: bytes, declared: str | None, found: Culprits, redactor: Redactor) -> Body:
    if not raw:
        return Body()
    text = redactor.text(_decoded(raw[:BODY_BYTES], declared))
    # Once more: laid out, a secret may show that was broken up before.
    lines = redactor.text("\n".join(islice(pretty(text), MOST_LINES))).split("\n")
    marks = spans(lines, found)
    kept = _window(len(lines), sorted(marks))
    shown: list[Line] = []
    last = -1
    for number in kept:
        if number > last + 1:
            shown.append((Piece(f"⋯ {number - last - 1} lines left out"),))
        shown.append(_pieces(lines[number], marks.get(number)))
        last = number
    left = len(lines) - last - 1
    if left:
        shown.append((Piece(f"⋯ {left} lines left out"),))
    notes = []
    if len(kept) < len(lines):
        many = f"{len(lines)}{' or more' if len(lines) >= MOST_LINES else ''}"
        notes.append(f"{len(kept)} of {many} lines are shown")
    if len(raw) > BODY_BYTES:
        notes.append(f"only the first {BODY_BYTES // 1024} KiB were looked at")
    return Body(tuple(shown), "; ".join([f"{len(raw):,} bytes", *notes]))


def _decoded(raw: bytes, declared: str | None) -> str:
    media = MediaType.parse(declared)
    charset = (media.parameters.get("charset", "") if media else "").lower()
    return raw.decode(charset if charset in _CHARSETS else "utf-8", "backslashreplace")


def _window(count: int, marked: Sequence[int]) -> list[int]:
    """Which lines are shown: the beginning, and those around marks."""
    if count <= BODY_LINES:
        return list(range(count))
    around = {n for mark in marked for n in range(mark - 3, mark + 4) if 0 <= n < count}
    head = range(max(4, BODY_LINES - len(around)))
    return sorted({*head, *around})[: 2 * BODY_LINES]


def _pieces(line: str, mark: tuple[int, int] | None) -> Line:
    if mark is None:
        return (Piece(_cut(line, LINE_CHARACTERS)),)
    before, inside, after = line[: mark[0]], line[mark[0] : mark[1]], line[mark[1] :]
    if len(before) > 80 and before.strip():
        before = "…" + before[-60:]
    parts = (
        Piece(before),
        Piece(_cut(inside, LINE_CHARACTERS), marked=True),
        Piece(_cut(after, 80)),
    )
    return tuple(part for part in parts if part.text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most:,} more characters)"


# --- layout ---------------------------------------------------------------------------------------


def pretty(text: str) -> Iterator[str]:
    """The lines of a body. JSON and XML are laid out with nothing but white space changed, whether
    or not they are well-formed; any other text keeps its own lines.
    """
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "["):
        return _json_lines(text)
    if start == "<" and not re.match(r"\s*(?:<!doctype\s+html|<html)", text, re.IGNORECASE):
        return _xml_lines(text)
    return iter(re.split(r"\r\n|\r|\n", text))


def _json_lines(text: str) -> Iterator[str]:
    line, depth = "", 0
    tokens = _JSON.findall(text)
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        if token in ("}", "]"):
            depth = max(0, depth - 1)
            if line.strip() and not line.rstrip().endswith(("{", "[")):
                yield line
                line = _indented(depth)
            elif not line.strip():
                line = _indented(depth)
            line += token
        elif token in ("{", "["):
            line += token
            depth += 1
            if following not in ("}", "]"):
                yield line
                line = _indented(depth)
        elif token == ",":
            yield line + token
            line = _indented(depth)
        else:
            line += ": " if token == ":" else token
    if line.strip():
        yield line


def _xml_lines(text: str) -> Iterator[str]:
    tokens = [token for part in _XML.findall(text) if (token := part.strip())]
    depth = number = 0
    while number < len(tokens):
        if tokens[number].startswith("</"):
            depth = max(0, depth - 1)
        taken = _on_one_line(tokens, number)
        yield _indented(depth) + "".join(tokens[number : number + taken])
        if taken == 1 and _opens(tokens[number]):
            depth += 1
        number += taken


def _on_one_line(tokens: Sequence[str], number: int) -> int:
    """How many tokens share a line: an element that holds nothing but text is not broken up."""
    if _opens(tokens[number]):
        following = tokens[number + 1 : number + 3]
        if following and following[0].startswith("</"):
            return 2
        if len(following) == 2 and following[0][0] != "<" and following[1].startswith("</"):
            return 3
    return 1


def _opens(token: str) -> bool:
    return token[0] == "<" and token[1:2] not in ("/", "?", "!") and not token.endswith("/>")


def _indented(depth: int) -> str:
    return "  " * min(depth, _DEEPEST)
