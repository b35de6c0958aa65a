"""A file that describes an API: JSON or YAML read as data, and where in it something stands.

Only the form is looked at here; what the data mean is read by `described`.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from referencing import Registry, Resource
from referencing.exceptions import NoSuchResource, PointerToNowhere, Unresolvable

Place = tuple[str | int, ...]  # names and numbers on the way from the root of the file
_DEEPEST = 200  # objects and lists in one another
LARGEST = 32 * 1024 * 1024  # bytes of a file


class DescribedError(ValueError):
    """The file cannot be used; the message says where, and what is wrong, in one sentence."""


@dataclass(frozen=True, slots=True)
class Found:
    """A value of the file, and its place: that of its own, where a reference led to it."""

    value: Any
    place: Place


class DescriptionFile:
    """The data of a file.

    name: what errors and reports call it. text: its whole text.
    Raises: DescribedError for what is neither JSON nor YAML, or says one name twice.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._text = text
        try:
            self.data = self._read()
        except RecursionError:
            raise DescribedError(f"{name}: it is nested too deeply to be read") from None
        registry: Registry[Any] = Registry()
        resource = Resource.opaque(self.data)
        self._resolver = registry.with_resource("", resource).resolver()

    def _read(self) -> Any:
        if self._text.lstrip("\ufeff \t\r\n").startswith("{"):
            try:
                return json.loads(self._text.lstrip("\ufeff"), object_pairs_hook=_unique)
            except json.JSONDecodeError as error:
                raise DescribedError(
                    f"{self.name}, line {error.lineno}: no JSON: {error.msg}"
                ) from None
            except _TwiceError as error:
                raise DescribedError(f"{self.name}: {error}") from None
        try:
            self._expect_shallow()
            return yaml.load(self._text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = f", line {mark.line + 1}" if mark is not None else ""
            raise DescribedError(f"{self.name}{line}: no YAML: {error.problem}") from None
        except (yaml.YAMLError, ValueError) as error:
            words = " ".join(str(error).split())
            raise DescribedError(f"{self.name}: no YAML: {words}") from None

    def _expect_shallow(self) -> None:
        """What is nested deeper than any description ends the process that reads it at once."""
        depth = 0
        for event in yaml.parse(self._text, Loader=_Loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise RecursionError

    def wrong(self, place: Place, words: str) -> DescribedError:
        """The error that something at a place is wrong; it names the place, and the line of it."""
        line = self._line(place)
        parts = [self.name, *([f"line {line}"] if line else []), *map(str, place)]
        return DescribedError(f"{', '.join(parts)}: {words}")

    def followed(self, value: Any, place: Place) -> Found:
        """A value, or what it refers to where it is a reference.

        Raises: DescribedError for a reference out of the file, to nothing, or in a circle.
        """
        seen: set[str] = set()
        while isinstance(value, dict) and "$ref" in value:
            reference = value["$ref"]
            if not isinstance(reference, str) or not reference.startswith("#"):
                words = f"it refers to {reference!r}; what is referred to must stand in the file"
                raise self.wrong(place, words)
            if reference in seen:
                raise self.wrong(place, f"the reference {reference} leads to itself")
            seen.add(reference)
            try:
                value = self._resolver.lookup(reference).contents
            except (PointerToNowhere, NoSuchResource, Unresolvable):
                raise self.wrong(place, f"it refers to {reference}, which is not there") from None
            place = tuple(
                part.replace("~1", "/").replace("~0", "~") for part in reference[2:].split("/")
            )
        return Found(value, place)

    def mapping(self, value: Any, place: Place, what: str) -> Mapping[str, Any]:
        """The value, which must be an object; `what` is what errors call it."""
        if not isinstance(value, dict):
            raise self.wrong(place, f"{what} must be an object, and is {_kind(value)}")
        return {str(name): inner for name, inner in value.items()}

    def sequence(self, value: Any, place: Place, what: str) -> Sequence[Any]:
        """The value, which must be a list."""
        if not isinstance(value, list):
            raise self.wrong(place, f"{what} must be a list, and is {_kind(value)}")
        return value

    def _line(self, place: Place) -> int:
        """The line of the file, from 1, at which a place begins; 0 where it cannot be told."""
        try:
            node = yaml.compose(self._text, Loader=_Loader)
        except (yaml.YAMLError, RecursionError):
            return 0
        line = 0
        for step in place:
            key: Any = None
            if isinstance(node, yaml.MappingNode):
                pairs = [(k, v) for k, v in node.value if getattr(k, "value", None) == str(step)]
                key, node = pairs[0] if pairs else (None, None)
            elif isinstance(node, yaml.SequenceNode) and str(step).isdigit():
                node = node.value[int(step)] if int(step) < len(node.value) else None
                key = node
            else:
                node = None
            if node is None or key is None:
                break
            line = key.start_mark.line + 1
        return line


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    kinds = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
    }
    return kinds.get(type(value), "an object")


# --- names that are there once --------------------------------------------------------------------


class _TwiceError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise _TwiceError(f"the name {twice!r} is twice in one object")
    return made


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # descriptions may be large


class _Loader(_Base):  # type: ignore[misc]
    """YAML that refuses a name given twice, and leaves dates the texts that they are."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                words = f"the name {key.value!r} is twice in one object"
                raise yaml.MarkedYAMLError(problem=words, problem_mark=key.start_mark)
            seen.add(key.value)
        made: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return made


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in _Base.yaml_implicit_resolvers.items()
}
