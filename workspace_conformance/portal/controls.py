"""Positive controls while a run goes on: whether the target still serves the account as it did.

Tokens end, firewalls ban, gateways lose what is behind them. What such a target answers says nothing
of the portal, so whoever sees an answer that may come of it asks here first. Where the credential has
ended and user name and password are at hand, one new login takes its place; else the rest of the run
is untested, with words that name the answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from workspace_conformance.exchange import cases, contents
from workspace_conformance.exchange.cases import Case
from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.transport.client import NOT_NOW, Credential
from workspace_conformance.transport.sending import Transport

_PAUSES = (1.0, 2.0)  # seconds before a control that failed is asked again
_LOGINS = 8  # new logins in one run at most


class Identity:
    """The account's credential, shared by all who ask as the account: it may be renewed. `known`:
    the values that it had in this run.
    """

    def __init__(self, credential: Credential) -> None:
        self._credential = credential
        self.known = {credential.value}

    @property
    def credential(self) -> Credential:
        """The credential as it is now."""
        return self._credential

    @credential.setter
    def credential(self, credential: Credential) -> None:
        self._credential = credential
        self.known.add(credential.value)


class Controls:
    """The controls of one run. Safe to use from several threads.

    log_in: gives a new token, or raises an exception whose words say why not; None where there is no
    password. `ended` says in words what the target no longer does; `notes` what else is to be told.
    """

    def __init__(self, transport: Transport, identity: Identity) -> None:
        self.log_in: Callable[[], str] | None = None
        self.ended: str | None = None
        self.notes: list[str] = []
        self.served_until = 0.0  # the last success of the account before that, since the epoch
        self.renewals = 0  # how often a new login gave another credential
        self._transport = transport
        self._identity = identity
        self._lock = threading.RLock()
        self._logins = 0
        self._base: Request | None = None
        self._lenient = False

    def given_served(self) -> None:
        """Raises Untested once the target no longer serves the account."""
        if self.ended is not None and not self._lenient:
            raise Untested(Reason.CHANGED, self.ended)

    def clean_up(self) -> None:
        """From now on only what is to be removed is asked for, whatever became of the target."""
        with self._lock:
            self._lenient = True

    def is_suspect(self, exchange: Exchange) -> bool:
        """Whether an answer to the account may come of something else than the portal: that the
        credential is not good, or a refusal that is no data.
        """
        response = exchange.response
        if response is None or exchange.trouble is not None or not exchange.request.account:
            return False
        if response.status == 401:
            return True
        return response.status in NOT_NOW and contents.value(response) is None

    def check(self, after: float) -> None:
        """Ask whether the account is still served, unless that was seen after an instant (seconds
        since the epoch); a credential that has ended is renewed.

        Raises Untested (changed) where it is not, and from then on each time.
        """
        with self._lock:
            self.given_served()
            request = self._request()
            if request is None or self._lenient:
                return
            case, own = cases.current(), Case("", "", asker="controls")
            cases.enter(own)  # who asks is the run, in a recording too
            try:
                self._ask(request, after)
            finally:
                cases.enter(case)

    def last_success(self) -> float:
        """When the account was served last, seconds since the epoch; 0: never."""
        return max((one.received for one in self._successes()), default=0.0)

    def renewed(self, request: Request) -> Request:
        """A request of the account with the credential that it has now."""
        value = self._identity.credential.value or ""
        headers = tuple(
            (name, value if name == "Authorization" else old) for name, old in request.headers
        )
        return replace(request, headers=headers)

    def _ask(self, request: Request, after: float) -> None:
        for pause in (*_PAUSES, 0.0):
            try:
                exchange = self._transport.ask(self.renewed(request), after=after)
            except Untested:  # a recording holds no more of it, or the run was interrupted
                return
            if exchange.succeeded and contents.value(exchange.response) is not None:
                return
            after = exchange.received
            if _says_401(exchange) and self._log_in_again():
                continue
            if pause and self._transport.recording is None:
                self._transport.announce("the account is not served: asking again", pause)
                time.sleep(pause)
        self._end(exchange)

    def _log_in_again(self) -> bool:
        """Whether a new login gave another credential."""
        if self.log_in is None or self._logins >= _LOGINS:
            return False
        self._logins += 1
        try:
            token = self.log_in()
        except (Exception, Untested) as why:  # whatever it says: it gave no token
            self.notes.append(f"the credential ended, and a new login gave no other: {why}")
            self._logins = _LOGINS
            return False
        self._identity.credential = replace(self._identity.credential, value=token)
        self.renewals += 1
        words = f"the credential ended at {_clock()}, and a new login gave another"
        if not self.notes or not self.notes[-1].startswith("the credential ended at"):
            self.notes.append(words)
        return True

    def _end(self, exchange: Exchange) -> None:
        if exchange.response is None:
            words = f"the target does not answer any more: {exchange.words}"
            raise Untested(Reason.UNREACHABLE, words)
        status = exchange.response.status_line
        if exchange.succeeded:
            status += " without data"
        self.ended = f"the target no longer serves the account: {status} at {_clock()}"
        if _says_401(exchange) and self.log_in is None:
            self.ended += (
                "; with WORKSPACE_USERNAME and WORKSPACE_PASSWORD a credential that ends is renewed"
            )
        self.served_until = self.last_success()
        self.given_served()

    def _request(self) -> Request | None:
        """The question that the account was served when the run began: its own record, or else the
        first thing that was.
        """
        if self._base is None:
            served = [
                one.request
                for one in self._successes()
                if one.request.method == "GET" and contents.value(one.response) is not None
            ]
            own = (one for one in served if "/people/@self" in one.url)
            self._base = next(own, served[0] if served else None)
        return self._base

    def _successes(self) -> list[Exchange]:
        return [
            one
            for one in list(self._transport.exchanges.values())
            if one.succeeded and one.request.header("authorization") in self._identity.known
        ]


def _says_401(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status == 401


def _clock() -> str:
    return time.strftime("%H:%M:%S")
