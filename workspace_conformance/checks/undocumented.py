"""Writes to paths that the documentation does not have (STA-7): below a record, beside the modules, and
in another version of the API.

A faulty portal might carry them out, so that they are aimed at records of ours, or at nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from workspace_conformance.checks.expectations import given_success
from workspace_conformance.checks.experiments import encoded, in_version, strays
from workspace_conformance.contract.kinds import Kind
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import succeeded

METHODS = ("POST", "PUT", "DELETE", "PATCH")
_EARLIER, _LATER = "1.0", "3.0"  # versions of the API other than the documented 2.0


def reads(portal: Portal, fmt: str) -> Iterator[Exchange]:
    """GET people/@self in versions of the API that are not documented."""
    for version in (f"conformance{portal.settings.seed}", _EARLIER if fmt else _LATER):
        yield in_version(portal, version, "GET", "people/@self", fmt)


def given_writable(portal: Portal, method: str) -> None:
    """Untested where a method does not work on the documented path of a record, either; for PATCH,
    which nothing documents, PUT is asked.
    """
    kind = portal.creatable()[0]
    record = portal.spare(kind)  # a POST that worked
    removal = portal.removal_of(kind)
    if method == "DELETE" and removal is not None and not removal.works:
        raise removal.why_not()
    if method in ("PUT", "PATCH"):
        changed = portal.once(("documented PUT", kind.name), lambda: portal.change(record, ""))
        given_success(changed, "PUT on a documented path")


def writes(portal: Portal, method: str) -> list[Exchange]:
    """A method on paths that are not documented, sent once a run."""
    return portal.once(("undocumented", method), lambda: list(_writes(portal, method)))


def _writes(portal: Portal, method: str) -> Iterator[Exchange]:
    tag = f"conformance{portal.settings.seed}"
    kinds = portal.creatable()
    if method == "DELETE":
        yield portal.ask(method, tag, "json")
        for kind in kinds:
            yield from strays(portal, kind)
        return
    for number, kind in enumerate(kinds):
        record, name = portal.spare(kind), portal.name(kind.name, "below")
        # With .json, no suffix and .xml in turn.
        fmt = ("json", "", "xml")[(number + METHODS.index(method)) % 3]
        fields = (
            portal.fields(kind, name) if method == "POST" else portal.changes(kind, record.name)
        )
        body = encoded(fmt, fields)
        if not number:
            yield portal.ask(method, tag, fmt, body=body)
        yield portal.ask(method, f"{record.path}/{tag}", fmt, body=body)
    if method == "POST":
        yield _made_in_version(portal, kinds[0])
    else:
        kind, record = kinds[0], portal.spare(kinds[0])
        yield in_version(
            portal, _LATER, method, record.path, "json", portal.changes(kind, record.name)
        )


def _made_in_version(portal: Portal, kind: Kind) -> Exchange:
    """POST a record in another version of the API; one that is made all the same is ours to remove."""
    name = portal.name(kind.name, "earlier")
    portal.journal.intend(kind.name, name)
    exchange = in_version(
        portal, _EARLIER, "POST", kind.collection, "json", portal.fields(kind, name)
    )
    identity = contents.text(contents.record(exchange), "id")
    if succeeded(exchange) and identity:
        portal.journal.made_at(name, f"{kind.collection}/{encode(identity)}")
    elif exchange.response is not None and not exchange.response.succeeded:
        portal.journal.gone(name)
    return exchange
