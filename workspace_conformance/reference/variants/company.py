"""What other people do on a portal while a run goes on, and which values a portal takes."""

import html
import itertools
import time
from collections.abc import Callable
from dataclasses import replace

from ..bodies import Fields
from ..faults.calls import where
from ..faults.wrapping import on_fields
from ..parts import Parts
from ..records import Comment, Group, Post
from ..values import Call, Json, Kind, Mistake, Outcome
from .access import DENIED, WRITTEN
from .model import Apply, Variant, anew, deciding, parts

_OTHERS = "what other people do meanwhile"
_VALUES = "which values of a field are taken"
_KEPT = "how texts are kept"

EVERY = 0.05  # seconds between two things that somebody else does
_MOST = 40  # of them at once, after a long silence


def _before_calls(act: Callable[[Parts], Callable[[], None]]) -> Apply:
    """Let something happen before each call is carried out."""

    def apply(to: Parts) -> None:
        inner, happen = to.perform, act(to)

        def perform(call: Call) -> Outcome:
            happen()
            return inner(call)

        to.perform = perform

    return parts(apply)


def _colleague(to: Parts) -> str:
    """The id of somebody else who may use the portal."""
    return list(to.accounts.by_name.values())[-1].id


def _at_work(to: Parts) -> Callable[[], None]:
    """Somebody makes posts and groups, changes them and removes them, as time goes by."""
    store, who = to.store, _colleague(to)
    numbers = itertools.count(1)
    posts: list[str] = []
    groups: list[str] = []
    last = time.monotonic()

    def one() -> None:
        number, now = next(numbers), store.moment()
        title = f"Note {number}"
        match number % 4:
            case 0 | 1:
                post = Post(store.new_id(Post, title), title, "", who, created=now, updated=now)
                posts.append(store.posts.put(post).id)
                groups.append(store.groups.put(Group(store.new_id(Group, title), title)).id)
            case 2:
                former = store.posts.find(posts[-1])
                if former is not None:
                    store.posts.put(replace(former, title=title, updated=now))
            case _ if len(posts) > 2:
                for id in (posts.pop(0), posts.pop(0)):
                    if store.posts.find(id) is not None:
                        store.remove_post(id)
                for id in (groups.pop(0), groups.pop(0)):
                    if store.groups.find(id) is not None:
                        store.groups.remove(id)

    def happen() -> None:
        nonlocal last
        due = min(_MOST, int((time.monotonic() - last) / EVERY))
        if due:
            last = time.monotonic()
        for _ in range(due):
            one()

    return happen


def _commenting(to: Parts) -> None:
    """Somebody comments on every new post, first of all; nobody may touch another's comments."""
    inner, store, who = to.perform, to.store, _colleague(to)

    def perform(call: Call) -> Outcome:
        if call.place.kind is Kind.COMMENT and call.asked.method in ("PUT", "DELETE"):
            found = store.comments.find(call.place.id)
            if found is not None and call.account is not None and found.author != call.account.id:
                return DENIED
        known = {post.id for post in store.posts.all()}
        outcome = inner(call)
        for post in store.posts.all():
            if post.id not in known:
                now, text = store.moment(), "Seen"
                id = store.new_id(Comment, f"{post.id} {text}")
                store.comments.put(Comment(id, post.id, text, who, created=now, updated=now))
        return outcome

    to.perform = perform


def _refusing(find: Callable[[Parts, Call, Fields], Outcome | None]) -> Apply:
    """Refuse creations and updates by what their fields say."""

    def apply(to: Parts) -> None:
        inner = to.perform

        def perform(call: Call) -> Outcome:
            refused = None
            if call.asked.method in ("POST", "PUT"):
                try:
                    refused = find(to, call, to.read_fields(call.asked))
                except Mistake:
                    refused = None
            return refused or inner(call)

        to.perform = perform

    return parts(apply)


