"""The case under way: which exchanges it rests on, and what it is about.

Cases may run on several threads at once; each thread has one current case. Exchanges that were made
for one case and serve another too (an experiment that several requirements are judged by) are
credited to both.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from workspace_conformance.exchange.messages import Exchange

T = TypeVar("T")


@dataclass(slots=True)
class Case:
    """One pytest item while it runs: its node id, requirement, and what is known of it so far.

    operation: the documented operation that the case judges, as "GET crm/contact/filter"; None where
    it judges no single one.
    """

    id: str
    requirement: str
    method: str | None = None
    format: str | None = None
    resource: str | None = None
    operation: str | None = None
    exchanges: list[int] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)  # bounds of ours that kept bodies from view
    asker: str = ""  # who asks, in a recording: the case, or an experiment that serves several

    def credit(self, exchange: Exchange) -> None:
        """Count `exchange` among those that the case rests on."""
        if exchange.number not in self.exchanges:
            self.exchanges.append(exchange.number)

    def inherit(self, other: Case) -> None:
        """Rest on what an experiment rests on, too."""
        self.exchanges.extend(n for n in other.exchanges if n not in self.exchanges)
        self.unread.extend(other.unread)

    def infer(self, exchanges: Mapping[int, Exchange]) -> None:
        """Fill in method and format where the case's parameters do not say them, and all that it
        asked agrees.
        """
        requests = [exchanges[number].request for number in self.exchanges if number in exchanges]
        methods = {request.method for request in requests}
        formats = {format_of(request.url) for request in requests}
        if self.method is None and len(methods) == 1:
            self.method = methods.pop()
        if self.format is None and len(formats) == 1:
            self.format = formats.pop()


def format_of(url: str) -> str:
    """The format suffix of a URL's path: "json", "xml", or "" for none."""
    path = urlsplit(url).path
    return next((name for name in ("json", "xml") if path.endswith(f".{name}")), "")


_local = threading.local()


def current() -> Case | None:
    """The case that runs on this thread, or None between cases."""
    return getattr(_local, "case", None)


def asker() -> str:
    """Who asks on this thread: the case or the experiment under way; empty between cases."""
    case = current()
    return case.asker or case.id if case else ""


def enter(case: Case | None) -> None:
    """Make `case` the current one of this thread."""
    _local.case = case


class Once:
    """Experiments that run once and serve many: the value, its error, and its exchanges are shared."""

    def __init__(self, label: str = "") -> None:
        self._label = label
        self._lock = threading.Lock()
        self._known: dict[Hashable, tuple[Future[Any], Case]] = {}

    def __call__(self, key: Hashable, run: Callable[[], T]) -> T:
        """The value of `run`, run at most once for `key`; what it raised is raised again each time."""
        case = current()
        with self._lock:
            known = self._known.get(key)
            if known is None:
                future: Future[T] = Future()
                inner = Case(case.id, case.requirement) if case else Case("", "")
                inner.asker = f"{self._label} {key!r}"
                self._known[key] = (future, inner)
        if known is not None:
            error = known[0].exception()  # waits until it is known
            if case is not None:
                case.inherit(known[1])
            if error is not None:
                raise _copied(error)
            value: T = known[0].result()
            return value
        enter(inner)
        try:
            value = run()
        except BaseException as error:
            future.set_exception(error)
            raise
        else:
            future.set_result(value)
            return value
        finally:
            enter(case)
            if case is not None:
                case.inherit(inner)

    def without(self, forgotten: Callable[[Hashable], bool]) -> Once:
        """What is known so far, but for the keys that are to be forgotten."""
        other = Once(f"{self._label} anew")
        with self._lock:
            other._known = {k: v for k, v in self._known.items() if not forgotten(k)}
        return other


def _copied(error: BaseException) -> BaseException:
    """An error of its own for each case that shares one: raised again and again, the same error
    gathers the frames of every case, and hundreds of them take minutes and gigabytes.
    """
    try:
        made = copy.copy(error)
    except Exception:  # one that cannot be made from its arguments
        return error
    return made if type(made) is type(error) else error
