"""Lists longer than what is read of a body: a page is asked for, where the portal has pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import Ran, against, observed_portal, run_suite
from workspace_conformance.reference import Options
from workspace_conformance.reference.values import Call, Outcome

pytestmark = pytest.mark.slow  # ten thousand people are shown again and again

MANY = Options(rate=None, variants=("people-10000",))


def outcomes(ran: Ran) -> dict[str, str]:
    """What became of the cases about lists of people, by their names."""
    return {
        case["id"].partition("[")[2].rstrip("]"): case["outcome"]
        for case in ran.requirement("FMT-1")["cases"]
    }


def judged(folder: Path, *, pages: bool) -> Ran:
    """A run that asks lists of people, and one of them, for JSON."""
    with observed_portal(MANY) as portal:
        perform = portal.app.parts.perform

        def performed(call: Call) -> Outcome:
            return perform(call if pages else replace(call, asked=replace(call.asked, query="")))

        portal.app.parts.perform = performed
        chosen = "people.list.json or (FMT-1 and people and not search and not mail)"
        return run_suite(
            folder,
            *("--breadth=documented", "--requirement=FMT-1", "-m", "not writes", "-k", chosen),
            env=against(portal),
        )


def test_a_page_of_a_long_list_is_judged(tmp_path: Path) -> None:
    """And what it shows serves to ask for the rest."""
    ran = judged(tmp_path, pages=True)
    assert ran.code == 0, ran.out
    found = outcomes(ran)
    names = {"people.list.json", "FMT-1 people", "FMT-1 people/filter", "FMT-1 people/{username}"}
    assert names <= found.keys()
    assert set(found.values()) == {"passed"}


def test_a_portal_that_knows_no_pages_is_not_accused(tmp_path: Path) -> None:
    ran = judged(tmp_path, pages=False)
    assert ran.requirement("FMT-1")["verdict"] in ("partial", "untested"), ran.out
    assert outcomes(ran)["FMT-1 people"] == "untested"
    assert "failed" not in outcomes(ran).values()
