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
        "limiter-sliding",
        _PERIOD,
        "any request begins a period",
        options=_limiter("sliding"),
        aspects=_KIND,
    ),
    Variant(
        "limiter-clock",
        _PERIOD,
        "periods go by the clock",
        options=_limiter("clock"),
        aspects=_KIND,
    ),
    Variant("retry-generous", _WAIT, "Retry-After is a second more than needed", parts(_generous)),
    Variant(
        "over-limit-page",
        _OVER,
        "a 503 is a page",
        _over_limit(page(503), "text/html"),
        aspects=_503,
    ),
    Variant("over-limit-empty", _OVER, "a 503 has no body", _over_limit(b"", None), aspects=_503),
    Variant(
        "nobody-uncounted",
        "how requests without credentials are counted (BC Rate limiting)",
        "requests without credentials are not counted",
        parts(_nobody_apart),
        aspects=deciding("counting of nobody"),
    ),
    Variant(
        "nobody-together",
        "how requests without credentials are counted (BC Rate limiting)",
        "requests without credentials are counted together",
        parts(_nobody_together),
        aspects=deciding("counting of nobody"),
    ),
    Variant(
        "latency-50", _TIME, "every answer 50 ms later", options=_later, aspects=deciding("latency")
    ),
    Variant(
        "latency-jitter",
        _TIME,
        "every answer up to 60 ms later",
        anew(_jittering),
        aspects=deciding("latency"),
    ),
    Variant(
        "few-at-once",
        "how many requests are worked on at once",
        "four requests at once, the others wait",
        _few_at_once(4),
    ),
    Variant(
        "ipv6",
        _WHERE,
        "the portal listens at ::1",
        options=lambda options: replace(options, host="::1"),
        leaves=frozenset(("RATE-7",)),
    ),
    Variant(
        "tls",
        _WHERE,
        "TLS, with a certificate of a throw-away authority",
        options=lambda options: replace(options, tls=True),
    ),
)
"""When and where answers may come."""
