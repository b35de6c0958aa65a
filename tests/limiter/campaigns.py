"""Campaigns against the embedded portal on a socket, judged by the real checks of the suite."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workspace_conformance import settings as values
from workspace_conformance.exchange.outcomes import Untested
from workspace_conformance.limiter.burst import measured
from workspace_conformance.limiter.campaign import Campaign
from workspace_conformance.portal.journal import Journal
from workspace_conformance.portal.records import Portal
from workspace_conformance.reference import Options, Running, launch
from workspace_conformance.settings import Settings
from workspace_conformance.transport.client import Credential
from workspace_conformance.transport.pacing import Pacer
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.transport.sending import Transport
from workspace_conformance.transport.wire import Wire

SUITE = Path(__file__).resolve().parents[2] / "suites" / "test_rate_limit.py"
RATE = values.Rate(50, 2.0)
ROWS = tuple(f"RATE-{number}" for number in range(1, 11))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a campaign came to: `cases` maps (requirement, name of the case) to "passed", the words
    of a violation after "failed: ", or a reason code and words.
    """

    cases: dict[tuple[str, str], str]
    measured: dict[str, Any]
    campaign: Campaign | None

    def rows(self, prefix: str) -> set[str]:
        """The requirements with a case whose outcome begins with `prefix`."""
        return {row for (row, _), words in self.cases.items() if words.startswith(prefix)}

    @property
    def failed(self) -> set[str]:
        """The requirements that failed."""
        return self.rows("failed")

    @property
    def passed(self) -> set[str]:
        """The requirements all of whose cases passed."""
        return {
            row
            for row in self.rows("passed")
            if all(words == "passed" for (own, _), words in self.cases.items() if own == row)
        }


def checks() -> Iterator[tuple[str, str, Callable[..., None], dict[str, Any]]]:
    """The suite's cases: requirement, name, function, parameters."""
    spec = importlib.util.spec_from_file_location("rate_limit_suite", SUITE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, function in vars(module).items():
        if not name.startswith("test_"):
            continue
        marks = {mark.name: mark for mark in function.pytestmark}
        (row,) = marks["requirement"].args
        sets = marks["parametrize"].args if "parametrize" in marks else ("", [None])
        for value in sets[1]:
            given = {} if value is None else {sets[0]: value}
            yield row, f"{name}[{value}]" if given else name, function, given


def portal_at(running: Running, rate: values.Rate = RATE, **changes: Any) -> Portal:
    """The suite's view of a running portal, with consent to everything, unpaced."""
    settings = Settings(
        target=running.url,
        token=running.token,
        second_token=running.second_token,
        second_address="127.0.0.2",
        allow_writes=True,
        allow_burst=True,
        rate=rate,
        pace=None,
    )
    settings = replace(settings, **changes)
    transport = Transport(
        Wire(),
        Pacer(None, rate),
        Redactor(),
        allow_writes=settings.allow_writes,
    )
    second = settings.second_token
    return Portal(
        running.url,
        transport,
        Journal(None, running.url),
        settings,
        Credential(settings.token, "account"),
        Credential(second, "second account") if second else None,
    )


def judge(portal: Portal) -> Outcome:
    """Run every case of the suite's module against a portal."""
    cases: dict[tuple[str, str], str] = {}
    for row, name, function, given in checks():
        try:
            function(portal, **given)
        except Untested as untested:
            cases[row, name] = f"{untested.reason}: {untested.words}"
        except AssertionError as violation:
            cases[row, name] = f"failed: {violation}"
        else:
            cases[row, name] = "passed"
    try:
        campaign = measured(portal)
    except Untested:
        campaign = None
    return Outcome(cases, dict(portal.transport.measured or {}), campaign)


def outcome_of(options: Options, rate: values.Rate = RATE, **changes: Any) -> Outcome:
    """Start a portal, run a campaign against it, judge it; `changes` are those of the settings."""
    with launch(options) as running:
        portal = portal_at(running, rate, **changes)
        try:
            return judge(portal)
        finally:
            portal.transport.close()


@contextmanager
def busy_core() -> Iterator[None]:
    """Keep one core busy."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as spinning:
        try:
            yield
        finally:
            spinning.kill()


def all_of(jobs: Mapping[str, Callable[[], Outcome]], at_once: int = 4) -> dict[str, Outcome]:
    """Campaigns beside one another: each mostly waits."""
    with ThreadPoolExecutor(at_once) as pool:
        futures = {name: pool.submit(job) for name, job in jobs.items()}
        return {name: future.result() for name, future in futures.items()}
