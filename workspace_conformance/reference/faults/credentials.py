"""Faults of credentials: which invalid ones are taken, and where a credential may stand."""

from collections.abc import Callable
from dataclasses import replace

from ..parts import Parts
from ..values import Account, Asked, Call
from .model import Fault
from .wrapping import Apply, also_identify, on_refusal


def _given(asked: Asked) -> str:
    return asked.headers.get("authorization", "")


def taken(matches: Callable[[str, str], bool]) -> Apply:
    """Take what is like a token for it; `matches` gets the token and the Authorization value."""

    def find(parts: Parts, asked: Asked) -> Account | None:
        given = asked.headers.get("authorization")
        if given is None:
            return None
        tokens = parts.accounts.tokens.items()
        return next((account for token, account in tokens if matches(token, given)), None)

    return also_identify(find)


def _altered_between(first: float, last: float) -> Apply:
    """Take a token of which one character is another, in one part of its length."""

    def matches(token: str, given: str) -> bool:
        if len(token) != len(given):
            return False
        places = [
            place for place, pair in enumerate(zip(token, given, strict=True)) if len({*pair}) > 1
        ]
        return len(places) == 1 and first <= places[0] / len(token) < last

    return taken(matches)


def _glued(scheme: str) -> Apply:
    """Take a token right behind a scheme and another letter."""
    return taken(
        lambda token, given: given.startswith(scheme) and given[len(scheme) + 1 :] == token
    )


def _untried(call: Call) -> bool:
    return "authorization" not in call.asked.headers


FAULTS = (
    Fault(
        name="credential-malleable",
        requirement="AUTH-3",
        summary="between 1/7 and 1/4 of a token one altered character is taken",
        apply=_altered_between(1 / 7, 1 / 4),
    ),
    Fault(
        name="credential-glued-to-bearer",
        requirement="AUTH-3",
        summary="a token is taken right behind BearerX",
        apply=_glued("Bearer"),
    ),
    Fault(
        name="no-challenge-when-untried",
        requirement="AUTH-6",
        summary="a 401 where no credential was shown has no WWW-Authenticate",
        apply=on_refusal(lambda _, __, outcome: replace(outcome, headers=()), _untried),
    ),
)
"""Faults of credentials."""
