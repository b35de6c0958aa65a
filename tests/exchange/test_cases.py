"""What several cases share: the value of an experiment, or what it came to instead."""

from __future__ import annotations

import traceback

import pytest

from workspace_conformance.exchange import cases
from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.exchange.outcomes import Reason, Untested, Violation


class Awkward(Exception):
    """One that its arguments do not make again."""

    def __init__(self) -> None:
        super().__init__("these", "words")


def violation() -> Violation:
    error = Violation("answered 500")
    error.exchange = Exchange(7, Request("GET", "http://127.0.0.1/"), None)
    error.by_head = True
    error.add_note("seen twice")
    return error


@pytest.mark.parametrize(
    "raised", [violation(), Untested(Reason.NOT_SERVED, "no posts"), KeyError("x"), Awkward()]
)
def test_every_case_gets_the_same_error(raised: Exception) -> None:
    once = cases.Once()

    def fail() -> None:
        raise raised

    for _ in range(3):
        with pytest.raises(type(raised)) as caught:
            once("key", fail)
        assert str(caught.value) == str(raised)
        told = vars(raised)
        assert {name: getattr(caught.value, name) for name in told} == told


def test_an_error_that_many_cases_share_does_not_grow() -> None:
    once = cases.Once()

    def fail() -> None:
        raise Untested(Reason.NOT_SERVED, "no posts")

    depths = []
    for _ in range(50):
        with pytest.raises(Untested) as caught:
            once("key", fail)
        depths.append(len(traceback.extract_tb(caught.value.__traceback__)))
    assert max(depths) <= 4
