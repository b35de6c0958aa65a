"""summary.md: the result in a page of Markdown, for a pipeline's own page and for merge requests.

What a target said stands in code spans only, where Markdown and HTML mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workspace_conformance.reporting import judged_target
from workspace_conformance.reporting.html import visible
from workspace_conformance.reporting.page import moment, short, verdict_words
from workspace_conformance.reporting.testable import proved, untested_groups

Data = Mapping[str, Any]

SIGNS = {"conformant": "✅", "non-conformant": "❌", "incomplete": "⚠️"}
_LONGEST_CURL = 1000  # characters
_COLUMNS = ("passed", "failed", "partial", "untested")


def render(data: Data, curls: Mapping[str, str] | None = None) -> str:
    """The text for a result (results.json, redacted). `curls`: by requirement, the redacted shell line
    that shows its violation again.
    """
    parts = [
        *(section(data) for section in (_head, _changes, _sections, _described)),
        _violations(data, curls or {}),
        _untested(data),
    ]
    return "\n\n".join("\n".join(part) for part in map(list, parts) if part) + "\n"


def code(text: str, most: int = 300) -> str:
    """A code span that holds any text: on one line, with fences longer than any inside it."""
    line = " ".join(str(visible(short(text, most))).split()) or "…"
    fence = "`" * (max((len(run) for run in re.findall(r"`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}"


def _head(data: Data) -> Iterator[str]:
    yield f"## {SIGNS[data['verdict']]} Workspace API conformance: {data['verdict']}"
    yield ""
    about = judged_target.words(data)
    own = f" ({code(about)})" if about != data["target"]["url"] else ""
    yield f"Target {code(data['target']['url'])}{own}, judged {moment(data['finished'])}."
    if data["cannot_judge"]:
        yield f"It could not be judged: {code(data['cannot_judge'])}"
    else:
        yield verdict_words(data)[1]
    if data.get("remark"):
        yield ""
        yield f"Note: {code(data['remark'], 600)}"
    if data["exit_code"] == 0 and data["verdict"] == "incomplete":
        yield from (_escaped(line) for line in proved(data))
    if data["gate"]["words"]:
        yield ""
        yield f"**{code(data['gate']['words'], 1000)}**"


def _changes(data: Data) -> Iterator[str]:
    if "changes" not in data:
        return
    changes = data["changes"]
    since = changes["since"]
    yield f"### Since the baseline ({code(since['target'])}, {moment(since['finished'])})"
    yield ""
    groups = [(name, changes[name]) for name in ("failing", "untested", "passing") if changes[name]]
    for name, cases in groups:
        yield f"* newly {name}: {_by_requirement(data, cases)}"
    if not groups:
        yield "Nothing changed."


def _sections(data: Data) -> Iterator[str]:
    yield "| section | MUST passed | failed | partial | untested | SHOULD violated |"
    yield "|---|--:|--:|--:|--:|--:|"
    for prefix, title in data["sections"].items():
        rows = [row for row in data["requirements"] if row["id"].partition("-")[0] == prefix]
        must = [row["verdict"] for row in rows if row["level"] == "MUST"]
        should = [row["verdict"] for row in rows if row["level"] == "SHOULD"]
        cells = [must.count(name) for name in _COLUMNS] + [should.count("failed")]
        yield f"| {title} | {' | '.join(str(cell) if cell else '·' for cell in cells)} |"


def _described(data: Data) -> Iterator[str]:
    described = data["operations"]["described"]
    if described is not None:
        verdicts = ", ".join(
            f"{count} {verdict}" for verdict, count in described["counts"]["verdicts"].items()
        )
        source, count = code(described["source"]), described["counts"]["documented"]
        yield f"Described by {source}, not by the documentation: {count} operations ({verdicts})."


def _violations(data: Data, curls: Mapping[str, str]) -> Iterator[str]:
    failed = [row for row in data["requirements"] if row["verdict"] == "failed"]
    if not failed:
        return
    yield "### Violated"
    yield ""
    for row in sorted(
        failed, key=lambda row: (row["level"] != "MUST", row["waived"] or row.get("known", False))
    ):
        cases = [case for case in row["cases"] if case["outcome"] == "failed"]
        waived = ", waived" if row["waived"] else ", known" if row.get("known") else ""
        yield f"* **{row['id']}** ({row['level']}{waived}): {_escaped(row['statement'])}  "
        yield f"  {len(cases)} of {len(row['cases'])} cases, e.g. {code(cases[0]['message'])}"
        for waiver in _waivers(cases):
            yield f"  Waived until {waiver['expires']}: {code(waiver['reason'])}"
        line = curls.get(row["id"], "")
        # A line to copy must be shown as it is, or not at all.
        if line and "\n" not in line and visible(line) == line and len(line) <= _LONGEST_CURL:
            yield from ("", f"      {line}", "")


def _waivers(cases: Iterable[Data]) -> list[Data]:
    found: list[Data] = []
    for case in cases:
        if "waived" in case and case["waived"] not in found:
            found.append(case["waived"])
    return found


def _untested(data: Data) -> Iterator[str]:
    groups = untested_groups(data)
    if not groups:
        return
    yield "### Untested"
    yield ""
    for group in groups:
        names = ", ".join(f"{name} ({count})" for name, count in group.requirements)
        yield f"* {group.reason}: {names}. {_escaped(group.advice)}"


def _by_requirement(data: Data, cases: Iterable[str]) -> str:
    wanted = set(cases)
    counts = {
        row["id"]: sum(case["id"] in wanted for case in row["cases"])
        for row in data["requirements"]
    }
    return ", ".join(f"{name} ({count})" for name, count in counts.items() if count)


def _escaped(text: str) -> str:
    """Our own sentences, their punctuation kept from being read as Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>|~#])", r"\\\1", text)
