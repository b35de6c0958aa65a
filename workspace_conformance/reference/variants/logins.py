"""What a login may want besides user name and password, and what it takes them in."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from ..bodies import split_content_type
from ..faults.calls import where
from ..faults.wrapping import NOT_FOUND, instead, on_success
from ..parts import Parts
from ..values import Call, Json, Kind, Outcome
from .model import Apply, Variant, anew, deciding, parts

_MORE = "what a login wants besides user name and password (AU)"
_TAKEN = "which bodies the login takes (AU)"

_LOGIN = where("POST", kinds=(Kind.LOGIN,))
_WRONG = frozenset(("AUTH-12", "STA-8"))
_TOKEN = frozenset(("AUTH-10", "AUTH-11", "DATE-1", "ENV-1", "ENV-2", "FMT-1", "FMT-2", "FMT-3"))

LOCKED_AFTER = 5
"""Failed logins of one user in a minute after which the user may not log in for a minute."""

MINUTE = timedelta(seconds=60)


def _second(**members: Json) -> Apply:
    """Ask for more where the password is right, and give no token."""

    def change(call: Call, outcome: Outcome) -> Outcome:
        return replace(outcome, value={"expires": "0001-01-01T00:00:00.0000000Z", **members})

    return parts(on_success(change, _LOGIN))


def _wants(status: int, words: str) -> Apply:
    """Refuse the right password for another reason, and the wrong one as ever."""

    def change(call: Call, outcome: Outcome) -> Outcome:
        return Outcome(status, error=words)

    return parts(on_success(change, _LOGIN))


def _takes(media: str) -> Apply:
    def find(to: Parts, call: Call) -> Outcome | None:
        given, _ = split_content_type(call.asked.headers.get("content-type", ""))
        if not _LOGIN(call) or given == media:
            return None
        return Outcome(415, error="Unsupported media type")

    return parts(instead(find))


def _get_absent(to: Parts) -> None:
    instead(
        lambda _, call: NOT_FOUND if call.place.kind is Kind.LOGIN and not _LOGIN(call) else None
    )(to)


def _locking(
    status: int, words: str, after: int = LOCKED_AFTER, lasts: timedelta = MINUTE
) -> Callable[[], Apply]:
    """Refuse whoever failed too often within a time, for that time, and say how long it is where it
    is no minute.
    """
    told = () if lasts == MINUTE else (("retry-after", str(lasts.seconds)),)

    def make() -> Apply:
        failed: dict[str, list[datetime]] = defaultdict(list)

        def find(to: Parts, call: Call) -> Outcome | None:
            if not _LOGIN(call):
                return None
            fields, now = to.read_fields(call.asked), to.store.now()
            name = str(fields.get("username"))
            recent = failed[name] = [each for each in failed[name] if now - each < lasts]
            if len(recent) >= after:
                return Outcome(status, error=words, headers=told)
            if to.accounts.with_password(name, str(fields.get("password"))) is None:
                recent.append(now)
            return None

        return parts(instead(find))

    return make


_SECOND = deciding("second factor")
_BODIES = deciding("login bodies")

VARIANTS = (
    Variant(
        name="login-second-factor",
        leaves_open=_MORE,
        summary="a login asks for a code of an application, and gives no token",
        apply=_second(tfa=True, tfaKey="JBSWY3DPEHPK3PXP"),
        aspects=_SECOND,
        leaves=_TOKEN,
    ),
    Variant(
        name="login-sms",
        leaves_open=_MORE,
        summary="a login asks for a code that was sent to a telephone, and gives no token",
        apply=_second(sms=True, phoneNoise="+7 ******* 17"),
        aspects=_SECOND,
        leaves=_TOKEN,
    ),
    Variant(
        name="login-captcha",
        leaves_open=_MORE,
        summary="a login asks for the solution of a picture: 403",
        apply=_wants(403, "Captcha required"),
        aspects=_SECOND,
        leaves=_TOKEN | _WRONG,
    ),
    Variant(
        name="login-restricted",
        leaves_open=_MORE,
        summary="nobody may log in from this address: 403",
        apply=_wants(403, "Login from this IP address is not allowed"),
        aspects=_SECOND,
        leaves=_TOKEN | _WRONG,
    ),
    Variant(
        name="login-form-only",
        leaves_open=_TAKEN,
        summary="a login takes a form alone",
        apply=_takes("application/x-www-form-urlencoded"),
        aspects=_BODIES,
    ),
    Variant(
        name="login-json-only",
        leaves_open=_TAKEN,
        summary="a login takes JSON alone",
        apply=_takes("application/json"),
        aspects=_BODIES,
        leaves=frozenset(("FMT-3", "ENV-2", "DATE-1")),
    ),
    Variant(
        name="login-locks",
        leaves_open="what happens after wrong passwords (AU)",
        summary="five wrong passwords in a minute lock a user out for a minute: 500",
        apply=anew(_locking(500, "Too many attempts")),
        aspects=deciding("locks"),
    ),
    Variant(
        name="login-locks-at-once",
        leaves_open="what happens after wrong passwords (AU)",
        summary="two wrong passwords lock a user out for two seconds: 403, with Retry-After",
        apply=anew(_locking(403, "Account locked", after=2, lasts=timedelta(seconds=2))),
        aspects=deciding("locks"),
        leaves=_WRONG,
    ),
    Variant(
        name="login-get-404",
        leaves_open="what GET authentication answers, which is documented nowhere",
        summary="GET authentication is not there",
        apply=parts(_get_absent),
    ),
)
"""What a login may want."""
