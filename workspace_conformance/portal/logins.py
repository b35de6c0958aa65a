"""What the answer to a login says: a token, or what the portal wants besides name and password."""

from __future__ import annotations

import re

from workspace_conformance.exchange import contents
from workspace_conformance.exchange.media import legible
from workspace_conformance.exchange.messages import Exchange, Response
from workspace_conformance.transport.client import NOT_NOW

_SECOND = {
    "tfa": "a second factor, a code of an application",
    "tfaKey": "a second factor, a code of an application",
    "sms": "a second factor, a code that was sent to a telephone",
    "phoneNoise": "a second factor, a code that was sent to a telephone",
}
_PAUSE = "a pause: it has locked the user out for a while"
_LATER = NOT_NOW | {429}  # statuses of a login that is refused for now, whatever the password
# What a refusal says that is not about the password.
_WORDS = (
    (r"captcha", "a captcha"),
    (r"second factor|two[- ]?factor|verification code|\btfa\b|\b2fa\b", "a second factor"),
    (
        r"too many|attempts|\block(?:ed|out)?\b|blocked|brute",
        _PAUSE,
    ),
    (r"\bip\b|this address|your address|restrict", "another address: it does not let this one in"),
)


def wanted(exchange: Exchange) -> str | None:
    """What the portal wants besides user name and password, in words; None where it does not say.

    A success without a token may ask for a second factor. A refusal that says more than that the
    password is wrong is no answer to the question whether it is.
    """
    response = exchange.response
    if response is None or exchange.trouble is not None:
        return None
    if response.succeeded:
        shown = contents.record(exchange) or {}
        if contents.text(shown, "token"):
            return None
        for member, words in _SECOND.items():
            if contents.text(shown, member).lower() not in ("", "false", "0"):
                return words
        return None
    said = _said(response)
    if response.status in _LATER or response.status == 401 or response.status >= 500:
        for pattern, words in _WORDS:
            if re.search(pattern, said, re.IGNORECASE):
                return words
    if response.status in _LATER:
        return f"something else: it answers {response.status_line} to the right password"
    return None


def is_locked(exchange: Exchange) -> bool:
    """Whether a refusal says that the user is locked out for a while."""
    return wanted(exchange) == _PAUSE


def token(exchange: Exchange) -> str:
    """The token that a login gave; empty where it gave none."""
    return contents.text(contents.record(exchange), "token") if exchange.succeeded else ""


def _said(response: Response) -> str:
    media = contents.media_type(response)
    return legible(response.body, media.charset if media else None)
