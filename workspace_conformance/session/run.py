"""The state of one run: what was asked for, what it talks to, and what came of it so far.

What is done to it has a module for each step: `starting`, `executing`, `judging`, `ending`,
`concluding`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest

from workspace_conformance.contract import manifest
from workspace_conformance.contract.requirements import Contract, Requirement
from workspace_conformance.portal.cleaning import LeftBehind
from workspace_conformance.portal.preflight import CannotJudge, TargetInfo
from workspace_conformance.portal.records import Portal
from workspace_conformance.reporting import judged_target
from workspace_conformance.session.embedding import Embedded
from workspace_conformance.session.scheduling import Scheduler
from workspace_conformance.settings import Settings
from workspace_conformance.transport import recording
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.transport.sending import Transport
from workspace_conformance.transport.wait_display import Waits
from workspace_conformance.verdict.verdicts import CaseResult


class Run:
    """The state of one run. Made when pytest has collected, started before the first case."""

    def __init__(self, settings: Settings, contract: Contract, waits: Waits) -> None:
        self.settings = settings
        self.contract = contract
        self.redactor = Redactor()
        self.results: dict[str, CaseResult] = {}
        self.collected: list[str] = []
        self.requirements: dict[str, str] = {}  # of the collected cases
        self.left_out: dict[str, str] = {}
        self.beyond_core: frozenset[str] = frozenset()  # cases that --breadth core does without
        self.portal: Portal | None = None
        self.second_attempt: Portal | None = None
        self.heard: dict[str, BaseException] = {}  # cases whose violations were confirmed, or not
        self.transport: Transport | None = None
        self.root = settings.target or ""
        self.cannot: CannotJudge | None = None
        self.started = time.time()
        self.suite_root = manifest.ROOT  # the checkout whose suites run
        self.target_info = TargetInfo()
        self.recording = recording.read(settings.replay) if settings.replay else None
        self.waits = waits  # shows what is waited for
        self.embedded: Embedded | None = None
        self.scheduler = Scheduler(settings.overlap)
        self.stopped = False
        self.given_up = False
        self.left: list[LeftBehind] = []

    @property
    def is_embedded(self) -> bool:
        """Whether the embedded portal is the target, or stands in for it."""
        return self.embedded is not None or self.settings.embedded

    @property
    def label(self) -> str:
        """What reports call the target."""
        if self.recording is not None:
            return str(self.recording.about["label"])
        return judged_target.EMBEDDED if self.is_embedded else self.root

    def requirement_of(self, item: pytest.Item) -> Requirement:
        """The requirement that an item judges; UsageError when it names none that exists."""
        marker = item.get_closest_marker("requirement")
        name = marker.args[0] if marker and marker.args else ""
        if name not in self.contract.requirements:
            raise pytest.UsageError(
                f"{item.nodeid} names the requirement {name!r}, which does not exist"
            )
        return self.contract.requirements[name]

    def remember(self, items: Iterable[pytest.Item]) -> None:
        """Note which cases were collected, in order."""
        self.requirements = {item.nodeid: self.requirement_of(item).id for item in items}
        self.collected = list(self.requirements)


RUN: pytest.StashKey[Run] = pytest.StashKey()
