"""Faults of the rate limit: where it lies, whom it counts, what a refusal says and does."""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Collection, Hashable
from dataclasses import replace
from email.utils import formatdate

from ..parts import Parts
from ..values import Account, Answer, Asked, Call, Form, Kind, Outcome
from .calls import RECORDS, When, where
from .model import Fault
from .wrapping import Apply, keep_text, with_header, without_header

RETRY_AFTER = "retry-after"
_COMMENTS = (Kind.COMMENTS, Kind.COMMENT)
PENALTY = 5.0
"""Seconds by which a refusal can outlast what it announced."""

GIVES_UP = 30
"""Refusals after which a limiter that gives up serves again."""

BAN = 60.0
"""Seconds for which an account can be refused that was once over its limit."""


def _limit(change: Callable[[int], int]) -> Apply:
    """Have another limit, made from the documented one."""

    def apply(parts: Parts) -> None:
        limiter = parts.limiter
        parts.limiter = limiter.resized(max(1, change(limiter.rate.limit)))

    return apply


def _shorter(share: float) -> Apply:
    """Have windows that last only a share of the documented period."""

    def apply(parts: Parts) -> None:
        limiter = parts.limiter.resized(parts.limiter.rate.limit)
        limiter.rate = replace(limiter.rate, period=limiter.rate.period * share)
        parts.limiter = limiter

    return apply


def _no_limit(parts: Parts) -> None:
    parts.admit = lambda asked, account: None


def _on_refusal(
    change: Callable[[Parts, Call, int, Outcome], Outcome], when: When = lambda call: True
) -> Apply:
    """Change what a request over the limit is answered; `change` gets the true wait too."""

    def apply(parts: Parts) -> None:
        inner = parts.throttle

        def throttle(call: Call, wait: int) -> Outcome:
            outcome = inner(call, wait)
            return change(parts, call, wait, outcome) if when(call) else outcome

        parts.throttle = throttle

    return apply


def _status(number: int) -> Apply:
    return _on_refusal(lambda _, __, ___, outcome: replace(outcome, status=number))


def _retry_after(value: Callable[[int], str]) -> Apply:
    """Announce something else than the true wait."""
    return _on_refusal(lambda _, __, wait, out: with_header(out, RETRY_AFTER, value(wait)))


def _no_retry_after(when: When) -> Apply:
    return _on_refusal(lambda _, __, ___, out: without_header(out, RETRY_AFTER), when)


def _carry_out(method: str, kinds: Collection[Kind] = RECORDS) -> Apply:
    """Refuse a write, and carry it out all the same."""

    def change(parts: Parts, call: Call, wait: int, outcome: Outcome) -> Outcome:
        if call.account is not None:
            parts.perform(call)
        return outcome

    return _on_refusal(change, where(method, kinds=kinds))


def _key(change: Callable[[Asked, Account | None], Hashable]) -> Apply:
    """Count requests by something else than address and account."""

    def apply(parts: Parts) -> None:
        parts.limit_key = change

    return apply


def _not_counting(forgotten: Callable[[Parts, Asked], bool]) -> Apply:
    """Refuse every request over the limit, and forget to count some of those below it."""

    def apply(parts: Parts) -> None:
        inner, over = parts.admit, dict[Hashable, float]()

        def admit(asked: Asked, account: Account | None) -> int | None:
            key, now = parts.limit_key(asked, account), parts.limiter.clock()
            left = over.get(key, -math.inf) - now
            if forgotten(parts, asked):
                return math.ceil(left) if left > 0 else None
            wait = inner(asked, account)
            if wait is not None:
                over[key] = now + wait
            return wait

        parts.admit = admit

    return apply


def _nobody(parts: Parts, asked: Asked) -> bool:
    return asked.path.rpartition("/")[2].partition(".")[0].endswith("-nobody")


def _give_up(parts: Parts) -> None:
    """Serve again, with a count begun anew, once so many requests were refused."""
    inner, refusals = parts.admit, Counter[Hashable]()
    limiter = parts.limiter

    def admit(asked: Asked, account: Account | None) -> int | None:
        key = parts.limit_key(asked, account)
        wait = inner(asked, account)
        if wait is None:
            return None
        refusals[key] += 1
        if refusals[key] % GIVES_UP == 0:
            parts.limiter = limiter.resized(limiter.rate.limit)
        return wait

    parts.admit = admit


