"""A lock that wrong passwords of the run have made is waited out once, and no longer than a minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from workspace_conformance.exchange.messages import Exchange, Request, Response
from workspace_conformance.portal.lockouts import LONGEST, MARGIN, Lockouts


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited for, each time; nothing really is."""
    seconds: list[float] = []
    monkeypatch.setattr("workspace_conformance.portal.lockouts.time.sleep", seconds.append)
    return seconds


def refusal(status: int = 403, received: float = 0.0, wait: str = "") -> Exchange:
    headers = (("Retry-After", wait),) if wait else ()
    request = Request("POST", "http://portal.test/api/2.0/authentication.json")
    return Exchange(1, request, Response(status, "", headers, b""), received=received)


def transport(recording: object = None, announce: Callable[..., None] | None = None) -> Any:
    return SimpleNamespace(recording=recording, announce=announce or (lambda *_: None))


def test_a_lock_that_is_not_ours_is_not_waited_for(waited: list[float]) -> None:
    assert not Lockouts().wait_out(transport(), refusal())
    assert waited == []


def test_a_lock_of_ours_is_waited_out_once_and_announced(waited: list[float]) -> None:
    told: list[tuple[str, float]] = []
    lockouts, out = Lockouts(), transport(announce=lambda *words: told.append(words))
    assert [lockouts.spend("somebody"), lockouts.spend("somebody")] == [0, 1]
    assert lockouts.wait_out(out, refusal())
    assert waited == [LONGEST + MARGIN]
    assert told == [("wrong passwords of this run have locked a user out", LONGEST + MARGIN)]
    late = refusal(received=time.time() + 1)
    assert not lockouts.wait_out(out, late)
    assert len(waited) == 1


def test_whoever_was_refused_before_the_wait_was_over_may_ask_again(waited: list[float]) -> None:
    lockouts = Lockouts()
    lockouts.spend("somebody")
    early = refusal(received=time.time() - 1)
    assert lockouts.wait_out(transport(), early)
    assert lockouts.wait_out(transport(), early)
    assert len(waited) == 1


@pytest.mark.parametrize(("said", "seconds"), [("2", 3.0), ("3600", LONGEST + 1)])
def test_what_a_refusal_announces_is_waited_for_up_to_a_minute(
    said: str, seconds: float, waited: list[float]
) -> None:
    lockouts = Lockouts()
    lockouts.spend("somebody")
    assert lockouts.wait_out(transport(), refusal(401, wait=said))
    assert waited == [seconds]


def test_a_replay_waits_for_nothing(waited: list[float]) -> None:
    lockouts = Lockouts()
    lockouts.spend("somebody")
    assert lockouts.wait_out(transport(recording=object()), refusal())
    assert waited == []
