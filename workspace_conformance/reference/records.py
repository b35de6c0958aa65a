"""The portal's records, as they are kept."""

from dataclasses import dataclass

MISSING = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach a person: its type ("mail", "phone") and value."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person. Date-times are kept as texts in the round-trip form."""

    id: str
    user_name: str
    email: str
    first_name: str
    last_name: str
    created: str
    title: str | None = None
    department: tuple[str, ...] = ()
    location: str | None = None
    sex: str | None = None
    birthday: str | None = None
    work_from: str | None = None
    notes: str | None = None
    contacts: tuple[Contact, ...] = ()
    is_visitor: bool = False
    is_owner: bool = False
    is_admin: bool = False
    mobile_phone: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group; manager and members are ids of people."""

    id: str
    name: str
    manager: str | None = None
    members: tuple[str, ...] = ()
    category: str = MISSING
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A blog post; the author is the id of a person."""

    id: str
    title: str
    text: str
    author: str
    created: str
    updated: str
    tags: tuple[str, ...] = ()
    subscribed: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on the post with the id `post`, answering the comment `parent` where there is one.

    Comments have no URL of their own to be read at: they are listed under their post.
    """

    id: str
    post: str
    text: str
    author: str
    created: str
    updated: str
    parent: str | None = None


Record = Person | Group | Post | Comment