def _drop(after: int) -> Apply:
    """Close the connection in place of a refusal, but for the first so many."""

    def apply(parts: Parts) -> None:
        inner, refusals = parts.finish, itertools.count()

        def finish(call: Call, outcome: Outcome, answer: Answer) -> Answer:
            answer = inner(call, outcome, answer)
            drops = outcome.status == 503 and next(refusals) >= after
            return replace(answer, cut=True) if drops else answer

        parts.finish = finish

    return apply


def _no_limit_on_xml(parts: Parts) -> None:
    inner = parts.admit

    def admit(asked: Asked, account: Account | None) -> int | None:
        return None if parts.locate(asked).suffix is Form.XML else inner(asked, account)

    parts.admit = admit


def _serve_every(number: int) -> Apply:
    """Serve one in so many of the requests that are over the limit."""

    def apply(parts: Parts) -> None:
        inner, excess = parts.admit, Counter[Hashable]()

        def admit(asked: Asked, account: Account | None) -> int | None:
            wait = inner(asked, account)
            if wait is None:
                return None
            key = parts.limit_key(asked, account)
            excess[key] += 1
            return None if excess[key] % number == 0 else wait

        parts.admit = admit

    return apply


def _refuse_early(parts: Parts) -> None:
    """Refuse one request in the middle of every period's, counted from its first."""
    inner, periods = parts.admit, dict[Hashable, tuple[float, int]]()
    rate = parts.limiter.rate

    def admit(asked: Asked, account: Account | None) -> int | None:
        key, now = parts.limit_key(asked, account), parts.limiter.clock()
        begun, seen = periods.get(key, (now, 0))
        if now - begun >= rate.period:
            begun, seen = now, 0
        periods[key] = begun, seen + 1
        return 1 if seen + 1 == rate.limit // 2 else inner(asked, account)

    parts.admit = admit


def _outlast(parts: Parts) -> None:
    """Go on refusing when the wait that was announced is over."""
    inner, until = parts.admit, dict[Hashable, float]()

    def admit(asked: Asked, account: Account | None) -> int | None:
        key, now = parts.limit_key(asked, account), parts.limiter.clock()
        left = until.get(key, -math.inf) - now
        if left > 0:
            return max(1, math.ceil(left - PENALTY))
        wait = inner(asked, account)
        if wait is not None:
            until[key] = now + wait + PENALTY
        return wait

    parts.admit = admit


def _ban(parts: Parts) -> None:
    """Go on refusing an account that was over its limit, and say so."""
    inner, until = parts.admit, dict[Hashable, float]()

    def admit(asked: Asked, account: Account | None) -> int | None:
        key, now = parts.limit_key(asked, account), parts.limiter.clock()
        if until.get(key, -math.inf) <= now:
            if inner(asked, account) is None:
                return None
            until[key] = now + BAN
        return math.ceil(until[key] - now)

    parts.admit = admit


def _address_only(asked: Asked, account: Account | None) -> Hashable:
    return asked.address


def _account_only(asked: Asked, account: Account | None) -> Hashable:
    return account.id if account is not None else None


def _by_url(asked: Asked, account: Account | None) -> Hashable:
    return asked.address, account.id if account is not None else None, asked.path


def _text_applied(parts: Parts, call: Call, wait: int, outcome: Outcome) -> Outcome:
    keep_text(parts, call)
    return outcome


def _by_method(asked: Asked, account: Account | None) -> Hashable:
    return asked.address, account.id if account is not None else None, asked.method


def _by_program(asked: Asked, account: Account | None) -> Hashable:
    return asked.address, account.id if account is not None else None, _header(asked, "user-agent")


def _by_token(asked: Asked, account: Account | None) -> Hashable:
    return asked.address, _header(asked, "authorization")


def _header(asked: Asked, name: str) -> str:
    return asked.headers.get(name, "")


