"""Basic concepts, read of every documented operation: "any API method", "every request", "all the
resources"; and of the operations that a target's own description tells of (--openapi).

One case for each operation and requirement. An operation is asked six to eight times in all, and
what comes back is judged by each requirement in turn.
"""

from __future__ import annotations

import pytest

from workspace_conformance.checks.documented import strangers
from workspace_conformance.checks.documented.reading import Subject, described, documented, judge
from workspace_conformance.contract.documented import Operation
from workspace_conformance.portal.records import Portal
from workspace_conformance.session.keys import SETTINGS

pytestmark = pytest.mark.documented


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make the cases of a check that reads: the operations that its requirement judges. Those of a
    description come after the documented ones, and only where one is given.
    """
    marker = metafunc.definition.get_closest_marker("requirement")
    if marker is None or "subject" not in metafunc.fixturenames:
        return
    requirement = marker.args[0]
    subject = documented()
    cases = [
        pytest.param(subject, operation, id=f"{requirement} {operation.name}")
        for operation in subject.read_by(requirement)
    ]
    settings = metafunc.config.stash.get(SETTINGS, None)
    if settings is not None and settings.described is not None:
        own = described(settings.described)
        cases += [
            pytest.param(
                own,
                operation,
                id=f"{requirement} described:{operation.name}",
                marks=pytest.mark.described,
            )
            for operation in own.read_by(requirement)
        ]
    metafunc.parametrize(("subject", "operation"), cases)


@pytest.mark.requirement("FMT-1")
def test_json_suffix_gives_json(portal: Portal, subject: Subject, operation: Operation) -> None:
    """GET with .json: the media of a success is JSON."""
    judge(portal, subject, "FMT-1", operation)


@pytest.mark.requirement("FMT-2")
def test_xml_suffix_gives_xml(portal: Portal, subject: Subject, operation: Operation) -> None:
    """GET with .xml: the media of a success is XML."""
    judge(portal, subject, "FMT-2", operation)


@pytest.mark.requirement("FMT-3")
def test_no_format_gives_xml(portal: Portal, subject: Subject, operation: Operation) -> None:
    """GET with no suffix, and no header that names a format: the media of a success is XML."""
    judge(portal, subject, "FMT-3", operation)


@pytest.mark.requirement("FMT-4")
def test_both_forms_carry_the_same_data(
    portal: Portal, subject: Subject, operation: Operation
) -> None:
    """GET with .json and with .xml: what the one says, the other says."""
    judge(portal, subject, "FMT-4", operation)


@pytest.mark.requirement("FMT-5")
def test_reading_takes_a_suffix(portal: Portal, subject: Subject, operation: Operation) -> None:
    """GET takes either suffix, where the operation is served at all."""
    judge(portal, subject, "FMT-5", operation)


@pytest.mark.requirement("STA-1")
def test_a_successful_query_answers_200(
    portal: Portal, subject: Subject, operation: Operation
) -> None:
    """GET that succeeds answers 200, in every format and with every enumerated word."""
    judge(portal, subject, "STA-1", operation)


@pytest.mark.requirement("STA-6")
def test_the_envelope_says_what_happened(
    portal: Portal, subject: Subject, operation: Operation
) -> None:
    """The envelope's status and statusCode agree with HTTP's, in successes and in failures."""
    judge(portal, subject, "STA-6", operation)


@pytest.mark.requirement("STA-8")
def test_a_wrong_parameter_is_no_server_error(
    portal: Portal, subject: Subject, operation: Operation
) -> None:
    """GET with a word where a number or another word belongs is not answered 5xx."""
    judge(portal, subject, "STA-8", operation)


@pytest.mark.requirement("ENV-1")
def test_json_is_an_envelope(portal: Portal, subject: Subject, operation: Operation) -> None:
    """The JSON form is an envelope, also around a value, an object or a list of lists."""
    judge(portal, subject, "ENV-1", operation)


@pytest.mark.requirement("ENV-2")
def test_xml_is_an_envelope(portal: Portal, subject: Subject, operation: Operation) -> None:
    """The XML form is an envelope with the same members."""
    judge(portal, subject, "ENV-2", operation)


@pytest.mark.requirement("ENV-3")
def test_count_is_the_number_of_items(
    portal: Portal, subject: Subject, operation: Operation
) -> None:
    """count is the number of items of a list, and 1 for a single record."""
    judge(portal, subject, "ENV-3", operation)


@pytest.mark.requirement("DATE-1")
def test_date_times_have_the_round_trip_form(
    portal: Portal, subject: Subject, operation: Operation
) -> None:
    """Every date-time in the answer has the round-trip form."""
    judge(portal, subject, "DATE-1", operation)


@pytest.mark.requirement("AUTH-1")
def test_reading_needs_authorization(
    portal: Portal, subject: Subject, operation: Operation
) -> None:
    """GET without Authorization is refused, where the same GET with it succeeds."""
    judge(portal, subject, "AUTH-1", operation)


@pytest.mark.requirement("AUTH-2")
def test_the_refusal_is_401(portal: Portal, subject: Subject, operation: Operation) -> None:
    """That refusal is 401."""
    judge(portal, subject, "AUTH-2", operation)


@pytest.mark.requirement("AUTH-6")
def test_a_401_challenges(portal: Portal, subject: Subject, operation: Operation) -> None:
    """The 401 carries WWW-Authenticate."""
    judge(portal, subject, "AUTH-6", operation)


@pytest.mark.requirement("AUTH-7")
def test_a_refusal_discloses_nothing(
    portal: Portal, subject: Subject, operation: Operation
) -> None:
    """The refusal holds nothing of what the same request with a credential gets."""
    judge(portal, subject, "AUTH-7", operation)


@pytest.mark.requirement("ID-1")
def test_unknown_id_is_not_found(portal: Portal, subject: Subject, operation: Operation) -> None:
    """GET of an id of the right form that no record has: 404."""
    judge(portal, subject, "ID-1", operation)


@pytest.mark.requirement("ID-2")
def test_wrong_form_is_refused(portal: Portal, subject: Subject, operation: Operation) -> None:
    """GET of an id of the wrong form: 4xx."""
    judge(portal, subject, "ID-2", operation)


@pytest.mark.requirement("REST-1")
def test_listed_records_are_served(portal: Portal, subject: Subject, operation: Operation) -> None:
    """What a list shows is served at its own URL, and is that record."""
    judge(portal, subject, "REST-1", operation)


@pytest.mark.requirement("REST-4")
def test_reading_again_says_the_same(
    portal: Portal, subject: Subject, operation: Operation
) -> None:
    """GET asked again answers the same records."""
    judge(portal, subject, "REST-4", operation)


@pytest.mark.requirement("AUTH-1")
@pytest.mark.writes
@pytest.mark.parametrize(
    "operation",
    [pytest.param(it, id=f"AUTH-1 {it.method} {it.name}") for it in strangers.writes()],
)
def test_writing_needs_authorization(portal: Portal, operation: Operation) -> None:
    """POST, PUT and DELETE without Authorization, to an id that names nothing, are refused."""
    strangers.expect_refused(portal, operation)
