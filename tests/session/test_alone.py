"""Cases overlap, but one that must be alone has nothing else under way beside it.

A list that is read again while another case makes records would be said to change by being read.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.support import ROOT, run_suite


def test_what_must_be_alone_is_alone(tmp_path: Path) -> None:
    watched = tmp_path / "watched.jsonl"
    ran = run_suite(
        tmp_path,
        *("-p", "tests.watching", "--latency-ms=10"),
        *("--requirement=REST-2", "--requirement=REST-4", "--requirement=STA-3"),
        env={"WATCHED": str(watched), "PYTHONPATH": str(ROOT)},
    )
    assert ran.code == 0, ran.out
    cases = [json.loads(line) for line in watched.read_text("utf-8").splitlines()]
    assert len(cases) == len(ran.cases())
    alone = [case for case in cases if case["alone"]]
    assert len(alone) > 3
    overlaps = [
        (one["id"], other["id"])
        for one in cases
        for other in cases
        if one is not other and one["began"] < other["ended"] and other["began"] < one["ended"]
    ]
    named = {case["id"] for case in alone}
    assert [pair for pair in overlaps if named & set(pair)] == []
    assert overlaps, "the others overlap, or a distant target makes a run slow"
