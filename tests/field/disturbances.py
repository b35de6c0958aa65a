"""A correct portal behind what stands in front of real ones: firewalls, gateways, limiters, clocks.

`Front(*disturbances)` serves the embedded portal on loopback. Each request passes the disturbances
in their order; the first that has an answer gives it in the portal's place. They count requests over
all connections, so that the same run meets them at about the same place.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import replace
from email.utils import formatdate
from enum import Enum
from urllib.parse import unquote

from tests.hostile.site import Behaviour, Expect, Site
from tests.support import Call, reply, reset
from workspace_conformance.exchange.messages import phrase
from workspace_conformance.reference import Options
from workspace_conformance.reference.assembly import create_app
from workspace_conformance.reference.values import Asked, Outcome
from workspace_conformance.reference.values import Call as Located


class Passes(Enum):
    """What a disturbance says that lets a request through."""

    ON = 0


Answered = bytes | None | Passes
Disturbance = Callable[[Call, "Front"], Answered]
WRITES = ("POST", "PUT", "DELETE", "PATCH")
_ATTACKS = ("..", "'", "<", "*", ";", "\x00", "|", "$", "%2e", "%2f", "\\", "{")


class Front(Site):
    """The embedded portal behind disturbances. `seen` counts the requests that came so far; `fault`
    and `variant` are what the portal itself has.
    """

    def __init__(self, *disturbances: Disturbance, fault: str = "", variant: str = "") -> None:
        super().__init__(
            Behaviour("field", "what stands in front", Expect.SPARED, self._through, greets=False)
        )
        if fault or variant:
            faults, variants = (fault,) if fault else (), (variant,) if variant else ()
            self.app = create_app(Options(rate=None, faults=faults, variants=variants))
        self._disturbances = disturbances
        self._count = threading.Lock()
        self.seen = 0

    def held(self) -> set[str]:
        """The ids of all people, groups and posts."""
        store = self.app.parts.store
        return {it.id for shelf in (store.people, store.groups, store.posts) for it in shelf.all()}

    def _through(self, call: Call, site: Site) -> bytes | None:
        with self._count:
            self.seen += 1
            for disturbance in self._disturbances:
                answered = disturbance(call, self)
                if not isinstance(answered, Passes):
                    return answered
        return self.raw(call)


# --- what is asked --------------------------------------------------------------------------------


def method_of(call: Call) -> str:
    """The method of a request."""
    return call.line.partition(" ")[0]


def path_of(call: Call) -> str:
    """The path of a request as it came, without its query."""
    return call.line.split(" ")[1].partition("?")[0]


def header_of(call: Call, name: str) -> str:
    """The value of a header; empty where there is none."""
    return next((value for key, value in call.headers if key.lower() == name), "")


def is_login(call: Call) -> bool:
    """Whether it is a login that is asked for."""
    return "/api/2.0/authentication" in path_of(call)


def is_write(call: Call) -> bool:
    """Whether a request writes."""
    return method_of(call) in WRITES and not is_login(call)


def is_attack(call: Call) -> bool:
    """Whether a firewall would take a request for an attack."""
    path = path_of(call).removeprefix("/api/2.0/")
    return any(mark in path.lower() or mark in unquote(path) for mark in _ATTACKS)


# --- what is answered -----------------------------------------------------------------------------


def page(status: int, *headers: tuple[str, str]) -> bytes:
    """The HTML page of whatever stands in front of a portal."""
    title = f"{status} {phrase(status)}".strip()
    text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><hr>gate</body></html>"
    return reply(title, text.encode(), "text/html; charset=utf-8", dict(headers))


def own(call: Call, front: Front, status: int, error: str) -> bytes:
    """An error of the portal's own, in the form that was asked for."""
    parts = front.app.parts
    headers = {name.lower(): value for name, value in call.headers}
    asked = Asked(method_of(call), path_of(call), "", headers, call.body, "127.0.0.1")
    place = parts.locate(asked)
    form = parts.choose(asked, place)
    filled = parts.envelope(Located(asked, place, None), Outcome(status, error=error), form)
    body = parts.write_json(filled) if form == "json" else parts.write_xml(filled)
    media = "application/json" if form == "json" else "text/xml"
    title = f"{status} {phrase(status)}".strip()
    return reply(title, body, f"{media}; charset=utf-8")


