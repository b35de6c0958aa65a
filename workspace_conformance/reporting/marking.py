"""Which part of an answer a violation is about, found by what its sentence names.

A violation says in words what was wrong: "declares text/html; expected JSON". The parts of the
answer that such a sentence names are marked for the reader. A sentence that names nothing of the
answer marks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from workspace_conformance.exchange.messages import Response

_MOST = 3  # places marked for one name or text
_EXPECTED = ("Content-Type", "Retry-After", "WWW-Authenticate")
_MEMBER = re.compile(
    r"\b(?:no|protected|holds|without|envelope's|says|shows)\s+([A-Za-z][\w-]*)"
    r"|\b([A-Za-z][\w-]*)\s+(?:is|was|as|has)\b"
)
_QUOTED = re.compile(r"'([^']{2,200})'|\"([^\"]{2,200})\"|`([^`]{2,200})`")
_STATUS_WORDS = re.compile(r"\b(?:served|succeed\w*|success|refused|refusal)\b")


@dataclass(frozen=True, slots=True)
class Culprits:
    """What a sentence names of an answer.

    status: whether its status. headers: names of its headers, in lower case. missing: names of
    headers that it should have. members: names that may stand in its body. texts: words quoted
    from it.
    """

    status: bool = False
    headers: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


def culprits(sentence: str, response: Response) -> Culprits:
    """What `sentence`, the words of a violation, names of `response`."""
    names = {name.lower() for name, _ in response.headers}
    named = {name for name in names if "-" in name and _stands(name, sentence)}
    wanted = [name for name in _EXPECTED if _stands(name, sentence)]
    if re.search(r"\bdeclares\b", sentence):
        wanted.append("Content-Type")
        named |= {"content-type"} & names
    members = [first or second for first, second in _MEMBER.findall(sentence)]
    texts = ["".join(found) for found in _QUOTED.findall(sentence)]
    status = re.search(rf"(?<![\d-]){response.status}(?![\d-])", sentence) is not None
    told = bool(named or members or texts or wanted)
    return Culprits(
        status=status or (not told and _STATUS_WORDS.search(sentence) is not None),
        headers=frozenset(named),
        missing=tuple(dict.fromkeys(name for name in wanted if name.lower() not in names)),
        members=tuple(dict.fromkeys(members)),
        texts=tuple(dict.fromkeys(texts)),
    )


def spans(lines: Sequence[str], found: Culprits) -> dict[int, tuple[int, int]]:
    """Where in the lines of a body the culprits stand: begin and end by the line's index.

    Of a member's places the ones whose line also holds a quoted text count, else the outermost.
    """
    marks: dict[int, tuple[int, int]] = {}
    for name in found.members:
        pattern = re.compile(rf'"{re.escape(name)}\\?"\s*:|<{re.escape(name)}[\s/>]')
        places = [number for number, line in enumerate(lines) if pattern.search(line)]
        told = [n for n in places if any(text in lines[n] for text in found.texts)]
        if not told and places:
            least = min(_indent(lines[n]) for n in places)
            told = [n for n in places if _indent(lines[n]) == least]
        for number in told[:_MOST]:
            marks[number] = (_indent(lines[number]), len(lines[number].rstrip()))
    for text in found.texts:
        places = [number for number, line in enumerate(lines) if text in line]
        for number in places[:_MOST]:
            begin = lines[number].index(text)
            marks.setdefault(number, (begin, begin + len(text)))
    return marks


def _stands(name: str, sentence: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", sentence, re.IGNORECASE) is not None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
