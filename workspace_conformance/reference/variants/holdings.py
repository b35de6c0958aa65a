"""What a portal holds, how its lists are ordered and cut, and what writes answer."""

from collections.abc import Callable
from dataclasses import replace

from ..faults.calls import where
from ..faults.wrapping import on_envelope, on_outcome, on_success
from ..parts import Parts
from ..records import Group, Person, Post
from ..values import Call, Form, Json, Kind, Outcome
from .model import Apply, Variant, always, deciding, parts

_HOLDS = "what a portal holds"
_PAGES = "how many records one answer lists"
_ORDER = "in which order a list stands"
_DELETED = "what a delete answers besides 200 (BC Responses)"
_WRITTEN = "how much of a record a write answers"

_LISTS = (Kind.PEOPLE, Kind.GROUPS, Kind.POSTS, Kind.COMMENTS, Kind.DOCUMENTED)
_ITEMS = (Kind.PERSON, Kind.GROUP, Kind.POST, Kind.DOCUMENTED)


def _empty(to: Parts) -> None:
    """Nothing but the people who have accounts."""
    to.few = 0
    store = to.store
    for post in store.posts.all():
        store.remove_post(post.id)
    for group in store.groups.all():
        store.groups.remove(group.id)
    holders = {account.id for account in to.accounts.by_name.values()}
    for person in store.people.all():
        if person.id in holders:
            store.people.put(replace(person, department=()))
        else:
            store.people.remove(person.id)


def _people(to: Parts, number: int) -> None:
    store = to.store
    for n in range(len(store.people.all()), number):
        email = f"person.number{n:04}@portal.test"
        person = Person(
            id=store.new_id(Person, email),
            user_name=email.partition("@")[0],
            email=email,
            first_name="Person",
            last_name=f"Numéro {n}",
            created="2024-01-15T09:30:00.0000000Z",
        )
        store.people.put(person)


def _deletes_unsaid(to: Parts) -> None:
    done = where("DELETE")
    on_envelope(
        lambda _, out, members: members if out.error else {**members, "count": 1, "response": None},
        when=done,
    )(to)
    on_envelope(
        lambda _, __, members: {name: members[name] for name in members if name != "response"},
        Form.XML,
        when=done,
    )(to)


def _many(to: Parts) -> None:
    """More of everything than a page of 25 shows."""
    store = to.store
    _people(to, 40)
    author = store.people.all()[0].id
    made = "2024-03-01T12:00:00.0000000Z"
    for n in range(30):
        name = f"Number {n}"
        store.groups.put(Group(store.new_id(Group, name), name))
        post = Post(store.new_id(Post, name), name, "Text", author, created=made, updated=made)
        store.posts.put(post)


def _cut(outcome: Outcome, most: int) -> Outcome:
    items = outcome.value
    if not isinstance(items, list) or len(items) <= most:
        return outcome
    total = outcome.total if outcome.total is not None else outcome.start + len(items)
    following = outcome.start + most + 1
    return replace(outcome, value=items[:most], next=following, total=total)


def _pages(to: Parts) -> None:
    _many(to)
    on_success(lambda call, outcome: _cut(outcome, 25), when=always)(to)


def _newest_first(to: Parts) -> None:
    def change(call: Call, outcome: Outcome) -> Outcome:
        items = outcome.value
        return replace(outcome, value=items[::-1]) if isinstance(items, list) else outcome

    on_success(change, when=where("GET", "HEAD", kinds=_LISTS))(to)


def _answers(change: Callable[[Call, Json], Json], method: str, *kinds: Kind) -> Apply:
    """Change what a write answers."""

    def changed(call: Call, outcome: Outcome) -> Outcome:
        return replace(outcome, value=change(call, outcome.value))

    return parts(on_success(changed, when=where(method, kinds=kinds)))


