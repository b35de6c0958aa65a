"""Every known fault against the real suite: which requirements fall, printed as a table.

`python tests/fault_matrix.py` runs all faults; names of faults or of requirements narrow it. Each
run is the real suite against the embedded portal on a socket, in a process of its own, forked from
one that has imported everything already.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from workspace_conformance.contract import Level, load
from workspace_conformance.reference.faults import FAULTS, Fault

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run ended in: cases failed per requirement, exit code, verdict; the first words of
    each violated requirement (`messages`) and of each that was left untested or partial (`left`).
    """

    fault: str
    failed: dict[str, int]
    partial: tuple[str, ...]
    code: int
    verdict: str
    errors: tuple[str, ...]
    left_behind: int
    seconds: float
    requests: int
    messages: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)


def faults() -> list[Fault]:
    """All known faults."""
    return list(FAULTS.values()) if isinstance(FAULTS, dict) else list(FAULTS)


def run(fault: str | None, arguments: Sequence[str] = ()) -> Seen:
    """Run the suite in this process, quietly, against the embedded portal with a fault (None:
    without).
    """
    with tempfile.TemporaryDirectory() as folder:
        given = ["--fault", fault] if fault else []
        began = time.monotonic()
        quiet = Path(folder) / "out.txt"
        with (
            quiet.open("w") as out,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
        ):
            code = pytest.main(
                [
                    *given,
                    f"--report-dir={folder}",
                    "--pace=off",
                    "-q",
                    "-p",
                    "no:cacheprovider",
                    f"--rootdir={ROOT}",
                    f"--config-file={ROOT / 'pytest.ini'}",
                    *arguments,
                ]
            )
        seconds = time.monotonic() - began
        file = Path(folder) / "results.json"
        if not file.exists():
            words = quiet.read_text(errors="replace")[-2000:]
            return Seen(fault or "", {}, (), int(code), "", (words,), 0, seconds, 0)
        data = json.loads(file.read_text(encoding="utf-8"))
    failed = {
        row["id"]: sum(case["outcome"] == "failed" for case in row["cases"])
        for row in data["requirements"]
        if row["verdict"] == "failed"
    }
    partial = tuple(row["id"] for row in data["requirements"] if row["verdict"] == "partial")
    errors = tuple(
        f"{case['id']}: {case['message']}"
        for row in data["requirements"]
        for case in row["cases"]
        if case["message"].startswith("the suite itself failed")
    )
    return Seen(
        fault or "",
        failed,
        partial,
        int(code),
        data["verdict"],
        errors,
        len(data["traffic"]["left_behind"]),
        seconds,
        data["traffic"]["requests"],
        _words(data, "failed", "failed"),
        {**_words(data, "partial", "untested"), **_words(data, "untested", "untested")},
    )


def _words(data: dict[str, Any], verdict: str, outcome: str) -> dict[str, str]:
    """The first message of a case with that outcome, for each requirement with that verdict."""
    return {
        row["id"]: next(
            f"{case['id'].rpartition('::')[2]}: {case['reason']} {case['message']}"
            for case in row["cases"]
            if case["outcome"] == outcome
        )
        for row in data["requirements"]
        if row["verdict"] == verdict and row["cases"]
    }


def _forked(job: tuple[str | None, tuple[str, ...]]) -> Seen:
    return run(*job)


def run_all(
    names: Iterable[str | None],
    arguments: dict[str, tuple[str, ...]] | tuple[str, ...] = (),
    jobs: int = 2,
) -> Iterable[Seen]:
    """Run the suite against each fault, `jobs` at a time; `arguments` for all, or for each by name."""
    work = [
        (name, arguments.get(name or "", ()) if isinstance(arguments, dict) else tuple(arguments))
        for name in names
    ]
    os.chdir(ROOT)
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs, maxtasksperchild=1) as pool:
        yield from pool.imap(_forked, work)


def main() -> int:
    """Print the matrix; exit 1 when a fault is not caught under its own requirement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="faults or requirements; all without any")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--own", action="store_true", help="run only the fault's own requirement")
    parser.epilog = "What stands after -- is given to pytest."
    words = sys.argv[1:]
    cut = words.index("--") if "--" in words else len(words)
    given, rest = parser.parse_args(words[:cut]), tuple(words[cut + 1 :])
    chosen = [
        fault
        for fault in faults()
        if not given.names or fault.name in given.names or fault.requirement in given.names
    ]
    arguments = {
        fault.name: (*rest, "--requirement", fault.requirement) if given.own else rest
        for fault in chosen
    }
    contract = load()
    missed = 0
    print(f"{'fault':34}{'breaks':9}{'caught':8}{'exit':5}{'s':>5}  also")
    for fault, seen in zip(
        chosen, run_all([f.name for f in chosen], arguments, given.jobs), strict=True
    ):
        own = seen.failed.get(fault.requirement, 0)
        also = ", ".join(
            f"{name}({count})" for name, count in seen.failed.items() if name != fault.requirement
        )
        must = contract.requirements[fault.requirement].level is Level.MUST
        fine = own and not seen.errors and seen.code == (1 if must or also else 0)
        missed += not own
        mark = "yes" if own else "NO"
        note = "" if fine or not own else " !"
        print(
            f"{fault.name:34}{fault.requirement:9}{mark:4}{own:<4}{seen.code:<5}"
            f"{seen.seconds:5.1f}  {also}{note}",
            *(f"\n      {line}" for line in seen.errors[:2]),
            flush=True,
        )
    print(f"{len(chosen)} faults, {len(chosen) - missed} caught under their own requirement")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
