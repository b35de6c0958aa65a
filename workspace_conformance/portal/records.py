"""The way in for every check: what can be read of a target, and the records that are made there.

Where a portal shows nothing to read, a record of ours is made in its place.
"""

from __future__ import annotations

import copy
from functools import partial

from workspace_conformance.contract.kinds import KINDS, Kind
from workspace_conformance.exchange import cases
from workspace_conformance.exchange.identifiers import Form, encode, form_of
from workspace_conformance.exchange.outcomes import Reason, Rejected, Untested
from workspace_conformance.portal.making import Maker, Record
from workspace_conformance.portal.served import Resource, note
from workspace_conformance.transport.client import (
    succeeded,
)


class Portal(Maker):
    """One target and one account, as checks see it."""

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

    # --- kinds to write -----------------------------------------------------------------------

    def creatable(self) -> list[Kind]:
        """The kinds of records that the portal lets the account make, found out by trying each
        once.

        A kind whose creation neither works nor is forbidden counts: that it fails is a finding.
        One of which the portal takes none of our values, or of which the account may not remove
        what it made, counts where there is no other.
        """
        self._need_consent()
        found: list[Kind] = []
        rejected: list[Kind] = []
        kept: list[Kind] = []  # may be made, and not removed
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
            removal = self._removals.get(kind.name)
            if removal is not None and not removal.works:
                stays = removal.why_not()
                if stays.reason is Reason.NOT_PERMITTED:
                    kept.append(kind)
                    continue
            found.append(kind)
        found = found or kept or rejected
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


__all__ = ["Portal", "Record"]
