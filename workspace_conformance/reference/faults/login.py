"""Faults of login: its answer, the token that it gives, and whom it lets in."""

from collections.abc import Callable
from dataclasses import replace

from ..parts import Parts
from ..values import Account, Answer, Asked, Call, Json, Kind, Outcome
from .calls import first_account, where
from .model import Fault
from .wrapping import (
    Apply,
    Members,
    also_identify,
    instead,
    on_answer,
    on_envelope,
    on_refusal,
    on_success,
)

_LOGIN = where("POST", kinds=(Kind.LOGIN,))


def _login_without(member: str) -> Apply:
    def change(call: Call, outcome: Outcome) -> Outcome:
        value = outcome.value if isinstance(outcome.value, dict) else {}
        return replace(outcome, value={k: v for k, v in value.items() if k != member})

    return on_success(change, _LOGIN)


def _token_of(outcome: Outcome) -> str:
    value = outcome.value
    return str(value.get("token")) if isinstance(value, dict) else ""


def _dead_token(parts: Parts) -> None:
    def change(call: Call, outcome: Outcome) -> Outcome:
        parts.accounts.tokens.pop(_token_of(outcome), None)
        return outcome

    on_success(change, _LOGIN)(parts)


def _bearer_only(parts: Parts) -> None:
    """Keep issued tokens apart, and honour them only after "Bearer"."""
    issued: dict[str, Account] = {}

    def change(call: Call, outcome: Outcome) -> Outcome:
        token = _token_of(outcome)
        issued[f"Bearer {token}"] = parts.accounts.tokens.pop(token)
        return outcome

    on_success(change, _LOGIN)(parts)
    also_identify(lambda _, asked: issued.get(asked.headers.get("authorization", "")))(parts)


def _login_anyway(when: Callable[[Parts, Call], bool]) -> Apply:
    """Let somebody log in who did not show the right password."""

    def find(parts: Parts, call: Call) -> Outcome | None:
        if not _LOGIN(call) or not when(parts, call):
            return None
        token = parts.accounts.new_token(first_account(parts))
        expires = "2030-01-01T00:00:00.0000000Z"
        return Outcome(201, value={"token": token, "expires": expires})

    return instead(find)


def _wants_known_user(parts: Parts, call: Call) -> bool:
    fields = parts.read_fields(call.asked)
    return parts.accounts.named(str(fields.get("username"))) is not None


def _names_unknown_user(parts: Parts, call: Call) -> bool:
    fields = parts.read_fields(call.asked)
    return "username" in fields and not _wants_known_user(parts, call)


def _token_in_failure(parts: Parts) -> None:
    def change(call: Call, outcome: Outcome, members: Members) -> Json:
        error = members.get("error")
        if not isinstance(error, dict):
            return members
        token = parts.accounts.new_token(first_account(parts))
        return {**members, "error": {**error, "data": {"token": token}}}

    on_envelope(change, when=_LOGIN)(parts)


def _token_with_euro(call: Call, outcome: Outcome) -> Outcome:
    value = outcome.value if isinstance(outcome.value, dict) else {}
    return replace(outcome, value={**value, "token": f"{_token_of(outcome)}\u20ac"})


def _password(parts: Parts, call: Call) -> tuple[Account | None, str | None, str]:
    """The account that a login names, the password that it gives, and the account's own."""
    fields = parts.read_fields(call.asked)
    account = parts.accounts.named(str(fields.get("username")))
    given = fields.get("password")
    text = given if isinstance(given, str) else None
    return account, text, account.password if account is not None else ""


def _in(media: str, call: Call) -> bool:
    return media in call.asked.headers.get("content-type", "")


def _taken(matches: Callable[[str | None, str], bool], media: str = "") -> Apply:
    """Let a known user log in with a password that is like the right one, in bodies of a media type;
    `matches` gets what was given (None: nothing) and the right one.
    """

    def find(parts: Parts, call: Call) -> Outcome | None:
        if not _LOGIN(call) or not _in(media, call):
            return None
        account, given, right = _password(parts, call)
        if account is None or not matches(given, right):
            return None
        token = parts.accounts.new_token(account)
        return Outcome(201, value={"token": token, "expires": "2030-01-01T00:00:00.0000000Z"})

    return instead(find)


