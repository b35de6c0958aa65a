"""The options of a run: on the command line, in the environment, and in pytest.ini."""

from __future__ import annotations

import argparse
import copy
from collections.abc import Sequence
from dataclasses import dataclass

import pytest


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
        return self.long.removeprefix("--").replace("-", "_")

    @property
    def long(self) -> str:
        """The name that no other plugin has."""
        return f"--workspace-{self.flag.removeprefix('--')}"

    @property
    def words(self) -> str:
        """Its help, with its variable."""
        return f"{self.help} [{self.variable}]" if self.variable else self.help


OPTIONS = (
    Option(
        "--target",
        "WORKSPACE_TARGET",
        "the portal's root URL (default: the embedded portal)",
        "URL",
    ),
    Option("--embedded", None, "judge the embedded portal, also where a target is expected"),
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
        "--min-judged",
        "WORKSPACE_MIN_JUDGED",
        "fail a run that judges fewer of the MUST requirements whole, in percent",
        "N%",
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
    Option(
        "--header",
        "WORKSPACE_HEADERS",
        "a further header of every request, Name: value (may be given several times)",
        "HEADER",
        repeat=True,
    ),
    Option(
        "--client-cert",
        "WORKSPACE_CLIENT_CERT",
        "a certificate of ours (PEM) for a server that wants to see one",
        "FILE",
    ),
    Option("--client-key", "WORKSPACE_CLIENT_KEY", "the key of --client-cert (PEM)", "FILE"),
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
        "--breadth",
        "WORKSPACE_BREADTH",
        "how much of the documented API is judged: documented (default), or core",
        "WHAT",
    ),
    Option(
        "--openapi",
        "WORKSPACE_OPENAPI",
        "an OpenAPI document of the target's: judge what it has beyond the documentation, too",
        "FILE",
    ),
    Option(
        "--known",
        "WORKSPACE_KNOWN",
        "known deviations of a product version: shown apart, and no failure of the gate",
        "NAME",
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
        "--max-time",
        "WORKSPACE_MAX_TIME",
        "begin no further case after that long (e.g. 10m): the run ends in order",
        "DURATION",
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


_TITLE = "ONLYOFFICE Workspace API conformance (each is --workspace-NAME, too)"


def register(parser: pytest.Parser, plugins: pytest.PytestPluginManager) -> None:
    """Add the options to pytest's command line by their long names, and an ini key for each that has
    a variable.

    The short names follow in `register_short`, when other plugins have taken theirs: two of one name
    and pytest does not even start. Where this is called by a conftest.py, they all have.
    """
    group = parser.getgroup("workspace", _TITLE)
    for option in OPTIONS:
        _add(group, option, option.long, argparse.SUPPRESS)
        if option.variable:
            parser.addini(option.variable.lower(), option.words, default="")
    if plugins._conftest_plugins:
        _add_short(parser)


def register_short(config: pytest.Config, parser: pytest.Parser, arguments: Sequence[str]) -> None:
    """Add the short names that no other plugin has, and read the command line by them."""
    _add_short(parser)
    config.known_args_namespace = parser.parse_known_args(
        arguments, namespace=copy.copy(config.option)
    )


def taken(config: pytest.Config) -> list[Option]:
    """The options whose short names belong to other plugins here."""
    owners = _owners(config._parser)
    return [option for option in OPTIONS if owners.get(option.flag) != option.dest]


def _add_short(parser: pytest.Parser) -> None:
    group = parser.getgroup("workspace", _TITLE)
    owners = _owners(parser)
    for option in OPTIONS:
        if option.flag not in owners:
            _add(group, option, option.flag, option.words)


def _owners(parser: pytest.Parser) -> dict[str, str]:
    """The names of all options, each with the name under which pytest keeps its value."""
    return {
        name: option.dest
        for group in (parser._anonymous, *parser._groups)
        for option in group.options
        for name in option.names()
    }


def _add(group: pytest.OptionGroup, option: Option, name: str, words: str) -> None:
    if option.metavar is None:
        group.addoption(name, dest=option.dest, action="store_true", default=None, help=words)
        return
    group.addoption(
        name,
        dest=option.dest,
        action="append" if option.repeat else "store",
        default=None,
        metavar=option.metavar,
        help=words,
    )
