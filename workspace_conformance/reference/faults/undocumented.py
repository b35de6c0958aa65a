"""Faults of paths that are not documented, by method and place."""

import re
from dataclasses import replace

from ..parts import Parts
from ..values import Asked, Call, Kind, Outcome, Place
from .model import Fault
from .wrapping import Apply, instead

_BELOW = re.compile(r"^/api/2\.0/(people|group|community/blog)/[^/]+/.+")
_BESIDE = re.compile(r"^/api/2\.0/[^/]+$")
_ALL = ("GET", "POST", "PUT", "DELETE", "PATCH")
_SELF = re.compile(r"^/api/2\.0/people/@self/.+")


def _served(method: str, there: re.Pattern[str]) -> Apply:
    """Serve a method on paths that lead nowhere."""

    def find(parts: Parts, call: Call) -> Outcome | None:
        nowhere = call.place.kind is Kind.NOWHERE
        if not nowhere or call.asked.method != method or not there.match(call.asked.path):
            return None
        return Outcome(201 if method == "POST" else 200, value={})

    return instead(find)


def _version(number: str, method: str) -> Apply:
    """Serve a method in another version of the API as in this one."""

    def apply(parts: Parts) -> None:
        inner = parts.locate

        def located(asked: Asked) -> Place:
            if asked.method == method:
                path = re.sub(rf"^/api/{re.escape(number)}/", "/api/2.0/", asked.path)
                asked = replace(asked, path=path)
            return inner(asked)

        parts.locate = located

    return apply


FAULTS = (
    *(
        Fault(
            name=f"{method.lower()}-{word}",
            requirement="STA-7",
            summary=f"{method} of {words}: a success",
            apply=_served(method, form),
        )
        for word, words, form, methods in (
            ("below-records", "any path below a record", _BELOW, _ALL),
            ("beside-modules", "any path beside the modules", _BESIDE, _ALL),
            ("below-self", "any path below people/@self", _SELF, ("GET",)),
        )
        for method in methods
    ),
    *(
        Fault(
            name=f"{method.lower()}-in-version-{number[:1]}",
            requirement="STA-7",
            summary=f"{method} in api/{number} is that in api/2.0",
            apply=_version(number, method),
        )
        for number, methods in (("1.0", ("GET", "POST", "DELETE")), ("3.0", ("GET", "PUT")))
        for method in methods
    ),
)
"""Faults of undocumented paths."""
