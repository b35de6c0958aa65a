"""Basic concepts, Responses; Passing authentication: status codes, and the envelope around what is
said.
"""

from __future__ import annotations

import pytest

from workspace_conformance.checks import (
    comments,
    envelopes,
    isolation,
    logins,
    malformed,
    undocumented,
)
from workspace_conformance.checks.expectations import (
    answer,
    expect_no_server_error,
    expect_no_success,
    expect_status,
    expect_success,
    given_failure,
    given_no_bound,
    given_success,
    violation,
)
from workspace_conformance.checks.experiments import Deletion, creation, deletion, update, write
from workspace_conformance.checks.repeated_reads import is_served_somehow, undocumented_paths
from workspace_conformance.contract.kinds import POST
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.identifiers import Form, encode, is_of
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import succeeded

LISTS = ["collection-1", "collection-2", "collection-3", "comments"]
ITEMS = ["self", "item-1", "item-2", "item-3"]
READABLE = [*LISTS, *ITEMS]
FORMATS = ["json", "xml", ""]
PLACES = [1, 2, 3]


# --- status codes ---------------------------------------------------------------------------------


@pytest.mark.requirement("STA-1")
@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("resource", READABLE)
def test_a_successful_query_answers_200(portal: Portal, resource: str, fmt: str) -> None:
    """GET on a resource that is served answers 200."""
    path = portal.resource(resource).path
    exchange = portal.get(path, fmt)
    if not answer(exchange).succeeded and is_served_somehow(portal, path):
        given_success(exchange, "this form of the resource")
    expect_success(exchange)
    expect_status(exchange, 200)


@pytest.mark.requirement("STA-2")
@pytest.mark.writes
@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("place", PLACES)
def test_creation_answers_201(portal: Portal, place: int, fmt: str) -> None:
    """POST that creates a record answers 201, and the record is there."""
    made = creation(portal, place, fmt)
    if not answer(made.asked).succeeded:
        portal.spare(
            made.kind
        )  # the creation works in another form: this one is not STA-2's finding
        given_success(made.asked, "the creation in this form")
    expect_status(made.asked, 201)
    if made.record is None or made.found is None:
        if not envelopes.is_listed(portal, made):
            given_no_bound(made.asked)
            violation(made.asked, "answered 201, and neither it nor the list shows a new record")
    elif answer(made.found).status in (404, 410) and not envelopes.is_listed(portal, made):
        violation(made.found, "the creation answered 201, and the record is not there")


@pytest.mark.requirement("STA-2")
@pytest.mark.writes
def test_creation_of_a_comment_answers_201(portal: Portal) -> None:
    """POST of a comment answers 201, and the comments of the post show it."""
    if not comments.are_open(portal, "POST"):  # the portal's first kind takes the place of comments
        test_creation_answers_201(portal, 1, "json")
        return
    found = comments.discussion(portal)
    given_success(found.asked, "the creation")
    for exchange in filter(succeeded, found.made):
        expect_status(exchange, 201)
    if not comments.is_listed(portal):
        violation(found.asked, "answered 201, and the comment is not among those of the post")


@pytest.mark.requirement("STA-3")
@pytest.mark.writes
@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("place", PLACES)
def test_an_update_answers_200(portal: Portal, place: int, fmt: str) -> None:
    """PUT that updates a record answers 200."""
    changed = update(portal, place, fmt)
    given_success(changed.asked, "the update")
    expect_status(changed.asked, 200)


@pytest.mark.requirement("STA-4")
@pytest.mark.writes
@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("place", PLACES)
def test_a_delete_answers_200(portal: Portal, place: int, fmt: str) -> None:
    """DELETE of a record answers 200, and the record is gone."""
    removed = deletion(portal, place, fmt)
    given_success(removed.asked, "the delete")
    expect_status(removed.asked, 200)
    if _is_served(removed) and not _is_another(portal, removed):
        violation(removed.after, "the delete answered 200, and the record is still served")


@pytest.mark.requirement("STA-4")
@pytest.mark.writes
@pytest.mark.alone
@pytest.mark.parametrize("place", PLACES)
def test_a_deleted_record_is_listed_no_more(portal: Portal, place: int) -> None:
    """What was deleted is not in the list of its kind, either."""
    listing = isolation.still_listed(portal, place)
    if listing is not None:
        violation(listing, "the delete succeeded, and the list still shows the record")


