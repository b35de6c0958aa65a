"""The kinds of records that the suite makes, read from schemas/kinds.yaml.

That file says what its entries mean; its paths and fields are checked against the documented
operations when it is loaded. The order is the order of preference for writing: posts disturb nobody,
groups few, people most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml

from workspace_conformance.contract.data_files import schema_path
from workspace_conformance.contract.documented import Operation, Type, documented_operations
from workspace_conformance.contract.kind import Fields, Kind, Parent, Sent, fill, letters

NAME = "kinds.yaml"

_VERSION = 1
# What a type of ours may be in the documentation's words.
_TYPES = {
    "text": frozenset(["string"]),
    "link": frozenset(["string"]),
    "number": frozenset(["integer", "number", "int32", "int64", "double"]),
    "flag": frozenset(["boolean"]),
    "date": frozenset(["string", "date-time"]),
    "id": frozenset(["string", "uuid", "integer", "int32", "int64"]),
}
_WORDS = frozenset(["name", "text", "title", "letters", "account", "parent"])


class KindsError(ValueError):
    """schemas/kinds.yaml does not hold what it should; the message says where and what."""


# --- reading the data -----------------------------------------------------------------------------

_PATHS = ("make", "list", "list_in", "item", "change", "deferred", "parent", "needs")
_RECORD = (
    "record",
    "id",
    "id_field",
    "id_is_name",
    "mark",
    "members",
    "shows",
    "holds",
    "composed",
)
_KEYS = {"name", "label", "plural", "core", *_PATHS, *_RECORD, "fields", "changes", "removal"}
_NEEDED = ("name", "label", "plural", "make", "list", "item", "record", "mark", "fields")


@cache
def all_kinds() -> tuple[Kind, ...]:
    """Every kind that the data describe, in their order.

    Raises: FileNotFoundError when the data are not installed; KindsError, naming the kind and the
        key, when they are not as they should be.
    """
    path = schema_path(NAME)
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        data = yaml.load(path.read_text(encoding="utf-8"), loader)
    except yaml.YAMLError as error:
        raise KindsError(f"{path.name} is no YAML: {error}") from None
    return read_kinds(data, path.name)


def read_kinds(data: Any, source: str) -> tuple[Kind, ...]:
    """Kinds from parsed data; `source` is the name that errors give.

    Raises: KindsError, naming the kind and the key.
    """
    if not isinstance(data, dict) or data.keys() != {"version", "kinds"}:
        raise KindsError(f"{source}: expected the keys version and kinds")
    if data["version"] != _VERSION:
        raise KindsError(f"{source}: version is {data['version']!r}; expected {_VERSION}")
    if not isinstance(data["kinds"], list):
        raise KindsError(f"{source}: kinds is no list")
    found: dict[str, Kind] = {}
    for number, row in enumerate(data["kinds"], 1):
        place = f"{source}, kind {number}"
        if isinstance(row, dict) and isinstance(row.get("name"), str):
            place = f"{source}, {row['name']}"
        kind = _kind(row, place)
        if kind.name in found:
            raise KindsError(f"{place}: is there twice")
        above = [*kind.needs.values(), *([kind.parent.kind] if kind.parent else [])]
        if strange := [name for name in above if name and name not in found]:
            raise KindsError(f"{place}: speaks of {strange[0]}, which is no kind before it")
        found[kind.name] = kind
    return tuple(found.values())


def _kind(row: Any, place: str) -> Kind:
    if not isinstance(row, dict):
        raise KindsError(f"{place}: expected keys and values, not {row!r}")
    if missing := [key for key in _NEEDED if not row.get(key)]:
        raise KindsError(f"{place}: lacks {', '.join(missing)}")
    if strange := sorted(row.keys() - _KEYS):
        raise KindsError(f"{place}: has the unknown keys {', '.join(map(str, strange))}")
    parent, needs = _parent(row.get("parent"), place), _texts(row, "needs", place)
    words = _WORDS | needs.keys() if parent else (_WORDS | needs.keys()) - {"parent"}
    sent = tuple(_sent(row, "fields", words, place))
    changes = tuple(_sent(row, "changes", words, place))
    removal = tuple(_sent(row, "removal", frozenset(), place))
    shows, holds = _texts(row, "shows", place), _texts(row, "holds", place)
    composed = _texts(row, "composed", place)
    types = {one.name: one.type for one in sent}
    for member, field in (shows | holds).items():
        if field not in types:
            raise KindsError(f"{place}: {member} shows {field}, which is none of its fields")
    identity = row.get("id", "id")
    if row.get("id_field", "") not in {"", *types}:
        raise KindsError(f"{place}: id_field is none of its fields")
    if row["mark"] not in {*shows, *holds, *composed, identity, "email"}:
        raise KindsError(f"{place}: nothing says what its mark, {row['mark']}, shows")
    carried = {member: field for member, field in shows.items() if types[field] == "text"}
    members = row.get("members", [])
    change = row.get("change", row["item"])
    kind = Kind(
        name=row["name"],
        label=row["label"],
        plural=row["plural"],
        make=row["make"],
        item=row["item"],
        change=change or None,
        listing=row["list"],
        mark=row["mark"],
        record=row["record"],
        sent=sent,
        sent_to_change=changes,
        sent_to_remove=removal,
        shows=shows,
        carried=carried,
        holds=holds,
        composed=composed,
        documented=frozenset({identity, row["mark"], *carried, *holds, *composed, *members}),
        core=row.get("core", False),
        list_in=row.get("list_in", ""),
        deferred=row.get("deferred", False),
        parent=parent,
        needs=needs,
        id=identity,
        id_field=row.get("id_field", ""),
        id_is_name=row.get("id_is_name", False),
    )
    _check(kind, place)
    return kind


def _texts(row: Mapping[str, Any], key: str, place: str) -> dict[str, str]:
    data = row.get(key, {})
    if not isinstance(data, dict) or not all(isinstance(x, str) for x in [*data, *data.values()]):
        raise KindsError(f"{place}: {key} is not {{text: text}}")
    return data


def _sent(row: Mapping[str, Any], key: str, words: frozenset[str], place: str) -> Iterator[Sent]:
    data = row.get(key, {})
    if not isinstance(data, dict):
        raise KindsError(f"{place}: {key} is not {{field: {{type: text}}}}")
    for name, said in data.items():
        if not isinstance(said, dict) or len(said) != 1:
            raise KindsError(f"{place}, {key}, {name}: expected {{type: text}}, not {said!r}")
        [(kind, text)] = said.items()
        if kind not in _TYPES or not isinstance(text, str):
            raise KindsError(
                f"{place}, {key}, {name}: expected {{type: text}} with one of the types"
                f" {', '.join(_TYPES)}, not {said!r}"
            )
        try:
            fill(text, dict.fromkeys(words, ""))
        except KeyError as error:
            raise KindsError(
                f"{place}, {key}, {name}: {error} is no placeholder that it may use"
            ) from None
        yield Sent(str(name), kind, text)


def _parent(data: Any, place: str) -> Parent | None:
    if data is None:
        return None
    if isinstance(data, dict) and data.keys() in ({"kind"}, {"read", "member"}):
        return Parent(**data)
    raise KindsError(f"{place}: parent is neither {{kind}} nor {{read, member}}, but {data!r}")


# --- against the documented operations ------------------------------------------------------------


def _check(kind: Kind, place: str) -> None:
    """Raises KindsError where a path or a field is not the documentation's."""
    reads = [kind.listing, kind.item]
    if kind.parent is not None and kind.parent.read:
        reads.append(kind.parent.read)
    for path in reads:
        _operation("GET", path, place)
    writes = [("POST", kind.make, kind.sent), ("DELETE", kind.item, kind.sent_to_remove)]
    if kind.change is not None:
        writes.append(("PUT", kind.change, kind.sent_to_change))
        if not kind.sent_to_change:
            raise KindsError(f"{place}: nothing says what changes one")
    for method, path, sent in writes:
        known = {field.name: field.type for field in _operation(method, path, place).body}
        for one in sent:
            if one.name not in known:
                raise KindsError(f"{place}: {method} {path} has no documented field {one.name}")
            if not _may_be(one.type, known[one.name]):
                raise KindsError(
                    f"{place}: {one.name} of {method} {path} is documented as"
                    f" {known[one.name].name}, and no {one.type}"
                )


