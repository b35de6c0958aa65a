"""Each check bites: a portal with a known fault is caught under the requirement that it breaks."""

from __future__ import annotations

import pytest

from tests import fault_matrix
from workspace_conformance.contract import Level, load

FAST = ("--rate-limit", "50000/1s")


def first_faults() -> list[str]:
    """One fault for each requirement; those of the limiter have tests of their own."""
    chosen: dict[str, str] = {}
    for fault in fault_matrix.faults():
        if not fault.requirement.startswith("RATE"):
            chosen.setdefault(fault.requirement, fault.name)
    return list(chosen.values())


@pytest.mark.parametrize("name", first_faults())
def test_a_fault_is_caught_under_its_own_requirement(name: str) -> None:
    """The suite, asked about that requirement alone, finds the fault and ends as its level says."""
    fault = next(fault for fault in fault_matrix.faults() if fault.name == name)
    arguments = (*FAST, "--requirement", fault.requirement)
    seen = next(iter(fault_matrix.run_all([name], arguments, jobs=1)))
    must = load().requirements[fault.requirement].level is Level.MUST
    assert list(seen.failed) == [fault.requirement], seen
    assert seen.code == (1 if must else 0)
    assert not seen.errors


def test_the_correct_portal_is_not_accused() -> None:
    """The same run without a fault finds nothing, and leaves nothing behind."""
    seen = next(iter(fault_matrix.run_all([None], (*FAST, "--requirement", "STA"), jobs=1)))
    assert seen.failed == {}
    assert seen.partial == ()
    assert seen.left_behind == 0
    assert seen.code == 0
