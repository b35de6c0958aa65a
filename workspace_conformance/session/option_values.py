"""One option's value, looked up where it may stand, and checked for what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from workspace_conformance import settings as values
from workspace_conformance.session.options import OPTIONS
from workspace_conformance.settings import SettingsError


class OptionValues:
    """Looks a value up in option, environment, pytest.ini, in that order."""

    def __init__(self, config: pytest.Config, environment: Mapping[str, str]) -> None:
        self._config = config
        self._environment = environment
        self._options = {option.flag: option for option in OPTIONS}

    def text(self, flag: str) -> str | None:
        option = self._options[flag]
        given: Any = self._config.getoption(option.dest, None)
        if given == "":
            # As from a variable of the shell that is not set: never as if it had not been given.
            raise SettingsError(f"{flag}: the value is empty; give one, or leave the option out")
        if given is not None:
            return str(given)
        if option.variable:
            for found in (
                self._environment.get(option.variable),
                self._config.getini(option.variable.lower()),
            ):
                if found:
                    return str(found)
        return None

    def refuse_beside(self, flag: str, *others: str) -> None:
        for other in others:
            option = self._options.get(other)
            if option and self._config.getoption(option.dest, None) is not None:
                raise SettingsError(f"{flag}: leave {other} out")

    def is_set_and_empty(self, flag: str) -> bool:
        """Whether the option's variable is set, to nothing: as by a secret that a pipeline lacks."""
        variable = self._options[flag].variable
        return variable is not None and self._environment.get(variable, "?").strip() == ""

    def given(self, *flags: str) -> list[str]:
        """Those of the options that were given, or turned on, in any of the places."""
        found = []
        for flag in flags:
            text = self.text(flag)
            if text is None:
                continue
            if self._options[flag].metavar is not None or self.switch(flag):
                found.append(flag)
        return found

    def many(self, flag: str) -> tuple[str, ...]:
        return tuple(self._config.getoption(self._options[flag].dest, None) or ())

    def switch(self, flag: str) -> bool:
        return _truth(str(self._options[flag].variable), self.text(flag))

    def strict(self) -> bool:
        # pytest has a --strict of its own, which turns on the ini option of that name: ours rides
        # on it.
        if "strict=true" in (self._config.getoption("override_ini", None) or ()):
            return True
        return _truth("WORKSPACE_STRICT", self._environment.get("WORKSPACE_STRICT"))

    def number(self, flag: str, default: int, least: int, most: int) -> int:
        text = self.text(flag)
        if text is None:
            return default
        number = values.whole_number(text)
        if number is None or not least <= number <= most:
            raise SettingsError(f"{flag} {text}: give a whole number from {least} to {most}")
        return number

    def checked(self, flag: str, check: Callable[[str], str]) -> str | None:
        text = self.text(flag)
        return None if text is None else check(text)

    def secret(self, flag: str) -> str | None:
        return self.checked(flag, lambda text: values.check_secret(flag, text))

    def words(self, flag: str) -> str | None:
        return self.checked(flag, lambda text: values.check_words(flag, text))


def _truth(variable: str, given: str | None) -> bool:
    text = (given or "").strip().lower()
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("", "0", "false", "no", "off"):
        return False
    raise SettingsError(f"{variable}={text}: write 1 or 0")
