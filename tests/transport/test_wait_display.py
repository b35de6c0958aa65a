"""Long waits show: a line that counts down on a terminal, a line at each end in a log."""

from __future__ import annotations

import time

import pytest

from workspace_conformance.transport.wait_display import Waits


class Screen:
    """What was written, and a count of the new lines that were begun."""

    def __init__(self) -> None:
        self.text = ""
        self.begun = 0

    def write(self, text: str) -> None:
        self.text += text

    def fresh(self) -> None:
        self.begun += 1

    def until(self, text: str) -> None:
        """Wait until `text` was written."""
        late = time.monotonic() + 10
        while text not in self.text:
            assert time.monotonic() < late, self.text
            time.sleep(0.01)


def test_in_a_log_there_is_a_line_at_each_end() -> None:
    screen = Screen()
    waits = Waits(screen.write, screen.fresh, live=False, logged_from=1)
    waits("the moon", 1.2)
    assert screen.text == "  waiting 1 s: the moon\n"
    screen.until("went on")
    assert screen.text.endswith("\n  went on after 1 s\n")
    assert screen.text.count("\n") == 2
    assert screen.begun == 2


def test_on_a_terminal_one_line_counts_down_and_disappears() -> None:
    screen = Screen()
    waits = Waits(screen.write, screen.fresh, live=True)
    waits("a moon that is " + "very " * 30 + "full", 2.4)
    screen.until("\r" + " " * 78 + "\r")
    lines = [line.rstrip() for line in screen.text.split("\r") if line.strip()]
    assert len(lines) >= 2
    assert all(len(line) <= 78 for line in lines)
    assert "\n" not in screen.text


def test_the_seconds_become_fewer() -> None:
    screen = Screen()
    waits = Waits(screen.write, screen.fresh, live=True)
    waits("the moon", 2.4)
    screen.until("\r" + " " * 78 + "\r")
    shown = [line.strip() for line in screen.text.split("\r") if line.strip()]
    assert shown[0] == "the moon: 2 s"
    assert shown[-1] in ("the moon: 0 s", "the moon: 1 s")


@pytest.mark.parametrize("live", [True, False])
def test_waits_at_the_same_time_are_one(live: bool) -> None:
    screen = Screen()
    waits = Waits(screen.write, screen.fresh, live=live, logged_from=1)
    for seconds in (1.1, 1.3, 1.5, 1.2):
        waits("the moon", seconds)
    screen.until("\r" + " " * 78 + "\r" if live else "went on")
    assert screen.begun == (1 if live else 2)
    assert screen.text.count("waiting") == (0 if live else 1)


def test_short_waits_are_not_worth_a_line_and_words_are() -> None:
    screen = Screen()
    waits = Waits(screen.write, screen.fresh, live=True)
    waits("nothing", 0.9)
    assert screen.text == ""
    waits("a word", 0.0)
    assert screen.text == "  a word\n"


def test_in_a_log_a_short_wait_has_no_lines() -> None:
    screen = Screen()
    waits = Waits(screen.write, screen.fresh, live=False)
    waits("the moon", 1.2)
    waits.stop()
    assert (screen.text, screen.begun) == ("", 0)


def test_the_end_of_a_run_ends_what_is_shown() -> None:
    screen = Screen()
    waits = Waits(screen.write, screen.fresh, live=False)
    waits("for ever", 3600)
    waits.stop()
    assert screen.text.splitlines() == ["  waiting 3600 s: for ever", "  went on after 0 s"]
