"""Which other requirements may fall with a fault, and why.

A fault falls alone unless it is named here: what a check builds on is controlled for, so that the
finding stands under one id. What is left are faults that break the sentence of another requirement,
too.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """Faults with which the requirements `also` may fall, and the reason in a sentence."""

    reason: str
    also: frozenset[str]
    faults: frozenset[str]


def _group(reason: str, also: str, faults: str) -> Group:
    return Group(reason, frozenset(also.split()), frozenset(faults.split()))


GROUPS = (
    _group(
        "an error in a success stands where its response should be",
        "ENV-1 ENV-2",
        "feed-error-in-200",
    ),
    _group(
        "with no suffix the answer is the same XML as with .xml",
        "FMT-3",
        "xml-as-text xml-as-html-on-delete xml-raw-ampersand xml-unclosed-in-lists xml-not-utf8",
    ),
    _group(
        "an error with no format specified is JSON as well, where every answer is",
        "FMT-11",
        "default-json default-json-on-items default-json-on-put default-json-on-delete",
    ),
    _group(
        "an unknown id shows an error that is not well-formed, as every error is not",
        "ID-5",
        "error-malformed error-json-as-xml",
    ),
    _group(
        "a comment is shown by the list of its post alone, which goes on showing what it said before",
        "REQ-1 REQ-2",
        "update-not-listed-comments",
    ),
    _group(
        "a user name is a real id, too",
        "ID-3",
        "dotted-name-cut dotted-name-cut-with-suffix",
    ),
    _group(
        "a date-time that is null then reads null, in words",
        "DATE-1",
        "xml-null-as-word",
    ),
    _group(
        "a date-time that PUT reports is then not the one that GET serves",
        "REST-5",
        "date-no-fraction-after-put",
    ),
    _group(
        "a body that cannot be read is a client's mistake",
        "STA-8",
        "broken-body-500",
    ),
    _group(
        "a record that cannot be found is an id that no record has",
        "ID-1",
        "unknown-get-empty unknown-put-400 unknown-put-creates unknown-delete-200"
        " unknown-delete-500",
    ),
    _group(
        "an id that no record has is a record that cannot be found",
        "STA-5",
        "unknown-id-first-record unknown-guid-400 unknown-guid-500 unknown-person-empty"
        " person-put-by-name-500"
        " unknown-person-403",
    ),
    _group(
        "asking for a record that cannot be found is a client's mistake",
        "STA-8",
        "unknown-guid-500",
    ),
    _group(
        "a malformed body and an id of the wrong form are answered 2xx, and not 4xx",
        "REQ-3 ID-2",
        "mistake-in-200",
    ),
    _group(
        "a record's URL takes no suffix then",
        "FMT-5",
        "item-json-404 item-xml-404 group-suffix-400",
    ),
    _group(
        "a suffix that is no documented format is taken off as well",
        "FMT-7",
        "id-two-suffixes",
    ),
    _group(
        "a wildcard, which is of the wrong form, is answered 2xx",
        "ID-2",
        "id-wildcards",
    ),
    _group(
        "the error is text/html where no format was specified",
        "FMT-11",
        "id-in-html",
    ),
    _group(
        "what is served over the limit is also more than the limit",
        "RATE-2",
        "excess-second-served excess-tenth-served limit-given-up",
    ),
    _group(
        "what is not counted with the rest is served beyond the limit, and over it",
        "RATE-2",
        "limit-by-method limit-by-url limit-not-on-xml",
    ),
    _group(
        "a minute of refusals is announced, too",
        "RATE-9",
        "banned",
    ),
)

LEAVES = {
    "delete-keeps": "nothing that the run made can be removed",
    "delete-keeps-group": "no group that the run made can be removed",
    "delete-keeps-listed": "what the run removed is listed all the same",
    "deleted-posts-listed": "what the run removed is listed all the same",
    "deleted-groups-listed": "what the run removed is listed all the same",
    "deleted-people-listed": "what the run removed is listed all the same",
}
"""Faults with which records of the run may stay on the portal, and why."""


def also(fault: str) -> frozenset[str]:
    """The requirements that may fall with a fault, beside its own."""
    return frozenset().union(*(group.also for group in GROUPS if fault in group.faults))
