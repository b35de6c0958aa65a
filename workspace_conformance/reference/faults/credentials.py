"""Faults of credentials: which invalid ones are taken, and where a credential may stand."""

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, unquote

from ..parts import Parts
from ..values import Account, Answer, Asked, Call, Kind, Outcome, Place
from .calls import COLLECTIONS, ITEMS, WRITES, When, first_account, where
from .model import Fault
from .wrapping import Apply, also_identify, on_answer, on_refusal

_ANY: When = lambda call: True  # noqa: E731
_TALK = (Kind.COMMENTS, Kind.COMMENT)


def taken(matches: Callable[[str, str], bool], when: When = _ANY) -> Apply:
    """Take what is like a token for it; `matches` gets the token and the Authorization value."""

    def find(parts: Parts, asked: Asked) -> Account | None:
        given = asked.headers.get("authorization")
        if given is None or not when(Call(asked, parts.locate(asked), None)):
            return None
        tokens = parts.accounts.tokens.items()
        return next((account for token, account in tokens if matches(token, given)), None)

    return also_identify(find)


def _altered_between(first: float, last: float, when: When = _ANY) -> Apply:
    """Take a token of which one character is another, in one part of its length."""

    def matches(token: str, given: str) -> bool:
        if len(token) != len(given):
            return False
        pairs = enumerate(zip(token, given, strict=True))
        places = [place for place, (one, other) in pairs if one != other]
        return len(places) == 1 and first <= places[0] / len(token) < last

    return taken(matches, when)


def _glued(scheme: str, when: When = _ANY) -> Apply:
    """Take a token right behind a scheme and another letter."""
    return taken(
        lambda token, given: given.startswith(scheme) and given[len(scheme) + 1 :] == token, when
    )


def _holder(parts: Parts, values: Iterable[str]) -> Account | None:
    return next(filter(None, map(parts.accounts.holder, values)), None)


def _in_query(name: str, when: When) -> Apply:
    def find(parts: Parts, asked: Asked) -> Account | None:
        fits = when(Call(asked, parts.locate(asked), None))
        return _holder(parts, parse_qs(asked.query).get(name, [])) if fits else None

    return also_identify(find)


def _in_cookie(when: When) -> Apply:
    def find(parts: Parts, asked: Asked) -> Account | None:
        if not when(Call(asked, parts.locate(asked), None)):
            return None
        try:
            cookie = SimpleCookie(asked.headers.get("cookie", "")).get("asc_auth_key")
        except CookieError:
            return None
        return _holder(parts, [cookie.value]) if cookie is not None else None

    return also_identify(find)


def _in_field(name: str, when: When = _ANY) -> Apply:
    """Take a token in a field of the body."""

    def find(parts: Parts, asked: Asked) -> Account | None:
        if not asked.body or not when(Call(asked, parts.locate(asked), None)):
            return None
        try:
            value = parts.read_fields(asked).get(name)
        except Exception:
            return None
        return _holder(parts, [value]) if isinstance(value, str) else None

    return also_identify(find)


def _in_header(name: str, when: When = _ANY) -> Apply:
    def find(parts: Parts, asked: Asked) -> Account | None:
        fits = name in asked.headers and when(Call(asked, parts.locate(asked), None))
        return _holder(parts, [asked.headers[name]]) if fits else None

    return also_identify(find)


def _open_on(change: Callable[[str], str], when: When = _ANY) -> Apply:
    """Resolve a path as lenient front ends do, behind a guard that looks at the path as it came."""

    def apply(parts: Parts) -> None:
        inner = parts.locate

        def locate(asked: Asked) -> Place:
            place = inner(asked)
            other = inner(replace(asked, path=change(asked.path)))
            moved = change(asked.path) != asked.path and other.kind is not Kind.NOWHERE
            return other if moved and when(Call(asked, other, None)) else place

        parts.locate = locate

        def find(parts: Parts, asked: Asked) -> Account | None:
            if "authorization" in asked.headers or change(asked.path) == asked.path:
                return None
            place = locate(asked)
            fits = place.kind is not Kind.NOWHERE and when(Call(asked, place, None))
            return first_account(parts) if fits else None

        also_identify(find)(parts)

    return apply


def _without_slash(path: str) -> str:
    """The path without a slash at its end, behind the suffix or before it."""
    return re.sub(r"/(?=$|\.(?:json|xml)$)", "", path)


def _single_slashes(path: str) -> str:
    return re.sub("/{2,}", "/", path)


