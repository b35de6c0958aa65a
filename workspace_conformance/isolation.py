"""Whether writing one record disturbs others (REST-2), told apart from what other people do
meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from workspace_conformance import views
from workspace_conformance.client import as_form, as_json, succeeded
from workspace_conformance.comparing import COMMENT_MEMBERS, by_id, pause
from workspace_conformance.exchange import Exchange
from workspace_conformance.expectations import difference, given_success, violation
from workspace_conformance.identifiers import encode
from workspace_conformance.kinds import POST, Kind
from workspace_conformance.ours import bears
from workspace_conformance.outcomes import Reason, Untested
from workspace_conformance.portal import Portal, Record

_ATTEMPTS = 3
_LAG = 5.0  # seconds that a list may show what was deleted


def expect_others_untouched(portal: Portal, method: str, place: int) -> None:
    """A PUT or DELETE on a record of ours leaves its neighbours and every other listed record
    alone.

    A live portal has other users: what happens to their records is accused only when it happens
    again with every further write; nobody but this run knows the neighbours.
    """
    __tracebackhide__ = True
    kind = portal.kind_at(place)
    damage: Damage | None = None
    for attempt in range(1, _ATTEMPTS + 1):
        damage = _life(portal, kind, attempt).damage[method]
        if damage is None:
            return
        if damage.certain:
            break
    assert damage is not None
    violation(damage.shown, f"{method} on one {kind.name} changed another: {damage.words}")


@dataclass(frozen=True, slots=True)
class Damage:
    """What a write did to other records, and the exchange that shows it.

    certain: nobody but the portal can have done it.
    """

    words: str
    shown: Exchange
    certain: bool


@dataclass(frozen=True, slots=True)
class Life:
    """The life of a record between two neighbours: what each of its turns did to others, by method;
    and the list that shows it still after its DELETE, None where none does.
    """

    damage: dict[str, Damage | None]
    listing: Exchange | None


def still_listed(portal: Portal, place: int) -> Exchange | None:
    """The list that shows a record of ours after its DELETE succeeded; None where none does."""
    return _life(portal, portal.kind_at(place), 1).listing


def _life(portal: Portal, kind: Kind, attempt: int) -> Life:
    key = ("isolation", kind.name, attempt)
    return portal.once(key, partial(_experiment, portal, kind, attempt))


def _experiment(portal: Portal, kind: Kind, attempt: int) -> Life:
    left, subject, right = (
        portal.make(kind, "isolated", where, attempt) for where in ("left", "own", "right")
    )
    neighbours = {left.id, right.id}
    before = _state(portal, kind, right)
    portal.watch.listed(kind, before[0])
    found: dict[str, Damage | None] = {}
    for method in ("PUT", "DELETE"):
        done = (
            portal.change(subject, "alone")
            if method == "PUT"
            else portal.ask("DELETE", subject.path, "json")
        )
        given_success(done, f"{method} on a record of ours")
        after = _state(portal, kind, right)
        found[method] = _difference(portal, subject, before, after, neighbours)
        if found[method] is not None:
            _given_still(portal, subject, right, after[1].received - before[0].sent)
        before = after
    return Life(found, _listing(portal, subject, before[0]))


def _listing(portal: Portal, deleted: Record, listed: Exchange) -> Exchange | None:
    """The list that shows a deleted record; a list may lag behind, but not for long."""
    if not _shows(listed, deleted):
        return None
    pause(portal, _LAG, "for the list to follow")
    again = portal.served(deleted.kind.collection, fresh=True)
    return again if _shows(again, deleted) else None


def _shows(listed: Exchange, record: Record) -> bool:
    view = by_id(listed).get(record.id)
    return view is not None and bears(record.kind, view, record.name)


def _given_still(portal: Portal, subject: Record, neighbour: Record, seconds: float) -> None:
    """Untested where reading alone, with no write in between, shows other records changed.

    Other people are given twice the time that they had.
    """
    before = _state(portal, subject.kind, neighbour)
    pause(portal, 2 * seconds)
    after = _state(portal, subject.kind, neighbour)
    moved = _difference(portal, subject, before, after, {neighbour.id})
    if moved is not None:
        raise Untested(
            Reason.SETUP_FAILED, f"records do not stand still between two readings: {moved.words}"
        )


def _state(portal: Portal, kind: Kind, neighbour: Record) -> tuple[Exchange, Exchange]:
    """The list of a kind, and one neighbour in full."""
    listed = portal.served(kind.collection, fresh=True)
    given_success(listed, f"the list of {kind.plural}")
    return listed, portal.served(neighbour.path, fresh=True)


def _difference(
    portal: Portal,
    subject: Record,
    before: tuple[Exchange, Exchange],
    after: tuple[Exchange, Exchange],
    neighbours: Collection[str],
) -> Damage | None:
    """What differs in records other than the subject."""
    kind = subject.kind
    members = kind.documented - {"updated"}
    if succeeded(before[1]) and not succeeded(after[1]):
        return Damage("the neighbouring record is no longer there", after[1], True)
    for was, now, shown in (
        (by_id(before[1]), by_id(after[1]), after[1]),
        (by_id(before[0]), by_id(after[0]), after[0]),
    ):
        for identity, view in was.items():
            if identity == subject.id:
                continue
            certain = identity in neighbours
            # Other records of ours come and go.
            if not certain and views.text(view, kind.mark).startswith(portal.name("")):
                continue
            if identity not in now:
                # A page of a list may have moved on: only its own URL tells.
                path = f"{kind.collection}/{encode(identity)}"
                if not succeeded(portal.served(path, fresh=True)):
                    return Damage(f"the record {identity} is no longer there", shown, certain)
                continue
            for name in difference(view, now[identity], members):
                words = f"{name} of {identity} was {view[name]!r} and is {now[identity][name]!r}"
                return Damage(words, shown, certain)
    return None


def expect_other_comments_untouched(portal: Portal, method: str) -> None:
    """A PUT or DELETE on one comment leaves the other comments of the post as they were.

    Where no post can be made, the portal's first kind of record takes the place of comments.
    """
    __tracebackhide__ = True
    if POST not in portal.creatable():
        expect_others_untouched(portal, method, 1)
        return
    damage = portal.once("isolation of comments", lambda: _comment_experiment(portal))[method]
    if damage is not None:
        violation(damage.shown, f"{method} on one comment changed another: {damage.words}")


def _comment_experiment(portal: Portal) -> dict[str, Damage | None]:
    post = portal.make(POST, "discussed")
    texts = [portal.name("comment", number) for number in (1, 2, 3)]
    for text in texts:
        given_success(_comment(portal, "POST", f"{post.path}/comment", text), "a comment")
    # Other people may comment on the post as well, and think better of it.
    before = _saying(texts, portal.served(f"{post.path}/comment", fresh=True))
    subject = next((key for key, view in before.items() if texts[1] in str(view)), "")
    if len(before) < len(texts) or not subject:
        raise Untested(Reason.SETUP_FAILED, "the post does not show the comments that were made")
    path = f"community/blog/comment/{encode(subject)}"
    found: dict[str, Damage | None] = {}
    for method in ("PUT", "DELETE"):
        done = _comment(portal, method, path, f"{texts[1]} alone")
        given_success(done, f"{method} on a comment")
        shown = portal.served(f"{post.path}/comment", fresh=True)
        found[method] = _comment_damage(before, by_id(shown), subject, shown)
        before = {key: view for key, view in by_id(shown).items() if key in before}
    return found


def _saying(texts: Sequence[str], shown: Exchange) -> dict[str, views.View]:
    """The comments that hold one of these texts, by their ids."""
    return {
        identity: view
        for identity, view in by_id(shown).items()
        if any(text in str(view) for text in texts)
    }


def _comment_damage(
    before: dict[str, views.View], after: dict[str, views.View], subject: str, shown: Exchange
) -> Damage | None:
    for identity in before.keys() - {subject}:
        if identity not in after:
            return Damage(f"the comment {identity} is no longer there", shown, True)
        for name in difference(before[identity], after[identity], COMMENT_MEMBERS - {"updated"}):
            return Damage(f"{name} of the comment {identity} is another", shown, True)
    return None


def _comment(portal: Portal, method: str, path: str, text: str) -> Exchange:
    body = None if method == "DELETE" else {"content": text}
    exchange = portal.ask(method, path, "json", body=as_json(body) if body else None)
    if not succeeded(exchange) and body:
        exchange = portal.ask(method, path, "json", body=as_form(body))
    return exchange
