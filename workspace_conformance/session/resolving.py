"""The settings of a run, from its options: files are read, names are looked up, and what cannot be
used is said in one sentence.

What only some options need is imported where they are read: wrong usage is told at once.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from workspace_conformance import settings as values
from workspace_conformance.session import connection_values
from workspace_conformance.session.option_values import OptionValues
from workspace_conformance.settings import DOCUMENTED_RATE, Settings, SettingsError
from workspace_conformance.transport import proxies
from workspace_conformance.verdict.gate import Gate

if TYPE_CHECKING:
    from workspace_conformance.contract.described import Description
    from workspace_conformance.verdict.baseline import Baseline
    from workspace_conformance.verdict.known import Known
    from workspace_conformance.verdict.waivers import Waiver

THOROUGH = 200


def resolve(config: pytest.Config, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this run; raises pytest.UsageError with one sentence for what cannot be used."""
    try:
        return _resolve(OptionValues(config, environment))
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None


def _load_key(file: str | None) -> Path | None:
    if file is None:
        return None
    from workspace_conformance.reporting import certificate

    certificate.check_key(Path(file))
    return Path(file)


def _load_waivers(file: str | None) -> tuple[Waiver, ...]:
    if file is None:
        return ()
    from workspace_conformance.contract import requirements
    from workspace_conformance.verdict import waivers

    today = datetime.datetime.now(datetime.UTC).date()
    try:
        loaded = waivers.load(Path(file), requirements.load(), today)
        waivers.check_decided(Path(file), loaded)
    except waivers.WaiverError as error:
        raise SettingsError(f"--waivers {error}") from None
    return loaded


def _load_baseline(file: str | None) -> Baseline | None:
    if file is None:
        return None
    from workspace_conformance.verdict import baseline

    try:
        return baseline.load(Path(file))
    except baseline.BaselineError as error:
        raise SettingsError(f"--baseline {error}") from None


def _load_known(name: str | None) -> Known | None:
    if name is None:
        return None
    from workspace_conformance.verdict import known

    try:
        return known.load(name.strip())
    except known.KnownError as error:
        raise SettingsError(f"--known: {error}") from None


def _load_description(file: str | None) -> Description | None:
    if file is None:
        return None
    from workspace_conformance.contract import described
    from workspace_conformance.contract.description_file import DescribedError
    from workspace_conformance.exchange.texts import printable

    try:
        return described.load(Path(file))
    except DescribedError as error:
        raise SettingsError(f"--openapi: {printable(str(error), 500)}") from None


def _check_gate(text: str | None) -> Gate:
    try:
        return Gate((text or Gate.VIOLATIONS).strip().lower())
    except ValueError:
        raise SettingsError(f"--gate {text}: write violations or regressions") from None


