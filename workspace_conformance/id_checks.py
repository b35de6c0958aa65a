"""What checks of ids share: whose id is tried, which ids are, and how many of them must be judged.

Ids are drawn by Hypothesis, the same for the same seed, and asked one by one; where one shows a
violation, Hypothesis shrinks it to the smallest that does. Beside what is drawn, one id of each
sort is always asked, so that finding a known mistake is no matter of luck.
"""

from __future__ import annotations

import posixpath
import re
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit
from zlib import crc32

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.strategies import SearchStrategy, sampled_from

from workspace_conformance import identifiers, views
from workspace_conformance.data import literal_siblings
from workspace_conformance.exchange import Exchange, Trouble
from workspace_conformance.expectations import declared, expect_refusal, given_success, violation
from workspace_conformance.identifier_values import WRONG, allowed, is_of, nobody
from workspace_conformance.identifiers import Form, Identifier, encode
from workspace_conformance.kinds import PERSON, Kind
from workspace_conformance.outcomes import Reason, Untested, Violation
from workspace_conformance.portal import FORMATS, Portal

OTHER_KIND: Final = "id of a record of another kind"
PARAMETERS: Final = {"post": "postid", "group": "groupid", "person": "userid"}

_VERY_LONG: Final = Identifier("a" * 4_000, "a" * 4_000, "very long")
_TRIES = 3  # more times that a dropped request is sent before it is held against the target
_SHRINKING = 40  # ids that may be asked to find the smallest one that fails
_SHRINKING_DROPPED = 3  # the same where the failure is a dropped connection, which is slow to prove


@dataclass(frozen=True, slots=True)
class Subject:
    """A real record, whose id is tried in wrong ways.

    real: its id, or one that serves as well (a user name). path: where it is served, under api/2.0.
    known: what names a record of this kind. reserved: the documentation's own words at that place.
    others: ids of records of other kinds.
    """

    kind: Kind
    real: str
    path: str
    form: Form
    known: tuple[str, ...]
    reserved: frozenset[str]
    others: tuple[str, ...]

    def at(self, identifier: Identifier) -> str:
        """Where a record with that id would be, under api/2.0."""
        return f"{self.kind.collection}/{identifier.wire}"

    @property
    def lenient_form(self) -> Form:
        """The form that any lawful id has: for people, whose id may be a user name, a name."""
        return Form.NAME if self.kind.id_is_name else self.form


def subject(portal: Portal, name: str) -> Subject:
    """The record that cases are parametrized with: item-1, item-2, item-3, or user-name.

    user-name is the account's own record by its user name; where people are not served, or have
    none, it is item-1.
    """
    user_name = views.text(portal.me(), "userName") if name == "user-name" else ""
    if user_name and PERSON in portal.kinds():
        return about(portal, PERSON, user_name, Form.NAME)
    resource = portal.item(int(name.removeprefix("item-")) if name.startswith("item-") else 1)
    assert resource.kind is not None
    return about(portal, resource.kind, unquote(resource.path.rpartition("/")[2]))


def about(portal: Portal, kind: Kind, real: str, form: Form | None = None) -> Subject:
    """A record of a kind by its id; the form is that of the kind's ids where it is not given."""
    listed = views.records(portal.served(kind.collection))
    members = ("id", "userName", "email") if kind.id_is_name else ("id",)
    names = [views.text(view, member) for view in [*listed, {"id": real}] for member in members]
    others = [other for other in portal.kinds() if other is not kind]
    return Subject(
        kind,
        real,
        f"{kind.collection}/{encode(real)}",
        form or identifiers.form_of(portal.ids(kind) or [real]),
        tuple(name for name in names if name),
        literal_siblings(f"/api/2.0/{kind.collection}"),
        tuple(found for other in others for found in portal.ids(other)[:1]),
    )


# --- which ids ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids of one sort: `always` are asked in every run, as many more are drawn from `drawn`."""

    always: tuple[Identifier, ...]
    drawn: SearchStrategy[Identifier] | None = None


def unknown(about: Subject) -> Ids:
    """Ids of the right form that no record has."""
    return Ids((), identifiers.unknown(about.form, about.known, about.reserved))


def wrong(about: Subject) -> Ids:
    """Ids of the wrong form; for people, what nobody is called."""
    form = about.lenient_form
    is_allowed = allowed(form, about.known, about.reserved)
    found = [nobody(each) for each in WRONG] if form is Form.NAME else WRONG
    fitting = [each for each in found if is_allowed(each) and not is_of(form, each.text)]
    return Ids(
        (*_one_of_each(fitting), _VERY_LONG),
        identifiers.wrong_form(form, about.known, about.reserved),
    )


def near(about: Subject) -> Ids:
    """Ids that nearly are the real one."""
    misses = identifiers.near_miss_list(about.real, about.form, about.known, about.reserved)
    always = _one_of_each(misses)
    if about.form is Form.GUID:  # a number may lawfully be the id of several records
        taken = {name.lower() for name in about.known}
        found = [other for other in about.others if other.lower() not in taken]
        always += [Identifier(other, encode(other), OTHER_KIND) for other in found]
    return Ids(tuple(always), sampled_from(misses))


