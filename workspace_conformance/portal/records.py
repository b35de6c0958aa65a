"""Making, changing and removing records of ours: the way in for every check.

Which kinds the account may write, and in which form, is found out here, once, by making one. Only
this module and the clean-up talk to the journal, and only they decide whose a record is.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from workspace_conformance.contract.kinds import KINDS, Kind, Parent, named
from workspace_conformance.exchange import cases, contents
from workspace_conformance.exchange.contents import View
from workspace_conformance.exchange.identifiers import Form, encode, form_of
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Rejected, Untested
from workspace_conformance.portal import ownership
from workspace_conformance.portal.foreign_records import ForeignRecords
from workspace_conformance.portal.journal import Journal
from workspace_conformance.portal.served import Resource, Served, note
from workspace_conformance.settings import Settings
from workspace_conformance.transport.client import (
    Body,
    Credential,
    as_form,
    as_json,
    none_taken,
    succeeded,
    unusable,
)
from workspace_conformance.transport.sending import Transport


@dataclass(frozen=True, slots=True)
class Record:
    """A record of ours: `path` under api/2.0; `found` is what was served there right after it was
    made, where that was looked at.
    """

    kind: Kind
    id: str
    path: str
    name: str
    view: View
    found: Exchange | None


class Portal(Served):
    """One target and one account, with the records that this run makes there."""

    def __init__(
        self,
        root: str,
        transport: Transport,
        journal: Journal,
        settings: Settings,
        account: Credential,
        second: Credential | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(root, transport, settings, account)
        self.journal = journal
        self.second = second
        self.login = login
        self.once = cases.Once("experiment")  # experiments
        self.foreign = ForeignRecords()
        self._attempt = 1

    def again(self) -> Portal:
        """The same portal for a second attempt: experiments are made anew, with records of other
        names.
        """
        other = copy.copy(self)
        other._attempt += 1
        other.once = cases.Once(f"experiment {other._attempt}")
        return other

    def confirming(self, after: float, *, writes: bool) -> Portal:
        """The same portal for hearing a case again: every safe question is asked anew, unless that
        was done after an instant (seconds since the epoch), and about records that are there now.
        Experiments of cases that write are shared, with their records; others are made anew.
        """
        other = self.looking_anew()
        other.after = after
        if not writes:
            other.once = cases.Once(f"experiment {self._attempt}")
        return other

    def ask(self, method: str, path: str, fmt: str = "", **more: Any) -> Exchange:
        """Ask one question (see Client); nothing that a creation told is changed unless it is ours:
        raises Untested otherwise.
        """
        self.check_ours(method, path)
        if method == "DELETE":
            self.foreign.removing(path)
        exchange = super().ask(method, path, fmt, **more)
        if method == "DELETE" and exchange.succeeded:
            self.foreign.removed(path)
        return exchange

    def check_ours(self, method: str, path: str) -> None:
        """Raises SomebodyElses where a request would change what is not ours; for whoever sends it
        by the transport itself.
        """
        self.foreign.check(self, method, path)

    # --- resources to read --------------------------------------------------------------------

    def item(self, slot: int) -> Resource:
        """A record that takes place number `slot`: an existing one, or one of ours where writing is
        allowed.
        """
        choices: list[tuple[Kind, str]] = []
        for kind in self.kinds():
            identity = self._item_of(kind)
            if identity:
                choices.append((kind, identity))
        if not choices:
            raise Untested(
                Reason.NOT_SERVED, "the portal shows no record, and the run may not make one"
            )
        kind, identity = choices[(slot - 1) % len(choices)]
        return note(Resource(kind.name, f"{kind.collection}/{encode(identity)}", kind, False))

    def resource(self, name: str) -> Resource:
        """A readable resource by the name that cases are parametrized with: self, collection-N,
        item-N, comments.
        """
        if name == "self":
            return note(Resource("self", "people/@self", None, False))
        what, _, number = name.partition("-")
        if what == "collection":
            return self.collection(int(number))
        if what == "item":
            return self.item(int(number))
        return self._comments()

    def unknown_id(self, kind: Kind) -> str:
        """An id of the right form that no record of a kind has."""
        known = self.ids(kind)
        if not known and not kind.id_is_name:
            # An empty list does not tell what ids look like; a record of ours does.
            found = self._item_of(kind)
            known = [found] if found else []
        return self.unlike(known, Form.NAME if kind.id_is_name else form_of(known))

    def _item_of(self, kind: Kind) -> str:
        """The id of a record to read; empty where there is none, and none may be made."""
        return self.known(("an item", kind.name), partial(self._any_id, kind))

    def _any_id(self, kind: Kind) -> str:
        identity = self.listed_item(kind)
        if not identity and self.settings.allow_writes:
            try:
                return self.spare(kind).id
            except Untested:
                return ""
        return identity

    def _comments(self) -> Resource:
        """The comments of a post; where posts are not served, the account's record takes their
        place.
        """
        for kind in self.kinds():
            if kind.name == "post":
                identity = self.known("commented", self._commented_post)
                if identity:
                    path = f"{kind.collection}/{encode(identity)}/comment"
                    if succeeded(self.served(path)):
                        return note(Resource("comments", path, None, True))
        return self.resource("self")

    def _commented_post(self) -> str:
        return self.commented_item(KINDS[0]) or self._item_of(KINDS[0])

    # --- making records -----------------------------------------------------------------------

    def name(self, *labels: object) -> str:
        """A name for a record of ours, the same in every run with the same seed against a portal
        that holds the same.
        """
        return self._named(ownership.prefix(self), labels)

    def name_of(self, kind: Kind, *labels: object) -> str:
        """The same for a record of a kind, which its name says."""
        return self._named(ownership.prefix(self, kind), (kind.name, *labels))

    def _named(self, begin: str, labels: Sequence[object]) -> str:
        slug = "-".join(str(label) for label in labels if str(label))
        attempt = f"-attempt-{self._attempt}" if self._attempt > 1 and slug else ""
        return f"{begin}-{slug}{attempt}".lower()

    def creatable(self) -> list[Kind]:
        """The kinds of records that the portal lets the account make, found out by trying each
        once.

        A kind whose creation neither works nor is forbidden counts: that it fails is a finding.
        One of which the portal takes none of our values counts where there is no other.
        """
        self._need_consent()
        found: list[Kind] = []
        rejected: list[Kind] = []
        why: Untested | None = None
        for kind in self.kinds():
            try:
                self.spare(kind)
            except Untested as untested:
                why = why or untested
                if isinstance(untested, Rejected):
                    rejected.append(kind)
                    continue
                if untested.reason is not Reason.SETUP_FAILED:
                    continue
            found.append(kind)
        found = found or rejected
        if not found:
            raise why or Untested(
                Reason.NOT_SERVED, "the portal serves nothing that could be written"
            )
        return found

    def kind_at(self, place: int) -> Kind:
        """The kind of records to be written that takes place number `place` (1, 2, 3): with fewer
        kinds, places share them. The case under way is told.
        """
        kinds = self.creatable()
        kind = kinds[(place - 1) % len(kinds)]
        case = cases.current()
        if case is not None:
            case.resource = kind.name
        return kind

    def fields(self, kind: Kind, name: str, text: str = "") -> dict[str, str]:
        """The body fields that make a record called `name`."""
        return kind.fields(name, text, contents.text(self.me(), "id"), **self._needed(kind))

    def changes(self, kind: Kind, name: str, text: str = "") -> dict[str, str]:
        """The body fields that change a record called `name`."""
        return kind.changes(name, text, contents.text(self.me(), "id"), **self._needed(kind))

    def _needed(self, kind: Kind) -> dict[str, str]:
        """The ids of other records that the fields and the path of a creation speak of."""
        found = {}
        if kind.parent is not None:
            found["parent"] = self.known(("parent", kind.name), partial(self._parent, kind.parent))
        for word, name in kind.needs.items():
            other = named(name)
            ids = self.ids(other)
            found[word] = ids[0] if ids else self.spare(other).id
        return found

    def _parent(self, parent: Parent) -> str:
        """The id of a record of ours, or of a place of the account's own, to make records under."""
        if parent.kind:
            return self.spare(named(parent.kind)).id
        exchange = self.served(parent.read)
        view: Any = contents.record(exchange)
        for member in parent.member.split("."):
            view = view.get(member) if isinstance(view, dict) else None
        if not isinstance(view, str) or not view:
            raise unusable(
                exchange, f"{parent.read} shows no {parent.member} to make records under"
            )
        return view

    def removal(self, kind: Kind, fmt: str) -> Body | None:
        """The body of a DELETE in a format; mostly none."""
        fields = kind.removal()
        if not fields:
            return None
        return as_json(kind.typed(fields)) if fmt == "json" else as_form(fields)

    def create(
        self,
        kind: Kind,
        name: str,
        fmt: str,
        body: Body,
        *,
        headers: Sequence[tuple[str, str]] = (),
        credential: Credential | None = None,
        look: bool = False,
    ) -> tuple[Exchange, Record | None]:
        """POST a record of ours, journalled first; the exchange, and the record where the answer
        shows one. With `look` what is served at its place is asked for.
        """
        self._need_consent()
        path = kind.make
        if kind.parent is not None:
            path = path.replace("{parent}", encode(self._needed(kind)["parent"]))
        self.journal.intend(kind.name, name)
        exchange = self.ask("POST", path, fmt, body=body, headers=headers, credential=credential)
        place = self.foreign.told(self, kind, name, exchange, look=look)
        if place is None:
            return exchange, None
        self.journal.made_at(name, place.path)
        return exchange, Record(kind, place.id, place.path, name, place.view, place.found)

    def make(self, kind: Kind, *labels: object, text: str = "") -> Record:
        """A new record of ours, made in whichever documented way works; Untested when none does."""
        self._need_consent()
        name = self.name_of(kind, *labels)
        fmt, body = self.written(kind, self.fields(kind, name, text))
        exchange, record = self.create(kind, name, fmt, body)
        if record is None:
            raise unusable(exchange, f"a {kind.name} to work with could not be made")
        return record

    def shown(self, record: Record) -> View:
        """A record as its URL serves it now: the answer to its creation may say less."""
        return contents.record(self.served(record.path, fresh=True)) or record.view

    def spare(self, kind: Kind) -> Record:
        """One record of ours of a kind, made once, for checks that leave it as it is."""
        self._need_consent()
        return self.known(("way", kind.name), lambda: self._way(kind))[2]

    def change(self, record: Record, text: str) -> Exchange:
        """PUT a new text into a record of ours, in the way in which it could be made."""
        fmt, body = self.written(record.kind, self.changes(record.kind, record.name, text))
        return self.ask("PUT", record.kind.changed_at(record.path), fmt, body=body)

    def written(self, kind: Kind, fields: Mapping[str, object]) -> tuple[str, Body]:
        """A format, and `fields` as a body, in which records of a kind can be written."""
        fmt, encoding, _ = self.known(("way", kind.name), lambda: self._way(kind))
        return fmt, as_json(kind.typed(fields)) if encoding == "json" else as_form(fields)

    def remove(self, record: Record) -> Exchange:
        """DELETE a record of ours, for a check that is through with it; what stays is removed at
        the end.
        """
        body = self.removal(record.kind, "json")
        exchange = self.ask("DELETE", record.path, "json", body=body)
        if succeeded(exchange):
            self.note_gone(record, self.get(record.path, "json", fresh=True))
        return exchange

    def note_gone(self, record: Record, after: Exchange) -> None:
        """Note that a record of ours is no longer there, where what GET answers shows that."""
        if after.response is not None and not after.response.succeeded:
            self.journal.gone(record.name)

    def listed_record(self, kind: Kind, name: str) -> Record | None:
        """The record of ours called `name` where the list of its kind shows it: its creation may
        have told no place, or another.
        """
        earlier = ownership.before(self, kind).ids
        for identity, view in (ownership.whole_list(self, kind) or {}).items():
            if identity and identity not in earlier and ownership.bears(kind, view, name):
                path = kind.at(encode(identity))
                self.journal.made_at(name, path)
                return Record(kind, identity, path, name, view, None)
        return None

    def is_another(self, kind: Kind, view: View, name: str) -> bool:
        """Whether a record that stands where one of ours did is not it: an id may be given again."""
        ours = [entry.name for entry in self.journal.everything() if entry.kind == kind.name]
        return ownership.is_another(self, kind, view, name, ours)

    def _way(self, kind: Kind) -> tuple[str, str, Record]:
        """The first format and body encoding in which a record can be made, and that record."""
        refused: list[Exchange] = []
        for fmt, encoding in (
            ("json", "json"),
            ("json", "form"),
            ("xml", "form"),
            ("", "form"),
            ("xml", "json"),
        ):
            name = self.name_of(kind, "try", fmt, encoding)
            fields = self.fields(kind, name)
            body = as_json(kind.typed(fields)) if encoding == "json" else as_form(fields)
            exchange, record = self.create(kind, name, fmt, body, look=True)
            if record is not None and record.found is not None and succeeded(record.found):
                return fmt, encoding, record
            refused.append(exchange)
        raise none_taken(refused, f"no {kind.name} can be made")

    def _need_consent(self) -> None:
        if not self.settings.allow_writes:
            raise Untested(Reason.NO_CONSENT, "needs to write on the target; give --allow-writes")
