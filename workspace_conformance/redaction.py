"""Secrets never leave the process: each becomes a stable pseudonym in everything that is written.

A secret is recognised in every spelling we send it in or a target may echo it in: raw, percent-
encoded (any hex case, any subset of characters), with JSON or XML escapes, in hexadecimal, and as
base64 at any alignment.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

from workspace_conformance.exchange import Response

SHORTEST = 4  # characters: anything shorter would blot out ordinary text
MOST = 30  # cookies, and tokens, handed out by the target that are known in every spelling
_WORD = re.compile(r"""[^\s;,"'<>&=:()\[\]{}\\]{8,}""")

# Response members and headers whose value is a secret that the target hands out.
_TOKEN_MEMBER = re.compile(
    rb'"(?:token|access_?token|asc_auth_key)"\s*:\s*"((?:[^"\\]|\\.){8,4096})"'
    rb"|<(?:[\w.-]{1,100}:)?(?:token|access_?token|asc_auth_key)(?:\s[^<>]{0,1000})?>"
    rb"\s*(?:<!--[^<>]{0,1000}-->\s*)?(?:<!\[CDATA\[\s*)?([^<>\s\]]{8,4096})",
    re.IGNORECASE,
)
_ESCAPED_LETTER = re.compile(rb"\\u00([4-7][0-9a-fA-F])")  # in JSON; a member's name may hold some
_COOKIE_VALUE = re.compile(r"^\s*[^=;\s]+=\"?([^;\"]{8,4096})")


class Redactor:
    """Knows the run's secrets and takes them out of texts. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self._fresh: list[str] = []  # learned, and not yet part of a pattern
        self._patterns: tuple[tuple[re.Pattern[str], list[str]], ...] = ()
        self._words: dict[str, str] = {}  # known as they are, and percent-encoded, alone
        self._handed_out: Counter[str] = Counter()

    def learn(self, secret: str | None, name: str | None = None) -> None:
        """Add a secret. `name` is what readers see ("token"); without one it is a digest of the
        value.
        """
        if secret is None or len(secret) < SHORTEST:
            return
        with self._lock:
            if secret in self._names:
                return
            label = (
                name
                or f"secret-{hashlib.sha256(secret.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
            )
            self._names[secret] = f"[{label}]"
            self._fresh.append(secret)

    def _learn_handed_out(self, secret: str, sort: str) -> None:
        """Add what the target handed out. After the first few of a sort, where each answer sets
        another cookie, say, only as the word that it is: every spelling of thousands of secrets would
        take longer to look for than the run to make.
        """
        if secret in self._names:
            return
        self._handed_out[sort] += 1
        if self._handed_out[sort] <= MOST:
            self.learn(secret)
            return
        word = max(_WORD.findall(secret), key=len, default="")
        if word:
            digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            self._words[word] = f"[secret-{digest}]"

    def learn_from(self, response: Response) -> None:
        """Add what an answer hands out: tokens of a login, values of cookies."""
        for value in response.header_values("set-cookie"):
            found = _COOKIE_VALUE.match(value)
            if found:
                self._learn_handed_out(found.group(1), "cookie")
                self._learn_handed_out(unquote(found.group(1)), "cookie")
        body = _in_utf_8(response.body)
        if b"\\u00" in body:
            body = _ESCAPED_LETTER.sub(_unescaped, body)
        if b"token" in body.lower() or b"asc_auth_key" in body.lower():
            for match in _TOKEN_MEMBER.finditer(body):
                in_json, in_xml = match.groups()
                raw = (in_json or in_xml).decode("utf-8", "replace")
                try:
                    value = str(json.loads(f'"{raw}"')) if in_json else html.unescape(raw)
                except ValueError:
                    value = raw
                self._learn_handed_out(value, "token")

    def text(self, value: str) -> str:
        """`value` with every known secret, in every spelling, replaced by its pseudonym."""
        for pattern, labels in self._compiled():
            value = pattern.sub(lambda match: labels[(match.lastindex or 1) - 1], value)  # noqa: B023
        return _WORD.sub(self._of_word, value) if self._words else value

    def _of_word(self, match: re.Match[str]) -> str:
        word = match[0]
        return self._words.get(word) or self._words.get(unquote(word), word)

    def data(self, value: Any) -> Any:
        """The same for every text inside a JSON-like value, member names included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(name)): self.data(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.data(item) for item in value]
        return value

    def _compiled(self) -> tuple[tuple[re.Pattern[str], list[str]], ...]:
        """The patterns, to be applied one after another, and the pseudonym for each group of each."""
        with self._lock:
            if self._fresh:
                # A pattern takes long to compile: those of known secrets are kept. All are made
                # anew only where a new secret contains a known one (the longer must win) or is
                # part of a known pseudonym.
                known = self._names.keys() - set(self._fresh)
                if any(
                    old in new or new in self._names[old] for new in self._fresh for old in known
                ):
                    self._patterns, self._fresh = (), list(self._names)
                secrets = sorted(self._fresh, key=len, reverse=True)
                pattern = re.compile("|".join(f"({_spellings(secret)})" for secret in secrets))
                labels = [self._names[secret] for secret in secrets]
                self._patterns = (*self._patterns, (pattern, labels))
                self._fresh = []
            return self._patterns


