"""Faults of authentication: who is let in, what a refusal says and does, and login."""

import json
from collections.abc import Callable
from dataclasses import replace
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from ..credentials import decode_basic
from ..parts import Parts
from ..values import Account, Asked, Call, Form, Kind, Outcome, Place
from .calls import (
    ABOUT_PEOPLE,
    ABOUT_POSTS,
    COLLECTIONS,
    ITEMS,
    RECORDS,
    When,
    first_account,
    unknown_to,
    where,
)
from .model import Fault
from .wrapping import Apply, also_identify, keep_text, on_refusal


def _credential(asked: Asked) -> str:
    return asked.headers.get("authorization", "")


def _untried(when: When) -> When:
    return lambda call: "authorization" not in call.asked.headers and when(call)


def _tried(call: Call) -> bool:
    return "authorization" in call.asked.headers and call.place.kind in RECORDS


def _open_to_nobody(when: When) -> Apply:
    """Serve calls that show no credential, as if the first account had made them."""

    def find(parts: Parts, asked: Asked) -> Account | None:
        place: Place = parts.locate(asked)
        return first_account(parts) if _untried(when)(Call(asked, place, None)) else None

    return also_identify(find)


def _refuse_with(status: int, when: When) -> Apply:
    return on_refusal(lambda _, __, outcome: replace(outcome, status=status), when)


def _accept(matches: Callable[[str, str], bool]) -> Apply:
    """Accept a credential that is like a token; `matches` gets the token and what came."""

    def find(parts: Parts, asked: Asked) -> Account | None:
        given = asked.headers.get("authorization")
        if given is None:
            return None
        tokens = parts.accounts.tokens.items()
        return next((account for token, account in tokens if matches(token, given)), None)

    return also_identify(find)


def _any_word(when: When) -> Apply:
    """Take any single word for the first account's token."""

    def find(parts: Parts, asked: Asked) -> Account | None:
        given = _credential(asked)
        fits = given and " " not in given and when(Call(asked, parts.locate(asked), None))
        return first_account(parts) if fits else None

    return also_identify(find)


def _bearer_any_case(parts: Parts, asked: Asked) -> Account | None:
    scheme, _, rest = _credential(asked).partition(" ")
    if scheme.lower() != "bearer":
        return None
    tokens = parts.accounts.tokens.items()
    return next((account for token, account in tokens if token.lower() == rest.lower()), None)


def _basic_no_password(parts: Parts, asked: Asked) -> Account | None:
    scheme, _, rest = _credential(asked).partition(" ")
    pair = decode_basic(rest) if scheme.lower() == "basic" else None
    return parts.accounts.named(pair[0]) if pair is not None and not pair[1] else None


def _any_bearer(parts: Parts, asked: Asked) -> Account | None:
    scheme, _, rest = _credential(asked).partition(" ")
    return first_account(parts) if scheme.lower() == "bearer" and rest else None


def _basic_name_only(parts: Parts, asked: Asked) -> Account | None:
    scheme, _, rest = _credential(asked).partition(" ")
    pair = decode_basic(rest) if scheme.lower() == "basic" else None
    return parts.accounts.named(pair[0]) if pair is not None else None


def _bad_basic_fails(parts: Parts, call: Call, outcome: Outcome) -> Outcome:
    scheme, _, rest = _credential(call.asked).partition(" ")
    if scheme.lower() == "basic" and decode_basic(rest) is None:
        return Outcome(500, error="Server error")
    return outcome


def _accept_query(name: str, when: When = lambda call: True) -> Apply:
    def find(parts: Parts, asked: Asked) -> Account | None:
        if not when(Call(asked, parts.locate(asked), None)):
            return None
        values = parse_qs(asked.query).get(name, [])
        return next(filter(None, map(parts.accounts.holder, values)), None)

    return also_identify(find)


def _accept_cookie(parts: Parts, asked: Asked) -> Account | None:
    try:
        cookie = SimpleCookie(asked.headers.get("cookie", "")).get("asc_auth_key")
    except CookieError:
        return None
    return parts.accounts.holder(cookie.value) if cookie is not None else None


def _accept_cookie_for_lists(parts: Parts, asked: Asked) -> Account | None:
    is_list = parts.locate(asked).kind in COLLECTIONS
    return _accept_cookie(parts, asked) if is_list else None


def _no_challenge(when: When) -> Apply:
    return on_refusal(lambda _, __, outcome: replace(outcome, headers=()), when)


def _as_first_account(parts: Parts, call: Call) -> Outcome:
    return parts.perform(replace(call, account=first_account(parts)))


