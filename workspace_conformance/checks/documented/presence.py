"""Which modules of the documentation a portal has, found out with three requests at most.

A portal without the CRM need not be asked for each of the CRM's seventy operations.
"""

from __future__ import annotations

from collections.abc import Sequence

from workspace_conformance.contract.documented import Operation
from workspace_conformance.contract.known_values import KnownValues
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal

# Answers to an account whose credential is good that say: nothing is served here.
ABSENT = frozenset({404, 405, 410, 501})
# That the account, or the portal, may not: not paid, not allowed, locked, full.
FORBIDDEN = frozenset({402, 403, 423, 507})


def given_module(
    portal: Portal, known: KnownValues, operation: Operation, all_of_them: Sequence[Operation]
) -> None:
    """Untested (absent, not-permitted) where the portal lacks the operation's module, or the account
    may not use it.
    """
    why = portal.known(
        ("documented module", operation.module),
        lambda: _why_not(portal, known, operation.module, all_of_them),
    )
    if why is not None:
        raise Untested(*why)


def _why_not(
    portal: Portal, known: KnownValues, module: str, operations: Sequence[Operation]
) -> tuple[Reason, str] | None:
    probes = _probes(known, [one for one in operations if one.module == module])
    if not probes:
        return None
    asked: list[Exchange] = []
    # The first in two forms: a portal may overlook the suffix of one operation.
    for operation, fmt in [
        (probes[0], "json"),
        (probes[0], ""),
        *((it, "json") for it in probes[1:2]),
    ]:
        exchange = portal.get(operation.name, fmt)
        asked.append(exchange)
        if exchange.response is None or exchange.response.status not in ABSENT | FORBIDDEN:
            return None
    answered = [(one, one.response) for one in asked if one.response is not None]
    statuses = [response.status for _, response in answered]
    said = [f"GET {one.request.url} answered {response.status_line}" for one, response in answered]
    told = ", ".join(dict.fromkeys(said))
    if all(status in ABSENT for status in statuses):
        return Reason.ABSENT, f"the portal has no {module}: {told}"
    if all(status in FORBIDDEN for status in statuses):
        return Reason.NOT_PERMITTED, f"the account may not use {module}: {told}"
    return None


def _probes(known: KnownValues, operations: Sequence[Operation]) -> list[Operation]:
    """The operations that a module is told by, cheapest first, the second from another part of it;
    empty where each of them needs a value.
    """
    plain = [it for it in operations if not it.path_parameters and not known.of_query(it)]
    ranked = sorted(plain, key=lambda it: (it.shape != "list", it.name.count("/")))
    if not ranked:
        return []
    first = ranked[0]
    others = [it for it in ranked[1:] if not it.name.startswith(f"{first.name}/")]
    return [first, *(others or ranked[1:])]