def escapes(about: Subject) -> Ids:
    """Ids that lead to another resource where they are decoded or resolved too far."""
    targets = ["people/@self", "@self", "people", "group", about.real]
    is_allowed = allowed(Form.NAME, (), about.reserved)
    found = [each for each in identifiers.escape_list(targets) if is_allowed(each)]
    below = encode(about.real) + "%2Fcomment"
    always = [Identifier(unquote(below), below, "resource below, behind an encoded slash")]
    ends = {f"/api/2.0/{target}".casefold() for target in targets[:-1]} | {
        f"/api/2.0/{about.kind.collection}/{about.real}".casefold()
    }
    leading = [each for each in found if _resolved(about, each) in ends]
    return Ids((*always, *_one_of_each(leading)), sampled_from(found))


def placeholders(about: Subject) -> Ids:
    """What is sent when a client forgets to put the id in."""
    is_allowed = allowed(Form.NAME, about.known, about.reserved)
    found = identifiers.placeholder_list(PARAMETERS[about.kind.name])
    return Ids(tuple(each for each in found if is_allowed(each)))


def spellings(about: Subject) -> Ids:
    """Other spellings of the real id, which may lawfully mean it."""
    return Ids(tuple(identifiers.same_id_list(about.real, about.form)))


SORTS: Final[dict[str, Callable[[Subject], Ids]]] = {
    "unknown": unknown,
    "wrong": wrong,
    "near": near,
    "escapes": escapes,
    "placeholders": placeholders,
    "spellings": spellings,
}


def _one_of_each(found: Iterable[Identifier]) -> list[Identifier]:
    """The first id of each kind."""
    first: dict[str, Identifier] = {}
    for each in found:
        first.setdefault(each.kind, each)
    return list(first.values())


def _resolved(about: Subject, found: Identifier) -> str:
    """The path that an id leads to on a server that decodes all there is, and then resolves it."""
    text = found.wire.upper().replace("%C0%AE", ".").replace("%C0%AF", "/")
    for _ in range(2):
        text = unquote(text)
    text = re.sub(r"\.\.;", "..", text.replace("\\", "/"))
    text = re.split(r"[\0?#;]", text)[0].strip()
    return posixpath.normpath(posixpath.join(f"/api/2.0/{about.kind.collection}", text)).casefold()


# --- asking and judging ---------------------------------------------------------------------------

Judge = Callable[[Identifier], None]
"""Raises Violation or Untested for one id."""


def format_of(identifier: Identifier) -> str:
    """The format in which an id is asked: each has its own, and all three come up alike."""
    return FORMATS[crc32(identifier.wire.encode()) % len(FORMATS)]


def ask(portal: Portal, about: Subject, identifier: Identifier) -> Exchange:
    """GET the record with that id, once for all checks, even where no answer comes."""
    path, fmt = about.at(identifier), format_of(identifier)
    return portal.once(("id", path, fmt), lambda: portal.get(path, fmt))


def for_each(portal: Portal, about: Subject, sort: str, judge: Judge) -> None:
    """Judge the ids of a sort, always the same for the same portal and seed.

    The control: the real id is served, in the same formats. Ids in a format that is not are passed
    over, and the case then ends untested, unless another id shows a violation.
    Raises: the Violation of the smallest id found; Untested where too little could be judged.
    """
    __tracebackhide__ = True
    unserved: dict[str, Untested] = {}
    for fmt in FORMATS:
        try:
            given_success(portal.get(about.path, fmt), "asking for the real id")
        except Untested as why:
            unserved[fmt] = why
    ids = SORTS[sort](about)
    key = ("ids", sort, about.path, about.form)
    drawn = portal.once(key, lambda: _draw(portal, ids))
    chosen = {each.wire: each for each in [*drawn, *ids.always]}
    fitting = [each for each in chosen.values() if format_of(each) not in unserved]
    unjudged: list[Untested] = []
    for number, identifier in enumerate(fitting):
        try:
            judge_one(judge, identifier)
        except Untested as why:
            unjudged.append(why)
        except Violation as found:
            if identifier not in drawn:
                raise
            passed = [each for each in chosen.values() if each not in fitting[number:]]
            raise _smallest(portal, ids, judge, passed, identifier, found) from None
    if unserved:
        raise next(iter(unserved.values()))
    if 2 * len(unjudged) > len(fitting):
        raise unjudged[-1]


def judge_one(judge: Judge, identifier: Identifier) -> None:
    """Judge one id; the Violation names it."""
    __tracebackhide__ = True
    try:
        judge(identifier)
    except Violation as found:
        named = Violation(f"{identifier.describe()}: {found}")
        named.exchange = found.exchange
        raise named from None


_drawing = threading.Lock()  # what Hypothesis draws must not hang on what other threads draw


