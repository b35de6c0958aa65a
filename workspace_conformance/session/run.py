"""One run from beginning to end: the target is found and greeted, cases are run, the result is
made.
"""

from __future__ import annotations

import inspect
import time
import traceback
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from workspace_conformance import reference
from workspace_conformance.contract import manifest
from workspace_conformance.contract.requirements import Contract, Requirement
from workspace_conformance.exchange import cases
from workspace_conformance.exchange.cases import Case
from workspace_conformance.exchange.outcomes import Reason, Untested, Violation
from workspace_conformance.portal import cleaning, preflight
from workspace_conformance.portal.journal import Journal
from workspace_conformance.portal.preflight import CannotJudge
from workspace_conformance.portal.records import Portal
from workspace_conformance.reference.application import Credentials
from workspace_conformance.session.scheduling import Ahead
from workspace_conformance.settings import Settings
from workspace_conformance.transport import memory, proxies, recording
from workspace_conformance.transport.client import Credential
from workspace_conformance.transport.pacing import Pacer, PaceStore
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.transport.sending import Transport
from workspace_conformance.transport.wait_display import Waits
from workspace_conformance.transport.wire import Application, Bounds, Wire
from workspace_conformance.verdict.verdicts import CaseResult


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
        self.transport: Transport | None = None
        self.root = settings.target or ""
        self.cannot: CannotJudge | None = None
        self.started = time.time()
        self.suite_root = manifest.ROOT  # the checkout whose suites run
        self.greeted = preflight.Greeted()
        self.recording = recording.read(settings.replay) if settings.replay else None
        self.waits = waits  # shows what is waited for
        self._embedded: object | None = None
        self._stopped = False
        self._given_up = False
        self._second: Portal | None = None
        self.left: list[cleaning.LeftBehind] = []
        for value, name in (
            (settings.token, "token"),
            (settings.second_token, "second-token"),
            (settings.password, "password"),
            (proxies.password_of(settings.proxy) if settings.proxy else None, "proxy-password"),
        ):
            self.redactor.learn(value, name)
        if self.recording is not None:
            for name, value in self.recording.stand_ins.items():
                self.redactor.learn(value, name)
        self.ahead = Ahead(self.body, settings.overlap)

    # --- beginning ----------------------------------------------------------------------------

    def start(self) -> None:
        """Start or find the target, log in where needed, and greet it; raises CannotJudge."""
        memory.give_back_large_blocks()
        settings = self.settings
        app: Application | None = None
        if settings.embedded or settings.plan:
            settings, app = self._embed(settings)
        assert settings.target is not None
        self.root = settings.target
        self.settings = settings
        authorities = [settings.ca] if settings.ca else []
        self.transport = Transport(
            Wire(
                bounds=Bounds.within(settings.timeout),
                proxy=settings.proxy,
                app=app,
                authorities=authorities,
            ),
            self._pacer(settings),
            self.redactor,
            allow_writes=settings.allow_writes,
            waiting=self.waits,
            recording=self.recording,
        )
        journal_file = (
            None  # what ends with the run needs no list of what is left on it
            if settings.plan or settings.replay or self._is_embedded
            else settings.report_dir / f"journal-{int(self.started * 1000)}.jsonl"
        )
        login = (
            (settings.username, settings.password)
            if settings.username and settings.password
            else None
        )
        self.portal = Portal(
            self.root,
            self.transport,
            Journal(journal_file, self.root),
            settings,
            Credential(settings.token, "account"),
            Credential(settings.second_token, "second account") if settings.second_token else None,
            login,
        )
        try:
            if settings.token is None:
                token = preflight.log_in(self.portal)
                self.redactor.learn(token, "token")
                self.portal.account = Credential(token, "account")
            self.greeted = preflight.greet(self.portal)
        except Untested as why:  # a recording that lacks the first words
            raise CannotJudge(why.reason, why.words) from None

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
            faults=settings.faults,
            like=settings.like,
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
        to break much more. One that rests on a record which is no longer there (somebody else may
        have removed it in between) is accused only when it shows with another record.
        """
        try:
            self.ahead.run(item)
        except SystemError:
            # Hypothesis raises the interpreter's recursion limit while it shrinks, and CPython 3.11
            # then finds a syntax tree that another thread builds inconsistent: alone, it is not.
            self.ahead.settle()
            self.body(item)
        except AssertionError as seen:
            if self.portal is None or item.get_closest_marker("burst"):
                raise
            writes = item.get_closest_marker("writes") is not None
            if not writes and not self._is_bereft(item, self.portal):
                raise
            self.ahead.settle()
            portal = self._second_attempt(self.portal) if writes else self.portal
            try:
                self.body(item, portal.looking_anew())
            except Untested as why:
                words = f"seen once ({seen}), and could not be confirmed: {why.words}"
                raise Untested(Reason.SETUP_FAILED, words) from None

    def _is_bereft(self, item: pytest.Item, portal: Portal) -> bool:
        """Whether a record that a case has read is no longer there."""
        assert self.transport is not None
        seen = [self.transport.exchanges[number] for number in self.case_of(item).exchanges]
        read = {it.request: None for it in seen if it.succeeded and it.request.method == "GET"}
        cases.enter(Case(item.nodeid, "", asker=f"{item.nodeid} bereft"))
        try:
            return any(portal.is_gone(request) for request in read)
        except Untested:  # a recording need not know
            return False
        finally:
            cases.enter(None)

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
        except (Untested, AssertionError) as outcome:
            self._redact(outcome)
            self._lighten(outcome)
            by_head = isinstance(outcome, Violation) and outcome.by_head
            if case.unread and isinstance(outcome, AssertionError) and not by_head:
                words = f"a body that this rests on was not read, for safety: {case.unread[0]}"
                raise Untested(Reason.SETUP_FAILED, words) from None
            raise
        finally:
            cases.enter(None)

    def _redact(self, outcome: Untested | AssertionError) -> None:
        """Take secrets out of what an outcome says: pytest's own traces (--debug) show it."""
        text = self.redactor.text
        outcome.args = tuple(text(it) if isinstance(it, str) else it for it in outcome.args)
        if isinstance(outcome, Untested):
            outcome.words = text(outcome.words)
            outcome.msg = text(str(outcome.msg))

    def _lighten(self, outcome: BaseException) -> None:
        """Let go of what an outcome holds in memory until the run ends: the locals of its frames,
        whole bodies among them, and the whole exchange, of which the evidence is kept anyway.
        """
        assert self.transport is not None
        if isinstance(outcome, Violation) and outcome.exchange is not None:
            outcome.exchange = self.transport.exchanges.get(
                outcome.exchange.number, outcome.exchange
            )
        links: list[BaseException | None] = [outcome]
        while links:
            error = links.pop()
            if error is not None:
                traceback.clear_frames(error.__traceback__)
                links += [error.__cause__, error.__context__]

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
        if self.transport is None or self._stopped:
            return
        self._stopped = True
        self.waits.stop()
        self.halt()
        self.transport.settle()
        self.transport.resume()
        if self._given_up:
            self.transport.halt()
        if self.portal is not None and self.settings.allow_writes and not self.settings.replay:
            self.left = cleaning.clean(self.portal)
            self.portal.journal.close()
        self.transport.close()
        stop = getattr(self._embedded, "stop", None)
        if stop is not None:
            stop()

    def halt(self) -> None:
        """End what is under way; nothing more is asked until `stop` cleans up."""
        if self.transport is not None:
            self.transport.halt()
        self.ahead.stop()

    def give_up(self) -> None:
        """Remove nothing more: whoever waits for the end of `stop` cannot wait on."""
        self._given_up = True
        if self.transport is not None:
            self.transport.halt()

    @property
    def label(self) -> str:
        """What reports call the target."""
        if self.recording is not None:
            return str(self.recording.about["label"])
        return "embedded portal" if self._is_embedded else self.root

    def remember(self, items: Iterable[pytest.Item]) -> None:
        """Note which cases were collected, in order."""
        self.requirements = {item.nodeid: self.requirement_of(item).id for item in items}
        self.collected = list(self.requirements)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


CASE: pytest.StashKey[Case] = pytest.StashKey()

__all__ = ["CASE", "CannotJudge", "Run"]
