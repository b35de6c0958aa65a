"""Portals that answer a creation with the id of somebody else's record: that stays as it is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.hostile import runs
from tests.hostile.site import Behaviour, Expect, Site, declares, spelled
from tests.hostile.test_left_behind import clean_up
from tests.support import Call, observed_portal
from workspace_conformance.contract.kinds import POST
from workspace_conformance.exchange.outcomes import Untested
from workspace_conformance.portal import cleaning, journal
from workspace_conformance.portal.records import Portal
from workspace_conformance.reference.records import Post
from workspace_conformance.settings import DOCUMENTED_RATE, Settings
from workspace_conformance.transport.client import Credential
from workspace_conformance.transport.pacing import Pacer
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.transport.sending import Transport
from workspace_conformance.transport.wire import Wire

_PLACES = {"people": "people", "group": "groups", "blog": "posts"}


class Confusing:
    """Tells a stranger's id for the records that it makes, in one way or another.

    "alias": by another spelling, or its user name. "hidden": of a record that no list shows.
    "now and then": the same for every third creation. "whole": with the stranger's name, too.
    """

    def __init__(self, way: str) -> None:
        self.way = way
        self.made = 0

    def __call__(self, call: Call, site: Site) -> bytes:
        """The correct answer, but for ids in JSON."""
        answer = site.truth(call)
        method, target, _ = call.line.split(" ", 2)
        place = target.partition("?")[0].removesuffix(".json").rpartition("/")[2]
        if place not in _PLACES or not declares(answer, "json"):
            return spelled(answer, call)
        data = json.loads(answer.body)
        stranger: Any = strangers(site)[_PLACES[place]]
        if method == "GET" and self.way != "alias" and isinstance(data.get("response"), list):
            data["response"] = [it for it in data["response"] if it.get("id") != stranger.id]
            data["count"] = len(data["response"])
        elif method == "POST" and answer.status == 201:
            self.made += 1
            if self.way == "alias":
                other = getattr(stranger, "user_name", stranger.id.upper())
                data["response"]["id"] = other
            elif self.way != "now and then" or self.made % 3 == 0:
                data["response"]["id"] = stranger.id
            if self.way == "whole":
                data["response"] |= {"title": "Holidays", "name": "Holidays", "email": "x@y.test"}
        return spelled(answer, call, body=json.dumps(data).encode())


def strangers(site: Site) -> dict[str, object]:
    """One record of somebody else's of each kind."""
    store = site.app.parts.store
    return {
        "people": store.people.all()[2],
        "groups": store.groups.all()[0],
        "posts": store.posts.all()[0],
    }


@pytest.mark.parametrize(
    "way",
    [
        "alias",
        pytest.param("hidden", marks=pytest.mark.slow),
        pytest.param("whole", marks=pytest.mark.slow),
        pytest.param("now and then", marks=pytest.mark.slow),
    ],
)
def test_a_strangers_record_stays_as_it_is(way: str, tmp_path: Path) -> None:
    """Not a record and not a comment is other than before."""
    with Site(Behaviour("x", "x", Expect.ACCUSED, Confusing(way))) as site:
        store = site.app.parts.store
        shelves = (store.people, store.groups, store.posts, store.comments)
        before = [list(shelf.all()) for shelf in shelves]
        ran = runs.run(
            tmp_path,
            *runs.arguments_for(site.url, "-m", "not burst"),
            env=runs.variables_for(site.credentials),
        )
        after = [list(shelf.all()) for shelf in shelves]
    assert after == before
    assert ran.problems() == []
    assert ran.results["traffic"]["left_behind"] == []


def test_a_place_that_is_somebody_elses_by_now_is_left_alone(tmp_path: Path) -> None:
    """An old journal, or an edited one: only what bears the name that it says is removed."""
    with observed_portal() as portal:
        store = portal.app.parts.store
        file = tmp_path / "journal-1.jsonl"
        notes = journal.Journal(file, portal.url)
        name = "conformance-7-post-a"
        ours = store.posts.put(
            replace(store.posts.all()[0], id=store.new_id(Post, name), title=name)
        )
        before = portal.held()
        for name, id_ in (
            ("conformance-7-post-a", store.posts.all()[0].id),
            ("conformance-7-post-b", store.posts.all()[1].id),
        ):
            notes.intend("post", name)
            notes.made_at(name, f"community/blog/{id_}")
        notes.intend("person", "conformance-7-person-a")
        notes.made_at("conformance-7-person-a", f"people/{store.people.all()[1].user_name}")
        code, out = clean_up(portal, file)
        before["posts"] = [it for it in before["posts"] if it != ours]
        assert portal.held() == before, out
    assert code == 0, out
    assert "removed 1 " in out
    assert out.count("bears another name") == 3
    assert not file.exists()


def test_a_journal_of_two_targets_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "journal-1.jsonl"
    with observed_portal() as portal:
        for target in ("http://elsewhere.test", portal.url):
            journal.Journal(file, target).intend("post", f"conformance-7-{target[-3:]}")
        code, out = clean_up(portal, file)
        assert portal.asked == []
    assert code == 4, out
    assert "not a line of a journal" in out


def test_an_interrupted_look_keeps_nothing_from_being_removed() -> None:
    """Ctrl-C in the middle of it: that it could not be seen then does not count at the clean-up."""
    with observed_portal() as observed:
        before = observed.held()
        transport = Transport(Wire(), Pacer(None, DOCUMENTED_RATE), Redactor(), allow_writes=True)
        portal = Portal(
            observed.url,
            transport,
            journal.Journal(None, observed.url),
            Settings(target=observed.url, allow_writes=True),
            Credential(observed.credentials.token, "account"),
        )
        try:
            made = [portal.make(POST, "one"), portal.make(POST, "two")]
            transport.halt()
            for record in made:
                with pytest.raises(Untested, match="interrupted"):
                    portal.ask("DELETE", record.path, "json")
            transport.resume()
            assert cleaning.clean(portal) == []
        finally:
            transport.close()
        assert observed.held() == before
