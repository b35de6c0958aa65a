"""Texts of a target, made fit to be shown to a person."""

from __future__ import annotations

import re


def printable(text: str, limit: int = 80) -> str:
    """`text` fit for a terminal and a log: one line, at most about `limit` characters.

    Control and format characters (bidirectional marks too), unassigned and private code points,
    lone surrogates, separators other than the space, and the backslash are written as escapes.
    """
    shown = "".join(
        char if char.isprintable() and char != "\\" else ascii(char)[1:-1]
        for char in text[: limit + 1]
    )
    return shown if len(text) <= limit and len(shown) <= 4 * limit else shown[: limit - 1] + "…"


def harmless(text: str) -> str:
    """`text` fit for a terminal, of any length: its lines stay lines, and whatever is not printable
    (control and format characters, bidirectional marks, lone surrogates) is written as an escape.
    """
    return _NOT_PRINTED.sub(lambda found: _escaped(found[0]), text)


_NOT_PRINTED = re.compile(r"[^\n -~]")


def _escaped(char: str) -> str:
    return char if char.isprintable() else ascii(char)[1:-1]
