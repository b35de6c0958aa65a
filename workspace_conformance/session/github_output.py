"""A run inside a step of GitHub Actions: only what is ours is obeyed of its output.

GitHub obeys every line of a step's output that begins with two colons, and a target's words are in
that output too. So from before the first request GitHub is told to obey nothing, until a word comes
that no target can know; our own annotations follow it.
"""

from __future__ import annotations

import os
import secrets

import pytest

from workspace_conformance.reporting import pipelines

ANNOTATIONS: pytest.StashKey[list[str]] = pytest.StashKey()
_WORD: pytest.StashKey[str] = pytest.StashKey()


def silence(config: pytest.Config) -> None:
    """Let GitHub obey nothing from here on; elsewhere nothing happens."""
    if pipelines.on_github(os.environ) and _WORD not in config.stash:
        config.stash[_WORD] = secrets.token_hex(16)
        _write(config, [f"::stop-commands::{config.stash[_WORD]}"])


def speak(config: pytest.Config) -> None:
    """Let GitHub obey again, and annotate what the run found."""
    if _WORD in config.stash:
        _write(config, [f"::{config.stash[_WORD]}::", *config.stash.get(ANNOTATIONS, [])])
        del config.stash[_WORD]


def _write(config: pytest.Config, lines: list[str]) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.ensure_newline()
        for line in lines:
            reporter.write_line(line)
