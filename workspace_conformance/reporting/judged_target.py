"""What was judged, in words: no report of the embedded portal must pass for one of somebody's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EMBEDDED = "embedded portal"  # the label of the target in results.json


def words(data: Mapping[str, Any]) -> str:
    """What a result (results.json) is about: a URL, or the embedded portal and what it was like."""
    if data["target"]["label"] != EMBEDDED:
        return str(data["target"]["url"])
    settings = data["settings"]
    like = f" like {settings['like']}" if settings.get("like") else ""
    faults = settings.get("faults") or ()
    variants = settings.get("variants") or ()
    parts = [f"with {', '.join(faults)}"] if faults else []
    parts += [f"as {', '.join(variants)}"] if variants else []
    return " ".join([f"the embedded portal{like}", *parts])
