"""Asking for ids and judging the answers: each of a sort, and how many of them must be judged.

Ids are drawn by Hypothesis, the same for the same seed, and asked one by one; where one shows a
violation, Hypothesis shrinks it to the smallest that does. Which ids are tried, and on which
records, is the business of `identifier_subjects`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from html import escape
from urllib.parse import unquote, urljoin, urlsplit
from zlib import crc32

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from workspace_conformance.checks import hypothesis_lock
from workspace_conformance.checks.expectations import (
    declared,
    expect_refusal,
    given_refusal,
    given_success,
    violation,
)
from workspace_conformance.checks.identifier_subjects import SORTS, Ids, Subject
from workspace_conformance.checks.repeated_reads import undocumented_paths
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import Form, Identifier, encode
from workspace_conformance.exchange.media import legible
from workspace_conformance.exchange.messages import Exchange, Trouble
from workspace_conformance.exchange.outcomes import Reason, Untested, Violation
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import FORMATS

_TRIES = 3  # more times that a dropped request is sent before it is held against the target
_SHRINKING = 40  # ids that may be asked to find the smallest one that fails
_SHRINKING_DROPPED = 3  # the same where the failure is a dropped connection, which is slow to prove

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


def given_unknown_refused(portal: Portal, about: Subject) -> None:
    """Untested where ids that no record has (ID-1), or paths that are not documented (STA-7), are
    not refused: what other ids do cannot be told from that.
    """
    __tracebackhide__ = True
    unknown = [portal.unknown_id(about.kind)]
    if about.form is Form.GUID and about.kind.id_is_name:  # ids have one form, names another
        unknown.append(str(uuid.uuid5(uuid.NAMESPACE_URL, unknown[0])))
    for identity in unknown:
        for fmt in FORMATS:
            given_refusal(portal.get(f"{about.kind.collection}/{encode(identity)}", fmt))
    for path in undocumented_paths(portal):
        given_refusal(portal.get(path, "json"))


def judge_one(judge: Judge, identifier: Identifier) -> None:
    """Judge one id; the Violation names it."""
    __tracebackhide__ = True
    try:
        judge(identifier)
    except Violation as found:
        named = Violation(f"{identifier.describe()}: {found}")
        named.exchange = found.exchange
        raise named from None


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

    with hypothesis_lock.alone():
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

    with hypothesis_lock.alone():
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
        exchange = portal.transport.ask(exchange.request, fresh=True)
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
    try:
        there = urljoin(here, response.header("location") or "/")
        urlsplit(there)
    except ValueError:  # no URL at all
        return False

    def plain(url: str) -> tuple[str, str]:
        parts = urlsplit(url)
        return unquote(parts.path).rstrip("/").casefold(), parts.query

    return plain(there) == plain(here)


def is_named(view: contents.View | None, text: str, names: Collection[str]) -> bool:
    """Whether one of these members of a record is that text, letter case aside."""
    return any(contents.text(view, name).casefold() == text.casefold() for name in names)


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
        if text in legible(response.body, charset):
            violation(exchange, "the answer is text/html that repeats the id unescaped")
