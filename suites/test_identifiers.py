"""Basic concepts, Conventions: what stands in braces in a URL is an id, and an id is only that.

Each check's positive control is the real id: asked for in the same way, its record is served.
"""

from __future__ import annotations

import pytest

from workspace_conformance.checks import comments
from workspace_conformance.checks.expectations import (
    answer,
    expect_no_server_error,
    expect_no_success,
    expect_readable,
    expect_refusal,
    expect_status,
    expect_success,
    given_readable,
    given_refusal,
    given_success,
    violation,
)
from workspace_conformance.checks.identifier_checks import (
    ask,
    expect_answered,
    expect_not_repeated,
    expect_refused,
    for_each,
    for_these,
    format_of,
    given_unknown_refused,
    is_named,
)
from workspace_conformance.checks.identifier_subjects import (
    OTHER_KIND,
    SORTS,
    Subject,
    numbers_near,
    subject,
)
from workspace_conformance.checks.identifier_writes import (
    UNSAFE,
    WRONG_TO_WRITE,
    given_unknown_write_refused,
    near_to_write,
    send,
    unknown_to_write,
    writing,
)
from workspace_conformance.contract.kinds import POST
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import Form, Identifier, encode, form_of
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import FORMATS, succeeded

ITEMS = ["item-1", "item-2", "item-3"]
NAMED = [*ITEMS, "user-name"]
SLOTS = [1, 2, 3]
NAMES = ["id", "userName", "email"]
MARKUP = [
    Identifier(text, encode(text), "markup")
    for text in ["<script>alert(1)</script>", "<a href=\"x\" id='y'>&amp;{0}\\", "]]></result>"]
] + [
    Identifier("a\0\x07\x1b", "a%00%07%1B", "control characters"),
    Identifier("a\ufffd\ufffd", "a%FF%C3", "bytes that are no UTF-8"),
]


# --- unknown ids ----------------------------------------------------------------------------------


@pytest.mark.requirement("ID-1")
@pytest.mark.parametrize("item", NAMED)
def test_unknown_id_is_not_found(portal: Portal, item: str) -> None:
    """GET of an id of the right form that no record has: 404."""
    real = subject(portal, item)
    for_each(portal, real, "unknown", lambda found: expect_unknown(real, ask(portal, real, found)))


@pytest.mark.writes
@pytest.mark.requirement("ID-1")
@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("method", UNSAFE)
def test_unknown_id_cannot_be_written(portal: Portal, method: str, slot: int) -> None:
    """PUT and DELETE of an id of the right form that no record has: 404."""
    target = writing(portal, method, slot)
    for_these(
        unknown_to_write(target),
        lambda found: expect_unknown(target.about, send(portal, target, found)),
    )


@pytest.mark.writes
@pytest.mark.requirement("ID-1")
def test_no_comment_is_made_on_an_unknown_post(portal: Portal) -> None:
    """POST of a comment on a post that was deleted, or never was: 404."""
    if not comments.are_open(portal, "POST"):  # the portal's first kind takes the place of comments
        test_unknown_id_cannot_be_written(portal, "PUT", 1)
        return
    given_success(comments.discussion(portal).asked, "POST of a comment on a post that is there")
    for exchange in comments.of_gone_posts(portal).made:
        if form_of(portal.ids(POST)) is Form.NAME:  # a form of the portal's own
            expect_refusal(exchange)
        else:
            expect_status(exchange, 404)


# --- ids of the wrong form ------------------------------------------------------------------------


@pytest.mark.requirement("ID-2")
@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("sort", ["wrong", "near", "escapes"])
def test_wrong_form_is_refused(portal: Portal, sort: str, item: str) -> None:
    """GET of an id of the wrong form: 4xx, and never a dropped connection."""
    real = subject(portal, item)
    given_unknown_refused(portal, real)

    def is_refused(found: Identifier) -> None:
        exchange = expect_answered(portal, real, ask(portal, real, found))
        if sort == "wrong" or not succeeded(exchange):  # whom a near miss may reach says ID-4
            expect_refused(exchange)

    for_each(portal, real, sort, is_refused)


