"""Reading a description, from the root of its file down to the rows of its operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workspace_conformance.contract import described_acts, described_paths
from workspace_conformance.contract.described_paths import PathError, PathTemplate, template
from workspace_conformance.contract.described_types import UNKNOWN, Types
from workspace_conformance.contract.description_file import DescriptionFile, Place
from workspace_conformance.contract.documented import (
    BASE,
    METHODS,
    VALUES,
    documented_operations,
)

_ALL_METHODS = frozenset((*METHODS, "PATCH", "HEAD", "OPTIONS", "TRACE"))
_VERSIONS = ("3.0", "3.1")
_ENVELOPED = ("json", "xml", "text/plain", "*/*")  # parts of media that an envelope may have


@dataclass(frozen=True, slots=True)
class _Given:
    """An operation as the file gives it: its method, its path, all that the path holds, its place."""

    method: str
    path: str
    item: Mapping[str, Any]
    place: Place


def read(file: DescriptionFile) -> dict[str, Any]:
    """What a file tells of operations beyond the documentation, as plain data: `operations` and
    `records` as in schemas/documented.json, and the other members of a `described.Description`.

    Raises: DescribedError, naming the place, for what is broken.
    """
    return _Reader(file).read()


class _Reader:
    """Reads one file; what was found so far."""

    def __init__(self, file: DescriptionFile) -> None:
        self._file = file
        self._types = Types(file)
        self._root = file.mapping(file.data, (), "the file")
        self._documented = {(it.method, template(it.path)) for it in documented_operations()}
        self._values: dict[str, str] = {}
        self._acts: dict[str, str] = {}
        self._left_out = {"elsewhere": 0, "documented": 0}

    def read(self) -> dict[str, Any]:
        """All that it tells."""
        self._expect_version()
        if "paths" not in self._root:
            raise self._file.wrong((), "it has no member paths")
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        for given, operation in self._operations():
            made = self._path(given, operation)
            if made is None or given.method not in METHODS:
                self._left_out["elsewhere"] += 1
                continue
            key = given.method, template(made.path)
            if key in self._documented:
                self._left_out["documented"] += 1
                continue
            # What one path tells by a suffix, or by an expression, another may tell without.
            if key not in rows:
                rows[key] = self._row(given, made, operation)
        if not rows and not self._left_out["documented"]:
            words = "no operation is below api/2.0: neither the paths nor the servers say so"
            raise self._file.wrong(("paths",), words)
        return {
            "operations": list(rows.values()),
            "records": self._types.records,
            "values": self._values,
            "acts": self._acts,
            **self._left_out,
        }

    def _expect_version(self) -> None:
        if "swagger" in self._root:
            words = f"it is Swagger {self._root['swagger']}; OpenAPI 3.0 and 3.1 are read"
            raise self._file.wrong(("swagger",), words)
        version = str(self._root.get("openapi", ""))
        if not version:
            raise self._file.wrong((), "it does not say which OpenAPI it is (the member openapi)")
        if ".".join(version.split(".")[:2]) not in _VERSIONS:
            words = f"it is OpenAPI {version}; 3.0 and 3.1 are read"
            raise self._file.wrong(("openapi",), words)

    def _operations(self) -> Iterator[tuple[_Given, Mapping[str, Any]]]:
        """The operations of the file, each with where it stands."""
        paths = self._file.mapping(self._root["paths"], ("paths",), "paths")
        for path, value in paths.items():
            if path.startswith("x-"):
                continue
            found = self._file.followed(value, ("paths", path))
            item = self._file.mapping(found.value, found.place, "what a path holds")
            for name, inner in item.items():
                if name.upper() in _ALL_METHODS:
                    place = (*found.place, name)
                    held = self._file.mapping(inner, place, "an operation")
                    yield _Given(name.upper(), path, item, place), held

    def _path(self, given: _Given, operation: Mapping[str, Any]) -> PathTemplate | None:
        """The path below api/2.0, by the servers that hold for an operation; None for another."""
        servers = [""]
        for holder, place in (
            (operation, given.place),
            (given.item, given.place[:-1]),
            (self._root, ()),
        ):
            if "servers" in holder:
                servers += self._servers(holder["servers"], (*place, "servers"))
                break
        try:
            made = (described_paths.read(given.path, server) for server in servers)
            return next((each for each in made if each is not None), None)
        except PathError as error:
            raise self._file.wrong(("paths", given.path), str(error)) from None

    def _servers(self, value: Any, place: Place) -> Iterator[str]:
        for number, each in enumerate(self._file.sequence(value, place, "servers")):
            server = self._file.mapping(each, (*place, number), "a server")
            url = server.get("url")
            if not isinstance(url, str):
                raise self._file.wrong((*place, number), "a server has a url, which is a text")
            variables = server.get("variables") or {}
            there = (*place, number, "variables")
            for name, told in self._file.mapping(variables, there, "variables").items():
                default = told.get("default", "") if isinstance(told, dict) else ""
                url = url.replace(f"{{{name}}}", str(default))
            yield url

    # --- one operation ------------------------------------------------------------------------

    def _row(
        self, given: _Given, made: PathTemplate, operation: Mapping[str, Any]
    ) -> dict[str, Any]:
        name = f"{given.method} {made.path}"
        below = made.path.removeprefix(BASE)
        declared = self._parameters(given, operation)
        row: dict[str, Any] = {
            "method": given.method,
            "path": made.path,
            "section": self._file.name,
            "authorization": self._needs_authorization(given, operation),
            "parameters": {
                parameter.name: self._path_type(parameter, declared, name)
                for parameter in made.parameters
            },
        }
        row["answer"], row["content"] = self._answer(given, operation, name)
        if given.method != "GET":
            return row
        row["query"] = {}
        for (where, parameter), (held, place) in declared.items():
            if where == "query":
                row["query"][parameter] = self._schema_type(held, place, f"{name}, {parameter}")
                if held.get("required") is True and (text := self._example(held, place)):
                    self._values[f"{below}?{parameter}"] = text
        why = described_acts.why(
            made.path, str(operation.get("operationId", "")), str(operation.get("summary", ""))
        )
        if why:
            row["acts"] = True
            self._acts[below] = why
        return row

    def _parameters(
        self, given: _Given, operation: Mapping[str, Any]
    ) -> dict[tuple[str, str], tuple[Mapping[str, Any], Place]]:
        """The parameters by where they are and their names; the operation's go before its path's."""
        found: dict[tuple[str, str], tuple[Mapping[str, Any], Place]] = {}
        for holder, place in ((given.item, given.place[:-1]), (operation, given.place)):
            there = (*place, "parameters")
            listed = holder.get("parameters", [])
            for number, each in enumerate(self._file.sequence(listed, there, "parameters")):
                one = self._file.followed(each, (*there, number))
                held = self._file.mapping(one.value, one.place, "a parameter")
                name, where = held.get("name"), held.get("in")
                if not isinstance(name, str) or not name:
                    raise self._file.wrong(one.place, "a parameter has a name, which is a text")
                if where not in ("path", "query", "header", "cookie"):
                    words = f"{name} is in {where!r}; expected path, query, header, cookie"
                    raise self._file.wrong(one.place, words)
                found[where, name] = held, one.place
        return found

    def _path_type(
        self,
        parameter: described_paths.Parameter,
        declared: Mapping[tuple[str, str], tuple[Mapping[str, Any], Place]],
        name: str,
    ) -> Any:
        """The type of a parameter of a path: by its schema, else by the expression in the path."""
        row: Any = "string"
        for (where, told), (held, place) in declared.items():
            if where == "path" and told.partition(":")[0] == parameter.given:
                row = self._schema_type(held, place, f"{name}, {told}")
                schema = self._file.followed(held.get("schema"), place).value
                pattern = schema.get("pattern") if isinstance(schema, dict) else None
                if row == "string" and isinstance(pattern, str):
                    row = _as_row(described_paths.kind_of(pattern))
        if row == "string" and parameter.kind is not None:
            row = _as_row(parameter.kind)
        return row if isinstance(row, dict) or row in VALUES - {UNKNOWN} else "string"

    def _schema_type(self, held: Mapping[str, Any], place: Place, name: str) -> Any:
        """The type of a parameter, which may stand in a media type."""
        if "schema" in held:
            return self._types.of(held["schema"], (*place, "schema"), name)
        for media, told in (held.get("content") or {}).items():
            if isinstance(told, dict) and "schema" in told:
                there = (*place, "content", media, "schema")
                return self._types.of(told["schema"], there, name)
        return "string"

    def _example(self, held: Mapping[str, Any], place: Place) -> str:
        """A value that the file itself gives a parameter; empty where it gives none."""
        schema = self._file.followed(held.get("schema"), (*place, "schema")).value
        schema = schema if isinstance(schema, dict) else {}
        examples = held.get("examples")
        first: Any = next(iter(examples.values()), {}) if isinstance(examples, dict) else {}
        words = schema.get("enum")
        for value in (
            *(held.get("example"), first.get("value") if isinstance(first, dict) else None),
            *(schema.get("example"), schema.get("default")),
            words[0] if isinstance(words, list) and words else None,
        ):
            if isinstance(value, bool):
                return str(value).lower()
            if isinstance(value, (str, int, float)) and str(value):
                return str(value)
        return ""

    def _answer(self, given: _Given, operation: Mapping[str, Any], name: str) -> tuple[Any, bool]:
        """The type of what a success holds, and whether it is the content of a file."""
        place = (*given.place, "responses")
        told = self._file.mapping(operation.get("responses") or {}, place, "responses")
        status = min((status for status in told if status[:1] == "2"), default="default")
        if status not in told:
            return UNKNOWN, False
        found = self._file.followed(told[status], (*place, status))
        response = self._file.mapping(found.value, found.place, "a response")
        there = (*found.place, "content")
        content = self._file.mapping(response.get("content") or {}, there, "content")
        if not content:
            return (None if status == "204" else UNKNOWN), False
        enveloped = [media for media in content if any(part in media for part in _ENVELOPED)]
        if not enveloped:
            return UNKNOWN, True
        media = next((media for media in enveloped if "json" in media), enveloped[0])
        held = self._file.mapping(content[media], (*there, media), "a media type")
        if "schema" not in held:
            return UNKNOWN, False
        where = (*there, media, "schema")
        return self._types.of_answer(held["schema"], where, f"{name}, answer"), False

    def _needs_authorization(self, given: _Given, operation: Mapping[str, Any]) -> bool:
        """Whether a credential is needed: the contract's rule, unless the file says that none is."""
        own = "security" in operation
        place = (*given.place, "security") if own else ("security",)
        told = operation["security"] if own else self._root.get("security")
        if told is None and not own:
            return True
        listed = self._file.sequence(told, place, "security")
        return bool(listed) and {} not in listed


def _as_row(kind: str | tuple[str, ...]) -> Any:
    return {"enum": list(kind)} if isinstance(kind, tuple) else kind
