"""Ids to try on a portal: Hypothesis strategies, each for one way to get an id wrong.

What is drawn never lawfully is another URL: no bare slash, no segment `.` or `..` in any spelling,
no empty one (but for `empty`). `known` are the real ids of the portal and `reserved` the literal
segments that the documentation has at the same place (`@self`, `email`): neither is ever drawn,
with or without a format suffix. All strategies shrink towards what is short and simple.

Where the number of ids is finite, `exchange.identifiers` has them as a list, for checks that go
through all of it (`near_miss_list` and the like, found here too).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Literal, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from workspace_conformance.exchange.identifiers import (
    WRONG,
    Form,
    Identifier,
    allowed,
    encode,
    escape_list,
    form_of,
    is_of,
    meaning,
    near_miss_list,
    nobody,
    placeholder_list,
    same_id_list,
)

__all__ = [
    "Form",
    "Identifier",
    "anything",
    "empty",
    "encode",
    "escape_list",
    "escapes",
    "form_of",
    "meaning",
    "near_miss_list",
    "near_misses",
    "placeholder_list",
    "placeholders",
    "same_id_list",
    "same_id_spellings",
    "unknown",
    "wrong_form",
]

_Category: TypeAlias = Literal["L", "M", "N", "P", "S", "Z", "Cc", "Cf", "Co", "Cn"]

_CATEGORIES: Final[
    tuple[tuple[str, tuple[_Category, ...]], ...]
] = (  # the major classes of Unicode, without lone surrogates
    ("letters", ("L",)),
    ("combining marks", ("M",)),
    ("numerals", ("N",)),
    ("punctuation", ("P",)),
    ("symbols", ("S",)),
    ("white space", ("Z",)),
    ("control characters", ("Cc",)),
    ("format characters", ("Cf",)),
    ("private or unassigned characters", ("Co", "Cn")),
)


def unknown(
    form: Form, known: Collection[str], reserved: Collection[str] = ()
) -> SearchStrategy[Identifier]:
    """Well-formed ids that no record has; names say whose they are, so that no user has them."""
    texts: SearchStrategy[str]
    if form is Form.GUID:
        texts = st.uuids(version=4).map(str)
    elif form is Form.INTEGER:
        texts = st.integers(10**9, 2**31 - 1).map(str)
    else:
        word = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)
        words = st.lists(st.tuples(st.sampled_from("-."), word), max_size=3)
        texts = words.map(lambda parts: "no-conformance" + "".join(a + b for a, b in parts))
    return _texts("unknown id", texts).filter(allowed(form, known, reserved))


def near_misses(
    real: str, form: Form, known: Collection[str] = (), reserved: Collection[str] = ()
) -> SearchStrategy[Identifier]:
    """Draws from `near_miss_list`."""
    return st.sampled_from(near_miss_list(real, form, known, reserved))


def same_id_spellings(real: str, form: Form) -> SearchStrategy[Identifier]:
    """Draws from `same_id_list`: the answer is the same record, or 4xx."""
    return st.sampled_from(same_id_list(real, form))


def _texts(kind: str, texts: SearchStrategy[str]) -> SearchStrategy[Identifier]:
    return texts.map(lambda text: Identifier(text, encode(text), kind))


def wrong_form(
    form: Form, known: Collection[str] = (), reserved: Collection[str] = ()
) -> SearchStrategy[Identifier]:
    """Ids that are not of `form`: words, numbers, markup, all of Unicode, and the very long.

    Nearly any text is of the form NAME. There these are names that no user has: what somebody might
    be called gets the word `conformance` after it.
    """
    classes = [
        _texts(kind, st.text(st.characters(categories=categories), min_size=1, max_size=6))
        for kind, categories in _CATEGORIES
    ]
    astral = st.text(st.characters(min_codepoint=0x10000), min_size=1, max_size=4)
    units, sizes = st.sampled_from("a9é%😀"), st.sampled_from([1_000, 2_000, 4_000, 6_000])
    long = st.builds(lambda unit, size: unit * (size // len(encode(unit))), units, sizes)
    drawn = st.one_of(
        st.sampled_from(WRONG),
        *classes,
        _texts("astral characters", astral),
        _texts("very long", long),
    )
    if form is Form.NAME:
        drawn = drawn.map(nobody)
    is_allowed = allowed(form, known, reserved)
    return drawn.filter(lambda found: is_allowed(found) and not is_of(form, found.text))


def escapes(
    targets: Sequence[str] = ("@self", "group", "people"), reserved: Collection[str] = ()
) -> SearchStrategy[Identifier]:
    """Draws from `escape_list`."""
    is_allowed = allowed(Form.NAME, (), reserved)
    return st.sampled_from([found for found in escape_list(targets) if is_allowed(found)])


def placeholders(
    name: str = "userid", known: Collection[str] = (), reserved: Collection[str] = ()
) -> SearchStrategy[Identifier]:
    """Draws from `placeholder_list`."""
    is_allowed = allowed(Form.NAME, known, reserved)
    return st.sampled_from([found for found in placeholder_list(name) if is_allowed(found)])


def empty() -> SearchStrategy[Identifier]:
    """No id at all: the URL then ends in a slash, and lawfully may be the collection's."""
    return st.just(Identifier("", "", "empty id"))


def anything(
    form: Form,
    real: str | None = None,
    known: Collection[str] = (),
    reserved: Collection[str] = (),
) -> SearchStrategy[Identifier]:
    """Any id that is no record's; near misses only where `real` is given."""
    parts = [
        unknown(form, known, reserved),
        wrong_form(form, known, reserved),
        escapes(reserved=reserved),
        placeholders(known=known, reserved=reserved),
    ]
    if real is not None:
        parts.append(near_misses(real, form, known, reserved))
    return st.one_of(parts)
