"""Each fault, through the whole real suite: caught under its own requirement, and no other accused.

Which others may fall with a fault is stated in `collateral`, with the reason.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests import collateral, fault_matrix
from tests.fault_matrix import Job, Seen
from tests.support import parameters_of
from workspace_conformance.contract.requirements import load
from workspace_conformance.reference.faults import Fault

_BY_NAME = {fault.name: fault for fault in fault_matrix.faults()}


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest) -> Iterator[Callable[[Fault], Seen]]:
    """What the run against a fault ended in; the faults of this session run two at a time, in the
    order of their tests.
    """
    asked = [str(it["name"]) for it in parameters_of(request)]
    work: list[Job] = [(name, fault_matrix.whole(_BY_NAME[name])) for name in asked]
    known: dict[str, Seen] = {}
    with contextlib.closing(fault_matrix.run_all(work, jobs=2)) as runs:

        def find(fault: Fault) -> Seen:
            while fault.name not in known:
                one = next(runs)
                known[one.fault] = one
            return known[fault.name]

        yield find


@pytest.mark.slow
@pytest.mark.parametrize("name", list(_BY_NAME))
def test_a_fault_is_caught_and_no_other_requirement_is_accused(
    name: str, seen: Callable[[Fault], Seen]
) -> None:
    """The requirement that the fault breaks fails, and no other than those stated."""
    fault = _BY_NAME[name]
    wrong = fault_matrix.complaints(fault, seen(fault), load())
    assert not wrong, f"{fault.summary}: {'; '.join(wrong)}"


@pytest.mark.slow
def test_the_correct_portal_passes_the_whole_suite() -> None:
    """Without a fault nothing fails or stays in part unproved, and nothing is left behind."""
    (one,) = fault_matrix.run_all([(None, fault_matrix.whole(None))])
    assert (one.failed, one.partial, one.errors) == ({}, (), ())
    assert (one.code, one.verdict, one.left_behind) == (0, "incomplete", 0)


def test_what_is_stated_exists() -> None:
    """Every fault and requirement that collateral names is there, and no fault names its own."""
    requirements = load().requirements
    for group in collateral.GROUPS:
        assert group.faults <= _BY_NAME.keys()
        assert group.also <= requirements.keys()
        assert not any(_BY_NAME[name].requirement in group.also for name in group.faults)
        assert group.reason
    assert collateral.LEAVES.keys() <= _BY_NAME.keys()