def _check_faults(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        return ()
    from workspace_conformance.reference.faults import chosen

    try:
        return tuple(fault.name for fault in chosen(names))
    except KeyError as error:
        words = str(error.args[0]).replace(
            "--list-faults", "python -m workspace_conformance.reference --list-faults"
        )
        raise SettingsError(f"--fault: {words}") from None


def _check_like(name: str) -> str:
    from workspace_conformance.reference.products import find

    try:
        return find(name).name
    except KeyError as error:
        raise SettingsError(f"--like {name}: {error.args[0]}") from None


def _check_variants(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        return ()
    from workspace_conformance.reference.variants import chosen

    try:
        return tuple(variant.name for variant in chosen(names))
    except KeyError as error:
        words = str(error.args[0]).replace(
            "--list-variants", "python -m workspace_conformance.reference --list-variants"
        )
        raise SettingsError(f"--variant: {words}") from None


_MEANS_A_TARGET = (
    *("--certify", "--sign", "--baseline", "--waivers", "--min-judged"),
    *("--token", "--username", "--password", "--second-token"),
    *("--allow-writes", "--allow-burst"),
)
_MEANS_THE_EMBEDDED_PORTAL = ("--fault", "--variant", "--like", "--latency-ms")


def _target(read: OptionValues) -> str | None:
    """The target, or None for the embedded portal, which is never taken by accident: SettingsError
    where a target is expected, and none is given.
    """
    if read.given("--embedded"):
        read.refuse_beside("--embedded", "--target")
        return None
    target = read.checked("--target", values.check_target)
    elsewhere = ("--replay", "--clean-up", *_MEANS_THE_EMBEDDED_PORTAL)
    if target is not None or read.given(*elsewhere):
        return target
    how = "set WORKSPACE_TARGET or give --target, or say by --embedded that the embedded portal "
    if read.is_set_and_empty("--target"):
        raise SettingsError(f"WORKSPACE_TARGET is set, and empty: {how}is meant")
    expecting = read.given(*_MEANS_A_TARGET)
    if expecting:
        raise SettingsError(f"{expecting[0]} needs a target, and none is given: {how}is meant")
    return None


def _check_breadth(given: str | None) -> str:
    breadth = (given or "documented").strip().lower()
    if breadth not in ("documented", "core"):
        raise SettingsError(f"--breadth {given}: write documented or core")
    return breadth


def _resolve(read: OptionValues) -> Settings:
    rate_text = read.text("--rate-limit")
    rate = values.check_rate(rate_text) if rate_text else DOCUMENTED_RATE
    pace_text = read.text("--pace")
    # The default keeps the same margin below any documented limit.
    pace = values.check_pace(pace_text, rate) if pace_text else max(1, rate.requests * 9 // 10)
    examples = read.text("--id-examples")
    replay = read.text("--replay")
    target = _target(read)
    ca = read.text("--ca")
    digest = read.text("--subject-digest")
    longest = read.text("--max-time")
    if replay:
        read.refuse_beside(
            "--replay",
            "--target",
            "--embedded",
            "--fault",
            "--variant",
            "--like",
            "--plan",
            "--sign",
            "--subject-digest",
            "--openapi",
        )
        from workspace_conformance.transport import recording

        recorded = recording.read(Path(replay))
        beside = Path(replay).parent
        folder = Path(read.text("--report-dir") or beside)
        if folder.resolve() == beside.resolve():
            # Not into the recorded run's own folder: its evidence would make room for the replay.
            folder = beside / "replay"
        given = Settings(
            certify=read.switch("--certify"),
            strict=read.strict(),
            report_dir=folder,
            requirements=read.many("--requirement"),
            overlap=read.number("--overlap", 16, 1, 64),
            waivers=_load_waivers(read.text("--waivers")),
            baseline=_load_baseline(read.text("--baseline")),
            gate=_check_gate(read.text("--gate")),
            known=_load_known(read.text("--known")),
            min_judged=values.check_percent("--min-judged", read.text("--min-judged") or "0"),
            replay=Path(replay),
        )
        return values.consistent(recorded.settings(given))
    return values.consistent(
        Settings(
            target=target,
            token=read.secret("--token"),
            username=read.words("--username"),
            password=read.words("--password"),
            second_token=read.secret("--second-token"),
            second_address=read.checked("--second-address", values.check_address),
            # The embedded portal is ours: everything is allowed there.
            allow_writes=target is None or read.switch("--allow-writes"),
            allow_burst=target is None or read.switch("--allow-burst"),
            certify=read.switch("--certify"),
            strict=read.strict(),
            faults=_check_faults(read.many("--fault")),
            like=read.checked("--like", _check_like),
            variants=_check_variants(read.many("--variant")),
            proxy=None if target is None else proxies.find(target),
            ca=None if ca is None else values.check_authorities(ca),
            headers=connection_values.headers(read),
            identity=connection_values.identity(read),
            report_dir=Path(read.text("--report-dir") or "reports"),
            breadth=_check_breadth(read.text("--breadth")),
            described=_load_description(read.text("--openapi")),
            id_examples=THOROUGH
            if (examples or "").strip().lower() == "thorough"
            else read.number("--id-examples", 20, 1, 10_000),
            rate=rate,
            pace=pace,
            overlap=read.number("--overlap", 16, 1, 64),
            seed=read.number("--seed", 1, 0, 10**9),
            timeout=values.check_timeout(read.text("--timeout") or "30"),
            max_time=None if longest is None else values.check_duration("--max-time", longest),
            latency_ms=read.number("--latency-ms", 0, 0, 60_000),
            requirements=read.many("--requirement"),
            sign=_load_key(read.text("--sign")),
            subject_digest=values.check_digest(digest) if digest else None,
            waivers=_load_waivers(read.text("--waivers")),
            baseline=_load_baseline(read.text("--baseline")),
            gate=_check_gate(read.text("--gate")),
            known=_load_known(read.text("--known")),
            min_judged=values.check_percent("--min-judged", read.text("--min-judged") or "0"),
            plan=read.switch("--plan"),
            clean_up=Path(journal) if (journal := read.text("--clean-up")) else None,
        )
    )
