"""Real records whose ids are tried in wrong ways, and the ids of each sort that are tried on them.

Beside what Hypothesis draws, one id of each sort is always asked, so that finding a known mistake
is no matter of luck.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from hypothesis.strategies import SearchStrategy, sampled_from

from workspace_conformance.checks import identifier_strategies
from workspace_conformance.contract.documented import literal_siblings
from workspace_conformance.contract.kinds import PERSON, Kind
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import (
    SUFFIXES,
    WRONG,
    Form,
    Identifier,
    allowed,
    encode,
    is_of,
    nobody,
)
from workspace_conformance.portal.records import Portal

OTHER_KIND: Final = "id of a record of another kind"
PARAMETERS: Final = {"post": "postid", "group": "groupid", "person": "userid"}

SPECIAL: Final = (
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
)
"""GUIDs that programs use for nothing and for everything."""

_VERY_LONG: Final = Identifier("a" * 4_000, "a" * 4_000, "very long")


@dataclass(frozen=True, slots=True)
class Subject:
    """A real record, whose id is tried in wrong ways.

    real: its id, or one that serves as well (a user name). path: where it is served, under api/2.0.
    known: what names a record of this kind. reserved: the documentation's own words at that place.
    others: ids of records of other kinds.
    """

    kind: Kind
    real: str
    path: str
    form: Form
    known: tuple[str, ...]
    reserved: frozenset[str]
    others: tuple[str, ...]

    def at(self, identifier: Identifier) -> str:
        """Where a record with that id would be, under api/2.0."""
        return f"{self.kind.collection}/{identifier.wire}"

    @property
    def lenient_form(self) -> Form:
        """The form that any lawful id has: for people, whose id may be a user name, a name."""
        return Form.NAME if self.kind.id_is_name else self.form


def subject(portal: Portal, name: str) -> Subject:
    """The record that cases are parametrized with: item-1, item-2, item-3, or user-name.

    user-name is the account's own record by its user name; where people are not served, or have
    none, it is item-1.
    """
    user_name = contents.text(portal.me(), "userName") if name == "user-name" else ""
    # What ends like a format suffix can be taken for one.
    if user_name and not user_name.lower().endswith(SUFFIXES) and PERSON in portal.kinds():
        return about(portal, PERSON, user_name, Form.NAME)
    resource = portal.item(int(name.removeprefix("item-")) if name.startswith("item-") else 1)
    assert resource.kind is not None
    return about(portal, resource.kind, unquote(resource.path.rpartition("/")[2]))


def about(portal: Portal, kind: Kind, real: str, form: Form | None = None) -> Subject:
    """A record of a kind by its id; the form is that of the kind's ids where it is not given."""
    listed = contents.records(portal.served(kind.collection))
    members = ("id", "userName", "email") if kind.id_is_name else ("id",)
    names = [contents.text(view, member) for view in [*listed, {"id": real}] for member in members]
    others = [other for other in portal.kinds() if other is not kind]
    return Subject(
        kind,
        real,
        f"{kind.collection}/{encode(real)}",
        form or identifier_strategies.form_of(portal.ids(kind) or [real]),
        tuple(name for name in names if name),
        literal_siblings(f"/api/2.0/{kind.collection}"),
        tuple(found for other in others for found in portal.ids(other)[:1]),
    )


# --- which ids ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids of one sort: `always` are asked in every run, as many more are drawn from `drawn`."""

    always: tuple[Identifier, ...]
    drawn: SearchStrategy[Identifier] | None = None


def unknown(about: Subject) -> Ids:
    """Ids of the right form that no record has."""
    is_allowed = allowed(about.form, about.known, about.reserved)
    special = SPECIAL if about.form is Form.GUID else ()
    always = tuple(Identifier(text, text, "special GUID") for text in special)
    return Ids(
        tuple(filter(is_allowed, always)),
        identifier_strategies.unknown(about.form, about.known, about.reserved),
    )


def wrong(about: Subject) -> Ids:
    """Ids of the wrong form; for people, what nobody is called."""
    form = about.lenient_form
    is_allowed = allowed(form, about.known, about.reserved)
    found = [nobody(each) for each in WRONG] if form is Form.NAME else WRONG
    fitting = [each for each in found if is_allowed(each) and not is_of(form, each.text)]
    return Ids(
        (*_one_of_each(fitting), _VERY_LONG),
        identifier_strategies.wrong_form(form, about.known, about.reserved),
    )


