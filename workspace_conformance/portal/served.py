"""What the target serves, found out once by reading alone.

Nothing is assumed of a portal: which kinds of records it serves, what its lists show, whether ids
are GUIDs or integers are all found out here, once, from its own answers. Nothing here changes the
target.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from workspace_conformance.contract.documented import literal_siblings
from workspace_conformance.contract.kinds import KINDS, Kind
from workspace_conformance.exchange import cases, contents
from workspace_conformance.exchange.contents import View
from workspace_conformance.exchange.identifiers import Form, encode
from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.portal.controls import Controls, Identity
from workspace_conformance.settings import Settings
from workspace_conformance.transport.client import Client, Credential, succeeded, unusable
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


class Served(Client):
    """One target as one account reads it."""

    def __init__(
        self, root: str, transport: Transport, settings: Settings, account: Credential
    ) -> None:
        self._identity = Identity(account)
        self.controls = Controls(transport, self._identity)
        super().__init__(root, transport, account)
        self.settings = settings
        self.known = cases.Once("discovery")  # what was found out about the portal
        self.anew = False  # whether records are looked for that are there now

    @property
    def account(self) -> Credential:
        """The credential of the account under test, as it is now."""
        return self._identity.credential

    @account.setter
    def account(self, credential: Credential) -> None:
        self._identity.credential = credential

    def _answered(self, request: Request, fresh: bool) -> Exchange:
        """The answer to a question; where it may come of a change around the target, the account's
        control is asked, and the question once more where its credential was renewed.

        Raises Untested (changed) once the account is no longer served.
        """
        self.controls.given_served()
        exchange = super()._answered(request, fresh)
        if not self.is_of_the_run(request) or not self.controls.is_suspect(exchange):
            return exchange
        self.controls.check(after=exchange.received)
        renewed = self.controls.renewed(request)
        return exchange if renewed == request else super()._answered(renewed, fresh)

    def is_of_the_run(self, request: Request) -> bool:
        """Whether a request carries the credential of the run, or one that this has replaced."""
        return bool(request.account) and request.header("authorization") in self._identity.known

    def looking_anew(self) -> Self:
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

    def me(self) -> View:
        """The account's own record (@self); Untested when it cannot be read."""
        exchange = self.known("me", lambda: self.served("people/@self"))
        view = contents.record(exchange)
        if view is None or not succeeded(exchange):
            raise unusable(exchange, "the account's own record (people/@self) cannot be read")
        return view

    def list_of(self, kind: Kind) -> Exchange:
        """The list of a kind, as it was first served."""
        return self.known(("list", kind.name), lambda: self.served(kind.listing))

    def kinds(self) -> list[Kind]:
        """The kinds of records that the portal serves to this account, in order of preference."""
        found = [kind for kind in KINDS if self._serves(kind)]
        if not found:
            words = "no documented collection (posts, groups, people) can be read"
            raise unusable(self.list_of(KINDS[-1]), words)
        return found

    def ids(self, kind: Kind) -> list[str]:
        """The ids that the portal lists for a kind."""
        views = contents.records(self.list_of(kind), kind.list_in)
        return [found for found in (contents.text(view, kind.id) for view in views) if found]

    def collection(self, slot: int) -> Resource:
        """The list that takes place number `slot` (1, 2, 3): with fewer kinds, places share them."""
        kinds = self.kinds()
        kind = kinds[(slot - 1) % len(kinds)]
        return note(Resource(kind.plural, kind.collection, kind, True))

    def listed_item(self, kind: Kind) -> str:
        """The id of the first listed record of a kind that is served; empty where none is."""
        for identity in self.ids(kind):
            if succeeded(self.served(kind.at(encode(identity)), fresh=self.anew)):
                return identity
        return ""

    def commented_item(self, kind: Kind) -> str:
        """The id of a record of a kind that has comments, among the first few; empty where none has
        any.
        """
        for identity in self.ids(kind)[:4]:
            path = f"{kind.collection}/{encode(identity)}/comment"
            exchange = self.served(path, fresh=self.anew)
            if succeeded(exchange) and contents.records(exchange):
                return identity
        return ""

    def unlike(self, known: Sequence[str], form: Form) -> str:
        """An id of a form that is none of those known, nor likely anybody's."""
        if form is Form.INTEGER:
            return str(max(map(int, known)) + 900_000)
        if form is Form.GUID:
            return str(uuid.uuid5(uuid.NAMESPACE_URL, f"conformance-{self.settings.seed}-unknown"))
        return f"conformance-{self.settings.seed}-nobody"

    def _serves(self, kind: Kind) -> bool:
        exchange = self.list_of(kind)
        return succeeded(exchange) and contents.value(exchange.response) is not None


def note(resource: Resource) -> Resource:
    """Tell the case under way which resource it is about."""
    case = cases.current()
    if case is not None:
        case.resource = resource.label
    return resource


def _is_about_a_record(key: object) -> bool:
    """Whether what is known under this key is a record that was found to be read."""
    if isinstance(key, tuple) and key[0] in ("documented list", "documented module"):
        return True
    return key in ("commented", "dotted person") or (isinstance(key, tuple) and key[0] == "an item")
