"""Secrets never leave the process: each becomes a stable pseudonym in everything that is written.

This module knows which secrets there are, learns those that the target hands out, and puts the
pseudonyms in their place; `secret_spellings` knows how one may be written.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import threading
from collections import Counter
from typing import Any
from urllib.parse import unquote

from workspace_conformance.exchange.messages import Response
from workspace_conformance.transport import secret_spellings
from workspace_conformance.transport.secret_spellings import SHORTEST, Secret, find

MOST = 30  # cookies, and tokens, handed out by the target that are known in every spelling
_SHORT = 500  # characters of a text that may come again, in a header, say
_MANY = 20_000  # of them
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
        self._secrets: tuple[Secret, ...] = ()
        self._shown: dict[str, str] = {}  # short texts as they were shown, since the last secret
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
            self._secrets = (*self._secrets, secret_spellings.secret(secret))
            self._shown = {}

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
            with self._lock:
                self._words[word] = f"[secret-{digest}]"
                self._shown = {}

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
        if len(value) < SHORTEST:
            return value
        shown = self._shown  # before the secrets are looked at: another thread may learn one
        known = shown.get(value)
        if known is None:
            known = self._without_secrets(value)
            if len(value) <= _SHORT and len(shown) < _MANY:
                shown[value] = known
        return known

    def _without_secrets(self, value: str) -> str:
        found = sorted(
            (start, end, len(one.text), self._names[one.text])
            for one, (start, end) in find(self._secrets, value)
        )
        parts: list[str] = []
        at = number = 0
        while number < len(found):
            # Of secrets that overlap the longest gives its name to all of them.
            start, end, longest, name = found[number]
            number += 1
            while number < len(found) and found[number][0] < end:
                _, further, length, other = found[number]
                number += 1
                end = max(end, further)
                longest, name = max((longest, name), (length, other), key=lambda it: it[0])
            parts += value[at:start], name
            at = end
        value = "".join((*parts, value[at:]))
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


def _in_utf_8(body: bytes) -> bytes:
    """A body in the coding that most are in: with the mark of UTF-16 it may be XML or JSON too."""
    if body[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return body
    return body.decode("utf-16", "replace").encode("utf-8", "replace")


def _unescaped(match: re.Match[bytes]) -> bytes:
    letter = bytes.fromhex(match[1].decode())
    return letter if letter.isalpha() else match[0]
