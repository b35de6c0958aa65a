"""Other people use the target too: what they do is no finding, and what is theirs stays theirs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from workspace_conformance.portal import journal
from workspace_conformance.reference import Options
from workspace_conformance.reference.parts import respond
from workspace_conformance.reference.records import Post
from workspace_conformance.reference.values import Asked, Call, Kind, Outcome

from .support import Observed, against, observed_portal, run_suite


def with_variant(name: str) -> Options:
    return Options(rate=None, variants=(name,))


@pytest.mark.parametrize("requirement", ["FMT-5", "ID-3"])
def test_a_record_that_somebody_else_removes_is_no_finding(
    requirement: str, tmp_path: Path
) -> None:
    """Each first post is gone once its JSON form was read, but for the last."""
    with observed_portal() as portal:
        store, inner = portal.app.parts.store, portal.app.parts.perform

        def perform(call: Call) -> Outcome:
            outcome = inner(call)
            form = call.place.suffix
            posts = store.posts.all()
            if call.place.kind is Kind.POST and form == "json" and len(posts) > len(kept):
                store.remove_post(posts[0].id)
            return outcome

        kept = store.posts.all()[1:]
        portal.app.parts.perform = perform
        ran = run_suite(tmp_path, f"--requirement={requirement}", env=against(portal))
        assert store.posts.all() == kept
    assert ran.code == 0, ran.out


def test_a_listed_record_that_is_gone_meanwhile_is_no_finding(tmp_path: Path) -> None:
    with observed_portal() as portal:
        store, inner = portal.app.parts.store, portal.app.parts.perform
        first = store.posts.all()[0].id

        def perform(call: Call) -> Outcome:
            if call.place.kind is Kind.POST and store.posts.find(first) is not None:
                store.remove_post(first)
            return inner(call)

        portal.app.parts.perform = perform
        ran = run_suite(tmp_path, "--requirement=REST-1", env=against(portal))
    assert ran.code == 0, ran.out
    assert ran.requirement("REST-1")["verdict"] == "partial"  # creations need consent


def test_comments_of_others_are_left_alone(tmp_path: Path) -> None:
    """Where somebody is the first to comment, only comments of ours are changed and deleted."""
    with observed_portal(with_variant("others-comment")) as portal:
        statuses = noted_comments(portal)
        ran = run_suite(
            tmp_path,
            *("--requirement=STA-4", "--allow-writes"),
            env=against(portal),
        )
    assert ran.code == 0, ran.out
    assert statuses[200]
    assert not statuses[403], "a comment of somebody else was to be changed or deleted"


def noted_comments(portal: Observed) -> Counter[int]:
    """What writing to comments is answered from now on, by status."""
    inner = portal.app.parts.perform
    statuses: Counter[int] = Counter()

    def perform(call: Call) -> Outcome:
        outcome = inner(call)
        if call.place.kind is Kind.COMMENT:
            statuses[outcome.status] += 1
        return outcome

    portal.app.parts.perform = perform
    return statuses


def test_values_that_are_taken_in_no_form_are_no_finding(tmp_path: Path) -> None:
    """A portal may want a password; people are then left out, and nothing is left untested."""
    wanted = ("REQ-1", "REQ-2", "STA-2")
    arguments = [f"--requirement={name}" for name in wanted]
    ran = run_suite(tmp_path, *arguments, "--variant=passwords-needed")
    assert ran.code == 0, ran.out
    assert {ran.requirement(name)["verdict"] for name in wanted} == {"passed"}


@pytest.mark.parametrize("theirs", [True, False], ids=["given again", "still ours"])
def test_clean_up_spares_a_record_that_has_the_id_of_one_of_ours(
    theirs: bool, tmp_path: Path
) -> None:
    """The number of a record that was removed may be another's when the clean-up comes."""
    with observed_portal(with_variant("ids-given-again")) as portal:
        store, credentials = portal.app.parts.store, portal.credentials
        before = portal.held()
        owner, other = (account.id for account in portal.app.parts.accounts.by_name.values())
        date = "2024-05-01T12:00:00.0000000Z"
        name = "conformance-7-post-a"
        title, author = ("Holidays", other) if theirs else (f"{name} x", owner)
        post = store.posts.put(Post(store.new_id(Post, title), title, "", author, date, date))
        number = shown_id(portal, title, credentials.token)
        notes = journal.Journal(tmp_path / "journal-1.jsonl", portal.url)
        notes.intend("post", name)
        notes.made_at(name, f"community/blog/{number}")
        ran = run_suite(
            tmp_path,
            f"--clean-up={tmp_path / 'journal-1.jsonl'}",
            env={"WORKSPACE_TOKEN": credentials.token},
        )
        assert ran.code == 0, ran.out
        left = [*before["posts"], post] if theirs else before["posts"]
        assert portal.held()["posts"] == left


def shown_id(portal: Observed, title: str, token: str) -> int:
    """The id under which the list shows a post."""
    asked = Asked("GET", "/api/2.0/community/blog.json", headers={"authorization": token})
    listed = json.loads(respond(portal.app.parts, asked).body)["response"]
    return next(int(post["id"]) for post in listed if post["title"] == title)
