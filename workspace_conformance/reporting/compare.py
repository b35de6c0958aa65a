"""Results side by side: `python -m workspace_conformance.reporting.compare A/results.json ...`.

Prints a matrix of requirements by servers, and writes it as Markdown and as a page where asked to.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workspace_conformance.reporting import matrix
from workspace_conformance.reporting.files import write_whole
from workspace_conformance.reporting.usage import Parser
from workspace_conformance.verdict import baseline

DESCRIPTION = "Show results of several servers side by side, and write the matrix where asked to."
PROGRAM = "python -m workspace_conformance.reporting.compare"


def main(arguments: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Compare; the exit code is 0, or 4 with one sentence for a file that is no result."""
    parser = Parser(prog=program, description=DESCRIPTION)
    parser.add_argument(
        "results", nargs="+", help="results.json of a run, or NAME=FILE to name its column"
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the matrix there, too")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write it there as a page")
    given = parser.parse_args(arguments)
    try:
        made = matrix.matrix(_named(given.results))
        if given.markdown:
            write_whole(matrix.as_markdown(made), given.markdown)
        if given.html:
            write_whole(matrix.as_page(made), given.html)
    except (baseline.BaselineError, OSError) as error:
        print(error, file=sys.stderr)
        return 4
    print(matrix.as_text(made), end="")
    return 0


def _named(words: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """Each result with a name of its own: the one given, else the target's label."""
    named = []
    for word in words:
        name, equals, file = word.partition("=")
        if not equals or Path(word).exists():
            name, file = "", word
        data = baseline.read(Path(file))
        named.append((name or data["target"]["label"] or data["target"]["url"], data))
    seen = Counter(name for name, _ in named)
    counted: Counter[str] = Counter()
    unique = []
    for name, data in named:
        counted[name] += 1
        unique.append((f"{name} ({counted[name]})" if seen[name] > 1 else name, data))
    return unique


if __name__ == "__main__":
    sys.exit(main())
