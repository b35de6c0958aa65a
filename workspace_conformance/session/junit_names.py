"""How cases are called in JUnit's form: by the requirement first, in words, and by its section."""

from __future__ import annotations

import pytest
from _pytest.junitxml import xml_key

from workspace_conformance.contract.requirements import Contract


def name_of(case: str, requirement: str) -> str:
    """The name of a case: `FMT-1 json suffix gives json [collection-1]` for a pytest node id."""
    function, _, parameters = case.partition("::")[2].partition("[")
    words = function.removeprefix("test_").replace("_", " ")
    told = parameters.removesuffix("]").removeprefix(f"{requirement} ")
    return f"{requirement} {words}" + (f" [{told}]" if told else "")


def tell(
    config: pytest.Config, report: pytest.TestReport, requirement: str, contract: Contract
) -> None:
    """Have pytest's JUnit report call a case so; nothing where none is written.

    There pytest's own name of it is its place in a file, which says nothing to a reader of a pipeline.
    """
    xml = config.stash.get(xml_key, None)
    if xml is not None:
        entry = xml.node_reporter(report)
        entry.add_attribute("name", name_of(report.nodeid, requirement))
        section = contract.sections[contract.requirements[requirement].prefix]
        entry.add_attribute("classname", section.title)
