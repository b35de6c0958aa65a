"""Steps that checks share: comparing two reads, provoking an error, finding a record of a certain
make.

Each is careful before it accuses: what differs is asked again, for on a live portal other people
work too.
"""

from __future__ import annotations

import time
from collections.abc import Collection

from workspace_conformance.checks.expectations import declared, difference, given_success, violation
from workspace_conformance.contract.documented import is_documented
from workspace_conformance.contract.kinds import KINDS, PERSON, Kind
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.contents import View
from workspace_conformance.exchange.form_comparison import Difference, Path, compare, volatile
from workspace_conformance.exchange.identifiers import SUFFIXES, encode
from workspace_conformance.exchange.media import Element, Json, Refused, Unreadable, envelope, read
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal
from workspace_conformance.portal.served import Resource
from workspace_conformance.transport.client import NOBODY, succeeded, unusable

COMMENT_MEMBERS = frozenset({"id", "text", "created", "updated"})
# Readings of both forms, one after the other, that tell a difference from a change. A member that
# has one of two values by chance shows one in JSON and the other in XML each time, in 1 of 2 million.
_STILL = 10
_ATTEMPTS = 2 * _STILL
_READINGS = 6  # one after the other, of which each must differ from the one before
_PAUSE = 1.0  # seconds; longer than any two readings are apart
_LAG = 5.0  # seconds that a list may show what was before a write
_LONGEST = 10.0  # seconds for which nothing is asked
# No data of the resource, but of its answer, with requirements of their own.
_ENVELOPE = (("status",), ("statusCode",), ("count",))


# --- JSON against XML (FMT-4) ---------------------------------------------------------------------


def expect_same_data(
    portal: Portal, path: str, query: str = "", known: tuple[Exchange, Exchange] | None = None
) -> None:
    """The JSON and the XML form of a resource carry the same data; Violation names what differs.
    `known` are both forms, where they have been asked for.

    What changes between two reads of one form is not the other form's fault: what differs is read
    again, both forms in turn, and must differ each time while neither form moves.
    """
    __tracebackhide__ = True

    def asked(fmt: str, fresh: bool = False) -> Exchange:
        return portal.get(path, fmt, query=query, fresh=fresh)

    first, second = known or (asked("json"), asked("xml"))
    found = _differences(first, second, ignore=())
    moving: set[Path] = set()
    still = 0
    for _ in range(_ATTEMPTS):
        if not found:
            return
        first_before, second_before = first, second
        first, second = asked("json", True), asked("xml", True)
        moved = volatile(_json(first_before), _json(first))
        moved |= volatile(_xml(second_before), _xml(second))
        if () in moved or ("response",) in moved:
            continue  # a list that grows or shrinks meanwhile says nothing
        # A member with few values may show the same one twice, and still not be at rest.
        moving |= moved
        # What moves in one record of a list may move in each.
        members = set(map(_of_any_record, moving))
        found = [
            each
            for each in _differences(first, second, ignore=moving)
            if _of_any_record(each.path) not in members
        ]
        still += 1
        if found and still == _STILL:
            violation(second, f"the JSON and the XML form differ: {found[0].sentence}")
    if found:
        raise Untested(Reason.SETUP_FAILED, "the resource never stood still between two reads")


def differ(json: Exchange, xml: Exchange) -> bool:
    """Whether the JSON and the XML form of a resource, each as it was answered, carry other data."""
    __tracebackhide__ = True
    return bool(_differences(json, xml, ignore=()))


def _of_any_record(path: Path) -> Path:
    return tuple(part for part in path if isinstance(part, str))


def _differences(json: Exchange, xml: Exchange, ignore: Collection[Path]) -> list[Difference]:
    __tracebackhide__ = True
    return compare(_json(json), _xml(xml), ignore={*_ENVELOPE, *ignore})


def _json(exchange: Exchange) -> Json:
    __tracebackhide__ = True
    found = _read(exchange, "JSON")
    if not isinstance(found, dict):
        raise Untested(Reason.SETUP_FAILED, "the JSON form is no object")
    return found


