"""Ids are judged alike in every run, a failing one is shrunk, and chance accuses nobody."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from tests.support import against, observed_portal, run_suite
from workspace_conformance import reference
from workspace_conformance.checks import identifier_checks
from workspace_conformance.checks.expectations import violation
from workspace_conformance.checks.identifier_subjects import (
    OTHER_KIND,
    SORTS,
    Subject,
    about,
    numbers_near,
    subject,
)
from workspace_conformance.contract.kinds import POST
from workspace_conformance.exchange.identifiers import Form, Identifier, encode
from workspace_conformance.exchange.messages import Exchange, Request, Response, Trouble
from workspace_conformance.exchange.outcomes import Reason, Untested, Violation
from workspace_conformance.portal.journal import Journal
from workspace_conformance.portal.records import Portal
from workspace_conformance.reference import Options
from workspace_conformance.reference.application import PortalApp
from workspace_conformance.settings import Rate, Settings
from workspace_conformance.transport.client import Credential
from workspace_conformance.transport.pacing import Pacer
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.transport.sending import Transport
from workspace_conformance.transport.wire import Wire

ROOT = "http://127.0.0.1"


def connected(running: reference.Running) -> Portal:
    """A portal as checks see it, of which nothing is known yet."""
    pacer = Pacer(None, Rate(500, 10.0))
    transport = Transport(Wire(), pacer, Redactor(), allow_writes=False)
    account = Credential(running.token, "account")
    return Portal(running.url, transport, Journal(None, running.url), Settings(), account)


@pytest.fixture(scope="module")
def running() -> Iterator[reference.Running]:
    """The embedded portal; no limiter, as these tests ask more than a second's share."""
    found = reference.launch(reference.Options(rate=reference.Rate(100_000, 1.0)))
    yield found
    found.stop()


@pytest.fixture
def here(running: reference.Running) -> Iterator[Portal]:
    found = connected(running)
    yield found
    found.transport.close()


def asked(portal: Portal, real: Subject, sort: str) -> list[str]:
    found: list[str] = []
    identifier_checks.for_each(portal, real, sort, lambda each: found.append(each.wire))
    return found


def answered(status: int, *headers: tuple[str, str], body: bytes = b"") -> Exchange:
    request = Request("GET", f"{ROOT}/api/2.0/people/Ab%20c")
    return Exchange(1, request, Response(status, "", headers, body))


@pytest.mark.parametrize("item", ["item-1", "item-2", "item-3", "user-name"])
def test_as_many_ids_are_judged_as_were_asked_for(here: Portal, item: str) -> None:
    real = subject(here, item)
    for sort in ("unknown", "wrong", "near", "escapes"):
        found = asked(here, real, sort)
        assert len(found) == len(set(found)) >= here.settings.id_examples


def test_the_same_ids_are_judged_whatever_else_runs(running: reference.Running) -> None:
    seen = []
    for _ in range(2):
        portal = connected(running)
        reals = [subject(portal, f"item-{slot}") for slot in (1, 2, 3)]
        tasks = [(real, sort) for real in reals for sort in SORTS]
        with ThreadPoolExecutor(8) as pool:
            seen.append(list(pool.map(lambda task, at=portal: asked(at, *task), tasks)))
        portal.transport.close()
    assert seen[0] == seen[1]


def test_the_mistakes_that_servers_make_are_always_tried(here: Portal) -> None:
    real = subject(here, "item-3")
    wires = {each.wire for each in SORTS["escapes"](real).always}
    assert {"..%2Fpeople%2F@self", "..%5Cpeople%5C@self", "..%252Fpeople%252F@self"} & wires
    kinds = {each.kind for each in SORTS["escapes"](real).always}
    assert {"encoded slash", "encoded backslash", "all of it encoded twice"} <= kinds
    assert {"overlong UTF-8", "absolute path", "dots with a parameter"} <= kinds
    near = {each.kind for each in SORTS["near"](real).always}
    assert {"real id and a null character", "real id and a wildcard", "prefix of a real id"} <= near
    assert OTHER_KIND in near
    wrong = {each.kind for each in SORTS["wrong"](real).always}
    assert {"quotes", "markup", "wildcard", "very long", "bytes that are no UTF-8"} <= wrong


