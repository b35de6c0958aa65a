"""Known deviations that a portal can be given, to see whether a check finds them.

Each is declared in one place, in the module of its section, as something that wraps a portal's
parts; the portal itself knows of none.
"""

import difflib
from collections.abc import Iterable

from . import (
    agreement,
    authentication,
    creations,
    credentials,
    dates,
    documented_access,
    documented_answers,
    documented_forms,
    documented_lives,
    envelope,
    format_cells,
    formats,
    identifiers,
    lived_records,
    login,
    mistakes,
    rate_limit,
    removals,
    requests,
    responses,
    rest,
    undocumented,
    updates,
    writing_cells,
)
from .model import Fault

FAULTS: tuple[Fault, ...] = (
    *rest.FAULTS,
    *updates.FAULTS,
    *creations.FAULTS,
    *removals.FAULTS,
    *undocumented.FAULTS,
    *authentication.FAULTS,
    *credentials.FAULTS,
    *login.FAULTS,
    *formats.FAULTS,
    *format_cells.FAULTS,
    *agreement.FAULTS,
    *requests.FAULTS,
    *writing_cells.FAULTS,
    *mistakes.FAULTS,
    *responses.FAULTS,
    *envelope.FAULTS,
    *rate_limit.FAULTS,
    *identifiers.FAULTS,
    *dates.FAULTS,
    *documented_forms.FAULTS,
    *documented_answers.FAULTS,
    *documented_access.FAULTS,
    *documented_lives.FAULTS,
    *lived_records.FAULTS,
)
"""Every fault, section by section."""


def find(name: str) -> Fault:
    """The fault with that name. Raises KeyError with a sentence that names the nearest ones."""
    by_name = {fault.name: fault for fault in FAULTS}
    if name not in by_name:
        near = difflib.get_close_matches(name, by_name, n=3, cutoff=0.5)
        hint = f"; near it are {', '.join(near)}" if near else ""
        raise KeyError(f"there is no fault {name!r}{hint} (--list-faults shows all)")
    return by_name[name]


def chosen(names: Iterable[str]) -> tuple[Fault, ...]:
    """The faults with these names, each once, in the order in which they are put in. Raises KeyError
    as `find`.
    """
    wanted = {find(name).name for name in names}
    return tuple(fault for fault in FAULTS if fault.name in wanted)


def listing() -> str:
    """Every fault in a line: name, requirement and summary, in columns."""
    width = max(len(fault.name) for fault in FAULTS)
    return "\n".join(f"{f.name:{width}}  {f.requirement:7}  {f.summary}" for f in FAULTS)


__all__ = ["FAULTS", "Fault", "chosen", "find", "listing"]
