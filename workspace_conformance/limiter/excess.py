"""What is asked of a target while an account is over its limit, and after: the sending side.

Another account, another address, writes: each between requests that are refused, so that a window
that begins anew in between is noticed, and nothing is held against the target that it explains.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle

from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.limiter.counting import Fate, Hit, grace, seconds_announced, vanguard
from workspace_conformance.limiter.writes import Writes
from workspace_conformance.portal.records import Portal
from workspace_conformance.settings import Rate
from workspace_conformance.transport.wire import Bounds, now

CLOSING = 6  # requests sent after everything else
MEANWHILE = 10  # requests sent while waiting
AT_LAST = 8  # more of them in the second before the announced one is over
TRIES = 3  # of a request that should be served
_NOBODY = "-nobody"  # in the URL of a record that does not exist
LONGER = 2  # seconds beyond the period that are waited for, where more is announced


@dataclass(frozen=True, slots=True)
class OverLimit:
    """What came back while the account was over its limit.

    `sound`: the requests sent last were still refused, so that all before them were too late.
    """

    subsequent: tuple[Exchange, ...] = ()
    second: tuple[Exchange, ...] = ()
    elsewhere: tuple[Exchange, ...] = ()
    writes: Mapping[str, Exchange] | None = None
    closing: tuple[Exchange, ...] = ()
    sound: bool = False

    def own(self) -> list[Exchange]:
        """Those that count for the account at the address under test."""
        return [*self.subsequent, *(self.writes or {}).values(), *self.closing]


@dataclass(frozen=True, slots=True)
class Recovery:
    """Asking again when the announced time is over.

    `meanwhile`: asked before it is over, to be refused. `announced`: what the last refusal said, in
    seconds, None where it said nothing usable. `asked`: the requests until one was served (the last
    may be refused). `extra`: sent after it.
    """

    refusal: Exchange | None
    announced: int | None
    meanwhile: tuple[Exchange, ...] = ()
    asked: tuple[Exchange, ...] = ()
    extra: tuple[Exchange, ...] = ()

    @property
    def served(self) -> bool:
        """Whether a request was served again."""
        return bool(self.asked) and fate(self.asked[-1]) is Fate.SERVED

    def renewed(self) -> list[Exchange]:
        """The requests that were served again, from the first one on, and those after them."""
        early = [one for one in self.meanwhile if fate(one) is Fate.SERVED]
        return [*early, *([self.asked[-1], *self.extra] if self.served else [])]

    def in_vain(self, rate: Rate) -> bool:
        """Whether the target announced much longer than a period, and still refused after one."""
        long = self.announced is not None and self.announced > rate.period + LONGER
        return long and bool(self.asked) and all(fate(one) is Fate.REFUSED for one in self.asked)


def fate(exchange: Exchange) -> Fate:
    """Served (2xx, and 404 or 405 to what does not exist), refused (503, 429, any other 4xx, whatever
    has Retry-After), or lost.
    """
    response = exchange.response
    if response is None or exchange.trouble is not None:
        return Fate.LOST
    if response.succeeded or _says_that_there_is_nothing(exchange.request, response.status):
        return Fate.SERVED
    limited = response.status == 503 or 400 <= response.status < 500
    return Fate.REFUSED if limited or response.header("retry-after") is not None else Fate.LOST


def _says_that_there_is_nothing(request: Request, status: int) -> bool:
    """Whether an answer is the ordinary one to a request for nobody, or by HEAD, which the
    documentation does not know.
    """
    return status in (404, 405, 501) and (request.method == "HEAD" or _NOBODY in request.url)


def hits(exchanges: Iterable[Exchange]) -> list[Hit]:
    """The exchanges as hits. Where none was refused as `fate` knows it, any failure is a refusal:
    a target may answer 500 over its limit.
    """
    known = [(exchange, fate(exchange)) for exchange in exchanges]
    limited = any(what is Fate.REFUSED for _, what in known)
    return [
        Hit(
            exchange.number,
            exchange.sent,
            exchange.received,
            Fate.REFUSED
            if what is Fate.LOST and exchange.response is not None and not limited
            else what,
        )
        for exchange, what in known
    ]


def announced(exchange: Exchange) -> int | None:
    """The seconds that a refusal announces; None where there is nothing usable."""
    response = exchange.response
    return seconds_announced(response.header("retry-after")) if response else None


def sleep_until(portal: Portal, instant: float, why: str) -> None:
    """Wait until an instant (seconds since the epoch), and say so. A plan does not wait."""
    left = instant - now()
    if left > 0 and not portal.settings.plan:
        portal.transport.announce(why, left)
        time.sleep(left)


# --- asking ---------------------------------------------------------------------------------------


def subsequent_requests(rate: Rate) -> int:
    """How many requests are sent after the first refusal had come: enough for one in a hundred that
    is served all the same to be among them, where the limit is the documented one.
    """
    return max(30, rate.requests // 4)


def ask_over_limit(
    portal: Portal,
    request: Request,
    other_reads: Sequence[Request],
    writes: Writes | None,
    rate: Rate,
    bounds: Bounds,
) -> OverLimit:
    """Ask everything that is judged while the account is over its limit, in a fraction of a second
    beyond six times the target's latency. `other_reads` are as cheap as `request`, and come in
    turn with it: the limit is not one of a single URL.
    """
    transport = portal.transport
    many = subsequent_requests(rate)
    others = cycle(other_reads or [request])
    reads = [one for _ in range(many // 2) for one in (next(others), request)]
    subsequent = transport.volley(reads, math.ceil(many / 3), bounds)
    if _renewed(subsequent):
        return OverLimit(tuple(subsequent))
    orders = dict(writes.requests) if writes else {}
    second: Request | None = None
    elsewhere: Request | None = None
    if portal.second is not None:
        headers = portal.request("GET", "", credential=portal.second).headers
        second = replace(request, headers=headers, account=portal.second.account)
    if portal.settings.second_address is not None:
        elsewhere = replace(request, address=portal.settings.second_address)
    beside = [one for one in (second, elsewhere) if one is not None]
    asked = [*orders.values(), *beside]
    came = transport.volley(asked, max(1, len(asked)), bounds)
    for other in beside:
        for _ in range(TRIES - 1):
            if any(fate(one) is Fate.SERVED for one in came if one.request is other):
                break
            came += transport.volley([other], 1, bounds)
    closing = transport.volley([request] * CLOSING, 3, bounds)
    if all(fate(one) is Fate.LOST for one in closing):
        # Whether everybody is lost now, or this account alone, for as long as others are served.
        came += transport.volley(beside, max(1, len(beside)), bounds)
        closing += transport.volley([request] * CLOSING, 3, bounds)
    answers = {
        method: one for method, order in orders.items() for one in came if one.request is order
    }
    return OverLimit(
        tuple(subsequent),
        tuple(exchange for exchange in came if exchange.request is second),
        tuple(exchange for exchange in came if exchange.request is elsewhere),
        answers,
        tuple(closing),
        not _renewed(closing),
    )


def _renewed(exchanges: Sequence[Exchange]) -> bool:
    """Whether the account is served again: not one here and there, but all that were sent last."""
    last = sorted(exchanges, key=lambda exchange: exchange.sent)[-3:]
    return all(fate(exchange) is Fate.SERVED for exchange in last)


def recover(
    portal: Portal, request: Request, refusals: Sequence[Exchange], rate: Rate, bounds: Bounds
) -> Recovery:
    """Wait as long as the last refusal says, and not longer, and ask again; then wait out the
    period where that did not help. `refusals` stand in the order of arrival.

    One second of rounding is granted. A target that announces more than the period and two seconds
    is asked then: it may serve earlier than it said.
    """
    if not refusals:
        return Recovery(None, None)
    told = announced(refusals[-1])
    if told is not None and portal.transport.last_heard > refusals[-1].received + told:
        # A burst that was never refused came after it: what is refused now says nothing of it.
        quiet(portal, rate, "until the burst is out of every period")
        return Recovery(refusals[-1], told)
    meanwhile = _ask_meanwhile(portal, request, refusals[-1], rate, bounds)
    last = next((one for one in reversed(meanwhile) if fate(one) is Fate.REFUSED), refusals[-1])
    told = announced(last)
    asked: list[Exchange] = []
    extra: list[Exchange] = []
    if told is not None:
        longest = rate.period + LONGER
        due = last.received + min(told, longest)
        for late in (0.0, 0.5, 1.0):
            sleep_until(portal, due + late, "until the target says that it serves again")
            asked += portal.transport.volley([request], 1, bounds)
            if fate(asked[-1]) is Fate.SERVED:
                count = vanguard(rate)[0]
                extra = portal.transport.volley([request] * count, count, bounds)
                break
    if not asked or fate(asked[-1]) is not Fate.SERVED:
        quiet(portal, rate, "until the burst is out of every period")
    return Recovery(last, told, tuple(meanwhile), tuple(asked), tuple(extra))


def _ask_meanwhile(
    portal: Portal, request: Request, refusal: Exchange, rate: Rate, bounds: Bounds
) -> list[Exchange]:
    """Ask now and then while there is nothing to do but wait: the moments at which the announced
    seconds become one less tell when the next window begins, and so does the first request served.
    """
    asked: list[Exchange] = []
    told, last = announced(refusal), refusal

    def ask() -> None:
        nonlocal told, last
        asked.extend(portal.transport.volley([request], 1, bounds))
        told, last = announced(asked[-1]), asked[-1]
        told = told if fate(last) is Fate.REFUSED else None

    while told is not None and told > 2 and len(asked) < MEANWHILE:
        sleep_until(
            portal, portal.transport.last_heard + 0.1, "between two requests over the limit"
        )
        ask()
    for _ in range(AT_LAST):  # seconds are announced rounded up: this is when it may serve again
        if told is None or told > rate.period + LONGER:
            break
        due = last.received + told
        begin = max(due - 1, portal.transport.last_heard + 0.2)
        if begin > due - 0.1:
            break
        sleep_until(portal, begin, "until the target may serve again")
        ask()
    return asked


def quiet(portal: Portal, rate: Rate, why: str) -> None:
    """Wait until nothing that this run sent lies within a period any more."""
    sleep_until(portal, portal.transport.last_heard + rate.period + grace(rate) / 2, why)