@pytest.mark.requirement("ID-2")
@pytest.mark.parametrize("item", NAMED)
def test_other_spelling_is_served_or_refused(portal: Portal, item: str) -> None:
    """GET of a real id in another spelling: if it is no success, it is 4xx."""
    real = subject(portal, item)

    def is_answered(found: Identifier) -> None:
        exchange = expect_answered(portal, real, ask(portal, real, found))
        if not succeeded(exchange):
            expect_refused(exchange)

    for_each(portal, real, "spellings", is_answered)


@pytest.mark.requirement("ID-2")
@pytest.mark.parametrize("item", ITEMS)
def test_empty_id_is_answered(portal: Portal, item: str) -> None:
    """GET with no id at all, which may be the collection: never 5xx, never a dropped connection."""
    real = subject(portal, item)
    for fmt in FORMATS:
        given_success(portal.get(real.path, fmt), "asking for the real id")
        exchange = portal.get(f"{real.kind.collection}/", fmt)
        expect_no_server_error(expect_answered(portal, real, exchange))


@pytest.mark.writes
@pytest.mark.requirement("ID-2")
@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("method", UNSAFE)
def test_wrong_form_cannot_be_written(portal: Portal, method: str, slot: int) -> None:
    """PUT and DELETE of an id of the wrong form: 4xx."""
    target = writing(portal, method, slot)
    given_unknown_write_refused(portal, target)
    for_these(WRONG_TO_WRITE, lambda found: expect_refused(send(portal, target, found)))


@pytest.mark.writes
@pytest.mark.requirement("ID-2")
@pytest.mark.parametrize("method", UNSAFE)
def test_wrong_form_of_a_comment_cannot_be_written(portal: Portal, method: str) -> None:
    """PUT and DELETE of a comment by an id of the wrong form: 4xx."""
    if not comments.are_open(portal, method):  # the portal's first kind takes the place of comments
        test_wrong_form_cannot_be_written(portal, method, 1)
        return
    known = comments.turn(portal, method)
    given_success(known.asked, f"{method} of a comment by its own id")
    unknown = answer(comments.unknown(portal, known)).status
    if comments.form(portal) is Form.NAME:  # no text is of the wrong form
        test_wrong_form_cannot_be_written(portal, method, 1)
        return

    def is_refused(found: Identifier) -> None:
        exchange = comments.wrong(portal, method, found.text)
        # What an unknown id is answered, too, is STA-5's finding.
        if answer(exchange).status // 100 != unknown // 100:
            expect_refused(exchange)

    for_these(WRONG_TO_WRITE[:4], is_refused)


# --- real ids -------------------------------------------------------------------------------------


@pytest.mark.requirement("ID-3")
@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("item", NAMED)
def test_real_id_works_with_every_suffix(portal: Portal, item: str, fmt: str) -> None:
    """GET of a real id with .json, .xml and neither: a success that shows that record."""
    real = subject(portal, item)
    identity = given_identity(portal.served(real.path))
    exchange = portal.get(real.path, fmt)
    expect_success(exchange)
    expect_shown(exchange, identity)


# --- ids that must not reach another resource -----------------------------------------------------


@pytest.mark.requirement("ID-4")
@pytest.mark.parametrize("item", NAMED)
def test_near_miss_reaches_nothing(portal: Portal, item: str) -> None:
    """GET of a prefix, an extension, a padded or doubled real id: no success."""
    real = subject(portal, item)
    given_unknown_refused(portal, real)
    for_each(portal, real, "near", lambda found: expect_nothing(ask(portal, real, found), found))


