"""An interruption may arrive anywhere, even where the source has no line."""

from __future__ import annotations

import pytest

from tests.reporting.ending import nowhere
from workspace_conformance.session.interruption import has_line


def test_pytest_stumbles_over_what_has_no_line_and_is_not_shown_it() -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        nowhere()
    with pytest.raises(TypeError):
        caught.getrepr(funcargs=True)
    caught.traceback = caught.traceback.filter(has_line)
    assert "KeyboardInterrupt" in str(caught.getrepr(funcargs=True))
