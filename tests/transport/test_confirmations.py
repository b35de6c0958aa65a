"""One answer confirms all that was in doubt before it was asked for."""

from __future__ import annotations

from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.transport.confirmations import Confirmations

ONE = Request("GET", "http://portal.test/api/2.0/people.json")
OTHER = Request("GET", "http://portal.test/api/2.0/group.json")


class Target:
    """Answers at the instants that it is told, and counts."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sent = 0

    def __call__(self) -> Exchange:
        self.sent += 1
        return Exchange(self.sent, ONE, None, sent=self.now, received=self.now + 0.5)


def test_an_answer_serves_all_doubts_that_are_older() -> None:
    target, confirmations = Target(), Confirmations()
    target.now = 10.0
    first = confirmations.ask(ONE, 9.0, target)
    assert confirmations.ask(ONE, 3.0, target) is first
    assert confirmations.ask(ONE, 10.0, target) is first
    assert target.sent == 1


def test_a_newer_doubt_is_asked_for_and_the_older_answer_stays() -> None:
    target, confirmations = Target(), Confirmations()
    target.now = 10.0
    first = confirmations.ask(ONE, 9.0, target)
    target.now = 20.0
    second = confirmations.ask(ONE, 15.0, target)
    assert second is not first
    # The earliest that will do: a replay, which knows all of them, finds the same.
    assert confirmations.ask(ONE, 9.5, target) is first
    assert target.sent == 2


def test_another_question_is_asked_for_itself() -> None:
    target, confirmations = Target(), Confirmations()
    confirmations.ask(ONE, 0.0, target)
    confirmations.ask(OTHER, 0.0, target)
    assert target.sent == 2
