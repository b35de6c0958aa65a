"""A kind of records: where one is made, listed, read, changed and removed, and what shows what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Fields = dict[str, str]


@dataclass(frozen=True, slots=True)
class Sent:
    """A field of a body.

    type: "text", "link" (a text that a portal may write otherwise), "number", "flag", "date" or
    "id". text: what is sent, with placeholders such as {title} in it.
    """

    name: str
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Parent:
    """What {parent} in the paths of a kind stands for: the id of a record of ours of `kind`; or,
    where that is empty, the member `member` ("current.id") of the answer at `read`.
    """

    kind: str = ""
    read: str = ""
    member: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record. Paths are under api/2.0, without suffix; {id} and {parent} stand in them.

    name: what a journal calls a record of it; label: what the names of cases do; plural: what
        several are called in a sentence.
    core: whether the checks of whole sections write it (posts, groups, people).
    make: where a POST makes one. item: one record, to read and to delete it. change: where a PUT
        changes it, None where the documentation has no such thing.
    listing: what lists them; list_in: the member of that answer that holds them, empty where it is
        the list itself.
    deferred: whether the answer to a DELETE is an operation that may go on after it.
    parent: what {parent} in `make` stands for. needs: what further placeholders of the fields stand
        for: {placeholder: name of a kind}, an id of a record of that kind.
    record: the type of record, by the documentation's name, whose members it has.
    id: the member that is its id. id_field: the field that decides it, where one does.
    id_is_name: whether the documentation lets nearly any text be an id (people: the user name).
    mark: the member that holds our name for a record (what a person recognises it by).
    sent, sent_to_change, sent_to_remove: the fields of the bodies that make, change and remove one.
    shows: which member shows which field: {member: field}. carried: those of them that are texts,
        shown as they were sent. holds: which member holds which text, perhaps with mark-up around
        it. composed: members that the portal composes of others: {member: "{firstName} ..."}.
    documented: members whose values belong to the record and do not change by being read.
    """

    name: str
    label: str
    plural: str
    make: str
    item: str
    change: str | None
    listing: str
    mark: str
    record: str
    sent: tuple[Sent, ...]
    sent_to_change: tuple[Sent, ...]
    sent_to_remove: tuple[Sent, ...]
    shows: dict[str, str]
    carried: dict[str, str]
    holds: dict[str, str]
    composed: dict[str, str]
    documented: frozenset[str]
    core: bool = False
    list_in: str = ""
    deferred: bool = False
    parent: Parent | None = None
    needs: dict[str, str] = field(default_factory=dict)
    id: str = "id"
    id_field: str = ""
    id_is_name: bool = False

    @property
    def collection(self) -> str:
        """The path that its records are made at; of posts, groups and people also the list."""
        return self.make

    @property
    def folder(self) -> str:
        """What the paths of its records begin with, without the slash before the id."""
        return self.item.removesuffix("/{id}")

    def at(self, identity: str) -> str:
        """The path of the record with that id, which is given as it stands in a URL."""
        return self.item.replace("{id}", identity)

    def changed_at(self, path: str) -> str:
        """The path of the PUT that changes the record at `path`."""
        return (self.change or self.item).replace("{id}", path.removeprefix(f"{self.folder}/"))

    @property
    def module(self) -> str:
        """The part of the portal that serves it: "crm", "community/event"."""
        first, _, rest = self.make.partition("/")
        return f"{first}/{rest.partition('/')[0]}" if first == "community" else first

    @property
    def updated(self) -> frozenset[str]:
        """The members that an update reports, and reading then shows, alike."""
        return self.documented - {"updated", "preview"}

    def fields(self, name: str, text: str, account: str, **known: str) -> Fields:
        """Body fields that make a record, from our name, a text to carry and the account's own id.

        known: what `parent` and the placeholders of `needs` stand for.
        """
        return _filled(self.sent, name, text, account, known)

    def changes(self, name: str, text: str, account: str, **known: str) -> Fields:
        """Body fields that change it, from the same."""
        return _filled(self.sent_to_change, name, text, account, known)

    def removal(self) -> Fields:
        """Body fields of its removal; mostly none."""
        return _filled(self.sent_to_remove, "", "", "", {})

    def typed(self, fields: Mapping[str, object]) -> dict[str, object]:
        """Fields as JSON has them: numbers as numbers, flags as true and false."""
        every = (*self.sent_to_remove, *self.sent_to_change, *self.sent)
        types = {one.name: one.type for one in every}
        return {name: _typed(types.get(name, ""), value) for name, value in fields.items()}


def letters(text: str) -> str:
    """`text` as letters only, capitalised: people's names hold no digits on many portals."""
    spelled = "".join(chr(ord("a") + int(char)) if char.isdigit() else char for char in text)
    return "".join(char for char in spelled if char.isalpha()).capitalize() or "Name"


def _filled(
    sent: tuple[Sent, ...], name: str, text: str, account: str, known: Mapping[str, str]
) -> Fields:
    title = f"{name} {text}".strip()
    words = {
        "name": name,
        "text": text,
        "title": title,
        "letters": letters(title),
        "account": account,
        **known,
    }
    return {one.name: fill(one.text, words).strip() for one in sent}


def fill(text: str, words: Mapping[str, str]) -> str:
    """A text with words in the place of its placeholders. (A word may hold braces of its own.)"""
    parts = text.split("{")
    filled = [parts[0]]
    for part in parts[1:]:
        word, _, rest = part.partition("}")
        filled += [words[word], rest]
    return "".join(filled)


def _typed(kind: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    if kind == "flag":
        return value == "true"
    if kind in ("number", "id") and value.isascii() and value.isdigit():
        return int(value)
    return value
