"""Paths of a description, as the documentation writes its own: below api/2.0, with plain parameters.

Servers and descriptions write more into a path than OpenAPI knows: regular expressions
({id:[0-9]+}), the constraints of a router ({id:int}, {id?}), a format suffix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from workspace_conformance.contract.documented import BASE

_WORD = re.compile(r"\w+")
_SUFFIX = re.compile(r"\.(json|xml|\{format\})$", re.IGNORECASE)
_CONSTRAINTS = {
    "int": "int32",
    "long": "int64",
    "guid": "uuid",
    "uuid": "uuid",
    "bool": "boolean",
    "datetime": "date-time",
    "alpha": "string",
}


class PathError(ValueError):
    """A path cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a path. name: as rows write it, of letters, digits and "_" only. given: as the
    file writes it, without what follows its name. kind: its type, as rows write it, by the regular
    expression or the constraint in the path; None where there is none.
    """

    name: str
    given: str
    kind: str | tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PathTemplate:
    """A path with its parameters, in their order. `path` is from the root, below api/2.0."""

    path: str
    parameters: tuple[Parameter, ...]


def read(path: str, server: str = "") -> PathTemplate | None:
    """A path of a description; None for one that is not below api/2.0.

    path: as the file writes it. server: the URL that it is below, whose path counts.
    Raises: PathError where the path is none.
    """
    if not path.startswith("/"):
        raise PathError("a path begins with a slash")
    whole = urlsplit(server).path.rstrip("/") + path
    at = whole.lower().find(BASE)
    if at < 0:
        return None
    made, parameters = "", []
    for text, is_parameter in _parts(whole[at + len(BASE) :]):
        if is_parameter:
            parameters.append(_parameter(text))
            made += f"{{{parameters[-1].name}}}"
        else:
            made += text
    suffix = _SUFFIX.search(made)
    if suffix is not None:
        made = made[: suffix.start()]
        if suffix[1].startswith("{"):
            parameters.pop()
    names = [parameter.name for parameter in parameters]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise PathError(f"the parameter {twice} is twice in it")
    made = made.strip("/")
    return PathTemplate(BASE + made, tuple(parameters)) if made else None


def template(path: str) -> str:
    """A path without the names of its parameters, and in lower case: two that are alike are one."""
    return re.sub(r"\{\w+\}", "{}", path).lower().rstrip("/")


def _parts(path: str) -> Iterator[tuple[str, bool]]:
    """The path in pieces, each with whether it stood in braces; expressions hold braces."""
    text = ""
    depth = 0
    for char in path:
        if char == "{":
            depth += 1
            if depth == 1:
                yield text, False
                text = ""
                continue
        elif char == "}":
            depth -= 1
            if depth < 0:
                raise PathError("a brace is closed that was not opened")
            if not depth:
                yield text, True
                text = ""
                continue
        text += char
    if depth:
        raise PathError("a brace is not closed")
    yield text, False


def _parameter(text: str) -> Parameter:
    """What stands in braces: "id", "id:[0-9]+", "id:int", "id?", "*path"."""
    given, colon, told = text.lstrip("*").partition(":")
    given = given.rstrip("?").partition("=")[0].strip()
    name = re.sub(r"\W+", "_", given, flags=re.ASCII).strip("_")
    if not name:
        raise PathError(f"the parameter {{{text}}} has no name")
    return Parameter(name, given, kind_of(told.strip()) if colon else None)


def kind_of(told: str) -> str | tuple[str, ...]:
    """The type of what a regular expression, or a router's constraint, lets pass."""
    word = told.rstrip("?").lower()
    if word in _CONSTRAINTS:
        return _CONSTRAINTS[word]
    inner = re.sub(r"^\^|\$$|\(\?[iP:]?[^)|]*?\)", "", told)
    inner = inner[1:-1] if inner.startswith("(") and inner.endswith(")") else inner
    inner = inner.removeprefix("?:")
    choices = inner.split("|")
    if len(choices) > 1 and all(_WORD.fullmatch(choice) for choice in choices):
        return tuple(choices)
    digits = inner.replace(r"\d", "[0-9]")
    if re.fullmatch(r"[-?+]*\[0-9\]([+*]|\{[0-9,]+\})", digits):
        return "int32"
    lower = inner.lower()
    if "8}" in lower and "12}" in lower and ("a-f" in lower or r"\w" in lower):
        return "uuid"
    return "string"
