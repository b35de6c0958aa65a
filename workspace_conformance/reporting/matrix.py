"""Results side by side: a matrix of requirements by servers, for a terminal, as Markdown, as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workspace_conformance.exchange.texts import printable
from workspace_conformance.reporting.lines import wrapped
from workspace_conformance.reporting.markdown import SIGNS, code
from workspace_conformance.settings import profile_of

Data = Mapping[str, Any]

_GLYPHS = {
    "passed": "✅",
    "failed": "❌",
    "advisory": "⚠️",
    "partial": "🟡",
    "untested": "⚪",
    "absent": "·",
}
_WIDTH = 15  # characters of a column on a terminal


@dataclass(frozen=True, slots=True)
class Server:
    """A column: who was judged, when, by which suite, and the verdict."""

    name: str
    url: str
    verdict: str
    day: str
    suite: str
    profile: str = ""  # what was allowed; empty where an older suite does not say
    operations: str = ""  # how many documented ones are served, judged and passed


@dataclass(frozen=True, slots=True)
class Cell:
    """A requirement's verdict on one server: its kind as pages style it, and in words."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement and its verdict on every server."""

    id: str
    level: str
    statement: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole: servers, and the requirements by section (prefix, title, rows)."""

    servers: Sequence[Server]
    sections: Sequence[tuple[str, str, Sequence[Row]]]

    @property
    def mixed(self) -> str:
        """A sentence where the results are of different profiles; empty where they are of one."""
        profiles = dict.fromkeys(server.profile for server in self.servers)
        if len(profiles) < 2:
            return ""
        return (
            f"These results are of different profiles ({'; '.join(profiles)}): what one has judged "
            "another may have left out, and untested there is no difference of the servers."
        )


def matrix(named: Sequence[tuple[str, Data]]) -> Matrix:
    """The matrix of results: each a name for its column and the data of its results.json. The
    requirements of all are shown, in the order in which they are first met.
    """
    titles: dict[str, str] = {}
    known: dict[str, Data] = {}
    for _, data in named:
        for row in data["requirements"]:
            known.setdefault(row["id"], row)
        titles = {**data.get("sections", {}), **titles}
    found = [{row["id"]: row for row in data["requirements"]} for _, data in named]
    rows = [
        Row(
            name,
            row["level"],
            row["statement"],
            [_cell(results.get(name)) for results in found],
        )
        for name, row in known.items()
    ]
    prefixes = dict.fromkeys([*titles, *(row.id.partition("-")[0] for row in rows)])
    return Matrix(
        [
            Server(
                name,
                data["target"]["url"],
                data["verdict"],
                data["finished"].partition("T")[0],
                data["suite"]["version"],
                data.get("profile") or _profile(data["settings"]),
                _operations(data.get("operations")),
            )
            for name, data in named
        ],
        [
            (prefix, titles.get(prefix, prefix), own)
            for prefix in prefixes
            if (own := [row for row in rows if row.id.partition("-")[0] == prefix])
        ],
    )


def _profile(settings: Data) -> str:
    return profile_of(bool(settings.get("allow_writes")), bool(settings.get("allow_burst")))


def _operations(data: Data | None) -> str:
    """In words; empty where the result is of a suite that did not count them."""
    if data is None or not data["counts"]["judged"]:
        return ""
    counts = data["counts"]
    passed = counts["verdicts"].get("passed", 0)
    return (
        f"{counts['documented']} documented operations: {counts['served']} of "
        f"{counts['readable']} GET served; {counts['judged']} judged, {passed} passed"
    )


def _cell(row: Data | None) -> Cell:
    if row is None:
        return Cell("absent", "not judged")
    if row["verdict"] != "failed":
        return Cell(row["verdict"], row["verdict"])
    failed = sum(case["outcome"] == "failed" for case in row["cases"])
    kind = "failed" if row["level"] == "MUST" else "advisory"
    return Cell(kind, f"failed {failed}/{len(row['cases'])}")


def as_text(made: Matrix) -> str:
    """For a terminal: the servers numbered, then a line for each requirement."""
    return "\n".join(_lines(made)) + "\n"


def _lines(made: Matrix) -> Iterator[str]:
    for number, server in enumerate(made.servers, 1):
        yield (
            f"{number:>2} {printable(server.name)} ({printable(server.url)}), "
            f"{printable(server.day)}, suite {printable(server.suite)}, "
            f"profile {server.profile}: {server.verdict}"
        )
        if server.operations:
            yield f"   {server.operations}"
    numbers = range(1, len(made.servers) + 1)
    if made.mixed:
        yield ""
        yield from (line.text for line in wrapped(made.mixed, ""))
    yield ""
    yield f"{'':15}{''.join(f'{number:<{_WIDTH}}' for number in numbers)}".rstrip()
    for _, title, rows in made.sections:
        yield printable(title)
        for row in rows:
            cells = "".join(f"{cell.words:<{_WIDTH}}" for cell in row.cells)
            yield f"  {row.id:<8}{row.level[:1]:<5}{cells}".rstrip()
    yield ""
    yield "M: MUST, S: SHOULD; failed n/m: so many of its cases"


def as_markdown(made: Matrix) -> str:
    """For a page of Markdown."""
    return "\n".join(_markdown(made)) + "\n"


def _markdown(made: Matrix) -> Iterator[str]:
    if made.mixed:
        yield f"**{made.mixed}**"
        yield ""
    yield "| | server | verdict | judged | suite | profile |"
    yield "|--:|---|---|---|---|---|"
    for number, server in enumerate(made.servers, 1):
        name = f"{code(server.name)} {code(server.url)}" if server.name != server.url else ""
        shown = (name or code(server.url)).replace("|", "\\|")
        day, suite = (printable(text).replace("|", "\\|") for text in (server.day, server.suite))
        verdict = f"{SIGNS[server.verdict]} {server.verdict}"
        if server.operations:
            verdict += f"<br>{server.operations}"
        yield f"| {number} | {shown} | {verdict} | {day} | {suite} | {server.profile} |"
    yield ""
    numbers = range(1, len(made.servers) + 1)
    yield f"| requirement | level | {' | '.join(map(str, numbers))} |"
    yield f"|---|---|{'---|' * len(made.servers)}"
    for _, _, rows in made.sections:
        for row in rows:
            cells = " | ".join(f"{_GLYPHS[cell.kind]} {cell.words}" for cell in row.cells)
            yield f"| {row.id} | {row.level} | {cells} |"


def as_page(made: Matrix) -> str:
    """For a browser: one self-contained page without a script."""
    from markupsafe import Markup  # only for a page

    from workspace_conformance.reporting import html

    css = html.style()
    template = html.environment().get_template("matrix.html")
    return template.render(matrix=made, css=Markup(css), policy=html.policy(css))
