"""One run from beginning to end: the target is found and greeted, cases are run, the result is
made.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workspace_conformance import (
    __version__,
    campaign_record,
    cases,
    cleaning,
    gate,
    greeting,
    manifest,
    recording,
    reference,
)
from workspace_conformance.ahead import Ahead
from workspace_conformance.cases import Case
from workspace_conformance.contract import Contract, Requirement
from workspace_conformance.greeting import CannotJudge
from workspace_conformance.journal import Journal
from workspace_conformance.outcomes import Outcome, Reason, Untested
from workspace_conformance.pacing import Pacer, PaceStore
from workspace_conformance.portal import Credential, Portal
from workspace_conformance.redaction import Redactor
from workspace_conformance.reference.application import Credentials
from workspace_conformance.reporting.archive import told_of
from workspace_conformance.reporting.results import Archive, Result, new_numbers, renumbered
from workspace_conformance.road import Road
from workspace_conformance.settings import Settings
from workspace_conformance.verdict import (
    CaseResult,
    Exit,
    LeftOut,
    judge_all,
    judge_target,
)
from workspace_conformance.waiting import Waits
from workspace_conformance.wire import Application, Bounds, Wire


class Run:
    """The state of one run. Made when pytest is configured, started before the first case."""

    def __init__(self, settings: Settings, contract: Contract, waits: Waits) -> None:
        self.settings = settings
        self.contract = contract
        self.redactor = Redactor()
        self.results: dict[str, CaseResult] = {}
        self.collected: list[str] = []
        self.left_out: dict[str, str] = {}
        self.portal: Portal | None = None
        self.road: Road | None = None
        self.root = settings.target or ""
        self.cannot: CannotJudge | None = None
        self.started = time.time()
        self.suite_root = manifest.ROOT  # the checkout whose suites run
        self._server: str | None = None
        self._recording = recording.read(settings.replay) if settings.replay else None
        self.waits = waits  # shows what is waited for
        self._embedded: object | None = None
        self._stopped = False
        self._second: Portal | None = None
        self._left: list[cleaning.LeftBehind] = []
        for value, name in (
            (settings.token, "token"),
            (settings.second_token, "second-token"),
            (settings.password, "password"),
        ):
            self.redactor.learn(value, name)
        if self._recording is not None:
            for name, value in self._recording.stand_ins.items():
                self.redactor.learn(value, name)
        self.ahead = Ahead(self.body, settings.overlap)

    # --- beginning ----------------------------------------------------------------------------

    def start(self) -> None:
        """Start or find the target, log in where needed, and greet it; raises CannotJudge."""
        settings = self.settings
        app: Application | None = None
        if settings.embedded or settings.plan:
            settings, app = self._embed(settings)
        assert settings.target is not None
        self.root = settings.target
        self.settings = settings
        authorities = [settings.ca] if settings.ca else []
        self.road = Road(
            Wire(
                bounds=Bounds.within(settings.timeout),
                proxies=not self._is_embedded,
                app=app,
                authorities=authorities,
            ),
            self._pacer(settings),
            self.redactor,
            allow_writes=settings.allow_writes,
            waiting=self.waits,
            recording=self._recording,
        )
        journal_file = (
            None
            if settings.plan or settings.replay
            else settings.report_dir / f"journal-{int(self.started * 1000)}.jsonl"
        )
        login = (
            (settings.username, settings.password)
            if settings.username and settings.password
            else None
        )
        self.portal = Portal(
            self.root,
            self.road,
            Journal(journal_file, self.root),
            settings,
            Credential(settings.token, "account"),
            Credential(settings.second_token, "second account") if settings.second_token else None,
            login,
        )
        if settings.token is None:
            token = greeting.log_in(self.portal)
            self.redactor.learn(token, "token")
            self.portal.account = Credential(token, "account")
        self._server = greeting.greet(self.portal)

    def _pacer(self, settings: Settings) -> Pacer:
        """Nobody else sends to the embedded portal, whose port may have been another target's."""
        told = {"account": settings.token or settings.username or ""}
        told["second account"] = settings.second_token or ""
        store = None if self._is_embedded else PaceStore(settings.target or "", told)
        unpaced = settings.plan or settings.replay is not None
        return Pacer(None if unpaced else settings.pace, settings.rate, store, self.waits)

    @property
    def _is_embedded(self) -> bool:
        return self._embedded is not None or self.settings.embedded

    def _embed(self, settings: Settings) -> tuple[Settings, Application | None]:
        """The embedded portal: a process of its own on loopback; inside this process for a plan."""
        wanted = reference.Options(
            fault=settings.fault,
            variants=settings.variants,
            latency_ms=0 if settings.plan else settings.latency_ms,
            rate=None
            if settings.plan
            else reference.Rate(settings.rate.requests, settings.rate.period),
        )
        told: reference.Running | Credentials
        app: Application | None = None
        if settings.plan:
            from workspace_conformance.reference.application import create_app

            portal = create_app(wanted)
            app = self._embedded = portal
            told = portal.credentials
            root, ca = "http://127.0.0.1", None
        else:
            running = reference.launch(wanted)
            self._embedded = told = running
            root, ca = running.url, Path(running.ca) if running.ca else None
        for value, name in (
            (told.token, "token"),
            (told.second_token, "second-token"),
            (told.password, "password"),
        ):
            self.redactor.learn(value, name)
        # A plan for another target is rehearsed with the same credentials as were given for it.
        whole = settings.embedded
        login = whole or settings.username is not None
        # Loopback has many addresses in IPv4, and one in IPv6.
        second_address = "127.0.0.2" if whole and "[" not in root else None
        return (
            replace(
                settings,
                target=root,
                token=told.token if whole or settings.token else None,
                username=told.username if login else None,
                password=told.password if login else None,
                second_token=told.second_token if whole or settings.second_token else None,
                second_address=settings.second_address or second_address,
                ca=ca or settings.ca,
            ),
            app,
        )

    # --- cases --------------------------------------------------------------------------------

    def judge(self, item: pytest.Item) -> None:
        """Run one case, or take what running it ahead came to; raises what its body raised.

        A violation that was seen while other cases were writing too is accused only when it shows
        again with nothing else under way: a portal that mixes records up (REST-2) would else seem
        to break much more.
        """
        try:
            self.ahead.run(item)
        except SystemError:
            # Hypothesis raises the interpreter's recursion limit while it shrinks, and CPython 3.11
            # then finds a syntax tree that another thread builds inconsistent: alone, it is not.
            self.ahead.settle()
            self.body(item)
        except AssertionError as seen:
            if not item.get_closest_marker("writes") or self.portal is None:
                raise
            self.ahead.settle()
            try:
                self.body(item, self._second_attempt(self.portal))
            except Untested as why:
                words = f"seen once ({seen}), and could not be confirmed: {why.words}"
                raise Untested(Reason.SETUP_FAILED, words) from None

    def _second_attempt(self, portal: Portal) -> Portal:
        # One for all cases: two that repeat the same experiment must not make its records twice,
        # for the journal knows a record by its name.
        if self._second is None:
            self._second = portal.again()
        return self._second

    def body(self, item: pytest.Item, portal: Portal | None = None) -> None:
        """Run one case's function in the current thread; raises what it raises."""
        case = self.case_of(item)
        case.asker = item.nodeid if portal is None else f"{item.nodeid} again"
        if item.get_closest_marker("writes") and not self.settings.allow_writes:
            raise Untested(Reason.NO_CONSENT, "would write on the target; give --allow-writes")
        assert isinstance(item, pytest.Function)
        params = item.callspec.params if hasattr(item, "callspec") else {}
        names = inspect.signature(item.obj).parameters
        given = {**params, "portal": portal or self.portal}
        cases.enter(case)
        try:
            item.obj(**{name: given[name] for name in names})
        finally:
            cases.enter(None)

    def case_of(self, item: pytest.Item) -> Case:
        """The case that belongs to an item; made at the first call."""
        case = item.stash.get(CASE, None)
        if case is None:
            marker = item.get_closest_marker("requirement")
            assert marker is not None
            params = (
                item.callspec.params
                if isinstance(item, pytest.Function) and hasattr(item, "callspec")
                else {}
            )
            case = Case(item.nodeid, marker.args[0])
            case.method = _text(params.get("method"))
            case.format = _text(params.get("fmt"))
            item.stash[CASE] = case
        return case

    def can_run_ahead(self, item: pytest.Item) -> bool:
        """Whether a case needs nothing of pytest but its parameters and the portal."""
        if not isinstance(item, pytest.Function) or item.get_closest_marker("burst"):
            return False
        params = item.callspec.params if hasattr(item, "callspec") else {}
        return set(inspect.signature(item.obj).parameters) <= {"portal", *params}

    def requirement_of(self, item: pytest.Item) -> Requirement:
        """The requirement that an item judges; UsageError when it names none that exists."""
        marker = item.get_closest_marker("requirement")
        name = marker.args[0] if marker and marker.args else ""
        if name not in self.contract.requirements:
            raise pytest.UsageError(
                f"{item.nodeid} names the requirement {name!r}, which does not exist"
            )
        return self.contract.requirements[name]

    # --- end ----------------------------------------------------------------------------------

    def stop(self) -> None:
        """End what is under way, remove what was made, close the connections. Safe to call twice."""
        if self.road is None or self._stopped:
            return
        self._stopped = True
        self.waits.stop()
        self.road.halt()
        self.ahead.stop()
        self.road.resume()
        if self.portal is not None and self.settings.allow_writes and not self.settings.replay:
            self._left = cleaning.clean(self.portal)
            self.portal.journal.close()
        self.road.close()
        stop = getattr(self._embedded, "stop", None)
        if stop is not None:
            stop()

    def result(self, cut_off: int | None) -> Result:
        """The finished result; cases that never ran are left out, or untested where the target
        could not be judged. `cut_off` is the exit code of a run that did not come to its end.
        """
        released = manifest.released()
        files = manifest.present(self.suite_root)
        edited = manifest.edited(released, files)
        results = [self.results[name] for name in self.collected if name in self.results]
        if self.cannot is not None:
            results = self._unreached(results)
        archive = self._archive(results)
        results, exchanges = renumbered(results, self.road.exchanges if self.road else {})
        done = {item.id for item in results}
        known: Iterable[str] = released.cases if released else ()
        left_out = [
            LeftOut(name, self.left_out.get(name) or self._why_not(name))
            for name in known
            if name not in done
        ]
        extra = [
            LeftOut(n, why)
            for n, why in self.left_out.items()
            if n not in done and n not in set(known)
        ]
        judged = judge_all(self.contract, results)
        complete = (
            released is not None and not edited and not left_out and not extra and cut_off is None
        )
        verdict = judge_target(judged, complete)
        traffic = self.road.traffic if self.road else None
        journal = self.portal.journal if self.portal else None
        ended = cut_off
        if ended is None and self.cannot is not None:
            ended = Exit.NOT_JUDGED
        decision = gate.decide(
            judged,
            verdict,
            waived_by=self.settings.waivers,
            baseline=self.settings.baseline,
            gate=self.settings.gate,
            certify=self.settings.certify,
            strict=self.settings.strict,
            whole=not left_out and not extra and ended is None,
            ended=ended,
        )
        return Result(
            contract=self.contract,
            settings=self.settings,
            target_url=self.root,
            target_label=self._label,
            target_server=self._server,
            suite_version=__version__,
            suite_digest=manifest.combined(files),
            edited=edited,
            started=self.started,
            finished=time.time(),
            verdict=verdict,
            judged=judged,
            left_out=[*left_out, *extra],
            requests=traffic.requests if traffic else 0,
            seconds_waited_for_pacing=self.road.pacer.waited if self.road else 0.0,
            throttled=traffic.throttled if traffic else 0,
            seconds_throttled=traffic.seconds_throttled if traffic else 0.0,
            created=journal.made if journal else 0,
            deleted=journal.deleted if journal else 0,
            left_behind=[
                {"kind": item.kind, "name": item.name, "url": item.url} for item in self._left
            ],
            exit_code=decision.exit_code,
            decision=decision,
            archive=archive,
            replayed=self._replayed(),
            cannot=None if self.cannot is None else str(self.cannot),
            interrupted=cut_off is not None,
            measured=self.road.measured if self.road else None,
            exchanges=exchanges,
        )

    def _why_not(self, name: str) -> str:
        if name in self._requirements:
            return "not run: the run was stopped before"
        return "not collected: a path was given, or the suite was edited"

    def _archive(self, results: Sequence[CaseResult]) -> Archive | None:
        """All traffic of this run, by the numbers of its reports; what no case rests on comes last."""
        road = self.road
        if road is None or road.recording is not None or not road.exchanges:
            return None
        numbers = new_numbers(results)
        for number in road.exchanges:
            numbers.setdefault(number, len(numbers) + 1)
        sent = sorted(road.exchanges.values(), key=lambda exchange: exchange.sent)
        told = road.campaign and campaign_record.as_data(
            road.campaign, lambda exchange: numbers[exchange.number]
        )
        if told:
            told["credited"] = [numbers[number] for number in road.credited]
        about = {
            "suite": {"version": __version__},
            "settings": told_of(self.settings),
            "label": self._label,
            "started": self.started,
            "campaign": told,
        }
        return Archive(
            [
                (
                    replace(one, number=numbers[one.number]),
                    *road.asked.get(one.number, ("burst", True)),
                )
                for one in sent
            ],
            about,
        )

    def _replayed(self) -> dict[str, Any] | None:
        """What a replay judged again."""
        recorded = self._recording
        if recorded is None:
            return None
        return {
            "sha256": recorded.digest,
            "suite": recorded.about["suite"],
            "requests": len(recorded.exchanges),
        }

    @property
    def _label(self) -> str:
        if self._recording is not None:
            return str(self._recording.about["label"])
        return "embedded portal" if self._is_embedded else self.root

    def _unreached(self, results: list[CaseResult]) -> list[CaseResult]:
        assert self.cannot is not None
        done = {item.id for item in results}
        reason, message = self.cannot.reason, str(self.cannot)
        return results + [
            CaseResult(name, self._requirements[name], Outcome.UNTESTED, reason, message)
            for name in self.collected
            if name not in done
        ]

    def remember(self, items: Iterable[pytest.Item]) -> None:
        """Note which cases were collected, in order."""
        self._requirements = {item.nodeid: self.requirement_of(item).id for item in items}
        self.collected = list(self._requirements)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


CASE: pytest.StashKey[Case] = pytest.StashKey()

__all__ = ["CASE", "CannotJudge", "Run"]