def test_an_escape_from_a_deeper_collection_climbs_further(here: Portal) -> None:
    post = subject(here, "item-1")
    first = next(each for each in SORTS["escapes"](post).always if each.kind == "encoded slash")
    assert post.kind.collection == "community/blog"
    assert first.text.startswith(("../../", "x/../"))


def test_a_failing_id_is_shrunk_and_named(here: Portal) -> None:
    real = subject(here, "item-1")

    def judge(found: Identifier) -> None:
        if any(ord(char) > 0xFFFF for char in found.text):
            violation(identifier_checks.ask(here, real, found), "is refused")

    with pytest.raises(Violation) as caught:
        identifier_checks.for_each(here, real, "wrong", judge)
    assert str(caught.value).startswith(r"astral character")
    assert str(caught.value).endswith(": is refused")
    exchange = caught.value.exchange
    assert exchange is not None
    wire = str(caught.value).partition("sent as ")[2].partition(":")[0]
    assert len(wire) == len("%F0%90%80%80")
    assert f"/{wire}" in exchange.request.url


def test_shrinking_is_bounded(here: Portal) -> None:
    real = subject(here, "item-1")
    seen: list[str] = []

    def judge(found: Identifier) -> None:
        seen.append(found.wire)
        if len(found.text) > 3 and not found.text.isascii():
            violation(answered(500), "is too long")

    with pytest.raises(Violation):
        identifier_checks.for_each(here, real, "wrong", judge)
    assert len(seen) <= 60


def test_nothing_is_judged_where_the_real_id_is_not_served(here: Portal) -> None:
    real = subject(here, "item-1")
    with pytest.raises(Untested) as caught:
        asked(here, replace(real, path="community/blog/nobody"), "near")
    assert caught.value.reason is Reason.SETUP_FAILED


def test_silence_is_no_pass(here: Portal) -> None:
    real = subject(here, "item-1")
    count = 0

    def judge(found: Identifier) -> None:
        nonlocal count
        count += 1
        if count % 3:
            raise Untested(Reason.UNREACHABLE, "no answer")

    with pytest.raises(Untested, match="no answer"):
        identifier_checks.for_each(here, real, "placeholders", judge)
    with pytest.raises(Untested, match="no answer"):
        identifier_checks.for_these(SORTS["placeholders"](real).always, judge)


