"""What a run would ask, found out by rehearsing it against the embedded portal inside this process.

Nothing is sent: the rehearsal calls the portal as a function. The figures are exact for the
embedded portal and close for another, whose records and formats decide some of the questions.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

import pytest

from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.limiter.burst import MOST_SENT
from workspace_conformance.portal import lockouts
from workspace_conformance.session.executing import case_of
from workspace_conformance.session.judging import judge
from workspace_conformance.session.run import Run
from workspace_conformance.settings import PROFILES, profile_of
from workspace_conformance.transport.sending import may_be_sent_without_consent

_LOCK = lockouts.LONGEST + lockouts.MARGIN  # seconds


def rehearse(run: Run, items: Sequence[pytest.Item]) -> list[str]:
    """Run every case's body against the portal in memory; the lines of the plan."""
    untested: dict[str, Counter[str]] = {}
    per_section: Counter[str] = Counter()
    for item in items:
        requirement = run.requirement_of(item)
        per_section[requirement.prefix] += 1
        try:
            judge(run, item)
        except Untested as why:
            if item.get_closest_marker("described"):
                continue  # the portal in memory serves none of it
            if item.get_closest_marker("burst") and why.reason is Reason.SETUP_FAILED:
                continue  # the portal in memory refuses nothing
            untested.setdefault(f"{why.reason}: {why.words}", Counter())[requirement.id] += 1
        except AssertionError:
            continue
    return list(_lines(run, items, per_section, untested))


def _per_module(items: Sequence[pytest.Item]) -> str:
    """How many operations of each module are asked, with how many requests."""
    operations: dict[str, set[str]] = {}
    requests: dict[str, set[int]] = {}
    for item in items:
        case = case_of(item)
        if case.operation is not None and case.exchanges:
            module = case.operation.partition(" ")[2].partition("/")[0]
            operations.setdefault(module, set()).add(case.operation)
            requests.setdefault(module, set()).update(case.exchanges)
    return ", ".join(
        f"{module} {len(found)} ({len(requests[module])})" for module, found in operations.items()
    )


def _lines(
    run: Run,
    items: Sequence[pytest.Item],
    per_section: Counter[str],
    untested: dict[str, Counter[str]],
) -> list[str]:
    assert run.transport is not None
    assert run.portal is not None
    requests = [exchange.request for exchange in run.transport.exchanges.values()]
    methods = Counter(request.method for request in requests)
    writing = sum(not may_be_sent_without_consent(request) for request in requests)
    lines = [
        f"{len(items)} cases, about {len(requests)} requests; nothing was sent to make this plan."
    ]
    profile = profile_of(run.settings.allow_writes, run.settings.allow_burst)
    lines.append(f"profile: {profile} ({PROFILES[profile]})")
    lines.append(
        "requests: " + ", ".join(f"{count} {method}" for method, count in methods.most_common())
    )
    own = [item for item in items if item.get_closest_marker("described")]
    modules = _per_module([item for item in items if not item.get_closest_marker("described")])
    if modules:
        lines.append(f"documented operations by module (and requests): {modules}")
    description = run.settings.described
    if description is not None:
        reads = sum(operation.is_read for operation in description.operations)
        lines.append(
            f"described by {description.source}, not by the documentation: {reads} operations in "
            f"{len(own)} cases, at most 8 requests each; {len(description.operations) - reads} more "
            "are never sent"
        )
    if writing:
        made = Counter(entry.kind for entry in run.portal.journal.everything())
        what = ", ".join(f"up to {count} {kind}" for kind, count in sorted(made.items()))
        lines.append(f"writes: {writing} requests that change something; makes and removes {what}")
    else:
        lines.append("writes: none")
    if run.portal.login is not None and any(item.get_closest_marker("last") for item in items):
        lines.append(
            "wrong passwords: one for the user name given, last of all; others for people that the run "
            f"makes, or for nobody; a lock that they make is waited out once, for {_LOCK:.0f} s at most"
        )
    if run.settings.allow_burst:
        most = MOST_SENT * run.settings.rate.requests
        lines.append(f"the burst over the limit: {most} requests at the very most, last of all")
    if run.settings.pace is not None:
        least = max(0.0, len(requests) / run.settings.pace - 1) * run.settings.rate.period
        lines.append(
            f"at most {run.settings.pace} requests in {run.settings.rate.period:g} s: "
            f"at least {least:.0f} s"
        )
    lines.append(
        "cases: " + ", ".join(f"{count} {section}" for section, count in per_section.items())
    )
    for why, names in untested.items():
        lines.append(f"left out, {why}")
        lines.append("  " + ", ".join(f"{name} ({count})" for name, count in names.items()))
    if run.left_out:
        lines.append(f"left out, deselected: {len(run.left_out)} cases")
    wrapped: list[str] = []
    for line in lines:
        deeper = line.startswith(" ")
        wrapped += textwrap.wrap(
            line.strip(),
            80,
            initial_indent="    " if deeper else "",
            subsequent_indent="    " if deeper else "  ",
            break_on_hyphens=False,
        )
    return wrapped
