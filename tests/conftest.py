"""How our own tests are run: over several processes, and the slow ones in shares where asked."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest

QUICK = "not slow and not benchmark"  # as in pytest.ini
_WORKERS = 3  # for each core: most of what a test does is to wait for a run in another process
_TESTS = Path(__file__).parent
# Modules that take long: begun last, they would keep one process busy when the others are done.
_LONG = (
    "hostile/test_left_behind.py",
    "limiter/test_burst.py",
    "reporting/test_every_report.py",
    "session/test_replay.py",
    "session/test_runs.py",
    "session/test_parallel.py",
    "test_budget.py",
    "reporting/test_gated_runs.py",
    "hostile/test_resets.py",
    "test_variants.py",
    "reporting/test_developer_tools.py",
    "test_faults.py",
    "hostile/test_runs.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Spread a run of all quick tests over processes, unless it is said how to run them.

    Here and not in pytest.ini: one process judges a target, and `pytest` alone does that. Slow tests
    fork their runs, two at a time, from a process that has done once what all of them share.
    """
    option = config.option
    if hasattr(config, "workerinput") or getattr(option, "numprocesses", 0) is not None:
        return  # this is one of them; or -n was given, or there is no xdist
    told = option.tx or option.dist != "no" or option.usepdb or option.collectonly
    asked = [(config.invocation_params.dir / argument).resolve() for argument in config.args]
    if not told and option.markexpr == QUICK and _TESTS in asked:
        option.numprocesses = _WORKERS * (os.cpu_count() or 1)
        option.dist = "loadfile"  # the runs that tests of a module share are then made once
        option.loadscopereorder = False  # most tests first, that would be


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where processes share the work, what takes long comes first; with SLOW_SHARE=2/6, slow tests
    are left out but for the second of six shares.

    Each test falls to a share by its name, so that the shares together are all tests, on every
    machine. Tests that are not slow stay.
    """
    if hasattr(config, "workerinput"):
        items.sort(key=_turn)
    share = os.environ.get("SLOW_SHARE", "")
    if not share:
        return
    number, _, shares = share.partition("/")
    if not (number.isdigit() and shares.isdigit() and 1 <= int(number) <= int(shares)):
        raise pytest.UsageError(f"SLOW_SHARE={share}: write a number and a count, e.g. 2/6")

    def is_left_out(item: pytest.Item) -> bool:
        falls_to = zlib.crc32(item.nodeid.encode()) % int(shares) + 1
        return bool(item.get_closest_marker("slow")) and falls_to != int(number)

    out = [item for item in items if is_left_out(item)]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if not is_left_out(item)]


def _turn(item: pytest.Item) -> int:
    places = [_TESTS / name for name in _LONG]
    return places.index(item.path) if item.path in places else len(places)
