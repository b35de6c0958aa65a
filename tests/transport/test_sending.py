"""The one way to the target: consent, the record, retries, throttling, silence, interruption."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest

from tests.support import Call, RawServer, reply
from workspace_conformance.exchange.messages import Exchange, Request, Response, Trouble
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.settings import DOCUMENTED_RATE
from workspace_conformance.transport import kept, throttling
from workspace_conformance.transport.pacing import Pacer
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.transport.sending import Transport, may_be_sent_without_consent
from workspace_conformance.transport.wire import Answer, Bounds, Wire

URL = "http://portal.test/api/2.0/people.json"
GET = Request("GET", URL)
POST = Request("POST", URL, body=b"a=b")
OK = Response(200, "OK", (), b"fine")


def throttled(seconds: str, status: int = 503) -> Response:
    return Response(status, "Slow down", (("Retry-After", seconds),), b"")


class Scripted(Wire):
    """A wire that needs no network: `script` says what comes of the nth sending (from 1)."""

    def __init__(self, script: Callable[[int, Request], Response | Trouble]) -> None:
        super().__init__()
        self.script = script
        self.sent: list[Request] = []

    async def send(self, request: Request, bounds: Bounds | None = None, lane: int = 0) -> Answer:
        self.sent.append(request)
        came = self.script(len(self.sent), request)
        await asyncio.sleep(0.01)
        if isinstance(came, Trouble):
            return Answer(None, came, "scripted", 1.0, 2.0)
        return Answer(came, None, "", 1.0, 2.0)


@pytest.fixture
def made() -> Iterator[list[Transport]]:
    transports_made: list[Transport] = []
    yield transports_made
    for transport in transports_made:
        transport.close()


@pytest.fixture
def build(made: list[Transport]) -> Callable[..., tuple[Transport, Scripted]]:
    def build(
        script: Callable[[int, Request], Response | Trouble] = lambda n, request: OK,
        writes: bool = True,
    ) -> tuple[Transport, Scripted]:
        wire = Scripted(script)
        made.append(Transport(wire, Pacer(None, DOCUMENTED_RATE), Redactor(), allow_writes=writes))
        return made[-1], wire

    return build


Build = Callable[..., tuple[Transport, Scripted]]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were to be waited; nothing is waited for."""
    rested: list[float] = []

    async def rest(self: Transport, seconds: float) -> None:
        rested.append(seconds)

    monkeypatch.setattr(Transport, "_rest", rest)
    return rested


def body(exchange: Exchange) -> bytes:
    assert exchange.response is not None, exchange.words
    return exchange.response.body


# --- consent --------------------------------------------------------------------------------------

LOGIN = "/api/2.0/authentication"
HARMLESS = [
    ("GET", "/api/2.0/people"),
    ("HEAD", "/api/2.0/people"),
    ("OPTIONS", "/api/2.0/people"),
    ("POST", LOGIN),
    ("POST", LOGIN + ".json"),
    ("POST", "/prefix" + LOGIN + ".xml"),
    ("POST", LOGIN + "?a=b"),
]
HARMFUL = [
    ("POST", "/api/2.0/people"),
    ("PUT", "/api/2.0/people/me"),
    ("DELETE", "/api/2.0/people/me.json"),
    ("PATCH", "/api/2.0/people/me"),
    ("TRACE", "/api/2.0/people"),
    ("CONFORM", "/api/2.0/people"),
    ("get", "/api/2.0/people"),
    ("Post", LOGIN),
    ("PUT", LOGIN),
    ("DELETE", LOGIN + ".json"),
    ("POST", LOGIN + "/sms"),
    ("POST", LOGIN + ".yaml"),
    ("POST", "/api/2.0/people?x=" + LOGIN),
    ("POST", "/api/2.0/people#" + LOGIN),
]


def test_without_consent_nothing_that_could_write_reaches_the_socket() -> None:
    with RawServer(reply()) as server:
        transport = Transport(Wire(), Pacer(None, DOCUMENTED_RATE), Redactor(), allow_writes=False)
        for method, path in HARMFUL:
            for fresh in (False, True):
                with pytest.raises(Untested) as why:
                    transport.ask(Request(method, server.url + path, body=b"a=b"), fresh=fresh)
                assert why.value.reason is Reason.NO_CONSENT
            with pytest.raises(Untested):
                transport.volley([Request(method, server.url + path)], 1)
        assert server.connections == 0
        for method, path in HARMLESS:
            transport.ask(Request(method, server.url + path))
        transport.close()
    assert [call.line.split()[0] for call in server.calls] == [m for m, _ in HARMLESS]
    assert transport.traffic.requests == len(HARMLESS)


