"""The beginning of a run: its secrets are learnt, the target is found, logged in at, and looked at
before the first case.
"""

from __future__ import annotations

from functools import partial

from workspace_conformance.exchange.outcomes import Untested
from workspace_conformance.portal import preflight
from workspace_conformance.portal.journal import Journal
from workspace_conformance.portal.preflight import CannotJudge
from workspace_conformance.portal.records import Portal
from workspace_conformance.session.embedding import embed
from workspace_conformance.session.run import Run
from workspace_conformance.settings import Settings
from workspace_conformance.transport import memory, proxies
from workspace_conformance.transport.client import Credential
from workspace_conformance.transport.pacing import Pacer, PaceStore
from workspace_conformance.transport.sending import Transport
from workspace_conformance.transport.wire import Bounds, Wire


def learn_secrets(run: Run) -> None:
    """Keep what the user gave as a secret out of everything that the run says."""
    settings = run.settings
    for value, name in (
        (settings.token, "token"),
        (settings.second_token, "second-token"),
        (settings.password, "password"),
        (proxies.password_of(settings.proxy) if settings.proxy else None, "proxy-password"),
    ):
        run.redactor.learn(value, name)
    for header, value in settings.headers:
        run.redactor.learn(value, f"header {header}")
    if run.recording is not None:
        for name, value in run.recording.stand_ins.items():
            run.redactor.learn(value, name)


def start(run: Run) -> None:
    """Start or find the target, log in where needed, and ask the first questions; raises
    CannotJudge.
    """
    memory.give_back_large_blocks()
    if run.settings.embedded or run.settings.plan:
        run.embedded = embed(run.settings, run.redactor)
        run.settings = run.embedded.settings
    settings = run.settings
    assert settings.target is not None
    run.root = settings.target
    run.transport = _transport(run)
    run.portal = _portal(run, run.transport)
    try:
        if settings.token is None:
            token = preflight.log_in(run.portal)
            run.redactor.learn(token, "token")
            run.portal.account = Credential(token, "account")
        run.target_info = preflight.check(run.portal)
        if run.portal.login is not None:
            run.portal.controls.log_in = partial(preflight.log_in, run.portal)
    except Untested as why:  # a recording that lacks the first answers
        raise CannotJudge(why.reason, why.words) from None


def _transport(run: Run) -> Transport:
    settings = run.settings
    return Transport(
        Wire(
            bounds=Bounds.within(settings.timeout),
            proxy=settings.proxy,
            app=run.embedded.application if run.embedded else None,
            authorities=[settings.ca] if settings.ca else [],
            identity=settings.identity,
            headers=settings.headers,
        ),
        _pacer(run, settings),
        run.redactor,
        allow_writes=settings.allow_writes,
        waiting=run.waits,
        recording=run.recording,
    )


def _pacer(run: Run, settings: Settings) -> Pacer:
    """Nobody else sends to the embedded portal, whose port may have been another target's."""
    told = {"account": settings.token or settings.username or ""}
    told["second account"] = settings.second_token or ""
    store = None if run.is_embedded else PaceStore(settings.target or "", told)
    unpaced = settings.plan or settings.replay is not None
    return Pacer(None if unpaced else settings.pace, settings.rate, store, run.waits)


def _portal(run: Run, transport: Transport) -> Portal:
    settings = run.settings
    journal_file = (
        None  # what ends with the run needs no list of what is left on it
        if settings.plan or settings.replay or run.is_embedded
        else settings.report_dir / f"journal-{int(run.started * 1000)}.jsonl"
    )
    login = (
        (settings.username, settings.password) if settings.username and settings.password else None
    )
    return Portal(
        run.root,
        transport,
        Journal(journal_file, run.root),
        settings,
        Credential(settings.token, "account"),
        Credential(settings.second_token, "second account") if settings.second_token else None,
        login,
    )
