"""The command `waivers`: keep a file of waivers in step with a result.

What a result no longer needs is taken out, what it violates beyond the file is written in, with a
reason and an owner that somebody has to write before a run takes the file.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from workspace_conformance.contract import requirements
from workspace_conformance.exchange.outcomes import Outcome
from workspace_conformance.exchange.texts import printable
from workspace_conformance.reporting.files import write_whole
from workspace_conformance.reporting.lines import counted
from workspace_conformance.reporting.usage import PROGRAM, Parser
from workspace_conformance.verdict import baseline, waiver_files, waivers
from workspace_conformance.verdict.baseline import BaselineError
from workspace_conformance.verdict.verdicts import CaseResult
from workspace_conformance.verdict.waivers import Waiver, WaiverError


def main(words: Sequence[str]) -> int:
    """0 where the file was looked at, or edited as asked; 4, with a sentence, for wrong usage."""
    parser = Parser(
        prog=f"{PROGRAM} waivers",
        description="Say what a file of waivers does for a result, or keep it in step with that.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the file of waivers (TOML)")
    parser.add_argument(
        "results",
        type=Path,
        metavar="RESULTS",
        nargs="?",
        default=Path("reports/results.json"),
        help="results.json of a run (reports/results.json)",
    )
    parser.add_argument(
        "--prune", action="store_true", help="take out what the result no longer needs"
    )
    parser.add_argument(
        "--update",
        action="store_true",
        help=f"write in what the result violates and nothing waives, for {waiver_files.DAYS} days; "
        "a run takes the file when somebody has written reasons and owners",
    )
    parser.add_argument(
        "--strict", action="store_true", help="with --update: a violated SHOULD, too"
    )
    given = parser.parse_args(words)
    if given.strict and not given.update:
        parser.error("--strict goes with --update")
    today = datetime.datetime.now(datetime.UTC).date()
    try:
        data = baseline.read(given.results)
        if given.prune:
            _check_whole(given.results, data)
        new = given.update and not given.file.exists()
        text = "" if new else given.file.read_bytes().decode("utf-8", "replace")
        found = () if new else waivers.load(given.file, requirements.load(), datetime.date.min)
        cases = list(_cases(data))
        edited, lines = text, list[str]()
        if given.prune:
            edited, found, lines = _pruned(edited, found, cases)
        if given.update:
            edited, added = _updated(edited, found, data, cases, today, strict=given.strict)
            found = (*found, *added)
            lines += [f"added: {waiver.name}, until {waiver.expires}" for waiver in added]
        if edited != text:
            write_whole(edited, given.file)
        if not (given.prune or given.update):
            lines = list(_told(found, cases))
    except (BaselineError, WaiverError) as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"{given.file}: {error.strerror or error}")
    print("\n".join(lines or [f"{given.file}: nothing to change"]))
    for line in _to_decide(found, today):
        print(line)
    return 0


def _check_whole(file: Path, data: Mapping[str, Any]) -> None:
    """Raises WaiverError for a result that cannot say of a waiver that it is no longer needed."""
    if data["left_out"] or data.get("cannot_judge"):
        why = data.get("cannot_judge") or f"left {counted(len(data['left_out']))} out"
        raise WaiverError(
            f"{file}: its run {printable(why)}: only a whole run shows which waivers are not needed"
        )


def _cases(data: Mapping[str, Any]) -> Iterator[CaseResult]:
    for row in data["requirements"]:
        for case in row["cases"]:
            yield CaseResult(
                case["id"],
                row["id"],
                Outcome(case["outcome"]),
                message=case["message"],
                method=case.get("method"),
                format=case.get("format"),
                resource=case.get("resource"),
            )


def _pruned(
    text: str, found: Sequence[Waiver], cases: Sequence[CaseResult]
) -> tuple[str, tuple[Waiver, ...], list[str]]:
    """The text without the waivers that are not needed, those that stay, and a line for each other."""
    reasons = {
        number: why
        for number, waiver in enumerate(found)
        if (why := waivers.needless(waiver, cases)) is not None
    }
    kept = tuple(waiver for number, waiver in enumerate(found) if number not in reasons)
    lines = [f"removed: {found[number].name}" for number in reasons]
    return (waiver_files.without(text, reasons) if reasons else text), kept, lines


def _updated(
    text: str,
    found: Sequence[Waiver],
    data: Mapping[str, Any],
    cases: Sequence[CaseResult],
    today: datetime.date,
    *,
    strict: bool,
) -> tuple[str, list[Waiver]]:
    """The text with new waivers for what fails a run and nothing excuses, and these waivers."""
    known = {case["id"] for row in data["requirements"] for case in row["cases"] if "known" in case}
    fails = {row["id"] for row in data["requirements"] if strict or row["level"] == "MUST"}
    weighty = [case for case in cases if case.requirement in fails and case.id not in known]
    added = waiver_files.drafted(weighty, found, today)
    return (waiver_files.with_added(text, added) if added else text), added


def _told(found: Sequence[Waiver], cases: Sequence[CaseResult]) -> Iterator[str]:
    for waiver in found:
        covered = sum(case.outcome is Outcome.FAILED and waiver.covers(case) for case in cases)
        why = waivers.needless(waiver, cases)
        yield f"{waiver.name}, until {waiver.expires}: " + (
            "its cases pass, or there are none" if why else f"waives {counted(covered)}"
        )


def _to_decide(found: Sequence[Waiver], today: datetime.date) -> Iterator[str]:
    """What keeps a run from taking the file."""
    undecided = [waiver for waiver in found if waiver.to_do]
    if undecided:
        yield (
            f"{len(undecided)} to do: write the reason and the owner of each in place of "
            f'"{waivers.TODO} ..."; a run refuses the file until then'
        )
    for waiver in found:
        if waiver.expires < today:
            yield (
                f"expired on {waiver.expires}: {waiver.name}; a run refuses the file until it is "
                "removed, or has a later date"
            )
