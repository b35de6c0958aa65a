"""What a requirement asks, how it is judged, and how a server that fails it is commonly mended."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from workspace_conformance.contract import explanations, requirements
from workspace_conformance.contract.requirements import Contract, ContractError, Requirement
from workspace_conformance.reporting.lines import Line, wrapped
from workspace_conformance.reporting.usage import PROGRAM, USAGE, Parser

PAGE = "docs/explanations.md"  # has a section for each requirement


def explain(names: Sequence[str]) -> list[str]:
    """The lines for requirements or whole sections; raises ContractError for one that is unknown."""
    contract = requirements.load()
    lines: list[str] = []
    for requirement in requirements.select(contract, names):
        lines += [""] if lines else []
        lines += [line.text for line in _lines(contract, requirement)]
    return lines


def _lines(contract: Contract, requirement: Requirement) -> Iterator[Line]:
    told = explanations.load()[requirement.id]
    yield Line(
        f"{requirement.id} ({requirement.level}, {contract.sections[requirement.prefix].title})"
    )
    yield from wrapped(requirement.statement, "  ")
    yield Line("")
    yield from wrapped(f"Source: {source(contract, requirement)}.", "")
    if requirement.needs:
        yield from wrapped(f"Needs: {', '.join(sorted(requirement.needs))}.", "")
    yield from wrapped(f"Sent: {told.sent}", "")
    yield from wrapped(f"Expected: {told.expected}", "")
    yield Line("")
    yield Line("Common causes, and how they are usually mended")
    for cause in told.causes:
        yield from wrapped(f"- in {cause.where}: {cause.cause}", "  ", hanging="  ")
        yield from wrapped(f"Mend: {cause.mend}", "    ")


def source(contract: Contract, requirement: Requirement) -> str:
    """Where the documentation says it: the section, and the pages."""
    pages = "; ".join(contract.sources[name].page for name in requirement.source)
    return f"{requirement.section} ({pages})"


def as_markdown() -> str:
    """docs/explanations.md: every requirement."""
    contract = requirements.load()
    parts = [
        "# The requirements, how they are judged, and how a server is mended",
        "",
        "Made from `schemas/requirements.yaml` and `schemas/explanations.yaml`; the command",
        "`workspace-conformance explain FMT-3` prints one of them. The causes are experience, and no",
        "promise of the documentation: a server may fail for a reason of its own.",
    ]
    for prefix, section in contract.sections.items():
        parts += ["", f"## {section.title}"]
        for requirement in contract.requirements.values():
            if requirement.prefix == prefix:
                parts += ["", *_markdown(contract, requirement)]
    return "\n".join(parts) + "\n"


def line_of(name: str) -> int:
    """The line of PAGE on which the section of a requirement begins, counted from 1."""
    return _headings()[name]


@cache
def _headings() -> Mapping[str, int]:
    return {
        line.removeprefix("### "): number
        for number, line in enumerate(as_markdown().splitlines(), 1)
        if line.startswith("### ")
    }


def as_table() -> str:
    """docs/requirements.md: every requirement in a row."""
    rows = [
        f"| {row.id} | {row.level} | {row.statement} |"
        for row in requirements.load().requirements.values()
    ]
    parts = [
        "# Requirements",
        "",
        "BC is the page Basic concepts of the Backend documentation, AU Passing authentication. What",
        "each row makes the suite send, what must come back, and how servers are mended that fail it:",
        "[explanations](explanations.md).",
        "",
        "| id | level | requirement |",
        "|---|---|---|",
        *rows,
    ]
    return "\n".join(parts) + "\n"


def _markdown(contract: Contract, requirement: Requirement) -> Iterator[str]:
    told = explanations.load()[requirement.id]
    yield f"### {requirement.id}"
    yield ""
    yield f"{requirement.level}: {_escaped(requirement.statement)}"
    yield ""
    yield f"* Source: {_escaped(source(contract, requirement))}."
    yield f"* Sent: {_escaped(told.sent)}"
    yield f"* Expected: {_escaped(told.expected)}"
    yield ""
    yield "Common causes:"
    yield ""
    for cause in told.causes:
        yield f"* In {cause.where}: {_escaped(cause.cause)} *Mend:* {_escaped(cause.mend)}"


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in r"\`*_{}[]<>|~#" else char for char in text)


def main(arguments: Sequence[str] | None = None, program: str = f"{PROGRAM} explain") -> int:
    """The command: 0, or 4 with one sentence for a name that no requirement has."""
    parser = Parser(prog=program, description=__doc__)
    parser.add_argument("names", nargs="*", metavar="ID", help="FMT-3, or FMT for a whole section")
    parser.add_argument(
        "--markdown", action="store_true", help="print the page docs/explanations.md instead"
    )
    parser.add_argument(
        "--table", action="store_true", help="print the page docs/requirements.md instead"
    )
    given = parser.parse_args(arguments)
    if given.table:
        print(as_table(), end="")
        return 0
    if given.markdown:
        print(as_markdown(), end="")
        return 0
    try:
        print("\n".join(explain(given.names or list(requirements.load().sections))))
    except ContractError as error:
        print(error, file=sys.stderr)
        return USAGE
    return 0


if __name__ == "__main__":
    sys.exit(main())
