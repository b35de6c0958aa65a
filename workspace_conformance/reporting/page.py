"""What the HTML report says, in the order in which it says it: values made from results.json and the
recorded exchanges, ready for the template.

Nothing here is escaped: that is the template's work. Everything is bounded; what does not fit is
counted in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workspace_conformance.contract import explanations
from workspace_conformance.contract.explanations import Explanation
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.reporting.showing import Body, Line, Shown, show
from workspace_conformance.reporting.testable import Group, proved, untested_groups
from workspace_conformance.transport.redaction import Redactor

EXAMPLES = 3  # violations of one requirement that are shown whole
OTHERS = 20  # further ones that are named
CASES = 60  # cases of one requirement that are listed
EVIDENCE_CHARACTERS = 1_200_000  # of all exchanges shown, all told
MESSAGE_CHARACTERS = 600
TOP = 5

Data = Mapping[str, Any]

ORDER = (
    "MUST before SHOULD; not waived before waived; then those that more cases violate; then in the "
    "order of the documentation."
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A violation shown whole: which case saw it, in which words, and the exchange that shows it."""

    case: str
    message: str
    waiver: str
    exchange: Shown | None
    around: Sequence[Shown] = ()  # the rest of its chain, in order
    script: str = ""
    no_script: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement. `more` counts the violations that `failures` and `others` leave out; `explained`
    is None for one that this version of the suite does not know.
    """

    id: str
    level: str
    prefix: str
    source: str
    statement: str
    verdict: str
    tally: Mapping[str, int]
    waived: bool
    failures: Sequence[Failure]
    others: Sequence[tuple[str, str]]
    more: int
    cases: Sequence[Data]
    cases_left: int
    explained: Explanation | None

    @property
    def advisory(self) -> bool:
        """Whether it is a SHOULD that is violated."""
        return self.verdict == "failed" and self.level == "SHOULD"

    @property
    def kind(self) -> str:
        """The verdict as the page styles and filters it."""
        return "waived" if self.waived else "advisory" if self.advisory else self.verdict


@dataclass(frozen=True, slots=True)
class Section:
    """A group of requirements."""

    name: str
    title: str
    rows: Sequence[Row]

    @property
    def in_order(self) -> list[Row]:
        """Its requirements by their numbers; `rows` has the violated ones first."""
        return sorted(self.rows, key=lambda row: int(row.id.rpartition("-")[2]))

    def count(self, *kinds: str) -> int:
        """How many of its requirements are of these kinds."""
        return sum(row.kind in kinds for row in self.rows)


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page. `data` is results.json, for what needs no making."""

    data: Data
    sections: Sequence[Section]
    top: Sequence[Row]
    untested: Sequence[Group]
    never: Sequence[str]
    words: str
    kind: str
    when: str
    duration: str
    evidence_left: int
    steps: Sequence[str]

    @property
    def rows(self) -> list[Row]:
        """Every requirement."""
        return [row for section in self.sections for row in section.rows]

    def count(self, *kinds: str) -> int:
        """How many requirements are of these kinds."""
        return sum(section.count(*kinds) for section in self.sections)


def page(data: Data, exchanges: Mapping[int, Exchange], redactor: Redactor) -> Page:
    """The page for a result (results.json, redacted) and the exchanges that its cases name."""
    chosen = {row["id"]: _examples(row, exchanges) for row in data["requirements"]}
    shown, left = _show_all(chosen, exchanges, redactor)
    rows = [_row(row, chosen[row["id"]], shown) for row in data["requirements"]]
    failed = [row for row in rows if row.verdict == "failed"]
    ranked = sorted(failed, key=lambda row: (row.level != "MUST", row.waived, -row.tally["failed"]))
    kind, words = verdict_words(data)
    return Page(
        data=data,
        sections=[
            Section(
                name, title, sorted((row for row in rows if row.prefix == name), key=_failed_first)
            )
            for name, title in data["sections"].items()
        ],
        top=ranked[:TOP],
        untested=untested_groups(data),
        never=[row["id"] for row in data["requirements"] if not row["cases"]],
        words=words,
        kind=kind,
        when=moment(data["finished"]),
        duration=_duration(data["started"], data["finished"]),
        evidence_left=left,
        steps=next_steps(data),
    )


def _failed_first(row: Row) -> int:
    order = ("failed", "waived", "advisory")
    return order.index(row.kind) if row.kind in order else len(order)


def next_steps(data: Data) -> list[str]:
    """What would let an incomplete run judge the rest; nothing for any other."""
    if data["verdict"] != "incomplete" or data.get("cannot_judge"):
        return []
    steps = proved(data)
    told = " ".join(steps)
    steps += [
        f"{group.reason} ({group.cases} cases): {group.advice}"
        for group in untested_groups(data)
        if group.reason != "no-consent" or not told
    ]
    if data["left_out"]:
        steps.append(f"Run the whole suite: {len(data['left_out'])} cases were left out.")
    return steps


def verdict_words(data: Data) -> tuple[str, str]:
    """The verdict's colour ("passed", "failed", "partial") and the verdict in a sentence."""
    counts = data["counts"]["requirements"]
    must, should = counts["MUST"], counts["SHOULD"]
    judged = sum(must[name] for name in ("passed", "failed", "partial"))
    all_of = sum(must.values())
    advice = ""
    if should["failed"]:
        advice = f" {_of(should['failed'], sum(should.values()), 'SHOULD')} violated."
    if data["verdict"] == "non-conformant":
        return "failed", f"{_of(must['failed'], all_of, 'MUST')} violated.{advice}"
    if data["verdict"] == "conformant":
        return "passed", f"All {all_of} MUST requirements passed.{advice}"
    if data.get("cannot_judge"):
        return "partial", f"The target could not be judged: {data['cannot_judge']}"
    cut = "The run was interrupted. " if data.get("interrupted") else ""
    return "partial", (
        f"{cut}Nothing is violated as far as it was judged, and not everything was judged: "
        f"{must['passed']} of {all_of} MUST requirements passed in full, "
        f"{judged - must['passed']} in part.{advice}"
    )


