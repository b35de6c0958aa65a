"""Documented GETs of people, groups and blog posts beside their lists and items.

These read the records that the portal keeps by hand, so that what a client makes is found here.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qs

from .. import views
from ..paging import paged
from ..records import Group, Person, Post
from ..store import is_guid
from ..values import Call, Json, Mistake, Outcome
from .library import check_form

if TYPE_CHECKING:
    from ..store import Store

R = TypeVar("R")
Reader = Callable[[Call, tuple[str, ...]], Outcome]

_AT_WORK = frozenset(("active", "default", "all"))


def asked_for(call: Call, name: str) -> str:
    """A parameter of the query, empty where it is missing."""
    query = parse_qs(call.asked.query, keep_blank_values=True, errors="replace")
    return query.get(name, [""])[0]


def _having(records: list[R], text: str, words: Callable[[R], tuple[str, ...]]) -> list[R]:
    """The records in one of whose words the text stands, in letters of either case."""
    wanted = text.casefold()
    return [one for one in records if any(wanted in word.casefold() for word in words(one))]


def _person_words(person: Person) -> tuple[str, ...]:
    return person.first_name, person.last_name, person.user_name, person.email


class CoreReads:
    """Answers these GETs from a store."""

    def __init__(self, store: "Store") -> None:
        self._store = store

    def readers(self) -> dict[str, Reader]:
        """What answers each of these operations, by its path below api/2.0."""
        return {
            "people/status/{status}": self._by_status,
            "people/status/{status}/search": self._by_status,
            "people/email": self._by_email,
            "people/@search/{query}": lambda call, words: self._people(call, words[0]),
            "people/search": lambda call, _: self._people(call, asked_for(call, "query")),
            "people/filter": lambda call, _: self._people(call, asked_for(call, "filterValue")),
            "people/simple/filter": self._simply,
            "group/search": self._groups,
            "group/user/{userid}": self._groups_of,
            "community/blog/@self": self._own_posts,
            "community/blog/@search/{query}": lambda call, words: self._posts(call, words[0]),
            "community/blog/user/{username}": self._posts_of,
            "community/blog/tag/{tag}": self._tagged,
            "community/blog/tag": self._tags,
        }

    def _people(self, call: Call, text: str) -> Outcome:
        found = _having(self._store.people.all(), text, _person_words)
        return paged(call, found, partial(views.full_person, self._store))

    def _by_status(self, call: Call, words: tuple[str, ...]) -> Outcome:
        assert call.place.route is not None
        check_form(words[0], call.place.route.operations["GET"].path_parameters[0].type)
        if words[0].lower() not in _AT_WORK:
            return Outcome(200, value=[])
        return self._people(call, asked_for(call, "query"))

    def _by_email(self, call: Call, words: tuple[str, ...]) -> Outcome:
        """The person with an address; who asks, where none is given."""
        email = asked_for(call, "email")
        own = call.account.email if call.account is not None else ""
        for person in self._store.people.all():
            if person.email == (email or own):
                return Outcome(200, value=views.full_person(self._store, person))
        raise Mistake(404, "The record could not be found")

    def _simply(self, call: Call, words: tuple[str, ...]) -> Outcome:
        found = self._store.people.all()
        return paged(call, found, lambda person: views.brief_person(self._store, person.id))

    def _groups(self, call: Call, words: tuple[str, ...]) -> Outcome:
        found = _having(
            self._store.groups.all(), asked_for(call, "groupName"), lambda group: (group.name,)
        )
        return self._shown_groups(call, found)

    def _groups_of(self, call: Call, words: tuple[str, ...]) -> Outcome:
        if not is_guid(words[0]):
            raise Mistake(400, "Invalid arguments")
        person = self._person(words[0])
        found = [group for group in self._store.groups.all() if person.id in group.members]
        return self._shown_groups(call, found)

    def _shown_groups(self, call: Call, found: list[Group]) -> Outcome:
        return paged(call, found, partial(views.brief_group, self._store))

    def _person(self, id: str) -> Person:
        person = self._store.find_person(id)
        if person is None:
            raise Mistake(404, "The record could not be found")
        return person

    def _shown_posts(self, call: Call, found: list[Post]) -> Outcome:
        return paged(call, found, partial(views.brief_post, self._store))

    def _own_posts(self, call: Call, words: tuple[str, ...]) -> Outcome:
        own = call.account.id if call.account is not None else ""
        return self._shown_posts(call, [p for p in self._store.posts.all() if p.author == own])

    def _posts(self, call: Call, text: str) -> Outcome:
        found = _having(self._store.posts.all(), text, lambda post: (post.title, post.text))
        return self._shown_posts(call, found)

    def _posts_of(self, call: Call, words: tuple[str, ...]) -> Outcome:
        person = self._person(words[0])
        return self._shown_posts(
            call, [post for post in self._store.posts.all() if post.author == person.id]
        )

    def _tagged(self, call: Call, words: tuple[str, ...]) -> Outcome:
        return self._shown_posts(
            call, [post for post in self._store.posts.all() if words[0] in post.tags]
        )

    def _tags(self, call: Call, words: tuple[str, ...]) -> Outcome:
        counts: dict[str, int] = {}
        for post in self._store.posts.all():
            for tag in post.tags:
                counts[tag] = counts.get(tag, 0) + 1
        shown: list[Json] = [{"name": tag, "count": number} for tag, number in counts.items()]
        return Outcome(200, value=shown)