@pytest.mark.requirement("STA-4")
@pytest.mark.writes
def test_a_deleted_comment_is_gone(portal: Portal) -> None:
    """DELETE of a comment: a success, and the comments of the post no longer show it."""
    if not comments.are_open(portal, "DELETE"):
        test_a_delete_answers_200(portal, 1, "json")
        return
    turn = comments.removed(portal)
    given_success(turn.asked, "the delete of a comment")
    given_success(turn.after, "the comments of the post")
    if comments.is_shown(turn):
        violation(turn.asked, "succeeded, and the comment is still among those of the post")


def _is_another(portal: Portal, removed: Deletion) -> bool:
    """Whether another record has been given the id of the one that was deleted."""
    view = contents.record(removed.after)
    return view is not None and portal.is_another(removed.kind, view, removed.record.name)


def _is_served(removed: Deletion) -> bool:
    """Whether the record is still there: a success that shows nothing of it is STA-5's finding."""
    shown = contents.text(contents.record(removed.after), "id")
    return answer(removed.after).succeeded and shown == removed.record.id


@pytest.mark.requirement("STA-5")
@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("place", PLACES)
def test_reading_an_unknown_record_answers_404(portal: Portal, place: int, fmt: str) -> None:
    """GET of a record that cannot be found answers 404, where a known one is served."""
    resource = portal.item(place)
    assert resource.kind is not None
    given_success(portal.get(resource.path, fmt), "GET of a known record")
    unknown = encode(portal.unknown_id(resource.kind))
    expect_status(portal.get(f"{resource.kind.collection}/{unknown}", fmt), 404)


@pytest.mark.requirement("STA-5")
def test_reading_comments_of_an_unknown_post_answers_404(portal: Portal) -> None:
    """GET of the comments of a post that cannot be found answers 404, where a known one's are
    served.
    """
    known = portal.resource("comments")
    if known.label != "comments":  # a portal without posts: another kind is judged in its place
        test_reading_an_unknown_record_answers_404(portal, 1, "json")
        return
    given_success(portal.get(known.path, "json"), "GET of the comments of a known post")
    unknown = encode(portal.unknown_id(POST))
    expect_status(portal.get(f"{POST.collection}/{unknown}/comment", "json"), 404)


@pytest.mark.requirement("STA-5")
@pytest.mark.writes
def test_reading_comments_of_a_deleted_post_answers_404(portal: Portal) -> None:
    """GET of the comments of a post that was deleted answers 404."""
    if not comments.are_open(
        portal, "POST"
    ):  # a deleted record of the first kind takes their place
        test_a_deleted_record_answers_404(portal, 1)
        return
    given_success(comments.discussion(portal).listed, "GET of the comments of a post that is there")
    listed = comments.of_gone_posts(portal).listed
    if listed is None:
        raise Untested(Reason.SETUP_FAILED, "nothing shows that a post is gone")
    expect_status(listed, 404)


@pytest.mark.requirement("STA-5")
@pytest.mark.writes
@pytest.mark.parametrize("fmt", ["json", ""])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_writing_an_unknown_record_answers_404(
    portal: Portal, method: str, place: int, fmt: str
) -> None:
    """PUT and DELETE of a record that cannot be found answer 404, where they work on a known one."""
    known = write(portal, method, place, fmt)
    given_success(known, f"{method} on a known record")
    expect_status(envelopes.unknown_write(portal, method, place, fmt), 404)


@pytest.mark.requirement("STA-5")
@pytest.mark.writes
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_writing_an_unknown_comment_answers_404(portal: Portal, method: str) -> None:
    """PUT and DELETE of a comment that cannot be found answer 404."""
    if not comments.are_open(portal, method):
        test_writing_an_unknown_record_answers_404(portal, method, 1, "json")
        return
    known = comments.turn(portal, method)
    given_success(known.asked, f"{method} on a known comment")
    expect_status(comments.unknown(portal, known), 404)


@pytest.mark.requirement("STA-5")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_writing_a_deleted_record_answers_404(portal: Portal, method: str, place: int) -> None:
    """PUT and DELETE of a record that was deleted answer 404."""
    fmt = {"PUT": "json", "DELETE": ""}[method]
    given_success(write(portal, method, place, fmt), f"{method} on a record that was there")
    removed = deletion(portal, place, fmt)
    given_success(removed.asked, "the delete")
    if not is_of(
        Form.GUID, removed.record.id
    ):  # the id may be given again, to somebody else's record
        test_writing_an_unknown_record_answers_404(portal, method, place, "json")
        return
    if removed.again is None:
        raise Untested(Reason.SETUP_FAILED, "nothing shows that the record is gone")
    expect_status(removed.again, 404)