def _taken(to: Parts, call: Call, fields: Fields) -> Outcome | None:
    store = to.store
    email, name = str(fields.get("email", "")).lower(), str(fields.get("groupname", "")).lower()
    own = call.place.id.lower() if call.place.kind is Kind.GROUP else ""
    there = call.place.kind is Kind.PEOPLE and any(
        person.email.lower() == email for person in store.people.all()
    )
    there |= call.place.kind in (Kind.GROUPS, Kind.GROUP) and any(
        group.name.lower() == name and group.id != own for group in store.groups.all()
    )
    return Outcome(409, error="There is one already") if there else None


def _no_password(to: Parts, call: Call, fields: Fields) -> Outcome | None:
    if call.place.kind is not Kind.PEOPLE or len(str(fields.get("password", ""))) >= 8:
        return None
    return Outcome(400, error="The password is too short")


def _no_field(to: Parts, call: Call, fields: Fields) -> Outcome | None:
    empty = where("PUT")(call) and not fields
    return Outcome(400, error="There is nothing to change") if empty else None


def _plain_names(to: Parts, call: Call, fields: Fields) -> Outcome | None:
    names = [fields.get(name, "") for name in ("firstname", "lastname", "groupname")]
    if all(str(name).isascii() for name in names):
        return None
    return Outcome(422, error="Names are of letters from A to Z")


def _long(to: Parts, call: Call, fields: Fields) -> Outcome | None:
    if all(len(str(fields.get(name, ""))) <= 48 for name in ("title", "groupname", "lastname")):
        return None
    return Outcome(400, error="Titles and names have 48 characters at most")


def _rewritten(change: Callable[[str], str], *names: str) -> Apply:
    """Keep these fields changed, whichever form they come in."""

    def kept(name: str, value: Json) -> Json:
        return change(value) if name in names and isinstance(value, str) and value else value

    return parts(
        on_fields(lambda media, fields: {name: kept(name, fields[name]) for name in fields})
    )


def _escaped(text: str) -> str:
    return html.escape(text).encode("ascii", "xmlcharrefreplace").decode("ascii")


_TEXTS = deciding("how texts are kept")

VARIANTS = (
    Variant(
        name="others-work",
        leaves_open=_OTHERS,
        summary="somebody else makes, changes and removes posts and groups all the time",
        apply=anew(lambda: _before_calls(_at_work)),
        leaves=frozenset(("REST-2", "REST-4", "FMT-4")),
    ),
    Variant(
        name="others-comment",
        leaves_open=_OTHERS,
        summary="somebody else is the first to comment on a new post",
        apply=parts(_commenting),
    ),
    Variant(
        name="names-once",
        leaves_open=_VALUES,
        summary="a group's name or a person's address that is there already: 409",
        apply=_refusing(_taken),
    ),
    Variant(
        name="passwords-needed",
        leaves_open=_VALUES,
        summary="nobody is made without a password of eight characters: 400",
        apply=_refusing(_no_password),
    ),
    Variant(
        name="updates-need-fields",
        leaves_open=_VALUES,
        summary="an update without any field: 400",
        apply=_refusing(_no_field),
    ),
    Variant(
        name="names-ascii",
        leaves_open=_VALUES,
        summary="names of people and groups with letters beyond A to Z: 422",
        apply=_refusing(_plain_names),
        leaves=WRITTEN,
    ),
    Variant(
        name="names-short",
        leaves_open=_VALUES,
        summary="titles and names of more than 48 characters: 400",
        apply=_refusing(_long),
        leaves=WRITTEN,
    ),
    Variant(
        name="texts-capital",
        leaves_open=_KEPT,
        summary="titles and names begin with a capital, without space around them",
        apply=_rewritten(lambda text: (text[:1].upper() + text[1:]).strip(), "title", "groupname"),
        aspects=_TEXTS,
    ),
    Variant(
        name="texts-escaped",
        leaves_open=_KEPT,
        summary="titles, names and texts are kept as a page would show them, escaped",
        apply=_rewritten(_escaped, "title", "groupname", "content"),
        aspects=_TEXTS,
    ),
)
"""Other people, and what they are called."""
