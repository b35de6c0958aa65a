"""The command line, the environment and pytest.ini, read into `Settings`."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workspace_conformance import settings as values
from workspace_conformance.contract import requirements
from workspace_conformance.reporting import certificate
from workspace_conformance.settings import DOCUMENTED_RATE, Settings, SettingsError
from workspace_conformance.transport import proxies, recording
from workspace_conformance.verdict import baseline, waivers
from workspace_conformance.verdict.baseline import Baseline
from workspace_conformance.verdict.gate import Gate
from workspace_conformance.verdict.waivers import Waiver


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its flag, its environment variable (and ini key in lower case), its help."""

    flag: str
    variable: str | None
    help: str
    metavar: str | None = None  # None: a switch
    repeat: bool = False

    @property
    def dest(self) -> str:
        """The name under which pytest keeps the value."""
        return "workspace_" + self.flag.removeprefix("--").replace("-", "_")


OPTIONS = (
    Option(
        "--target",
        "WORKSPACE_TARGET",
        "the portal's root URL (default: the embedded portal)",
        "URL",
    ),
    Option("--token", "WORKSPACE_TOKEN", "the Authorization value of the account under test", "T"),
    Option(
        "--username",
        "WORKSPACE_USERNAME",
        "user name: login is exercised, and used where no token is given",
        "U",
    ),
    Option("--password", "WORKSPACE_PASSWORD", "the password that goes with --username", "P"),
    Option("--second-token", "WORKSPACE_SECOND_TOKEN", "another account, for RATE-6", "T"),
    Option(
        "--second-address",
        "WORKSPACE_SECOND_ADDRESS",
        "another local source address, for RATE-7",
        "A",
    ),
    Option(
        "--allow-writes", "WORKSPACE_ALLOW_WRITES", "create, change and delete records of our own"
    ),
    Option("--allow-burst", "WORKSPACE_ALLOW_BURST", "exceed the rate limit once, last of all"),
    Option(
        "--certify",
        "WORKSPACE_CERTIFY",
        "anything short of every MUST passed is an unsuccessful run",
    ),
    Option(
        "--fault",
        None,
        "give the embedded portal this known fault (may be given several times)",
        "NAME",
        repeat=True,
    ),
    Option(
        "--variant",
        None,
        "let the embedded portal differ in this lawful way (may be given several times)",
        "NAME",
        repeat=True,
    ),
    Option("--like", None, "let the embedded portal answer as this known server does", "NAME"),
    Option(
        "--ca",
        "WORKSPACE_CA",
        "a file of certificate authorities (PEM) to trust besides the usual ones",
        "FILE",
    ),
    Option("--latency-ms", None, "let the embedded portal answer that much later", "N"),
    Option(
        "--report-dir",
        "WORKSPACE_REPORT_DIR",
        "where reports are written (default: reports/)",
        "DIR",
    ),
    Option(
        "--waivers",
        "WORKSPACE_WAIVERS",
        "violations that do not fail the run until a date (TOML)",
        "FILE",
    ),
    Option(
        "--baseline",
        "WORKSPACE_BASELINE",
        "an earlier results.json: say what changed since",
        "FILE",
    ),
    Option(
        "--gate",
        "WORKSPACE_GATE",
        "what fails the run: violations (default), or regressions from the baseline",
        "WHAT",
    ),
    Option(
        "--id-examples",
        "WORKSPACE_ID_EXAMPLES",
        "ids drawn per property: a number, or 'thorough' (200)",
        "N",
    ),
    Option(
        "--pace",
        "WORKSPACE_PACE",
        "requests per period that the suite stays under (default 450), or 'off'",
        "N",
    ),
    Option(
        "--rate-limit",
        "WORKSPACE_RATE_LIMIT",
        "the limit that the portal documents (default 500/10s)",
        "N/Ps",
    ),
    Option(
        "--timeout",
        "WORKSPACE_TIMEOUT",
        "seconds to wait for one whole answer (default 30)",
        "SECONDS",
    ),
    Option(
        "--overlap",
        "WORKSPACE_OVERLAP",
        "cases under way at once (default 16; 1: one after the other)",
        "N",
    ),
    Option(
        "--seed",
        "WORKSPACE_SEED",
        "the number that names of our records are drawn from (default 1)",
        "N",
    ),
    Option(
        "--requirement",
        None,
        "judge only this requirement or section, e.g. FMT-3 or FMT",
        "ID",
        repeat=True,
    ),
    Option(
        "--clean-up",
        None,
        "remove the records that an interrupted run's journal lists, and do nothing else",
        "JOURNAL",
    ),
    Option("--plan", None, "say what would be asked, and send nothing"),
    Option(
        "--sign",
        "WORKSPACE_SIGN",
        "sign the certificate with this Ed25519 private key (PEM)",
        "KEY",
    ),
    Option(
        "--subject-digest",
        "WORKSPACE_SUBJECT_DIGEST",
        "the digest of the build that is judged, for the certificate: sha256:...",
        "DIGEST",
    ),
    Option(
        "--replay",
        None,
        "judge a recorded run (exchanges.har) again, and send nothing",
        "FILE",
    ),
)

THOROUGH = 200


def register(parser: pytest.Parser) -> None:
    """Add the options to pytest's command line, and an ini key for each that has a variable."""
    group = parser.getgroup("workspace", "ONLYOFFICE Workspace API conformance")
    for option in OPTIONS:
        words = f"{option.help} [{option.variable}]" if option.variable else option.help
        if option.metavar is None:
            group.addoption(
                option.flag, dest=option.dest, action="store_true", default=None, help=words
            )
        else:
            action = "append" if option.repeat else "store"
            group.addoption(
                option.flag,
                dest=option.dest,
                action=action,
                default=None,
                metavar=option.metavar,
                help=words,
            )
        if option.variable:
            parser.addini(option.variable.lower(), words, default="")


