"""The comments of a post of ours: three are made, the second is changed, and then deleted.

Where the account may not write them, the suites judge another kind of record in their place.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from lxml import etree

from workspace_conformance.checks.expectations import given_success
from workspace_conformance.checks.experiments import deletion, encoded
from workspace_conformance.checks.repeated_reads import by_id, let_list_follow
from workspace_conformance.contract.kinds import POST
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.cases import format_of
from workspace_conformance.exchange.identifiers import Form, encode, form_of, is_of
from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import NOT_NOW, as_form, as_json, succeeded

_OWN = "community/blog/comment"  # the place of one comment, without its id
_MADE_IN = ("", "json", "xml")  # the formats in which the three are made
_UNSERVED = (*NOT_NOW, 404, 405, 501)  # what a list of comments answers that is not for the account


@dataclass(frozen=True, slots=True)
class Discussion:
    """A post of ours with three comments of ours.

    path: of the list of its comments; texts: what they say; made: the POST of each; listed: the
    list once all are made.
    """

    path: str
    texts: tuple[str, ...]
    made: tuple[Exchange, ...]
    listed: Exchange

    @property
    def asked(self) -> Exchange:
        """The POST of the second, in JSON where that is taken."""
        return self.made[1]

    def ids(self) -> dict[str, str]:
        """The ids of the comments that are listed, by what they say: others may comment too."""
        return {
            text: identity
            for identity, view in by_id(self.listed).items()
            for text in self.texts
            if identity and text in str(view)
        }


@dataclass(frozen=True, slots=True)
class Turn:
    """A write to the second comment, and the list of comments before and after.

    subject: its id; text: what it says before, and after a PUT. again: a PUT and a DELETE of it once
    it was deleted, and is listed no more.
    """

    asked: Exchange
    subject: str
    text: str
    before: Exchange
    after: Exchange
    again: tuple[Exchange, ...] = ()


def are_open(portal: Portal, method: str) -> bool:
    """Whether the account may make ("POST"), change ("PUT") or delete ("DELETE") comments of its
    own, where the portal serves comments at all. One that fails otherwise than for want of
    permission counts: that it fails is a finding.
    """
    if POST not in portal.creatable():
        return False
    found = discussion(portal)
    if _answers(found.listed, *_UNSERVED) or _answers(found.asked, *NOT_NOW):
        return False
    if method == "POST":
        return True
    return not _answers(turn(portal, method).asked, *NOT_NOW)


def _answers(exchange: Exchange, *statuses: int) -> bool:
    return exchange.response is not None and exchange.response.status in statuses


def discussion(portal: Portal) -> Discussion:
    """Make a post and three comments on it."""
    return portal.once("discussion", lambda: _discussion(portal))


def _discussion(portal: Portal) -> Discussion:
    path = f"{portal.make(POST, 'discussed').path}/comment"
    texts = tuple(portal.name("comment", number) for number in (1, 2, 3))
    made = tuple(
        write(portal, "POST", path, text, fmt) for text, fmt in zip(texts, _MADE_IN, strict=True)
    )
    return Discussion(path, texts, made, portal.served(path, fresh=True))


def made_twice(portal: Portal) -> Exchange | None:
    """The POST after which the post shows two comments that say what the one was to say; None where
    it shows each once.
    """
    found = discussion(portal)
    given_success(found.listed, "the comments of the post")
    shown = list(by_id(found.listed).values())
    for text, made, fmt in zip(found.texts, found.made, _MADE_IN, strict=True):
        # One that did not succeed at first was sent once more, in another form.
        was_sent_once = succeeded(made) and format_of(made.request.url) == fmt
        if was_sent_once and sum(text in str(view) for view in shown) > 1:
            return made
    return None


def is_listed(portal: Portal) -> bool:
    """Whether the comments of the post show the second one."""
    found = discussion(portal)
    given_success(found.listed, "the comments of the post")
    identity = contents.text(contents.record(found.asked), "id")
    # Whether its text arrived whole is another question.
    return found.texts[1] in found.ids() or (bool(identity) and identity in by_id(found.listed))


def turn(portal: Portal, method: str) -> Turn:
    """The second comment changed ("PUT"), or deleted after that ("DELETE")."""
    return reworded(portal) if method == "PUT" else removed(portal)


def reworded(portal: Portal) -> Turn:
    """PUT another text into the second comment."""
    return portal.once("comment reworded", lambda: _reworded(portal))


def _reworded(portal: Portal) -> Turn:
    found = discussion(portal)
    subject = _subject(found)
    text = f"{found.texts[1]}-alone"  # what it said begins what it says
    asked = write(portal, "PUT", path_of(subject), text)
    after = portal.served(found.path, fresh=True)
    return Turn(asked, subject, text, found.listed, after)


def removed(portal: Portal) -> Turn:
    """DELETE the second comment, after it was changed."""
    return portal.once("comment removed", lambda: _removed(portal))


def _removed(portal: Portal) -> Turn:
    found, before = discussion(portal), reworded(portal)  # in that order: one comment serves both
    path = path_of(before.subject)
    asked = portal.ask("DELETE", path, "json")
    if not succeeded(asked):
        asked = portal.ask("DELETE", path)
    after = portal.served(found.path, fresh=True)
    again: tuple[Exchange, ...] = ()
    is_gone = succeeded(asked) and succeeded(after) and before.subject not in by_id(after)
    if is_gone and is_of(Form.GUID, before.subject):  # another form may be given again
        body = encoded("json", {"content": before.text})
        again = (portal.ask("PUT", path, "json", body=body), portal.ask("DELETE", path))
    return Turn(asked, before.subject, found.texts[1], before.after, after, again)


def reworded_twice(portal: Portal) -> Turn:
    """PUT two further texts into the third comment, one after the other; the turn is that of the
    second, and the list before it is not read.
    """
    return portal.once("comment reworded twice", lambda: _reworded_twice(portal))


def _reworded_twice(portal: Portal) -> Turn:
    with suppress(Untested):
        removed(portal)  # until then the third comment is to stay as it is
    found = discussion(portal)
    _subject(found)
    subject = found.ids()[found.texts[2]]
    path = path_of(subject)
    first, second = (f"{found.texts[2]}-{word}" for word in ("first", "second"))
    given_success(write(portal, "PUT", path, first), "the first update of a comment")
    asked = write(portal, "PUT", path, second)
    after = portal.served(found.path, fresh=True)
    return Turn(asked, subject, second, found.listed, after)


def is_shown(turn: Turn) -> bool:
    """Whether the comment is still listed after its DELETE.

    Some portals keep the place of a deleted comment, and no longer its text; and where the answer
    to a creation was lost, there may be two of that text.
    """
    return turn.text in str(by_id(turn.after).get(turn.subject, ""))


def is_reported(turn: Turn) -> bool:
    """Whether the answer to a PUT says the new text; what it should answer is a text, of no kind."""
    found = contents.value(turn.asked.response)
    return turn.text in ("".join(found.itertext()) if etree.iselement(found) else str(found))


def is_as_before(portal: Portal, turn: Turn) -> bool:
    """Whether the list shows the comment as it was before its PUT, or not at all; a list may lag
    behind, but not for long.
    """
    if not _is_as_before(turn, turn.after):
        return False
    let_list_follow(portal)
    return _is_as_before(turn, portal.served(discussion(portal).path, fresh=True))


def is_as_first(portal: Portal, turn: Turn) -> bool:
    """Whether the list shows the comment with the first of two texts that were PUT into it; a list
    may lag behind, but not for long.
    """
    first = f"{turn.text.removesuffix('second')}first"

    def shows_it(listed: Exchange) -> bool:
        given_success(listed, "the comments of the post")
        return contents.text(by_id(listed).get(turn.subject), "text") == first

    if not shows_it(turn.after):
        return False
    let_list_follow(portal)
    return shows_it(portal.served(discussion(portal).path, fresh=True))


def _is_as_before(turn: Turn, listed: Exchange) -> bool:
    given_success(listed, "the comments of the post")
    shown = by_id(listed)
    if any(turn.text in str(view) for view in shown.values()):
        return False
    was, now = by_id(turn.before)[turn.subject], shown.get(turn.subject)
    return now is None or contents.text(now, "text") == contents.text(was, "text")


def unknown(portal: Portal, turn: Turn) -> Exchange:
    """The PUT or DELETE of a turn, sent to a comment that does not exist."""
    key = ("unknown comment", turn.asked.request.method)
    return portal.once(key, lambda: _unknown(portal, turn.asked.request))


def _unknown(portal: Portal, request: Request) -> Exchange:
    known = list(discussion(portal).ids().values())
    path = path_of(portal.unlike(known, form_of(known)))
    fields, fmt = {"content": portal.name("comment", "unknown")}, format_of(request.url)
    body = None
    if request.method == "PUT":
        body = as_json(fields) if fmt == "json" else as_form(fields)
    return portal.ask(request.method, path, fmt, body=body)


@dataclass(frozen=True, slots=True)
class Gone:
    """What is answered about posts that are not there. listed: GET of the comments of one that was
    deleted, None where nothing shows that it is gone; made: POST of a comment on it, and on one that
    never was.
    """

    listed: Exchange | None
    made: tuple[Exchange, ...]


def of_gone_posts(portal: Portal) -> Gone:
    """Ask for comments of a post that was deleted, and write on it and on one that never was."""
    return portal.once("comments of gone posts", lambda: _of_gone_posts(portal))


def _of_gone_posts(portal: Portal) -> Gone:
    unknown = f"{POST.collection}/{encode(portal.unknown_id(POST))}/comment"
    removed = deletion(portal, portal.creatable().index(POST) + 1, "xml")
    if not succeeded(removed.asked) or not _answers(removed.after, 404, 410):
        return Gone(None, (_orphaned(portal, unknown),))
    deleted = f"{removed.record.path}/comment"
    listed = portal.get(deleted, "json", fresh=True)
    return Gone(listed, (_orphaned(portal, deleted), _orphaned(portal, unknown)))


def _orphaned(portal: Portal, path: str) -> Exchange:
    """POST a comment where no post is; one that is made all the same is removed."""
    text = portal.name("comment", "orphaned")
    asked = portal.ask("POST", path, "json", body=encoded("json", {"content": text}))
    made = contents.record(asked)
    if succeeded(asked) and contents.text(made, "id") and text in str(made):
        portal.ask("DELETE", path_of(contents.text(made, "id")))
    return asked


def wrong(portal: Portal, method: str, text: str) -> Exchange:
    """PUT or DELETE of a comment with an id that is none, sent once a run."""
    known = turn(portal, method)
    path, fmt = path_of(text), format_of(known.asked.request.url)
    body = None
    if method == "PUT":
        fields = {"content": portal.name("comment", "wrong")}
        body = as_json(fields) if fmt == "json" else as_form(fields)
    return portal.once(
        ("wrong comment", method, text), lambda: portal.ask(method, path, fmt, body=body)
    )


def path_of(identity: str) -> str:
    """The path of the comment with that id."""
    return f"{_OWN}/{encode(identity)}"


def form(portal: Portal) -> Form:
    """The form of the ids of comments."""
    return form_of(list(discussion(portal).ids().values()))


def _subject(found: Discussion) -> str:
    given_success(found.listed, "the comments of the post")
    ids = found.ids()
    if len(ids) < len(found.texts):
        raise Untested(Reason.SETUP_FAILED, "the post does not show the comments that were made")
    return ids[found.texts[1]]


def write(portal: Portal, method: str, path: str, text: str, fmt: str = "json") -> Exchange:
    """POST or PUT what a comment says, in a format; in another where that does not succeed."""
    fields = {"content": text}
    exchange = portal.ask(method, path, fmt, body=encoded(fmt, fields))
    if not succeeded(exchange):
        other = "xml" if fmt == "json" else "json"
        exchange = portal.ask(method, path, other, body=encoded(other, fields))
    return exchange
