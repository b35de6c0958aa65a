"""Faults of login: its answer, the token that it gives, and whom it lets in."""

from collections.abc import Callable
from dataclasses import replace

from ..parts import Parts
from ..values import Account, Call, Json, Kind, Outcome
from .calls import first_account, where
from .model import Fault
from .wrapping import Apply, Members, also_identify, instead, on_envelope, on_refusal, on_success

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
        name="login-failure-gives-token",
        requirement="AUTH-12",
        summary="a failed login answers 401, with a token",
        apply=_token_in_failure,
    ),
)