def test_a_dropped_connection_is_proved_before_it_is_held_against_a_server(
    here: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = subject(here, "item-1")
    dropped = replace(answered(0), response=None, trouble=Trouble.DROPPED, words="reset")
    answers = [dropped, dropped, answered(404)]
    served = here.get(real.path)

    def ask(request: Request, *, fresh: bool = False, after: float | None = None) -> Exchange:
        return answers.pop(0) if request == dropped.request else served

    monkeypatch.setattr(here.transport, "ask", ask)
    assert identifier_checks.expect_answered(here, real, dropped).response is not None
    answers[:] = [dropped] * 9
    with pytest.raises(Violation, match="each of 4 times"):
        identifier_checks.expect_answered(here, real, dropped)
    served = dropped
    with pytest.raises(Untested):
        identifier_checks.expect_answered(here, real, dropped)
    timeout = replace(dropped, trouble=Trouble.TIMEOUT)
    assert identifier_checks.expect_answered(here, real, timeout) is timeout


@pytest.mark.parametrize("location", ["/api/2.0/people/ab%20c", "Ab%20c/", "./%41b%20c"])
def test_a_redirect_to_the_same_id_is_no_answer(location: str) -> None:
    with pytest.raises(Untested):
        identifier_checks.expect_refused(answered(301, ("Location", location)))


@pytest.mark.parametrize("location", ["/login", "/api/2.0/people/", "Ab%20c?x=1", ""])
def test_any_other_redirect_is_no_refusal(location: str) -> None:
    with pytest.raises(Violation):
        identifier_checks.expect_refused(answered(302, ("Location", location)))


@pytest.mark.parametrize(
    ("media", "page", "repeats"),
    [
        ("text/html", "<p>No <script>alert(1)</script></p>", True),
        ("text/html; charset=nonsense", "<p>No <script>alert(1)</script></p>", True),
        ("text/html", "<p>No &lt;script&gt;alert(1)&lt;/script&gt;</p>", False),
        ("text/plain", "No <script>alert(1)</script>", False),
        ("application/json", '"<script>alert(1)</script>"', False),
    ],
)
def test_a_page_must_not_repeat_an_id_as_it_is(media: str, page: str, repeats: bool) -> None:
    text = "<script>alert(1)</script>"
    exchange = answered(404, ("Content-Type", media), body=page.encode())
    found = Identifier(text, encode(text), "markup")
    if repeats:
        with pytest.raises(Violation, match="unescaped"):
            identifier_checks.expect_not_repeated(exchange, found)
    else:
        identifier_checks.expect_not_repeated(exchange, found)


def test_what_any_page_may_contain_is_no_repetition() -> None:
    page = b'<html><b>Not found</b><![CDATA[x]]> &amp; "quoted"</html>'
    exchange = answered(404, ("Content-Type", "text/html"), body=page)
    for text in ("<b>", "<![CDATA[", "&", "&amp;", '"', "<html>"):
        identifier_checks.expect_not_repeated(exchange, Identifier(text, encode(text), "markup"))


def test_a_user_name_is_tried_as_a_name(here: Portal) -> None:
    real = subject(here, "user-name")
    assert real.form is Form.NAME
    assert real.real == "Mike.Zanyatski"
    assert real.path == "people/Mike.Zanyatski"
    assert {"Olga.Petrova", "Olga.Petrova@portal.test"} <= set(real.known)
    assert {"@self", "email", "search"} <= real.reserved


def test_what_is_drawn_does_not_hang_on_what_is_loaded() -> None:
    """The library's hooks are still where they were: a rename would bring the constants back unseen,
    and a generator for each thread.
    """
    from hypothesis import core, given
    from hypothesis.internal.conjecture import providers

    from workspace_conformance.checks import hypothesis_lock

    used = []

    @given(st.integers())
    def draw(number: int) -> None:
        used.append(core.threadlocal._hypothesis_global_random)

    def work() -> None:
        with hypothesis_lock.alone():
            draw()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, used))) == 1
    assert used[0] is not None
    assert len(providers._get_local_constants()) == 0


@pytest.mark.parametrize(
    ("real", "texts"), [("107", ["10", "1070"]), ("7", ["70"]), ("117", ["11", "17", "1170"])]
)
def test_numbers_near_a_number_are_numbers(here: Portal, real: str, texts: list[str]) -> None:
    """Whose beginning is a zero may be another spelling of a number, and is left out."""
    numbered = about(here, POST, real, Form.INTEGER)
    found = [each.text for each in numbers_near(numbered)]
    assert found == [*texts, *(str(int(real) + 2**bits) for bits in (16, 32, 64))]


def test_a_number_that_reaches_another_record_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where ids are numbers, a part of one is no proof of anything but by the record it shows."""
    given = ["--requirement=ID-4", "-k=number_reaches"]
    serve = PortalApp.__call__

    async def overlook(app: PortalApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the first four digits of a number for all of it."""
        path = re.sub(rb"/(\d{4})\d+(?=[/.]|$)", rb"/\1", scope["raw_path"])
        await serve(app, {**scope, "raw_path": path}, receive, send)

    with observed_portal(Options(rate=None, variants=("ids-integer",))) as portal:
        right = run_suite(tmp_path / "right", *given, env=against(portal))
        monkeypatch.setattr(PortalApp, "__call__", overlook)
        wrong = run_suite(tmp_path / "wrong", *given, env=against(portal))
    assert right.code == 0, right.out
    assert {case["outcome"] for case in right.cases()} == {"passed"}
    failed = {case["resource"] for case in wrong.cases() if case["outcome"] == "failed"}
    assert failed == {"post", "group"}, wrong.out
