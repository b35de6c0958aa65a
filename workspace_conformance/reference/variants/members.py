"""What may stand in an envelope and in records beside what is documented, and in which order."""

import itertools
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from ..faults.wrapping import Members, map_texts
from ..store import round_trip
from ..values import Call, Json, Outcome
from .model import Apply, Variant, anew, deciding, on_envelope, on_value

_ENVELOPE = "which further members an envelope has (AU)"
_RECORD = "which further members a record has"
_DATE = "which offset a date-time is written in (FAQ)"

_FURTHER: Members = {
    "nothing": None,
    "none": [],
    "empty": {},
    "one": ["a"],
    "many": [{"type": "x", "value": 1.5}, {"type": "y", "value": None}],
    "flag": False,
    "2024 key": "not a name in XML & <more>",
}


def _backwards(value: Json) -> Json:
    if isinstance(value, list):
        return [_backwards(item) for item in value]
    if isinstance(value, dict):
        return {name: _backwards(value[name]) for name in reversed(value)}
    return value


def _without_nulls(value: Json) -> Json:
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return value


def _without_nulls_inside(members: Members) -> Json:
    """The envelope keeps its own members: response is promised, whatever it holds."""
    return {name: _without_nulls(item) for name, item in members.items()}


def on_records(change: Callable[[Members], Members]) -> Apply:
    """Change every record that a success shows, single or in a list."""

    def changed(value: Json) -> Json:
        if isinstance(value, list):
            return [change(item) if isinstance(item, dict) else item for item in value]
        return change(value) if isinstance(value, dict) and "id" in value else value

    return on_value(changed)


def _of_other_types(record: Members) -> Members:
    """The same record with members of other types, and some of the documentation's own: there, a
    group's parents are a list.
    """
    others: Members = {
        "parent": ["one", "two"],
        "category": {"id": 1, "title": "a category"},
        "status": "Active",
        "isAdmin": 1,
        "isVisitor": "no",
        "contacts": {"type": "mail"},
        "members": 3,
        "tags": "one two",
    }
    return {**record, **{name: value for name, value in others.items() if name in record}}


def _last_seen() -> Apply:
    reads = itertools.count()

    def seen(record: Members) -> Members:
        if "userName" not in record:
            return record
        read = next(reads)
        moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=read)
        return {**record, "lastSeen": round_trip(moment), "reads": read}

    return on_records(seen)


def _two_hosts() -> Apply:
    chance = random.Random(1)

    def shown(record: Members) -> Members:
        host = chance.choice(("one", "two"))
        return {**record, "image": f"https://{host}.test/i.png"} if "id" in record else record

    return on_records(shown)


def _numbered() -> Apply:
    numbers = itertools.count(1)

    def changed(call: Call, outcome: Outcome, members: Members) -> Json:
        return {"requestId": f"r-{next(numbers)}", **members, "links": [], "took": 0.25}

    return on_envelope(changed)


def _count_zero(call: Call, outcome: Outcome, members: Members) -> Json:
    is_list = isinstance(outcome.value, list)
    return {"count": 0, **members} if outcome.error is None and is_list else members


def _paging_shown(call: Call, outcome: Outcome, members: Members) -> Json:
    if outcome.error is not None or not isinstance(outcome.value, list):
        return members
    return {"startIndex": 0, "total": outcome.start + len(outcome.value), **members}


def _elsewhere(hours: float) -> Apply:
    zone = timezone(timedelta(hours=hours))

    def moved(name: str, text: str) -> str:
        if len(text) < 28 or text[4:5] != "-" or text[10:11] != "T" or text[19:20] != ".":
            return text
        try:
            moment = datetime.fromisoformat(text[:26] + text[27:])
        except ValueError:
            return text
        local = moment.astimezone(zone)
        return local.strftime("%Y-%m-%dT%H:%M:%S.") + text[20:27] + local.isoformat()[-6:]

    return on_value(lambda value: map_texts(value, moved))


def _error_says(change: Callable[[Members], Json]) -> Apply:
    def changed(call: Call, outcome: Outcome, members: Members) -> Json:
        error = members.get("error")
        return {**members, "error": change(error)} if isinstance(error, dict) else members

    return on_envelope(changed)


def _with_stack(error: Members) -> Json:
    data: Json = {"Key": "value", "inner": {"message": None}}
    stack = "   at Portal.Api.Find(String id) in c:\\api.cs:line 12\r\n   at <Main>b__0()"
    return {**error, "type": "System.Exception", "stack": stack, "data": data}


_OFFSET = deciding("offset of date-times")
_ERROR = deciding("members of errors")

VARIANTS = (
    Variant(
        name="members-more",
        leaves_open=_RECORD,
        summary="further members of every make",
        apply=on_records(lambda record: {**record, **_FURTHER}),
    ),
    Variant(
        name="members-of-other-types",
        leaves_open="which type a member has",
        summary="members of other types: lists, objects, numbers and texts",
        apply=on_records(_of_other_types),
    ),
    Variant(
        name="last-seen",
        leaves_open=_RECORD,
        summary="a person's lastSeen changes on every read",
        apply=anew(_last_seen),
    ),
    Variant(
        name="two-hosts",
        leaves_open=_RECORD,
        summary="an image is at either of two hosts, by chance",
        apply=anew(_two_hosts),
    ),
    Variant(
        name="dates-east",
        leaves_open=_DATE,
        summary="date-times at +05:30",
        apply=_elsewhere(5.5),
        aspects=_OFFSET,
    ),
    Variant(
        name="dates-west",
        leaves_open=_DATE,
        summary="date-times at -07:00",
        apply=_elsewhere(-7),
        aspects=_OFFSET,
    ),
    Variant(
        name="envelope-more",
        leaves_open=_ENVELOPE,
        summary="further members, one new on every answer",
        apply=anew(_numbered),
    ),
    Variant(
        name="count-zero",
        leaves_open="count may be left out when 0 (AU)",
        summary="count of an empty list shown as 0",
        apply=on_envelope(_count_zero),
    ),
    Variant(
        name="paging-shown",
        leaves_open=_ENVELOPE,
        summary="startIndex and total on every list",
        apply=on_envelope(_paging_shown),
    ),
    Variant(
        name="error-message-only",
        leaves_open="what error holds (AU)",
        summary="error holds a message alone",
        apply=_error_says(lambda error: {"message": error["message"]}),
        aspects=_ERROR,
    ),
    Variant(
        name="error-stack",
        leaves_open="what error holds (AU)",
        summary="error holds type, stack and data as well",
        apply=_error_says(_with_stack),
        aspects=_ERROR,
    ),
    Variant(
        name="error-text",
        leaves_open="what error holds (AU)",
        summary="error is the message itself",
        apply=_error_says(lambda error: error["message"]),
        aspects=_ERROR,
    ),
    Variant(
        name="nulls-left-out",
        leaves_open="whether a member without a value is shown",
        summary="null members left out",
        apply=on_envelope(lambda call, outcome, members: _without_nulls_inside(members)),
    ),
    Variant(
        name="members-backwards",
        leaves_open="in which order members stand",
        summary="all members in the opposite order",
        apply=on_envelope(lambda call, outcome, members: _backwards(members)),
    ),
)
"""What envelopes and records may hold."""