@pytest.mark.requirement("ID-4")
@pytest.mark.parametrize("item", ITEMS)
def test_a_number_reaches_its_own_record(portal: Portal, item: str) -> None:
    """GET of a part of a real id that is a number, or of more than it: that record, or none."""
    real = subject(portal, item)
    given_unknown_refused(portal, real)

    def is_its_own(found: Identifier) -> None:
        exchange = ask(portal, real, found)
        if answer(exchange).succeeded and contents.text(contents.record(exchange), "id"):
            expect_nothing(exchange, found)

    for_these(numbers_near(real), is_its_own)


@pytest.mark.requirement("ID-4")
@pytest.mark.parametrize("item", ITEMS)
def test_id_leads_nowhere_else(portal: Portal, item: str) -> None:
    """GET of an id with encoded slashes, dots or backslashes: no success, but with the record that
    the id itself names.
    """
    real = subject(portal, item)
    given_unknown_refused(portal, real)

    def leads_nowhere(found: Identifier) -> None:
        exchange = ask(portal, real, found)
        if not is_named(contents.record(exchange), real.real, NAMES):
            expect_reaches_nothing(exchange)

    for_each(portal, real, "escapes", leads_nowhere)


@pytest.mark.requirement("ID-4")
@pytest.mark.parametrize("item", ITEMS)
def test_wildcard_reaches_nothing(portal: Portal, item: str) -> None:
    """GET of wildcards, lists, and what else is of the wrong form: no record is served."""
    real = subject(portal, item)
    given_unknown_refused(portal, real)

    def reaches_nothing(found: Identifier) -> None:
        exchange = ask(portal, real, found)
        if answer(exchange).succeeded and contents.record(exchange):
            expect_nothing(exchange, found)

    for_each(portal, real, "wrong", reaches_nothing)


@pytest.mark.requirement("ID-4")
@pytest.mark.parametrize("item", NAMED)
def test_other_spelling_is_the_same_record(portal: Portal, item: str) -> None:
    """GET of a real id in another letter case or notation: that record, or none."""
    real = subject(portal, item)
    identity = given_identity(portal.served(real.path))

    def is_same(found: Identifier) -> None:
        exchange = ask(portal, real, found)
        if answer(exchange).succeeded:
            expect_shown(exchange, identity)

    for_each(portal, real, "spellings", is_same)


@pytest.mark.writes
@pytest.mark.requirement("ID-4")
@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("method", UNSAFE)
def test_near_miss_cannot_be_written(portal: Portal, method: str, slot: int) -> None:
    """PUT and DELETE of near misses of a record of ours: no success, and the record stays."""
    target = writing(portal, method, slot)
    given_success(portal.served(target.about.path, fresh=True), "the record of ours")
    given_unknown_write_refused(portal, target)
    for_these(
        near_to_write(target), lambda found: expect_no_success_at(send(portal, target, found))
    )
    exchange = portal.served(target.about.path, fresh=True)
    if exchange.response is not None and exchange.response.status in (404, 410):
        violation(exchange, f"{method} of ids near that of a record removed the record")


# --- what the answers look like -------------------------------------------------------------------


@pytest.mark.requirement("ID-5")
@pytest.mark.parametrize("item", NAMED)
@pytest.mark.parametrize("sort", list(SORTS))
def test_answer_is_well_formed(portal: Portal, sort: str, item: str) -> None:
    """Whatever the id, the answer is well-formed, and no page that repeats the id unescaped."""
    real = subject(portal, item)

    def is_well_formed(found: Identifier) -> None:
        exchange = ask(portal, real, found)
        if succeeded(exchange):  # a record that cannot be read is no matter of ids
            given_readable(portal.get(real.path, format_of(found)))
        expect_readable(exchange)
        expect_not_repeated(exchange, found)

    for_each(portal, real, sort, is_well_formed)


