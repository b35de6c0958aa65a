"""Which script shows which finding again: reproduce/README.md, and the same for results.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workspace_conformance.reporting.reproduce import FOLDER, Script


def page(made: Sequence[Script]) -> str:
    """reproduce/README.md: which script shows what, and why some findings have none."""
    lines = [
        "# Seeing the violations again",
        "",
        "Each script asks with curl what the suite asked. Set `WORKSPACE_TOKEN` (or",
        "`WORKSPACE_USERNAME` and `WORKSPACE_PASSWORD`); `WORKSPACE_TARGET` names another portal.",
        "Exit code: 1 the violation is seen, 0 it is not, 2 it could not be tried.",
        "",
    ]
    for script in made:
        told = f"`sh {script.name}`" if script.text else f"no script: {script.why}"
        lines.append(f"* {script.requirement}, `{script.case}`: {told}")
    return "\n".join(lines) + "\n"


def by_case(made: Sequence[Script]) -> Mapping[str, Any]:
    """For results.json: the script of each case that has one, or why there is none."""
    return {
        script.case: {"script": f"{FOLDER}/{script.name}"} if script.text else {"none": script.why}
        for script in made
    }
