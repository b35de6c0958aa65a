"""`pytest --clean-up JOURNAL`: removing what an interrupted run left on a target."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workspace_conformance.contract.kinds import all_kinds
from workspace_conformance.exchange.texts import harmless
from workspace_conformance.portal import cleaning, journal, preflight
from workspace_conformance.portal.journal import Journal
from workspace_conformance.portal.records import Portal
from workspace_conformance.settings import Settings, SettingsError, check_target
from workspace_conformance.transport import proxies
from workspace_conformance.transport.client import Credential
from workspace_conformance.transport.pacing import Pacer
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.transport.sending import Transport
from workspace_conformance.transport.wire import Bounds, Wire
from workspace_conformance.verdict.verdicts import Exit


def command(file: Path, settings: Settings) -> int:
    """What `pytest --clean-up` does and prints; the exit code. Raises UsageError for wrong usage."""
    try:
        code, lines = clean_up(file, settings)
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None
    print(*lines, sep="\n")
    return code


def clean_up(file: Path, settings: Settings) -> tuple[int, list[str]]:
    """Remove what a journal lists, and nothing else; the exit code, and what to tell the user.

    The target is the journal's, the credential that of the settings. Safe to repeat: what was
    removed is noted, and the journal disappears with its last record. Exit code 0: nothing is
    left; 1: something is, and the journal stays; 6: the target cannot be asked. Raises
    SettingsError for what is no journal, for another target, and where no credential is given.
    """
    target, entries = _read(file)
    if settings.target is not None and settings.target != target:
        raise SettingsError(
            f"--clean-up {file}: the journal is of {target}, and --target is {settings.target}"
        )
    if settings.token is None and settings.username is None:
        raise SettingsError(
            f"no credential for {target}: set WORKSPACE_TOKEN, "
            "or WORKSPACE_USERNAME and WORKSPACE_PASSWORD"
        )
    settings = replace(settings, target=target, allow_writes=True, proxy=proxies.find(target))
    redactor = Redactor()
    for secret, name in ((settings.token, "token"), (settings.password, "password")):
        redactor.learn(secret, name)
    for header, value in settings.headers:
        redactor.learn(value, f"header {header}")
    transport = Transport(
        Wire(
            bounds=Bounds.within(settings.timeout),
            proxy=settings.proxy,
            authorities=[settings.ca] if settings.ca else [],
            identity=settings.identity,
            headers=settings.headers,
        ),
        Pacer(settings.pace, settings.rate),
        redactor,
        allow_writes=True,
    )
    login = (settings.username, settings.password)
    notes = Journal.resume(file, target, entries)
    portal = Portal(
        target,
        transport,
        notes,
        settings,
        Credential(settings.token, "account"),
        login=login if login[0] and login[1] else None,  # type: ignore[arg-type]
    )
    try:
        _authenticate(portal, redactor)
        left = cleaning.clean_later(portal)
    except preflight.CannotJudge as error:
        return Exit.NOT_JUDGED, [harmless(redactor.text(str(error)))]
    finally:
        transport.close()
        notes.close()
    lines = [f"{target}: removed {notes.deleted} of our records, left {len(left)}"]
    lines += [
        f"  left behind: {item.kind} {item.name}: {item.url}"
        + (f": {item.why}" if item.why else "")
        for item in left
    ]
    lines += [
        f"  left alone: {portal.url(path)}: what is there bears another name"
        for path in portal.foreign.places.values()
    ]
    lines += (
        [f"{file} stays, and can be given again"] if left else [f"{file} is done with, and gone"]
    )
    return (1 if left else 0), [harmless(redactor.text(line)) for line in lines]


def _authenticate(portal: Portal, redactor: Redactor) -> None:
    """Find a credential that the target takes: the token, or that of a login where it has ended.

    Raises CannotJudge where it takes neither.
    """
    if portal.account.value is not None:
        try:
            preflight.check(portal)
        except preflight.CannotJudge:
            if portal.login is None:
                raise
        else:
            return
    token = preflight.log_in(portal)
    redactor.learn(token, "token" if portal.account.value is None else "further token")
    portal.account = Credential(token, "account")
    preflight.check(portal)


def _read(file: Path) -> tuple[str, list[journal.Entry]]:
    """The target and the entries of a journal; SettingsError for what is none, or not ours."""
    try:
        target, entries = journal.read(file)
    except FileNotFoundError:
        raise SettingsError(
            f"--clean-up {file}: there is no such file; "
            "a journal disappears with the last record that it lists"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        words = getattr(error, "strerror", None) or "it is no text"
        raise SettingsError(f"--clean-up {file}: cannot be read: {words}") from None
    except ValueError as error:
        raise SettingsError(f"--clean-up {error}") from None
    if not entries:
        raise SettingsError(f"--clean-up {file}: the file lists no record")
    folders = {kind.name: f"{kind.folder}/" for kind in all_kinds()}
    for entry in entries:
        place = folders.get(entry.kind)
        id_ = (entry.path or "").removeprefix(place or "")
        strange = entry.path is not None and (not id_ or id_ == entry.path or "/" in id_)
        if place is None or strange or not entry.name.startswith("conformance-"):
            raise SettingsError(f"--clean-up {file}: {entry.name!r} is no record of a run's own")
    return check_target(target), entries
