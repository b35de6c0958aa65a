"""How each requirement is judged, and how servers are mended, is told of every one."""

from __future__ import annotations

from pathlib import Path

import pytest

from workspace_conformance.contract import explanations, requirements
from workspace_conformance.contract.requirements import ContractError

ROW = "{sent: Something., expected: Another., causes: [{where: nginx, cause: A., mend: B.}]}"


def test_every_requirement_is_explained_in_the_contracts_order() -> None:
    assert list(explanations.load()) == list(requirements.load().requirements)


def test_every_place_is_one_that_a_reader_can_look_for() -> None:
    for name, told in explanations.load().items():
        assert 1 <= len(told.causes) <= 4, name
        assert {cause.where for cause in told.causes} <= set(explanations.PLACES), name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version: 2\nexplanations: {}", "version 1"),
        ("version: 1\nexplanations: []", "no mapping"),
        (f"version: 1\nexplanations: {{FMT-1: {ROW.replace('Something.', 'x')}}}", "no sentence"),
        (f"version: 1\nexplanations: {{FMT-1: {ROW.replace('nginx', 'apache')}}}", "is one of"),
        ("version: 1\nexplanations: {FMT-1: {sent: A.}}", "at least one of causes"),
        (f"version: 1\nexplanations: {{FMT-1: {ROW.replace('mend', 'how')}}}", "give where"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "explanations.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(ContractError, match=words) as seen:
        explanations.load(file)
    assert "explanations.yaml" in str(seen.value)
