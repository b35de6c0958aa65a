"""The embedded portal as the target of a run: a process of its own on loopback; inside this process
for a plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from workspace_conformance import reference
from workspace_conformance.reference.application import Credentials
from workspace_conformance.settings import Settings
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.transport.wire import Application


@dataclass(frozen=True, slots=True)
class Embedded:
    """An embedded portal. settings: the run's, with its address and credentials. application: the
    portal itself, where it lives in this process; running: its process, where it has one.
    """

    settings: Settings
    application: Application | None = None
    running: reference.Running | None = None

    def stop(self) -> None:
        """End its process."""
        if self.running is not None:
            self.running.stop()


def embed(settings: Settings, redactor: Redactor) -> Embedded:
    """Start the embedded portal; its secrets are kept out of every report."""
    wanted = reference.Options(
        faults=settings.faults,
        like=settings.like,
        variants=settings.variants,
        latency_ms=0 if settings.plan else settings.latency_ms,
        rate=None
        if settings.plan
        else reference.Rate(settings.rate.requests, settings.rate.period),
    )
    if settings.plan:
        from workspace_conformance.reference.assembly import create_app

        portal = create_app(wanted)
        told = _addressed(settings, portal.credentials, "http://127.0.0.1", None, redactor)
        return Embedded(told, application=portal)
    running = reference.launch(wanted)
    ca = Path(running.ca) if running.ca else None
    return Embedded(_addressed(settings, running, running.url, ca, redactor), running=running)


def _addressed(
    settings: Settings,
    told: reference.Running | Credentials,
    root: str,
    ca: Path | None,
    redactor: Redactor,
) -> Settings:
    for value, name in (
        (told.token, "token"),
        (told.second_token, "second-token"),
        (told.password, "password"),
    ):
        redactor.learn(value, name)
    # A plan for another target is rehearsed with the same credentials as were given for it.
    whole = settings.embedded
    login = whole or settings.username is not None
    # Loopback has many addresses in IPv4, and one in IPv6.
    second_address = "127.0.0.2" if whole and "[" not in root else None
    return replace(
        settings,
        target=root,
        token=told.token if whole or settings.token else None,
        username=told.username if login else None,
        password=told.password if login else None,
        second_token=told.second_token if whole or settings.second_token else None,
        second_address=settings.second_address or second_address,
        ca=ca or settings.ca,
    )
