"""The journal: written before a record is made, readable after any interruption, gone at the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workspace_conformance.portal.journal import Entry, Journal, read

TARGET = "https://portal.example.com"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "not" / "there" / "yet" / "journal.jsonl"


def test_the_intention_is_on_disk_before_the_record_is_made(file: Path) -> None:
    journal = Journal(file, TARGET)
    journal.intend("post", "conformance-1-a")
    assert read(file) == (TARGET, [Entry("post", "conformance-1-a")])
    assert (journal.made, journal.deleted) == (0, 0)


def test_a_record_is_followed_from_intention_to_removal(file: Path) -> None:
    journal = Journal(file, TARGET)
    for name in ("a", "b", "c"):
        journal.intend("post", name)
    journal.made_at("a", "community/blog/1")
    journal.made_at("b", "community/blog/2")
    journal.gone("a")
    journal.gone("c")
    b = Entry("post", "b", "community/blog/2", made=True)
    assert journal.remaining() == [b]
    assert (journal.made, journal.deleted) == (2, 1), "what was never made was never deleted"
    target, entries = read(file)
    assert target == TARGET
    assert [entry for entry in entries if not entry.gone] == [b]
    assert entries == journal.everything()


def test_what_an_update_calls_a_record_is_noted(file: Path) -> None:
    journal = Journal(file, TARGET)
    journal.intend("group", "a")
    journal.made_at("a", "group/1")
    journal.called("a", "null")
    a = Entry("group", "a", "group/1", made=True, called="null")
    assert read(file)[1] == journal.remaining() == [a]
    resumed = Journal.resume(file, TARGET, read(file)[1])
    assert read(file)[1] == resumed.remaining() == [a]


def test_saying_it_twice_counts_once(file: Path) -> None:
    journal = Journal(file, TARGET)
    journal.intend("post", "a")
    for _ in range(2):
        journal.made_at("a", "community/blog/1")
        journal.gone("a")
    journal.gone("never heard of")
    journal.made_at("never heard of", "community/blog/2")
    assert (journal.made, journal.deleted) == (1, 1)
    assert len(journal.everything()) == 1


def test_the_file_stays_while_anything_is_left(file: Path) -> None:
    journal = Journal(file, TARGET)
    journal.intend("post", "a")
    journal.close()
    assert file.exists()
    journal.gone("a")
    journal.close()
    assert not file.exists()


def test_without_a_file_nothing_is_written(tmp_path: Path) -> None:
    journal = Journal(None, TARGET)
    journal.intend("post", "a")
    journal.close()
    assert len(journal.remaining()) == 1
    assert not list(tmp_path.iterdir())


def test_a_line_that_was_cut_off_is_passed_over(file: Path) -> None:
    journal = Journal(file, TARGET)
    journal.intend("post", "a")
    journal.made_at("a", "community/blog/1")
    whole = read(file)
    with file.open("a", encoding="utf-8") as out:
        out.write('{"gone": "community/blo')
    assert read(file) == whole


@pytest.mark.parametrize(
    "bad",
    [
        "not JSON",
        "[]",
        "1",
        json.dumps({"name": "a", "what": 1}),
        json.dumps({"made": "community/blog/1", "name": "never intended"}),
        json.dumps({"will": "make", "name": "a"}),
    ],
)
def test_what_is_no_journal_is_refused(file: Path, bad: str) -> None:
    Journal(file, TARGET).intend("post", "a")
    good = file.read_text(encoding="utf-8")
    file.write_text(bad + "\n" + good, encoding="utf-8")
    with pytest.raises(ValueError, match="line 1"):
        read(file)
    file.write_text(good + bad + "\n" + good, encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        read(file)


def test_names_may_hold_any_letter(file: Path) -> None:
    name = "conformance-1-é\u2028\U0001f989\n"
    Journal(file, TARGET).intend("post", name)
    assert read(file)[1][0].name == name
