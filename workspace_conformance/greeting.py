"""The first words with a target: is anybody there, is it a portal, and does it know the account?"""

from __future__ import annotations

from workspace_conformance import views
from workspace_conformance.client import NOBODY, as_json, succeeded
from workspace_conformance.exchange import Exchange
from workspace_conformance.outcomes import Reason
from workspace_conformance.portal import Portal
from workspace_conformance.wire import Bounds

_PATIENCE = 10.0  # seconds at most: whoever waits for a message is a person


class CannotJudge(Exception):
    """The target cannot be judged at all; the message is for the user, the run ends with exit code
    6. `reason` is that of every case.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def log_in(portal: Portal) -> str:
    """The token that the login gives for user name and password; raises CannotJudge."""
    assert portal.login is not None
    body = as_json({"userName": portal.login[0], "password": portal.login[1]})
    for fmt in ("json", "xml"):
        request = portal.request("POST", "authentication", fmt, body=body, credential=NOBODY)
        exchange = portal.road.ask(request, bounds=_bounds(portal))
        if exchange.response is None:
            raise _unreachable(exchange)
        answered = exchange.response.status_line
        token = views.text(views.record(exchange), "token")
        if succeeded(exchange) and token:
            return token
    raise CannotJudge(
        Reason.SETUP_FAILED,
        f"the login was refused: POST {exchange.request.url} answered {answered}; "
        "check WORKSPACE_USERNAME and WORKSPACE_PASSWORD, or give WORKSPACE_TOKEN",
    )


def greet(portal: Portal) -> str | None:
    """Ask for the account's own record, and return what the target calls itself (Server).

    Raises CannotJudge where there is silence, or where every form of the question is answered 401.
    """
    server: str | None = None
    statuses: set[int] = set()
    for fmt in ("json", "xml", ""):
        exchange = portal.road.ask(
            portal.request("GET", "people/@self", fmt), bounds=_bounds(portal)
        )
        if exchange.response is None or exchange.trouble is not None:
            raise _unreachable(exchange)
        server = server or exchange.response.header("server")
        if exchange.response.succeeded:
            return server
        statuses.add(exchange.response.status)
    if statuses == {401}:
        raise CannotJudge(
            Reason.SETUP_FAILED,
            f"the credential was rejected: GET {exchange.request.url} answered 401; "
            "check WORKSPACE_TOKEN",
        )
    return server


def _bounds(portal: Portal) -> Bounds:
    return Bounds.within(min(_PATIENCE, portal.settings.timeout))


def _unreachable(exchange: Exchange) -> CannotJudge:
    request = exchange.request
    return CannotJudge(
        Reason.UNREACHABLE,
        f"the target does not answer: {request.method} {request.url}: {exchange.words}",
    )