# --- disturbances ---------------------------------------------------------------------------------


def token_ends(after: int, *, login: bool = True) -> Disturbance:
    """The account's token ends when so many requests have carried it; `login`: the password stays
    good, and gives another.
    """
    carried = 0

    def disturb(call: Call, front: Front) -> Answered:
        nonlocal carried
        token = front.credentials.token
        accounts = front.app.parts.accounts
        carried += header_of(call, "authorization") == token
        if carried > after and token in accounts.tokens:
            account = accounts.tokens.pop(token)
            if not login:
                changed = replace(account, password="another password")
                accounts.by_name[account.user_name] = changed
        return Passes.ON

    return disturb


def firewall(attacks: int = 10) -> Disturbance:
    """Lets so many attacks through, and from then on nothing at all."""
    counted = 0

    def disturb(call: Call, front: Front) -> Answered:
        nonlocal counted
        counted += is_attack(call)
        return page(403) if counted > attacks else Passes.ON

    return disturb


def outage(what: int | str, seconds: float, after: int = 0) -> Disturbance:
    """Once so many requests have passed, each gets that status, or a "reset", for some seconds."""
    began = 0.0

    def disturb(call: Call, front: Front) -> Answered:
        nonlocal began
        if front.seen <= after:
            return Passes.ON
        began = began or time.monotonic()
        if time.monotonic() - began > seconds:
            return Passes.ON
        if isinstance(what, int):
            return page(what)
        reset(call)
        return None

    return disturb


def limiter(rate: int, status: int, announces: str = "", clock: float = 0.0) -> Disturbance:
    """Serves so many requests a second. announces: nothing, "seconds", or a "date" by a clock that
    goes wrong by so many seconds; all answers then carry its time.
    """
    served: deque[float] = deque()

    def disturb(call: Call, front: Front) -> Answered:
        now = time.monotonic()
        while served and served[0] < now - 1:
            served.popleft()
        if len(served) < rate:
            served.append(now)
            return Passes.ON
        headers: list[tuple[str, str]] = []
        if announces == "seconds":
            headers = [("Retry-After", "1")]
        elif announces == "date":
            told = time.time() + clock
            headers = [
                ("Date", formatdate(told, usegmt=True)),
                ("Retry-After", formatdate(told + 1, usegmt=True)),
            ]
        return page(status, *headers)

    return disturb


def once(
    status: int, at: int, *, by_gate: bool = True, among: Callable[[Call], bool] = lambda call: True
) -> Disturbance:
    """One single request, the one of that number `among` those, is answered with a status: by a page
    of what stands in front, or by the portal's own words.
    """
    counted = 0

    def disturb(call: Call, front: Front) -> Answered:
        nonlocal counted
        counted += among(call)
        if counted != at or not among(call):
            return Passes.ON
        return page(status) if by_gate else own(call, front, status, "For once")

    return disturb


def says_its_media(call: Call) -> bool:
    """Whether it is a GET with a Content-Type, as clients are told to send it."""
    return method_of(call) == "GET" and bool(header_of(call, "content-type"))


def always(status: int, *, by_gate: bool = False) -> Disturbance:
    """The whole portal is answered with a status."""

    def disturb(call: Call, front: Front) -> Answered:
        return page(status) if by_gate else own(call, front, status, "Not just now")

    return disturb


def writes(status: int, methods: Collection[str] = WRITES, place: str = "") -> Disturbance:
    """Writes of the account are answered with a status: all of them, or those of some methods, or
    those below a place under api/2.0. Who shows no good credential is refused as ever.
    """

    def disturb(call: Call, front: Front) -> Answered:
        known = header_of(call, "authorization") in front.app.parts.accounts.tokens
        fits = path_of(call).startswith(f"/api/2.0/{place}")
        if known and is_write(call) and fits and method_of(call) in methods:
            return own(call, front, status, "Not just now")
        return Passes.ON

    return disturb