def near(about: Subject) -> Ids:
    """Ids that nearly are the real one."""
    misses = identifier_strategies.near_miss_list(
        about.real, about.form, about.known, about.reserved
    )
    always = _one_of_each(misses)
    if about.form is Form.GUID:  # a number may lawfully be the id of several records
        taken = {name.lower() for name in about.known}
        found = [other for other in about.others if other.lower() not in taken]
        always += [Identifier(other, encode(other), OTHER_KIND) for other in found]
    return Ids(tuple(always), sampled_from(_share(about, misses, always)))


def numbers_near(about: Subject) -> list[Identifier]:
    """Parts of a real id that is a whole number, and more than it; of any other id its beginning.

    Another record may have such a number, and none may be reached by it.
    """
    real = about.real
    if about.form is not Form.INTEGER:
        return identifier_strategies.near_miss_list(real, about.form, about.known, about.reserved)[
            :1
        ]
    wrapped = (str(int(real) + 2**bits) for bits in (16, 32, 64))
    texts = dict.fromkeys((real[:-1], real[1:], f"{real}0", *wrapped))
    return [
        Identifier(text, encode(text), "number near a real id")
        for text in texts
        if re.fullmatch("[1-9][0-9]*", text)
    ]


def escapes(about: Subject) -> Ids:
    """Ids that lead to another resource where they are decoded or resolved too far."""
    targets = ["people/@self", "@self", "people", "group", about.real]
    is_allowed = allowed(Form.NAME, (), about.reserved)
    found = [each for each in identifier_strategies.escape_list(targets) if is_allowed(each)]
    below = encode(about.real) + "%2Fcomment"
    always = [Identifier(unquote(below), below, "resource below, behind an encoded slash")]
    ends = {f"/api/2.0/{target}".casefold() for target in targets[:-1]} | {
        f"/api/2.0/{about.kind.collection}/{about.real}".casefold()
    }
    leading = [each for each in found if _resolved(about, each) in ends]
    always += _one_of_each(leading)
    return Ids(tuple(always), sampled_from(_share(about, found, always)))


def placeholders(about: Subject) -> Ids:
    """What is sent when a client forgets to put the id in."""
    is_allowed = allowed(Form.NAME, about.known, about.reserved)
    found = identifier_strategies.placeholder_list(PARAMETERS[about.kind.name])
    return Ids(tuple(each for each in found if is_allowed(each)))


def spellings(about: Subject) -> Ids:
    """Other spellings of the real id, which may lawfully mean it."""
    return Ids(tuple(identifier_strategies.same_id_list(about.real, about.form)))


SORTS: Final[dict[str, Callable[[Subject], Ids]]] = {
    "unknown": unknown,
    "wrong": wrong,
    "near": near,
    "escapes": escapes,
    "placeholders": placeholders,
    "spellings": spellings,
}


def _one_of_each(found: Iterable[Identifier]) -> list[Identifier]:
    """The first id of each kind."""
    first: dict[str, Identifier] = {}
    for each in found:
        first.setdefault(each.kind, each)
    return list(first.values())


def _share(
    about: Subject, found: Sequence[Identifier], always: Collection[Identifier]
) -> list[Identifier]:
    """A third of the ids that are not always asked, another third for each kind of records: what is
    drawn from them reaches further than what is drawn three times from all.
    """
    names = list(PARAMETERS)
    others = [each for each in found if each not in always]
    return others[names.index(about.kind.name) :: len(names)] or list(found)


def _resolved(about: Subject, found: Identifier) -> str:
    """The path that an id leads to on a server that decodes all there is, and then resolves it."""
    text = found.wire.upper().replace("%C0%AE", ".").replace("%C0%AF", "/")
    for _ in range(2):
        text = unquote(text)
    text = re.sub(r"\.\.;", "..", text.replace("\\", "/"))
    text = re.split(r"[\0?#;]", text)[0].strip()
    return posixpath.normpath(posixpath.join(f"/api/2.0/{about.kind.collection}", text)).casefold()