def _discloses_record(parts: Parts, call: Call, outcome: Outcome) -> Outcome:
    value = _as_first_account(parts, call).value
    return replace(outcome, error=f"Log in to see {json.dumps(value, ensure_ascii=False)}")


def _discloses_before(parts: Parts, call: Call, outcome: Outcome) -> Outcome:
    """Show what the record holds that a write was aimed at."""
    reading = replace(call, asked=replace(call.asked, method="GET"))
    return _discloses_record(parts, reading, outcome)


def _discloses_email(parts: Parts, call: Call, outcome: Outcome) -> Outcome:
    return replace(outcome, error=f"Log in as {first_account(parts).email}")


def _carry_out(when: When) -> Apply:
    """Refuse a write, and carry it out all the same."""

    def change(parts: Parts, call: Call, outcome: Outcome) -> Outcome:
        _as_first_account(parts, call)
        return outcome

    return on_refusal(change, when)


def _text_applied(parts: Parts, call: Call, outcome: Outcome) -> Outcome:
    keep_text(parts, call)
    return outcome


def _record_first(when: When) -> Apply:
    """Look for the record before the credential."""

    def change(parts: Parts, call: Call, outcome: Outcome) -> Outcome:
        if unknown_to(parts, call.place):
            return Outcome(404, error="The record could not be found")
        return outcome

    return on_refusal(change, when)


_ITEM = where(kinds=ITEMS)
_WRITE_TO_ITEM = where("PUT", "DELETE", kinds=ITEMS)

