"""The kinds of records that the suite knows from the documentation, and how to make, change and
know one.

The order is the order of preference for writing: posts disturb nobody, groups few, people most.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Fields = dict[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record.

    collection: its path under api/2.0, without suffix.
    mark: the member that holds our name for a record (what a person recognises it by).
    fields: body fields that make a record, from our name, a text to carry, and the account's own
    id.
    changes: body fields that change it, from the same.
    carried: which member shows which text: {member: body field}.
    holds: which member holds which text, perhaps with mark-up around it: {member: body field}.
    documented: members whose values belong to the record and do not change by being read.
    id_is_name: whether the documentation lets nearly any text be an id (people: the user name).
    """

    name: str
    plural: str
    collection: str
    mark: str
    fields: Callable[[str, str, str], Fields]
    changes: Callable[[str, str, str], Fields]
    carried: dict[str, str]
    holds: dict[str, str]
    documented: frozenset[str]
    id_is_name: bool = False

    @property
    def updated(self) -> frozenset[str]:
        """The members that an update reports, and reading then shows, alike."""
        return self.documented - {"updated", "preview"}


def letters(text: str) -> str:
    """`text` as letters only, capitalised: people's names hold no digits on many portals."""
    spelled = "".join(chr(ord("a") + int(char)) if char.isdigit() else char for char in text)
    return "".join(char for char in spelled if char.isalpha()).capitalize() or "Name"


def _post(name: str, text: str, account: str) -> Fields:
    return {
        "title": f"{name} {text}".strip(),
        "content": f"Made by a conformance run: {name} {text}".strip(),
    }


def _group(name: str, text: str, account: str) -> Fields:
    return {"groupName": f"{name} {text}".strip(), "groupManager": account}


def _person(name: str, text: str, account: str) -> Fields:
    return {
        "email": f"{name}@example.com",
        "firstname": "Conformance",
        "lastname": letters(f"{name} {text}"),
        "isVisitor": "false",
    }


def _person_changes(name: str, text: str, account: str) -> Fields:
    return {"firstname": "Conformance", "lastname": letters(f"{name} {text}")}


POST = Kind(
    "post",
    "posts",
    "community/blog",
    "title",
    _post,
    _post,
    {"title": "title"},
    {"text": "content"},
    frozenset({"id", "title", "text", "preview", "created", "updated", "tags"}),
)
GROUP = Kind(
    "group",
    "groups",
    "group",
    "name",
    _group,
    _group,
    {"name": "groupName"},
    {},
    frozenset({"id", "name", "description", "category", "parent"}),
)
PERSON = Kind(
    "person",
    "people",
    "people",
    "email",
    _person,
    _person_changes,
    {"lastName": "lastname", "firstName": "firstname"},
    {},
    frozenset(
        {
            "id",
            "userName",
            "firstName",
            "lastName",
            "email",
            "displayName",
            "title",
            "department",
            "birthday",
        }
    ),
    id_is_name=True,
)

KINDS = (POST, GROUP, PERSON)
