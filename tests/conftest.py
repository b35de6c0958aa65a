"""A share of the slow tests: all of them take longer than the gate of a change may."""

from __future__ import annotations

import os
import zlib

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With SLOW_SHARE=2/5, leave out slow tests but for the second of five shares.

    Each test falls to a share by its name, so that the shares together are all tests, on every
    machine. Tests that are not slow stay.
    """
    share = os.environ.get("SLOW_SHARE", "")
    if not share:
        return
    number, _, shares = share.partition("/")
    if not (number.isdigit() and shares.isdigit() and 1 <= int(number) <= int(shares)):
        raise pytest.UsageError(f"SLOW_SHARE={share}: write a number and a count, e.g. 2/5")

    def is_left_out(item: pytest.Item) -> bool:
        falls_to = zlib.crc32(item.nodeid.encode()) % int(shares) + 1
        return bool(item.get_closest_marker("slow")) and falls_to != int(number)

    out = [item for item in items if is_left_out(item)]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in set(out)]
