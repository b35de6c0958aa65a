"""Steps of the checks of logging in: right logins, wrong ones, and on whom wrong ones are spent.

Wrong passwords can lock a user out. On the user name under test one is spent in a run, last of all.
All others go to people of ours that can log in, a few to each, or to a user that does not exist. A
lock that they make all the same is waited out once; then what it keeps from being tried is untested.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from workspace_conformance.checks.expectations import answer, given_success, violation
from workspace_conformance.contract.kinds import PERSON
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.messages import Exchange, is_field_value
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal import logins
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import (
    NOBODY,
    Credential,
    as_form,
    as_json,
    succeeded,
)

ENCODINGS = ("json", "form")
_ENCODE = {"json": as_json, "form": as_form}
_SPENT_ON_ONE = 4  # wrong passwords for each person of ours: the vendor's portal locks after five


def given_login(portal: Portal) -> tuple[str, str]:
    """User name and password; Untested without them."""
    if portal.login is None:
        raise Untested(Reason.NO_CREDENTIAL, "needs WORKSPACE_USERNAME and WORKSPACE_PASSWORD")
    return portal.login


def log_in(portal: Portal, fmt: str, number: int = 0) -> Exchange:
    """The answer to a right login in a format, asked once for each number; Untested without user
    name and password, and where the portal wants more than these.
    """
    exchange = _right(portal, fmt, number)
    wants = logins.wanted(exchange)
    if wants is not None:
        raise Untested(Reason.NO_CREDENTIAL, f"the portal wants {wants}")
    return exchange


def given_right_login(portal: Portal) -> None:
    """Untested unless the right password gets on: to a token, or to what the portal wants besides."""
    __tracebackhide__ = True
    if not succeeded(_right(portal, "json", 0)):
        given_success(log_in(portal, "json"), "the login with the right password")


def _right(portal: Portal, fmt: str, number: int) -> Exchange:
    user, password = given_login(portal)

    def log_in_patiently() -> Exchange:
        asked = _somehow(portal, fmt, user, password)
        if logins.is_locked(asked) and portal.lockouts.wait_out(portal.transport, asked):
            asked = _somehow(portal, fmt, user, password)
        return asked

    return portal.once(("login", fmt, number), log_in_patiently)


def _somehow(portal: Portal, fmt: str, user: str, password: str) -> Exchange:
    """What body the login takes is not said: where JSON does not succeed, a form is tried."""
    fields = {"userName": user, "password": password}
    first = send(portal, fmt, "json", fields)
    if succeeded(first) or logins.wanted(first):
        return first
    second = send(portal, fmt, "form", fields)
    return second if succeeded(second) or logins.wanted(second) else first


def given_token(portal: Portal, fmt: str, number: int) -> Credential:
    """The token that a login in a format gives, as a credential; another login for each number.

    Untested where the login gives none; Violation where it cannot stand in a header (AUTH-11).
    """
    __tracebackhide__ = True
    given = log_in(portal, fmt, number)
    given_success(given, "the login")
    token = logins.token(given)
    if not token:
        raise Untested(Reason.SETUP_FAILED, "the login gave no token")
    if not is_field_value(token):
        violation(given, "gave a token that cannot stand in a header as it is")
    return Credential(token, portal.account.account)


def send(portal: Portal, fmt: str, encoding: str, fields: Mapping[str, object]) -> Exchange:
    """POST a login, in JSON or as a form, with no credential."""
    body = _ENCODE[encoding](fields)
    return portal.ask("POST", "authentication", fmt, body=body, credential=NOBODY)


def holds_token(exchange: Exchange) -> bool:
    """Whether a member called token, wherever it stands in the answer, has a value."""
    return _has_token(contents.value(answer(exchange)))


def _has_token(value: Any) -> bool:
    if isinstance(value, dict):
        named = any(key.lower() == "token" and bool(inner) for key, inner in value.items())
        return named or any(_has_token(inner) for inner in value.values())
    if isinstance(value, list):
        return any(_has_token(inner) for inner in value)
    if etree.iselement(value):
        return any(str(child.tag).lower() == "token" and child.text for child in value.iter())
    return False


# --- wrong logins ---------------------------------------------------------------------------------

# The fields of a wrong login, from a user name, the right password, and the password of another.
WRONG: dict[str, Callable[[str, str, str], dict[str, str]]] = {
    "no password": lambda user, right, other: {"userName": user},
    "empty password": lambda user, right, other: {"userName": user, "password": ""},
    "another's password": lambda user, right, other: {"userName": user, "password": other},
    "password cut": lambda user, right, other: {"userName": user, "password": right[:-1]},
    "password extended": lambda user, right, other: {"userName": user, "password": f"{right}a"},
    "password in other case": lambda user, right, other: {
        "userName": user,
        "password": right.swapcase(),
    },
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong login, and what came of it. `taken`: what a cookie that the refusal set then gets from
    the account's own record, where it set one. `locked`: whether the user was locked out by then,
    so that nobody looked at the password.
    """

    asked: Exchange
    taken: Exchange | None = None
    locked: bool = False


def wrong_login(portal: Portal, wrong: str, encoding: str) -> Wrong:
    """A wrong login of a person of ours that can log in, or of nobody; sent once a run."""
    given_login(portal)
    number = list(WRONG).index(wrong) * len(ENCODINGS) + ENCODINGS.index(encoding)
    key = ("wrong login", wrong, encoding)
    return portal.once(key, lambda: _wrong_login(portal, wrong, encoding, number))


