"""The portal's parts, and how a request passes through them.

Every part is a function that can be replaced by one that wraps it: that is how deviations are
put in, without the parts knowing of any.
"""

import logging
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import addresses, credentials, formats
from .bodies import Fields, read_fields
from .credentials import CHALLENGES, Accounts
from .limiter import Limiter
from .store import Store
from .values import (
    Account,
    Answer,
    Asked,
    Call,
    Caller,
    Form,
    Json,
    Kind,
    Mistake,
    Outcome,
    Place,
)

if TYPE_CHECKING:
    from .documented.serving import Serving

logger = logging.getLogger(__name__)

Handler = Callable[[Call], Outcome]
Routes = Mapping[Kind, Mapping[str, Handler]]
"""The handlers by kind of resource and method; HEAD and OPTIONS are not among them."""

OPEN = frozenset((("POST", Kind.LOGIN), ("GET", Kind.LOGIN), ("HEAD", Kind.LOGIN)))
"""What is served to somebody who shows no credential."""


@dataclass(slots=True)
class Parts:
    """The parts of one portal; each may be replaced before the first request.

    The functions are called in the order in which they stand here.
    """

    store: Store
    accounts: Accounts
    limiter: Limiter
    routes: Routes
    few: int = 3  # records of each further family that the documentation knows, at the start
    locate: Callable[[Asked], Place] = addresses.locate
    identify: Callable[[Asked], Caller] = field(init=False)
    limit_key: Callable[[Asked, Account | None], Hashable] = field(init=False)
    admit: Callable[[Asked, Account | None], int | None] = field(init=False)
    throttle: Callable[[Call, int], Outcome] = field(init=False)
    closed: Callable[[Call, Caller], bool] = field(init=False)
    refuse: Callable[[Call], Outcome] = field(init=False)
    perform: Callable[[Call], Outcome] = field(init=False)
    read_fields: Callable[[Asked], Fields] = read_fields
    choose: Callable[[Asked, Place], Form] = formats.choose
    envelope: Callable[[Call, Outcome, Form], Json] = field(init=False)
    write_json: Callable[[Json], bytes] = formats.write_json
    write_xml: Callable[[Json], bytes] = formats.write_xml
    finish: Callable[[Call, Outcome, Answer], Answer] = field(init=False)
    _serving: "Serving | None" = None

    def __post_init__(self) -> None:
        self.identify = lambda asked: credentials.identify(self.accounts, asked)
        self.limit_key = limit_key
        self.admit = lambda asked, account: self.limiter.admit(self.limit_key(asked, account))
        self.throttle = throttle
        self.closed = closed
        self.refuse = refuse
        self.perform = lambda call: perform(self.routes, call)
        self.envelope = envelope
        self.finish = finish

    @property
    def serving(self) -> "Serving":
        """What carries out the documented operations beyond people, groups and posts; made when it
        is first asked for, with `few` records of each family.
        """
        if self._serving is None:
            from .documented.serving import Serving

            self._serving = Serving(self)
        return self._serving


def limit_key(asked: Asked, account: Account | None) -> Hashable:
    """What requests are counted by: address and account, or address alone for nobody known."""
    return asked.address, account.id if account is not None else None


def throttle(call: Call, wait: int) -> Outcome:
    """What a request over the limit is answered."""
    return Outcome(503, error="Too many requests", headers=(("retry-after", str(wait)),))


def closed(call: Call, caller: Caller) -> bool:
    """Whether the call is refused: nobody known asks, and it is open only to those who are.

    Login is open whatever credential comes along: that is what it is for. OPTIONS, and the
    question whether one is logged in, are open to those who show none.
    """
    if caller.account is not None:
        return False
    method, kind = call.asked.method, call.place.kind
    if kind is Kind.NOWHERE or (caller.tried and (method, kind) != ("POST", Kind.LOGIN)):
        return True
    return method != "OPTIONS" and (method, kind) not in OPEN


def refuse(call: Call) -> Outcome:
    """What a caller without a good credential is answered, whatever was asked for."""
    challenge = tuple(("www-authenticate", value) for value in CHALLENGES)
    return Outcome(401, error="Unauthorized", headers=challenge)


def perform(routes: Routes, call: Call) -> Outcome:
    """Carry out a call that is allowed; a `Mistake` on the way is its outcome."""
    handlers = routes.get(call.place.kind)
    if handlers is None:
        return Outcome(404, error="There is nothing at this address")
    if call.place.route is not None:
        served = call.place.route.operations
        handlers = {method: handler for method, handler in handlers.items() if method in served}
    method = "GET" if call.asked.method == "HEAD" else call.asked.method
    handler = handlers.get(method)
    if handler is None:
        allowed = [*handlers, *(["HEAD"] if "GET" in handlers else []), "OPTIONS"]
        allow = (("allow", ", ".join(allowed)),)
        if method == "OPTIONS":
            return Outcome(200, value={}, headers=allow)
        return Outcome(405, error="The method is not allowed here", headers=allow)
    try:
        return handler(call)
    except Mistake as mistake:
        return mistake.outcome
    except Exception:
        logger.exception("a handler failed")
        return Outcome(500, error="Server error")


def envelope(call: Call, outcome: Outcome, form: Form) -> Json:
    """The outcome in an envelope, its members in the order of real portals.

    count and startIndex are left out when they are 0, nextIndex and total where there is no
    further page.
    """
    members: dict[str, Json] = {}
    if outcome.error is None:
        count = len(outcome.value) if isinstance(outcome.value, list) else 1
        if count:
            members["count"] = count
        if outcome.start:
            members["startIndex"] = outcome.start
        if outcome.next is not None:
            members["nextIndex"] = outcome.next
        if outcome.total is not None:
            members["total"] = outcome.total
        return {**members, "status": 0, "statusCode": outcome.status, "response": outcome.value}
    error: dict[str, Json] = {"message": outcome.error, "hresult": -2147467259, "data": {}}
    return {"status": 1, "statusCode": outcome.status, "error": error}


def finish(call: Call, outcome: Outcome, answer: Answer) -> Answer:
    """A last look at an answer before it is sent; the ordinary portal changes nothing."""
    return answer


def respond(parts: Parts, asked: Asked) -> Answer:
    """The whole way of one request, from the wire to the wire."""
    place = parts.locate(asked)
    caller = parts.identify(asked)
    call = Call(asked, place, caller.account)
    wait = parts.admit(asked, caller.account)
    if wait is not None:
        outcome = parts.throttle(call, wait)
    elif parts.closed(call, caller):
        outcome = parts.refuse(call)
    else:
        outcome = parts.perform(call)
    form = parts.choose(asked, place)
    filled = parts.envelope(call, outcome, form)
    body = parts.write_json(filled) if form is Form.JSON else parts.write_xml(filled)
    headers = (("content-type", formats.MEDIA[form]), *outcome.headers)
    return parts.finish(call, outcome, Answer(outcome.status, headers, body))
