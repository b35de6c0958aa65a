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
        "headers-security",
        _HEADERS,
        "HSTS and what else guards browsers",
        _fixed(
            ("strict-transport-security", "max-age=63072000; includeSubDomains; preload"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'self'; report-uri /csp"),
            ("referrer-policy", "no-referrer"),
            ("permissions-policy", "geolocation=(), camera=()"),
        ),
    ),
    Variant(
        "headers-proxy",
        _HEADERS,
        "what caches and gateways add",
        _fixed(
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
        "headers-repeated",
        _HEADERS,
        "fields that come several times",
        _fixed(
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
        "etag-fresh",
        "what ETag and Last-Modified say (RFC 9110, 8.8)",
        "another ETag and Last-Modified on every answer",
        anew(_fresh),
    ),
    Variant(
        "cookie-token",
        _HEADERS,
        "a cookie that echoes the caller's token",
        on_answer(_cookie),
        aspects=deciding("cookie"),
    ),
    Variant(
        "cookie-fresh",
        _HEADERS,
        "another cookie of a session on every answer",
        anew(_new_cookie),
        aspects=deciding("cookie"),
    ),
    Variant(
        "location",
        "Location on a 201 (RFC 9110, 15.3.2)",
        "Location names what was created",
        on_answer(_location),
    ),
)
"""What answers may say in their heads."""
