"""What the life of a kind is judged by: each function judges one requirement, in all steps of the
life that it is about.

A violation in one step is told at once. Where steps are left that could not be judged, the case is
untested after all others were judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from workspace_conformance.checks import bodies, dates, envelopes
from workspace_conformance.checks.expectations import (
    answer,
    declared,
    difference,
    expect_media,
    expect_status,
    expect_success,
    given_no_bound,
    given_success,
    violation,
)
from workspace_conformance.checks.experiments import Creation, Deletion, Update
from workspace_conformance.checks.lives import Life, is_shown
from workspace_conformance.contract.documented import record_types
from workspace_conformance.contract.kinds import Kind
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.ownership import bears, kept
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import FORMATS, succeeded

T = TypeVar("T")

_ENCODINGS = ("json", "form")
_DATES = frozenset({"created", "updated"})


def date_members(kind: Kind) -> frozenset[str]:
    """The members of a kind's records that hold date-times."""
    known = {field.name[:1].lower() + field.name[1:] for field in record_types()[kind.record]}
    sent = {one.name for one in kind.sent if one.type == "date"}
    return (_DATES & known) | {member for member, name in kind.shows.items() if name in sent}


def _each(judge: Callable[[T], None], steps: Iterable[Callable[[], T]]) -> None:
    """Judge every step; raises the first Untested when all are judged."""
    __tracebackhide__ = True
    unjudged: Untested | None = None
    for step in steps:
        try:
            judge(step())
        except Untested as why:
            unjudged = unjudged or why
    if unjudged is not None:
        raise unjudged


def _steps(life: Life, taken: Mapping[str, T], names: Iterable[str]) -> list[Callable[[], T]]:
    return [lambda name=name: life.given(taken, name) for name in names]  # type: ignore[misc]


def expect_urls(life: Life) -> None:
    """REST-1: each record that was made is served at its own URL, and under the id that the list
    gives.
    """
    __tracebackhide__ = True

    def judge(made: Creation) -> None:
        given_success(made.asked, "the creation")
        if made.record is None:
            raise Untested(Reason.SETUP_FAILED, "nothing shows where the record is")
        found = made.found
        if found is None:
            raise Untested(Reason.SETUP_FAILED, "the record was not asked for")
        if answer(found).status in (404, 410) and not _is_listed(life, made):
            raise Untested(Reason.SETUP_FAILED, "nothing shows that the record was made")
        expect_success(found)
        shown = contents.text(contents.record(found), life.kind.id)
        if shown and shown != made.record.id:
            violation(found, f"serves the record {shown!r} at the URL of {made.record.id!r}")

    _each(judge, _steps(life, life.made, _ENCODINGS))
    if life.elsewhere is not None:
        expect_success(life.elsewhere)


def expect_created(life: Life) -> None:
    """STA-2: each creation answers 201, and the record is there."""
    __tracebackhide__ = True

    def judge(made: Creation) -> None:
        given_success(made.asked, "the creation in this form")
        expect_status(made.asked, 201)
        if made.record is None:
            given_no_bound(made.asked)
            violation(made.asked, "answered 201, and neither it nor the list shows a new record")
        if (
            made.found is not None
            and answer(made.found).status in (404, 410)
            and not _is_listed(life, made)
        ):
            violation(made.found, "the creation answered 201, and the record is not there")

    _each(judge, _steps(life, life.made, _ENCODINGS))


def _is_listed(life: Life, made: Creation) -> bool:
    return any(life.made.get(name) is made and there for name, there in life.listed.items())


def expect_updated(life: Life) -> None:
    """STA-3: each update answers 200."""
    __tracebackhide__ = True

    def judge(changed: Update) -> None:
        given_success(changed.asked, "the update")
        expect_status(changed.asked, 200)

    _each(judge, _steps(life, life.changed, _ENCODINGS))


def expect_removed(life: Life) -> None:
    """STA-4: each delete answers 200, the record is gone, and the list shows it no more."""
    __tracebackhide__ = True

    def judge(removed: Deletion) -> None:
        given_success(removed.asked, "the delete")
        expect_status(removed.asked, 200)
        if is_shown(life.kind, removed.record, removed.after):
            violation(removed.after, "the delete answered 200, and the record is still served")
        listed = life.last
        if listed is not None and listed.succeeded and _shows(life.kind, listed, removed):
            violation(listed, "the delete succeeded, and the list still shows the record")

    _each(judge, _steps(life, life.removed, ("xml", "")))


