"""Every known fault against the real suite: which requirements fall, printed as a table.

`python tests/fault_matrix.py` runs all faults; names of faults, requirements or sections narrow it,
`--markdown` prints a table for a page. Each run is the real suite against the embedded portal on a
socket, in a process of its own, forked from one that has run the suite once already.

The limit is judged apart, with a small one: the whole suite stays below the limit that it is given,
and a burst over the documented one would take half a minute for each fault.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import multiprocessing
import os
import sys
import tempfile
import textwrap
import time
import traceback
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests import collateral
from workspace_conformance.contract.requirements import Contract, Level, load
from workspace_conformance.reference.faults import FAULTS, Fault
from workspace_conformance.reporting import files, results, writing
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.verdict.verdicts import Exit

ROOT = Path(__file__).resolve().parent.parent
_FEW = 5  # ids per property where ids are not what the fault is about
_WIDTH = 80
_DOCUMENTED = ("test_documented_api.py", "test_kinds.py")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the runs against one fault ended in.

    failed: cases failed per requirement. told: requirements that the terminal summary names as
    violated. code: the highest exit code. errors: what went wrong in the suite itself.
    left_behind: records that stayed on the portal. seconds: wall time. messages: the first words of
    each violated requirement; left: those of each that was left untested or partial.
    """

    fault: str
    failed: dict[str, int]
    partial: tuple[str, ...]
    told: frozenset[str]
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
    return list(FAULTS)


# --- running --------------------------------------------------------------------------------------


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
            mock.patch.object(writing, "write", _write_result),
        ):
            code = _main(
                [
                    *given,
                    f"--report-dir={folder}",
                    "--pace=off",
                    "-q",
                    "--capture=no",  # what is printed goes to the file
                    "-pno:cacheprovider",
                    "-pno:unraisableexception",  # collects garbage five times at the end
                    f"--rootdir={ROOT}",
                    f"--config-file={ROOT / 'pytest.ini'}",
                    *arguments,
                ]
            )
        seconds = time.monotonic() - began
        words = quiet.read_text(errors="replace")
        file = Path(folder) / "results.json"
        if not file.exists() or code == Exit.INTERNAL_ERROR:
            told: frozenset[str] = frozenset()
            return Seen(fault or "", {}, (), told, code, "", (words[-2000:],), 0, seconds, 0)
        data = json.loads(file.read_text(encoding="utf-8"))
    return _seen(fault or "", data, words, code, seconds)


def _write_result(result: results.Result, redactor: Redactor) -> writing.Written:
    """Of all reports the result alone: no other is looked at."""
    data = redactor.data(results.as_data(result))
    folder = result.settings.report_dir
    files.write_whole(results.as_text(data), folder / writing.RESULTS)
    return writing.Written([], [])


def _main(arguments: list[str]) -> int:
    try:
        return pytest.main(arguments)
    except Exception:
        traceback.print_exc(file=sys.stdout)
        return Exit.INTERNAL_ERROR


