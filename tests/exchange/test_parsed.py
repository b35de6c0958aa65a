"""What was read of bodies is kept, within a bound."""

from __future__ import annotations

import pytest

from workspace_conformance.exchange.parsed import Parsed


def test_a_body_is_read_once_in_each_way() -> None:
    read: list[str] = []
    parsed = Parsed(100)
    for how in ("json", "json", "xml", "json"):
        parsed(b"body", how, lambda how=how: read.append(how))  # type: ignore[misc]
    assert read == ["json", "xml"]


def test_what_is_kept_is_bounded() -> None:
    parsed = Parsed(10)
    read: list[bytes] = []
    for body in (b"1234", b"5678", b"1234", b"abcdef", b"5678", b"x" * 11, b"x" * 11):
        parsed(body, "json", lambda body=body: read.append(body))  # type: ignore[misc]
    assert read == [b"1234", b"5678", b"abcdef", b"5678", b"x" * 11, b"x" * 11]


def test_an_error_is_raised_each_time() -> None:
    def fail() -> None:
        raise ValueError("no")

    parsed = Parsed()
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            parsed(b"body", "json", fail)
