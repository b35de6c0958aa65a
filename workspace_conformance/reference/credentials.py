"""Who asks: accounts, their credentials, and the tokens that login hands out."""

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass, field

from .values import Account, Asked, Caller

NOBODY = Caller(None, tried=False)
REFUSED = Caller(None, tried=True)

CHALLENGES = ("Bearer", 'Basic realm="Workspace", charset="UTF-8"')
"""The schemes that a 401 offers (RFC 9110, 11.6.1), beside the raw token."""


@dataclass
class Accounts:
    """The accounts by user name, and the tokens that are good for them. `guests` are those of people
    that were made with a password, by the person's id.
    """

    by_name: dict[str, Account] = field(default_factory=dict)
    guests: dict[str, Account] = field(default_factory=dict)
    tokens: dict[str, Account] = field(default_factory=dict)

    def add(self, account: Account, token: str) -> None:
        """Let an account in, with a token that is good from the start."""
        self.by_name[account.user_name] = account
        self.tokens[token] = account

    def named(self, name: str) -> Account | None:
        """The account with that user name, or that e-mail address."""
        everybody = (*self.by_name.values(), *self.guests.values())
        return next((each for each in everybody if name in (each.user_name, each.email)), None)

    def dismiss(self, id: str) -> None:
        """Let a person that was made with a password in no more."""
        if self.guests.pop(id, None) is not None:
            for token in [token for token, account in self.tokens.items() if account.id == id]:
                del self.tokens[token]

    def with_password(self, name: str, password: str) -> Account | None:
        """The account with that user name or address, where the password is its own."""
        account = self.named(name)
        if account is None or not same(account.password, password):
            return None
        return account

    def new_token(self, account: Account) -> str:
        """A further token for an account."""
        token = secrets.token_urlsafe(32)
        self.tokens[token] = account
        return token

    def holder(self, credential: str) -> Account | None:
        """The account that an Authorization value belongs to, or None.

        The value is a token as it is, or "Bearer TOKEN", or "Basic" with the base64 of user name
        and password, or user name and token (RFC 6750, 2.1; RFC 7617, 2).
        """
        account = self.tokens.get(credential)
        if account is not None:
            return account
        scheme, _, rest = credential.partition(" ")
        if scheme.lower() == "bearer":
            return self.tokens.get(rest)
        if scheme.lower() == "basic":
            return self._basic(rest)
        return None

    def _basic(self, encoded: str) -> Account | None:
        pair = decode_basic(encoded)
        if pair is None:
            return None
        name, secret = pair
        account = self.named(name)
        if account is not None and self.tokens.get(secret) == account:
            return account
        return self.with_password(name, secret)


def same(one: str, other: str) -> bool:
    """Whether two secrets are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8"), other.encode("utf-8"))


def decode_basic(encoded: str) -> tuple[str, str] | None:
    """User name and secret of a Basic credential; None where it is not exactly what was encoded."""
    try:
        raw = base64.b64decode(encoded, validate=True)
        # Left-over bits of the last character would make several texts mean the same secret.
        if base64.b64encode(raw).decode("ascii") != encoded:
            return None
        name, colon, secret = raw.decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return None
    return (name, secret) if colon else None


def identify(accounts: Accounts, asked: Asked) -> Caller:
    """Who asks, by the Authorization header alone: neither query string nor cookie counts."""
    credential = asked.headers.get("authorization")
    if credential is None:
        return NOBODY
    account = accounts.holder(credential)
    return Caller(account, tried=True) if account is not None else REFUSED