def _some(*names: str) -> Callable[[Call, Json], Json]:
    def some(call: Call, value: Json) -> Json:
        if not isinstance(value, dict):
            return value
        return {name: member for name, member in value.items() if name in names}

    return some


def _deletes(value: Json) -> Apply:
    kinds = (Kind.PERSON, Kind.GROUP, Kind.POST, Kind.COMMENT, Kind.DOCUMENTED)
    return _answers(lambda call, _: value, "DELETE", *kinds)


def _gone(to: Parts) -> None:
    """Who has been deleted stays listed no longer, and its URL says 404 with other words."""

    def change(call: Call, outcome: Outcome) -> Outcome:
        words = f"{call.place.kind.title()} not found"
        return replace(outcome, error=words) if outcome.status == 404 else outcome

    on_outcome(change, when=always)(to)


_AMOUNT = deciding("holdings")
_DELETE = deciding("what deletes answer")
_DATES = frozenset(("DATE-1",))  # no date-time is shown, where all that is written shows one

VARIANTS = (
    Variant(
        name="empty",
        leaves_open=_HOLDS,
        summary="nobody but those who have accounts, and nothing else",
        apply=parts(_empty),
        aspects=_AMOUNT,
        leaves=_DATES,
    ),
    Variant(
        name="people-1000",
        leaves_open=_HOLDS,
        summary="1,000 people",
        apply=parts(lambda to: _people(to, 1000)),
        aspects=_AMOUNT,
    ),
    Variant(
        name="people-10000",
        leaves_open=_HOLDS,
        summary="10,000 people",
        apply=parts(lambda to: _people(to, 10_000)),
        aspects=_AMOUNT,
    ),
    Variant(
        name="pages-25",
        leaves_open=_PAGES,
        summary="lists are cut after 25 records, and there are more",
        apply=parts(_pages),
        aspects=_AMOUNT,
    ),
    Variant(
        name="newest-first",
        leaves_open=_ORDER,
        summary="lists begin with the newest record",
        apply=parts(_newest_first),
    ),
    Variant(
        name="deletes-null",
        leaves_open=_DELETED,
        summary="a delete answers null",
        apply=_deletes(None),
        aspects=_DELETE,
    ),
    Variant(
        name="deletes-nothing",
        leaves_open=_DELETED,
        summary="a delete answers an empty object",
        apply=_deletes({}),
        aspects=_DELETE,
    ),
    Variant(
        name="deletes-text",
        leaves_open=_DELETED,
        summary="a delete answers a text",
        apply=_deletes("deleted"),
        aspects=_DELETE,
    ),
    Variant(
        name="deletes-unsaid",
        leaves_open=_DELETED,
        summary="a delete answers null, counted as one, which leaves no element in XML",
        apply=parts(_deletes_unsaid),
        aspects=_DELETE,
    ),
    Variant(
        name="deletes-true",
        leaves_open=_DELETED,
        summary="a delete answers true",
        apply=_deletes(True),
        aspects=_DELETE,
    ),
    Variant(
        name="creates-brief",
        leaves_open=_WRITTEN,
        summary="a creation answers the new id alone",
        apply=_answers(_some("id"), "POST", *_LISTS),
        leaves=_DATES,
    ),
    Variant(
        name="updates-brief",
        leaves_open=_WRITTEN,
        summary="an update answers id and name alone",
        apply=_answers(_some("id", "title", "name", "displayName"), "PUT", *_ITEMS),
        aspects=deciding("what updates answer"),
        leaves=_DATES,
    ),
    Variant(
        name="updates-null",
        leaves_open=_WRITTEN,
        summary="an update answers null",
        apply=_answers(lambda call, _: None, "PUT", Kind.COMMENT, *_ITEMS),
        aspects=deciding("what updates answer"),
        leaves=_DATES,
    ),
    Variant(
        name="not-found-named",
        leaves_open="in which words a failure is told",
        summary="a 404 names what is not there",
        apply=parts(_gone),
    ),
)
"""What portals may hold and answer."""