def _xml(exchange: Exchange) -> Element:
    __tracebackhide__ = True
    return _read(exchange, "XML")


def _read(exchange: Exchange, wanted: str) -> Json | Element:
    response = given_success(exchange, f"reading the {wanted} form")
    media = declared(exchange)
    if media is None or not (media.is_json if wanted == "JSON" else media.is_xml):
        raise Untested(Reason.SETUP_FAILED, f"there is no {wanted} form to compare")
    try:
        found = read(response.body, media)
        shown = envelope(found)
    except Refused as error:
        raise Untested(
            Reason.SETUP_FAILED, f"the {wanted} form was not read, for safety: {error}"
        ) from None
    except Unreadable as error:
        raise Untested(Reason.SETUP_FAILED, f"the {wanted} form cannot be read: {error}") from None
    # An empty list has no response in XML, and perhaps no count.
    lacking = shown.media == "json" or shown.count or shown.status_code is None
    if lacking and not shown.has_response:
        raise Untested(Reason.SETUP_FAILED, f"the {wanted} form has no response to compare")
    return found


# --- reading again (REST-4) -----------------------------------------------------------------------


def documented_members(resource: Resource) -> frozenset[str]:
    """The members of a resource's records that reading may not change."""
    if resource.kind is not None:
        return resource.kind.documented
    return COMMENT_MEMBERS if resource.is_list else PERSON.documented


def expect_unchanged_by_reading(portal: Portal, resource: Resource) -> None:
    """The resource asked again says the same, each time; a change now and then may be somebody
    else's work.
    """
    __tracebackhide__ = True
    members = documented_members(resource)
    # An earlier reading of a list may have been any number of readings ago.
    earlier = portal.get(resource.path, "json", fresh=resource.is_list)
    given_success(earlier, "the first reading")
    changes: list[str] = []
    for _ in range(_READINGS):
        later = portal.get(resource.path, "json", fresh=True)
        change = change_between(earlier, later, members)
        if change is None:
            if changes:  # something has changed it since, but not this form
                _expect_unchanged_by_other_forms(portal, resource, later, members)
            return
        changes.append(change)
        earlier = later
    if resource.is_list:
        given_changed_by_reading(portal, resource.path, members)
    violation(
        later, f"asked {len(changes) + 1} times, it answers otherwise each time: {changes[-1]}"
    )


def _expect_unchanged_by_other_forms(
    portal: Portal, resource: Resource, earlier: Exchange, members: Collection[str]
) -> None:
    """The resource says the same when it has been read in XML, too, and with no suffix."""
    __tracebackhide__ = True
    change = ""
    for _ in range(_READINGS):
        for fmt in ("xml", ""):
            portal.get(resource.path, fmt, fresh=True)
        later = portal.get(resource.path, "json", fresh=True)
        found = change_between(earlier, later, members)
        if found is None:
            return
        change, earlier = found, later
    if change_between(earlier, portal.get(resource.path, "json", fresh=True), members) is None:
        violation(
            later,
            f"asked in JSON it answers otherwise after each reading in another form: {change}",
        )


def given_changed_by_reading(portal: Portal, path: str, members: Collection[str]) -> None:
    """Untested where a list changes more while nobody of us reads it: other people work on it."""
    before, soon = (portal.get(path, "json", fresh=True) for _ in range(2))
    pause(portal, max(_PAUSE, 4 * (soon.received - before.sent)))
    late = portal.get(path, "json", fresh=True)
    if _changed(soon, late, members) > 2 * _changed(before, soon, members):
        raise Untested(Reason.SETUP_FAILED, "other people keep changing what the list shows")


def _changed(earlier: Exchange, later: Exchange, members: Collection[str]) -> int:
    """How many records differ between two reads of a list."""
    before, after = by_id(earlier), by_id(later)
    same = before.keys() & after.keys()
    moved = sum(bool(difference(before[key], after[key], members)) for key in same)
    return len(before.keys() ^ after.keys()) + moved


