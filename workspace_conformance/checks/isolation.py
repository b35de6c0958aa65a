"""Whether writing one record disturbs others (REST-2), told apart from what other people do
meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from workspace_conformance.checks import comments
from workspace_conformance.checks.expectations import difference, given_success, violation
from workspace_conformance.checks.repeated_reads import (
    COMMENT_MEMBERS,
    by_id,
    let_list_follow,
    pause,
)
from workspace_conformance.contract.kinds import Kind
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.ownership import bears, kept, whole_list
from workspace_conformance.portal.records import Portal, Record
from workspace_conformance.transport.client import succeeded

_ATTEMPTS = 3


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
    """The life of a record between two neighbours.

    damage: what each of its turns did to others, by method. listed: the list that shows it after its
    PUT, None where what the PUT reported as changed is not shown there; is_outdated: whether it
    shows it as it was before. listing: the list that shows it still after its DELETE, None where
    none does.
    """

    damage: dict[str, Damage | None]
    listed: Exchange | None
    is_outdated: bool
    listing: Exchange | None


def still_listed(portal: Portal, place: int) -> Exchange | None:
    """The list that shows a record of ours after its DELETE succeeded; None where none does."""
    return _life(portal, portal.kind_at(place), 1).listing


def expect_listed_as_updated(portal: Portal, place: int) -> None:
    """After a PUT the list shows a record of ours no longer as it was, where it shows it whole."""
    __tracebackhide__ = True
    found = _life(portal, portal.kind_at(place), 1)
    if found.listed is None:
        raise Untested(Reason.SETUP_FAILED, "the list shows nothing of what the update reported")
    if found.is_outdated:
        violation(found.listed, "PUT reported another text, and the list still shows the old one")


def _life(portal: Portal, kind: Kind, attempt: int) -> Life:
    key = ("isolation", kind.name, attempt)
    _witnesses(portal)
    return portal.once(key, partial(_experiment, portal, kind, attempt))


def _experiment(portal: Portal, kind: Kind, attempt: int) -> Life:
    left, subject, right = (
        portal.make(kind, "isolated", where, attempt) for where in ("left", "own", "right")
    )
    neighbours = {left.id, right.id}
    before = _state(portal, kind, right)
    portal.foreign.listed(kind, before[0])
    found: dict[str, Damage | None] = {}
    updated, listed, is_outdated = portal.change(subject, "alone"), None, False
    for method in ("PUT", "DELETE"):
        done = updated if method == "PUT" else portal.ask("DELETE", subject.path, "json")
        given_success(done, f"{method} on a record of ours")
        after = _state(portal, kind, right)
        if method == "PUT":
            listed, is_outdated = _listed_after(portal, subject, done, after[0])
        found[method] = _difference(portal, subject, before, after, neighbours)
        if found[method] is not None:
            _given_still(portal, subject, right, after[1].received - before[0].sent)
        before = after
    return Life(found, listed, is_outdated, _listing(portal, subject, before[0]))


def _listed_after(
    portal: Portal, subject: Record, updated: Exchange, after: Exchange
) -> tuple[Exchange | None, bool]:
    """The list that shows what the PUT reported as changed, and whether it shows it as it was before
    the PUT; a list may lag behind, but not for long, and may show less than the record's own URL.
    """
    kind, old = subject.kind, portal.fields(subject.kind, subject.name)
    reported = _changed(kind, old, contents.record(updated))
    # Where the PUT reports nothing of it, the record's own URL tells what has changed.
    changed = reported or _changed(kind, old, portal.shown(subject))

    def shown(listed: Exchange) -> contents.View:
        pages = by_id(listed) if subject.id in by_id(listed) else whole_list(portal, kind)
        return (pages or {}).get(subject.id, {})

    def is_old(view: contents.View) -> bool:
        return any(kept(kind, member, old, contents.text(view, member)) for member in changed)

    view = shown(after)
    if not any(contents.text(view, member) for member in changed):
        return None, False
    if not is_old(view):
        return after, False
    if not reported:
        return None, False
    let_list_follow(portal)
    again = portal.served(kind.collection, fresh=True)
    return again, succeeded(again) and is_old(shown(again))


def _changed(kind: Kind, old: dict[str, str], now: contents.View | None) -> list[str]:
    """The texts of a record that are no longer those that it was made with."""
    return [
        member
        for member, field in kind.carried.items()
        if field in old
        and contents.text(now, member)
        and not kept(kind, member, old, contents.text(now, member))
    ]


def _witnesses(portal: Portal) -> list[tuple[Record, Exchange]]:
    """A record of ours of each kind, as it was before any of these lives; and a post with comments."""
    return portal.once("isolation witnesses", lambda: _all_witnesses(portal))


def _all_witnesses(portal: Portal) -> list[tuple[Record, Exchange]]:
    comments.are_open(portal, "POST")  # makes a post with comments, which is looked at afterwards
    return [_witness(portal, kind) for kind in portal.creatable()]


def _witness(portal: Portal, kind: Kind) -> tuple[Record, Exchange]:
    record = portal.spare(kind)
    served = portal.served(record.path, fresh=True)
    if _is_gone(served):
        record = portal.make(kind, "isolated", "witness")
        served = portal.served(record.path, fresh=True)
    return record, served


def _is_gone(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status in (404, 410)


def expect_other_kinds_untouched(portal: Portal) -> None:
    """PUT and DELETE on records of every kind leave a record of ours of each kind alone, and a
    comment.

    Where the account can make one kind only, that kind's own neighbours stand for the others.
    """
    __tracebackhide__ = True
    kinds = portal.creatable()
    if len(kinds) == 1 and not comments.are_open(portal, "POST"):
        expect_others_untouched(portal, "PUT", 1)
        return
    witnesses = _witnesses(portal)
    unjudged: Untested | None = None
    for kind in kinds:
        try:
            _life(portal, kind, 1)
        except Untested as why:
            unjudged = unjudged or why
    names = ", ".join(each.plural for each in kinds)
    for record, was in witnesses:
        given_success(was, f"a {record.kind.name} of ours")
        now = portal.served(record.path, fresh=True)
        words = _become(record.kind, was, now)
        if words is None:
            continue
        again = portal.served(record.path, fresh=True)
        if not _is_gone(now) and _become(record.kind, now, again) is not None:
            raise Untested(Reason.SETUP_FAILED, "records do not stand still between two readings")
        violation(now, f"after PUT and DELETE on other records ({names}), {words}")
    if comments.are_open(portal, "POST"):
        _expect_first_comment(portal, names)
    if unjudged is not None:
        raise unjudged


def _expect_first_comment(portal: Portal, names: str) -> None:
    """A comment of ours on a post of ours is still there, as it was; nothing of the run changes it."""
    __tracebackhide__ = True
    found = comments.discussion(portal)
    identity = found.ids().get(found.texts[0], "")
    was = by_id(found.listed).get(identity)
    if was is None:
        return
    now = portal.served(found.path, fresh=True)
    if _is_gone(now) and _is_gone(portal.served(found.path, fresh=True)):
        violation(
            now, f"after PUT and DELETE on other records ({names}), a post is no longer there"
        )
    given_success(now, "the comments of a post of ours")
    damage = _comment_damage({identity: was}, by_id(now), now)
    if damage is not None:
        violation(now, f"after PUT and DELETE on other records ({names}), {damage.words}")


def _become(kind: Kind, was: Exchange, now: Exchange) -> str | None:
    """What has become of a record of ours, in words; None where it is as it was."""
    if _is_gone(now):
        return f"a {kind.name} is no longer there"
    given_success(now, f"a {kind.name} of ours")
    before, after = contents.record(was), contents.record(now)
    for name in difference(before, after, kind.documented - {"updated"}):
        assert before is not None
        assert after is not None
        return f"{name} of a {kind.name} was {before[name]!r} and is {after[name]!r}"
    return None


def _listing(portal: Portal, deleted: Record, listed: Exchange) -> Exchange | None:
    """The list that shows a deleted record; a list may lag behind, but not for long."""
    if not _shows(listed, deleted):
        return None
    let_list_follow(portal)
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
            path = f"{kind.collection}/{encode(identity)}"
            # Other records of ours come, change and go, but none goes that nobody removes.
            is_ours = contents.text(view, kind.mark).startswith(portal.name(""))
            if is_ours and not certain and (identity in now or not portal.foreign.is_kept(path)):
                continue
            if identity not in now:
                # A page of a list may have moved on: only its own URL tells.
                if not succeeded(portal.served(path, fresh=True)):
                    return Damage(f"the record {identity} is no longer there", shown, certain)
                continue
            for name in difference(view, now[identity], members):
                words = f"{name} of {identity} was {view[name]!r} and is {now[identity][name]!r}"
                return Damage(words, shown, certain)
    return None


def expect_other_comments_untouched(portal: Portal, method: str) -> None:
    """A PUT or DELETE on one comment leaves the other comments of the post as they were.

    Where they may not be written, the portal's first kind of record takes their place.
    """
    __tracebackhide__ = True
    if not comments.are_open(portal, method):
        expect_others_untouched(portal, method, 1)
        return
    _witnesses(portal)
    turn = comments.turn(portal, method)
    given_success(turn.asked, f"{method} on a comment")
    if _is_gone(turn.after) and succeeded(turn.before):
        path = comments.discussion(portal).path
        if _is_gone(portal.served(path, fresh=True)):
            violation(turn.after, f"after {method} on one comment its post is no longer there")
    given_success(turn.after, "the comments of the post")
    others = [each for each in comments.discussion(portal).ids().values() if each != turn.subject]
    before = {key: view for key, view in by_id(turn.before).items() if key in others}
    if not before:
        raise Untested(Reason.SETUP_FAILED, "there is no other comment (any more)")
    damage = _comment_damage(before, by_id(turn.after), turn.after)
    if damage is not None:
        violation(damage.shown, f"{method} on one comment changed another: {damage.words}")


def _comment_damage(
    before: dict[str, contents.View], after: dict[str, contents.View], shown: Exchange
) -> Damage | None:
    for identity in before:
        if identity not in after:
            return Damage(f"the comment {identity} is no longer there", shown, True)
        for name in difference(before[identity], after[identity], COMMENT_MEMBERS - {"updated"}):
            return Damage(f"{name} of the comment {identity} is another", shown, True)
    return None
