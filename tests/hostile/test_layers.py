"""Every hostile behaviour against the layers that meet it first: an exchange comes of it, in time
and in bounds, and whatever it holds can be read, or refused politely, and shown.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from functools import partial

import pytest

from tests.hostile.registry import everything
from tests.hostile.site import Site
from workspace_conformance.checks.expectations import (
    expect_media,
    expect_readable,
    says_more_than_status,
)
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.media import Unreadable, envelope, read
from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.exchange.outcomes import Untested, Violation
from workspace_conformance.exchange.texts import harmless
from workspace_conformance.reporting import evidence
from workspace_conformance.settings import DOCUMENTED_RATE
from workspace_conformance.transport.pacing import Pacer
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.transport.sending import Transport
from workspace_conformance.transport.wire import Bounds, Wire

BOUNDS = Bounds(connect=1.0, read=0.4, total=0.4, body=1024 * 1024)
ASKED = ("people.json", "people.xml", "group/none.json")
MOST = 60 * 1024 * 1024  # bytes of memory that reading one answer of at most 1 MB may take


@pytest.fixture(params=everything().values(), ids=lambda behaviour: behaviour.name)
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    with Site(request.param) as running:
        yield running


def look_at(exchange: Exchange) -> None:
    """Read an answer in every way in which checks do."""
    response = exchange.response
    said: list[str] = []
    if response is not None:
        declared = contents.media_type(response)
        try:
            envelope(read(response.body, declared))
        except Unreadable as why:
            said.append(str(why))
        says_more_than_status(response)
    for view in contents.records(exchange):
        contents.text(view, "id")
    for judge in (partial(expect_media, exchange, "json"), partial(expect_readable, exchange)):
        try:
            judge()
        except (Untested, Violation) as why:
            said.append(harmless(str(why)))
    assert all(words and words.isprintable() for words in said), ascii(said)
    shown = evidence.came_back(exchange, Redactor())
    assert shown.isprintable(), ascii(shown)
    assert len(shown) < 2000


def test_an_answer_or_a_trouble_comes_of_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within its time, its memory, and without an exception."""
    monkeypatch.setattr("workspace_conformance.transport.throttling.MAX_WAIT", 0.5)
    transport = Transport(
        Wire(bounds=BOUNDS),
        Pacer(None, DOCUMENTED_RATE),
        Redactor(),
        allow_writes=True,
    )
    headers = (("Authorization", site.credentials.token), ("Accept-Encoding", "gzip, deflate"))
    began = time.monotonic()
    try:
        for path in ASKED:
            exchange = transport.ask(Request("GET", f"{site.url}/api/2.0/{path}", headers))
            assert (exchange.response is None) <= (exchange.trouble is not None)
            if exchange.response is not None:
                assert len(exchange.response.body) <= BOUNDS.body
            tracemalloc.start()
            look_at(exchange)
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert most < MOST, f"reading took {most} bytes"
    finally:
        tracemalloc.stop()
        transport.close()
    # Each question: five tries at most, each as long as the bound, and the pauses between.
    assert time.monotonic() - began < len(ASKED) * 5 * (BOUNDS.total + 1.0)
    assert site.canary.connections == 0
