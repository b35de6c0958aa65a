"""A plugin that ends a run as Ctrl-C does, at its third case: in its call, there at an instruction
of no line, or before its teardown.
"""

from __future__ import annotations

import os
from types import FunctionType

import pytest

IN = "ENDING_IN"  # the variable that says where


def interrupted() -> None:
    """End as Ctrl-C does."""
    raise KeyboardInterrupt


# The same instructions, of no line of the source.
nowhere = FunctionType(interrupted.__code__.replace(co_linetable=b""), {})


def _end(item: pytest.Item, phase: str) -> None:
    if os.environ[IN] == phase and item is item.session.items[2]:
        nowhere() if phase == "nowhere" else interrupted()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """In the midst of the case."""
    _end(item, "call")
    _end(item, "nowhere")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """When it has been judged already."""
    _end(item, "teardown")
