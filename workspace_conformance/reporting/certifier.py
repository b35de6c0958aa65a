"""The certifier's commands: `verify` a certificate or a bundle, and `bundle` a run's reports."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from workspace_conformance.contract import requirements
from workspace_conformance.exchange.texts import printable
from workspace_conformance.reporting import bundle as bundles
from workspace_conformance.reporting import verification
from workspace_conformance.reporting.certificate import Doubt
from workspace_conformance.reporting.lines import counted
from workspace_conformance.reporting.usage import PROGRAM, Parser
from workspace_conformance.settings import PROFILES, profile_of

RESULTS = ("PASSED", "WARNED", "FAILED")


# --- verify ---------------------------------------------------------------------------------------


def verify(arguments: Sequence[str] | None = None, program: str = f"{PROGRAM} verify") -> int:
    """0 the certificate holds, and says what is expected; 1 it does not; 4 wrong usage."""
    parser = Parser(prog=program, description=verify.__doc__)
    parser.add_argument("file", type=Path, help="certificate.json, or a bundle (.zip)")
    parser.add_argument("--key", type=Path, help="the public key (PEM) of whoever signed it")
    parser.add_argument(
        "--evidence", type=Path, help="exchanges.har of the run; a bundle holds its own"
    )
    parser.add_argument(
        "--expect", choices=RESULTS, help="what the certificate must say: else the exit code is 1"
    )
    parser.add_argument(
        "--max-age", type=_days, metavar="DAYS", help="how old it may be: else the exit code is 1"
    )
    given = parser.parse_args(arguments)
    for file in (given.file, given.key, given.evidence):
        if file is not None and not file.is_file():
            parser.error(f"{file}: no such file")
    bundled = bundles.is_bundle(given.file)
    if bundled == (given.evidence is not None):
        parser.error(
            "a bundle holds its evidence: leave --evidence out"
            if bundled
            else "give the run's exchanges.har with --evidence"
        )
    try:
        if bundled:
            with tempfile.TemporaryDirectory() as folder:
                bundles.opened(given.file, Path(folder))
                told, held = verification.verify(
                    Path(folder) / bundles.CERTIFICATE, given.key, Path(folder) / bundles.EVIDENCE
                )
        else:
            told, held = verification.verify(given.file, given.key, given.evidence)
        lines = list(told_of(told))
    except Doubt as doubt:
        print(f"The certificate does not hold: {doubt}.")
        return 1
    print("\n".join(lines))
    for line in held:
        print(f"- {line}")
    print(ending(told))
    short = list(_short_of(told, given.expect, given.max_age, datetime.now(UTC)))
    for line in short:
        print(line)
    return 1 if short else 0


def _days(text: str) -> float:
    number = float(text)
    if not 0 <= number < 100_000:
        raise argparse.ArgumentTypeError("give a number of days, 0 or more")
    return number


def told_of(told: Mapping[str, Any]) -> Iterator[str]:
    """What a certificate says, in lines: whose, what, when, with which suite, how much was judged,
    the result. Raises Doubt where it does not say it as this suite does.
    """
    try:
        yield from _told_of(told)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Doubt("not a certificate of this suite") from None


def _told_of(told: Mapping[str, Any]) -> Iterator[str]:
    (subject,) = told["subject"]
    predicate = told["predicate"]
    own = predicate["workspaceConformance"]
    configuration = {each["name"]: each for each in predicate["configuration"]}
    settings = configuration["settings"]["annotations"]["values"]
    suite = configuration["suite"]
    label = "" if subject["name"] == subject["uri"] else f" ({printable(str(subject['name']))})"
    yield f"Target:  {printable(str(subject['uri']))}{label}"
    if subject["annotations"].get("server"):
        yield f"Server:  {printable(str(subject['annotations']['server']))}"
    build = {name: value for name, value in subject["digest"].items() if name != "workspaceTarget"}
    yield "Build:   " + (
        ", ".join(f"{printable(str(n))}:{printable(str(v))}" for n, v in build.items())
        or "not named"
    )
    yield f"Judged:  {_moment(own['started'])} to {_moment(own['finished'])}"
    version = printable(str(suite["annotations"]["version"]))
    yield f"Suite:   {version}, digest {printable(str(suite['digest']['sha256']))[:16]}..."
    yield f"Profile: {profile(own, settings)}"
    yield f"Scope:   {_scope(predicate, own)}"
    chosen = settings.get("requirements")
    if chosen:
        yield f"         asked for alone: {printable(', '.join(map(str, chosen)), 300)}"
    operations = own.get("operations")
    if operations and operations.get("judged"):
        yield (
            f"         {operations['judged']} of {operations['documented']} documented operations "
            f"judged, {operations['served']} served"
        )
    described = (operations or {}).get("described")
    if described:
        yield (
            f"         {described['judged']} of {described['documented']} operations judged that "
            f"{printable(str(described['source']), 60)} describes, not the documentation"
        )
    yield f"Result:  {predicate['result']} ({own['verdict']})"


def profile(own: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """The profile of a run, by its name and in words; of an older certificate by its settings."""
    consents = bool(settings.get("allow_writes")), bool(settings.get("allow_burst"))
    name = str(own.get("profile") or profile_of(*consents))
    return f"{printable(name)} ({PROFILES.get(name, 'as its settings say')})"


def _scope(predicate: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    contract = requirements.load().requirements
    musts = [name for name, row in contract.items() if row.level == "MUST"]
    passed = sum(name in predicate["passedTests"] for name in musts)
    left = f"; {counted(int(own['leftOut']))} left out" if own["leftOut"] else ""
    return (
        f"{own['judged']} of {own['requirements']} requirements judged in full, "
        f"{len(own['partial'])} in part; {passed} of {len(musts)} MUST passed{left}"
    )


def ending(told: Mapping[str, Any]) -> str:
    """The last sentence: that the certificate holds, and what follows from it."""
    predicate = told["predicate"]
    own = predicate["workspaceConformance"]
    result = predicate["result"]
    if result == "PASSED":
        words = "the target is conformant"
    elif result == "FAILED":
        words = f"{len(predicate['failedTests'])} MUST violated; the target is not conformant"
    elif predicate["failedTests"]:
        known = printable(str(own.get("known")))
        words = f"{len(predicate['failedTests'])} MUST violated, all as it is known of {known}"
    else:
        words = (
            f"{own['judged']} of {own['requirements']} requirements were judged in full; "
            "it certifies no conformance"
        )
    return f"The certificate holds. {result}: {words}."


def _short_of(
    told: Mapping[str, Any], expected: str | None, age: float | None, now: datetime
) -> Iterator[str]:
    result = told["predicate"]["result"]
    if expected is not None and result != expected:
        yield f"It says {result}, and {expected} was expected."
    finished = datetime.fromisoformat(told["predicate"]["workspaceConformance"]["finished"])
    if age is not None and now - finished > timedelta(days=age):
        yield f"It is {(now - finished).days} days old, and may be {age:g} days old."
    if age is not None and finished - now > timedelta(days=1):
        yield f"It is of a day to come: {_moment(finished.isoformat())}."


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


# --- bundle ---------------------------------------------------------------------------------------


def bundle(arguments: Sequence[str] | None = None, program: str = f"{PROGRAM} bundle") -> int:
    """Put a run's certificate, evidence and reports into one archive; 4 where they are not there."""
    parser = Parser(prog=program, description=bundle.__doc__)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path("reports"), help="the run's reports (reports/)"
    )
    parser.add_argument(
        "--output", type=Path, help="the archive (default: conformance-DAY.zip beside the folder)"
    )
    given = parser.parse_args(arguments)
    try:
        file = bundles.made(given.folder, given.output)
    except Doubt as doubt:
        parser.error(str(doubt))
    except OSError as error:
        parser.error(f"the archive cannot be written: {error.strerror or error}")
    print(f"{file}: verify it with {PROGRAM} verify {file}")
    return 0
