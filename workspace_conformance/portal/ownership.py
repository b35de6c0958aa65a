"""Telling records of this run from everybody else's, so that nobody else's is ever touched.

Before the first record is made, all that is there is looked at once. Names of ours then begin with
what no record there begins with: whatever bears such a name later was made by this run.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import unescape

from workspace_conformance.contract.documented import literal_siblings
from workspace_conformance.contract.kinds import KINDS, Kind, letters
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Untested
from workspace_conformance.portal.served import Served

FORMATS = ("json", "xml", "")
_PAGES = 50  # pages of a list that are read
_FEW_PAGES = 4  # of kinds that live one life each, before it

# Texts that look like something else, by their class. An update may call a record of ours so in place
# of its name, and it is still ours.
ODD_TEXTS = {
    "number": "0012.50",
    "true": "True",
    "null": "null",
    "date": "2026-11-28",
    # Where a portal has rules for its texts, and takes none of the others.
    "mild": "changed",
    "edges": "  edges\tand\nlines & <i>mark-up</i> ]]> Cafe\u0301 \U0001f600 'a' \"b\" ",
}


@dataclass(frozen=True, slots=True)
class Before:
    """The records of a kind that were there before this run made any.

    ids: theirs. marks: the members by which ours would be known, in lower case. whole: whether the
    list was read to its end.
    """

    ids: frozenset[str]
    marks: frozenset[str]
    whole: bool


def before(portal: Served, kind: Kind) -> Before:
    """The records of a kind that were there before this run made any; looked at once."""
    return portal.known(("before", kind.name), lambda: _survey(portal, kind))


def _survey(portal: Served, kind: Kind) -> Before:
    # The list that was asked for when the kinds of records were found out: nothing was made since.
    pages = _PAGES if kind.core else _FEW_PAGES
    found = _pages(portal, kind, pages, portal.list_of(kind))
    if found is None:
        return Before(frozenset(), frozenset(), False)
    listed, whole = found
    members = (kind.mark, *kind.carried)
    marks = {contents.text(view, name).lower() for view in listed.values() for name in members}
    return Before(frozenset(listed), frozenset(marks), whole)


def prefix(portal: Served, kind: Kind | None = None) -> str:
    """How names of this run begin: `conformance-<seed>`, with a number where that is taken; names of
    a kind that lives one life as those of the others, with a number more where one of its kind
    begins so.

    Where a list is too long to be read to its end, what is taken cannot be known: the name is then
    one that depends on all that was seen, and that no earlier run can have had.
    """
    begin = portal.known(
        "prefix", lambda: _free_prefix(portal, f"conformance-{portal.settings.seed}", KINDS)
    )
    if kind is None or kind.core:
        return begin
    return portal.known(("prefix", kind.name), lambda: _free_prefix(portal, begin, [kind]))


def _free_prefix(portal: Served, base: str, kinds: Sequence[Kind]) -> str:
    surveys = [before(portal, kind) for kind in kinds]
    if any(survey.ids and not survey.whole for survey in surveys):
        seen = "\n".join(sorted(id_ for survey in surveys for id_ in survey.ids))
        return f"{base}-{hashlib.sha256(seen.encode()).hexdigest()[:12]}"
    marks = {mark for survey in surveys for mark in survey.marks}
    number, name = 1, base
    while any(mark.startswith((f"{name}-", letters(f"{name}-").lower())) for mark in marks):
        number += 1
        name = f"{base}-{number}"
    return name


def can_be_ours(portal: Served, kind: Kind, identity: str) -> bool:
    """Whether the id that a creation was answered with can be that of a record of ours: it is not
    one that was there before, and no word of the documentation's own (`@self`).
    """
    if identity in before(portal, kind).ids or identity in portal.ids(kind):
        return False
    literal = literal_siblings(f"/api/2.0/{kind.folder}")
    return identity not in (".", "..") and identity.casefold() not in literal


def is_somebody_elses(portal: Served, kind: Kind, found: Exchange, name: str) -> bool:
    """Whether what is served at the place that a creation told is a record of somebody else's: one
    that was there before, by another of its names (a user name, another spelling of its id); or one
    whose name cannot have come of ours: cut off, with more around it, in other letters it could. A
    portal may make up a name, too; but then the record is one that the list shows only now.
    """
    view = contents.record(found) if found.succeeded else None
    if contents.text(view, kind.id) in before(portal, kind).ids:
        return True
    return is_named_otherwise(kind, view, name) and not _is_new(portal, kind, view)


def _is_new(portal: Served, kind: Kind, view: contents.View | None) -> bool:
    """Whether the list shows a record now, and did not when this run began."""
    if view is None or not before(portal, kind).whole or _is_made_by_another(portal, view):
        return False
    return contents.text(view, kind.id) in (whole_list(portal, kind) or {})


def is_named_otherwise(kind: Kind, view: contents.View | None, name: str) -> bool:
    """Whether a record shows a name, and one that cannot have come of ours."""
    return bool(contents.text(view, kind.mark).strip()) and not may_bear(kind, view, name)


def may_bear(kind: Kind, view: contents.View | None, name: str) -> bool:
    """Whether a record shows a name that can have come of ours."""
    mark, own = contents.text(view, kind.mark).strip().casefold(), name.casefold()
    return bool(mark) and (mark in own or own in mark)


def whole_list(portal: Served, kind: Kind, pages: int = _PAGES) -> dict[str, contents.View] | None:
    """Every record of a kind by id, page after page; None when the list cannot be read."""
    found = _pages(portal, kind, pages)
    return None if found is None else found[0]


def bears(kind: Kind, view: contents.View, name: str) -> bool:
    """Whether a record carries our name: as a whole word, so that 'x-1' is not found in 'x-10'.

    In whichever case: names of ours are in small letters, and a portal may begin one with a capital.
    """
    mark = contents.text(view, kind.mark).lower()
    after = mark[len(name) : len(name) + 1]
    return mark.startswith(name) and after in ("", " ", "@")


def is_another(
    portal: Served, kind: Kind, view: contents.View, name: str, ours: Iterable[str]
) -> bool:
    """Whether a record that stands where the one called `name` did is not it: an id may be given
    again.

    That is, somebody else made it; or it is another of `ours`, the names of this run's records of
    that kind.
    """
    if _is_made_by_another(portal, view):
        return True
    if bears(kind, view, name):
        return False
    return any(bears(kind, view, other) for other in ours)


def kept(kind: Kind, member: str, fields: Mapping[str, str], shown: str) -> bool:
    """Whether a member's text is that of the field it carries; or has its words, where mark-up
    around them is the portal's business. So are escapes for a page, capitals, and white space.
    """
    if member in kind.carried:
        return plain(shown) == plain(fields[kind.carried[member]])
    words = re.findall(r"[^\W_](?:[^\W_]|-){2,}", fields[kind.holds[member]])
    return all(plain(word) in plain(shown) for word in words)


def plain(text: str) -> str:
    """A text without what a portal may change of it: escapes, capitals, white space."""
    return " ".join(unescape(text).split()).casefold()


def taken_over(
    kind: Kind,
    fields: Mapping[str, str],
    earlier: contents.View | None,
    after: contents.View | None,
) -> str | None:
    """The first member in which a record shows what a write was to set, and before it did not."""
    for member, field in (kind.carried | kind.holds).items():
        if field not in fields or member not in (after or {}):
            continue
        shown = [
            kept(kind, member, fields, contents.text(view, member)) for view in (earlier, after)
        ]
        if shown == [False, True]:
            return member
    return None


def _is_made_by_another(portal: Served, view: contents.View) -> bool:
    """Whether a record says that another account made it."""
    maker = view.get("createdBy") or view.get("createBy")
    if isinstance(maker, dict) and (by := contents.text(maker, "id")):
        with contextlib.suppress(Untested):
            return by.lower() != contents.text(portal.me(), "id").lower()
    return False


def _pages(
    portal: Served, kind: Kind, pages: int, first: Exchange | None = None
) -> tuple[dict[str, contents.View], bool] | None:
    """The records of a list by id, and whether its end was seen within so many pages; `first` is its
    first page where that is known.
    """
    for fmt in FORMATS:
        path = portal.url(kind.listing, fmt)
        if first is not None and first.request.url != path:
            continue
        exchange = first or portal.get(kind.listing, fmt, fresh=True)
        if exchange.succeeded and contents.value(exchange.response) is not None:
            break
    found: dict[str, contents.View] = {}
    for _ in range(pages):
        if found:
            query = f"startIndex={len(found)}"
            exchange = portal.get(kind.listing, fmt, query=query, fresh=True)
        if not exchange.succeeded:
            return (found, False) if found else None
        page = {
            contents.text(view, kind.id): view for view in contents.records(exchange, kind.list_in)
        }
        new = page.keys() - found.keys()
        found.update(page)
        if not new:
            return found, True
    return found, False