FAULTS = (
    Fault(
        name="open-get",
        requirement="AUTH-1",
        summary="GET needs no credential",
        apply=_open_to_nobody(where("GET")),
    ),
    Fault(
        name="open-post",
        requirement="AUTH-1",
        summary="POST needs no credential",
        apply=_open_to_nobody(where("POST")),
    ),
    Fault(
        name="open-put",
        requirement="AUTH-1",
        summary="PUT needs no credential",
        apply=_open_to_nobody(where("PUT")),
    ),
    Fault(
        name="open-delete",
        requirement="AUTH-1",
        summary="DELETE needs no credential",
        apply=_open_to_nobody(where("DELETE")),
    ),
    Fault(
        name="open-json",
        requirement="AUTH-1",
        summary="GET with .json needs no credential",
        apply=_open_to_nobody(where("GET", suffixes=(Form.JSON,))),
    ),
    Fault(
        name="open-posts",
        requirement="AUTH-1",
        summary="reading posts needs no credential",
        apply=_open_to_nobody(where("GET", kinds=ABOUT_POSTS)),
    ),
    Fault(
        name="open-post-of-groups-xml",
        requirement="AUTH-1",
        summary="POST of a group with .xml needs no credential",
        apply=_open_to_nobody(where("POST", kinds=(Kind.GROUPS,), suffixes=(Form.XML,))),
    ),
    Fault(
        name="open-comments",
        requirement="AUTH-1",
        summary="POST and DELETE of comments need no credential",
        apply=_open_to_nobody(where("POST", "DELETE", kinds=(Kind.COMMENTS, Kind.COMMENT))),
    ),
    Fault(
        name="open-rewording",
        requirement="AUTH-1",
        summary="PUT of a comment needs no credential",
        apply=_open_to_nobody(where("PUT", kinds=(Kind.COMMENT,))),
    ),
    Fault(
        name="refusal-redirects",
        requirement="AUTH-1",
        summary="without a credential: 302, to a login page",
        apply=on_refusal(
            lambda _, __, out: replace(out, status=302, headers=(("location", "/auth.aspx"),)),
            _untried(where()),
        ),
    ),
    Fault(
        name="refusal-succeeds",
        requirement="AUTH-1",
        summary="without a credential: 200 and an empty response",
        apply=on_refusal(lambda *_: Outcome(200, value={}), _untried(where())),
    ),
    Fault(
        name="refusal-403",
        requirement="AUTH-2",
        summary="without a credential: 403 in place of 401",
        apply=_refuse_with(403, _untried(where())),
    ),
    Fault(
        name="refusal-404",
        requirement="AUTH-2",
        summary="without a credential: 404 in place of 401",
        apply=_refuse_with(404, _untried(where())),
    ),
    Fault(
        name="refusal-403-on-delete",
        requirement="AUTH-2",
        summary="DELETE without a credential: 403 in place of 401",
        apply=_refuse_with(403, _untried(where("DELETE"))),
    ),
    Fault(
        name="refusal-400-with-xml",
        requirement="AUTH-2",
        summary="with .xml and without a credential: 400 in place of 401",
        apply=_refuse_with(400, _untried(where(suffixes=(Form.XML,)))),
    ),
    Fault(
        name="refusal-403-to-comments",
        requirement="AUTH-2",
        summary="POST of a comment without a credential: 403 in place of 401",
        apply=_refuse_with(403, _untried(where("POST", kinds=(Kind.COMMENTS,)))),
    ),
    Fault(
        name="refusal-404-people-xml",
        requirement="AUTH-2",
        summary="a person with .xml, no credential: 404 in place of 401",
        apply=_refuse_with(404, _untried(where("GET", kinds=(Kind.PERSON,), suffixes=(Form.XML,)))),
    ),
    Fault(
        name="credential-any-case",
        requirement="AUTH-3",
        summary="a token is accepted in any letter case",
        apply=_accept(lambda token, given: token.lower() == given.lower()),
    ),
    Fault(
        name="credential-truncated",
        requirement="AUTH-3",
        summary="the first part of a token is enough",
        apply=_accept(
            lambda token, given: len(given) >= len(token) // 3 and token.startswith(given)
        ),
    ),
    Fault(
        name="credential-extended",
        requirement="AUTH-3",
        summary="whatever follows a token is ignored",
        apply=_accept(lambda token, given: given.startswith(token)),
    ),
    Fault(
        name="credential-altered",
        requirement="AUTH-3",
        summary="a token's last character is not looked at",
        apply=_accept(lambda token, given: len(token) == len(given) and token[:-1] == given[:-1]),
    ),
    Fault(
        name="credential-empty",
        requirement="AUTH-3",
        summary="an empty Authorization header is accepted",
        apply=_accept(lambda _, given: not given.strip()),
    ),
    Fault(
        name="credential-unknown",
        requirement="AUTH-3",
        summary="any single word is accepted as a token",
        apply=_accept(lambda _, given: bool(given) and " " not in given),
    ),
    Fault(
        name="credential-any-scheme",
        requirement="AUTH-3",
        summary="a token is accepted after a scheme that does not exist",
        apply=_accept(lambda token, given: given.partition(" ")[2] == token),
    ),
    Fault(
        name="credential-any-bearer",
        requirement="AUTH-3",
        summary="Bearer with anything is accepted",
        apply=also_identify(_any_bearer),
    ),
    Fault(
        name="credential-basic-name-only",
        requirement="AUTH-3",
        summary="Basic is accepted with any password",
        apply=also_identify(_basic_name_only),
    ),
    Fault(
        name="credential-bad-basic-500",
        requirement="AUTH-3",
        summary="Basic that cannot be decoded: 500",
        apply=on_refusal(_bad_basic_fails),
    ),
    Fault(
        name="credential-bad-403",
        requirement="AUTH-3",
        summary="a credential that is not valid: 403 in place of 401",
        apply=_refuse_with(403, _tried),
    ),
    Fault(
        name="credential-bad-403-on-put",
        requirement="AUTH-3",
        summary="PUT with a credential that is not valid: 403 in place of 401",
        apply=_refuse_with(403, lambda call: _tried(call) and call.asked.method == "PUT"),
    ),
    Fault(
        name="credential-any-for-writes",
        requirement="AUTH-3",
        summary="any single word is accepted as a token for writing",
        apply=_any_word(where("POST", "PUT", "DELETE")),
    ),
    Fault(
        name="credential-bearer-any-case",
        requirement="AUTH-3",
        summary="a token is accepted in any letter case after Bearer",
        apply=also_identify(_bearer_any_case),
    ),
    Fault(
        name="credential-no-password",
        requirement="AUTH-3",
        summary="Basic is accepted with an empty password",
        apply=also_identify(_basic_no_password),
    ),
    Fault(
        name="query-token",
        requirement="AUTH-4",
        summary="token in the query authenticates",
        apply=_accept_query("token"),
    ),
    Fault(
        name="query-access-token",
        requirement="AUTH-4",
        summary="access_token in the query authenticates",
        apply=_accept_query("access_token"),
    ),
    Fault(
        name="query-authorization",
        requirement="AUTH-4",
        summary="Authorization in the query authenticates",
        apply=_accept_query("Authorization"),
    ),
    Fault(
        name="query-auth-key",
        requirement="AUTH-4",
        summary="asc_auth_key in the query authenticates",
        apply=_accept_query("asc_auth_key"),
    ),
    Fault(
        name="query-token-with-xml",
        requirement="AUTH-4",
        summary="token in the query authenticates with .xml",
        apply=_accept_query("token", where(suffixes=(Form.XML,))),
    ),
    Fault(
        name="query-auth-key-on-items",
        requirement="AUTH-4",
        summary="asc_auth_key in the query authenticates for a record's URL",
        apply=_accept_query("asc_auth_key", where(kinds=ITEMS)),
    ),
    Fault(
        name="cookie-authenticates",
        requirement="AUTH-5",
        summary="the cookie asc_auth_key alone authenticates",
        apply=also_identify(_accept_cookie),
    ),
    Fault(
        name="cookie-for-lists",
        requirement="AUTH-5",
        summary="the cookie asc_auth_key alone authenticates for lists",
        apply=also_identify(_accept_cookie_for_lists),
    ),
    Fault(
        name="no-challenge",
        requirement="AUTH-6",
        summary="a 401 has no WWW-Authenticate",
        apply=_no_challenge(where()),
    ),
    Fault(
        name="no-challenge-on-put",
        requirement="AUTH-6",
        summary="a 401 to PUT has no WWW-Authenticate",
        apply=_no_challenge(where("PUT")),
    ),
    Fault(
        name="no-challenge-when-tried",
        requirement="AUTH-6",
        summary="a 401 to a bad credential has no WWW-Authenticate",
        apply=_no_challenge(_tried),
    ),
    Fault(
        name="no-challenge-on-groups",
        requirement="AUTH-6",
        summary="a 401 to what is about groups has no WWW-Authenticate",
        apply=_no_challenge(where(kinds=(Kind.GROUPS, Kind.GROUP))),
    ),
    Fault(
        name="refusal-shows-record",
        requirement="AUTH-7",
        summary="a 401 to GET shows the record in its message",
        apply=on_refusal(_discloses_record, where("GET")),
    ),
    Fault(
        name="refusal-shows-people",
        requirement="AUTH-7",
        summary="a 401 under people shows an account's e-mail address",
        apply=on_refusal(_discloses_email, where(kinds=ABOUT_PEOPLE)),
    ),
    Fault(
        name="refusal-of-put-shows-record",
        requirement="AUTH-7",
        summary="a 401 to PUT shows the record in its message",
        apply=on_refusal(_discloses_before, where("PUT")),
    ),
    Fault(
        name="refusal-to-bad-shows-email",
        requirement="AUTH-7",
        summary="a 401 to a bad credential shows an account's e-mail address",
        apply=on_refusal(_discloses_email, _tried),
    ),
    Fault(
        name="refused-post-applied",
        requirement="AUTH-8",
        summary="a POST refused with 401 creates",
        apply=_carry_out(where("POST")),
    ),
    Fault(
        name="refused-put-applied",
        requirement="AUTH-8",
        summary="a PUT refused with 401 updates",
        apply=_carry_out(where("PUT")),
    ),
    Fault(
        name="refused-put-text-applied",
        requirement="AUTH-8",
        summary="a PUT refused with 401 updates a post's text, not its title",
        apply=on_refusal(_text_applied, where("PUT", kinds=(Kind.POST,))),
    ),
    Fault(
        name="refused-delete-applied",
        requirement="AUTH-8",
        summary="a DELETE refused with 401 deletes",
        apply=_carry_out(where("DELETE")),
    ),
    Fault(
        name="refused-rewording-applied",
        requirement="AUTH-8",
        summary="a PUT of a comment refused with 401 changes it",
        apply=_carry_out(where("PUT", kinds=(Kind.COMMENT,))),
    ),
    Fault(
        name="refused-comment-applied",
        requirement="AUTH-8",
        summary="a comment refused with 401 is kept",
        apply=_carry_out(where("POST", kinds=(Kind.COMMENTS,))),
    ),
    Fault(
        name="refused-for-bad-applied",
        requirement="AUTH-8",
        summary="a POST refused for a bad credential creates",
        apply=_carry_out(lambda call: _tried(call) and call.asked.method == "POST"),
    ),
    Fault(
        name="record-before-credential",
        requirement="AUTH-9",
        summary="an unknown id is 404 also without a credential",
        apply=_record_first(_ITEM),
    ),
    Fault(
        name="person-before-credential",
        requirement="AUTH-9",
        summary="an unknown person is 404 also without a credential",
        apply=_record_first(where(kinds=(Kind.PERSON,))),
    ),
    Fault(
        name="record-first-on-writes",
        requirement="AUTH-9",
        summary="PUT and DELETE of an unknown id: 404 without a credential",
        apply=_record_first(_WRITE_TO_ITEM),
    ),
)
