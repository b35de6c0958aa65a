"""What the checks of updates expect: what PUT reports is what GET then serves (REST-5)."""

from __future__ import annotations

from workspace_conformance.checks.expectations import difference, given_success, violation
from workspace_conformance.checks.experiments import Update
from workspace_conformance.exchange import contents

_MOVING = frozenset({"updatedBy"})  # members that may name somebody else by then


def expect_kept(changed: Update) -> None:
    """What PUT reported of a record is what GET serves after it."""
    __tracebackhide__ = True
    given_success(changed.asked, "the update")
    given_success(changed.after, "reading the record after the update")
    # Whether two forms say the same is for FMT-4: the same form is compared.
    given_success(changed.same, "reading the record in the form of the update")
    reported, served = contents.record(changed.asked), contents.record(changed.same)
    if reported is None or served is None:
        return
    for name in difference(reported, served, changed.kind.updated):
        violation(
            changed.same,
            f"PUT reported {name} as {reported[name]!r}; GET then serves {served[name]!r}",
        )
    for name in reported.keys() & served.keys() - _MOVING:
        said, shown = _referred(reported[name]), _referred(served[name])
        if said and shown is not None and said != shown:
            violation(
                changed.same,
                f"PUT reported {name} with the id {said!r}; GET then serves {shown or 'none'!r}",
            )


def _referred(member: object) -> str | None:
    """The id of the record that a member holds: empty where it holds none; None where it is of
    another make.
    """
    if isinstance(member, dict):
        return contents.text(member, "id") or None
    return "" if member == "" else None
