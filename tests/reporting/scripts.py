"""Runs the scripts of a run against the faulty portal that was judged, and against the right one."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import Observed, Ran, environment, observed_portal, run_suite
from workspace_conformance.reference import Options
from workspace_conformance.reference.faults import find


@dataclass(frozen=True, slots=True)
class Tried:
    """A script: its exit code and words against the faulty portal, and against the right one."""

    name: str
    faulty: int
    right: int
    said: str
    left: tuple[bool, bool]  # whether it left either portal otherwise than it was


def judged(folder: Path, fault: str, requirement: str) -> Ran:
    """A run that finds a fault under its requirement alone."""
    breadth = "documented" if find(fault).module else "core"
    return run_suite(
        folder,
        *(f"--fault={fault}", f"--requirement={requirement}", f"--breadth={breadth}"),
        *("--id-examples=5", "--strict"),
    )


def run_all(ran: Ran, fault: str) -> list[Tried]:
    """Every script of a run, tried at both portals."""
    tried = []
    for script in sorted((ran.folder / "reproduce").glob("*.sh")):
        results: list[tuple[int, str, bool]] = []
        for name in (fault, None):
            with observed_portal(Options(rate=None, faults=(name,) if name else ())) as portal:
                before = str(portal.held())
                code, said = run_one(script, portal)
                results.append((code, said, str(portal.held()) != before))
        (bad, said, left), (good, other, also) = results
        tried.append(Tried(script.name, bad, good, f"{said}\n----\n{other}", (left, also)))
    return tried


def run_one(script: Path, portal: Observed, **extra: str) -> tuple[int, str]:
    """The exit code and the words of a script at a portal."""
    credentials = portal.credentials
    given: Mapping[str, str] = {
        "WORKSPACE_TARGET": portal.url,
        "WORKSPACE_TOKEN": credentials.token,
        "WORKSPACE_SECOND_TOKEN": credentials.second_token,
        "WORKSPACE_USERNAME": credentials.username,
        "WORKSPACE_PASSWORD": credentials.password,
        **extra,
    }
    done = subprocess.run(
        ["sh", str(script)],
        env=environment(**{name: value for name, value in given.items() if value}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace")


def why_none(ran: Ran) -> list[str]:
    """Why findings of a run have no script."""
    found: list[dict[str, Any]] = [case.get("reproduce", {}) for case in ran.cases()]
    return [case["none"] for case in found if "none" in case]
