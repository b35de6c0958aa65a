"""Making, changing and removing records of ours.

Which kinds the account may write, and in which form, is found out here, once, by making one. Only
this module and the clean-up talk to the journal, and only they decide whose a record is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from workspace_conformance.contract.kinds import Kind, Parent, named
from workspace_conformance.exchange import cases, contents
from workspace_conformance.exchange.contents import View
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal import ownership
from workspace_conformance.portal.foreign_records import ForeignRecords
from workspace_conformance.portal.journal import Journal
from workspace_conformance.portal.lockouts import Lockouts
from workspace_conformance.portal.removal import Removal, disable, find_out
from workspace_conformance.portal.served import Served
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


class Maker(Served):
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
        self.lockouts = Lockouts()  # shared by all attempts
        self._attempt = 1
        # Shared by all attempts: how records can be removed, by kind; who was disabled for that;
        # names that nothing was made under, as far as the portal says.
        self._removals: dict[str, Removal] = {}
        self._disabled: set[str] = set()
        self.refused: set[str] = set()

    def ask(self, method: str, path: str, fmt: str = "", **more: Any) -> Exchange:
        """Ask one question (see Client); nothing that a creation told is changed unless it is ours:
        raises Untested otherwise.
        """
        self.check_ours(method, path)
        if method == "DELETE":
            self._disable_first(path, more.get("credential"))
            self.foreign.removing(path)
        exchange = super().ask(method, path, fmt, **more)
        if method == "DELETE" and exchange.succeeded:
            self.foreign.removed(path)
        return exchange

    def _disable_first(self, path: str, credential: Credential | None) -> None:
        """Disable a person of ours before the account removes them, or what is below them, where that
        is needed: a removal below a person may remove them, too, and from then on nobody knows.
        """
        found = self._removals.get("person")
        if credential is not None or found is None or not found.disabling:
            return
        folder = f"{found.kind.folder}/"
        if path.startswith(folder):
            name = path.removeprefix(folder).partition("/")[0]
            person = folder + name.removesuffix(".json").removesuffix(".xml")
            if person not in self._disabled and self.foreign.is_kept(person):
                self._disabled.add(person)
                disable(self, person, found.disabling)

    def check_ours(self, method: str, path: str) -> None:
        """Raises SomebodyElses where a request would change what is not ours; for whoever sends it
        by the transport itself.
        """
        self.foreign.check(self, method, path)

    def name(self, *labels: object) -> str:
        """A name for a record of ours, the same in every run with the same seed against a portal
        that holds the same.
        """
        return self._named(ownership.prefix(self), labels)

    def name_of(self, kind: Kind, *labels: object) -> str:
        """The same for a record of a kind, which its name says."""
        return self._named(ownership.prefix(self, kind), (kind.name, *labels))

    def begin_of_names(self, kind: Kind) -> str:
        """How the names of this run's records of a kind begin; empty where it has named none, or
        another run made what is to be removed.
        """
        return ownership.prefix(self, kind) if self._removals else ""

    def _named(self, begin: str, labels: Sequence[object]) -> str:
        slug = "-".join(str(label) for label in labels if str(label))
        attempt = f"-attempt-{self._attempt}" if self._attempt > 1 and slug else ""
        return f"{begin}-{slug}{attempt}".lower()

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
        query: str = "",
        bare: bool = False,
    ) -> tuple[Exchange, Record | None]:
        """POST a record of ours, journalled first; the exchange, and the record where the answer
        shows one. With `look` what is served at its place is asked for.
        """
        self._need_consent()
        if credential is None:
            self._given_removable(kind)
        more = {"headers": headers, "credential": credential, "query": query, "bare": bare}
        return self._create(kind, name, fmt, body, look, **more)

    def _create(
        self,
        kind: Kind,
        name: str,
        fmt: str,
        body: Body,
        look: bool = False,
        **more: Any,
    ) -> tuple[Exchange, Record | None]:
        path = kind.make
        if kind.parent is not None:
            path = path.replace("{parent}", encode(self._needed(kind)["parent"]))
        self.journal.intend(kind.name, name)
        try:
            exchange = self.ask("POST", path, fmt, body=body, **more)
        except Untested:  # nothing was sent
            self.journal.gone(name)
            raise
        if exchange.response is not None and 400 <= exchange.response.status < 500:
            self.refused.add(name)
        place = self.foreign.told(self, kind, name, exchange, look=look)
        if place is None:
            return exchange, None
        self.journal.made_at(name, place.path)
        return exchange, Record(kind, place.id, place.path, name, place.view, place.found)

    def removal_of(self, kind: Kind) -> Removal | None:
        """What came of removing the first record of a kind; None where none was made."""
        if kind.core:
            with suppress(Untested):
                self.spare(kind)
        return self._removals.get(kind.name)

    def _given_removable(self, kind: Kind) -> None:
        """Untested where records of a kind were seen to stay: no further one is made."""
        removal = self.removal_of(kind)
        if removal is not None and not removal.works:
            raise removal.why_not()

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
            exchange, record = self._create(kind, name, fmt, body, look=True)
            if record is not None and record.found is not None and succeeded(record.found):
                return fmt, encoding, self._spared(record, fmt, encoding)
            refused.append(exchange)
        raise none_taken(refused, f"no {kind.name} can be made")

    def _spared(self, first: Record, fmt: str, encoding: str) -> Record:
        """A record to keep: of a kind that checks of whole sections write, the first is removed
        again, to see whether that can be done; it is kept where it cannot.
        """
        kind = first.kind
        if not kind.core:
            return first
        removal = self._removals[kind.name] = find_out(self, kind, first.path)
        if not removal.works:
            return first
        self.journal.gone(first.name)
        name = self.name_of(kind, "spare")
        fields = self.fields(kind, name)
        body = as_json(kind.typed(fields)) if encoding == "json" else as_form(fields)
        exchange, record = self._create(kind, name, fmt, body, look=True)
        if record is None or record.found is None or not succeeded(record.found):
            raise unusable(exchange, f"a second {kind.name} could not be made")
        return record

    def _need_consent(self) -> None:
        if not self.settings.allow_writes:
            raise Untested(Reason.NO_CONSENT, "needs to write on the target; give --allow-writes")
