"""No violation becomes a finding before it was confirmed.

While a run goes on, the world around the target may change: a token ends, a firewall bans, a gateway
loses what is behind it, somebody else removes a record, one answer of a thousand goes astray. What is
seen then is the target's fault only where

- the positive control, asked again after it, still succeeds (the account's own record, and all that
  the case itself builds on), and
- the case, run again with nothing else under way and every safe question asked anew, sees it again;
  but what has happened has happened: an effect of a refused write, another record that was touched,
  a secret that was told is a finding the first time.

All cases that have run by then are heard together, so that a broken target is asked little more than
once for what hundreds of them have in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import (
    Outcome,
    Reason,
    Unrecorded,
    Untested,
    Violation,
)
from workspace_conformance.portal.records import Portal
from workspace_conformance.session.executing import can_run_early, case_of, execute
from workspace_conformance.session.run import Run
from workspace_conformance.transport.client import NOT_NOW, unusable

Doubted = dict[pytest.Item, AssertionError]

# Requirements that are violated by what has happened: asking again undoes nothing of it.
_ONCE = frozenset({"AUTH-7", "AUTH-8", "AUTH-12", "REST-2"})
# Those that a 403 to a reader violates, who is served other records of the same kind.
_FORBIDDEN_COUNTS = frozenset({"ID-1", "STA-5"})
_ROUNDS = 3  # hearings at most, where the credential ends again and again
# Reasons that say by themselves that nothing can be held against the target.
_AROUND = frozenset({Reason.CHANGED, Reason.NOT_PERMITTED, Reason.THROTTLED, Reason.UNREACHABLE})


def confirm(run: Run, item: pytest.Item, seen: AssertionError) -> None:
    """Raises what a case comes to in which a violation was seen: that, or Untested."""
    if item.nodeid not in run.heard:
        run.scheduler.settle()
        doubted = {
            other: error
            for other, error in {**run.scheduler.failed(), item: seen}.items()
            if other.nodeid not in run.heard
        }
        run.heard |= {other.nodeid: error for other, error in _heard(run, doubted).items()}
    raise run.heard[item.nodeid]


def explained(run: Run, item: pytest.Item, why: Untested) -> Untested:
    """Why a case is untested: where the target had changed by then, that is the reason."""
    assert run.portal is not None
    ended = run.portal.controls.ended
    if ended is None or why.reason in (Reason.NO_CONSENT, Reason.NO_CREDENTIAL):
        return why
    return Untested(Reason.CHANGED, ended) if _came_after_the_end(run, item) else why


def expect_served(run: Run, item: pytest.Item) -> None:
    """Untested where a case passed on answers of a target that had changed by then."""
    assert run.portal is not None
    if run.portal.controls.ended is not None and _came_after_the_end(run, item):
        raise Untested(Reason.CHANGED, run.portal.controls.ended)


def review(run: Run) -> None:
    """Before the run ends: take back passes that rest on answers which came after the last that was
    served to the account, where the account is served no more.
    """
    if run.portal is None or run.transport is None or run.recording is not None:
        return
    controls = run.portal.controls
    last = controls.last_success()
    doubted = [
        name
        for name, result in run.results.items()
        if result.outcome is Outcome.PASSED and _first_sent(run, result.exchanges) > last
    ]
    if not doubted or not last:
        return
    try:
        controls.check(after=last)
    except Untested as why:
        for name in doubted:
            run.results[name] = replace(
                run.results[name], outcome=Outcome.UNTESTED, reason=why.reason, message=why.words
            )


def _heard(run: Run, doubted: Doubted) -> Mapping[pytest.Item, BaseException]:
    """What each of the cases comes to."""
    assert run.portal is not None
    controls = run.portal.controls
    found: dict[pytest.Item, BaseException] = {}
    pending = dict(doubted)
    for number in range(_ROUNDS):
        for item, seen in list(pending.items()):
            refused = _not_permitted(run, item, seen)
            if refused is not None:
                found[item] = refused
                del pending[item]
        try:
            renewals = controls.renewals
            controls.check(after=_last_received(run, pending))
            if number and renewals == controls.renewals:
                return found | pending
            found |= _again(run, pending)
            pending = {
                item: error
                for item in pending
                if isinstance(error := found.get(item), AssertionError)
            }
            renewals = controls.renewals
            controls.check(after=_last_received(run, pending))
            if renewals == controls.renewals:
                return found | pending
        except Untested as why:
            return found | {item: _unsure(seen, why) for item, seen in pending.items()}
    endless = Untested(Reason.CHANGED, "the credential ended again and again")
    return found | {item: _unsure(seen, endless) for item, seen in pending.items()}


def _again(run: Run, doubted: Doubted) -> dict[pytest.Item, BaseException]:
    """What the cases come to when they are run again; reading ones overlap, others have the target
    to themselves.
    """
    after = _last_received(run, doubted)
    side_by_side = [
        item for item in doubted if can_run_early(item) and not _is_marked(item, "writes", "alone")
    ]
    one_by_one = [item for item in doubted if item not in side_by_side]

    def hear(item: pytest.Item) -> BaseException:
        return _outcome(run, item, doubted[item], after)

    with ThreadPoolExecutor(max(1, run.settings.overlap), thread_name_prefix="again") as pool:
        found = dict(zip(side_by_side, pool.map(hear, side_by_side), strict=True))
    return found | {item: hear(item) for item in one_by_one}


def _outcome(run: Run, item: pytest.Item, seen: AssertionError, after: float) -> BaseException:
    assert run.portal is not None
    if case_of(item).requirement in _ONCE:
        return seen
    writes = _is_marked(item, "writes")
    portal = _second_attempt(run, run.portal).confirming(after, writes=writes)
    try:
        execute(run, item, portal)
    except Unrecorded as why:
        # A recording cannot be asked again: what it holds was confirmed then, or was not doubted.
        return _unsure(seen, why) if writes else seen
    except Untested as why:
        return _unsure(seen, why)
    except AssertionError as again:
        return again
    except SystemError:  # as in judging: Hypothesis, on another thread
        return seen
    return Untested(Reason.CHANGED, f"seen once, and not when it was asked again: {seen}")


def _second_attempt(run: Run, portal: Portal) -> Portal:
    # One for all cases: two that repeat the same experiment must not make its records twice,
    # for the journal knows a record by its name.
    if run.second_attempt is None:
        run.second_attempt = portal.again()
    return run.second_attempt


def _not_permitted(run: Run, item: pytest.Item, seen: AssertionError) -> Untested | None:
    """That the account or the portal may not just now, where a good credential was told so."""
    exchange = seen.exchange if isinstance(seen, Violation) else None
    if run.portal is None or exchange is None or exchange.response is None:
        return None
    status, request = exchange.response.status, exchange.request
    if status not in NOT_NOW or not run.portal.is_of_the_run(request):
        return None
    if status == 403 and request.safe:
        assert isinstance(seen, Violation)
        if not seen.by_head or case_of(item).requirement in _FORBIDDEN_COUNTS:
            return None
    return unusable(exchange, "the account or the portal may not just now")


def _unsure(seen: AssertionError, why: Untested) -> Untested:
    reason = why.reason if why.reason in _AROUND else Reason.SETUP_FAILED
    return Untested(reason, f"seen once ({seen}), and could not be confirmed: {why.words}")


def _is_marked(item: pytest.Item, *names: str) -> bool:
    return any(item.get_closest_marker(name) is not None for name in names)


def _exchanges(run: Run, item: pytest.Item) -> list[Exchange]:
    assert run.transport is not None
    known = run.transport.exchanges
    return [known[number] for number in case_of(item).exchanges if number in known]


def _last_received(run: Run, items: Mapping[pytest.Item, AssertionError]) -> float:
    return max((one.received for item in items for one in _exchanges(run, item)), default=0.0)


def _came_after_the_end(run: Run, item: pytest.Item) -> bool:
    assert run.portal is not None
    exchanges = case_of(item).exchanges
    return not exchanges or _first_sent(run, exchanges) > run.portal.controls.served_until


def _first_sent(run: Run, numbers: Iterable[int]) -> float:
    assert run.transport is not None
    known = run.transport.exchanges
    sent = [known[n].sent for n in numbers if n in known]
    return min(sent, default=0.0)
