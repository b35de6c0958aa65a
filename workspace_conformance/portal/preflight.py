"""Before the first case: does anybody answer, is it a portal, and does it know the account?"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from workspace_conformance.contract.kinds import KINDS
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.messages import Exchange, is_field_value
from workspace_conformance.exchange.outcomes import Reason
from workspace_conformance.portal import logins, no_portal
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import NOBODY, NOT_NOW, as_form, as_json, unusable
from workspace_conformance.transport.wire import Bounds

_PATIENCE = 10.0  # seconds at most: whoever waits for a message is a person


class CannotJudge(Exception):
    """The target cannot be judged at all; the message is for the user, the run ends with exit code
    6. `reason` is that of every case.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def log_in(portal: Portal) -> str:
    """The token that the login gives for user name and password, sent as JSON or as a form. A lock
    that wrong passwords of this run have made is waited out once. Raises CannotJudge.
    """
    asked = _logins(portal)
    if logins.is_locked(asked[-1]) and portal.lockouts.wait_out(portal.transport, asked[-1]):
        asked = _logins(portal)
    return _given_token(portal, asked)


def _logins(portal: Portal) -> list[Exchange]:
    """The answers to a login, sent in further forms until one is no refusal of its form."""
    assert portal.login is not None
    fields = {"userName": portal.login[0], "password": portal.login[1]}
    asked: list[Exchange] = []
    for fmt, body in (
        ("json", as_json(fields)),
        ("json", as_form(fields)),
        ("xml", as_form(fields)),
        ("", as_form(fields)),
    ):
        if fmt != "json" and not _may_be_the_suffix(asked[-1]):
            break
        request = portal.request("POST", "authentication", fmt, body=body, credential=NOBODY)
        exchange = portal.transport.ask(request, bounds=_bounds(portal))
        if exchange.response is None or exchange.trouble is not None:
            raise _unreachable(exchange)
        asked.append(exchange)
        if logins.token(exchange) or logins.wanted(exchange):
            break
    return asked


def _given_token(portal: Portal, asked: list[Exchange]) -> str:
    token = logins.token(asked[-1])
    if not token:
        raise _no_token(portal, asked)
    if not is_field_value(token):
        words = "the token that the login gave cannot stand in a header; give WORKSPACE_TOKEN"
        raise CannotJudge(Reason.SETUP_FAILED, words)
    return token


def _may_be_the_suffix(exchange: Exchange) -> bool:
    """Whether a login may have failed for its suffix: a wrong password is not sent again and again."""
    response = exchange.response
    return response is not None and response.status in (404, 405, 406, 415)


def _no_token(portal: Portal, asked: list[Exchange]) -> CannotJudge:
    last = asked[-1]
    assert last.response is not None
    told = f"POST {last.request.url} answered {last.response.status_line}"
    wants = logins.wanted(last)
    if wants is not None:
        return CannotJudge(
            Reason.NO_CREDENTIAL, f"the account wants {wants} ({told}): give WORKSPACE_TOKEN"
        )
    if not any(map(_talks_like_a_portal, asked)) and last.response.status != 401:
        return CannotJudge(Reason.SETUP_FAILED, no_portal.explain(portal.root, asked))
    return CannotJudge(
        Reason.SETUP_FAILED,
        f"the login was refused: {told}; "
        "check WORKSPACE_USERNAME and WORKSPACE_PASSWORD, or give WORKSPACE_TOKEN",
    )


@dataclass(frozen=True, slots=True)
class TargetInfo:
    """What the first answers told: what the target calls itself (Server), and what to say of it on
    top of the findings, where it seems to be no portal at all.
    """

    server: str | None = None
    remark: str | None = None


def check(portal: Portal) -> TargetInfo:
    """Ask for the account's own record.

    Raises CannotJudge where there is silence, or something that speaks in the target's place; where
    every form of the question is answered 401; and where all that the account asks for is refused
    for the time being (402, 403, 423, 507); and where nothing that is asked for holds data.
    """
    server: str | None = None
    asked: list[Exchange] = []
    statuses: set[int] = set()
    talks = False
    for fmt in ("json", "xml", ""):
        exchange = portal.transport.ask(
            portal.request("GET", "people/@self", fmt), bounds=_bounds(portal)
        )
        if exchange.response is None or exchange.trouble is not None:
            raise _unreachable(exchange)
        server = server or exchange.response.header("server")
        talks = talks or _talks_like_a_portal(exchange)
        if exchange.response.succeeded and talks:
            return TargetInfo(server)
        statuses.add(exchange.response.status)
        asked.append(exchange)
    if statuses == {401}:
        raise CannotJudge(
            Reason.SETUP_FAILED,
            f"the credential was rejected: GET {exchange.request.url} answered 401; "
            "check WORKSPACE_TOKEN",
        )
    if statuses <= NOT_NOW and not _is_served_anything(portal):
        assert exchange.response is not None
        raise CannotJudge(
            Reason.NOT_PERMITTED,
            "nothing is served to the account: "
            f"GET {exchange.request.url} answered {exchange.response.status_line}, "
            "and so did every list; give WORKSPACE_TOKEN of an account that may read, and see "
            "whether the portal, or a firewall in front of it, lets it in",
        )
    if not talks and not _shows_data(portal):
        raise CannotJudge(Reason.NOT_SERVED, no_portal.explain(portal.root, asked))
    return TargetInfo(server, None if talks else _remark(exchange))


def _shows_data(portal: Portal) -> bool:
    """Whether some list holds data, where the account's own record does not."""
    return any(
        _talks_like_a_portal(
            portal.transport.ask(
                portal.request("GET", kind.collection, fmt), bounds=_bounds(portal)
            )
        )
        for kind in KINDS
        for fmt in ("json", "xml")
    )


def _is_served_anything(portal: Portal) -> bool:
    """Whether some list is answered otherwise than that the account may not just now."""
    for kind in KINDS:
        exchange = portal.transport.ask(
            portal.request("GET", kind.collection, "json"), bounds=_bounds(portal)
        )
        if exchange.response is None or exchange.response.status not in NOT_NOW:
            return True
    return False


def _talks_like_a_portal(exchange: Exchange) -> bool:
    """Whether an answer holds data at all: a JSON object, or XML that is no page. Whether it is the
    right data is for the checks to say.
    """
    found = contents.value(exchange.response)
    if etree.iselement(found):
        return str(etree.QName(found).localname).lower() != "html"
    return isinstance(found, dict) and bool(found)


def _remark(exchange: Exchange) -> str:
    assert exchange.response is not None
    response = exchange.response
    media = response.header("content-type") or "no Content-Type"
    body = media if response.body else "an empty body"
    return (
        f"this may be no Workspace portal: {exchange.request.method} {exchange.request.url} "
        f"answered {response.status_line} with {body}, and neither this nor the .json and .xml "
        "forms hold data. Is the URL that of the portal's root?"
    )


def _bounds(portal: Portal) -> Bounds:
    return Bounds.within(min(_PATIENCE, portal.settings.timeout))


def _unreachable(exchange: Exchange) -> CannotJudge:
    asked = f"{exchange.request.method} {exchange.request.url}"
    if exchange.response is not None:
        return CannotJudge(
            unusable(exchange, "").reason,
            f"something answers in the target's place: {asked}: {exchange.words}",
        )
    words = f"the target does not answer: {asked}: {exchange.words}"
    if no_portal.wants_tls(exchange):
        words += "; where the port speaks TLS, give the URL with https:// in place of http://"
    return CannotJudge(Reason.UNREACHABLE, words)
