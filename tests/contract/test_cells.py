"""The covering arrays hold every pair, and are what their factors make."""

from __future__ import annotations

import pytest

from workspace_conformance.checks import authentication
from workspace_conformance.contract import cells
from workspace_conformance.contract.data_files import schema_path


@pytest.mark.parametrize("name", list(cells.arrays()))
def test_every_pair_is_held(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    array = cells.arrays()[name]
    assert array.missing() == []
    assert len(set(array.rows)) == len(array.rows)
    with capsys.disabled():
        print(f"\n{array.coverage}")


def test_the_rows_are_those_of_the_factors() -> None:
    """After an edit: python -m workspace_conformance.contract.cells --write"""
    assert schema_path(cells.FILE).read_text(encoding="utf-8") == cells.text()


def test_every_credential_can_be_made() -> None:
    known = (
        *authentication.INVALID,
        *authentication.AFTER_SCHEME,
        *authentication.SIXTEENTHS,
        *authentication.ODD,
    )
    assert {cell["credential"] for cell in cells.cells("strangers")} <= set(known)


def test_what_a_value_stands_for_is_tried_in_turn() -> None:
    array = cells.arrays()["strangers"]
    tried = {cell["credential"] for cell in array.cells()}
    for value, kin in array.kin.items():
        assert value not in tried
        assert set(kin) <= tried
