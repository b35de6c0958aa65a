"""The decisive chain of exchanges of a violation: what made the record, what was done to it, and the
answers that contradict one another, in the order of sending.

A case rests on more than that: lists in which it looked for an id, what other checks share with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from workspace_conformance.contract.kinds import Kind, all_kinds
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.messages import Exchange

MOST = 8  # exchanges of one chain

_SUFFIX = re.compile(r"\.(?:json|xml)$")
_COMMENT = re.compile(r"(community/(?:blog|event|bookmark|forum|wiki))/[^/]+/comment$")


@dataclass(frozen=True, slots=True)
class Made:
    """A record that an exchange of a chain made: its id, and where it is read and deleted; `listing`
    lists its like (empty where nothing does).
    """

    id: str
    item: str
    listing: str


def chain(
    numbers: Iterable[int], shown_by: int | None, exchanges: Mapping[int, Exchange]
) -> list[Exchange]:
    """The chain of a case that rests on the exchanges `numbers`, of which `shown_by` shows the
    violation; empty where that is not known.
    """
    told = exchanges.get(shown_by or 0)
    if told is None:
        return []
    seen = sorted((exchanges[n] for n in {*numbers, told.number} if n in exchanges), key=_when)
    makers = {one.number: made for one in seen if (made := made_by(one)) is not None}
    wanted = {made.id for n, made in makers.items() if n == told.number or _names(told, made.id)}
    for one in reversed(seen):  # what was made below another record needs that record
        if one.number in makers and makers[one.number].id in wanted:
            wanted |= {made.id for made in makers.values() if _names(one, made.id)}
    kept = [one for one in seen if one is told or _belongs(one, told, wanted, makers)]
    if (
        told.request.safe
        and wanted
        and all(one.request.safe or one.number in makers for one in kept)
    ):
        # Nothing was done to the record itself: what was done to others has changed it.
        others = [one for one in seen if not one.request.safe and _when(one) < _when(told)]
        named = {n for n, made in makers.items() if any(_names(one, made.id) for one in others)}
        kept = [one for one in seen if one in kept or one in others[-4:] or one.number in named]
    return _shortest(_until_next_write(kept, seen, told), told, makers)


def _belongs(one: Exchange, told: Exchange, wanted: set[str], makers: Mapping[int, Made]) -> bool:
    if one.number in makers and makers[one.number].id in wanted:
        return True
    same = base(one.request.url) == base(told.request.url)
    about = any(_names(one, name) for name in wanted)
    if one.request.safe:
        return same or about
    earlier = _when(one) <= _when(told)
    return earlier and (about or (same and told.request.safe))


def _until_next_write(kept: list[Exchange], seen: list[Exchange], told: Exchange) -> list[Exchange]:
    """Of what came after the telling exchange, that which no further write stands before; after a
    write the next two readings.
    """
    before = [one for one in kept if _when(one) <= _when(told)]
    after = [one for one in seen if _when(one) > _when(told)]
    write = next((one for one in after if not one.request.safe), None)
    if write is None or told.request.safe:
        ended = kept if write is None else [one for one in kept if _when(one) < _when(write)]
        return [one for one in kept if one in before or one in ended]
    # What writes that were sent together did is read when all were.
    return [*before, *(one for one in kept if one in after and one.request.safe)][: len(before) + 2]


def _shortest(kept: list[Exchange], told: Exchange, makers: Mapping[int, Made]) -> list[Exchange]:
    """The chain within its bound: those that make records, the telling one, writes, and of the
    others those nearest to it. Of equal questions in a row the last two stay.
    """

    def weight(one: Exchange) -> tuple[bool, bool, bool, float]:
        distance = abs(_when(one) - _when(told))
        return one is not told, one.number not in makers, one.request.safe, distance

    rows: list[Exchange] = []
    for one in kept:
        if len(rows) > 1 and rows[-1].request == rows[-2].request == one.request != told.request:
            rows.pop()
        rows.append(one)
    chosen = {one.number for one in sorted(rows, key=weight)[:MOST]}
    return [one for one in rows if one.number in chosen]


def _when(exchange: Exchange) -> float:
    return exchange.sent


def base(url: str) -> str:
    """The path of a URL without its format suffix."""
    return _SUFFIX.sub("", urlsplit(url).path)


def _names(exchange: Exchange, identity: str) -> bool:
    """Whether a request names a record: in its path, or in its body."""
    parts = {unquote(part) for part in base(exchange.request.url).split("/")}
    if identity in parts:
        return True
    return len(identity) > 8 and identity.encode() in exchange.request.body


def made_by(exchange: Exchange) -> Made | None:
    """The record that a POST has made, by its answer; None where it made none that has a place."""
    if exchange.request.method != "POST" or not exchange.succeeded:
        return None
    path = base(exchange.request.url)
    _, mark, rest = path.partition("/api/2.0/")
    if not mark:
        return None
    view = contents.record(exchange)
    comment = _COMMENT.fullmatch(rest)
    if comment is not None:
        identity = contents.text(view, "id")
        return (
            Made(identity, f"{comment[1]}/comment/{quote(identity, safe='')}", "")
            if identity
            else None
        )
    kind = kind_at(rest)
    identity = contents.text(view, kind.id) if kind else ""
    if kind is None or not identity:
        return None
    return Made(identity, kind.at(quote(identity, safe="")), kind.listing)


def kind_at(path: str) -> Kind | None:
    """The kind of the records that a POST to this path (below api/2.0) makes."""
    return next((kind for kind in all_kinds() if _pattern(kind.make).fullmatch(path)), None)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, re.split(r"\{\w+\}", path))))
