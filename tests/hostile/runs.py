"""Whole runs of the suite against servers of this process, each in a process of its own.

The processes are forked from one that has imported everything and has no threads: a start costs
nothing, and nothing is shared.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import ROOT, Ran, command, end_hard, environment
from workspace_conformance.reference.application import Credentials
from workspace_conformance.reporting.writing import PAGE

FAST = ("--id-examples=2", "-q")
_UNSAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Whole(Ran):
    """A run that came to its end: how long it took in seconds, and its memory's peak in bytes."""

    seconds: float
    memory: int

    def problems(self) -> list[str]:
        """What no run may show, whatever the target did: mistakes of ours, texts that harm."""
        found = [
            f"{mark} in the output: {_around(self.out, mark)}"
            for mark in ("INTERNALERROR", "Traceback", "the suite itself failed", '  File "')
            if mark in self.out
        ]
        if self.code not in (0, 1, 6):
            found.append(f"exit code {self.code}: {self.out[-1500:]}")
        found += [
            f"{case['id']}: {case['message'][:200]}"
            for case in self.cases()
            if case["outcome"] == "failed" and case["message"].startswith("assert ")
        ]
        texts = {"the output": self.out}
        for file in self.folder.rglob("*"):
            if file.is_file() and file.suffix != ".png":
                texts[file.name] = file.read_bytes().decode("utf-8", "replace")
        # A body is shown there with its line feeds and tabs.
        texts[PAGE] = texts.get(PAGE, "").replace("\t", " ")
        for name, text in texts.items():
            for match in _UNSAFE.finditer(text):
                found.append(f"{match[0]!r} in {name}: {text[match.start() - 60 : match.end()]!r}")
                break
        return found


def _around(text: str, mark: str) -> str:
    at = text.index(mark)
    return text[max(0, at - 200) : at + 600]


def arguments_for(url: str, *further: str) -> list[str]:
    """The arguments of a fast run with everything allowed against a target."""
    return [f"--target={url}", "--allow-writes", "--allow-burst", *FAST, *further]


def variables_for(credentials: Credentials) -> dict[str, str]:
    """The environment that gives a run its credentials."""
    return {
        "WORKSPACE_TOKEN": credentials.token,
        "WORKSPACE_USERNAME": credentials.username,
        "WORKSPACE_PASSWORD": credentials.password,
        "WORKSPACE_SECOND_TOKEN": credentials.second_token,
    }


def run(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None, patience: float = 300.0
) -> Whole:
    """Run the suite quickly, reporting into `folder` / "reports"; fails the test when it has not
    ended after `patience` seconds.
    """
    reports = folder / "reports"
    told, out = folder / "told.json", folder / "out.txt"
    line = command(reports, *arguments)[3:]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.warm"])
    process = context.Process(
        target=_run, args=(line, environment(**(env or {})), str(out), str(told))
    )
    began = time.monotonic()
    process.start()
    process.join(patience)
    seconds = time.monotonic() - began
    if process.is_alive():
        assert process.pid is not None
        os.kill(process.pid, signal.SIGABRT)
        process.join(10)
        process.kill()
        pytest.fail(f"not over after {patience:.0f} s: {out.read_text('utf-8', 'replace')[-4000:]}")
    data = json.loads(told.read_text("utf-8")) if told.exists() else {"memory": 0}
    text = out.read_bytes().decode("utf-8", "replace")
    return Whole(process.exitcode or 0, text, reports, seconds, data["memory"])


def _run(line: list[str], env: dict[str, str], out: str, told: str) -> None:
    """The forked side."""
    import faulthandler

    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(env)
    file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    null = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, null), (1, file), (2, file)):
        os.dup2(source, target)
    faulthandler.enable(2)
    code = int(pytest.main(line))
    status = Path("/proc/self/status").read_text("ascii")
    peak = re.search(r"VmHWM:\s*(\d+) kB", status)
    Path(told).write_text(json.dumps({"memory": int(peak[1]) * 1024 if peak else 0}), "utf-8")
    end_hard(code)
