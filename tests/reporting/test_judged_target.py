"""What was judged is named, and the embedded portal never passes for another."""

from __future__ import annotations

from typing import Any

import pytest

from workspace_conformance.reporting import judged_target


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "the embedded portal"),
        ({"faults": ["a", "b"]}, "the embedded portal with a, b"),
        ({"like": "some-server", "variants": ["c"]}, "the embedded portal like some-server as c"),
    ],
)
def test_the_embedded_portal_says_what_it_is_like(settings: dict[str, Any], words: str) -> None:
    target = {"label": "embedded portal", "url": "http://127.0.0.1:1"}
    assert judged_target.words({"target": target, "settings": settings}) == words


def test_another_target_is_its_url() -> None:
    target = {"label": "http://a.test", "url": "http://a.test"}
    assert judged_target.words({"target": target, "settings": {}}) == "http://a.test"
