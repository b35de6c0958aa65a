"""What a burst sends besides its own request: every kind of request counts towards the limit.

The documentation limits requests, whatever they ask for. So a burst begins with a few requests of
each kind that a limiter may forget: in another form, by another method, for a record that does not
exist, from another program, with another token of the same account. Each kind is asked for a number
of times of its own; where a limiter serves exactly that many more than the limit, that kind is named
as the one that it does not count.

A forged X-Forwarded-For is not among them: a server may lawfully trust who asks it from nearby, and
then the header is the address.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import Form
from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.exchange.outcomes import Untested
from workspace_conformance.limiter.counting import Fate
from workspace_conformance.limiter.excess import fate
from workspace_conformance.portal.preflight import CannotJudge, log_in
from workspace_conformance.portal.records import Portal
from workspace_conformance.settings import Rate
from workspace_conformance.transport.client import FORMATS, Credential, as_form, succeeded

_PROGRAM = "conformance-other-program/1.0"


def mixture(portal: Portal, known: Exchange, rate: Rate) -> list[Request]:
    """The further requests of a burst, in the order in which they are sent.

    `known` is the success whose request the burst is made of. A kind is left out where the target
    does not answer its request as it should outside a burst.
    """
    plain = known.request
    kinds = [one for one in _kinds(portal, plain) if _is_served(portal, one)]
    fewest = max(2, rate.requests // 50)
    step = 1 if rate.requests >= 200 else 0
    lots = [[kind] * (fewest + step * number) for number, kind in enumerate(kinds)]
    return [one for turn in zip_longest(*lots) for one in turn if one is not None]


def uncounted(burst: Sequence[Exchange], plain: Request, excess: int) -> str | None:
    """The kind of request that a limiter seems not to count, in words: the one of which as many were
    served as were served beyond the limit; None where there is not exactly one such kind.
    """
    kinds = Counter(one.request for one in burst if fate(one) is Fate.SERVED)
    found = [kind for kind, many in kinds.items() if many == excess and kind != plain]
    return _named(found[0], plain) if len(found) == 1 else None


def _kinds(portal: Portal, plain: Request) -> list[Request]:
    found = [portal.request("GET", "people/@self", fmt) for fmt in FORMATS]
    nobody = f"people/{portal.unlike([], Form.NAME)}"
    found += [portal.request("HEAD", "people/@self"), portal.request("GET", nobody, "json")]
    found.append(_with(plain, "User-Agent", _PROGRAM))
    other = _other_token(portal)
    if other is not None:
        found.append(_with(plain, "Authorization", other))
    if portal.settings.allow_writes:
        body = as_form({"title": "nobody"})
        found += [portal.request(method, nobody, body=body) for method in ("POST", "PUT")]
        found.append(portal.request("DELETE", nobody))
    return [one for one in found if one != plain]


def _with(request: Request, name: str, value: str) -> Request:
    others = tuple(line for line in request.headers if line[0].lower() != name.lower())
    return replace(request, headers=(*others, (name, value)))


def _other_token(portal: Portal) -> str | None:
    """Another token of the account under test, where a login gives one."""
    if portal.login is None:
        return None
    try:
        token = log_in(portal)
    except (CannotJudge, Untested):
        return None
    portal.transport.learn(token, "token")
    if token == portal.account.value:
        return None
    whose = portal.get("people/@self", "json", credential=Credential(token, "account"), fresh=True)
    with contextlib.suppress(Untested):
        mine = contents.text(portal.me(), "id")
        if succeeded(whose) and contents.text(contents.record(whose), "id") == mine:
            return token
    return None


def _is_served(portal: Portal, request: Request) -> bool:
    return fate(portal.transport.ask(request, fresh=True)) is Fate.SERVED


def _named(request: Request, plain: Request) -> str:
    for name, value in request.headers:
        if plain.header(name) != value and request.url == plain.url and name != "Accept":
            return "another token" if name == "Authorization" else f"{name}: {value}"
    return f"{request.method} {request.url}"
