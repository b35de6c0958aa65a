"""Servers that are known to differ from the documentation, as sets of faults and variants.

A portal that is `like` one of them shows what a run against that server finds. What is told of a
server was observed; what was not observed of it is as in the ordinary portal.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from .options import Options


@dataclass(frozen=True, slots=True)
class Product:
    """A server: its name, a line of what it is, and what it is made of.

    faults: where it breaks the documentation. variants: where it differs lawfully. limited: whether
    it limits the rate of requests. violates: the requirements that a run against it finds violated.
    """

    name: str
    summary: str
    faults: tuple[str, ...]
    variants: tuple[str, ...]
    limited: bool
    violates: frozenset[str]


PRODUCTS: tuple[Product, ...] = (
    Product(
        name="community-server",
        summary="ONLYOFFICE Community Server 12.7.1, its own engine, with no front end before it",
        faults=(
            # Whoever may ask, and how.
            "credential-malleable",
            "credential-glued-to-bearer",
            "query-auth-key",
            "cookie-authenticates",
            "no-challenge-when-untried",
            "login-failure-500",
            # Forms.
            "default-json",
            "json-type-over-suffix",
            "accept-ignored",
            "content-type-xml-500",
            # Bodies and mistakes.
            "json-unclosed-accepted",
            "media-garbage-500",
            "date-filter-500",
            # Ids.
            "unknown-post-no-comments",
            "unknown-comment-500",
            "comment-id-wrong-form-500",
            "person-put-by-name-500",
            "encoded-slash-splits",
            # The limiter.
            "no-limit",
        ),
        variants=(
            "login-locks",
            "login-get-404",
            "people-terminated-first",
            "deletes-nothing",
            "refusal-words-html",
            "unrouted-first",
            "paths-any-case",
            "ids-braces",
            "ids-padded",
            "json-solidus",
            "etag-fresh",
            "cookie-token",
            "head-404",
        ),
        limited=False,
        violates=frozenset(
            (
                *("AUTH-3", "AUTH-4", "AUTH-5", "AUTH-6"),
                *("FMT-3", "FMT-6", "FMT-11", "FMT-12", "REQ-3", "STA-5", "STA-8"),
                *("RATE-2", "ID-1", "ID-2", "ID-4"),
            )
        ),
    ),
)
"""Every known server."""


def find(name: str) -> Product:
    """The server with that name. Raises KeyError with a sentence that names those that there are."""
    by_name = {product.name: product for product in PRODUCTS}
    if name not in by_name:
        near = difflib.get_close_matches(name, by_name, n=1, cutoff=0.5) or list(by_name)
        raise KeyError(f"there is no server {name!r}; known is {', '.join(near)}")
    return by_name[name]


def likened(options: Options) -> Options:
    """The options with all that the server has which they are `like`; a second time changes nothing.

    Raises KeyError as `find`.
    """
    if options.like is None:
        return options
    product = find(options.like)
    return replace(
        options,
        faults=_together(product.faults, options.faults),
        variants=_together(product.variants, options.variants),
        rate=options.rate if product.limited else None,
    )


def _together(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))
