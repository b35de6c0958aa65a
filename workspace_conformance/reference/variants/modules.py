"""Modules that a portal lacks, or that the account may not use: `no-crm`, `crm-forbidden`, ..."""

from collections.abc import Iterable

from ..faults.calls import module_of
from ..parts import Parts
from ..values import Asked, Call, Kind, Outcome, Place
from .access import DENIED
from .model import Apply, Variant, deciding, parts

_SERVED = "which modules a portal has"
_MAY = "what the account under test may do"

MODULES = (
    "calendar",
    "capabilities",
    "community",
    "crm",
    "feed",
    "files",
    "mail",
    "mailserver",
    "migration",
    "portal",
    "project",
    "security",
    "settings",
)
"""The first words of documented paths; people and groups have variants of their own."""


def absent(module: str) -> Apply:
    """Nothing of a module is there: 404, in every form."""

    def apply(to: Parts) -> None:
        inner = to.locate

        def locate(asked: Asked) -> Place:
            place = inner(asked)
            return Place(Kind.NOWHERE, suffix=place.suffix) if module_of(place) == module else place

        to.locate = locate

    return parts(apply)


def forbidden(module: str) -> Apply:
    """The account may do nothing in a module: 403, before anything is looked up."""

    def apply(to: Parts) -> None:
        inner = to.perform

        def perform(call: Call) -> Outcome:
            return DENIED if module_of(call.place) == module else inner(call)

        to.perform = perform

    return parts(apply)


# What every module is judged by: of one that the account may not use, it is left.
_JUDGED = frozenset(
    f"{prefix}-{number}"
    for prefix, numbers in {
        "REST": (1, 4, 5),
        "AUTH": (1, 2, 6, 7),
        "FMT": (1, 2, 3, 4, 5),
        "REQ": (1, 2),
        "STA": (1, 2, 3, 4, 5, 6, 8),
        "ENV": (1, 2, 3),
        "ID": (1, 2),
        "DATE": (1,),
    }.items()
    for number in numbers
)


def _aspects(module: str) -> frozenset[str]:
    more = ("blogs", "comments") if module == "community" else ()
    return deciding(f"the module {module}", *more)


def _variants() -> Iterable[Variant]:
    for name in MODULES:
        yield Variant(
            name=f"no-{name}",
            leaves_open=_SERVED,
            summary=f"no module {name}",
            apply=absent(name),
            aspects=_aspects(name),
        )
    for name in MODULES:
        yield Variant(
            name=f"{name}-forbidden",
            leaves_open=_MAY,
            summary=f"the account may not use {name}",
            apply=forbidden(name),
            aspects=_aspects(name),
            leaves=_JUDGED,
        )


VARIANTS = tuple(_variants())
"""Modules that may be missing, or closed to the account."""
