"""Fixtures of the portal's tests."""

import pytest

from .support import Client, make_client


@pytest.fixture
def client() -> Client:
    """A client of a new portal that has no limiter."""
    return make_client()
