"""The described operations that write, sent by somebody who may not, and what they did all the same.

Each is sent in every form without a credential, and in one form with a credential that was never
issued, at records of ours that nothing else rests on: a faulty portal might carry them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workspace_conformance.checks import comments, described_operations
from workspace_conformance.checks.described_operations import Operation, about, draw, spelled
from workspace_conformance.checks.operation_attempts import named, parameter
from workspace_conformance.contract.kinds import POST, Kind
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.ownership import bears, taken_over
from workspace_conformance.portal.records import Portal, Record
from workspace_conformance.transport.client import (
    NOBODY,
    Credential,
    succeeded,
    unknown_token,
    unusable,
)

_FORMS = ("json", "xml", "")
_COMMENT, _REWORD, _UNCOMMENT = "blog.comment", "blog.reword", "blog.uncomment"
_OF_ONE_COMMENT = (_REWORD, _UNCOMMENT)


@dataclass(frozen=True, slots=True)
class Refused:
    """A write of somebody who may not. `effect` says in words what it did all the same, or is None;
    `protected` are answers to the account, of what a stranger may not see.
    """

    asked: Exchange
    effect: str | None
    protected: tuple[Exchange, ...]


def refused(portal: Portal, operation: Operation, stranger: str) -> Refused:
    """What came of an operation, sent by a stranger: "nobody", or "unknown", whose credential was
    never issued. Sent once a run, together with the others about records of the same kind.

    Raises Untested where the account itself may not make such records.
    """
    about(operation)
    kind = operation.kind or POST
    found = portal.once(("refused writes", kind.name), lambda: _all(portal, kind))
    about(operation)
    made = _subject(portal, kind).commented
    if operation.base in (_COMMENT, *_OF_ONE_COMMENT) and made is not None and not succeeded(made):
        why = unusable(made, "the account itself could not comment")
        if operation.base != _COMMENT or why.reason in (Reason.NOT_PERMITTED, Reason.NOT_SERVED):
            raise why
    # What an unknown credential sends goes out in one form, which stands for all of them.
    forms = [operation.id]
    if stranger == "unknown":
        forms += [one.id for one in in_one_form() if one.base == operation.base]
    for form in forms:
        if (form, stranger) in found:
            return found[form, stranger]
    raise Untested(Reason.SETUP_FAILED, "nothing of ours to aim at was there (any more)")


def writing() -> list[Operation]:
    """The described operations that write, but for the login."""
    found = described_operations.described().values()
    return [each for each in found if each.method != "GET" and each.kind is not None]


def in_one_form() -> list[Operation]:
    """The same, each in one form, and the forms in turn."""
    bases = list(dict.fromkeys(each.base for each in writing()))
    return [each for each in writing() if _FORMS[bases.index(each.base) % 3] == each.form]


@dataclass(frozen=True, slots=True)
class _Subject:
    """A record of ours, as it was before, and a comment on it where it is a post: id, text, and the
    exchange that should have made it.
    """

    record: Record
    before: contents.View
    comment: str = ""
    text: str = ""
    commented: Exchange | None = None


def _subject(portal: Portal, kind: Kind) -> _Subject:
    return portal.once(("strangers aim at", kind.name), lambda: _made(portal, kind))


def _made(portal: Portal, kind: Kind) -> _Subject:
    portal.spare(kind)  # the control: the account may make records of this kind
    record = portal.make(kind, "strangers")
    before = portal.shown(record)
    if kind is not POST:
        return _Subject(record, before)
    path, text = f"{record.path}/comment", portal.name("comment", "strangers")
    made = comments.write(portal, "POST", path, text)
    listed = contents.records(portal.served(path, fresh=True))
    identity = next((contents.text(view, "id") for view in listed if text in str(view)), "")
    return _Subject(record, before, identity, text, made)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What was sent: the name it was to give, or the text to set, and its fields."""

    operation: Operation
    name: str
    fields: dict[str, str]
    exchange: Exchange


def _all(portal: Portal, kind: Kind) -> dict[tuple[str, str], Refused]:
    subject = _subject(portal, kind)
    pairs = [(each, "nobody") for each in writing() if each.kind is kind]
    pairs += [(each, "unknown") for each in in_one_form() if each.kind is kind]
    if not subject.comment:
        pairs = [pair for pair in pairs if pair[0].base not in _OF_ONE_COMMENT]
    # What removes comes last, the record after its comment: the others need something to aim at.
    pairs.sort(key=lambda pair: (pair[0].method == "DELETE", pair[0].base != _UNCOMMENT))
    sent: dict[tuple[str, str], _Sent] = {}
    removed: set[str] = set()  # the operations that succeeded in removing what they were aimed at
    for each, stranger in pairs:
        if each.base not in removed:
            one = sent[each.id, stranger] = _send(portal, subject, each, stranger)
            if each.method == "DELETE" and succeeded(one.exchange):
                removed.add(each.base)
    said = [one.name for one in sent.values() if one.operation.base == _REWORD]
    seen = _seen(portal, subject, frozenset(removed), said)
    protected = (portal.served(kind.collection), portal.served(subject.record.path))
    return {
        key: Refused(one.exchange, seen.effect(portal, one), protected) for key, one in sent.items()
    }


