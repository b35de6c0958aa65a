"""What a requirement asks of a portal, in words for whoever has to keep it."""

from __future__ import annotations

import textwrap

from workspace_conformance.contract.requirements import Contract, Requirement

_WIDTH = 80


def of(requirement: Requirement, contract: Contract) -> str:
    """The text about one requirement: its sentence, and where the documentation says so."""
    pages = [contract.sources[name] for name in requirement.source]
    lines = [
        f"{requirement.id} ({requirement.level})",
        *textwrap.wrap(requirement.statement, _WIDTH, initial_indent="  ", subsequent_indent="  "),
        f"  Section: {requirement.section}",
        *(f"  Page: {page.title}, {page.page}" for page in pages),
    ]
    return "\n".join(lines)
