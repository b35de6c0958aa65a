"""Steps of the authentication checks: credentials of every invalid make, what a refusal may say."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import unquote, unquote_plus

from workspace_conformance.checks import logins
from workspace_conformance.checks.expectations import (
    answer,
    given_failure,
    given_success,
    violation,
)
from workspace_conformance.contract.kinds import KINDS
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import (
    NOBODY,
    Credential,
    basic,
    unknown_token,
)

# Members that belong to one person or record alone: seeing them in a refusal is a disclosure.
_PERSONAL = frozenset(
    {"id", "email", "displayName", "userName", "title", "text", "preview", "name", "mobilePhone"}
)
# Of these, what may be a usual word or the portal's name.
_WORDS = frozenset({"displayName", "title", "text", "preview", "name"})
_TELLING = 8  # characters: anything shorter may stand in a refusal by chance


def token(portal: Portal) -> str:
    """The raw credential of the account under test."""
    assert portal.account.value is not None
    return portal.account.value


def _altered(value: str) -> str:
    # In the middle: the end of an encoded value may be padding that decoders overlook.
    middle = len(value) // 2
    replaced = "A" if value[middle] != "A" else "B"
    return value[:middle] + replaced + value[middle + 1 :]


def _altered_at(place: int, valid: str, unknown: str) -> str:
    """The value with one character altered, at so many sixteenths of its length."""
    at = min(len(valid) - 1, place * len(valid) // 16)
    # Far from what it was: of an encoded byte not only the last bit is another. And never what
    # `_altered` puts there, which is told by another name.
    replaced = "Q" if valid[at] not in "QRST" else "z"
    return valid[:at] + replaced + valid[at + 1 :]


_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _last_altered(value: str) -> str:
    # Whatever part of the last digit of a base64 text counts, its highest bit does.
    body = value.rstrip("=")
    place = _ALPHABET.find(body[-1].translate(str.maketrans("-_", "+/")))
    return body[:-1] + _ALPHABET[(place + 32) % 64] + value[len(body) :]


def _bearer(make: Callable[[str, str], str], valid: str, unknown: str) -> str:
    return f"Bearer {make(valid, unknown)}"


# Each makes the Authorization value from the valid token and a token that was never issued.
INVALID: dict[str, Callable[[str, str], str]] = {
    "unknown": lambda valid, unknown: unknown,
    "empty": lambda valid, unknown: "",
    "truncated": lambda valid, unknown: valid[: len(valid) // 2],
    "extended": lambda valid, unknown: f"{valid}AAAAAAAA",
    "altered": lambda valid, unknown: _altered(valid),
    "altered at the end": lambda valid, unknown: _last_altered(valid),
    "other letter case": lambda valid, unknown: valid.swapcase(),
    "unknown Bearer": lambda valid, unknown: f"Bearer {unknown}",
    "empty Bearer": lambda valid, unknown: "Bearer",
    "unknown scheme": lambda valid, unknown: f"Conformance {valid}",
    "unknown Basic": lambda valid, unknown: basic("conformance-nobody", unknown),
    "undecodable Basic": lambda valid, unknown: "Basic %%%not-base64%%%",
    "Basic without colon": lambda valid, unknown: (
        "Basic " + base64.b64encode(b"conformance").decode()
    ),
    "Basic of no text": lambda valid, unknown: (
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode()
    ),
}
SIXTEENTHS: dict[str, Callable[[str, str], str]] = {
    f"altered at {place}/16": partial(_altered_at, place) for place in range(16)
}
# Sent with the cells of a covering array.
ODD: dict[str, Callable[[str, str], str]] = {
    "cut at the front": lambda valid, unknown: valid[1:],
    "extended at the front": lambda valid, unknown: f"x{valid}",
    "twice": lambda valid, unknown: f"{valid}, {valid}",
    "in quotes": lambda valid, unknown: f'"{valid}"',
    "non-ASCII": lambda valid, unknown: f"{valid}\xe9",
    "very long": lambda valid, unknown: valid + "A" * 2000,
    "glued to Bearer": lambda valid, unknown: f"BearerX{valid}",
    "after two Bearers": lambda valid, unknown: f"Bearer Bearer {valid}",
    "after Basic": lambda valid, unknown: f"Basic {valid}",
}


# Whether Bearer and Basic are taken at all is open; where they are, only what is valid is.
AFTER_SCHEME: dict[str, Callable[[str, str], str]] = {
    f"{form} Bearer": partial(_bearer, INVALID[form])
    for form in ("truncated", "extended", "altered", "other letter case")
}

WRONG_PASSWORD = "Basic of a user with a wrong password"
NO_PASSWORD = "Basic of a user with no password"
_OF_BASIC = 9  # the number of the person of ours whose name stands in Basic
FORMS = (*INVALID, WRONG_PASSWORD)
MORE_FORMS = (*AFTER_SCHEME, NO_PASSWORD)


def invalid(portal: Portal, form: str) -> Credential:
    """A credential that is not valid; its value is as secret as the token that it was made from."""
    valid = token(portal)
    unknown = unknown_token(portal.settings.seed)
    if form in (WRONG_PASSWORD, NO_PASSWORD):
        password = unknown if form == WRONG_PASSWORD else ""
        # Of a person of ours: wrong passwords may lock a user out.
        return Credential(basic(logins.own_user(portal, _OF_BASIC)[0], password))
    value = (INVALID | AFTER_SCHEME | SIXTEENTHS | ODD)[form](valid, unknown)
    if value in (valid, f"Bearer {valid}"):
        raise Untested(Reason.SETUP_FAILED, f"this token has no {form} form")
    changed = form.removesuffix(" Bearer")
    made = ("truncated", "extended", "altered", "altered at the end", "other letter case")
    if changed in made or form in SIXTEENTHS or form == "cut at the front":
        portal.transport.learn(value.removeprefix("Bearer "), f"token, {changed}")
    return Credential(value)


def given_needed(portal: Portal, path: str, fmt: str) -> None:
    """Untested unless a request without any credential is refused: else what serves the same
    request with something in place of Authorization is not that.
    """
    __tracebackhide__ = True
    given_failure(portal.get(path, fmt, credential=NOBODY))


def expect_challenge(exchange: Exchange) -> None:
    """A 401 carries WWW-Authenticate; Untested where there is no 401."""
    __tracebackhide__ = True
    response = answer(exchange)
    if response.status != 401:
        raise Untested(Reason.SETUP_FAILED, f"there is no 401 to judge: {response.status_line}")
    if not (response.header("www-authenticate") or "").strip():
        violation(exchange, "the 401 has no WWW-Authenticate")


def expect_nothing_disclosed(portal: Portal, refusal: Exchange, *protected: Exchange) -> None:
    """No value of the protected records stands in the refusal, in its body or its headers, but for
    what the request itself held. Words, the name of a group, say, may stand in every refusal by
    chance: in the name of the portal. They count where they are not in the refusal of a request for
    something else.
    """
    __tracebackhide__ = True
    said, request = _said(refusal), refusal.request
    asked = f"{unquote(request.url)}\n{unquote_plus(request.body.decode('utf-8', 'replace'))}"
    always: str | None = None
    for member, value in _values([contents.records(each) for each in protected]):
        if len(value) < _TELLING or value not in said or value in asked:
            continue
        if member in _WORDS:
            if not re.search(rf"(?<!\w){re.escape(value)}(?!\w)", said):
                continue
            if always is None:
                always = _said_of_another(portal, refusal)
            if value in always:
                continue
        violation(refusal, f"the refusal holds the protected {member}")


def _said(refusal: Exchange) -> str:
    """All that a refusal says, its escapes undone as well."""
    response = answer(refusal)
    body = response.body.decode("utf-8", "replace")
    headers = "\n".join(value for _, value in response.headers)
    return "\n".join([body, unescape(body), _UNICODE.sub(_character, body), headers])


def _said_of_another(portal: Portal, refusal: Exchange) -> str:
    """What is said to a request for no record, of another kind, with the same credential; empty
    where that is not refused with the same status.
    """
    other = next(kind for kind in KINDS if f"/{kind.collection}" not in refusal.request.url)
    credential = Credential(refusal.request.header("authorization"))
    path = f"{other.collection}/{encode(portal.unknown_id(other))}"
    exchange = portal.get(path, "json", credential=credential)
    response, refused = exchange.response, answer(refusal)
    if response is None or response.status != refused.status:
        return ""
    return _said(exchange)


_UNICODE = re.compile(r"\\u([0-9A-Fa-f]{4})")


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16))


def _values(view: Any, member: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(view, dict):
        for name, value in view.items():
            yield from _values(value, name)
    elif isinstance(view, list):
        for value in view:
            yield from _values(value, member)
    elif isinstance(view, str) and member in _PERSONAL:
        yield member, view


__all__ = [
    "FORMS",
    "INVALID",
    "expect_challenge",
    "expect_nothing_disclosed",
    "given_success",
    "invalid",
    "token",
]
