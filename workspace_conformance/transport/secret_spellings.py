"""Where a secret stands in a text, in every spelling we send it in or a target may echo it in.

A text is read at several levels: as it is, percent-decoded once and twice, with the escapes of JSON
and XML undone, and both. At each a secret is looked for as itself, in hexadecimal, and as base64 at
any alignment. Plain searches in few levels: one pattern of every spelling of every character takes
longer to compile than a run takes to make.
"""

from __future__ import annotations

import base64
import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

SHORTEST = 4  # characters: anything shorter would blot out ordinary text

Span = tuple[int, int]  # of characters of a text: the first, and the one after the last

_H = "[0-9a-fA-F]"
_FOLLOWING = "%[89abAB]" + _H
_PERCENT = re.compile(
    f"%(?:[0-7]{_H}|[cCdD]{_H}{_FOLLOWING}|[eE]{_H}(?:{_FOLLOWING}){{2}}"
    f"|[fF]{_H}(?:{_FOLLOWING}){{3}})"
)
_XML_NAMES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_XML_NAMES |= {"plus": "+", "sol": "/", "equals": "=", "lowbar": "_", "period": "."}  # of HTML
_JSON_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPE = re.compile(
    rf"\\u[dD][89abAB]{_H}{{2}}\\u[dD][c-fC-F]{_H}{{2}}|\\u{_H}{{4}}|\\[\"\\/bfnrt]"
    rf"|&#0*[0-9]{{1,7}};|&#[xX]0*{_H}{{1,6}};|&(?:{'|'.join(_XML_NAMES)});"
)
_LONG_WORD = re.compile(r"[0-9A-Za-z+/=_.~-]{8,}")
_LARGE = 5000  # characters: of a larger text the long words are looked through in its place
_SMALL_HEXADECIMAL = str.maketrans("ABCDEF", "abcdef")
_URL_SAFE = str.maketrans("+/", "-_")
_PLAIN = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.~")


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret; what shows it (itself, and its base64 at each alignment), long words apart from the
    rest; and its hexadecimal form.
    """

    text: str
    words: tuple[str, ...]
    others: tuple[str, ...]
    hexadecimal: str


Undo = Callable[["re.Match[str]"], str]


@dataclass(slots=True)
class _Level:
    """A text as it reads after undoing some spelling, and the text that it was made of.

    undone: of each character that was spelled, its place here, and the span of its spelling in the
    text below; None until somebody asks.
    """

    text: str
    undo: Undo | None = None
    below: _Level | None = None
    undone: tuple[list[int], list[Span]] | None = None


def secret(text: str) -> Secret:
    """What has to be looked for to find `text`."""
    needles: dict[str, None] = {text: None}
    # A login's body may be put into base64 as it is, and so may a form.
    for written in (text, json.dumps(text)[1:-1], quote(text, safe="", errors="surrogatepass")):
        raw = written.encode("utf-8", "surrogatepass")
        for before in range(3):
            # What is the same in every base64 text that holds the secret at this alignment.
            whole = base64.b64encode(b"\0" * before + raw).decode()
            core = whole[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]
            if len(core) >= SHORTEST:
                needles[core] = needles[core.translate(_URL_SAFE)] = None
    words = tuple(needle for needle in needles if _LONG_WORD.fullmatch(needle))
    others = tuple(needle for needle in needles if needle not in words)
    return Secret(text, words, others, text.encode("utf-8", "surrogatepass").hex())


def find(secrets: Sequence[Secret], text: str) -> Iterator[tuple[Secret, Span]]:
    """Each place of `text` where one of `secrets` stands, whatever its spelling; some twice."""
    for level in _levels(text):
        words = level.text
        if len(words) > _LARGE:  # most of it is no long word: white space, mark-up, short ones
            words = "\n".join(_LONG_WORD.findall(words))
        lowered = words.lower()
        for one in secrets:
            for span in _places(one, level, words, lowered):
                yield one, _at_the_bottom(level, span)


def _levels(text: str) -> list[_Level]:
    """The text, and all that it may mean: with percent-encoding undone once or twice, and escapes
    once, in whatever order.
    """
    levels = [(_Level(text), 0, 0)]
    seen = {text}
    for level, percents, escapes in levels:  # it grows meanwhile
        further: tuple[tuple[Undo, int, int], ...] = (
            (_percent, percents + 1, escapes),
            (_escape, percents, escapes + 1),
        )
        for undo, often, once in further:
            if often > 2 or once > 1:
                continue
            undone = _undo(undo, level.text)
            if undone not in seen:
                seen.add(undone)
                levels.append((_Level(undone, undo, level), often, once))
    return [level for level, *_ in levels]


def _places(one: Secret, level: _Level, words: str, lowered: str) -> Iterator[Span]:
    text = level.text
    for needle in one.words:
        if needle in words:
            yield from _occurrences(needle, text)
    for needle in one.others:
        if needle in text:
            yield from _occurrences(needle, text)
    if level.undo is not None and not _PLAIN.issuperset(one.text):
        # It may look like a spelling itself, and have been undone.
        meant = _meant(one.text, level)
        if len(meant) >= SHORTEST:
            yield from _occurrences(meant, text)
    if " " in one.text:  # a form spells it +
        yield from _occurrences(one.text.replace("+", " "), text.replace("+", " "))
    if one.hexadecimal in lowered:
        # Not in `lowered`: some letters become two.
        yield from _occurrences(one.hexadecimal, text.translate(_SMALL_HEXADECIMAL))


def _meant(text: str, level: _Level) -> str:
    """What is left of `text` after all that was undone to come to this level."""
    if level.undo is None or level.below is None:
        return text
    return _undo(level.undo, _meant(text, level.below))


def _occurrences(needle: str, text: str) -> Iterator[Span]:
    at = text.find(needle)
    while at >= 0:
        yield at, at + len(needle)
        at = text.find(needle, at + 1)


def _at_the_bottom(level: _Level, span: Span) -> Span:
    """The span of the text itself that a span of a level was made of."""
    while level.undo is not None and level.below is not None:
        if level.undone is None:
            level.undone = _spelled(level.undo, level.below.text)
        places, spans = level.undone
        first, last = span
        start, end = _back(places, spans, first)[0], _back(places, spans, last - 1)[1]
        span, level = (start, end), level.below
    return span


def _spelled(undo: Undo, text: str) -> tuple[list[int], list[Span]]:
    places: list[int] = []
    spans: list[Span] = []
    gone = 0  # characters of the text that are none in the undone one, so far
    for match in _patterns[undo].finditer(text):
        if undo(match) != match[0]:  # one character, whatever its spelling
            places.append(match.start() - gone)
            spans.append(match.span())
            gone += len(match[0]) - 1
    return places, spans


def _back(places: list[int], spans: list[Span], at: int) -> Span:
    """What the character at a place was made of."""
    before = bisect_right(places, at) - 1
    if before < 0:
        return at, at + 1
    if places[before] == at:
        return spans[before]
    start = spans[before][1] + at - places[before] - 1
    return start, start + 1


def _undo(undo: Undo, text: str) -> str:
    if undo is _escape and "\\" not in text and "&" not in text:
        return text
    return _patterns[undo].sub(undo, text)


def _percent(match: re.Match[str]) -> str:
    try:
        return bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return match[0]


def _escape(match: re.Match[str]) -> str:
    spelled = match[0]
    if spelled[0] == "&":
        if spelled[1] != "#":
            return _XML_NAMES[spelled[1:-1]]
        is_hexadecimal = spelled[2] in "xX"
        code = int(spelled[3:-1], 16) if is_hexadecimal else int(spelled[2:-1])
        return chr(code) if code < 0x110000 else spelled
    if spelled[1] != "u":
        return _JSON_SHORT.get(spelled[1], spelled[1])
    units = bytes.fromhex(spelled.replace("\\u", ""))
    return units.decode("utf-16-be", "surrogatepass")


_patterns: dict[Undo, re.Pattern[str]] = {_percent: _PERCENT, _escape: _ESCAPE}
