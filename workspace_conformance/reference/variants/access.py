"""What an account may do, what a portal serves at all, and who may ask without one."""

from collections.abc import Collection
from dataclasses import replace

from ..faults.calls import operation_of, where
from ..faults.wrapping import on_outcome, on_refusal
from ..parts import Parts
from ..values import Account, Answer, Asked, Call, Caller, Kind, Outcome, Place
from .model import Apply, Variant, always, bare, deciding, on_answer, parts

_SERVED = "which modules a portal has"
_MAY = "what the account under test may do"
_FORMS = "which forms of a credential are taken besides the raw token (BC Authentication)"
_METHODS = "what is said to HEAD and OPTIONS, which are HTTP's own (BC introduction)"
_LOGIN = "how long a token that login gave is good (AU)"

BLOGS = frozenset((Kind.POSTS, Kind.POST, Kind.COMMENTS, Kind.COMMENT))
GROUPS = frozenset((Kind.GROUPS, Kind.GROUP))
PEOPLE = frozenset((Kind.PEOPLE, Kind.PERSON))
DENIED = Outcome(403, error="Access denied")

_COMMENTS = frozenset((Kind.COMMENTS, Kind.COMMENT))

WRITTEN = frozenset(
    f"{prefix}-{number}"
    for prefix, numbers in {
        "REST": (1, 2, 3, 5),
        "AUTH": (1, 2, 3, 4, 5, 6, 7, 8, 9, 11),
        "FMT": (1, 2, 3, 4, 5, 6, 11),
        "REQ": (1, 2, 3, 4),
        "STA": (2, 3, 4, 5, 6, 7, 8),
        "ENV": (1, 2, 3),
        "RATE": (10,),
        "ID": (1, 2, 4, 5),
        "DATE": (1,),
    }.items()
    for number in numbers
)
"""Requirements that have cases which write."""


def _is_below(place: Place, path: str) -> bool:
    """Whether a URL is of a documented operation whose path begins so ("" none, "/" any)."""
    return bool(path) and f"/{operation_of(place)}/".startswith(path) and place.route is not None


def _without(kinds: Collection[Kind], below: str) -> Apply:
    """Serve neither kinds of resources, nor what the documentation has below a path."""

    def apply(to: Parts) -> None:
        _unroute(to, kinds)
        inner = to.locate

        def locate(asked: Asked) -> Place:
            place = inner(asked)
            lacks = _is_below(place, below)
            return Place(Kind.NOWHERE, suffix=place.suffix) if lacks else place

        to.locate = locate

    return parts(apply)


def _unroute(to: Parts, kinds: Collection[Kind]) -> None:
    to.routes = {kind: found for kind, found in to.routes.items() if kind not in kinds}


def _without_comments(to: Parts) -> None:
    _unroute(to, _COMMENTS)
    nothing = Outcome(404, error="There is nothing here")
    on_refusal(lambda *_: nothing, where(kinds=_COMMENTS))(to)


def _denied(kinds: Collection[Kind], *methods: str, below: str = "") -> Apply:
    """Refuse methods before the record, or the body, is looked at.

    below: the beginning of further documented paths that are refused; "/" are all.
    """

    def apply(to: Parts) -> None:
        inner = to.perform

        def perform(call: Call) -> Outcome:
            about = call.place.kind in kinds or _is_below(call.place, below)
            return DENIED if about and call.asked.method in methods else inner(call)

        to.perform = perform

    return parts(apply)


def _raw_only(to: Parts) -> None:
    inner = to.identify

    def identify(asked: Asked) -> Caller:
        value = asked.headers.get("authorization")
        if value is None or value in to.accounts.tokens:
            return inner(asked)
        return Caller(None, tried=True)

    to.identify = identify


def _closed_to_nobody(*methods: str, kinds: Collection[Kind]) -> Apply:
    """Refuse somebody unknown what is otherwise open."""

    def apply(to: Parts) -> None:
        inner = to.closed

        def closed(call: Call, caller: Caller) -> bool:
            if caller.account is None and call.asked.method in methods and call.place.kind in kinds:
                return True
            return inner(call, caller)

        to.closed = closed

    return parts(apply)


def _single_session(to: Parts) -> None:
    given: dict[str, str] = {}
    inner = to.accounts.new_token

    def new_token(account: Account) -> str:
        to.accounts.tokens.pop(given.get(account.id, ""), None)
        given[account.id] = inner(account)
        return given[account.id]

    to.accounts.new_token = new_token  # type: ignore[method-assign]


def _same_token(to: Parts) -> None:
    given: dict[str, str] = {}
    inner = to.accounts.new_token

    def new_token(account: Account) -> str:
        if account.id not in given:
            given[account.id] = inner(account)
        return given[account.id]

    to.accounts.new_token = new_token  # type: ignore[method-assign]


def _login_says_more(call: Call, outcome: Outcome) -> Outcome:
    if call.place.kind is not Kind.LOGIN or not isinstance(outcome.value, dict):
        return outcome
    more = {"sms": False, "phoneNoise": None, "tfa": False}
    return replace(outcome, value={**outcome.value, **more})