def _may_be(kind: str, documented: Type) -> bool:
    # The documentation writes what may be left out as a list of one type.
    return documented.name in _TYPES[kind] and documented.lists <= 1


def _operation(method: str, path: str, place: str) -> Operation:
    """The documented operation at a path; of several, that with the fewest parameters."""
    parts = path.split("/")
    fitting = [
        operation
        for length, operation in _by_length()
        if length == len(parts) and operation.method == method and _fits(operation, parts)
    ]
    if not fitting:
        raise KindsError(f"{place}: {method} {path} is no documented operation")
    return min(fitting, key=lambda operation: operation.path.count("{"))


@cache
def _by_length() -> tuple[tuple[int, Operation], ...]:
    return tuple((one.name.count("/") + 1, one) for one in documented_operations())


def _fits(operation: Operation, parts: list[str]) -> bool:
    pairs = zip(operation.name.split("/"), parts, strict=True)
    return all(want.startswith("{") or want.lower() == have.lower() for want, have in pairs)


def operation_of(kind: Kind, method: str) -> Operation:
    """The documented operation with which a record of a kind is made (POST), read (GET), changed
    (PUT) or removed (DELETE).
    """
    path = {"POST": kind.make, "PUT": kind.change or kind.item}.get(method, kind.item)
    return _operation(method, path, kind.name)


def named(name: str) -> Kind:
    """The kind of that name; KeyError where there is none."""
    return {kind.name: kind for kind in all_kinds()}[name]


POST, GROUP, PERSON = KINDS = tuple(kind for kind in all_kinds() if kind.core)
LIVED = tuple(kind for kind in all_kinds() if not kind.core)

__all__ = [
    "GROUP",
    "KINDS",
    "LIVED",
    "PERSON",
    "POST",
    "Fields",
    "Kind",
    "KindsError",
    "Parent",
    "Sent",
    "all_kinds",
    "letters",
    "named",
    "operation_of",
    "read_kinds",
]
