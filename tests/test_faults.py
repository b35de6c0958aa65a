"""Each check bites: a portal with a known fault is caught under the requirement that it breaks."""

from __future__ import annotations

import pytest

from tests import fault_matrix
from workspace_conformance.contract.requirements import load
from workspace_conformance.reference.faults import Fault


def _quick(requirement: str) -> tuple[tuple[str, ...], ...]:
    """The arguments of a run that judges one requirement or section, never stopped by the limit."""
    return (("--rate-limit=50000/1s", f"--requirement={requirement}"),)


# Those of the limiter have tests of their own.
@pytest.mark.parametrize(
    "fault",
    [one for one in fault_matrix.first_faults() if not one.requirement.startswith("RATE")],
    ids=lambda fault: fault.name,
)
def test_a_fault_is_caught_under_its_own_requirement(fault: Fault) -> None:
    """The suite, asked about that requirement alone, finds the fault and ends as its level says."""
    (seen,) = fault_matrix.run_all([(fault.name, _quick(fault.requirement))])
    assert list(seen.failed) == [fault.requirement], seen
    assert not fault_matrix.complaints(fault, seen, load())


def test_the_correct_portal_is_not_accused() -> None:
    """The same run without a fault finds nothing, and leaves nothing behind."""
    (seen,) = fault_matrix.run_all([(None, _quick("STA"))])
    assert seen.failed == {}
    assert seen.partial == ()
    assert seen.left_behind == 0
    assert seen.code == 0