def _is_it(kind: Kind, view: contents.View, removed: Deletion) -> bool:
    """Whether a record is the one that was deleted, and not another that was given its id."""
    named = not contents.text(view, kind.mark) or bears(kind, view, removed.record.name)
    return named and contents.text(view, kind.id) == removed.record.id


def _shows(kind: Kind, listed: Exchange, removed: Deletion) -> bool:
    views = contents.records(listed, kind.list_in)
    return any(_is_it(kind, view, removed) for view in views)


def expect_not_found(life: Life) -> None:
    """STA-5: what cannot be found answers 404: GET of what was deleted, PUT and DELETE of what
    never was.
    """
    __tracebackhide__ = True

    def judge_read(removed: Deletion) -> None:
        given_success(removed.asked, "the delete")
        given_success(life.given(life.read, "json"), "GET of a known record")
        if is_shown(life.kind, removed.record, removed.after):
            raise Untested(Reason.SETUP_FAILED, "the record is still there")
        if contents.text(contents.record(removed.after), life.kind.id) == removed.record.id:
            raise Untested(Reason.SETUP_FAILED, "another record was given its id")
        expect_status(removed.after, 404)

    def judge_put(exchange: Exchange) -> None:
        given_success(life.given(life.changed, "json").asked, "PUT on a known record")
        expect_status(exchange, 404)

    def judge_delete(exchange: Exchange) -> None:
        given_success(life.given(life.removed, "xml").asked, "DELETE on a known record")
        expect_status(exchange, 404)

    def judge() -> None:
        _each(judge_read, _steps(life, life.removed, ("xml", "")))

    def judge_unknown() -> None:
        if "PUT" in life.unknown:
            judge_put(life.unknown["PUT"])
        if "DELETE" in life.unknown:
            judge_delete(life.unknown["DELETE"])

    _each(lambda part: part(), [lambda: judge, lambda: judge_unknown])


def expect_reported(life: Life) -> None:
    """REST-5: what PUT reports as updated is what GET then serves."""
    __tracebackhide__ = True

    def judge(changed: Update) -> None:
        given_success(changed.asked, "the update")
        given_success(changed.after, "reading the record after the update")
        given_success(changed.same, "reading the record in the form of the update")
        reported, served = contents.record(changed.asked), contents.record(changed.same)
        for name in difference(reported, served, life.kind.updated):
            assert reported is not None
            assert served is not None
            if _says_the_same(life.kind, name, changed, reported, served):
                continue
            violation(
                changed.same,
                f"PUT reported {name} as {reported[name]!r}; GET then serves {served[name]!r}",
            )

    _each(judge, _steps(life, life.changed, _ENCODINGS))


def _says_the_same(
    kind: Kind, name: str, changed: Update, reported: contents.View, served: contents.View
) -> bool:
    """Whether both have the words that were sent: the mark-up around them may differ."""
    return name in kind.holds and all(
        kept(kind, name, changed.fields, contents.text(view, name)) for view in (reported, served)
    )


def expect_json_bodies(portal: Portal, life: Life) -> None:
    """REQ-1: bodies in JSON are accepted, and their fields arrive."""
    __tracebackhide__ = True
    made = life.given(life.made, "json")
    bodies.given_body_to_blame(portal, made.asked, life.kind, "json")
    bodies.expect_accepted(made.asked)
    bodies.expect_arrived(life.kind, made.fields, _shown(life, made), made.asked)
    if life.kind.change is not None:
        changed = _taken(life, "json")
        bodies.given_body_to_blame(portal, changed.asked, life.kind, "json")
        bodies.expect_accepted(changed.asked)
        shown = [changed.asked, changed.after]
        bodies.expect_arrived(life.kind, changed.fields, shown, changed.asked)


def expect_form_bodies(portal: Portal, life: Life) -> None:
    """REQ-2: forms have the effect that the same bodies have in JSON."""
    __tracebackhide__ = True
    made = life.given(life.made, "form")
    bodies.given_body_to_blame(portal, made.asked, life.kind, "form")
    bodies.expect_accepted(made.asked)
    bodies.expect_same_effect(portal, life.kind, made.fields, _shown(life, made), made.asked)
    if life.kind.change is not None:
        changed = _taken(life, "form")
        bodies.given_body_to_blame(portal, changed.asked, life.kind, "form")
        bodies.expect_accepted(changed.asked)
        shown = [changed.asked, changed.after]
        bodies.expect_same_effect(portal, life.kind, changed.fields, shown, changed.asked)


