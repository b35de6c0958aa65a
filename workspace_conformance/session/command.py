"""The console command `workspace-conformance`: the suite from any folder, installed as a package.

Each subcommand imports what it needs only when it is called, so that `--help` and a wrong word are
answered at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workspace_conformance.reporting.usage import PROGRAM, USAGE, Parser


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One subcommand: what `--help` says of it, and what runs it (words after its name; exit code)."""

    help: str
    run: Callable[[Sequence[str]], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = words[0] if words else "--help"
    if name in SUBCOMMANDS:
        return SUBCOMMANDS[name].run(words[1:])
    if name in ("-h", "--help", "help"):
        print(_overview())
        return 0 if words else USAGE
    if name == "--version":
        from workspace_conformance import __version__

        print(f"{PROGRAM} {__version__}")
        return 0
    print(f"{PROGRAM}: there is no subcommand {name!r}\n\n{_overview()}", file=sys.stderr)
    return USAGE


def _overview() -> str:
    rows = [f"  {name:10} {command.help}" for name, command in SUBCOMMANDS.items()]
    return "\n".join(
        [
            f"usage: {PROGRAM} SUBCOMMAND ... [-- PYTEST'S OWN OPTIONS]",
            "",
            "Judge a server of the ONLYOFFICE Workspace API by its documentation.",
            "",
            *rows,
            "",
            f"{PROGRAM} SUBCOMMAND --help says what each of them takes.",
        ]
    )


# --- the suite ------------------------------------------------------------------------------------


def _run(words: Sequence[str]) -> int:
    return _judge("run", "Judge the portal at URL; without one, the embedded portal.", words)


def _plan(words: Sequence[str]) -> int:
    text = "Say what a run would ask, and send nothing."
    return _judge("plan", text, words, "--workspace-plan")


def _judge(name: str, text: str, words: Sequence[str], *more: str) -> int:
    own, passed_on = _parted(words)
    parser = _parser_with_options(name, text)
    parser.add_argument("url", nargs="?", metavar="URL", help="the portal's root, as --target")
    given = parser.parse_args(own)
    if given.url is not None and given.target is not None:
        parser.error("give the portal's root once, as URL or as --target")
    target = [] if given.url is None else ["--workspace-target", given.url]
    return _pytest([*more, *target, *_as_words(given), *passed_on])


def _replay(words: Sequence[str]) -> int:
    own, passed_on = _parted(words)
    parser = _parser_with_options(
        "replay", "Judge a recorded run (exchanges.har) again, and send nothing."
    )
    parser.add_argument("file", metavar="FILE", help="exchanges.har of the run")
    given = parser.parse_args(own)
    return _pytest(["--workspace-replay", given.file, *_as_words(given), *passed_on])


def _clean_up(words: Sequence[str]) -> int:
    own, passed_on = _parted(words)
    parser = _parser_with_options(
        "clean-up", "Remove the records that an interrupted run's journal lists, and nothing else."
    )
    parser.add_argument("journal", metavar="JOURNAL", help="journal-....jsonl among the reports")
    given = parser.parse_args(own)
    return _pytest(["--workspace-clean-up", given.journal, *_as_words(given), *passed_on])


def _parted(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """What is ours, and what stands after `--` and is pytest's."""
    ours = list(words)
    if "--" not in ours:
        return ours, []
    at = ours.index("--")
    return ours[:at], ours[at + 1 :]


_GIVEN_OTHERWISE = ("--plan", "--replay", "--clean-up")  # subcommands of their own


def _parser_with_options(name: str, text: str) -> Parser:
    from workspace_conformance.session.options import OPTIONS

    parser = Parser(
        prog=f"{PROGRAM} {name}",
        description=text,
        epilog="What stands after -- goes to pytest: -- -v, -- --junitxml FILE, ...",
    )
    for option in OPTIONS:
        if option.flag in _GIVEN_OTHERWISE:
            continue
        words = option.words.replace("%", "%%")
        if option.metavar is None:
            parser.add_argument(option.flag, action="store_true", help=words)
        else:
            action = "append" if option.repeat else "store"
            parser.add_argument(option.flag, action=action, metavar=option.metavar, help=words)
    parser.add_argument(
        "--strict", action="store_true", help="a violated SHOULD fails the run [WORKSPACE_STRICT]"
    )
    return parser


def _as_words(given: argparse.Namespace) -> list[str]:
    """The options that were given, as pytest takes them."""
    from workspace_conformance.session.options import OPTIONS

    words = ["--strict"] if given.strict else []
    for option in OPTIONS:
        value = getattr(given, option.flag.removeprefix("--").replace("-", "_"), None)
        if option.flag in _GIVEN_OTHERWISE or value in (None, False):
            continue
        if value is True:
            words.append(option.long)
        else:
            values = value if isinstance(value, list) else [value]
            words += [f"{option.long}={each}" for each in values]
    return words


def _pytest(words: Sequence[str]) -> int:
    """Run the suites, wherever they lie; the exit code."""
    import pytest

    from workspace_conformance.contract.data_files import suite_root

    root = suite_root()
    if not (root / "suites").is_dir():
        print(f"{PROGRAM}: {root} holds no suites: install the package anew", file=sys.stderr)
        return USAGE
    chosen = [str(root / word) if _is_case(word, root) else word for word in words]
    if chosen == list(words):
        chosen.append(str(root / "suites"))
    place = ["-c", str(root / "pytest.ini"), "--rootdir", str(root)]
    # The installed package is no place for pytest's cache; and that this command was imported
    # before pytest could rewrite its assertions is meant.
    quiet = ["-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return pytest.main([*place, *quiet, *chosen])


def _is_case(word: str, root: Path) -> bool:
    """Whether a word is the id of a case, or the path of a suite, as reports name them."""
    return word.startswith("suites/") and (root / word.partition("::")[0]).exists()


# --- everything else ------------------------------------------------------------------------------


def _verify(words: Sequence[str]) -> int:
    from workspace_conformance.reporting import certifier

    return certifier.verify(words)


def _bundle(words: Sequence[str]) -> int:
    from workspace_conformance.reporting import certifier

    return certifier.bundle(words)


def _compare(words: Sequence[str]) -> int:
    from workspace_conformance.reporting import compare

    return compare.main(list(words), f"{PROGRAM} compare")


def _waivers(words: Sequence[str]) -> int:
    from workspace_conformance.session import waiver_command

    return waiver_command.main(words)


def _portal(words: Sequence[str]) -> int:
    from workspace_conformance.reference.__main__ import main as serve

    try:
        return serve(list(words), f"{PROGRAM} portal")
    except SystemExit as end:  # argparse's own code for wrong usage is that of an interruption here
        return USAGE if end.code == 2 else int(end.code or 0)


def _explain(words: Sequence[str]) -> int:
    from workspace_conformance.reporting import explain

    return explain.main(list(words), f"{PROGRAM} explain")


SUBCOMMANDS = {
    "run": Subcommand("judge a portal, or the embedded one", _run),
    "plan": Subcommand("say what a run would ask, and send nothing", _plan),
    "replay": Subcommand("judge a recorded run again, and send nothing", _replay),
    "verify": Subcommand("check a certificate against its evidence", _verify),
    "bundle": Subcommand("put a run's certificate, evidence and reports into one archive", _bundle),
    "compare": Subcommand("show results of several servers side by side", _compare),
    "waivers": Subcommand("keep a file of waivers in step with a result", _waivers),
    "clean-up": Subcommand("remove what an interrupted run has left on a portal", _clean_up),
    "portal": Subcommand("serve the embedded portal on its own", _portal),
    "explain": Subcommand("say what a requirement asks, and how a portal is mended", _explain),
}
