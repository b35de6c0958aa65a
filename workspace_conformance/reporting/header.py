"""The settings of a run, as pytest's header shows them."""

from __future__ import annotations

from workspace_conformance.settings import Settings
from workspace_conformance.transport import proxies


def header(settings: Settings) -> list[str]:
    """What pytest's header says of the run: target, credentials given, consents, pace."""
    return [*_target(settings), *_description(settings)]


def _description(settings: Settings) -> list[str]:
    return [f"workspace: {settings.described.words}"] if settings.described else []


def _target(settings: Settings) -> list[str]:
    if settings.embedded:
        target = "the embedded portal"
        if settings.like:
            target += f" like {settings.like}"
        if settings.faults:
            many = len(settings.faults) > 1
            target += f" with the fault{'s' * many} {', '.join(settings.faults)}"
        if settings.variants:
            target += f", as {', '.join(settings.variants)}"
        return [
            f"workspace: {target}; id examples {settings.id_examples}, pace {_pace(settings)}"
            f"{_breadth(settings)}"
        ]
    given = [
        name
        for name, value in (
            ("token", settings.token),
            ("user name and password", settings.username),
            ("second token", settings.second_token),
            ("second address", settings.second_address),
        )
        if value
    ]
    consent = [
        name
        for name, yes in (("writes", settings.allow_writes), ("burst", settings.allow_burst))
        if yes
    ]
    through = f" through the proxy {proxies.shown(settings.proxy)}" if settings.proxy else ""
    return [
        f"workspace: target {settings.target}{through}",
        f"workspace: given {', '.join(given) or 'no credential'}; "
        f"allowed: {', '.join(consent) or 'nothing but reading'}; pace {_pace(settings)}"
        f"{_breadth(settings)}",
    ]


def _breadth(settings: Settings) -> str:
    return "; core only" if settings.breadth == "core" else ""


def _pace(settings: Settings) -> str:
    return "off" if settings.pace is None else f"{settings.pace} per {settings.rate.period:g} s"
