"""A plugin that ends a run as Ctrl-C does, at its third case: in its call, or before its teardown."""

from __future__ import annotations

import os

import pytest

IN = "ENDING_IN"  # the variable that says where


def _end(item: pytest.Item, phase: str) -> None:
    if os.environ[IN] == phase and item is item.session.items[2]:
        raise KeyboardInterrupt


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """In the midst of the case."""
    _end(item, "call")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """When it has been judged already."""
    _end(item, "teardown")