def _taken(life: Life, encoding: str) -> Update:
    """An update; Untested where none was taken, in JSON or a form: it may need fields of which the
    documentation does not tell that they are needed.
    """
    changed = life.given(life.changed, encoding)
    if not any(succeeded(each.asked) for each in life.changed.values()):
        given_success(changed.asked, "an update in any form")
    return changed


def _shown(life: Life, made: Creation) -> list[Exchange | None]:
    """The answers that show a record as it was made: where its URL serves nothing, its creation's."""
    if made.found is not None and succeeded(made.found):
        return [made.found]
    return [made.asked]


def expect_xml_by_default(life: Life) -> None:
    """FMT-3: with no format specified the media of a success is XML, for every method."""
    __tracebackhide__ = True
    steps: list[Callable[[], Exchange]] = [
        lambda: life.given(life.made, "form").asked,
        lambda: life.given(life.read, ""),
        lambda: life.given(life.removed, "").asked,
    ]
    if life.kind.change is not None:
        steps.append(lambda: life.given(life.changed, "form").asked)
    _each(lambda exchange: expect_media(exchange, "xml"), steps)


def expect_suffixes(portal: Portal, life: Life) -> None:
    """FMT-5: every method takes a suffix, where it works in any form."""
    __tracebackhide__ = True
    writes = {
        "POST": [made.asked for made in life.made.values()],
        "PUT": [changed.asked for changed in life.changed.values()],
        "DELETE": [removed.asked for removed in life.removed.values()],
    }

    def judge(exchange: Exchange) -> None:
        method = exchange.request.method
        if not succeeded(exchange):
            others = [*life.read.values()] if method == "GET" else writes[method]
            if not any(map(succeeded, others)):
                given_success(exchange, f"{method} in any form")
            if method != "GET":
                fmt = "xml" if method == "DELETE" else "json"
                bodies.given_suffix_to_blame(portal, exchange, life.kind, method, fmt)
        expect_success(exchange)

    steps: list[Callable[[], Exchange]] = [
        lambda: life.given(life.made, "json").asked,
        lambda: life.given(life.read, "json"),
        lambda: life.given(life.read, "xml"),
        lambda: life.given(life.removed, "xml").asked,
    ]
    if life.kind.change is not None:
        steps.append(lambda: life.given(life.changed, "json").asked)
    _each(judge, steps)


def expect_json_envelopes(life: Life) -> None:
    """ENV-1: the JSON answers of the life are envelopes."""
    __tracebackhide__ = True

    def judge(exchange: Exchange) -> None:
        given_success(exchange)
        envelopes.expect_envelope(exchange, "json")

    steps: list[Callable[[], Exchange]] = [
        lambda: life.given(life.made, "json").asked,
        lambda: life.given(life.read, "json"),
    ]
    if life.kind.change is not None:
        steps.append(lambda: life.given(life.changed, "json").asked)
    _each(judge, steps)


def expect_xml_envelopes(life: Life) -> None:
    """ENV-2: the XML answers of the life are envelopes."""
    __tracebackhide__ = True

    def judge(exchange: Exchange) -> None:
        given_success(exchange)
        envelopes.expect_envelope(exchange, "xml")

    steps: list[Callable[[], Exchange]] = [
        lambda: life.given(life.read, "xml"),
        lambda: life.given(life.removed, "xml").asked,
    ]
    plain = [life.made.get("form"), life.changed.get("form"), life.removed.get("")]
    for step in plain:
        # Whether it is XML at all is for FMT-3.
        found = declared(step.asked) if step is not None and succeeded(step.asked) else None
        if step is not None and found is not None and found.is_xml:
            steps.append(lambda asked=step.asked: asked)  # type: ignore[misc]
    _each(judge, steps)


def expect_round_trip(life: Life) -> None:
    """DATE-1: the date-times of the life's answers are in the round-trip form."""
    __tracebackhide__ = True
    found = [made.asked for made in life.made.values()]
    found += [life.read[fmt] for fmt in FORMATS if fmt in life.read]
    for changed in life.changed.values():
        found += [changed.asked, changed.after]
    if not found and life.stopped is not None:
        raise life.stopped
    dates.expect_round_trip(found, date_members(life.kind), Reason.NO_RECORD)