@pytest.mark.requirement("STA-5")
@pytest.mark.writes
def test_writing_a_deleted_comment_answers_404(portal: Portal) -> None:
    """PUT and DELETE of a comment that was deleted answer 404."""
    if not comments.are_open(portal, "DELETE"):
        test_writing_a_deleted_record_answers_404(portal, "DELETE", 1)
        return
    turn = comments.removed(portal)
    given_success(comments.reworded(portal).asked, "PUT on a comment that was there")
    given_success(turn.asked, "the delete of a comment")
    if not is_of(Form.GUID, turn.subject):  # the id may be given again, to somebody else's comment
        test_writing_an_unknown_comment_answers_404(portal, "DELETE")
        return
    if not turn.again:
        raise Untested(Reason.SETUP_FAILED, "the post still shows the comment, or its place")
    for exchange in turn.again:
        expect_status(exchange, 404)


@pytest.mark.requirement("STA-5")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
def test_a_deleted_record_answers_404(portal: Portal, place: int) -> None:
    """GET of a record that was deleted answers 404."""
    removed = deletion(portal, place, "json")
    given_success(removed.asked, "the delete")
    if _is_served(removed):
        raise Untested(Reason.SETUP_FAILED, "the record is still there, or another has its id")
    given_success(portal.get(portal.spare(removed.kind).path, "json"), "GET of a known record")
    expect_status(removed.after, 404)


@pytest.mark.requirement("STA-6")
@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize("resource", READABLE)
def test_success_says_success(portal: Portal, resource: str, fmt: str) -> None:
    """The envelope of a success holds no error, and its statusCode and status agree with HTTP's."""
    exchange = portal.get(portal.resource(resource).path, fmt)
    given_success(exchange)
    envelopes.expect_agreement(exchange)


@pytest.mark.requirement("STA-6")
@pytest.mark.writes
@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_write_says_what_it_did(portal: Portal, method: str, fmt: str) -> None:
    """The envelope of a write agrees with its HTTP status."""
    for place in PLACES:
        envelopes.expect_agreement(write(portal, method, place, fmt))


@pytest.mark.requirement("STA-6")
@pytest.mark.writes
@pytest.mark.parametrize("fmt", ["json", ""])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_failed_write_says_failure(portal: Portal, method: str, fmt: str) -> None:
    """The envelope of a write to a record that cannot be found agrees with its HTTP status."""
    for place in PLACES:
        envelopes.expect_agreement(envelopes.unknown_write(portal, method, place, fmt))


@pytest.mark.requirement("STA-6")
@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize("cause", list(envelopes.FAILURES))
def test_failure_says_failure(portal: Portal, cause: str, fmt: str) -> None:
    """A request that must fail is not answered 2xx with an error inside; the envelope agrees."""
    exchange = envelopes.FAILURES[cause](portal, fmt)
    envelopes.expect_agreement(exchange)


@pytest.mark.requirement("STA-6")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
def test_a_mistake_is_not_dressed_as_success(portal: Portal, place: int) -> None:
    """The answer to a malformed body holds no error inside a success; the envelope agrees."""
    for malformation in malformed.MALFORMED:
        envelopes.expect_agreement(malformed.creation(portal, malformation, place).asked)


@pytest.mark.requirement("STA-7")
@pytest.mark.parametrize("fmt", ["json", ""])
def test_an_undocumented_path_does_not_succeed(portal: Portal, fmt: str) -> None:
    """GET on paths that the documentation does not have does not succeed."""
    given_success(portal.served("people/@self"), "GET on a documented path")
    for path in undocumented_paths(portal):
        expect_no_success(portal.get(path, fmt))
    for exchange in undocumented.reads(portal, fmt):
        expect_no_success(exchange)


@pytest.mark.requirement("STA-7")
@pytest.mark.writes
@pytest.mark.parametrize("method", undocumented.METHODS)
def test_writing_an_undocumented_path_does_not_succeed(portal: Portal, method: str) -> None:
    """A write below a record, beside the modules or in another version of the API does not succeed."""
    undocumented.given_writable(portal, method)
    for exchange in undocumented.writes(portal, method):
        expect_no_success(exchange)