def _options(portal: Portal, ids: Ids, phases: Sequence[Phase]) -> settings:
    # What is always asked counts, but for the third of it that may be drawn as well.
    examples = portal.settings.id_examples
    return settings(
        max_examples=max(1, examples - 2 * len(ids.always) // 3, examples // 2),
        phases=phases,
        database=None,
        deadline=None,
        derandomize=True,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )


def _draw(portal: Portal, ids: Ids) -> tuple[Identifier, ...]:
    """The ids that Hypothesis draws, in its order."""
    if ids.drawn is None:
        return ()
    found: list[Identifier] = []

    @seed(portal.settings.seed)
    @_options(portal, ids, [Phase.generate])
    @given(ids.drawn)
    def note(identifier: Identifier) -> None:
        found.append(identifier)

    with _drawing:
        note()
    return tuple(found)


def _smallest(
    portal: Portal,
    ids: Ids,
    judge: Judge,
    passed: Iterable[Identifier],
    failed: Identifier,
    first: Violation,
) -> Violation:
    """What Hypothesis shrinks the first violation to, among answers with the same status."""
    assert ids.drawn is not None
    sign = _sign(first)
    left = _SHRINKING if sign is not None else _SHRINKING_DROPPED
    seen: dict[str, Violation | None] = {each.wire: None for each in passed}
    seen[failed.wire] = first

    @seed(portal.settings.seed)
    @_options(portal, ids, [Phase.generate, Phase.shrink])
    @given(ids.drawn)
    def holds(identifier: Identifier) -> None:
        nonlocal left
        if identifier.wire not in seen:
            found = _violation(judge, identifier) if left > 0 else None
            seen[identifier.wire] = found if found and _sign(found) == sign else None
            left -= 1
        known = seen[identifier.wire]
        if known is not None:
            again = Violation(str(known))
            again.exchange = known.exchange
            raise again

    try:
        holds()
    except Violation as found:
        return found
    return first


def _violation(judge: Judge, identifier: Identifier) -> Violation | None:
    try:
        judge_one(judge, identifier)
    except Violation as found:
        return found
    except Untested:
        pass
    return None


def _sign(found: Violation) -> int | None:
    """What tells one failure from another: the status, or that there was no answer."""
    response = found.exchange.response if found.exchange is not None else None
    return response.status if response is not None else None


def for_these(ids: Iterable[Identifier], judge: Judge) -> None:
    """Judge each of these ids; Untested where most of them could not be judged."""
    __tracebackhide__ = True
    unjudged: list[Untested] = []
    judged = 0
    for identifier in ids:
        try:
            judge_one(judge, identifier)
        except Untested as why:
            unjudged.append(why)
        else:
            judged += 1
    if len(unjudged) > judged:
        raise unjudged[-1]


def expect_answered(portal: Portal, about: Subject, exchange: Exchange) -> Exchange:
    """An answer to a safe request; none at all is a violation once it is proved to be no accident.

    The request is sent anew, each time after the real id was asked for and served; returns the
    first exchange that has an answer. A time-out or a failure to connect is no proof.
    """
    __tracebackhide__ = True
    for _ in range(_TRIES):
        if exchange.trouble not in (Trouble.DROPPED, Trouble.PROTOCOL):
            return exchange
        given_success(portal.get(about.path, fresh=True), "asking for the real id in between")
        exchange = portal.road.ask(exchange.request, fresh=True)
    if exchange.trouble in (Trouble.DROPPED, Trouble.PROTOCOL):
        violation(
            exchange,
            f"no answer ({exchange.words}), each of {_TRIES + 1} times, "
            "while the real id was served in between",
        )
    return exchange


def expect_refused(exchange: Exchange) -> None:
    """The answer is 4xx. A redirect to another spelling of the same URL leaves the id untested."""
    __tracebackhide__ = True
    if _leads_to_itself(exchange):
        raise Untested(Reason.SETUP_FAILED, "the answer is a redirect to the same id")
    expect_refusal(exchange)


def _leads_to_itself(exchange: Exchange) -> bool:
    """Whether an answer redirects to its own URL in another spelling."""
    response = exchange.response
    if response is None or not 300 <= response.status < 400:
        return False
    here = exchange.request.url
    there = urljoin(here, response.header("location") or "/")

    def plain(url: str) -> tuple[str, str]:
        parts = urlsplit(url)
        return unquote(parts.path).rstrip("/").casefold(), parts.query

    return plain(there) == plain(here)


def is_named(view: views.View | None, text: str, names: Collection[str]) -> bool:
    """Whether one of these members of a record is that text, letter case aside."""
    return any(views.text(view, name).casefold() == text.casefold() for name in names)


def expect_not_repeated(exchange: Exchange, identifier: Identifier) -> None:
    """The answer is no text/html that repeats an id with markup in it as it was sent.

    Only ids that no page would contain by itself are looked for.
    """
    __tracebackhide__ = True
    media, response, text = declared(exchange), exchange.response, identifier.text
    if media is None or media.essence != "text/html" or response is None:
        return
    if "<" not in text or len(text) < 10 or text in escape(text, quote=False):
        return
    for charset in {media.charset or "utf-8", "utf-8"}:
        try:
            page = response.body.decode(charset, "replace")
        except LookupError:
            continue
        if text in page:
            violation(exchange, "the answer is text/html that repeats the id unescaped")
