"""Lawful ways in which a portal can differ, to see that no check minds.

The documentation leaves much open. Each variant uses one such point, is declared in one place, and
wraps a portal's parts, its application, or what is written on the connection; the portal itself
knows of none. Variants can be combined, but for those that decide the same.
"""

import difflib
from collections.abc import Iterable
from itertools import combinations

from . import (
    access,
    company,
    headers,
    holdings,
    json,
    logins,
    members,
    modules,
    people,
    places,
    refusals,
    timing,
    wire,
    xml,
)
from .model import Variant

VARIANTS: tuple[Variant, ...] = (
    *timing.VARIANTS,
    *holdings.VARIANTS,
    *members.VARIANTS,
    *places.VARIANTS,
    *access.VARIANTS,
    *logins.VARIANTS,
    *modules.VARIANTS,
    *people.VARIANTS,
    *company.VARIANTS,
    *refusals.VARIANTS,
    *xml.VARIANTS,
    *json.VARIANTS,
    *headers.VARIANTS,
    *wire.VARIANTS,
)
"""Every variant, in the order in which they are put in: what an answer says, how it is written, how
it is carried."""

CLASHES: frozenset[frozenset[str]] = frozenset()
"""Pairs that cannot be combined although no aspect says so."""


def find(name: str) -> Variant:
    """The variant with that name. Raises KeyError with a sentence that names the nearest ones."""
    by_name = {variant.name: variant for variant in VARIANTS}
    if name not in by_name:
        near = difflib.get_close_matches(name, by_name, n=3, cutoff=0.5)
        hint = f"; near it are {', '.join(near)}" if near else ""
        raise KeyError(f"there is no variant {name!r}{hint} (--list-variants shows all)")
    return by_name[name]


def clash(one: Variant, other: Variant) -> str | None:
    """What two variants both decide, in words; None where they can be combined."""
    both = sorted(one.aspects & other.aspects)
    if both:
        return f"both decide {', '.join(both)}"
    if frozenset((one.name, other.name)) in CLASHES:
        return "one leaves the other without effect"
    return None


def chosen(names: Iterable[str]) -> tuple[Variant, ...]:
    """The variants with these names, in the order in which they are put in; one name may be several,
    with commas between them.

    Raises KeyError with a sentence for an unknown name, and for two that cannot be combined.
    """
    wanted = {find(name).name for several in names for name in several.split(",")}
    found = tuple(variant for variant in VARIANTS if variant.name in wanted)
    for one, other in combinations(found, 2):
        if (words := clash(one, other)) is not None:
            raise KeyError(f"{one.name} and {other.name} cannot be combined: {words}")
    return found


def listing() -> str:
    """Every variant in two lines: name and summary, and the open point that it uses."""
    width = max(len(variant.name) for variant in VARIANTS)
    lines = (f"{v.name:{width}}  {v.summary}\n{'':{width}}  ({v.leaves_open})" for v in VARIANTS)
    return "\n".join(lines)


__all__ = ["CLASHES", "VARIANTS", "Variant", "chosen", "clash", "find", "listing"]
