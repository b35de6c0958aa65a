"""Requests to every documented operation of the portal, with what names a record in their paths."""

from collections.abc import Iterator

from workspace_conformance.contract.documented import (
    Operation,
    documented_operations,
    documented_reads,
)
from workspace_conformance.contract.kinds import LIVED, Kind
from workspace_conformance.reference.documented import families
from workspace_conformance.reference.documented.library import Library, Record
from workspace_conformance.reference.documented.routes import CORE

from .support import UNKNOWN, Client, Reply

READS = [operation for operation in documented_reads() if operation.name != "people/@self"]
NOTHING = str(2**31 - 2)
"""A number that names nothing."""


def words_of(operation: Operation, library: Library) -> list[str]:
    """Values for the parameters of a path that name something."""
    words: list[str] = []
    above: Record | None = None
    for place, field in enumerate(operation.path_parameters):
        sample = (*words, *["contact"] * (len(operation.path_parameters) - place))
        name, family = field.name.lower(), families.family_of_parameter(operation, place, sample)
        if operation.module == "community/blog" and name == "postid":
            words.append(library.store.posts.all()[0].id)
        elif field.type.choices:
            words.append(field.type.choices[0])
        elif family is not None:
            known = library.all(family)
            inside = [one for one in known if above is None or library.is_below(one, above)]
            above = (inside or known)[0]
            words.append(str(above.id))
        else:
            given = {"year": "2024", "month": "5", "day": "6", "query": "a", "content": "of"}
            given |= {"startdate": "2024-01-01", "enddate": "2025-12-31", "name": "page"}
            given |= {"fromcurrency": "EUR", "tocurrency": "USD", "tag": "news"}
            words.append(given[name])
    return words


def spelled(operation: Operation, words: list[str]) -> str:
    """The path of an operation below api/2.0, with words in the places of its parameters."""
    rest = iter(words)
    parts = operation.name.split("/")
    filled = "/".join(next(rest) if part.startswith("{") else part for part in parts)
    return filled.replace(" ", "%20")


def real(operation: Operation, client: Client) -> str:
    """A path of the operation that names what is there."""
    return spelled(operation, words_of(operation, client.app.parts.serving.library))


def needs(client: Client, kind: Kind) -> dict[str, str]:
    """What the placeholders of a kind's fields and paths stand for; a parent is made for it.

    Looked up in the portal itself: a fault may hide it from its clients.
    """
    library = client.app.parts.serving.library
    known = {
        word: str(library.all(families.family_of_type("crm", name_of(other).record))[0].id)
        for word, other in kind.needs.items()
    }
    if kind.parent is not None and kind.parent.read:
        known["parent"] = str(library.all(("files", "folder"))[0].id)
    elif kind.parent is not None:
        known["parent"] = made(client, name_of(kind.parent.kind))[0]
    return known


def name_of(kind: str) -> Kind:
    """The kind of that name."""
    return next(one for one in LIVED if one.name == kind)


def made(client: Client, kind: Kind, name: str = "conformance-1") -> tuple[str, dict[str, str]]:
    """The id of a new record, and what its placeholders stand for."""
    account = client.get("people/@self.json").response["id"]
    known = needs(client, kind)
    fields = kind.fields(name, "Ünï & more", account, **known)
    path = kind.make.replace("{parent}", known.get("parent", ""))
    library = client.app.parts.serving.library
    before = library.made()
    client.post(f"{path}.json", json_body=kind.typed(fields))
    (record,) = (one for one in library.made() if one not in before)
    return str(record.id), known


def reading(client: Client, module: str) -> Iterator[Reply]:
    """The GETs of a module: in each form, as nobody, for what is not there; each twice."""
    for operation in READS:
        if operation.name.split("/")[0] != module:
            continue
        path = real(operation, client)
        for suffix in ("", ".json", ".xml", ".json"):
            yield client.get(path + suffix)
        for suffix in ("", ".json"):
            yield client.get(path + suffix, anonymous=True)
        for id in (NOTHING, UNKNOWN, "wrong"):
            if operation.path_parameters:
                yield client.get(spelled(operation, [id] * 9) + ".json")


def strangers(client: Client, module: str) -> Iterator[Reply]:
    """The writes of a module, of nobody, to what is not there."""
    for operation in documented_operations():
        writes = operation.method != "GET" and operation.path not in CORE
        if writes and operation.path_parameters and operation.name.split("/")[0] == module:
            path = spelled(operation, [NOTHING] * 9)
            yield client.ask(operation.method, path, anonymous=True)


def living(client: Client, module: str) -> Iterator[Reply]:
    """The lives of the kinds of a module."""
    for kind in LIVED:
        if kind.make.split("/")[0] == module:
            yield from _life(client, kind)


def _life(client: Client, kind: Kind) -> Iterator[Reply]:
    account = client.get("people/@self.json").response["id"]
    known = needs(client, kind)
    parent = known.get("parent", "")
    make = kind.make.replace("{parent}", parent)
    listing = str(kind.listing).replace("{parent}", parent)
    fields = [kind.fields(name, "Ünï + 1", account, **known) for name in ("one", "two", "three")]
    yield client.post(f"{make}.json", json_body=kind.typed(fields[0]))
    yield client.post(make, form=fields[1])
    yield client.post(f"{make}.xml", form=fields[2])
    yield client.get(f"{listing}.json")
    ours = [str(one.id) for one in client.app.parts.serving.library.made() if str(one.id) != parent]
    for id, suffix in zip(ours, (".json", "", ".xml"), strict=False):
        item = kind.item.replace("{id}", id)
        yield client.get(f"{item}.json")
        if kind.change is not None:
            changes = kind.changes("one", "Öther", account, **known)
            change = kind.change.replace("{id}", id)
            yield client.put(f"{change}.json", json_body=kind.typed(changes))
            yield client.put(change, form=changes)
            yield client.put(f"{kind.change.replace('{id}', NOTHING)}.json", form=changes)
            yield client.put(change, form=kind.changes("two", "Öther", account, **known))
        yield client.get(f"{item}.json")
        for ending in (suffix, ".xml"):
            yield client.delete(kind.item.replace("{id}", id) + ending)
        yield client.get(f"{item}.json")
        yield client.get(item)
    yield client.delete(f"{kind.item.replace('{id}', NOTHING)}.json")
    yield client.get(f"{listing}.json")


def everything(client: Client, module: str) -> Iterator[Reply]:
    """All of a module."""
    for part in (reading, strangers, living):
        yield from part(client, module)
