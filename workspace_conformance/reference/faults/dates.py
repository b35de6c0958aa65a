"""Faults of date-times."""

import re
from collections.abc import Callable, Collection
from datetime import datetime
from email.utils import format_datetime

from ..values import Form, Json, Kind
from .calls import ABOUT_PEOPLE, ABOUT_POSTS, RECORDS, When, where
from .model import Fault
from .wrapping import Apply, map_texts, on_response

_ROUND_TRIP = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.(\d{7})(Z|[+-]\d\d:\d\d)")
_ALL = RECORDS | {Kind.LOGIN}
_COMMENTS = (Kind.COMMENTS, Kind.COMMENT)


def written(write: Callable[[re.Match[str]], Json], when: When) -> Apply:
    """Write date-times another way: their day, time, fraction and offset are groups 1 to 4."""

    def change(_: str, text: str) -> Json:
        match = _ROUND_TRIP.fullmatch(text)
        return text if match is None else write(match)

    return on_response(lambda value: map_texts(value, change), when=when)


def _dates(
    write: Callable[[re.Match[str]], Json],
    kinds: Collection[Kind] = _ALL,
    *methods: str,
    suffixes: Collection[Form | None] = (),
) -> Apply:
    return written(write, where(*methods, kinds=kinds, suffixes=suffixes))


def in_words(match: re.Match[str]) -> str:
    return format_datetime(datetime.fromisoformat(f"{match[1]}T{match[2]}{match[4]}"))


def since_1970(match: re.Match[str]) -> int:
    return int(datetime.fromisoformat(f"{match[1]}T{match[2]}{match[4]}").timestamp())


def _basic_offset(match: re.Match[str]) -> str:
    offset = "+0000" if match[4] == "Z" else match[4].replace(":", "")
    return f"{match[1]}T{match[2]}.{match[3]}{offset}"


FAULTS = (
    Fault(
        name="date-no-fraction",
        requirement="DATE-1",
        summary="date-times have no fraction of a second",
        apply=_dates(lambda m: f"{m[1]}T{m[2]}{m[4]}"),
    ),
    Fault(
        name="date-no-offset",
        requirement="DATE-1",
        summary="date-times have neither Z nor an offset",
        apply=_dates(lambda m: f"{m[1]}T{m[2]}.{m[3]}"),
    ),
    Fault(
        name="date-space",
        requirement="DATE-1",
        summary="date-times have a space in place of T",
        apply=_dates(lambda m: f"{m[1]} {m[2]}.{m[3]}{m[4]}"),
    ),
    Fault(
        name="date-as-number",
        requirement="DATE-1",
        summary="date-times are seconds since 1970",
        apply=_dates(since_1970),
    ),
    Fault(
        name="date-offset-no-colon",
        requirement="DATE-1",
        summary="offsets are written +0300",
        apply=_dates(_basic_offset),
    ),
    Fault(
        name="date-in-words",
        requirement="DATE-1",
        summary="date-times are written Mon, 04 Mar 2024",
        apply=_dates(in_words),
    ),
    Fault(
        name="date-of-posts-3-digits",
        requirement="DATE-1",
        summary="posts: date-times have three digits of a second",
        apply=_dates(lambda m: f"{m[1]}T{m[2]}.{m[3][:3]}{m[4]}", ABOUT_POSTS),
    ),
    Fault(
        name="date-of-people-local",
        requirement="DATE-1",
        summary="people: date-times have neither Z nor an offset",
        apply=_dates(lambda m: f"{m[1]}T{m[2]}.{m[3]}", ABOUT_PEOPLE),
    ),
    Fault(
        name="date-of-comments-day",
        requirement="DATE-1",
        summary="comments: date-times are days",
        apply=_dates(lambda m: m[1], _COMMENTS),
    ),
    Fault(
        name="date-of-no-day",
        requirement="DATE-1",
        summary="date-times are of the 30th of February",
        apply=_dates(lambda m: f"{m[1][:4]}-02-30T{m[2]}.{m[3]}{m[4]}"),
    ),
    Fault(
        name="date-small-letters",
        requirement="DATE-1",
        summary="date-times have t and z in place of T and Z",
        apply=_dates(lambda m: m[0].lower()),
    ),
    Fault(
        name="date-no-fraction-after-put",
        requirement="DATE-1",
        summary="PUT of a post: date-times have no fraction of a second",
        apply=_dates(lambda m: f"{m[1]}T{m[2]}{m[4]}", (Kind.POST,), "PUT"),
    ),
    Fault(
        name="date-no-fraction-by-default",
        requirement="DATE-1",
        summary="GET with no suffix: date-times have no fraction of a second",
        apply=_dates(lambda m: f"{m[1]}T{m[2]}{m[4]}", RECORDS, "GET", suffixes=(None,)),
    ),
    Fault(
        name="date-of-expiry-6-digits",
        requirement="DATE-1",
        summary="login: expires has six digits of a second",
        apply=_dates(lambda m: f"{m[1]}T{m[2]}.{m[3][:6]}{m[4]}", (Kind.LOGIN,)),
    ),
)
