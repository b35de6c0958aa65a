"""What this run made on the target, written down before it is made, so that it can always be
removed.

One JSON object a line: `{"will": "make", kind, name, target}` before a creation, `{"made": path,
name}` when its place is known, `{"called": text, name}` before an update that takes its name away,
`{"gone": path, name}` when it was removed. Names are unique within a run. The file holds no secret; it
disappears with the last record.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of ours: `path` is under api/2.0, None while the portal has not told its id. Where an
    update took its name away, it may be `called` something else.
    """

    kind: str
    name: str
    path: str | None = None
    made: bool = False
    gone: bool = False
    called: str = ""


class Journal:
    """The list of our records, in memory and (with a `file`) on disk. Safe to use from several
    threads.
    """

    def __init__(self, file: Path | None, target: str) -> None:
        self._file = file
        self._target = target
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self.made = 0
        self.deleted = 0

    @classmethod
    def resume(cls, file: Path, target: str, entries: Iterable[Entry]) -> Journal:
        """Go on with a journal that an interrupted run left, and that held these entries.

        What is not gone is written anew: the interruption may have cut the last line off.
        """
        draft = file.with_suffix(".tmp")
        draft.unlink(missing_ok=True)
        journal = cls(draft, target)
        for entry in entries:
            if not entry.gone:
                journal.intend(entry.kind, entry.name)
                if entry.path is not None:
                    journal.made_at(entry.name, entry.path)
                if entry.called:
                    journal.called(entry.name, entry.called)
        if draft.exists():
            draft.replace(file)
        journal._file = file
        return journal

    def intend(self, kind: str, name: str) -> None:
        """Note that a record called `name` is about to be made."""
        self._note(
            Entry(kind, name), {"will": "make", "kind": kind, "name": name, "target": self._target}
        )

    def made_at(self, name: str, path: str) -> None:
        """Note where the record is."""
        entry = self._entries.get(name)
        if entry is None or entry.made:
            return
        self.made += 1
        self._note(replace(entry, path=path, made=True), {"made": path, "name": name})

    def called(self, name: str, text: str) -> None:
        """Note that an update is about to call the record `text` in place of its name."""
        entry = self._entries.get(name)
        if entry is not None:
            self._note(replace(entry, called=text), {"called": text, "name": name})

    def misplaced(self, name: str) -> None:
        """Note that what is there is not the record: where that is, is not known."""
        entry = self._entries[name]
        if entry.made:
            self.made -= 1
        self.intend(entry.kind, name)

    def gone(self, name: str) -> None:
        """Note that the record was removed, or was never made."""
        entry = self._entries.get(name)
        if entry is None or entry.gone:
            return
        if entry.made:
            self.deleted += 1
        self._note(replace(entry, gone=True), {"gone": entry.path, "name": name})

    def remaining(self) -> list[Entry]:
        """The records that are, or may be, still there."""
        with self._lock:
            return [entry for entry in self._entries.values() if not entry.gone]

    def everything(self) -> list[Entry]:
        """Every record that was, or was to be, made."""
        with self._lock:
            return list(self._entries.values())

    def close(self) -> None:
        """Remove the file when nothing is left."""
        if self._file is not None and not self.remaining():
            self._file.unlink(missing_ok=True)

    def _note(self, entry: Entry, line: dict[str, str | None]) -> None:
        with self._lock:
            self._entries[entry.name] = entry
            if self._file is not None:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                with self._file.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(line) + "\n")
                    out.flush()
                    os.fsync(out.fileno())


def lying_in(folder: Path) -> list[Path]:
    """The journals in a report folder: of runs that were interrupted, or could not remove all."""
    return sorted(folder.glob("journal-*.jsonl"))


def read(file: Path) -> tuple[str, list[Entry]]:
    """The target and the entries of a journal that an interrupted run left; ValueError if it is not
    one.
    """
    target = ""
    entries: dict[str, Entry] = {}
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, text in enumerate(lines, 1):
        try:
            line = json.loads(text)
            name = str(line["name"])
            if line.get("will") == "make":
                if target not in ("", line["target"]):
                    raise ValueError("another target")
                target = str(line["target"])
                entries[name] = Entry(str(line["kind"]), name)
            elif "made" in line:
                entries[name] = replace(entries[name], path=str(line["made"]), made=True)
            elif "called" in line:
                entries[name] = replace(entries[name], called=str(line["called"]))
            elif "gone" in line:
                entries[name] = replace(entries[name], gone=True)
            else:
                raise KeyError("will")
        except (ValueError, KeyError, TypeError, AttributeError):
            if number == len(lines) and not text.endswith("}"):
                break  # a last line cut off by the interruption
            raise ValueError(f"{file}, line {number}: not a line of a journal") from None
    return target, list(entries.values())