def _says(method: str, status: int) -> Apply:
    def change(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        if call.asked.method != method or answer.status >= 300:
            return answer
        return replace(bare(answer), status=status)

    return on_answer(change)


_OPTIONS = deciding("OPTIONS")
_HEAD = deciding("HEAD")
_SESSION = deciding("sessions")
_BLOGS = deciding("blogs")
_TALK = deciding("comments")

VARIANTS = (
    Variant(
        name="no-blogs",
        leaves_open=_SERVED,
        summary="no blog module",
        apply=_without(BLOGS, "/community/blog/"),
        aspects=_BLOGS,
    ),
    Variant(
        name="no-groups",
        leaves_open=_SERVED,
        summary="no groups",
        apply=_without(GROUPS, "/group/"),
        aspects=deciding("groups"),
    ),
    Variant(
        name="blogs-read-only",
        leaves_open=_MAY,
        summary="blogs may be read, and not written",
        apply=_denied(BLOGS, "POST", "PUT", "DELETE"),
        aspects=_BLOGS,
    ),
    Variant(
        name="groups-read-only",
        leaves_open=_MAY,
        summary="groups may be read, and not written",
        apply=_denied(GROUPS, "POST", "PUT", "DELETE"),
        aspects=deciding("groups"),
    ),
    Variant(
        name="people-read-only",
        leaves_open=_MAY,
        summary="people may be read, and not written",
        apply=_denied(PEOPLE, "POST", "PUT", "DELETE"),
        aspects=deciding("people"),
    ),
    Variant(
        name="people-hidden",
        leaves_open=_MAY,
        summary="of all people only the account itself may be read",
        apply=_denied(PEOPLE, "GET", "HEAD", "POST", "PUT", "DELETE", below="/people/"),
        aspects=deciding("people"),
        leaves=frozenset(("FMT-10",)),
    ),
    Variant(
        name="all-read-only",
        leaves_open=_MAY,
        summary="everything may be read, and nothing written",
        apply=_denied(BLOGS | GROUPS | PEOPLE, "POST", "PUT", "DELETE", below="/"),
        aspects=_BLOGS | deciding("groups", "people"),
        leaves=WRITTEN,
    ),
    Variant(
        name="no-comments",
        leaves_open=_SERVED,
        summary="posts without comments: 404, before any credential is looked at",
        apply=parts(_without_comments),
        aspects=_TALK,
    ),
    Variant(
        name="comments-closed",
        leaves_open=_MAY,
        summary="comments may be read, and not written",
        apply=_denied(_COMMENTS, "POST", "PUT", "DELETE"),
        aspects=_TALK,
    ),
    Variant(
        name="comments-for-good",
        leaves_open=_MAY,
        summary="comments may be made, and neither changed nor deleted",
        apply=_denied(_COMMENTS, "PUT", "DELETE"),
        aspects=_TALK,
    ),
    Variant(
        name="no-deletes",
        leaves_open=_MAY,
        summary="nothing but posts may be deleted",
        apply=_denied(GROUPS | PEOPLE, "DELETE", below="/"),
        aspects=deciding("groups", "people"),
        leaves=WRITTEN,
        keeps=True,
    ),
    Variant(
        name="raw-token-only",
        leaves_open=_FORMS,
        summary="neither Bearer nor Basic",
        apply=parts(_raw_only),
    ),
    Variant(
        name="login-closed",
        leaves_open="whether GET authentication is open (BC Authentication)",
        summary="GET authentication needs a credential",
        apply=_closed_to_nobody("GET", "HEAD", kinds=[Kind.LOGIN]),
    ),
    Variant(
        name="single-session",
        leaves_open=_LOGIN,
        summary="a login ends what the one before gave",
        apply=parts(_single_session),
        aspects=_SESSION,
    ),
    Variant(
        name="same-token",
        leaves_open=_LOGIN,
        summary="every login gives the same token",
        apply=parts(_same_token),
        aspects=_SESSION,
    ),
    Variant(
        name="login-says-more",
        leaves_open="what login answers besides token and expires (AU)",
        summary="a login answers further members",
        apply=parts(on_outcome(_login_says_more, when=always)),
    ),
    Variant(
        name="options-closed",
        leaves_open=_METHODS,
        summary="OPTIONS needs a credential",
        apply=_closed_to_nobody("OPTIONS", kinds=list(Kind)),
        aspects=deciding("OPTIONS for nobody"),
    ),
    Variant(
        name="options-204",
        leaves_open=_METHODS,
        summary="OPTIONS is answered 204",
        apply=_says("OPTIONS", 204),
        aspects=_OPTIONS,
    ),
    Variant(
        name="options-405",
        leaves_open=_METHODS,
        summary="OPTIONS is answered 405",
        apply=_says("OPTIONS", 405),
        aspects=_OPTIONS,
    ),
    Variant(
        name="head-404",
        leaves_open=_METHODS,
        summary="HEAD is answered 404",
        apply=_says("HEAD", 404),
        aspects=_HEAD,
    ),
    Variant(
        name="head-405",
        leaves_open=_METHODS,
        summary="HEAD is answered 405",
        apply=_says("HEAD", 405),
        aspects=_HEAD,
    ),
)
"""What accounts may do, and what portals serve."""