@pytest.mark.requirement("STA-8")
@pytest.mark.parametrize(
    ("resource", "query"),
    [
        ("collection-1", "count=many&startIndex=few"),
        ("collection-2", "count=many&startIndex=few"),
        ("collection-3", "count=many&startIndex=few"),
        ("collection-1", "count=-1"),
        ("collection-1", "startIndex=99999999999999999999"),
        ("collection-1", "updatedSince=garbage"),
        ("collection-2", "updatedSince=garbage"),
        ("collection-3", "updatedSince=garbage"),
        ("collection-1", "count=&startIndex=&sortOrder=garbage&filterOp=garbage"),
    ],
)
def test_odd_paging_is_no_server_error(portal: Portal, resource: str, query: str) -> None:
    """GET of a list with paging parameters that make no sense is not answered 5xx."""
    path = portal.resource(resource).path
    given_success(portal.get(path, "json"), "the list without them")
    expect_no_server_error(portal.get(path, "json", query=query))


@pytest.mark.requirement("STA-8")
@pytest.mark.parametrize("cause", ["unknown record", "unknown path", "no credential"])
def test_a_mistaken_request_is_no_server_error(portal: Portal, cause: str) -> None:
    """An unknown record, an unknown path, a missing credential are not answered 5xx."""
    for fmt in FORMATS:
        expect_no_server_error(envelopes.FAILURES[cause](portal, fmt))


@pytest.mark.requirement("STA-8")
@pytest.mark.parametrize("resource", ["collection-1", "item-1"])
def test_an_odd_media_type_is_no_server_error(portal: Portal, resource: str) -> None:
    """GET with a Content-Type that is no media type is not answered 5xx."""
    path = portal.resource(resource).path
    given_success(portal.get(path, "json"), "the same request without it")
    expect_no_server_error(portal.get(path, "json", headers=[("Content-Type", "garbage")]))


@pytest.mark.requirement("STA-8")
@pytest.mark.writes
@pytest.mark.parametrize(
    ("mistake", "method", "place"),
    [  # every pair of the three
        (mistake, ("POST", "PUT")[(row + column) % 2], place)
        for row, mistake in enumerate(envelopes.MISTAKES)
        for column, place in enumerate(("1", "2", "3", "comment"))
    ],
)
def test_a_mistaken_write_is_no_server_error(
    portal: Portal, mistake: str, method: str, place: str
) -> None:
    """A write without a body, or with a Content-Type that is none, is not answered 5xx."""
    expect_no_server_error(envelopes.mistaken_write(portal, mistake, method, place))


@pytest.mark.requirement("STA-8")
@pytest.mark.last
@pytest.mark.parametrize("encoding", logins.ENCODINGS)
@pytest.mark.parametrize("wrong", [*logins.WRONG, "unknown user", "wrong password"])
def test_a_wrong_login_is_no_server_error(portal: Portal, wrong: str, encoding: str) -> None:
    """A login with a wrong password, or of a user that does not exist, is not answered 5xx."""
    logins.given_right_login(portal)
    if wrong == "wrong password":
        sent = logins.wrong_password(portal)
    elif wrong == "unknown user":
        sent = logins.unknown_user(portal, encoding)
    else:
        sent = logins.wrong_login(portal, wrong, encoding)
    logins.expect_no_server_error(sent)


@pytest.mark.requirement("STA-8")
@pytest.mark.writes
def test_an_unknown_method_is_no_server_error(portal: Portal) -> None:
    """A method that is not documented is not answered 5xx, but for 501, which HTTP has for it."""
    record = portal.spare(portal.creatable()[0])
    given_success(portal.served(record.path), "GET on the same resource")
    exchange = portal.ask("PATCH", record.path, "json")
    if answer(exchange).status != 501:
        expect_no_server_error(exchange)


@pytest.mark.requirement("STA-8")
@pytest.mark.writes
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("mistake", [*malformed.MALFORMED, "no field", "other media"])
def test_a_mistaken_body_is_no_server_error(portal: Portal, mistake: str, place: int) -> None:
    """A malformed body, one without fields, one of an undocumented media type are not answered 5xx."""
    if mistake in malformed.MALFORMED:
        expect_no_server_error(malformed.creation(portal, mistake, place).asked)
    else:
        expect_no_server_error(envelopes.mistaken_post(portal, mistake, place))