def _seen(fault: str, data: dict[str, Any], words: str, code: int, seconds: float) -> Seen:
    rows = data["requirements"]
    failed = {
        row["id"]: sum(case["outcome"] == "failed" for case in row["cases"])
        for row in rows
        if row["verdict"] == "failed"
    }
    errors = tuple(
        f"{case['id']}: {case['message']}"
        for row in rows
        for case in row["cases"]
        if case["message"].startswith("the suite itself failed")
    )
    lines = [line.split() for line in words.rpartition("= conformance =")[2].splitlines()]
    return Seen(
        fault,
        failed,
        tuple(row["id"] for row in rows if row["verdict"] == "partial"),
        frozenset(line[0] for line in lines if len(line) > 1 and line[0] in failed),
        code,
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


def whole(fault: Fault | None) -> tuple[tuple[str, ...], ...]:
    """The arguments of the runs that are the whole suite: all but the limit, and the limit.

    The limit is judged for its own faults, and for one fault of each other requirement.
    """
    contract = load()
    rest = [id for id in contract.requirements if not id.startswith("RATE")]
    is_about_ids = fault is not None and fault.requirement.startswith("ID")
    breadth = "documented" if fault is not None and fault.documented else "core"
    first = (
        "--rate-limit=50000/1s",
        f"--breadth={breadth}",
        *_of_module(fault),
        *(() if is_about_ids else (f"--id-examples={_FEW}",)),
        *(f"--requirement={id}" for id in rest),
    )
    second = ("--breadth=core", f"--rate-limit={_limit(fault)}", "--requirement=RATE")
    if fault is None or fault.requirement.startswith("RATE") or fault in first_faults():
        return first, second
    return (first,)


def _of_module(fault: Fault | None) -> tuple[str, ...]:
    """Of the documented operations those of the fault's module, to which it is confined."""
    if fault is None or not fault.module:
        return ()
    core = " and ".join(f"not {file}" for file in _DOCUMENTED)
    return ("-k", f"({core}) or {fault.module}")


def _limit(fault: Fault | None) -> str:
    """The limit that is given to a portal whose limiter is judged."""
    if fault is None or not fault.requirement.startswith("RATE"):
        return "50/1s"
    # What is too short shows only where it is so by more than the second that is granted.
    slow = fault.requirement == "RATE-5" or fault.name in ("windows-too-short", "limit-given-up")
    return "50/6s" if slow else "50/2s"


def first_faults() -> list[Fault]:
    """One fault for each requirement."""
    chosen: dict[str, Fault] = {}
    for fault in faults():
        chosen.setdefault(fault.requirement, fault)
    return list(chosen.values())


Job = tuple[str | None, tuple[tuple[str, ...], ...]]


def _several(job: Job) -> Seen:
    """All runs of a job, one after another, as one."""
    name, runs = job
    seen = [run(name, arguments) for arguments in runs]
    return Seen(
        seen[0].fault,
        {id: count for one in seen for id, count in one.failed.items()},
        tuple(id for one in seen for id in one.partial),
        frozenset().union(*(one.told for one in seen)),
        # On a busy machine the burst may be too slow, and that run then judges nothing.
        max((one.code for one in seen if one.code != Exit.NOT_JUDGED), default=Exit.NOT_JUDGED),
        next((one.verdict for one in seen if one.verdict == "non-conformant"), seen[0].verdict),
        tuple(error for one in seen for error in one.errors),
        sum(one.left_behind for one in seen),
        sum(one.seconds for one in seen),
        sum(one.requests for one in seen),
        {id: words for one in seen for id, words in one.messages.items()},
        {id: words for one in seen for id, words in one.left.items()},
    )


def run_all(work: Sequence[Job], jobs: int = 1) -> Generator[Seen]:
    """What each job ends in, in their order, `jobs` at a time, each in a process of its own.

    With more than a few of them, the suite is first run once without a fault, in the process that
    the others are forked from: what it loads and draws, they need not.
    """
    context = multiprocessing.get_context("fork")
    with _warmed(len(work) > 2 * jobs), context.Pool(jobs, maxtasksperchild=1) as pool:
        yield from pool.imap(_several, work)


@contextlib.contextmanager
def _warmed(worth_it: bool) -> Iterator[None]:
    here = os.getcwd()
    os.chdir(ROOT)
    try:
        if worth_it:
            for arguments in whole(None)[:1]:
                run(None, arguments)
            gc.collect()
            gc.freeze()  # garbage collections in the forked processes need not look at all this
        yield
    finally:
        gc.unfreeze()
        os.chdir(here)


# --- judging --------------------------------------------------------------------------------------


def complaints(fault: Fault, seen: Seen, contract: Contract) -> list[str]:
    """What is not as it should be, in sentences; empty when all is."""
    found = [f"the suite itself failed: {error[-600:]}" for error in seen.errors[:2]]
    if fault.requirement not in seen.failed:
        found.append(f"{fault.requirement} did not fail")
    elif fault.requirement not in seen.told:
        found.append(f"the summary does not name {fault.requirement}")
    unexpected = sorted(seen.failed.keys() - {fault.requirement} - collateral.also(fault.name))
    if unexpected:
        words = "; ".join(seen.messages[id] for id in unexpected)
        found.append(f"{', '.join(unexpected)} failed, which the fault does not break: {words}")
    levels = {contract.requirements[id].level for id in seen.failed}
    code = 1 if Level.MUST in levels else 0
    verdict = "non-conformant" if code else "incomplete"
    if (seen.code, seen.verdict) != (code, verdict):
        found.append(f"exit code {seen.code}, {seen.verdict}; expected {code}, {verdict}")
    if seen.left_behind and fault.name not in collateral.LEAVES:
        found.append(f"{seen.left_behind} records were left behind")
    return found


# --- printing -------------------------------------------------------------------------------------


def row(fault: Fault, seen: Seen, markdown: bool = False) -> str:
    """A line of the table: fault, requirement, cases that failed, exit code, other requirements."""
    own = seen.failed.get(fault.requirement, 0)
    others = [
        id if id in collateral.also(fault.name) else f"{id}!"
        for id in seen.failed
        if id != fault.requirement
    ]
    if markdown:
        cells = (f"`{fault.name}`", fault.requirement, own or "**none**", seen.code)
        return f"| {' | '.join(map(str, cells))} | {', '.join(others)} |"
    start = f"{fault.name:29}{fault.requirement:8}{own or 'NONE':>5}{seen.code:5}  "
    lines = textwrap.wrap(" ".join(others), _WIDTH - len(start)) or [""]
    return f"\n{' ' * len(start)}".join([start + lines[0], *lines[1:]]).rstrip()


def head(markdown: bool = False) -> str:
    """The head of the table."""
    if markdown:
        return "| fault | breaks | cases | exit | others that fall |\n|---|---|---|---|---|"
    return f"{'fault':29}{'breaks':8}{'cases':>5}{'exit':>5}  others that fall"


def main(words: Sequence[str]) -> int:
    """Print the matrix; exit 1 when something is not as it should be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="faults, requirements or sections; all without")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time (default 2)")
    parser.add_argument("--markdown", action="store_true", help="print a table for a page")
    parser.add_argument("--own", action="store_true", help="judge the fault's own requirement only")
    parser.epilog = "What stands after -- is given to pytest."
    cut = words.index("--") if "--" in words else len(words)
    given, rest = parser.parse_args(words[:cut]), tuple(words[cut + 1 :])
    chosen = [
        fault
        for fault in faults()
        if not given.names
        or {fault.name, fault.requirement, fault.requirement.partition("-")[0]} & {*given.names}
    ]
    contract = load()
    print(head(given.markdown), flush=True)
    wrong: list[str] = []
    work: Iterable[Job] = (
        (fault.name, tuple((*part, *rest) for part in (own(fault) if given.own else whole(fault))))
        for fault in chosen
    )
    for fault, seen in zip(chosen, run_all(list(work), given.jobs), strict=True):
        print(row(fault, seen, given.markdown), flush=True)
        wrong += [f"{fault.name}: {words}" for words in complaints(fault, seen, contract)]
    print(f"\n{len(chosen)} faults; ! marks what tests/collateral.py does not state")
    for line in wrong:
        print("\n".join(textwrap.wrap(line, _WIDTH, subsequent_indent="  ")))
    return 1 if wrong else 0


def own(fault: Fault) -> tuple[tuple[str, ...], ...]:
    """The arguments of a run of the fault's own requirement alone."""
    limit = _limit(fault) if fault.requirement.startswith("RATE") else "50000/1s"
    return ((f"--rate-limit={limit}", f"--requirement={fault.requirement}"),)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
