"""The three lawful kinds of limiter, and the limiter in the portal."""

import pytest

from workspace_conformance.reference import Options, Rate, parse_rate
from workspace_conformance.reference.limiter import (
    ClockWindow,
    FixedWindow,
    Limiter,
    SlidingLog,
    make_limiter,
)
from workspace_conformance.reference.options import LimiterKind

from .support import Clock, make_client

RATE = Rate(5, 10.0)
KINDS = (FixedWindow, ClockWindow, SlidingLog)


def served(limiter: Limiter, requests: int, key: str = "me") -> int:
    return sum(limiter.admit(key) is None for _ in range(requests))


@pytest.mark.parametrize("kind", KINDS)
def test_serves_exactly_the_limit_and_refuses_all_that_follow(kind: type[Limiter]) -> None:
    limiter = kind(RATE, Clock())  # type: ignore[call-arg]
    assert [limiter.admit("me") is None for _ in range(8)] == [True] * 5 + [False] * 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", [0.0, 3.2, 9.999, 12.5])
def test_the_wait_is_true_whole_and_not_longer_than_the_period(
    kind: type[Limiter], start: float
) -> None:
    clock = Clock(start)
    limiter = kind(RATE, clock)  # type: ignore[call-arg]
    served(limiter, 5)
    clock.now += 0.3
    wait = limiter.admit("me")
    if wait is None:  # a window aligned to the clock may have rolled over
        assert kind is ClockWindow
        served(limiter, 4)
        wait = limiter.admit("me")
    assert wait is not None
    assert 1 <= wait <= 10
    clock.now += wait
    assert limiter.admit("me") is None


def test_a_fixed_window_begins_with_its_first_request() -> None:
    clock = Clock(7.0)
    limiter = FixedWindow(RATE, clock)
    served(limiter, 1)
    clock.now = 16.9
    assert served(limiter, 9) == 4
    clock.now = 17.0
    assert served(limiter, 9) == 5


def test_a_clock_window_begins_at_multiples_of_the_period() -> None:
    clock = Clock(7.0)
    limiter = ClockWindow(RATE, clock)
    assert served(limiter, 9) == 5
    clock.now = 10.0
    assert served(limiter, 9) == 5
    clock.now = 19.9
    assert limiter.admit("me") == 1


def test_a_sliding_log_forgets_each_request_after_the_period() -> None:
    clock = Clock(0.0)
    limiter = SlidingLog(RATE, clock)
    served(limiter, 2)
    clock.now = 4.0
    assert served(limiter, 9) == 3
    assert limiter.admit("me") == 6
    clock.now = 10.0
    assert served(limiter, 9) == 2
    assert limiter.admit("me") == 4


@pytest.mark.parametrize("kind", KINDS)
def test_keys_are_counted_apart_and_a_resized_limiter_starts_anew(kind: type[Limiter]) -> None:
    limiter = kind(RATE, Clock())  # type: ignore[call-arg]
    served(limiter, 9)
    assert served(limiter, 9, "another") == 5
    smaller = limiter.resized(2)
    assert type(smaller) is kind
    assert served(smaller, 9) == 2


@pytest.mark.parametrize(
    ("text", "rate"), [("500/10s", Rate(500, 10)), ("50/1s", Rate(50, 1)), ("7/0.5", Rate(7, 0.5))]
)
def test_a_rate_is_read_and_written(text: str, rate: Rate) -> None:
    assert parse_rate(text) == rate
    assert parse_rate(str(rate)) == rate


def test_off_is_no_rate() -> None:
    assert parse_rate("off") is None
    assert served(make_limiter(None, "fixed"), 1000) == 1000


@pytest.mark.parametrize("text", ["", "500", "0/10s", "5/0s", "-5/10s", "5/10m", "off "])
def test_anything_else_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match="rate limit"):
        parse_rate(text)


@pytest.mark.parametrize("kind", ["fixed", "clock", "sliding"])
def test_the_portal_refuses_with_503_and_retry_after_and_changes_nothing(
    kind: LimiterKind,
) -> None:
    client = make_client(Options(rate=Rate(6, 10), limiter=kind))
    titles = [post.title for post in client.app.parts.store.posts.all()]
    assert [client.get("people/@self").status for _ in range(6)] == [200] * 6
    refused = client.post("community/blog.json", json_body={"title": "Refused"})
    assert refused.status == 503
    assert (refused.json["status"], refused.json["statusCode"]) == (1, 503)
    wait = int(refused.header("retry-after") or "")
    assert 1 <= wait <= 10
    assert [post.title for post in client.app.parts.store.posts.all()] == titles
    client.clock.now += wait
    assert client.get("people/@self").status == 200


def test_accounts_addresses_and_nobody_are_counted_apart() -> None:
    client = make_client(Options(rate=Rate(2, 10)))
    second = {"authorization": client.app.credentials.second_token}
    assert [client.get("group").status for _ in range(3)] == [200, 200, 503]
    assert client.get("group", headers=second).status == 200
    assert client.get("group", address="127.0.0.2").status == 200
    assert [client.get("group", anonymous=True).status for _ in range(3)] == [401, 401, 503]
    bearer = {"authorization": f"Bearer {client.token}"}
    assert client.get("group", headers=bearer).status == 503, "the account, not the credential"
