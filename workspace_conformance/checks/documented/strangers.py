"""Documented writes without a credential, to ids that name nothing: an open one shows by succeeding.

Whatever a portal does with them, no record of anybody's can be touched. Operations whose path names
no record (settings, the portal, removals of several at once) are never sent.
"""

from __future__ import annotations

import uuid

from workspace_conformance.checks.documented.answers import NO_RECORD_ID
from workspace_conformance.checks.documented.presence import ABSENT, given_module
from workspace_conformance.checks.documented.reading import documented
from workspace_conformance.checks.expectations import answer, expect_refusal
from workspace_conformance.contract.documented import Field, Operation, documented_operations
from workspace_conformance.exchange import cases
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import NOBODY, as_json

# Parameters that name no record: a code, a way to migrate, a status that many records are put into.
_NO_RECORD = frozenset({"code", "migratorname", "status", "type"})
_NAMES = frozenset({"name", "page"})  # of pages of a wiki
_NUMBERS = frozenset({"calendarid", "feedid", "fileid", "folderid"})  # among ids that are texts


def writes() -> list[Operation]:
    """The documented writes that name a record by an id in their path, and need a credential."""
    return [
        operation
        for operation in documented_operations()
        if operation.method != "GET"
        and operation.needs_authorization
        and any(_names_a_record(field) for field in operation.path_parameters)
        and all(_names_a_record(it) or it.type.choices for it in operation.path_parameters)
    ]


def expect_refused(portal: Portal, operation: Operation) -> None:
    """The operation, sent by nobody to nothing with an empty JSON body, is refused."""
    __tracebackhide__ = True
    case = cases.current()
    if case is not None:
        case.method, case.resource = operation.method, operation.name
        case.operation = f"{operation.method} {operation.name}"
    subject = documented()
    given_module(portal, subject.known, operation, subject.operations)
    exchange = portal.once(
        ("refused", operation.method, operation.path),
        lambda: portal.ask(
            operation.method, path(portal, operation), "json", body=as_json({}), credential=NOBODY
        ),
    )
    response = answer(exchange)
    if response.status in ABSENT:
        words = f"{operation.method} {exchange.request.url} answered {response.status_line}"
        raise Untested(Reason.ABSENT, f"not served to somebody without a credential: {words}")
    expect_refusal(exchange)


def path(portal: Portal, operation: Operation) -> str:
    """The operation's path with ids in it that name nothing: below api/2.0, without a suffix."""
    found = operation.name
    for field in operation.path_parameters:
        found = found.replace(f"{{{field.name}}}", encode(_nothing(portal, field)), 1)
    return found


def _names_a_record(field: Field) -> bool:
    return not field.type.choices and field.name.lower() not in _NO_RECORD


def _nothing(portal: Portal, field: Field) -> str:
    """A value of a parameter that names nothing."""
    if field.type.choices:
        return field.type.choices[0]
    name = field.name.lower()
    if field.type.name in ("int32", "int64", "uint32") or name in _NUMBERS:
        return str(NO_RECORD_ID)
    seed = f"conformance-{portal.settings.seed}-nobody"
    return seed if name in _NAMES else str(uuid.uuid5(uuid.NAMESPACE_URL, seed))
