"""badge.json: the verdict as shields.io's endpoint badges read it (https://shields.io/badges/endpoint-badge)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workspace_conformance.reporting import judged_target

_COLOURS = {"conformant": "brightgreen", "non-conformant": "red", "incomplete": "yellow"}


def render(data: Mapping[str, Any]) -> str:
    """The badge of a result (results.json): what was judged, verdict, date and version of the suite."""
    day = data["finished"].partition("T")[0]
    badge = {
        "schemaVersion": 1,
        "label": f"Workspace API, {judged_target.words(data)}",
        "message": f"{data['verdict']} {day} (suite {data['suite']['version']})",
        "color": _COLOURS[data["verdict"]],
    }
    return json.dumps(badge, indent=1) + "\n"