def pause(
    portal: Portal, seconds: float, why: str = "to see whether others change the records"
) -> None:
    """Leave the target alone for a while, and say so; a plan and a replay do not wait."""
    seconds = min(seconds, _LONGEST)
    if not portal.settings.plan and portal.transport.recording is None:
        portal.transport.announce(why, seconds)
        time.sleep(seconds)


def let_list_follow(portal: Portal) -> None:
    """Wait for as long as a list may lag behind a write."""
    pause(portal, _LAG, "for the list to follow")


def is_still_listed(portal: Portal, kind: Kind, identity: str) -> bool:
    """Whether the list of a kind shows a record now."""
    listed = portal.served(kind.collection, fresh=True)
    given_success(listed, f"the list of {kind.plural}")
    return identity in by_id(listed)


def change_between(earlier: Exchange, later: Exchange, members: Collection[str]) -> str | None:
    """What differs between two reads, in words: another status, other records, other members; or
    None.
    """
    if later.response is None or earlier.response is None:
        raise unusable(later, "reading again")
    if earlier.response.status != later.response.status:
        return f"{earlier.response.status_line} became {later.response.status_line}"
    before, after = by_id(earlier), by_id(later)
    if before.keys() != after.keys():
        gone, new = before.keys() - after.keys(), after.keys() - before.keys()
        return f"records {'gone' if gone else 'new'}: {', '.join(sorted(gone or new)[:3])}"
    if list(before) != list(after):
        return "the records stand in another order"
    for identity, view in before.items():
        for name in difference(view, after[identity], members):
            return f"{name} of {identity} was {view[name]!r} and became {after[identity][name]!r}"
    return None


def by_id(exchange: Exchange) -> dict[str, View]:
    """The records of an answer by their ids."""
    return {contents.text(view, "id"): view for view in contents.records(exchange)}


# --- finding and provoking ------------------------------------------------------------------------


def dotted_person(portal: Portal) -> View:
    """A person whose user name holds a dot, listed or made; Untested where there is none."""
    return portal.known("dotted person", lambda: _dotted_person(portal))


def _dotted_person(portal: Portal) -> View:
    people = portal.served(PERSON.collection, fresh=portal.anew)
    for view in contents.records(people):
        name = contents.text(view, "userName")
        if "." in name.strip(".") and not name.lower().endswith(SUFFIXES):
            return view
    if portal.settings.allow_writes:
        record = portal.make(PERSON, "dotted.name")
        shown = portal.shown(record)
        name = contents.text(shown, "userName")
        if "." in name and not name.lower().endswith(SUFFIXES):
            return shown
    raise Untested(Reason.NOT_SERVED, "no user name on this portal holds a dot")


def provoke(portal: Portal, cause: str, fmt: str) -> Exchange:
    """An answer to a request that must fail: "no credential", "unknown record" or "unknown path"."""
    if cause == "no credential":
        return portal.get("people/@self", fmt, credential=NOBODY)
    if cause == "unknown record":
        kind = portal.kinds()[0]
        return portal.get(f"{kind.collection}/{encode(portal.unknown_id(kind))}", fmt)
    return portal.get(undocumented_paths(portal)[0], fmt)


def undocumented_paths(portal: Portal) -> list[str]:
    """Paths under api/2.0 that the documentation does not have, and that no id can be mistaken for."""
    tag = f"conformance{portal.settings.seed}"
    paths = [tag, f"{tag}/{tag}", f"people/@self/{tag}"]
    for kind in KINDS[:2]:
        known = portal.ids(kind)[:1]
        # Under a record that is there, if any: what follows its id must not be overlooked.
        paths.append("/".join([kind.collection, *(map(encode, known) if known else [tag]), tag]))
    return [path for path in paths if not is_documented(f"/api/2.0/{path}")]


def is_served_somehow(portal: Portal, path: str) -> bool:
    """Whether a path is served in any form."""
    return succeeded(portal.served(path))
