"""The one way to the target: consent, pacing, record, retries, numbering, redaction's source.

Every request of every check passes `Transport.ask`. It runs the wire on an event loop in a thread of
its own, so that checks stay plain synchronous functions while independent requests overlap.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from workspace_conformance.exchange import cases
from workspace_conformance.exchange.messages import Exchange, Request, Trouble
from workspace_conformance.exchange.outcomes import Reason, Unrecorded, Untested
from workspace_conformance.transport import confirmations, throttling
from workspace_conformance.transport.kept import Kept
from workspace_conformance.transport.pacing import Pacer
from workspace_conformance.transport.recording import Recording
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.transport.wire import Answer, Bounds, Wire, now

_Result = TypeVar("_Result")

_RETRIES = 4  # further tries of a safe request that failed quickly
_QUICK = 2.0  # seconds; who was waited for longer is not asked again
_UNDER_WAY = 2.0  # seconds for which a request that another run sent may be on its way
_SILENCE = 12  # requests in a row without an answer, after which the target counts as gone
_VAIN = 40  # times the bound on one request, that may be spent on requests that get no answer
_RECORD_BYTES = 48 * 1024 * 1024  # bytes of bodies that may be answered from the record


@dataclass(slots=True)
class Traffic:
    """What the run cost the target. Times in seconds."""

    requests: int = 0
    answered_from_record: int = 0
    throttled: int = 0
    seconds_throttled: float = 0.0
    # What something else said in the target's place, and how often: "502 Bad Gateway".
    gateway: Counter[str] = field(default_factory=Counter)


def may_be_sent_without_consent(request: Request) -> bool:
    """Whether a request can change nothing: GET, HEAD, OPTIONS, and the login (a POST that makes no
    record).
    """
    if request.safe:
        return True
    path = urlsplit(request.url).path
    return request.method == "POST" and path.endswith(
        ("/api/2.0/authentication", "/api/2.0/authentication.json", "/api/2.0/authentication.xml")
    )


class Transport:
    """Carries requests to the target and keeps what came back."""

    def __init__(
        self,
        wire: Wire,
        pacer: Pacer,
        redactor: Redactor,
        *,
        allow_writes: bool,
        waiting: Callable[[str, float], None] | None = None,
        recording: Recording | None = None,
    ) -> None:
        self.traffic = Traffic()
        self.asked: dict[int, tuple[str, bool]] = {}  # by number: who asked, and whether anew
        self.recording = recording  # answers in place of the target
        self._kept = Kept()
        self.exchanges = self._kept.exchanges
        self.pacer = pacer
        self._wire = wire
        self._redactor = redactor
        self._allow_writes = allow_writes
        self._waiting = waiting or (lambda what, seconds: None)
        self._lock = threading.Lock()
        self._record: dict[Request, Future[Exchange]] = {}
        self._record_bytes = 0
        self._confirmations = confirmations.Confirmations()
        self._silent = 0
        self._absence = Trouble.CONNECT  # what it is called when nothing more is asked
        self._vain = 0.0  # seconds spent on requests that got no answer
        self._budget = throttling.Budget()
        self.last_heard = 0.0  # when the last answer came, seconds since the epoch
        self.measured: dict[str, Any] | None = None  # facts about the target, for the result
        self.campaign: Any = None  # how they were found, for the recording
        self.credited: list[int] = []  # the exchanges that all its checks rest on
        self._closed = False
        self._halted = False
        self._under_way: set[Future[Any]] = set()  # whoever asked may have stopped waiting for it
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="transport", daemon=True
        )
        self._thread.start()

    def ask(
        self,
        request: Request,
        *,
        fresh: bool = False,
        bounds: Bounds | None = None,
        after: float | None = None,
    ) -> Exchange:
        """Send `request`, or answer it from the record when the same safe question was asked
        before; with `after` (seconds since the epoch) only from what was asked since then.

        Never raises for what the target does: the exchange says it. Raises Untested without consent
        for anything that could change the target, whatever a check asks for.
        """
        self._let_pass(request)
        if after is not None and request.safe and not fresh:
            return self._confirmations.ask(
                request, after, lambda: self._confirm(request, bounds, after)
            )
        if fresh or not request.safe:
            exchange = self._send(request, bounds, anew=True)
            self.asked[exchange.number] = cases.asker(), True
            return exchange
        with self._lock:
            known = self._record.get(request)
            mine: Future[Exchange] = Future()
            if known is None:
                self._record[request] = mine
        if known is not None:
            with self._lock:
                self.traffic.answered_from_record += 1
            return known.result()
        try:
            exchange = self._send(request, bounds)
        except BaseException as error:
            with self._lock:
                del self._record[request]
            mine.set_exception(error)
            raise
        size = len(exchange.response.body) if exchange.response else 0
        self.asked[exchange.number] = cases.asker(), False
        with self._lock:
            self._record_bytes += size
            # A request that got no answer of the target's is worth asking again; a flood of bodies
            # is not worth keeping.
            if exchange.trouble is not None or self._record_bytes > _RECORD_BYTES:
                self._record.pop(request, None)
        mine.set_result(exchange)
        return exchange

    def volley(
        self,
        requests: Iterable[Request],
        lanes: int,
        bounds: Bounds | None = None,
        go_on: Callable[[Exchange], bool] = lambda exchange: True,
    ) -> list[Exchange]:
        """Send requests as fast as `lanes` connections carry them: unpaced, each once, whatever the
        answer. For what exceeds the rate limit on purpose, and for nothing else.

        `requests` may be a generator: it is drawn from at the moment of sending. `go_on` is called
        with each answer as it arrives, on the transport's thread; once it says False nothing more is
        sent, and what is under way is waited for. The exchanges come in the order of arrival.
        """
        supply = iter(requests)
        done: list[Exchange] = []
        self._run(self._volley(supply, lanes, bounds, go_on, done))
        return done

    @contextmanager
    def to_itself(self, account: str) -> Iterator[None]:
        """Keep other runs on this machine from sending as `account` meanwhile."""

        async def hold() -> float | None:
            return await self.pacer.hold(account)

        async def let_go() -> None:
            self.pacer.let_go()

        last = asyncio.run_coroutine_threadsafe(hold(), self._loop).result()
        if last is not None:
            # What another run sent last is still under way for a while.
            heard = now() - max(time.monotonic() - last - _UNDER_WAY, 0.0)
            self.last_heard = max(self.last_heard, heard)
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(let_go(), self._loop).result()

    def announce(self, what: str, seconds: float) -> None:
        """Tell the user what comes, and how long it takes."""
        self._waiting(what, seconds)

    def learn(self, secret: str, name: str) -> None:
        """Keep a secret that a check made out of one of the run's out of every report."""
        self._redactor.learn(secret, name)

    def halt(self) -> None:
        """Refuse every further question, so that cases under way come to their end."""
        self._halted = True

    def resume(self) -> None:
        """Carry questions again, after `halt`: for the clean-up."""
        self._halted = False
        self._silent, self._vain = 0, 0.0  # a target that was gone may be back
        self._budget.again()

    def settle(self) -> None:
        """Wait until nothing is under way, after `halt`. Who asked may have been interrupted: what
        was sent by then must have come to its end before anybody looks what it did.
        """
        wait(list(self._under_way), self._wire.bounds.total + 1)

    def close(self) -> None:
        """Close the connections and end the thread."""
        if self._closed:
            return
        self._closed = True
        try:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)

    async def _end(self) -> None:
        self.pacer.close()
        await self._wire.close()

    def _send(self, request: Request, bounds: Bounds | None, anew: bool = False) -> Exchange:
        if self._closed:
            raise Untested(Reason.UNREACHABLE, "the run is over")
        if self.recording is not None:
            return self._recall(self.recording, request, anew)
        return self._run(self._carry(request, bounds))

    def _confirm(self, request: Request, bounds: Bounds | None, after: float) -> Exchange:
        if self.recording is None:
            exchange = self._send(request, bounds)
            self.asked[exchange.number] = confirmations.ASKER, True
            return exchange
        return self._recalled(request, self.recording.confirmation(request, after, self._redactor))

    def _run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future.result()

    def _recall(self, recording: Recording, request: Request, anew: bool) -> Exchange:
        return self._recalled(request, recording.find(request, cases.asker(), anew, self._redactor))

    def _recalled(self, request: Request, exchange: Exchange | None) -> Exchange:
        if exchange is None:
            words = f"the recording holds no {request.method} {request.url}"
            raise Unrecorded(Reason.UNREACHABLE, words)
        self.exchanges[exchange.number] = exchange
        return exchange

    def _let_pass(self, request: Request) -> None:
        if self._halted:
            raise Untested(Reason.UNREACHABLE, "the run was interrupted")
        if not self._allow_writes and not may_be_sent_without_consent(request):
            raise Untested(
                Reason.NO_CONSENT, f"{request.method} could change the target; give --allow-writes"
            )

    async def _volley(
        self,
        supply: Iterator[Request],
        lanes: int,
        bounds: Bounds | None,
        go_on: Callable[[Exchange], bool],
        done: list[Exchange],
    ) -> None:
        enough = False
        lost = 0  # in a row

        async def drive(lane: int) -> None:
            nonlocal enough, lost
            while not enough:
                request = next(supply, None)
                if request is None:
                    return
                self._let_pass(request)
                with self._lock:
                    self.traffic.requests += 1
                limits = self._kept.bounds(bounds or self._wire.bounds)
                answer = await self._wire.send(request, limits, lane)
                self.last_heard = max(self.last_heard, answer.received)
                if answer.response is not None:
                    self._redactor.learn_from(answer.response)
                lost = 0 if answer.response is not None else lost + 1
                exchange = self._kept.keep(request, answer)
                done.append(exchange)
                enough = enough or not go_on(exchange) or lost >= _SILENCE + 2 * lanes

        drivers = (drive(lane) for lane in range(1, lanes + 1))
        for outcome in await asyncio.gather(*drivers, return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def _carry(self, request: Request, bounds: Bounds | None) -> Exchange:
        """Send until there is an answer worth having: what a limiter or a gateway says in the
        target's place is waited for, a broken safe request repeated.
        """
        tries = 0
        patience = throttling.Patience(self._budget)
        while True:
            gone = self._gone()
            if gone:
                at = now()
                return self._kept.keep(request, Answer(None, self._absence, gone, at, at))
            await self.pacer.turn(request.account, request.address)
            if self._halted:  # whoever asked may have stopped waiting for it
                raise Untested(Reason.UNREACHABLE, "the run was interrupted")
            with self._lock:
                self.traffic.requests += 1
            answer = await self._wire.send(request, self._kept.bounds(bounds or self._wire.bounds))
            self.last_heard = max(self.last_heard, answer.received)
            if answer.response is None:
                # A server that hangs up is there: only silence counts towards its absence.
                there = answer.trouble in (Trouble.DROPPED, Trouble.PROTOCOL)
                self._silent = 0 if there else self._silent + 1
                self._absence = Trouble.CONNECT
                self._vain += answer.received - answer.sent
                tries += 1
                quick = answer.trouble != Trouble.TIMEOUT and answer.received - answer.sent < _QUICK
                if request.safe and tries <= _RETRIES and quick:
                    await asyncio.sleep(0.05 * tries)
                    continue
                return self._kept.keep(request, answer)
            self._redactor.learn_from(answer.response)
            trouble = throttling.interference(answer.response)
            if trouble is None:
                self._silent = 0
                return self._kept.keep(request, answer)
            status_line = answer.response.status_line
            if trouble is Trouble.GATEWAY:
                with self._lock:
                    self.traffic.gateway[status_line] += 1
            pause = patience.pause(answer.response, request.safe)
            if pause is None:
                self._budget.spend(patience.waited)
                words = f"answered {status_line}"
                if patience.waited:
                    words = f"still {status_line} after waiting {patience.waited:.0f} s"
                if self._budget.is_spent:
                    self._silent += 1
                    self._absence = trouble
                return self._kept.keep(request, replace(answer, trouble=trouble, words=words))
            patience.waited += pause
            with self._lock:
                self.traffic.throttled += 1
                self.traffic.seconds_throttled += pause
            self._waiting(f"the target answered {status_line}", pause)
            await self._rest(pause)

    def _gone(self) -> str:
        """Why nothing more is asked of the target; empty while it is worth asking.

        Both counts bound what a target that does not answer can cost: so many requests in a row,
        and so much time in all.
        """
        if self._silent >= _SILENCE:
            return "the target stopped answering"
        if self._vain > _VAIN * self._wire.bounds.total:
            return f"the target answers too rarely: {self._vain:.0f} s were spent in vain"
        return ""

    async def _rest(self, seconds: float) -> None:
        """Wait, but not on when the run is interrupted: Untested then."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._halted:
                raise Untested(Reason.UNREACHABLE, "the run was interrupted")
            await asyncio.sleep(min(left, 0.25))
