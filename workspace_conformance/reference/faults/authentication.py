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
    Fault("open-get", "AUTH-1", "GET needs no credential", _open_to_nobody(where("GET"))),
    Fault("open-post", "AUTH-1", "POST needs no credential", _open_to_nobody(where("POST"))),
    Fault("open-put", "AUTH-1", "PUT needs no credential", _open_to_nobody(where("PUT"))),
    Fault("open-delete", "AUTH-1", "DELETE needs no credential", _open_to_nobody(where("DELETE"))),
    Fault(
        "open-json",
        "AUTH-1",
        "GET with .json needs no credential",
        _open_to_nobody(where("GET", suffixes=(Form.JSON,))),
    ),
    Fault(
        "open-posts",
        "AUTH-1",
        "reading posts needs no credential",
        _open_to_nobody(where("GET", kinds=ABOUT_POSTS)),
    ),
    Fault(
        "open-post-of-groups-xml",
        "AUTH-1",
        "POST of a group with .xml needs no credential",
        _open_to_nobody(where("POST", kinds=(Kind.GROUPS,), suffixes=(Form.XML,))),
    ),
    Fault(
        "open-comments",
        "AUTH-1",
        "POST and DELETE of comments need no credential",
        _open_to_nobody(where("POST", "DELETE", kinds=(Kind.COMMENTS, Kind.COMMENT))),
    ),
    Fault(
        "open-rewording",
        "AUTH-1",
        "PUT of a comment needs no credential",
        _open_to_nobody(where("PUT", kinds=(Kind.COMMENT,))),
    ),
    Fault(
        "refusal-redirects",
        "AUTH-1",
        "without a credential: 302, to a login page",
        on_refusal(
            lambda _, __, out: replace(out, status=302, headers=(("location", "/auth.aspx"),)),
            _untried(where()),
        ),
    ),
    Fault(
        "refusal-succeeds",
        "AUTH-1",
        "without a credential: 200 and an empty response",
        on_refusal(lambda *_: Outcome(200, value={}), _untried(where())),
    ),
    Fault(
        "refusal-403",
        "AUTH-2",
        "without a credential: 403 in place of 401",
        _refuse_with(403, _untried(where())),
    ),
    Fault(
        "refusal-404",
        "AUTH-2",
        "without a credential: 404 in place of 401",
        _refuse_with(404, _untried(where())),
    ),
    Fault(
        "refusal-403-on-delete",
        "AUTH-2",
        "DELETE without a credential: 403 in place of 401",
        _refuse_with(403, _untried(where("DELETE"))),
    ),
    Fault(
        "refusal-400-with-xml",
        "AUTH-2",
        "with .xml and without a credential: 400 in place of 401",
        _refuse_with(400, _untried(where(suffixes=(Form.XML,)))),
    ),
    Fault(
        "refusal-403-to-comments",
        "AUTH-2",
        "POST of a comment without a credential: 403 in place of 401",
        _refuse_with(403, _untried(where("POST", kinds=(Kind.COMMENTS,)))),
    ),
    Fault(
        "refusal-404-people-xml",
        "AUTH-2",
        "a person with .xml, no credential: 404 in place of 401",
        _refuse_with(404, _untried(where("GET", kinds=(Kind.PERSON,), suffixes=(Form.XML,)))),
    ),
    Fault(
        "credential-any-case",
        "AUTH-3",
        "a token is accepted in any letter case",
        _accept(lambda token, given: token.lower() == given.lower()),
    ),
    Fault(
        "credential-truncated",
        "AUTH-3",
        "the first part of a token is enough",
        _accept(lambda token, given: len(given) >= len(token) // 3 and token.startswith(given)),
    ),
    Fault(
        "credential-extended",
        "AUTH-3",
        "whatever follows a token is ignored",
        _accept(lambda token, given: given.startswith(token)),
    ),
    Fault(
        "credential-altered",
        "AUTH-3",
        "a token's last character is not looked at",
        _accept(lambda token, given: len(token) == len(given) and token[:-1] == given[:-1]),
    ),
    Fault(
        "credential-empty",
        "AUTH-3",
        "an empty Authorization header is accepted",
        _accept(lambda _, given: not given.strip()),
    ),
    Fault(
        "credential-unknown",
        "AUTH-3",
        "any single word is accepted as a token",
        _accept(lambda _, given: bool(given) and " " not in given),
    ),
    Fault(
        "credential-any-scheme",
        "AUTH-3",
        "a token is accepted after a scheme that does not exist",
        _accept(lambda token, given: given.partition(" ")[2] == token),
    ),
    Fault(
        "credential-any-bearer",
        "AUTH-3",
        "Bearer with anything is accepted",
        also_identify(_any_bearer),
    ),
    Fault(
        "credential-basic-name-only",
        "AUTH-3",
        "Basic is accepted with any password",
        also_identify(_basic_name_only),
    ),
    Fault(
        "credential-bad-basic-500",
        "AUTH-3",
        "Basic that cannot be decoded: 500",
        on_refusal(_bad_basic_fails),
    ),
    Fault(
        "credential-bad-403",
        "AUTH-3",
        "a credential that is not valid: 403 in place of 401",
        _refuse_with(403, _tried),
    ),
    Fault(
        "credential-bad-403-on-put",
        "AUTH-3",
        "PUT with a credential that is not valid: 403 in place of 401",
        _refuse_with(403, lambda call: _tried(call) and call.asked.method == "PUT"),
    ),
    Fault(
        "credential-any-for-writes",
        "AUTH-3",
        "any single word is accepted as a token for writing",
        _any_word(where("POST", "PUT", "DELETE")),
    ),
    Fault(
        "credential-bearer-any-case",
        "AUTH-3",
        "a token is accepted in any letter case after Bearer",
        also_identify(_bearer_any_case),
    ),
    Fault(
        "credential-no-password",
        "AUTH-3",
        "Basic is accepted with an empty password",
        also_identify(_basic_no_password),
    ),
    Fault("query-token", "AUTH-4", "token in the query authenticates", _accept_query("token")),
    Fault(
        "query-access-token",
        "AUTH-4",
        "access_token in the query authenticates",
        _accept_query("access_token"),
    ),
    Fault(
        "query-authorization",
        "AUTH-4",
        "Authorization in the query authenticates",
        _accept_query("Authorization"),
    ),
    Fault(
        "query-auth-key",
        "AUTH-4",
        "asc_auth_key in the query authenticates",
        _accept_query("asc_auth_key"),
    ),
    Fault(
        "query-token-with-xml",
        "AUTH-4",
        "token in the query authenticates with .xml",
        _accept_query("token", where(suffixes=(Form.XML,))),
    ),
    Fault(
        "query-auth-key-on-items",
        "AUTH-4",
        "asc_auth_key in the query authenticates for a record's URL",
        _accept_query("asc_auth_key", where(kinds=ITEMS)),
    ),
    Fault(
        "cookie-authenticates",
        "AUTH-5",
        "the cookie asc_auth_key alone authenticates",
        also_identify(_accept_cookie),
    ),
    Fault(
        "cookie-for-lists",
        "AUTH-5",
        "the cookie asc_auth_key alone authenticates for lists",
        also_identify(_accept_cookie_for_lists),
    ),
    Fault("no-challenge", "AUTH-6", "a 401 has no WWW-Authenticate", _no_challenge(where())),
    Fault(
        "no-challenge-on-put",
        "AUTH-6",
        "a 401 to PUT has no WWW-Authenticate",
        _no_challenge(where("PUT")),
    ),
    Fault(
        "no-challenge-when-tried",
        "AUTH-6",
        "a 401 to a bad credential has no WWW-Authenticate",
        _no_challenge(_tried),
    ),
    Fault(
        "no-challenge-on-groups",
        "AUTH-6",
        "a 401 to what is about groups has no WWW-Authenticate",
        _no_challenge(where(kinds=(Kind.GROUPS, Kind.GROUP))),
    ),
    Fault(
        "refusal-shows-record",
        "AUTH-7",
        "a 401 to GET shows the record in its message",
        on_refusal(_discloses_record, where("GET")),
    ),
    Fault(
        "refusal-shows-people",
        "AUTH-7",
        "a 401 under people shows an account's e-mail address",
        on_refusal(_discloses_email, where(kinds=ABOUT_PEOPLE)),
    ),
    Fault(
        "refusal-of-put-shows-record",
        "AUTH-7",
        "a 401 to PUT shows the record in its message",
        on_refusal(_discloses_before, where("PUT")),
    ),
    Fault(
        "refusal-to-bad-shows-email",
        "AUTH-7",
        "a 401 to a bad credential shows an account's e-mail address",
        on_refusal(_discloses_email, _tried),
    ),
    Fault(
        "refused-post-applied",
        "AUTH-8",
        "a POST refused with 401 creates",
        _carry_out(where("POST")),
    ),
    Fault(
        "refused-put-applied", "AUTH-8", "a PUT refused with 401 updates", _carry_out(where("PUT"))
    ),
    Fault(
        "refused-put-text-applied",
        "AUTH-8",
        "a PUT refused with 401 updates a post's text, not its title",
        on_refusal(_text_applied, where("PUT", kinds=(Kind.POST,))),
    ),
    Fault(
        "refused-delete-applied",
        "AUTH-8",
        "a DELETE refused with 401 deletes",
        _carry_out(where("DELETE")),
    ),
    Fault(
        "refused-rewording-applied",
        "AUTH-8",
        "a PUT of a comment refused with 401 changes it",
        _carry_out(where("PUT", kinds=(Kind.COMMENT,))),
    ),
    Fault(
        "refused-comment-applied",
        "AUTH-8",
        "a comment refused with 401 is kept",
        _carry_out(where("POST", kinds=(Kind.COMMENTS,))),
    ),
    Fault(
        "refused-for-bad-applied",
        "AUTH-8",
        "a POST refused for a bad credential creates",
        _carry_out(lambda call: _tried(call) and call.asked.method == "POST"),
    ),
    Fault(
        "record-before-credential",
        "AUTH-9",
        "an unknown id is 404 also without a credential",
        _record_first(_ITEM),
    ),
    Fault(
        "person-before-credential",
        "AUTH-9",
        "an unknown person is 404 also without a credential",
        _record_first(where(kinds=(Kind.PERSON,))),
    ),
    Fault(
        "record-first-on-writes",
        "AUTH-9",
        "PUT and DELETE of an unknown id: 404 without a credential",
        _record_first(_WRITE_TO_ITEM),
    ),
)
