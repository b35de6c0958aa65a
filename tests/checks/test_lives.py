"""A kind lives one short life, whose it is, and what a portal may do about it without being accused."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.test_left_behind import clean_up
from tests.support import Observed, observed_portal
from workspace_conformance.checks import lived
from workspace_conformance.checks.lives import life
from workspace_conformance.contract.kinds import LIVED, Kind, named
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.outcomes import Reason, Rejected, Untested, Violation
from workspace_conformance.portal import cleaning
from workspace_conformance.portal.journal import Journal
from workspace_conformance.portal.records import Portal
from workspace_conformance.reference.parts import Parts
from workspace_conformance.reference.values import Call, Outcome
from workspace_conformance.settings import DOCUMENTED_RATE, Settings
from workspace_conformance.transport.client import Credential, as_json
from workspace_conformance.transport.pacing import Pacer
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.transport.sending import Transport
from workspace_conformance.transport.wire import Wire

CASE = named("crm-case")
FOLDER = named("folder")


@contextlib.contextmanager
def portal_of(observed: Observed) -> Iterator[Portal]:
    """A portal as checks see it, of which nothing is known yet."""
    transport = Transport(Wire(), Pacer(None, DOCUMENTED_RATE), Redactor(), allow_writes=True)
    yield Portal(
        observed.url,
        transport,
        Journal(None, observed.url),
        Settings(target=observed.url, allow_writes=True),
        Credential(observed.credentials.token, "account"),
    )
    transport.close()


@pytest.fixture
def observed() -> Iterator[Observed]:
    with observed_portal() as found:
        yield found


@pytest.fixture
def portal(observed: Observed) -> Iterator[Portal]:
    with portal_of(observed) as found:
        yield found


def answering(parts: Parts, method: str, path: str, change: Any) -> None:
    """Let a portal answer calls of an operation otherwise: `change(call, carry_out)`."""
    inner = parts.perform

    def perform(call: Call) -> Outcome:
        asked = call.asked.path.removeprefix("/api/2.0/").partition(".")[0]
        if call.asked.method == method and asked.startswith(path):
            answered: Outcome = change(call, inner)
            return answered
        return inner(call)

    parts.perform = perform


def refusing(status: int) -> Any:
    return lambda call, carry_out: Outcome(status, error="No")


def asked(observed: Observed, method: str, path: str) -> list[str]:
    return [to for how, to in observed.asked if how == method and f"/api/2.0/{path}" in to]


def ids(portal: Portal, kind: Kind) -> set[str]:
    listed = portal.get(kind.listing, "json", fresh=True)
    return {contents.text(view, kind.id) for view in contents.records(listed, kind.list_in)}


# --- what a life is -------------------------------------------------------------------------------


QUICK = (named("bookmark"), named("project-milestone"), FOLDER)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, id=kind.label, marks=() if kind in QUICK else pytest.mark.slow)
        for kind in LIVED
    ],
)
def test_a_life_is_short_complete_and_leaves_nothing(
    observed: Observed, portal: Portal, kind: Kind
) -> None:
    before = ids(portal, kind)
    portal.me()
    portal.name("what every run looks at")
    if kind.parent is not None and kind.parent.kind:
        life(portal, named(kind.parent.kind))
    asked_before = len(observed.asked)
    lived_through = life(portal, kind)
    assert len(observed.asked) - asked_before <= 24
    assert lived_through.stopped is None
    assert set(lived_through.made) == {"json", "form"}
    assert set(lived_through.read) == {"json", "xml", ""}
    assert set(lived_through.removed) == {"xml", ""}
    assert set(lived_through.changed) == (set() if kind.change is None else {"json", "form"})
    assert life(portal, kind) is lived_through
    assert cleaning.clean(portal) == []
    assert ids(portal, kind) == before


def test_a_kind_is_left_alone_of_which_nothing_can_be_removed(
    observed: Observed, portal: Portal
) -> None:
    answering(observed.app.parts, "DELETE", "crm/case", refusing(500))
    lived_through = life(portal, CASE)
    assert len(asked(observed, "POST", "crm/case")) == 1
    assert lived_through.stopped is not None
    assert "could not be removed" in lived_through.stopped.words
    with pytest.raises(Untested):
        lived.expect_removed(lived_through)
    with pytest.raises(Untested, match="could not be removed"):
        lived.expect_xml_by_default(lived_through)
    lived.expect_json_bodies(portal, lived_through)
    assert len(cleaning.clean(portal)) == 1


def test_no_record_is_made_under_a_kind_that_cannot_be_removed(
    observed: Observed, portal: Portal
) -> None:
    answering(observed.app.parts, "DELETE", "project/", refusing(403))
    with pytest.raises(Untested):
        life(portal, named("project-task"))
    assert len(asked(observed, "POST", "project")) == 1


# --- what accuses nobody --------------------------------------------------------------------------


@pytest.mark.parametrize("status", [402, 403, 423, 507])
def test_an_account_that_may_not_is_not_kept_waiting(
    observed: Observed, portal: Portal, status: int
) -> None:
    answering(observed.app.parts, "POST", "crm/case", refusing(status))
    with pytest.raises(Untested) as why:
        life(portal, CASE)
    assert why.value.reason is Reason.NOT_PERMITTED
    assert len(asked(observed, "POST", "crm/case")) == 1


def test_values_that_are_refused_in_every_form_are_nobodys_fault(
    observed: Observed, portal: Portal
) -> None:
    answering(observed.app.parts, "POST", "crm/case", refusing(400))
    with pytest.raises(Rejected) as why:
        life(portal, CASE)
    assert why.value.reason is Reason.SETUP_FAILED


@pytest.mark.parametrize("status", [404, 405, 501])
def test_what_can_be_made_in_no_form_is_absent(
    observed: Observed, portal: Portal, status: int
) -> None:
    answering(observed.app.parts, "POST", "crm/case", refusing(status))
    with pytest.raises(Untested) as why:
        life(portal, CASE)
    assert why.value.reason is Reason.ABSENT


def test_an_absent_module_is_asked_for_little(observed: Observed, portal: Portal) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        answering(observed.app.parts, method, "crm/", refusing(404))
    kinds = [kind for kind in LIVED if kind.module == "crm"]
    for kind in kinds:
        with pytest.raises(Untested) as why:
            life(portal, kind)
        assert why.value.reason is Reason.ABSENT
    assert len(asked(observed, "GET", "crm/")) <= 3 + 2 * len(kinds)
    assert len(asked(observed, "POST", "crm/")) <= 1


def test_a_removal_may_go_on_for_a_while(observed: Observed, portal: Portal) -> None:
    gone: dict[str, int] = {}

    def slow(call: Call, carry_out: Any) -> Outcome:
        found: Outcome = carry_out(call)
        path = call.asked.path.removesuffix(".json").removesuffix(".xml")
        if found.status == 404 and gone.get(path, 9) < 2:
            gone[path] += 1
            return Outcome(200, value={"id": int(path.rpartition("/")[2]), "title": ""})
        return found

    def removed(call: Call, carry_out: Any) -> Outcome:
        gone[call.asked.path.removesuffix(".json").removesuffix(".xml")] = 0
        done: Outcome = carry_out(call)
        return done

    answering(observed.app.parts, "GET", "files/folder/", slow)
    answering(observed.app.parts, "DELETE", "files/folder/", removed)
    lived_through = life(portal, FOLDER)
    lived.expect_removed(lived_through)
    lived.expect_not_found(lived_through)


def test_a_removal_that_goes_on_for_long_is_untested(observed: Observed, portal: Portal) -> None:
    answering(observed.app.parts, "DELETE", "files/folder/", lambda call, _: Outcome(200, value=[]))
    with pytest.raises(Untested, match="goes on for too long"):
        lived.expect_removed(life(portal, FOLDER))
    assert len(asked(observed, "POST", "files/folder/")) == 1


def test_a_creation_may_tell_no_id_where_the_list_does(observed: Observed, portal: Portal) -> None:
    def silent(call: Call, carry_out: Any) -> Outcome:
        made: Outcome = carry_out(call)
        return replace(made, value={})

    answering(observed.app.parts, "POST", "crm/case", silent)
    lived_through = life(portal, CASE)
    lived.expect_created(lived_through)
    lived.expect_urls(lived_through)
    lived.expect_removed(lived_through)
    assert cleaning.clean(portal) == []


# --- whose records they are -----------------------------------------------------------------------


def made_by_somebody(observed: Observed, kind: Kind, name: str) -> str:
    """A record that another run of the same account made; its id."""
    with portal_of(observed) as other:
        fields = kind.typed(kind.fields(name, "", "", parent="", category="", stage=""))
        done = other.ask("POST", kind.make, "json", body=as_json(fields))
        return contents.text(contents.record(done), kind.id)


def test_records_of_an_earlier_run_stay(observed: Observed, portal: Portal) -> None:
    mine = made_by_somebody(observed, CASE, "conformance-1-crm-case-life-json-json")
    made = life(portal, CASE).made["json"]
    assert made.name.startswith("conformance-1-2-crm-case")
    assert cleaning.clean(portal) == []
    assert mine in ids(portal, CASE)


def test_a_strangers_record_that_a_creation_tells_is_left_alone(
    observed: Observed, portal: Portal
) -> None:
    stranger = min(ids(portal, CASE))
    before = portal.get(f"crm/case/{stranger}", "json", fresh=True)

    def confused(call: Call, carry_out: Any) -> Outcome:
        made: Outcome = carry_out(call)
        assert isinstance(made.value, dict)
        return replace(made, value={**made.value, "id": int(stranger)})

    answering(observed.app.parts, "POST", "crm/case", confused)
    lived_through = life(portal, CASE)
    assert cleaning.clean(portal) == []
    assert not asked(observed, "PUT", f"crm/case/{stranger}")
    assert not asked(observed, "DELETE", f"crm/case/{stranger}")
    assert lived_through.made["json"].record is not None  # as the list shows it
    after = portal.get(f"crm/case/{stranger}", "json", fresh=True)
    assert contents.record(after) == contents.record(before)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(named("crm-opportunity-stage"), id="crm/opportunity/stage"),
        pytest.param(named("wiki-page"), id="community/wiki", marks=pytest.mark.slow),
        pytest.param(FOLDER, id="files/folder", marks=pytest.mark.slow),
    ],
)
def test_the_clean_up_removes_records_of_every_kind(
    observed: Observed, tmp_path: Path, kind: Kind
) -> None:
    file = tmp_path / "journal-1.jsonl"
    with portal_of(observed) as portal:
        before = ids(portal, kind)
        portal.journal = Journal(file, observed.url)
        record = portal.make(kind, "left")
        stranger = made_by_somebody(observed, named("crm-case"), "conformance-1-crm-case-other")
        code, out = clean_up(observed, file)
        assert code == 0, out
        assert "left 0" in out
        assert record.id not in ids(portal, kind)
        assert ids(portal, kind) == before
        assert stranger in ids(portal, named("crm-case"))


# --- what does accuse -----------------------------------------------------------------------------


def test_a_creation_that_makes_nothing_is_a_finding(observed: Observed, portal: Portal) -> None:
    answering(
        observed.app.parts, "POST", "crm/case", lambda call, _: Outcome(201, value={"id": 424242})
    )
    with pytest.raises(Violation, match="the record is not there"):
        lived.expect_created(life(portal, CASE))


def test_a_list_that_shows_what_was_deleted_is_a_finding(
    observed: Observed, portal: Portal
) -> None:
    kept: list[Any] = []

    def note(call: Call, carry_out: Any) -> Outcome:
        made: Outcome = carry_out(call)
        kept.append(made.value)
        return made

    def listing(call: Call, carry_out: Any) -> Outcome:
        found: Outcome = carry_out(call)
        assert isinstance(found.value, list)
        return replace(found, value=[*found.value, *(it for it in kept if it not in found.value)])

    answering(observed.app.parts, "POST", "crm/case", note)
    answering(observed.app.parts, "GET", "crm/case/filter", listing)
    with pytest.raises(Violation, match="the list still shows the record"):
        lived.expect_removed(life(portal, CASE))


def test_a_success_that_shows_nothing_for_what_was_deleted_is_a_finding(
    observed: Observed, portal: Portal
) -> None:
    def empty(call: Call, carry_out: Any) -> Outcome:
        found: Outcome = carry_out(call)
        return Outcome(200, value={}) if found.status == 404 else found

    answering(observed.app.parts, "GET", "crm/case/", empty)
    lived_through = life(portal, CASE)
    assert lived_through.stopped is None
    lived.expect_removed(lived_through)
    with pytest.raises(Violation, match="expected 404"):
        lived.expect_not_found(lived_through)
    assert cleaning.clean(portal) == []


def test_an_error_for_what_was_deleted_is_a_finding_and_does_not_end_the_life(
    observed: Observed, portal: Portal
) -> None:
    def fails(call: Call, carry_out: Any) -> Outcome:
        found: Outcome = carry_out(call)
        return Outcome(500, error="No") if found.status == 404 else found

    answering(observed.app.parts, "GET", "crm/case/", fails)
    lived_through = life(portal, CASE)
    assert lived_through.stopped is None
    with pytest.raises(Violation, match="expected 404"):
        lived.expect_not_found(lived_through)
    assert cleaning.clean(portal) == []


@pytest.mark.parametrize("status", [400, 500])
def test_an_update_that_is_taken_in_no_form_is_untested(
    observed: Observed, portal: Portal, status: int
) -> None:
    answering(observed.app.parts, "PUT", "crm/case", refusing(status))
    lived_through = life(portal, CASE)
    for judge in (lived.expect_json_bodies, lived.expect_form_bodies, lived.expect_suffixes):
        with pytest.raises(Untested):
            judge(portal, lived_through)
    with pytest.raises(Untested):
        lived.expect_updated(lived_through)


def test_refused_creations_are_not_left_behind_where_no_list_can_be_read(
    observed: Observed, portal: Portal
) -> None:
    answering(observed.app.parts, "GET", "calendar/calendars", refusing(400))
    answering(observed.app.parts, "POST", "calendar", refusing(400))
    with pytest.raises(Untested):
        life(portal, named("calendar"))
    assert cleaning.clean(portal) == []


def test_a_list_that_cannot_be_read_spoils_no_life(observed: Observed, portal: Portal) -> None:
    answering(observed.app.parts, "GET", "calendar/calendars", refusing(400))
    lived_through = life(portal, named("calendar"))
    assert lived_through.stopped is None
    lived.expect_created(lived_through)
    lived.expect_removed(lived_through)
    assert cleaning.clean(portal) == []
