"""The values that pass between the parts of the embedded portal.

A request travels as `Asked`, is located (`Place`), carries its caller (`Call`), has an `Outcome`
and leaves as an `Answer`. All of them are immutable: whoever wraps a part makes a new value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from workspace_conformance.contract.documented import Operation

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""What JSON can say; the portal's answers are of this type until they are written."""

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Header fields of an answer, in order."""


class Form(StrEnum):
    """A documented form of an answer; the value is its suffix in a URL."""

    JSON = "json"
    XML = "xml"


class Kind(StrEnum):
    """What a URL names."""

    LOGIN = "login"
    PEOPLE = "people"
    SELF = "self"
    PERSON = "person"
    GROUPS = "groups"
    GROUP = "group"
    POSTS = "posts"
    POST = "post"
    COMMENTS = "comments"
    COMMENT = "comment"
    DOCUMENTED = "documented"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came in.

    `path` is the request target's path as it was on the wire, still percent-encoded; `query` is
    what followed the question mark. Header names are in lower case; the values of a field that
    came several times are joined by ", ". `address` is the client's.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """Documented operations at one path: the path as the documentation writes it, the operations by
    method, and what stands in the places of the path's parameters, in order.
    """

    path: str
    operations: "Mapping[str, Operation]"
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL leads: the kind of resource, the record's id (decoded once), the suffix, and the
    route where the kind is `Kind.DOCUMENTED`.
    """

    kind: Kind
    id: str = ""
    suffix: Form | None = None
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may use the portal: the person's id, and what they log in with."""

    id: str
    user_name: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: `account` where the credential is good; `tried` where there was one at all."""

    account: Account | None
    tried: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A located request and the account that makes it (None: nobody known)."""

    asked: Asked
    place: Place
    account: Account | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call, before it is put into an envelope and written.

    `value` is the response of a success; `error` the message of a failure (None: a success).
    `start`, `next` and `total` are the paging members of a list.
    """

    status: int
    value: Json = None
    error: str | None = None
    headers: Headers = ()
    start: int = 0
    next: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent. `cut` means that the connection breaks before the body is complete."""

    status: int
    headers: Headers
    body: bytes
    cut: bool = False


class Mistake(Exception):
    """A call that cannot be carried out, with the status and the words it is answered with."""

    def __init__(self, status: int, message: str, headers: Headers = ()) -> None:
        super().__init__(message)
        self.outcome = Outcome(status, error=message, headers=headers)
