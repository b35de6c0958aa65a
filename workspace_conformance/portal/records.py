"""The target as checks see it: what it serves, and the records that checks make there.

Nothing is assumed of a portal: which kinds of records it serves, which of them the account may
write, whether ids are GUIDs or integers are all found out here, once, from its own answers.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from workspace_conformance.contract.documented import literal_siblings
from workspace_conformance.contract.kinds import KINDS, Kind
from workspace_conformance.exchange import cases, contents
from workspace_conformance.exchange.contents import View
from workspace_conformance.exchange.identifiers import Form, encode, form_of
from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.exchange.outcomes import Reason, Rejected, Untested
from workspace_conformance.portal import ownership
from workspace_conformance.portal.foreign_records import Watch
from workspace_conformance.portal.journal import Journal
from workspace_conformance.settings import Settings
from workspace_conformance.transport.client import (
    Body,
    Client,
    Credential,
    as_form,
    as_json,
    none_taken,
    succeeded,
    unusable,
)
from workspace_conformance.transport.sending import Transport


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that can be read: its path under api/2.0 without suffix, and what it is.

    label: what reports call it ("posts", "post", "self", "comments").
    """

    label: str
    path: str
    kind: Kind | None
    is_list: bool


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


class Portal(Client):
    """One target, one account: the way in for every check."""

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
        super().__init__(root, transport, account)
        self.journal = journal
        self.settings = settings
        self.second = second
        self.login = login
        self.known = cases.Once("discovery")  # what was found out about the portal
        self.once = cases.Once("experiment")  # experiments
        self.watch = Watch()
        self._attempt = 1
        self.anew = False  # whether records are looked for that are there now

    def again(self) -> Portal:
        """The same portal for a second attempt: experiments are made anew, with records of other
        names.
        """
        other = copy.copy(self)
        other._attempt += 1
        other.once = cases.Once(f"experiment {other._attempt}")
        return other

    def looking_anew(self) -> Portal:
        """The same portal, with records to read that are there now: other people may have removed
        those that were found first.
        """
        other = copy.copy(self)
        other.known = self.known.without(_is_about_a_record)
        other.anew = True
        return other

    def is_gone(self, read: Request) -> bool:
        """Whether what a GET showed was a record, or a part of one, that is no longer there."""
        path = read.url.removeprefix(f"{self.root}/api/2.0/").partition("?")[0]
        for kind in KINDS:
            identity = path.removeprefix(f"{kind.collection}/")
            literal = identity.partition(".")[0].partition("/")[0].lower()
            if identity != path and literal not in literal_siblings(f"/api/2.0/{kind.collection}"):
                later = self.transport.ask(read, fresh=True).response
                return later is not None and later.status in (404, 410)
        return False

    def ask(self, method: str, path: str, fmt: str = "", **more: Any) -> Exchange:
        """Ask one question (see Client); nothing that a creation told is changed unless it is ours:
        raises Untested otherwise.
        """
        self.watch.before(self, method, path)
        if method == "DELETE":
            self.watch.removing(path)
        exchange = super().ask(method, path, fmt, **more)
        if method == "DELETE" and exchange.succeeded:
            self.watch.removed(path)
        return exchange

    # --- what the portal serves ---------------------------------------------------------------

    def me(self) -> View:
        """The account's own record (@self); Untested when it cannot be read."""
        exchange = self.known("me", lambda: self.served("people/@self"))
        view = contents.record(exchange)
        if view is None or not succeeded(exchange):
            raise unusable(exchange, "the account's own record (people/@self) cannot be read")
        return view

    def kinds(self) -> list[Kind]:
        """The kinds of records that the portal serves to this account, in order of preference."""
        found = [kind for kind in KINDS if self._serves(kind)]
        if not found:
            exchange = self.known(
                ("list", KINDS[-1].name), lambda: self.served(KINDS[-1].collection)
            )
            raise unusable(exchange, "no documented collection (posts, groups, people) can be read")
        return found

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

    def unknown_id(self, kind: Kind) -> str:
        """An id of the right form that no record of a kind has."""
        known = self.ids(kind)
        if not known and not kind.id_is_name:
            # An empty list does not tell what ids look like; a record of ours does.
            found = self.known(("an item", kind.name), partial(self._any_id, kind))
            known = [found] if found else []
        return self.unlike(known, Form.NAME if kind.id_is_name else form_of(known))

    def unlike(self, known: Sequence[str], form: Form) -> str:
        """An id of a form that is none of those known, nor likely anybody's."""
        if form is Form.INTEGER:
            return str(max(map(int, known)) + 900_000)
        if form is Form.GUID:
            return str(uuid.uuid5(uuid.NAMESPACE_URL, f"conformance-{self.settings.seed}-unknown"))
        return f"conformance-{self.settings.seed}-nobody"

    def collection(self, slot: int) -> Resource:
        """The list that takes place number `slot` (1, 2, 3): with fewer kinds, places share them."""
        kinds = self.kinds()
        kind = kinds[(slot - 1) % len(kinds)]
        return _note(Resource(kind.plural, kind.collection, kind, True))

    def item(self, slot: int) -> Resource:
        """A record that takes place number `slot`: an existing one, or one of ours where writing is
        allowed.
        """
        choices: list[tuple[Kind, str]] = []
        for kind in self.kinds():
            identity = self.known(("an item", kind.name), partial(self._any_id, kind))
            if identity:
                choices.append((kind, identity))
        if not choices:
            raise Untested(
                Reason.NOT_SERVED, "the portal shows no record, and the run may not make one"
            )
        kind, identity = choices[(slot - 1) % len(choices)]
        return _note(Resource(kind.name, f"{kind.collection}/{encode(identity)}", kind, False))

    def resource(self, name: str) -> Resource:
        """A readable resource by the name that cases are parametrized with: self, collection-N,
        item-N, comments.
        """
        if name == "self":
            return _note(Resource("self", "people/@self", None, False))
        what, _, number = name.partition("-")
        if what == "collection":
            return self.collection(int(number))
        if what == "item":
            return self.item(int(number))
        return self._comments()

    def ids(self, kind: Kind) -> list[str]:
        """The ids that the portal lists for a kind."""
        exchange = self.known(("list", kind.name), lambda: self.served(kind.collection))
        return [
            found
            for found in (contents.text(view, "id") for view in contents.records(exchange))
            if found
        ]

    def _serves(self, kind: Kind) -> bool:
        exchange = self.known(("list", kind.name), lambda: self.served(kind.collection))
        return succeeded(exchange) and contents.value(exchange.response) is not None

    def _any_id(self, kind: Kind) -> str:
        for identity in self.ids(kind):
            path = f"{kind.collection}/{encode(identity)}"
            if succeeded(self.served(path, fresh=self.anew)):
                return identity
        if self.settings.allow_writes:
            try:
                return self.spare(kind).id
            except Untested:
                return ""
        return ""

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
                        return _note(Resource("comments", path, None, True))
        return self.resource("self")

    def _commented_post(self) -> str:
        kind = KINDS[0]
        for identity in self.ids(kind)[:4]:
            path = f"{kind.collection}/{encode(identity)}/comment"
            exchange = self.served(path, fresh=self.anew)
            if succeeded(exchange) and contents.records(exchange):
                return identity
        return self.known(("an item", kind.name), lambda: self._any_id(kind))

    # --- making records -----------------------------------------------------------------------

    def name(self, *labels: object) -> str:
        """A name for a record of ours, the same in every run with the same seed against a portal
        that holds the same.
        """
        slug = "-".join(str(label) for label in labels if str(label))
        attempt = f"-attempt-{self._attempt}" if self._attempt > 1 and slug else ""
        begin = self.known("prefix", lambda: ownership.prefix(self))
        return f"{begin}-{slug}{attempt}".lower()

    def before(self, kind: Kind) -> ownership.Before:
        """The records of a kind that were there before this run made any."""
        return self.known(("before", kind.name), lambda: ownership.survey(self, kind))

    def fields(self, kind: Kind, name: str, text: str = "") -> dict[str, str]:
        """The body fields that make a record called `name`."""
        return kind.fields(name, text, contents.text(self.me(), "id"))

    def changes(self, kind: Kind, name: str, text: str = "") -> dict[str, str]:
        """The body fields that change a record called `name`."""
        return kind.changes(name, text, contents.text(self.me(), "id"))

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
        self.journal.intend(kind.name, name)
        exchange = self.ask(
            "POST", kind.collection, fmt, body=body, headers=headers, credential=credential
        )
        view = contents.record(exchange)
        identity = contents.text(view, "id")
        if not succeeded(exchange) or view is None or not identity:
            return exchange, None
        if not ownership.can_be_ours(self, kind, identity):
            return exchange, None
        path = f"{kind.collection}/{encode(identity)}"
        self.watch.expect(kind, path, name)
        found = self.served(path, fresh=True) if look else None
        if found is not None:
            self.watch.found(self, path, found)
        if self.watch.is_strange(path):
            return exchange, None
        self.journal.made_at(name, path)
        return exchange, Record(kind, identity, path, name, view, found)

    def make(self, kind: Kind, *labels: object, text: str = "") -> Record:
        """A new record of ours, made in whichever documented way works; Untested when none does."""
        self._need_consent()
        name = self.name(kind.name, *labels)
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
        return self.ask("PUT", record.path, fmt, body=body)

    def written(self, kind: Kind, fields: Mapping[str, object]) -> tuple[str, Body]:
        """A format, and `fields` as a body, in which records of a kind can be written."""
        fmt, encoding, _ = self.known(("way", kind.name), lambda: self._way(kind))
        return fmt, as_json(fields) if encoding == "json" else as_form(fields)

    def remove(self, record: Record) -> Exchange:
        """DELETE a record of ours, for a check that is through with it; what stays is removed at
        the end.
        """
        exchange = self.ask("DELETE", record.path, "json")
        if succeeded(exchange):
            after = self.get(record.path, "json", fresh=True)
            if after.response is not None and not after.response.succeeded:
                self.journal.gone(record.name)
        return exchange

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
            name = self.name(kind.name, "try", fmt, encoding)
            fields = self.fields(kind, name)
            exchange, record = self.create(
                kind, name, fmt, (as_json if encoding == "json" else as_form)(fields), look=True
            )
            if record is not None and record.found is not None and succeeded(record.found):
                return fmt, encoding, record
            refused.append(exchange)
        raise none_taken(refused, f"no {kind.name} can be made")

    def _need_consent(self) -> None:
        if not self.settings.allow_writes:
            raise Untested(Reason.NO_CONSENT, "needs to write on the target; give --allow-writes")


def _note(resource: Resource) -> Resource:
    case = cases.current()
    if case is not None:
        case.resource = resource.label
    return resource


def _is_about_a_record(key: object) -> bool:
    """Whether what is known under this key is a record that was found to be read."""
    return key in ("commented", "dotted person") or (isinstance(key, tuple) and key[0] == "an item")