def _send(portal: Portal, subject: _Subject, operation: Operation, stranger: str) -> _Sent:
    kind, form = subject.record.kind, operation.form
    who = NOBODY if stranger == "nobody" else Credential(unknown_token(portal.settings.seed))
    name = portal.name(kind.name, stranger, form or "none")
    target = subject.comment if operation.base in _OF_ONE_COMMENT else subject.record.id
    fixed = {"path_parameters": {parameter(operation): target}} if "{" in operation.path else {}
    case = draw(operation, 1, **fixed)[0]
    fields: dict[str, str] = {}
    if operation.base in (_COMMENT, _REWORD):
        name = portal.name("comment", operation.method, stranger, form or "none")
        fields = {"content": name}
        case.body = dict(fields)
    elif operation.method == "POST":
        fields = portal.fields(kind, name)
        case.body = named(case.body, kind, fields)
    elif operation.method == "PUT":
        fields = portal.changes(kind, subject.record.name, name)
        case.body = dict(fields)
    path, query, body = spelled(case)
    if operation.method == "POST" and operation.base != _COMMENT:
        assert body is not None
        exchange, _ = portal.create(kind, name, form, body, credential=who)
    else:
        exchange = portal.ask(operation.method, path, query=query, body=body, credential=who)
    return _Sent(operation, name, fields, exchange)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is there once all has been sent: the list, the record (None: gone), its comments (None:
    not to be seen). `removed`: the operations whose success explains that something is gone;
    `said`: what the comment was to say instead.
    """

    subject: _Subject
    removed: frozenset[str]
    said: Sequence[str]
    listed: list[contents.View]
    record: contents.View | None
    comments: list[contents.View] | None

    def effect(self, portal: Portal, sent: _Sent) -> str | None:
        """What a write did all the same, in words."""
        kind, operation = self.subject.record.kind, sent.operation
        if operation.base in self.removed:
            return None
        if operation.base in (_COMMENT, *_OF_ONE_COMMENT):
            return self._effect_on_comments(sent)
        if operation.method == "DELETE":
            return "the record was gone then" if self.record is None else None
        if operation.method == "PUT":
            changed = taken_over(kind, sent.fields, self.subject.before, self.record)
            return f"GET then shows the new {changed}" if changed else None
        if any(bears(kind, view, sent.name) for view in self.listed):
            return f"the list of {kind.plural} then shows the record that it was to make"
        if not succeeded(sent.exchange):
            portal.journal.gone(sent.name)
        return None

    def _effect_on_comments(self, sent: _Sent) -> str | None:
        if self.comments is None:
            return None
        if sent.operation.base != _UNCOMMENT:
            what = "comment" if sent.operation.base == _COMMENT else "comment's new text"
            return f"the post then shows the {what}" if self._shows(sent.name) else None
        there = any(map(self._shows, (self.subject.text, *self.said)))
        return None if there else "the comment was gone then"

    def _shows(self, text: str) -> bool:
        return any(text in str(view) for view in self.comments or ())


def _given_others_stay(portal: Portal, kind: Kind) -> None:
    """Untested where a record that nobody removed is gone as well when it is read once more."""
    control = portal.make(kind, "strangers", "control")
    portal.shown(control)
    if not succeeded(portal.served(control.path, fresh=True)):
        raise Untested(Reason.SETUP_FAILED, "records of ours are gone without being removed")


def _seen(portal: Portal, subject: _Subject, removed: frozenset[str], said: Sequence[str]) -> _Seen:
    record = subject.record
    listed = portal.served(record.kind.collection, fresh=True)
    after = portal.served(record.path, fresh=True)
    is_gone = after.response is not None and after.response.status in (404, 410)
    for exchange in (listed, after):
        if not succeeded(exchange) and not (is_gone and exchange is after):
            raise unusable(exchange, "what the refused writes did cannot be seen")
    if is_gone:
        portal.journal.gone(record.name)
        _given_others_stay(portal, record.kind)
    comments: list[contents.View] | None = None
    if subject.comment and not is_gone:
        shown = portal.served(f"{record.path}/comment", fresh=True)
        comments = contents.records(shown) if succeeded(shown) else None
    view = None if is_gone else contents.record(after) or {}
    return _Seen(subject, removed, said, contents.records(listed), view, comments)
