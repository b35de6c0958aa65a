"""When answers come, from where, and how requests are counted."""

import asyncio
import random
from collections.abc import Callable, Hashable
from dataclasses import replace

from starlette.types import ASGIApp, Receive, Scope, Send

from ..options import LimiterKind, Options
from ..parts import Parts
from ..values import Account, Answer, Asked, Call, Outcome
from .model import Apply, Variant, anew, bare, deciding, on_answer, parts
from .refusals import page
from .wire import around

_PERIOD = "where a period begins (BC Rate limiting)"
_WAIT = "Retry-After is in whole seconds, so rounding is open (BC Rate limiting)"
_OVER = "what a 503 says besides Retry-After (BC Rate limiting)"
_TIME = "how long an answer takes"
_WHERE = "at which address, and over what, a portal is reached"

Change = Callable[[Options], Options]


def _limiter(kind: LimiterKind) -> Change:
    return lambda options: replace(options, limiter=kind)


def _later(options: Options) -> Options:
    return replace(options, latency_ms=options.latency_ms + 50)


def _jittering() -> Apply:
    chance = random.Random(1)

    def wrap(inner: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            await asyncio.sleep(chance.choice((0.0, 0.001, 0.02, 0.06)))
            await inner(scope, receive, send)

        return serve

    return around(wrap)


def _few_at_once(most: int) -> Apply:
    def wrap(inner: ASGIApp) -> ASGIApp:
        free = asyncio.Semaphore(most)

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            async with free:
                await inner(scope, receive, send)

        return serve

    return around(wrap)


def _generous(to: Parts) -> None:
    inner = to.admit

    def admit(asked: Asked, account: Account | None) -> int | None:
        wait = inner(asked, account)
        return None if wait is None else wait + 1

    to.admit = admit


def _over_limit(body: bytes, media: str | None) -> Apply:
    def change(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        return bare(answer, body, media) if answer.status == 503 else answer

    return on_answer(change)


def _nobody_apart(to: Parts) -> None:
    """Requests of nobody known are not counted."""
    inner = to.admit

    def admit(asked: Asked, account: Account | None) -> int | None:
        return None if account is None else inner(asked, account)

    to.admit = admit


def _nobody_together(to: Parts) -> None:
    """Requests of nobody known are counted together, wherever they come from."""
    inner = to.limit_key

    def limit_key(asked: Asked, account: Account | None) -> Hashable:
        return "nobody" if account is None else inner(asked, account)

    to.limit_key = limit_key


_KIND = deciding("limiter")
_503 = deciding("body of a 503")

VARIANTS = (
    Variant(
        name="limiter-sliding",
        leaves_open=_PERIOD,
        summary="any request begins a period",
        options=_limiter("sliding"),
        aspects=_KIND,
    ),
    Variant(
        name="limiter-clock",
        leaves_open=_PERIOD,
        summary="periods go by the clock",
        options=_limiter("clock"),
        aspects=_KIND,
    ),
    Variant(
        name="retry-generous",
        leaves_open=_WAIT,
        summary="Retry-After is a second more than needed",
        apply=parts(_generous),
    ),
    Variant(
        name="over-limit-page",
        leaves_open=_OVER,
        summary="a 503 is a page",
        apply=_over_limit(page(503), "text/html"),
        aspects=_503,
    ),
    Variant(
        name="over-limit-empty",
        leaves_open=_OVER,
        summary="a 503 has no body",
        apply=_over_limit(b"", None),
        aspects=_503,
    ),
    Variant(
        name="nobody-uncounted",
        leaves_open="how requests without credentials are counted (BC Rate limiting)",
        summary="requests without credentials are not counted",
        apply=parts(_nobody_apart),
        aspects=deciding("counting of nobody"),
    ),
    Variant(
        name="nobody-together",
        leaves_open="how requests without credentials are counted (BC Rate limiting)",
        summary="requests without credentials are counted together",
        apply=parts(_nobody_together),
        aspects=deciding("counting of nobody"),
    ),
    Variant(
        name="latency-50",
        leaves_open=_TIME,
        summary="every answer 50 ms later",
        options=_later,
        aspects=deciding("latency"),
    ),
    Variant(
        name="latency-jitter",
        leaves_open=_TIME,
        summary="every answer up to 60 ms later",
        apply=anew(_jittering),
        aspects=deciding("latency"),
    ),
    Variant(
        name="few-at-once",
        leaves_open="how many requests are worked on at once",
        summary="four requests at once, the others wait",
        apply=_few_at_once(4),
    ),
    Variant(
        name="ipv6",
        leaves_open=_WHERE,
        summary="the portal listens at ::1",
        options=lambda options: replace(options, host="::1"),
        leaves=frozenset(("RATE-7",)),
    ),
    Variant(
        name="tls",
        leaves_open=_WHERE,
        summary="TLS, with a certificate of a throw-away authority",
        options=lambda options: replace(options, tls=True),
    ),
)
"""When and where answers may come."""