@pytest.mark.requirement("ID-5")
@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("item", ITEMS)
def test_markup_is_escaped(portal: Portal, item: str, fmt: str) -> None:
    """An id with markup, quotes or control characters: the answer is well-formed in any format."""
    # Each of them for each kind, and in each format: of the three factors every pair.
    turn = ITEMS.index(item) + FORMATS.index(fmt)
    tried = [each for number, each in enumerate(MARKUP) if (number + turn) % len(FORMATS) == 0]
    real = subject(portal, item)
    given_success(portal.get(real.path, fmt), "asking for the real id")

    def is_escaped(found: Identifier) -> None:
        exchange = portal.get(real.at(found), fmt)
        expect_readable(exchange)
        expect_not_repeated(exchange, found)

    for_these(tried, is_escaped)


@pytest.mark.writes
@pytest.mark.requirement("ID-5")
@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("method", UNSAFE)
def test_refused_write_is_well_formed(portal: Portal, method: str, slot: int) -> None:
    """PUT and DELETE of ids that name nothing: the answer is well-formed."""
    target = writing(portal, method, slot)

    def is_well_formed(found: Identifier) -> None:
        exchange = send(portal, target, found)
        expect_readable(exchange)
        expect_not_repeated(exchange, found)

    for_these([*unknown_to_write(target), *WRONG_TO_WRITE], is_well_formed)


# --- placeholders ---------------------------------------------------------------------------------


@pytest.mark.requirement("ID-6")
@pytest.mark.parametrize("item", ITEMS)
def test_placeholder_does_not_succeed(portal: Portal, item: str) -> None:
    """GET of {userid} and the like, left in place by a client: no success."""
    real = subject(portal, item)
    given_unknown_refused(portal, real)
    plain = Identifier("conformance-no-id", "conformance-no-id", "no placeholder")
    given_refusal(portal.get(real.at(plain)))

    def does_not_succeed(found: Identifier) -> None:
        exchange = ask(portal, real, found)
        if not is_borne(exchange, found):
            expect_no_success(exchange)

    for_each(portal, real, "placeholders", does_not_succeed)


# --- what is expected -----------------------------------------------------------------------------


def expect_unknown(about: Subject, exchange: Exchange) -> None:
    """404; where ids have a form of the portal's own, which we cannot meet, any refusal."""
    if about.form is Form.NAME and not about.kind.id_is_name:
        expect_refusal(exchange)
    else:
        expect_status(exchange, 404)


def expect_no_success_at(exchange: Exchange) -> None:
    """No success."""
    expect_no_success(exchange)


def expect_reaches_nothing(exchange: Exchange) -> None:
    """No success that shows something; whether another success is in order is for ID-2."""
    if succeeded(exchange) and not any(contents.records(exchange)):
        raise Untested(Reason.SETUP_FAILED, "a success that shows nothing")
    expect_no_success(exchange)


def expect_nothing(exchange: Exchange, found: Identifier) -> None:
    """No success that shows something, unless it is a record that really bears that id."""
    if not is_borne(exchange, found):
        expect_reaches_nothing(exchange)


def is_borne(exchange: Exchange, found: Identifier) -> bool:
    """Whether the answer is a record that really bears that id or user name."""
    if found.kind == OTHER_KIND or not succeeded(exchange):
        return False
    return is_named(contents.record(exchange), found.text, NAMES)


def given_identity(exchange: Exchange) -> str:
    """The id that the real record shows; Untested where it shows none."""
    given_success(exchange, "asking for the real id")
    identity = contents.text(contents.record(exchange), "id")
    if not identity:
        raise Untested(Reason.SETUP_FAILED, "the real record shows no id to compare with")
    return identity


def expect_shown(exchange: Exchange, identity: str) -> None:
    """The record in a success, where it can be read, is the one with that id."""
    view = contents.record(exchange)
    if contents.text(view, "id") and not is_named(view, identity, ["id"]):
        violation(
            exchange, f"shows the record {contents.text(view, 'id')!a}; expected {identity!a}"
        )