def test_with_consent_the_same_requests_do(build: Build) -> None:
    transport, wire = build(writes=True)
    for method, path in HARMFUL:
        assert body(transport.ask(Request(method, "http://portal.test" + path))) == b"fine"
    assert len(wire.sent) == len(HARMFUL)


@pytest.mark.parametrize(("method", "path"), HARMLESS)
def test_what_needs_no_consent(method: str, path: str) -> None:
    assert may_be_sent_without_consent(Request(method, "http://portal.test" + path))


# --- the record -----------------------------------------------------------------------------------


def test_the_same_safe_question_is_asked_once(build: Build) -> None:
    transport, wire = build()
    first, second = transport.ask(GET), transport.ask(Request("GET", URL))
    assert first is second
    assert len(wire.sent) == 1
    assert (transport.traffic.requests, transport.traffic.answered_from_record) == (1, 1)


def test_another_question_is_asked_for_itself(build: Build) -> None:
    transport, wire = build()
    others = [
        GET,
        Request("HEAD", URL),
        Request("GET", URL + "?"),
        Request("GET", URL, (("Authorization", "one"),), account="account"),
        Request("GET", URL, (("Authorization", "two"),), account="account"),
        Request("GET", URL, (("Accept", "*/*"),)),
        Request("GET", URL, address="127.0.0.2"),
    ]
    numbers = {transport.ask(request).number for request in others}
    assert len(numbers) == len(wire.sent) == len(others)


def test_fresh_asks_again_and_writes_always_do(build: Build) -> None:
    transport, wire = build()
    for _ in range(2):
        transport.ask(GET, fresh=True)
        transport.ask(POST)
    assert [request.method for request in wire.sent] == ["GET", "POST", "GET", "POST"]


def test_the_same_question_at_the_same_time_is_asked_once(build: Build) -> None:
    transport, wire = build()
    together = threading.Barrier(8)

    def ask(_: int) -> int:
        together.wait(10)
        return transport.ask(GET).number

    with ThreadPoolExecutor(8) as pool:
        numbers = set(pool.map(ask, range(8)))
    assert numbers == {1}
    assert len(wire.sent) == 1


def test_different_questions_overlap(build: Build) -> None:
    under_way = threading.Barrier(4)

    def script(number: int, request: Request) -> Response:
        return Response(200, "OK", (), request.url[-1:].encode())

    transport, _ = build(script)

    def ask(number: int) -> bytes:
        under_way.wait(10)  # each thread has a question of its own in hand
        return body(transport.ask(Request("GET", f"http://portal.test/{number}")))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [b"0", b"1", b"2", b"3"]


def test_a_question_without_an_answer_is_not_kept(build: Build) -> None:
    transport, wire = build(lambda n, request: Trouble.TIMEOUT if n == 1 else OK)
    assert transport.ask(GET).trouble is Trouble.TIMEOUT
    assert body(transport.ask(GET)) == b"fine"
    assert len(wire.sent) == 2


def test_a_mistake_of_ours_reaches_everyone_who_asked_and_is_forgotten(build: Build) -> None:
    def script(number: int, request: Request) -> Response:
        if number == 1:
            raise RuntimeError("a bug")
        return OK

    transport, _ = build(script)
    with pytest.raises(RuntimeError, match="a bug"):
        transport.ask(GET)
    assert body(transport.ask(GET)) == b"fine"


