"""Whether one POST makes one record (REST-2): what the lists show by a name that one was to have."""

from __future__ import annotations

from workspace_conformance.checks import comments
from workspace_conformance.checks.expectations import given_success, violation
from workspace_conformance.checks.experiments import FORMATS, creation
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.ownership import bears, whole_list
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import succeeded, unusable


def expect_one_made(portal: Portal, place: int) -> None:
    """One POST makes one record, in every format: the list shows no other by the name that only this
    one was to have.

    Untested where there are more, and a POST may have been sent again because it was throttled.
    """
    __tracebackhide__ = True
    kind = portal.kind_at(place)
    made = [creation(portal, place, fmt) for fmt in FORMATS]
    judged = [each for each in made if succeeded(each.asked) and each.record is not None]
    if not judged:
        given_success(made[0].asked, "the creation")
        raise Untested(Reason.SETUP_FAILED, "the answer to the creation shows no id")
    listed = whole_list(portal, kind)
    if listed is None:
        raise unusable(portal.served(kind.listing), f"the list of {kind.plural}")
    for each in judged:
        assert each.record is not None
        others = [
            identity
            for identity, view in listed.items()
            if identity and identity != each.record.id and bears(kind, view, each.name)
        ]
        if others:
            _given_sent_once(portal)
            violation(each.asked, f"made {len(others) + 1} {kind.plural} where one was asked for")


def expect_one_comment_made(portal: Portal) -> None:
    """One POST makes one comment, in every format.

    Where they may not be written, the portal's first kind of record takes their place.
    """
    __tracebackhide__ = True
    if not comments.are_open(portal, "POST"):
        expect_one_made(portal, 1)
        return
    made = comments.made_twice(portal)
    if made is not None:
        _given_sent_once(portal)
        violation(made, "made several comments where one was asked for")


def _given_sent_once(portal: Portal) -> None:
    if portal.transport.traffic.throttled:
        raise Untested(Reason.THROTTLED, "a creation may have been sent twice")
