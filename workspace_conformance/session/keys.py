"""What is kept with pytest's configuration before a run begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from workspace_conformance.settings import Settings

SETTINGS: pytest.StashKey[Settings] = pytest.StashKey()
LEFT_OUT: pytest.StashKey[dict[str, str]] = pytest.StashKey()  # cases, and why
