"""The lives of records: each kind that the portal serves, and the account may make, lives one life,
and is judged by it.
"""

from __future__ import annotations

import pytest

from workspace_conformance.checks import lived
from workspace_conformance.checks.lives import life
from workspace_conformance.contract.kinds import LIVED, Kind
from workspace_conformance.portal.records import Portal

pytestmark = [pytest.mark.writes, pytest.mark.documented]

CHANGED = tuple(kind for kind in LIVED if kind.change is not None)
DATED = tuple(kind for kind in LIVED if lived.date_members(kind))


def each(requirement: str, kinds: tuple[Kind, ...] = LIVED) -> pytest.MarkDecorator:
    """A case for each kind, called after the requirement and the kind: `STA-2 crm/opportunity`."""
    names = [f"{requirement} {kind.label}" for kind in kinds]
    return pytest.mark.parametrize("kind", kinds, ids=names)


@pytest.mark.requirement("REST-1")
@each("REST-1")
def test_what_was_made_is_served(portal: Portal, kind: Kind) -> None:
    """Each record that was made is served at its own URL."""
    lived.expect_urls(life(portal, kind, "GET"))


@pytest.mark.requirement("REST-5")
@each("REST-5", CHANGED)
def test_get_serves_what_put_reported(portal: Portal, kind: Kind) -> None:
    """What PUT reports as updated is what GET then serves."""
    lived.expect_reported(life(portal, kind, "PUT"))


@pytest.mark.requirement("REQ-1")
@each("REQ-1")
def test_json_bodies_arrive(portal: Portal, kind: Kind) -> None:
    """POST and PUT of application/json are accepted, and the fields are those of the record."""
    lived.expect_json_bodies(portal, life(portal, kind))


@pytest.mark.requirement("REQ-2")
@each("REQ-2")
def test_forms_have_the_same_effect(portal: Portal, kind: Kind) -> None:
    """POST and PUT of a form have the effect that the same bodies have in JSON."""
    lived.expect_form_bodies(portal, life(portal, kind))


@pytest.mark.requirement("STA-2")
@each("STA-2")
def test_creations_answer_201(portal: Portal, kind: Kind) -> None:
    """POST that makes a record answers 201, and the record is there."""
    lived.expect_created(life(portal, kind, "POST"))


@pytest.mark.requirement("STA-3")
@each("STA-3", CHANGED)
def test_updates_answer_200(portal: Portal, kind: Kind) -> None:
    """PUT that updates a record answers 200."""
    lived.expect_updated(life(portal, kind, "PUT"))


@pytest.mark.requirement("STA-4")
@each("STA-4")
def test_deletes_answer_200(portal: Portal, kind: Kind) -> None:
    """DELETE of a record answers 200, the record is gone, and the list shows it no more."""
    lived.expect_removed(life(portal, kind, "DELETE"))


@pytest.mark.requirement("STA-5")
@each("STA-5")
def test_what_is_not_there_answers_404(portal: Portal, kind: Kind) -> None:
    """GET of what was deleted, PUT and DELETE of what never was answer 404."""
    lived.expect_not_found(life(portal, kind))


@pytest.mark.requirement("FMT-3")
@each("FMT-3")
def test_no_format_gives_xml(portal: Portal, kind: Kind) -> None:
    """POST and PUT of a form, GET and DELETE with no suffix: the media of a success is XML."""
    lived.expect_xml_by_default(life(portal, kind))


@pytest.mark.requirement("FMT-5")
@each("FMT-5")
def test_every_method_takes_a_suffix(portal: Portal, kind: Kind) -> None:
    """POST, GET, PUT and DELETE take a suffix, where they work in any form."""
    lived.expect_suffixes(portal, life(portal, kind))


@pytest.mark.requirement("ENV-1")
@each("ENV-1")
def test_json_answers_are_envelopes(portal: Portal, kind: Kind) -> None:
    """JSON successes hold status, statusCode and response, and count unless it is 0."""
    lived.expect_json_envelopes(life(portal, kind))


@pytest.mark.requirement("ENV-2")
@each("ENV-2")
def test_xml_answers_are_envelopes(portal: Portal, kind: Kind) -> None:
    """XML successes hold the same members under the root element result."""
    lived.expect_xml_envelopes(life(portal, kind))


@pytest.mark.requirement("DATE-1")
@each("DATE-1", DATED)
def test_date_times_have_the_round_trip_form(portal: Portal, kind: Kind) -> None:
    """The date-times of what was made and changed have the round-trip form."""
    lived.expect_round_trip(life(portal, kind))