# --- the envelope ---------------------------------------------------------------------------------


@pytest.mark.requirement("ENV-1")
@pytest.mark.parametrize("resource", READABLE)
def test_a_json_success_is_an_envelope(portal: Portal, resource: str) -> None:
    """A JSON success holds status, statusCode and response, and count unless it is 0."""
    exchange = portal.get(portal.resource(resource).path, "json")
    given_success(exchange)
    envelopes.expect_envelope(exchange, "json")


@pytest.mark.requirement("ENV-1")
@pytest.mark.writes
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_json_write_is_an_envelope(portal: Portal, method: str) -> None:
    """The JSON answer to a write is an envelope too."""
    for place in PLACES:
        exchange = write(portal, method, place, "json")
        given_success(exchange)
        envelopes.expect_envelope(exchange, "json")


@pytest.mark.requirement("ENV-1")
@pytest.mark.parametrize("cause", list(envelopes.FAILURES))
def test_a_json_failure_has_error(portal: Portal, cause: str) -> None:
    """A JSON failure that has a body has error in place of response."""
    exchange = envelopes.FAILURES[cause](portal, "json")
    given_failure(exchange)
    envelopes.expect_failure_envelope(exchange)


@pytest.mark.requirement("ENV-1")
@pytest.mark.writes
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_json_write_that_fails_has_error(portal: Portal, method: str) -> None:
    """The JSON answer to a write of a record that cannot be found has error too, where it fails."""
    for place in PLACES:
        exchange = envelopes.unknown_write(portal, method, place, "json")
        given_failure(exchange)
        envelopes.expect_failure_envelope(exchange)


@pytest.mark.requirement("ENV-2")
@pytest.mark.parametrize("fmt", ["xml", ""])
@pytest.mark.parametrize("resource", READABLE)
def test_an_xml_success_is_an_envelope(portal: Portal, resource: str, fmt: str) -> None:
    """An XML success holds the same members under the root element result."""
    exchange = portal.get(portal.resource(resource).path, fmt)
    given_success(exchange)
    envelopes.expect_envelope(exchange, "xml")


@pytest.mark.requirement("ENV-2")
@pytest.mark.writes
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_an_xml_write_is_an_envelope(portal: Portal, method: str) -> None:
    """The XML answer to a write is an envelope too."""
    for place in PLACES:
        exchange = write(portal, method, place, "xml")
        given_success(exchange)
        envelopes.expect_envelope(exchange, "xml")


@pytest.mark.requirement("ENV-3")
@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize("resource", READABLE)
def test_count_is_the_number_of_items(portal: Portal, resource: str, fmt: str) -> None:
    """count is the number of items of a list, 1 for a single record, and may be left out when 0."""
    found = portal.resource(resource)
    exchange = portal.get(found.path, fmt)
    given_success(exchange)
    envelopes.expect_count(exchange, found.is_list, len(contents.records(exchange)))


@pytest.mark.requirement("ENV-3")
@pytest.mark.writes
@pytest.mark.parametrize("fmt", FORMATS)
def test_count_of_what_was_written(portal: Portal, fmt: str) -> None:
    """count is 1 where the answer to a creation or an update shows the record."""
    unjudged: list[Untested] = []
    writes = [(method, place) for method in ("POST", "PUT") for place in PLACES]
    for method, place in writes:
        try:
            exchange = write(portal, method, place, fmt)
            given_success(exchange)
        except Untested as why:
            unjudged.append(why)
            continue
        if contents.text(contents.record(exchange), "id"):
            envelopes.expect_count(exchange, False, 1)
        else:
            unjudged.append(Untested(Reason.SETUP_FAILED, "no answer shows a record to count"))
    if len(unjudged) == len(writes):
        raise unjudged[0]


@pytest.mark.requirement("ENV-3")
@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize("resource", LISTS[:3])
def test_count_of_a_page(portal: Portal, resource: str, fmt: str) -> None:
    """count of a page is the number of items shown, not of all that there are."""
    exchange = portal.get(portal.resource(resource).path, fmt, query="count=2&startIndex=0")
    given_success(exchange, "a page of the list")
    envelopes.expect_count(exchange, True, len(contents.records(exchange)))