def _wrong_login(portal: Portal, wrong: str, encoding: str, number: int) -> Wrong:
    user, right = own_user(portal, number // _SPENT_ON_ONE)
    other = given_login(portal)[1]
    fmt = ("json", "xml", "")[number % 3]
    fields = WRONG[wrong](user, right, other)
    were_before = portal.lockouts.spend(user)
    sent = _sent(portal, fmt, encoding, fields)
    if not were_before or not _is_locked_out(portal, sent.asked, user, right):
        return sent
    if portal.lockouts.wait_out(portal.transport, sent.asked):
        return _sent(portal, fmt, encoding, fields)
    return replace(sent, locked=True)


def _is_locked_out(portal: Portal, refusal: Exchange, user: str, right: str) -> bool:
    """Whether a refusal is that of a user of ours who is locked out: the right password, too, is
    refused for that. (Other refusals may speak of attempts and locks as well.)
    """
    if not logins.is_locked(refusal) or user == nobody(portal):
        return False
    return logins.is_locked(_somehow(portal, "json", user, right))


def wrong_password(portal: Portal) -> Wrong:
    """The one wrong password that is spent on the user name under test; sent once a run."""
    user, _ = given_login(portal)
    fields = {"userName": user, "password": f"not {portal.settings.seed} the password"}

    def spend() -> Wrong:
        portal.lockouts.spend(user)
        return _sent(portal, "json", "json", fields)

    return portal.once("wrong password", spend)


def unknown_user(portal: Portal, encoding: str) -> Wrong:
    """A login of a user that does not exist, with the right password; sent once a run."""
    _, password = given_login(portal)
    fields = {"userName": nobody(portal), "password": password}
    key = ("unknown user", encoding)
    return portal.once(key, lambda: _sent(portal, "json", encoding, fields))


def nobody(portal: Portal) -> str:
    """A user name that nobody has."""
    return f"conformance-{portal.settings.seed}-nobody@example.com"


def _sent(portal: Portal, fmt: str, encoding: str, fields: Mapping[str, str]) -> Wrong:
    asked = send(portal, fmt, encoding, fields)
    cookies = [
        value.partition(";")[0].strip()
        for name, value in (asked.response.headers if asked.response else ())
        if name.lower() == "set-cookie"
    ]
    if not cookies or succeeded(asked):
        return Wrong(asked)
    headers = [("Cookie", "; ".join(cookies))]
    path = "people/@self"
    if succeeded(portal.get(path, "json", credential=NOBODY)):
        return Wrong(asked)  # nobody needs a credential: that is AUTH-1's finding
    return Wrong(asked, portal.get(path, "json", headers=headers, credential=NOBODY))


def expect_failure(wrong: Wrong) -> None:
    """A wrong login is no success, gives no token, and no session; untested where the user was locked
    out.
    """
    __tracebackhide__ = True
    _given_tried(wrong)
    response = answer(wrong.asked)
    if holds_token(wrong.asked):
        violation(wrong.asked, f"answered {response.status_line} and gave a token")
    if response.succeeded:
        violation(
            wrong.asked,
            f"answered {response.status_line}; expected anything but a success",
            by_head=True,
        )
    if wrong.taken is not None and succeeded(wrong.taken):
        violation(wrong.taken, "the refusal of a wrong login set a cookie, and it authenticates")


def expect_no_server_error(wrong: Wrong) -> None:
    """A wrong login is not answered 5xx; one that says that the user is locked out is let be."""
    __tracebackhide__ = True
    _given_tried(wrong)
    response = answer(wrong.asked)
    if response.status >= 500 and logins.wanted(wrong.asked) is None:
        violation(
            wrong.asked,
            f"answered {response.status_line}; a client's mistake is answered 4xx, not 5xx",
            by_head=True,
        )


def _given_tried(wrong: Wrong) -> None:
    __tracebackhide__ = True
    if wrong.locked:
        words = (
            "wrong passwords before this one had locked the user out, and it was waited for once"
        )
        raise Untested(Reason.NO_CREDENTIAL, words)


# --- people of ours -------------------------------------------------------------------------------


def own_user(portal: Portal, number: int) -> tuple[str, str]:
    """User name and password of a person of ours that can log in, one for each number; else of a user
    that does not exist.
    """
    return portal.once(("own user", number), lambda: _own_user(portal, number))


def _own_user(portal: Portal, number: int) -> tuple[str, str]:
    password = f"Conformance-{portal.settings.seed}-passWord-{number}"
    nothing = nobody(portal), password
    if not _can_be_made(portal):
        return nothing
    name = portal.name(PERSON.name, "login", number)
    fmt, body = portal.written(PERSON, {**portal.fields(PERSON, name), "password": password})
    _, record = portal.create(PERSON, name, fmt, body)
    if record is None:
        return nothing
    for user in dict.fromkeys((contents.text(record.view, "userName"), f"{name}@example.com")):
        fields = {"userName": user, "password": password}
        for encoding in ENCODINGS if user else ():
            if logins.token(send(portal, "json", encoding, fields)):
                return user, password
    return nothing


def _can_be_made(portal: Portal) -> bool:
    """Whether people of ours can be made."""
    try:
        return portal.settings.allow_writes and PERSON in portal.creatable()
    except Untested:
        return False


__all__ = [
    "ENCODINGS",
    "WRONG",
    "Wrong",
    "expect_failure",
    "expect_no_server_error",
    "given_login",
    "given_right_login",
    "given_success",
    "holds_token",
    "log_in",
    "nobody",
    "own_user",
    "send",
    "unknown_user",
    "wrong_login",
    "wrong_password",
]
