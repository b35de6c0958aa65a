"""The options of a run: on the command line, in the environment, and in pytest.ini."""

from __future__ import annotations

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
        return "workspace_" + self.flag.removeprefix("--").replace("-", "_")


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