def test_a_long_body_is_judged_whole_and_kept_in_part(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_KEPT_BODY", 3)
    transport, _ = build()
    exchange = transport.ask(GET)
    assert body(exchange) == b"fine"
    assert body(transport.exchanges[exchange.number]) == b"fin"


# --- retries --------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [Trouble.DROPPED, Trouble.CONNECT, Trouble.PROTOCOL])
def test_a_broken_safe_request_is_asked_again(build: Build, trouble: Trouble) -> None:
    transport, wire = build(lambda n, request: trouble if n <= 2 else OK)
    assert body(transport.ask(GET)) == b"fine"
    assert len(wire.sent) == 3


def test_a_safe_request_that_stays_broken_says_so(build: Build) -> None:
    transport, wire = build(lambda n, request: Trouble.DROPPED)
    exchange = transport.ask(GET)
    assert (exchange.response, exchange.trouble) == (None, Trouble.DROPPED)
    assert len(wire.sent) == 5


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_a_broken_write_is_never_repeated(build: Build, method: str) -> None:
    transport, wire = build(lambda n, request: Trouble.DROPPED if n == 1 else OK)
    assert transport.ask(Request(method, URL)).trouble is Trouble.DROPPED
    assert len(wire.sent) == 1


def test_a_timeout_is_not_repeated(build: Build) -> None:
    transport, wire = build(lambda n, request: Trouble.TIMEOUT)
    assert transport.ask(GET).trouble is Trouble.TIMEOUT
    assert len(wire.sent) == 1


# --- throttling -----------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [GET, POST], ids=["GET", "POST"])
@pytest.mark.parametrize("status", [503, 429])
def test_a_throttled_request_waits_and_is_asked_again(
    build: Build, quick: list[float], request_: Request, status: int
) -> None:
    transport, wire = build(lambda n, request: throttled("0", status) if n <= 2 else OK)
    exchange = transport.ask(request_)
    assert (body(exchange), exchange.trouble) == (b"fine", None)
    assert len(wire.sent) == 3
    assert transport.traffic.throttled == 2
    assert transport.traffic.seconds_throttled > 0


@pytest.mark.parametrize("clock", [0, 3600, -3600], ids=["right", "ahead", "behind"])
def test_a_date_in_retry_after_is_counted_from_the_answers_own(clock: int) -> None:
    said = time.time() + clock
    date, until = formatdate(said, usegmt=True), formatdate(said + 7, usegmt=True)
    answer = Response(503, "", (("Retry-After", until), ("Date", date)), b"")
    assert throttling.announced_wait(answer) == 7.0


def test_nothing_is_asked_again_sooner_than_after_a_second() -> None:
    past = formatdate(0, usegmt=True)
    for headers in ((("Retry-After", "0"),), (("Retry-After", past), ("Date", past))):
        assert throttling.announced_wait(Response(503, "", headers, b"")) == 1.0


@pytest.mark.parametrize("value", ["", "soon", "-1", "1.5", "Fri, 99 Foo 2026", formatdate(0)])
@pytest.mark.parametrize("status", [503, 429])
@pytest.mark.parametrize("request_", [GET, POST], ids=["GET", "POST"])
def test_where_nothing_usable_is_announced_pauses_grow(
    build: Build, quick: list[float], value: str, status: int, request_: Request
) -> None:
    transport, wire = build(lambda n, request: throttled(value, status) if n <= 3 else OK)
    assert body(transport.ask(request_)) == b"fine"
    assert len(wire.sent) == 4
    assert quick == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("status", [502, 504, 522])
def test_a_gateway_that_does_not_reach_the_target_is_asked_again(
    build: Build, quick: list[float], status: int
) -> None:
    transport, _ = build(lambda n, request: Response(status, "", (), b"") if n <= 2 else OK)
    assert body(transport.ask(GET)) == b"fine"
    assert quick == [1.0, 2.0]


@pytest.mark.parametrize(
    ("status", "trouble"),
    [(502, Trouble.GATEWAY), (504, Trouble.GATEWAY), (503, Trouble.THROTTLED)],
)
def test_what_stays_so_is_no_answer_of_the_target(
    build: Build, quick: list[float], status: int, trouble: Trouble
) -> None:
    transport, wire = build(lambda n, request: Response(status, "", (), b""))
    exchange = transport.ask(GET)
    assert exchange.trouble is trouble
    assert exchange.response is not None, "what was answered is kept as evidence"
    assert f"still {status}" in exchange.words
    assert len(wire.sent) == 5
    transport.ask(GET)
    assert len(wire.sent) == 10, "it is not answered from the record"


def test_a_write_that_a_gateway_answered_is_not_sent_twice(
    build: Build, quick: list[float]
) -> None:
    transport, wire = build(lambda n, request: Response(502, "", (), b""))
    assert transport.ask(POST).trouble is Trouble.GATEWAY
    assert len(wire.sent) == 1


def test_waiting_in_vain_is_bounded_in_all(
    build: Build, quick: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "_VAIN", 20.0)
    transport, wire = build(lambda n, request: Response(502, "", (), b""))
    for _ in range(40):
        exchange = transport.ask(GET)
    assert exchange.trouble is Trouble.GATEWAY
    assert len(wire.sent) == 5 + 5 + 11 * 2, "twelve in vain, of which two were patient"


def test_more_than_the_bound_is_not_waited_for(build: Build) -> None:
    transport, wire = build(lambda n, request: throttled("3600"))
    exchange = transport.ask(GET)
    assert exchange.trouble is Trouble.THROTTLED
    assert exchange.response is not None, "what was answered is kept as evidence"
    assert len(wire.sent) == 1


def test_waiting_again_and_again_is_bounded_too(
    build: Build, quick: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "MAX_WAIT", 3.5)
    transport, wire = build(lambda n, request: throttled("0"))
    assert transport.ask(GET).trouble is Trouble.THROTTLED
    assert len(wire.sent) == 4, "three waits of a second fit the bound"


def test_a_long_wait_is_announced(made: list[Transport]) -> None:
    said: list[tuple[str, float]] = []
    wire = Scripted(lambda n, request: throttled("0") if n == 1 else OK)
    made.append(
        Transport(
            wire,
            Pacer(None, DOCUMENTED_RATE),
            Redactor(),
            allow_writes=False,
            waiting=lambda what, seconds: said.append((what, seconds)),
        )
    )
    made[-1].ask(GET)
    assert [seconds for _, seconds in said] == [1.0]
    assert "503" in said[0][0]


# --- silence and interruption ---------------------------------------------------------------------


def test_a_target_that_fell_silent_is_not_asked_for_ever(build: Build) -> None:
    transport, wire = build(lambda n, request: Trouble.TIMEOUT)
    words = [transport.ask(Request("GET", f"{URL}?{n}")).words for n in range(30)]
    assert len(wire.sent) == 12
    assert words[-1] == "the target stopped answering"
    assert transport.traffic.requests == 12


def test_an_answer_breaks_the_silence(build: Build) -> None:
    transport, wire = build(lambda n, request: OK if n % 10 == 0 else Trouble.TIMEOUT)
    for n in range(30):
        transport.ask(Request("GET", f"{URL}?{n}"))
    assert len(wire.sent) == 30


def test_after_an_interruption_only_the_clean_up_asks(build: Build) -> None:
    transport, wire = build()
    transport.halt()
    for request in (GET, POST):
        with pytest.raises(Untested) as why:
            transport.ask(request)
        assert why.value.reason is Reason.UNREACHABLE
    assert not wire.sent
    transport.resume()
    assert body(transport.ask(GET)) == b"fine"


def test_the_clean_up_asks_a_target_that_may_be_back(build: Build) -> None:
    transport, wire = build(lambda n, request: Trouble.TIMEOUT if n <= 12 else OK)
    for n in range(20):
        transport.ask(Request("GET", f"{URL}?{n}"))
    assert len(wire.sent) == 12
    transport.halt()
    transport.resume()
    assert body(transport.ask(GET)) == b"fine"


def test_an_interruption_ends_a_long_wait(build: Build) -> None:
    waiting = threading.Event()

    def script(number: int, request: Request) -> Response:
        waiting.set()
        return throttled("50")

    transport, wire = build(script)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(transport.ask, GET)
        assert waiting.wait(10)
        transport.halt()
        with pytest.raises(Untested, match="interrupted"):
            asked.result(20)
    assert len(wire.sent) == 1


@pytest.mark.parametrize("volley", [False, True])
def test_what_an_interrupted_thread_sent_is_waited_for(volley: bool) -> None:
    """Ctrl-C ends the waiting, not the request: what it does must be done before anybody looks."""
    begun: list[str] = []
    done: list[str] = []
    main = threading.main_thread().ident
    assert main is not None

    def slowly(call: Call) -> bytes:
        begun.append(call.line)
        if len(begun) == (2 if volley else 1):
            signal.pthread_kill(main, signal.SIGINT)
        time.sleep(0.4)
        done.append(call.line)
        return reply()

    with RawServer(slowly) as server:
        transport = Transport(Wire(), Pacer(None, DOCUMENTED_RATE), Redactor(), allow_writes=True)
        request = Request("POST", f"{server.url}/api/2.0/people")
        # A job of a shell ignores it, and what the job starts.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with pytest.raises(KeyboardInterrupt):
                transport.volley([request] * 20, 2) if volley else transport.ask(request)
        finally:
            signal.signal(signal.SIGINT, before)
        transport.halt()
        transport.settle()
        assert len(done) == (2 if volley else 1)
        transport.resume()
        transport.close()
        assert len(server.calls) == len(done), "nothing more is sent of what was interrupted"


def test_after_the_end_nothing_is_asked(build: Build) -> None:
    transport, wire = build()
    transport.close()
    transport.close()
    with pytest.raises(Untested, match="over"):
        transport.ask(GET)
    assert not wire.sent


def test_numbers_are_unique_and_what_was_handed_out_is_learnt(made: list[Transport]) -> None:
    redactor = Redactor()
    answer = Response(201, "Created", (), b'{"response":{"token":"handed-out-token"}}')
    made.append(
        Transport(
            Scripted(lambda n, request: answer),
            Pacer(None, DOCUMENTED_RATE),
            redactor,
            allow_writes=False,
        )
    )
    with ThreadPoolExecutor(8) as pool:
        asked = pool.map(lambda n: made[-1].ask(Request("GET", f"{URL}?{n}")).number, range(40))
        assert sorted(asked) == list(range(1, 41))
    assert sorted(made[-1].exchanges) == list(range(1, 41))
    assert "handed-out-token" not in redactor.text("got handed-out-token today")