def resolve(config: pytest.Config, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this run; raises pytest.UsageError with one sentence for what cannot be used."""
    try:
        return _resolve(_Reader(config, environment))
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None


class _Reader:
    """Looks a value up in option, environment, pytest.ini, in that order."""

    def __init__(self, config: pytest.Config, environment: Mapping[str, str]) -> None:
        self._config = config
        self._environment = environment
        self._options = {option.flag: option for option in OPTIONS}

    def text(self, flag: str) -> str | None:
        option = self._options[flag]
        given: Any = self._config.getoption(option.dest, None)
        if given == "":
            # As from a variable of the shell that is not set: never as if it had not been given.
            raise SettingsError(f"{flag}: the value is empty; give one, or leave the option out")
        if given is not None:
            return str(given)
        if option.variable:
            for found in (
                self._environment.get(option.variable),
                self._config.getini(option.variable.lower()),
            ):
                if found:
                    return str(found)
        return None

    def refuse_beside(self, flag: str, *others: str) -> None:
        for other in others:
            option = self._options.get(other)
            if option and self._config.getoption(option.dest, None) is not None:
                raise SettingsError(f"{flag}: leave {other} out")

    def many(self, flag: str) -> tuple[str, ...]:
        return tuple(self._config.getoption(self._options[flag].dest, None) or ())

    def switch(self, flag: str) -> bool:
        return _truth(str(self._options[flag].variable), self.text(flag))

    def strict(self) -> bool:
        # pytest has a --strict of its own, which turns on the ini option of that name: ours rides
        # on it.
        if "strict=true" in (self._config.getoption("override_ini", None) or ()):
            return True
        return _truth("WORKSPACE_STRICT", self._environment.get("WORKSPACE_STRICT"))

    def number(self, flag: str, default: int, least: int, most: int) -> int:
        text = self.text(flag)
        if text is None:
            return default
        number = values.whole_number(text)
        if number is None or not least <= number <= most:
            raise SettingsError(f"{flag} {text}: give a whole number from {least} to {most}")
        return number

    def checked(self, flag: str, check: Callable[[str], str]) -> str | None:
        text = self.text(flag)
        return None if text is None else check(text)

    def secret(self, flag: str) -> str | None:
        return self.checked(flag, lambda text: values.check_secret(flag, text))

    def words(self, flag: str) -> str | None:
        return self.checked(flag, lambda text: values.check_words(flag, text))


def _truth(variable: str, given: str | None) -> bool:
    text = (given or "").strip().lower()
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("", "0", "false", "no", "off"):
        return False
    raise SettingsError(f"{variable}={text}: write 1 or 0")


def _load_key(file: str | None) -> Path | None:
    if file is None:
        return None
    certificate.check_key(Path(file))
    return Path(file)


def _load_waivers(file: str | None) -> tuple[Waiver, ...]:
    if file is None:
        return ()
    today = datetime.datetime.now(datetime.UTC).date()
    try:
        return waivers.load(Path(file), requirements.load(), today)
    except waivers.WaiverError as error:
        raise SettingsError(f"--waivers {error}") from None


def _load_baseline(file: str | None) -> Baseline | None:
    try:
        return None if file is None else baseline.load(Path(file))
    except baseline.BaselineError as error:
        raise SettingsError(f"--baseline {error}") from None


def _check_gate(text: str | None) -> Gate:
    try:
        return Gate((text or Gate.VIOLATIONS).strip().lower())
    except ValueError:
        raise SettingsError(f"--gate {text}: write violations or regressions") from None


def _check_faults(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        return ()
    # Not above: only a run with a fault needs the embedded portal's parts so early.
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


def _resolve(read: _Reader) -> Settings:
    rate_text = read.text("--rate-limit")
    rate = values.check_rate(rate_text) if rate_text else DOCUMENTED_RATE
    pace_text = read.text("--pace")
    # The default keeps the same margin below any documented limit.
    pace = values.check_pace(pace_text, rate) if pace_text else max(1, rate.requests * 9 // 10)
    examples = read.text("--id-examples")
    target = read.checked("--target", values.check_target)
    ca = read.text("--ca")
    digest = read.text("--subject-digest")
    replay = read.text("--replay")
    if replay:
        read.refuse_beside(
            "--replay",
            "--target",
            "--fault",
            "--variant",
            "--like",
            "--plan",
            "--sign",
            "--subject-digest",
        )
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
            report_dir=Path(read.text("--report-dir") or "reports"),
            id_examples=THOROUGH
            if (examples or "").strip().lower() == "thorough"
            else read.number("--id-examples", 25, 1, 10_000),
            rate=rate,
            pace=pace,
            overlap=read.number("--overlap", 16, 1, 64),
            seed=read.number("--seed", 1, 0, 10**9),
            timeout=values.check_timeout(read.text("--timeout") or "30"),
            latency_ms=read.number("--latency-ms", 0, 0, 60_000),
            requirements=read.many("--requirement"),
            sign=_load_key(read.text("--sign")),
            subject_digest=values.check_digest(digest) if digest else None,
            waivers=_load_waivers(read.text("--waivers")),
            baseline=_load_baseline(read.text("--baseline")),
            gate=_check_gate(read.text("--gate")),
            plan=read.switch("--plan"),
            clean_up=Path(journal) if (journal := read.text("--clean-up")) else None,
        )
    )
