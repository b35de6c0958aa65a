"""The words of the console command that all its subcommands share: its name, and how it complains."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

PROGRAM = "workspace-conformance"
USAGE = 4  # the exit code of wrong usage, as pytest's own


class Parser(argparse.ArgumentParser):
    """A parser whose complaints end with the exit code that all wrong usage has."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and how to learn more."""
        self.exit(USAGE, f"{self.prog}: {message}\nSee {self.prog} --help.\n")
