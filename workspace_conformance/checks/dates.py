"""Date-times in answers: which members hold one, and whether it has the round-trip form (FAQ)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import Any

from workspace_conformance.checks.expectations import violation
from workspace_conformance.contract import openapi
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.exchange.texts import printable
from workspace_conformance.transport.client import succeeded

ROUND_TRIP = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{7}"
    r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))",
    re.ASCII,
)


def is_round_trip(text: str) -> bool:
    """Whether a text is a date-time in the round-trip form, of a day that there is."""
    if not ROUND_TRIP.fullmatch(text):
        return False
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


@cache
def members() -> frozenset[str]:
    """Names of the members that the documents of the contract describe as date-times."""
    return frozenset(_found(openapi.document()["components"]["schemas"]))


def _found(schema: Any, name: str = "") -> Iterator[str]:
    if isinstance(schema, dict):
        if name and str(schema.get("$ref", "")).endswith("/DateTime"):
            yield name
        for key, inner in schema.items():
            # What stands under properties is named; what stands under a keyword keeps its owner's
            # name.
            if key == "properties" and isinstance(inner, dict):
                for member, described in inner.items():
                    yield from _found(described, member)
            else:
                yield from _found(inner, name)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _found(inner, name)


def date_times(view: Any, wanted: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Members that hold date-times, wherever they stand in a record, with their texts; empty ones
    left out.
    """
    if isinstance(view, dict):
        for name, value in view.items():
            if name in wanted:
                if value:
                    yield name, value if isinstance(value, str) else "an object or a list"
            else:
                yield from date_times(value, wanted)
    elif isinstance(view, list):
        for value in view:
            yield from date_times(value, wanted)


def expect_round_trip(
    exchanges: Sequence[Exchange],
    wanted: frozenset[str] | None = None,
    without: Reason = Reason.NOT_SERVED,
) -> None:
    """Every documented date-time in the answers has the round-trip form; Untested where there is
    none, for the reason `without`. `wanted` names members that hold one in place of the usual ones.
    """
    __tracebackhide__ = True
    names = members() if wanted is None else wanted
    seen = 0
    for exchange in exchanges:
        if not succeeded(exchange):
            continue
        for name, value in date_times(contents.records(exchange), names):
            seen += 1
            if not is_round_trip(value):
                violation(
                    exchange,
                    f"{name} is {printable(value)}; "
                    "expected a form such as 2008-04-10T06:30:00.0000000-07:00",
                )
    if not seen:
        raise Untested(without, "no answer shows a date-time")
