"""Writing to ids that name nothing, which nobody's record may suffer from."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from workspace_conformance.checks.expectations import given_refusal, given_success
from workspace_conformance.checks.experiments import encoded, write
from workspace_conformance.checks.identifier_checks import ask, is_named
from workspace_conformance.checks.identifier_subjects import Subject, about
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import Form, Identifier, encode, near_miss_list
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import FORMATS, succeeded

UNSAFE = ["PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class Writing:
    """A record of ours whose id is varied, and how: with which method and format."""

    about: Subject
    method: str
    fmt: str


WRONG_TO_WRITE = [
    Identifier(text, encode(text), "wrong form")
    for text in ["conformance-no-id", "conformance\0", "<conformance>&", "conformance\U0001f600"]
] + [Identifier("conformance\ufffd", "conformance%FF", "wrong form")]


def writing(portal: Portal, method: str, slot: int) -> Writing:
    """What takes place number `slot` among the kinds that can be written.

    The control: the same method and format succeed on a record of ours.
    """
    kinds = portal.creatable()
    kind = kinds[(slot - 1) % len(kinds)]
    fmt = FORMATS[(slot + UNSAFE.index(method)) % len(FORMATS)]
    given_success(write(portal, method, slot, fmt), f"{method} of a record of ours")
    record = portal.once(("ids", kind.name), lambda: portal.make(kind, "ids"))
    return Writing(about(portal, kind, record.id), method, fmt)


def unknown_to_write(target: Writing) -> list[Identifier]:
    """Ids of the right form that no record has."""
    texts = [f"conformance-nobody-{number}" for number in (1, 2)]
    if target.about.form is Form.GUID:
        # For people an unknown user name is of the right form too.
        kept = texts[1:] if target.about.kind.id_is_name else []
        made = [str(uuid.uuid5(uuid.NAMESPACE_URL, text)) for text in texts]
        texts = [*made[: 2 - len(kept)], *kept]
    elif target.about.form is Form.INTEGER:
        texts = ["2147480321", "2147481234"]
    return [Identifier(text, text, "unknown id") for text in texts]


def given_unknown_write_refused(portal: Portal, target: Writing) -> None:
    """Untested where writing succeeds on ids that no record has (ID-1)."""
    for found in unknown_to_write(target):
        given_refusal(send(portal, target, found))


def near_to_write(target: Writing) -> list[Identifier]:
    """Near misses that a lenient portal could take for our record, and for no other."""
    wire = encode(target.about.real)
    chosen = {wire + end for end in ("x", "%20x", "%00", "%2Fx")}
    if target.about.form is Form.GUID:
        chosen.add(wire[:-1])
    about = target.about
    misses = near_miss_list(about.real, about.form, about.known, about.reserved)
    return [miss for miss in misses if miss.wire in chosen]


def send(portal: Portal, target: Writing, found: Identifier) -> Exchange:
    """Send a writing request once, provided that reading the same id is refused."""
    path = target.about.at(found)
    key = ("ids", target.method, path, target.fmt)
    return portal.once(key, lambda: send_harmless(portal, target, found))


def send_harmless(portal: Portal, target: Writing, found: Identifier) -> Exchange:
    """Send a writing request to an id that, as reading shows, is no record's."""
    path, kind = target.about.at(found), target.about.kind
    read = ask(portal, target.about, found)
    if read.response is None or not 400 <= read.response.status < 500:
        raise Untested(Reason.SETUP_FAILED, "reading that id is not refused: writing could do harm")
    name = portal.name(kind.name, "nobody")
    fields = portal.changes(kind, name)
    body = encoded(target.fmt, fields) if target.method == "PUT" else None
    exchange = portal.ask(target.method, path, target.fmt, body=body)
    made = target.method == "PUT" and succeeded(exchange)
    if made and is_named(contents.record(exchange), found.text, ["id"]):
        portal.journal.intend(kind.name, name)  # under the id that we invented: ours to remove
        portal.journal.made_at(name, path)
    return exchange