def _of(count: int, everything: int, level: str) -> str:
    return f"{count} of {everything} {level} requirements {'is' if count == 1 else 'are'}"


def _examples(row: Data, exchanges: Mapping[int, Exchange]) -> list[Data]:
    """The failed cases of a requirement, those that show it best first: with an exchange, GET before
    others, the shortest URL; of each exchange and each message one before there is a second.
    """

    def weight(case: Data) -> tuple[bool, bool, int]:
        exchange = exchanges.get(case.get("shown_by", 0))
        if exchange is None:
            return True, True, 0
        return False, exchange.request.method != "GET", len(exchange.request.url)

    failed = sorted((c for c in row["cases"] if c["outcome"] == "failed"), key=weight)
    messages: Counter[str] = Counter()
    exchanged: set[int] = set()
    turns: list[tuple[bool, int, int]] = []
    for place, case in enumerate(failed):
        number = case.get("shown_by", 0)
        turns.append((number in exchanged, messages[case["message"]], place))
        messages[case["message"]] += 1
        exchanged |= {number} - {0}
    return [failed[place] for _, _, place in sorted(turns)]


def _show_all(
    chosen: Mapping[str, Sequence[Data]], exchanges: Mapping[int, Exchange], redactor: Redactor
) -> tuple[dict[str, list[Shown]], int]:
    """The exchanges that are shown whole, by case: the telling one first, then the rest of its chain;
    and how many did not fit: first one for every requirement, then a second, and so on.
    """
    shown: dict[str, list[Shown]] = {}
    spent = left = 0
    for turn in range(EXAMPLES):
        for failed in chosen.values():
            case = failed[turn] if turn < len(failed) else None
            exchange = exchanges.get(case.get("shown_by", 0)) if case else None
            if case is None or exchange is None:
                continue
            if spent > EVIDENCE_CHARACTERS:
                left += 1
                continue
            others = [n for n in case.get("chain", ()) if n != exchange.number and n in exchanges]
            shown[case["id"]] = [
                show(exchange, case["message"], redactor),
                *(show(exchanges[number], "", redactor) for number in others),
            ]
            spent += sum(map(_size, shown[case["id"]]))
    return shown, left


def _size(shown: Shown) -> int:
    lines: Iterator[Line] = iter(
        [
            *shown.request_headers,
            *shown.answer_headers,
            *shown.request_body.lines,
            *shown.answer_body.lines,
        ]
    )
    # What HTML makes of a character may be six long; each line costs its tags.
    special = sum(
        20 + len(piece.text) + 5 * sum(map(piece.text.count, "<>&\"'"))
        for line in lines
        for piece in line
    )
    plain = shown.curl + shown.request_line
    return special + len(plain) + 5 * sum(map(plain.count, "<>&\"'")) + 1500


def _row(row: Data, failed: Sequence[Data], shown: Mapping[str, Sequence[Shown]]) -> Row:
    whole = [case for case in failed[:EXAMPLES] if case["id"] in shown or "shown_by" not in case]
    rest = [case for case in failed if case not in whole]
    tally = Counter(case["outcome"] for case in row["cases"])
    rank = {"failed": 0, "untested": 1, "passed": 2}
    cases = sorted(row["cases"], key=lambda case: rank[case["outcome"]])
    return Row(
        id=row["id"],
        level=row["level"],
        prefix=row["id"].partition("-")[0],
        source=row["section"],
        statement=row["statement"],
        verdict=row["verdict"],
        tally={name: tally[name] for name in ("passed", "failed", "untested")},
        waived=row["verdict"] == "failed" and bool(row.get("waived") or row.get("known")),
        failures=[
            Failure(
                case["id"],
                short(case["message"]),
                _waiver(case),
                next(iter(shown.get(case["id"], ())), None),
                tuple(shown.get(case["id"], ()))[1:],
                case.get("reproduce", {}).get("script", ""),
                case.get("reproduce", {}).get("none", ""),
            )
            for case in whole
        ],
        others=[(case["id"], short(case["message"], 120)) for case in rest[:OTHERS]],
        more=max(0, len(rest) - OTHERS),
        cases=cases[:CASES],
        cases_left=max(0, len(cases) - CASES),
        explained=explanations.load().get(row["id"]),
    )


def _waiver(case: Data) -> str:
    waiver = case.get("waived")
    if not waiver:
        return f"Known: {case['known']['statement']}" if "known" in case else ""
    who = ", ".join(waiver[name] for name in ("owner", "link") if waiver.get(name))
    return f"Waived: {waiver['reason']} ({who}; until {waiver['expires']})"


def short(text: str | None, most: int = MESSAGE_CHARACTERS) -> str:
    """A message, cut where it is very long."""
    text = text or ""
    return text if len(text) <= most else f"{text[:most]}…"


def moment(text: str) -> str:
    """A moment of results.json as a person reads it."""
    return datetime.fromisoformat(text).strftime("%-d %B %Y, %H:%M UTC")


def _duration(started: str, finished: str) -> str:
    seconds = (datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds()
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{max(0, seconds):.1f} s"


__all__ = ["Body", "Failure", "Page", "Row", "Section", "page", "verdict_words"]