def _in_utf_8(body: bytes) -> bytes:
    """A body in the coding that most are in: with the mark of UTF-16 it may be XML or JSON too."""
    if body[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return body
    return body.decode("utf-16", "replace").encode("utf-8", "replace")


def _unescaped(match: re.Match[bytes]) -> bytes:
    letter = bytes.fromhex(match[1].decode())
    return letter if letter.isalpha() else match[0]


def _spellings(secret: str) -> str:
    alternatives = ["".join(_character(char) for char in secret)]
    alternatives.append("".join(map(_any_case, secret.encode("utf-8", "surrogatepass"))))
    # A login's body may be put into base64 as it is, and so may a form.
    written = (secret, json.dumps(secret)[1:-1], quote(secret, safe="", errors="surrogatepass"))
    for text in dict.fromkeys(written):
        raw = text.encode("utf-8", "surrogatepass")
        for before in range(3):
            # What is the same in every base64 text that holds the secret at this alignment.
            encoded = base64.b64encode(b"\0" * before + raw).decode()
            start = (before * 8 + 5) // 6
            stop = (before + len(raw)) * 8 // 6
            core = encoded[start:stop]
            if len(core) >= SHORTEST:
                for spelled in (core, core.translate(_URL_SAFE)):
                    alternatives.append("".join(_plain(char) for char in spelled))
    return "|".join(dict.fromkeys(alternatives))


_URL_SAFE = str.maketrans("+/", "-_")
_JSON_SHORT = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
_XML_NAMES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_XML_NAMES |= {"+": "plus", "/": "sol", "=": "equals", "_": "lowbar", ".": "period"}  # of HTML


@functools.cache
def _character(char: str) -> str:
    """Every way to write a character: as it is, percent-encoded, with escapes of JSON or XML; and
    those escapes percent-encoded in their turn.
    """
    code = ord(char)
    forms = [_plain(char)]
    units = char.encode("utf-16-be", "surrogatepass")  # two bytes, or four: a surrogate pair
    backslash, ampersand, hash_, semicolon = map(_plain, "\\&#;")
    forms.append("".join(f"{backslash}u{_any_case(u)}{_any_case(v)}" for u, v in _pairs(units)))
    if char in _JSON_SHORT:
        forms.append(f"{backslash}{_JSON_SHORT[char]}")
    forms.append(f"{ampersand}{hash_}(?:0*{code}|[xX]0*{_hex(code)}){semicolon}")
    if char in _XML_NAMES:
        forms.append(f"{ampersand}{_XML_NAMES[char]}{semicolon}")
    if char in '/"\\':
        forms.append(backslash + _plain(char))
    if char == " ":
        forms.append(r"\+")
    return f"(?:{'|'.join(forms)})"


@functools.cache
def _plain(char: str) -> str:
    """A character as it is, or percent-encoded, once or twice."""
    raw = char.encode("utf-8", "surrogatepass")
    percent = "".join(f"%(?:25)?{_any_case(byte)}" for byte in raw)
    return f"(?:{re.escape(char)}|{percent})"


def _pairs(units: bytes) -> Iterator[tuple[int, int]]:
    return zip(units[::2], units[1::2], strict=True)


def _any_case(byte: int) -> str:
    return "".join(
        f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{byte:02x}"
    )


def _hex(code: int) -> str:
    return "".join(
        f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{code:x}"
    )