_WORDS = frozenset(("api", "people", "group", "community", "blog", "comment"))


def _small_words(path: str) -> str:
    """The words of the path in small letters; ids and names stay as they are."""
    return re.sub("[A-Za-z]+", _small, path)


def _small(word: re.Match[str]) -> str:
    return word[0].lower() if word[0].lower() in _WORDS else word[0]


def _decoded_letters(path: str) -> str:
    return re.sub(r"%(?:6[1-9A-Fa-f]|7[0-9Aa])", lambda match: unquote(match[0]), path)


def _without_dots(path: str) -> str:
    return posixpath.normpath(path) if "/./" in path else path


def _cookie_of_a_refusal(parts: Parts) -> None:
    """Set a cookie on every refusal, and let in whoever shows it."""

    def change(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        if answer.status != 401 or call.place.kind is Kind.LOGIN:
            return answer
        return replace(answer, headers=(*answer.headers, ("set-cookie", "session=1; path=/")))

    on_answer(change, when=_ANY)(parts)
    also_identify(
        lambda parts, asked: (
            first_account(parts) if "session=1" in asked.headers.get("cookie", "") else None
        )
    )(parts)


def _second_try_served(parts: Parts) -> None:
    """Serve a stranger what was refused once."""
    refused: set[tuple[str, str]] = set()

    def find(parts: Parts, asked: Asked) -> Account | None:
        key = asked.method, asked.path
        if asked.method != "GET" or "authorization" in asked.headers:
            return None
        if key in refused:
            return first_account(parts)
        refused.add(key)
        return None

    also_identify(find)(parts)


def _untried(call: Call) -> bool:
    return "authorization" not in call.asked.headers


_READ = where("GET")
_ON_WRITES = where(*WRITES)

FAULTS = (
    Fault(
        name="credential-malleable",
        requirement="AUTH-3",
        summary="early in a token one altered character is taken",
        apply=_altered_between(1 / 7, 1 / 4),
    ),
    Fault(
        name="credential-altered-early",
        requirement="AUTH-3",
        summary="a token's first character is not looked at",
        apply=_altered_between(0, 0.02),
    ),
    Fault(
        name="credential-altered-late-put",
        requirement="AUTH-3",
        summary="PUT: late in a token an altered character is taken",
        apply=_altered_between(7 / 8, 1, where("PUT")),
    ),
    Fault(
        name="credential-altered-delete",
        requirement="AUTH-3",
        summary="DELETE: in a token's middle an altered one is taken",
        apply=_altered_between(0.4, 0.6, where("DELETE")),
    ),
    Fault(
        name="credential-glued-to-bearer",
        requirement="AUTH-3",
        summary="a token is taken right behind BearerX",
        apply=_glued("Bearer"),
    ),
    Fault(
        name="credential-glued-on-post",
        requirement="AUTH-3",
        summary="POST: a token is taken right behind BearerX",
        apply=_glued("Bearer", where("POST")),
    ),
    Fault(
        name="credential-quoted",
        requirement="AUTH-3",
        summary="a token is taken in quotes",
        apply=taken(lambda token, given: given == f'"{token}"'),
    ),
    Fault(
        name="credential-twice",
        requirement="AUTH-3",
        summary="a token is taken out of a list",
        apply=taken(lambda token, given: "," in given and token in given.split(", ")),
    ),
    Fault(
        name="credential-end-enough",
        requirement="AUTH-3",
        summary="a token is taken without its first character",
        apply=taken(lambda token, given: token[1:] == given),
    ),
    Fault(
        name="credential-behind-text",
        requirement="AUTH-3",
        summary="a token is taken with a letter before it",
        apply=taken(lambda token, given: len(given) == len(token) + 1 and given.endswith(token)),
    ),
    Fault(
        name="credential-ascii-only",
        requirement="AUTH-3",
        summary="letters beyond ASCII in a credential are overlooked",
        apply=taken(
            lambda token, given: (
                not given.isascii() and given.encode("ascii", "ignore").decode("ascii") == token
            )
        ),
    ),
    Fault(
        name="credential-long-cut",
        requirement="AUTH-3",
        summary="of a long credential only the beginning counts",
        apply=taken(lambda token, given: len(given) > 1000 and given.startswith(token)),
    ),
    Fault(
        name="credential-raw-after-basic",
        requirement="AUTH-3",
        summary="comments: a token is taken as it is after Basic",
        apply=taken(lambda token, given: given == f"Basic {token}", where(kinds=_TALK)),
    ),
    Fault(
        name="credential-two-bearers",
        requirement="AUTH-3",
        summary="however often Bearer stands before a token, it is taken",
        apply=taken(
            lambda token, given: (
                re.fullmatch(r"(?:Bearer ){2,}", given.removesuffix(token)) is not None
                and given.endswith(token)
            )
        ),
    ),
    Fault(
        name="credential-any-case-groups",
        requirement="AUTH-3",
        summary="about groups, a token is taken in any letter case",
        apply=taken(
            lambda token, given: token.lower() == given.lower(),
            where(kinds=(Kind.GROUPS, Kind.GROUP)),
        ),
    ),
    Fault(
        name="query-token-on-writes",
        requirement="AUTH-4",
        summary="token in the query authenticates POST, PUT and DELETE",
        apply=_in_query("token", _ON_WRITES),
    ),
    Fault(
        name="query-key-on-delete",
        requirement="AUTH-4",
        summary="asc_auth_key in the query authenticates DELETE",
        apply=_in_query("asc_auth_key", where("DELETE")),
    ),
    Fault(
        name="query-authorization-on-put",
        requirement="AUTH-4",
        summary="Authorization in the query authenticates PUT",
        apply=_in_query("Authorization", where("PUT")),
    ),
    Fault(
        name="cookie-on-writes",
        requirement="AUTH-5",
        summary="the cookie asc_auth_key alone authenticates writes",
        apply=_in_cookie(_ON_WRITES),
    ),
    Fault(
        name="cookie-on-put",
        requirement="AUTH-5",
        summary="the cookie asc_auth_key alone authenticates PUT",
        apply=_in_cookie(where("PUT")),
    ),
    Fault(
        name="field-authenticates",
        requirement="AUTH-1",
        summary="a token in a field of the body authenticates",
        apply=_in_field("token"),
    ),
    Fault(
        name="field-key-on-put",
        requirement="AUTH-1",
        summary="asc_auth_key in a field of the body authenticates PUT",
        apply=_in_field("asc_auth_key", where("PUT")),
    ),
    Fault(
        name="header-authenticates",
        requirement="AUTH-1",
        summary="a token in X-Auth-Token authenticates",
        apply=_in_header("x-auth-token"),
    ),
    Fault(
        name="header-key-on-reads",
        requirement="AUTH-1",
        summary="a token in a header asc_auth_key authenticates GET",
        apply=_in_header("asc_auth_key", _READ),
    ),
    Fault(
        name="open-trailing-slash",
        requirement="AUTH-1",
        summary="with a slash at the end no credential is needed",
        apply=_open_on(_without_slash),
    ),
    Fault(
        name="open-doubled-slash",
        requirement="AUTH-1",
        summary="with a doubled slash no credential is needed",
        apply=_open_on(_single_slashes),
    ),
    Fault(
        name="open-doubled-slash-writes",
        requirement="AUTH-1",
        summary="writes with a doubled slash need no credential",
        apply=_open_on(_single_slashes, _ON_WRITES),
    ),
    Fault(
        name="open-in-other-case",
        requirement="AUTH-1",
        summary="with a path in other letter case no credential is needed",
        apply=_open_on(_small_words),
    ),
    Fault(
        name="open-encoded-letter",
        requirement="AUTH-1",
        summary="with an encoded letter in the path no credential is needed",
        apply=_open_on(_decoded_letters),
    ),
    Fault(
        name="open-encoded-letter-to-get",
        requirement="AUTH-1",
        summary="GET with an encoded letter in the path needs no credential",
        apply=_open_on(_decoded_letters, where("GET", kinds=COLLECTIONS | ITEMS)),
    ),
    Fault(
        name="open-dot-segment",
        requirement="AUTH-1",
        summary="with a dot segment in the path no credential is needed",
        apply=_open_on(_without_dots),
    ),
    Fault(
        name="refusal-cookie-lets-in",
        requirement="AUTH-1",
        summary="the cookie that a refusal sets lets anybody in",
        apply=_cookie_of_a_refusal,
    ),
    Fault(
        name="second-try-served",
        requirement="AUTH-1",
        summary="GET without a credential is served when it is asked again",
        apply=_second_try_served,
    ),
    Fault(
        name="no-challenge-when-untried",
        requirement="AUTH-6",
        summary="a 401 where no credential was shown has no WWW-Authenticate",
        apply=on_refusal(lambda _, __, outcome: replace(outcome, headers=()), _untried),
    ),
)
"""Faults of credentials."""