def _others_password(parts: Parts, call: Call) -> bool:
    account, given, right = _password(parts, call)
    every = [*parts.accounts.by_name.values(), *parts.accounts.guests.values()]
    return account is not None and given != right and any(each.password == given for each in every)


def _good_when(fits: Callable[[Asked, int], bool]) -> Apply:
    """Honour tokens of logins only where `fits` the request, and the number of times of its use."""

    def apply(parts: Parts) -> None:
        issued: dict[str, Account] = {}
        used: dict[str, int] = {}

        def change(call: Call, outcome: Outcome) -> Outcome:
            token = _token_of(outcome)
            issued[token] = parts.accounts.tokens.pop(token)
            return outcome

        def find(parts: Parts, asked: Asked) -> Account | None:
            given = asked.headers.get("authorization", "")
            if given not in issued:
                return None
            used[given] = used.get(given, 0) + 1
            return issued[given] if fits(asked, used[given]) else None

        on_success(change, _LOGIN)(parts)
        also_identify(find)(parts)

    return apply


def _refusal_logs_in(parts: Parts) -> None:
    """Set a cookie on the refusal of a login, and let in whoever shows it."""

    def change(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        if answer.status < 400:
            return answer
        return replace(answer, headers=(*answer.headers, ("set-cookie", "login=1; path=/")))

    def find(parts: Parts, asked: Asked) -> Account | None:
        return first_account(parts) if "login=1" in asked.headers.get("cookie", "") else None

    on_answer(change, when=_LOGIN)(parts)
    also_identify(find)(parts)


def _logs_address_in(parts: Parts) -> None:
    """Let in whoever asks without a credential from an address that somebody logged in from."""
    inside: dict[str, Account] = {}

    def change(call: Call, outcome: Outcome) -> Outcome:
        inside[call.asked.address] = first_account(parts)
        return outcome

    def find(_: Parts, asked: Asked) -> Account | None:
        shown = asked.headers.get("authorization")
        return None if shown is not None else inside.get(asked.address)

    on_success(change, _LOGIN)(parts)
    also_identify(find)(parts)


FORM, JSON = "x-www-form-urlencoded", "json"

FAULTS = (
    Fault(
        name="login-200",
        requirement="AUTH-10",
        summary="login answers 200",
        apply=on_success(lambda _, outcome: replace(outcome, status=200), _LOGIN),
    ),
    Fault(
        name="login-no-token",
        requirement="AUTH-10",
        summary="login gives no token",
        apply=_login_without("token"),
    ),
    Fault(
        name="login-no-expires",
        requirement="AUTH-10",
        summary="login gives no expires",
        apply=_login_without("expires"),
    ),
    Fault(
        name="login-token-dead",
        requirement="AUTH-11",
        summary="the token from login is not valid",
        apply=_dead_token,
    ),
    Fault(
        name="login-token-bearer-only",
        requirement="AUTH-11",
        summary="the token from login is valid only after Bearer",
        apply=_bearer_only,
    ),
    Fault(
        name="login-token-unsendable",
        requirement="AUTH-11",
        summary="login gives a token with a letter that no header can carry",
        apply=on_success(_token_with_euro, _LOGIN),
    ),
    Fault(
        name="login-any-password",
        requirement="AUTH-12",
        summary="login with a wrong password gives a token",
        apply=_login_anyway(_wants_known_user),
    ),
    Fault(
        name="login-any-user",
        requirement="AUTH-12",
        summary="login of an unknown user gives a token",
        apply=_login_anyway(_names_unknown_user),
    ),
    Fault(
        name="login-failure-200",
        requirement="AUTH-12",
        summary="a failed login answers 200",
        apply=on_refusal(lambda _, __, out: replace(out, status=200, headers=()), _LOGIN),
    ),
    Fault(
        name="login-failure-500",
        requirement="STA-8",
        summary="a failed login answers 500",
        apply=on_refusal(lambda _, __, out: replace(out, status=500, headers=()), _LOGIN),
    ),
    Fault(
        name="login-no-password",
        requirement="AUTH-12",
        summary="login without a password gives a token",
        apply=_taken(lambda given, right: given is None),
    ),
    Fault(
        name="login-no-password-in-forms",
        requirement="AUTH-12",
        summary="login without a password, in a form, gives a token",
        apply=_taken(lambda given, right: given is None, FORM),
    ),
    Fault(
        name="login-empty-password",
        requirement="AUTH-12",
        summary="login with an empty password gives a token",
        apply=_taken(lambda given, right: given == ""),
    ),
    Fault(
        name="login-empty-in-json",
        requirement="AUTH-12",
        summary="login with an empty password, in JSON, gives a token",
        apply=_taken(lambda given, right: given == "", JSON),
    ),
    Fault(
        name="login-password-any-case",
        requirement="AUTH-12",
        summary="login takes a password in any letter case",
        apply=_taken(lambda given, right: (given or "").lower() == right.lower()),
    ),
    Fault(
        name="login-password-cut",
        requirement="AUTH-12",
        summary="login takes a password without its last character",
        apply=_taken(lambda given, right: given == right[:-1]),
    ),
    Fault(
        name="login-password-extended",
        requirement="AUTH-12",
        summary="login takes a password with more after it",
        apply=_taken(lambda given, right: (given or "").startswith(right)),
    ),
    Fault(
        name="login-longer-in-forms",
        requirement="AUTH-12",
        summary="login takes a password with more after it, in a form",
        apply=_taken(lambda given, right: (given or "").startswith(right), FORM),
    ),
    Fault(
        name="login-password-of-another",
        requirement="AUTH-12",
        summary="login takes anybody's password",
        apply=_login_anyway(_others_password),
    ),
    Fault(
        name="login-refusal-logs-in",
        requirement="AUTH-12",
        summary="a failed login sets a cookie that lets anybody in",
        apply=_refusal_logs_in,
    ),
    Fault(
        name="login-token-once",
        requirement="AUTH-11",
        summary="the token from login is good for one request",
        apply=_good_when(lambda asked, times: times == 1),
    ),
    Fault(
        name="login-token-for-reads",
        requirement="AUTH-11",
        summary="the token from login is good for GET alone",
        apply=_good_when(lambda asked, times: asked.method == "GET"),
    ),
    Fault(
        name="login-token-for-json",
        requirement="AUTH-11",
        summary="the token from login is good for .json alone",
        apply=_good_when(lambda asked, times: asked.path.endswith(".json")),
    ),
    Fault(
        name="login-token-not-to-delete",
        requirement="AUTH-11",
        summary="the token from login is not good for DELETE",
        apply=_good_when(lambda asked, times: asked.method != "DELETE"),
    ),
    Fault(
        name="login-token-not-to-post",
        requirement="AUTH-11",
        summary="the token from login is not good for POST",
        apply=_good_when(lambda asked, times: asked.method != "POST"),
    ),
    Fault(
        name="login-token-not-for-xml",
        requirement="AUTH-11",
        summary="the token from login is not good with .xml",
        apply=_good_when(lambda asked, times: not asked.path.endswith(".xml")),
    ),
    Fault(
        name="login-token-three-times",
        requirement="AUTH-11",
        summary="the token from login is good for three requests",
        apply=_good_when(lambda asked, times: times <= 3),
    ),
    Fault(
        name="login-opens-address",
        requirement="AUTH-1",
        summary="whoever shares the address of one who logged in is let in",
        apply=_logs_address_in,
    ),
    Fault(
        name="login-failure-gives-token",
        requirement="AUTH-12",
        summary="a failed login answers 401, with a token",
        apply=_token_in_failure,
    ),
)
