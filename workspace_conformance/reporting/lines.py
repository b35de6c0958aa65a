"""Lines for a terminal: wrapped at 80 columns, with their emphasis."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

WIDTH = 80


@dataclass(frozen=True, slots=True)
class Line:
    """A line and how it is emphasised (pytest's markup names)."""

    text: str
    markup: Mapping[str, bool] = field(default_factory=dict)


def wrapped(
    text: str, indent: str, markup: Mapping[str, bool] | None = None, *, hanging: str = ""
) -> Iterator[Line]:
    """A text in as many lines as it needs, each indented, and all but the first by `hanging` more."""
    for line in textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_on_hyphens=False,
    ) or [""]:
        yield Line(line, markup or {})


def cut(text: str, most: int = WIDTH) -> str:
    """A text on one line, with its end left out where it is too long."""
    indent = text[: len(text) - len(text.lstrip())]
    line = indent + " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def counted(number: int, word: str = "case") -> str:
    """A number with its word: "1 case", "2 cases"."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
