"""Asking the target: the URL of a path, the credential, the format, the record of what was asked."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, quote_plus, urlencode

from workspace_conformance.exchange import cases, contents
from workspace_conformance.exchange.messages import Exchange, Request, Trouble
from workspace_conformance.exchange.outcomes import Reason, Rejected, Untested
from workspace_conformance.transport.sending import Transport

FORMATS = ("json", "xml", "")
USER_AGENT = "workspace-conformance"
PAGE = 100  # records of a list that is too long to be read whole
_VALUES = frozenset({400, 409, 422})  # statuses with which values are refused
# Statuses that say, to a good credential, that the account or the portal may not just now: not paid,
# not allowed, locked, full.
NOT_NOW = frozenset({402, 403, 423, 507})


@dataclass(frozen=True, slots=True)
class Credential:
    """What stands in the Authorization header; None: the header is absent. `account` is for pacing."""

    value: str | None
    account: str = ""


NOBODY = Credential(None)


@dataclass(frozen=True, slots=True)
class Body:
    """A request body and its Content-Type."""

    content: bytes
    media: str


def as_json(fields: Mapping[str, object]) -> Body:
    """Fields as an application/json body."""
    return Body(json.dumps(fields, ensure_ascii=False).encode(), "application/json")


def as_form(fields: Mapping[str, object], *, plus: bool = False, small: bool = False) -> Body:
    """Fields as an application/x-www-form-urlencoded body (UTF-8); a space is %20, or a plus sign.
    `small`: with small hexadecimal digits, which say the same.
    """
    content = urlencode(fields, quote_via=quote_plus if plus else quote).encode()
    if small:
        content = re.sub(rb"%[0-9A-F]{2}", lambda found: found[0].lower(), content)
    return Body(content, "application/x-www-form-urlencoded")


class Client:
    """One target, one account: asks what it is told to ask."""

    def __init__(self, root: str, transport: Transport, account: Credential) -> None:
        self.root = root
        self.transport = transport
        self.account = account
        # Answers count only where they were asked for after this (seconds since the epoch).
        self.after: float | None = None

    def url(self, path: str, fmt: str = "", query: str = "") -> str:
        """The absolute URL of a path under api/2.0, with a format suffix and a query as they are
        given.
        """
        suffix = f".{fmt}" if fmt else ""
        return f"{self.root}/api/2.0/{path}{suffix}" + (f"?{query}" if query else "")

    def request(
        self,
        method: str,
        path: str,
        fmt: str = "",
        *,
        query: str = "",
        body: Body | None = None,
        headers: Sequence[tuple[str, str]] = (),
        credential: Credential | None = None,
        address: str | None = None,
        bare: bool = False,
    ) -> Request:
        """The request that `ask` sends, for those who send it another way. `bare`: without Accept,
        and with the names of its headers in capitals.
        """
        who = self.account if credential is None else credential
        given = {name.lower() for name, _ in headers}
        lines: list[tuple[str, str]] = []
        if who.value is not None:
            lines.append(("Authorization", who.value))
        if "accept" not in given and not bare:
            lines.append(("Accept", "*/*"))
        lines.append(("Accept-Encoding", "gzip, deflate"))
        lines.append(("User-Agent", USER_AGENT))
        if body is not None and "content-type" not in given:
            lines.append(("Content-Type", body.media))
        lines.extend(headers)
        if bare:
            lines = [(name.upper(), value) for name, value in lines]
        return Request(
            method,
            self.url(path, fmt, query),
            tuple(lines),
            body.content if body else b"",
            who.account,
            address,
        )

    def ask(
        self,
        method: str,
        path: str,
        fmt: str = "",
        *,
        query: str = "",
        body: Body | None = None,
        headers: Sequence[tuple[str, str]] = (),
        credential: Credential | None = None,
        fresh: bool = False,
        address: str | None = None,
        bare: bool = False,
    ) -> Exchange:
        """Ask one question and return the exchange, which the current case then rests on.

        An identical safe question is answered from the run's record unless `fresh` is set.
        """
        request = self.request(
            method,
            path,
            fmt,
            query=query,
            body=body,
            headers=headers,
            credential=credential,
            address=address,
            bare=bare,
        )
        return self._answered(request, fresh)

    def get(
        self,
        path: str,
        fmt: str = "",
        *,
        query: str = "",
        headers: Sequence[tuple[str, str]] = (),
        credential: Credential | None = None,
        fresh: bool = False,
        bare: bool = False,
    ) -> Exchange:
        """GET a path under api/2.0."""
        request = self.request(
            "GET", path, fmt, query=query, headers=headers, credential=credential, bare=bare
        )
        return self._answered(request, fresh)

    def served(self, path: str, *, fresh: bool = False) -> Exchange:
        """GET in whichever form succeeds (.json, .xml, none), for what a check builds on; else the
        first answer.
        """
        first: Exchange | None = None
        for fmt in ("json", "xml", ""):
            exchange = self.get(path, fmt, fresh=fresh)
            if (
                exchange.response is not None
                and exchange.response.succeeded
                and contents.value(exchange.response) is not None
            ):
                return exchange
            first = first or exchange
        assert first is not None
        return first

    def _answered(self, request: Request, fresh: bool) -> Exchange:
        exchange = self.transport.ask(request, fresh=fresh, after=self.after)
        case = cases.current()
        if case is not None:
            case.credit(exchange)
        return exchange


def succeeded(exchange: Exchange) -> bool:
    """Whether there is an answer, and it is a success."""
    return exchange.succeeded


def is_too_long(exchange: Exchange) -> bool:
    """Whether a success came with more than is read of a body: a long list is then asked for by the
    page (`PAGE`); a portal that knows no pages may answer the same again.
    """
    response = exchange.response
    return response is not None and response.succeeded and response.refused


def unusable(exchange: Exchange, what: str) -> Untested:
    """The Untested that fits an exchange on which a check cannot build."""
    request = exchange.request
    asked = f"{request.method} {request.url}"
    if exchange.trouble is not None:
        reason = {
            Trouble.THROTTLED: Reason.THROTTLED,
            Trouble.GATEWAY: Reason.CHANGED,
        }.get(exchange.trouble, Reason.UNREACHABLE)
        return Untested(reason, f"{what}: {asked}: {exchange.words}")
    assert exchange.response is not None
    status = exchange.response.status
    reason = {
        404: Reason.NOT_SERVED,
        405: Reason.NOT_SERVED,
        501: Reason.NOT_SERVED,
    }.get(status, Reason.NOT_PERMITTED if status in NOT_NOW else Reason.SETUP_FAILED)
    return Untested(reason, f"{what}: {asked} answered {exchange.response.status_line}")


def none_taken(exchanges: Sequence[Exchange], what: str) -> Untested:
    """The Untested that fits where none of these, which say the same in several forms, succeeded."""
    why = unusable(exchanges[0], what)
    return Rejected(why.reason, why.words) if all(map(refuses_values, exchanges)) else why


def refuses_values(exchange: Exchange) -> bool:
    """Whether the answer says that values are not in order, and not that their form is not."""
    return exchange.response is not None and exchange.response.status in _VALUES


def unknown_token(seed: int) -> str:
    """A well-formed credential that no portal ever issued, the same for the same seed."""
    return base64.b64encode(hashlib.sha384(f"unknown credential {seed}".encode()).digest()).decode()


def basic(user: str, password: str) -> str:
    """The Authorization value of Basic authentication (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
