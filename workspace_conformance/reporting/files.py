"""Files that are there whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def write_whole(text: str | Iterable[str], file: Path) -> None:
    """Write a file, whole or not at all; the text may come in pieces. Lone surrogates, which no file
    can hold, are spelt out. Raises OSError where that cannot be done, and leaves no draft.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.tmp")
    try:
        with draft.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as out:
            out.writelines([text] if isinstance(text, str) else text)
        draft.replace(file)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
