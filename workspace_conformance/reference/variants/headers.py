"""Further header fields of answers, which HTTP lets any server send."""

import hashlib
from itertools import count

from ..values import Answer, Call, Outcome
from .model import Apply, Variant, anew, deciding, on_answer, with_fields

_HEADERS = "which further header fields an answer has"


def _fixed(*fields: tuple[str, str]) -> Apply:
    return on_answer(lambda call, outcome, answer: with_fields(answer, *fields))


def _fresh() -> Apply:
    numbers = count(1)

    def change(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        number = next(numbers)
        second, minute = number % 60, number // 60 % 60
        moment = f"Mon, 06 Jan 2025 08:{minute:02}:{second:02} GMT"
        return with_fields(answer, ("etag", f'"{number:x}"'), ("last-modified", moment))

    return on_answer(change)


def _cookie(call: Call, outcome: Outcome, answer: Answer) -> Answer:
    shown = call.asked.headers.get("authorization")
    if call.account is None or shown is None:
        return answer
    token = shown.split(" ")[-1]
    return with_fields(answer, ("set-cookie", f"asc_auth_key={token}; path=/; HttpOnly"))


def _new_cookie() -> Apply:
    numbers = count(1)

    def change(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        session = hashlib.sha256(f"session {next(numbers)}".encode()).hexdigest()
        return with_fields(answer, ("set-cookie", f"session={session}; path=/; HttpOnly"))

    return on_answer(change)


def _location(call: Call, outcome: Outcome, answer: Answer) -> Answer:
    value = outcome.value
    if answer.status != 201 or not isinstance(value, dict) or "id" not in value:
        return answer
    return with_fields(
        answer, ("location", f"{call.asked.path.partition('.json')[0]}/{value['id']}")
    )


VARIANTS = (
    Variant(
        name="headers-security",
        leaves_open=_HEADERS,
        summary="HSTS and what else guards browsers",
        apply=_fixed(
            ("strict-transport-security", "max-age=63072000; includeSubDomains; preload"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'self'; report-uri /csp"),
            ("referrer-policy", "no-referrer"),
            ("permissions-policy", "geolocation=(), camera=()"),
        ),
    ),
    Variant(
        name="headers-proxy",
        leaves_open=_HEADERS,
        summary="what caches and gateways add",
        apply=_fixed(
            ("via", "1.1 gateway (cache/1.0)"),
            ("age", "0"),
            ("x-cache", "MISS"),
            ("alt-svc", 'h3=":443"; ma=86400'),
            ("access-control-allow-origin", "*"),
            ("content-language", "en, ru"),
            ("link", '</api/2.0/people>; rel="start"'),
            ("x-ratelimit-remaining", "499"),
        ),
    ),
    Variant(
        name="headers-repeated",
        leaves_open=_HEADERS,
        summary="fields that come several times",
        apply=_fixed(
            ("vary", "Accept"),
            ("vary", "Content-Type"),
            ("cache-control", "no-store"),
            ("x-note", "one"),
            ("x-note", ""),
            ("x-note", "three"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
        ),
    ),
    Variant(
        name="etag-fresh",
        leaves_open="what ETag and Last-Modified say (RFC 9110, 8.8)",
        summary="another ETag and Last-Modified on every answer",
        apply=anew(_fresh),
    ),
    Variant(
        name="cookie-token",
        leaves_open=_HEADERS,
        summary="a cookie that echoes the caller's token",
        apply=on_answer(_cookie),
        aspects=deciding("cookie"),
    ),
    Variant(
        name="cookie-fresh",
        leaves_open=_HEADERS,
        summary="another cookie of a session on every answer",
        apply=anew(_new_cookie),
        aspects=deciding("cookie"),
    ),
    Variant(
        name="location",
        leaves_open="Location on a 201 (RFC 9110, 15.3.2)",
        summary="Location names what was created",
        apply=on_answer(_location),
    ),
)
"""What answers may say in their heads."""