FAULTS = (
    Fault(
        name="limit-one-low",
        requirement="RATE-1",
        summary="499 requests are served",
        apply=_limit(lambda n: n - 1),
    ),
    Fault(
        name="limit-tenth-low",
        requirement="RATE-1",
        summary="450 requests are served",
        apply=_limit(lambda n: n * 9 // 10),
    ),
    Fault(
        name="refused-early",
        requirement="RATE-1",
        summary="the 250th request of 500 is refused",
        apply=_refuse_early,
    ),
    Fault(
        name="banned",
        requirement="RATE-1",
        summary="once over the limit, all is refused for a minute",
        apply=_ban,
    ),
    Fault(
        name="limit-one-high",
        requirement="RATE-2",
        summary="501 requests are served",
        apply=_limit(lambda n: n + 1),
    ),
    Fault(
        name="limit-fifth-high",
        requirement="RATE-2",
        summary="600 requests are served",
        apply=_limit(lambda n: n * 6 // 5),
    ),
    Fault(
        name="windows-too-short",
        requirement="RATE-2",
        summary="500 requests are served every 3 s",
        apply=_shorter(0.3),
    ),
    Fault(
        name="no-limit",
        requirement="RATE-2",
        summary="any number of requests is served",
        apply=_no_limit,
    ),
    Fault(
        name="excess-429",
        requirement="RATE-2",
        summary="requests over the limit: 429",
        apply=_status(429),
    ),
    Fault(
        name="excess-403",
        requirement="RATE-2",
        summary="requests over the limit: 403",
        apply=_status(403),
    ),
    Fault(
        name="excess-200",
        requirement="RATE-2",
        summary="requests over the limit: 200, and an empty response",
        apply=_on_refusal(lambda _, __, ___, out: Outcome(200, value={}, headers=out.headers)),
    ),
    Fault(
        name="no-retry-after",
        requirement="RATE-3",
        summary="a 503 has no Retry-After",
        apply=_no_retry_after(lambda call: True),
    ),
    Fault(
        name="no-retry-after-on-post",
        requirement="RATE-3",
        summary="a 503 to POST has no Retry-After",
        apply=_no_retry_after(lambda call: call.asked.method == "POST"),
    ),
    Fault(
        name="no-retry-after-on-writes",
        requirement="RATE-3",
        summary="a 503 to anything but GET has no Retry-After",
        apply=_no_retry_after(lambda call: call.asked.method != "GET"),
    ),
    Fault(
        name="no-retry-after-with-xml",
        requirement="RATE-3",
        summary="a 503 to what is asked for with .xml has no Retry-After",
        apply=_no_retry_after(lambda call: call.place.suffix is Form.XML),
    ),
    Fault(
        name="retry-after-zero",
        requirement="RATE-4",
        summary="Retry-After is 0",
        apply=_retry_after(lambda _: "0"),
    ),
    Fault(
        name="retry-after-negative",
        requirement="RATE-4",
        summary="Retry-After is -1",
        apply=_retry_after(lambda _: "-1"),
    ),
    Fault(
        name="retry-after-word",
        requirement="RATE-4",
        summary="Retry-After is soon",
        apply=_retry_after(lambda _: "soon"),
    ),
    Fault(
        name="retry-after-empty",
        requirement="RATE-4",
        summary="Retry-After is empty",
        apply=_retry_after(lambda _: ""),
    ),
    Fault(
        name="retry-after-date",
        requirement="RATE-4",
        summary="Retry-After is a date",
        apply=_retry_after(lambda _: formatdate(usegmt=True)),
    ),
    Fault(
        name="retry-after-fraction",
        requirement="RATE-4",
        summary="Retry-After is 1.5",
        apply=_retry_after(lambda _: "1.5"),
    ),
    Fault(
        name="retry-after-too-short",
        requirement="RATE-5",
        summary="Retry-After is a third of the true wait",
        apply=_retry_after(lambda wait: str(max(1, wait // 3))),
    ),
    Fault(
        name="refusal-outlasts",
        requirement="RATE-5",
        summary="requests are refused 5 s longer than Retry-After says",
        apply=_outlast,
    ),
    Fault(
        name="limit-over-accounts",
        requirement="RATE-6",
        summary="all accounts at one address share a limit",
        apply=_key(_address_only),
    ),
    Fault(
        name="limit-over-addresses",
        requirement="RATE-7",
        summary="all addresses of one account share a limit",
        apply=_key(_account_only),
    ),
    Fault(
        name="excess-second-served",
        requirement="RATE-8",
        summary="every second excess request is served",
        apply=_serve_every(2),
    ),
    Fault(
        name="excess-tenth-served",
        requirement="RATE-8",
        summary="every tenth excess request is served",
        apply=_serve_every(10),
    ),
    Fault(
        name="unknown-not-counted",
        requirement="RATE-2",
        summary="requests for records that do not exist are not counted",
        apply=_not_counting(_nobody),
    ),
    Fault(
        name="head-not-counted",
        requirement="RATE-2",
        summary="HEAD is not counted",
        apply=_not_counting(lambda _, asked: asked.method == "HEAD"),
    ),
    Fault(
        name="post-not-counted",
        requirement="RATE-2",
        summary="POST is not counted",
        apply=_not_counting(lambda _, asked: asked.method == "POST"),
    ),
    Fault(
        name="put-not-counted",
        requirement="RATE-2",
        summary="PUT is not counted",
        apply=_not_counting(lambda _, asked: asked.method == "PUT"),
    ),
    Fault(
        name="delete-not-counted",
        requirement="RATE-2",
        summary="DELETE is not counted",
        apply=_not_counting(lambda _, asked: asked.method == "DELETE"),
    ),
    Fault(
        name="json-not-counted",
        requirement="RATE-2",
        summary="what is asked for with .json is not counted",
        apply=_not_counting(lambda parts, asked: parts.locate(asked).suffix is Form.JSON),
    ),
    Fault(
        name="default-not-counted",
        requirement="RATE-2",
        summary="what is asked for without a suffix is not counted",
        apply=_not_counting(lambda parts, asked: parts.locate(asked).suffix is None),
    ),
    Fault(
        name="limit-by-program",
        requirement="RATE-2",
        summary="every user agent is counted for itself",
        apply=_key(_by_program),
    ),
    Fault(
        name="limit-by-token",
        requirement="RATE-2",
        summary="every token of an account is counted for itself",
        apply=_key(_by_token),
    ),
    Fault(
        name="excess-dropped",
        requirement="RATE-2",
        summary="over the limit the connection is closed",
        apply=_drop(0),
    ),
    Fault(
        name="excess-dropped-later",
        requirement="RATE-2",
        summary="after forty refusals the connection is closed",
        apply=_drop(40),
    ),
    Fault(
        name="limit-given-up",
        requirement="RATE-8",
        summary="after thirty refusals it counts anew",
        apply=_give_up,
    ),
    Fault(
        name="excess-comment-made",
        requirement="RATE-10",
        summary="a POST of a comment refused with 503 is carried out",
        apply=_carry_out("POST", _COMMENTS),
    ),
    Fault(
        name="excess-comment-changed",
        requirement="RATE-10",
        summary="a PUT of a comment refused with 503 is carried out",
        apply=_carry_out("PUT", _COMMENTS),
    ),
    Fault(
        name="excess-comment-removed",
        requirement="RATE-10",
        summary="a DELETE of a comment refused with 503 is carried out",
        apply=_carry_out("DELETE", _COMMENTS),
    ),
    Fault(
        name="limit-by-method",
        requirement="RATE-8",
        summary="every method is counted for itself: POST follows 500 GETs",
        apply=_key(_by_method),
    ),
    Fault(
        name="limit-by-url",
        requirement="RATE-8",
        summary="every URL is counted for itself",
        apply=_key(_by_url),
    ),
    Fault(
        name="limit-not-on-xml",
        requirement="RATE-8",
        summary="what is asked for with .xml is never refused",
        apply=_no_limit_on_xml,
    ),
    Fault(
        name="retry-after-hour",
        requirement="RATE-9",
        summary="Retry-After is 3600",
        apply=_retry_after(lambda _: "3600"),
    ),
    Fault(
        name="retry-after-minute",
        requirement="RATE-9",
        summary="Retry-After is 60",
        apply=_retry_after(lambda _: "60"),
    ),
    Fault(
        name="excess-post-applied",
        requirement="RATE-10",
        summary="a POST refused with 503 creates",
        apply=_carry_out("POST"),
    ),
    Fault(
        name="excess-put-applied",
        requirement="RATE-10",
        summary="a PUT refused with 503 updates",
        apply=_carry_out("PUT"),
    ),
    Fault(
        name="excess-put-text-applied",
        requirement="RATE-10",
        summary="a PUT refused with 503 updates a post's text, not its title",
        apply=_on_refusal(_text_applied, where("PUT", kinds=(Kind.POST,))),
    ),
    Fault(
        name="excess-delete-applied",
        requirement="RATE-10",
        summary="a DELETE refused with 503 deletes",
        apply=_carry_out("DELETE"),
    ),
)
