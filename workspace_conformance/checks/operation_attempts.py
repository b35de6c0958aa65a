"""Trying each described operation once: which requests are drawn for it, and against which records.

Reading uses whatever the portal has. Everything else is done to records that were made here for the
purpose: a record lives through the creation, update, comments and delete of one form.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import unquote

from workspace_conformance.checks import described_operations
from workspace_conformance.checks.described_operations import (
    Attempt,
    Case,
    Operation,
    about,
    draw,
    send,
    spelled,
)
from workspace_conformance.contract.kinds import KINDS, POST, Kind
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Rejected, Untested
from workspace_conformance.portal import logins
from workspace_conformance.portal.records import Portal, Record
from workspace_conformance.transport.client import (
    NOBODY,
    as_form,
    as_json,
    none_taken,
    succeeded,
    unusable,
)

_WRITES = 3  # drawn bodies that are tried until one is taken: a portal may have rules for its texts
_LIKE = {"comment": "create", "reword": "update", "uncomment": "delete", "comments": "list"}
_Found = TypeVar("_Found")
_MORE = 50  # of --id-examples: for so many more, one more drawn reading request


def attempts(portal: Portal, operation: Operation) -> list[Attempt]:
    """What came of an operation's drawn requests, at least one; they are sent once a run.

    Raises Untested where none can be sent: no consent, no password, no record of ours to work on.
    """
    about(operation)
    return portal.once(("operation", operation.id), lambda: _trial(operation)(portal, operation))


def in_turn(
    portal: Portal, operation: Operation, step: Callable[[Portal, Operation], _Found]
) -> _Found:
    """What `step` makes of an operation; where the portal does not serve it, the account may not, or
    none of our values are taken, of the operation that does the same to records of another kind:
    they share its place.

    Raises the Untested of the operation itself where none of them will do.
    """
    first: Untested | None = None
    for each in (operation, *_stand_ins(operation)):
        try:
            return step(portal, each)
        except Untested as why:
            first = first or why
            passing = why.reason in (Reason.NOT_PERMITTED, Reason.NOT_SERVED)
            if not passing and not isinstance(why, Rejected):
                break
    assert first is not None
    raise first


def _stand_ins(operation: Operation) -> list[Operation]:
    """The operations that do the same, in the same form, to records of other kinds; those with
    date-times first.
    """

    def step(one: Operation) -> str:
        word = one.base.rpartition(".")[2]
        return _LIKE.get(word, word)

    found = [
        other
        for other in described_operations.described().values()
        if operation.kind is not None
        and other.kind not in (None, operation.kind)
        and other.base != "people.self"
        and (step(other), other.form) == (step(operation), operation.form)
    ]
    return sorted(found, key=lambda other: not other.shows_dates)


def given_successes(portal: Portal, operation: Operation) -> list[Attempt]:
    """The attempts that succeeded; Untested where none did."""
    __tracebackhide__ = True
    tried = attempts(portal, operation)
    for attempt in tried:
        wants = logins.wanted(attempt.exchange) if operation.kind is None else None
        if wants is not None:
            raise Untested(Reason.NO_CREDENTIAL, f"the portal wants {wants}")
    good = [attempt for attempt in tried if succeeded(attempt.exchange)]
    if not good:
        exchanges = [attempt.exchange for attempt in tried]
        raise none_taken(exchanges, "no drawn request of this operation succeeded")
    return good


def of_a_suffix(portal: Portal, operation: Operation) -> Exchange:
    """What an operation answers in the form of its suffix.

    Untested where it succeeds in no form, or fails with this suffix for its body's sake.
    """
    __tracebackhide__ = True
    tried = attempts(portal, operation)
    answered = tried[-1].exchange
    if succeeded(answered):
        return answered
    if not any(succeeded(each) for each in _in_other_forms(portal, operation)):
        raise none_taken([each.exchange for each in tried], "the operation succeeds in no form")
    about(operation)
    path, _, body = spelled(tried[-1].case)
    if body is not None:
        assert isinstance(tried[-1].case.body, dict)
        other = as_form if operation.form == "json" else as_json
        taken = portal.ask(operation.method, path, body=other(tried[-1].case.body))
        if succeeded(taken):  # REQ-1, REQ-2
            raise unusable(answered, "with this suffix the body is taken in another media type")
    return answered


def _in_other_forms(portal: Portal, operation: Operation) -> list[Exchange]:
    found: list[Exchange] = []
    for other in described_operations.described().values():
        if other.base == operation.base and other.form != operation.form:
            with contextlib.suppress(Untested):
                found += [attempt.exchange for attempt in attempts(portal, other)]
    return found


def ask_with_another_method(portal: Portal, operation: Operation, method: str) -> Exchange:
    """Ask the resource that a GET operation reads with another method.

    Of a record's URL, that of a record of ours: a faulty portal might carry the request out.
    Untested where GET does not succeed on it.
    """
    attempt = given_successes(portal, operation)[0]
    if "{" in operation.path:
        fixed = {parameter(operation): portal.spare(_kind(operation)).id}
        case = draw(operation, 1, path_parameters=fixed, query={})[0]
        path = spelled(case)[0]
        served = portal.served(path.removesuffix(f".{operation.form}") if operation.form else path)
        if not succeeded(served):
            raise unusable(served, "GET on the same resource did not succeed")
        attempt = Attempt(operation, case, served)
    return described_operations.send_again(portal, attempt, method=method)


def _trial(operation: Operation) -> Callable[[Portal, Operation], list[Attempt]]:
    match operation.method, operation.base:
        case "GET", _:
            return _read
        case _, "authentication.login":
            return _log_in
        case _, "blog.comment":
            return _comment
        case _, "blog.reword":
            return _reword
        case _, "blog.uncomment":
            return _uncomment
        case "POST", _:
            return _create
        case "PUT", _:
            return _update
        case _:
            return _delete


# --- reading --------------------------------------------------------------------------------------


def _read(portal: Portal, operation: Operation) -> list[Attempt]:
    """First a plain request for what is there, then drawn ones: pages of lists, ids of nobody."""
    more = 1 + portal.settings.id_examples // _MORE
    drawn: list[Case] = []
    if "{" in operation.path:
        known = _known_id(portal, operation)
        if known:
            fixed = {parameter(operation): known}
            drawn += draw(operation, 1, path_parameters=fixed, query={})
            if operation.base == "blog.comments":
                drawn += draw(operation, 1 + more, path_parameters=fixed)
        if operation.base != "blog.comments" or not known:
            drawn += draw(operation, more, query={})
    else:
        drawn += draw(operation, 1, query={})
        if operation.base.endswith(".list"):
            drawn += draw(operation, 1 + more)
    different = {spelled(case): case for case in drawn}
    return described_operations.by_the_page(
        portal, [Attempt(operation, case, send(portal, case)) for case in different.values()]
    )


def _known_id(portal: Portal, operation: Operation) -> str:
    """The id of a record that can be read; empty where the portal shows none of this kind."""
    if operation.base == "blog.comments":
        resource = portal.resource("comments")
        about(operation)
        is_post = resource.label == "comments"
        return unquote(resource.path.split("/")[-2]) if is_post else ""
    for slot in range(1, len(KINDS) + 1):
        with contextlib.suppress(Untested):
            resource = portal.item(slot)
            about(operation)
            if resource.kind is operation.kind:
                return unquote(resource.path.rpartition("/")[2])
    return ""


def _log_in(portal: Portal, operation: Operation) -> list[Attempt]:
    """One login, and a right one: wrong ones, drawn again and again, could lock the account out."""
    if portal.login is None:
        raise Untested(Reason.NO_CREDENTIAL, "needs WORKSPACE_USERNAME and WORKSPACE_PASSWORD")
    case = draw(operation, 1)[0]
    case.body = {"userName": portal.login[0], "password": portal.login[1]}
    asked = send(portal, case, NOBODY)
    if not succeeded(asked) and not logins.wanted(
        asked
    ):  # perhaps the login takes another kind of body
        form = "application/x-www-form-urlencoded"
        case.media_type = form if case.media_type != form else "application/json"
        asked = send(portal, case, NOBODY)
    return [Attempt(operation, case, asked)]


# --- writing --------------------------------------------------------------------------------------


def _create(portal: Portal, operation: Operation) -> list[Attempt]:
    """Drawn bodies until one makes a record, each under a name of ours."""
    kind = _kind(operation)
    tried: list[Attempt] = []
    for number, case in enumerate(_richest_first(operation), 1):
        name = portal.name(kind.name, "operation", operation.form or "none", number)
        case.body = named(case.body, kind, portal.fields(kind, name))
        _, _, body = spelled(case)
        assert body is not None
        exchange, record = portal.create(kind, name, operation.form, body)
        tried.append(Attempt(operation, case, exchange, record))
        if succeeded(exchange):
            break
    return tried


def _update(portal: Portal, operation: Operation) -> list[Attempt]:
    kind, record = _kind(operation), _subject(portal, operation)
    cases = _richest_first(operation, record.id)
    for case in cases:
        case.body = named(case.body, kind, portal.changes(kind, record.name))
    return _until_taken(portal, operation, cases)


def _delete(portal: Portal, operation: Operation) -> list[Attempt]:
    """The record's last: what the other operations of the same form do to it comes before.

    Where records stay, there is but one, and what became of removing that is looked at.
    """
    removal = portal.removal_of(_kind(operation))
    if removal is not None and not removal.works:
        identity = portal.spare(removal.kind).id
        case = draw(operation, 1, path_parameters={parameter(operation): identity})[0]
        return [Attempt(operation, case, removal.tries[operation.form].asked)]
    record = _subject(portal, operation)
    for other in ("blog.uncomment", "blog.update", "group.update", "people.update"):
        before = _in_same_form(operation, other)
        if before.kind is operation.kind:
            with contextlib.suppress(Untested):
                attempts(portal, before)
    about(operation)
    case = draw(operation, 1, path_parameters={parameter(operation): record.id})[0]
    exchange = send(portal, case)
    after = portal.get(record.path, "json", fresh=True)
    if succeeded(exchange) and after.response is not None and not after.response.succeeded:
        portal.journal.gone(record.name)
    return [Attempt(operation, case, exchange)]


def _comment(portal: Portal, operation: Operation) -> list[Attempt]:
    record = _subject(portal, operation)
    return _until_taken(portal, operation, _richest_first(operation, record.id))


def _reword(portal: Portal, operation: Operation) -> list[Attempt]:
    identity = _own_comment(portal, operation)
    return _until_taken(portal, operation, _richest_first(operation, identity))


def _uncomment(portal: Portal, operation: Operation) -> list[Attempt]:
    """Delete the comment that was made on a post of ours; that it is changed comes before."""
    with contextlib.suppress(Untested):
        attempts(portal, _in_same_form(operation, "blog.reword"))
    about(operation)
    fixed = {parameter(operation): _own_comment(portal, operation)}
    case = draw(operation, 1, path_parameters=fixed)[0]
    return [Attempt(operation, case, send(portal, case))]


def _own_comment(portal: Portal, operation: Operation) -> str:
    """The id of the comment that was made on a post of ours in the form of an operation, once the
    post is seen to show it.
    """
    key = ("operation comment", operation.form)
    return portal.once(key, lambda: _shown_comment(portal, operation))


def _shown_comment(portal: Portal, operation: Operation) -> str:
    record = _subject(portal, operation)
    made = attempts(portal, _in_same_form(operation, "blog.comment"))
    about(operation)
    # Other people may comment on a post of ours, too.
    listed = contents.records(portal.served(f"{record.path}/comment", fresh=True))
    identity = next((contents.text(view, "id") for view in listed if _is_said(made, view)), "")
    if not identity:
        raise unusable(made[-1].exchange, "a comment to work on could not be made")
    return identity


def _is_said(made: list[Attempt], view: contents.View) -> bool:
    """Whether a comment that has an id is one of those made: by the id that was answered, or, where
    none was, by its text.
    """
    identity, text = contents.text(view, "id"), contents.text(view, "text")
    for attempt in made:
        answered = contents.text(contents.record(attempt.exchange), "id")
        body = attempt.case.body
        content = str(body.get("content", "")) if isinstance(body, dict) else ""
        if identity and (identity == answered if answered else bool(content) and content in text):
            return True
    return False


def _richest_first(operation: Operation, identity: str = "") -> list[Case]:
    """Requests with drawn bodies, the plainest last: drawing begins with that."""
    fixed = {"path_parameters": {parameter(operation): identity}} if identity else {}
    return draw(operation, _WRITES, **fixed)[::-1]


def _until_taken(portal: Portal, operation: Operation, cases: list[Case]) -> list[Attempt]:
    tried: list[Attempt] = []
    for case in cases:
        tried.append(Attempt(operation, case, send(portal, case)))
        if succeeded(tried[-1].exchange):
            break
    return tried


def _subject(portal: Portal, operation: Operation) -> Record:
    """The record that the operations of one form work on: the one that its creation made."""
    kind = _kind(operation)
    creating = {"post": "blog", "group": "group", "person": "people"}[kind.name]
    made = attempts(portal, _in_same_form(operation, f"{creating}.create"))
    about(operation)
    record = next((attempt.record for attempt in made if attempt.record is not None), None)
    if record is not None:
        return record
    return portal.once(
        ("operation subject", kind.name, operation.form),
        lambda: portal.make(kind, "operation", operation.form or "none", "subject"),
    )


def named(body: object, kind: Kind, own: dict[str, str]) -> dict[str, Any]:
    """A drawn body that bears our name, and names the account where it must name somebody."""
    assert isinstance(body, dict)
    named: dict[str, Any] = dict(body)
    for name in ("groupManager", "email"):
        if name in own:
            named[name] = own[name]
    mark = kind.carried.get(kind.mark)
    if mark is not None:
        named[mark] = f"{own[mark]} {body.get(mark, '')}".strip()
    return named


def _in_same_form(operation: Operation, base: str) -> Operation:
    return described_operations.described()[f"{base}.{operation.form}".rstrip(".")]


def _kind(operation: Operation) -> Kind:
    return operation.kind or POST


def parameter(operation: Operation) -> str:
    """The name of the id in an operation's path."""
    return operation.path.partition("{")[2].partition("}")[0]
