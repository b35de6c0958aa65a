"""Reading JSON and XML that a broken or hostile server may have sent.

Nothing here resolves entities, opens a file or a connection, recurses without a bound, or takes
more than linear time. What cannot be read raises :class:`Unreadable`; what we decline to read for
our own safety raises :class:`Refused`, which says nothing about the server's conformance.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import re
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Final, NoReturn, TypeAlias

from lxml import etree

from workspace_conformance.exchange.parsed import Parsed
from workspace_conformance.exchange.texts import printable

Json: TypeAlias = "bool | int | Decimal | str | list[Json] | dict[str, Json] | None"
"""What `read_json` returns: numbers with a fraction or an exponent are exact decimals."""

Element: TypeAlias = etree._Element
"""An element as lxml gives it: what `read_xml` returns is the root."""

DEPTH: Final = 200
"""How deep arrays, objects or elements may be nested, the root counted as 1."""

DIGITS: Final = 1_000
"""How many characters a number in JSON may have."""


VALUES: Final = 400_000
"""How many marks of structure a body may have: brackets, strings and numbers of JSON, tags of XML."""

ATTRIBUTES: Final = 20_000
"""How many attributes an XML document may have: trees of them take much memory."""


class Unreadable(ValueError):
    """A body cannot be read as what it is declared to be; the message is one sentence."""


class Refused(Unreadable):
    """A body was not read because it passes one of our bounds: no proof of a server's error."""


def _unreadable(kind: str, reason: str, text: str, position: int) -> NoReturn:
    """Raise Unreadable with line, column and an excerpt around `position` of `text`."""
    raise Unreadable(f"the {kind} breaks off {_place(text, position)}: {reason}")


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    excerpt = printable(text[max(0, position - 20) : position + 20], 40)
    return f"at line {line}, column {column}, near `{excerpt}`"


_large = threading.Lock()


def _room_for(body: bytes) -> contextlib.AbstractContextManager[object]:
    """Large bodies are read one at a time: cases run side by side, and a tree is many times as large
    as its text.
    """
    return _large if len(body) > 256 * 1024 else contextlib.nullcontext()


# --- characters -----------------------------------------------------------------------------------

# Only encodings of text: Python's registry also has compressors, escapes and quadratic decoders.
_CHARSETS = re.compile(
    r"utf-8(-sig)?|utf-(16|32)(-[bl]e)?|ascii|iso8859-\d+|cp\d+|koi8-\w|gb\w+|big5\w*|euc_\w+"
    r"|shift_jis\w*|iso2022_\w+|mac-\w+|tis-620"
)


def _decode(body: bytes, charset: str, kind: str) -> str:
    """The characters of `body`, without a byte order mark; Unreadable where it has others."""
    name = charset
    if re.fullmatch(r"[A-Za-z0-9._:+-]{1,40}", charset):
        try:
            name = codecs.lookup(charset).name
        except (LookupError, ValueError):
            name = ""
    if not _CHARSETS.fullmatch(name):
        raise Unreadable(f"the {kind} is declared in a charset nobody knows: {printable(charset)}")
    if name == "utf-16" and body[:2] not in (codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE):
        # Without a mark the order is told by the first character, which is ASCII in both formats.
        name = "utf-16-be" if body[:1] == b"\0" else "utf-16-le"
    try:
        text = body.decode(name)
    except UnicodeDecodeError as error:
        around = body[max(0, error.start - 12) : error.start + 12]
        raise Unreadable(
            f"the {kind} is not {printable(charset)}: byte {error.start} of {len(body)}, "
            f"near {around!r} ({error.reason})"
        ) from None
    return text.removeprefix("\ufeff")


def legible(body: bytes, charset: str | None = None) -> str:
    """The characters of a body as well as they can be told, for looking something up in it: in the
    declared charset where that is possible, else in UTF-8 with replacements. Never raises.
    """
    try:
        return _decode(body, charset or "utf-8", "body")
    except Unreadable:
        return body.decode("utf-8", "replace")


# --- JSON -----------------------------------------------------------------------------------------

# What matters before parsing: strings (skipped whole), brackets, numbers, JavaScript's non-numbers;
# and before each of them, in one stride, what does not. Wherever it begins it comes to a match.
_JSON_TOKEN = re.compile(
    r'[^"\[{\]}0-9NI]*+("[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]|[0-9][0-9.eE+-]*+|NaN|Infinity|[NI]|\Z)',
    re.DOTALL,
)
_BIG_EXPONENT = re.compile(r"[eE][+-]?0*+[0-9]{5}")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")

_PARSED = Parsed()


def read_json(body: bytes, charset: str | None = None) -> Json:
    """Read one JSON text (RFC 8259).

    `charset` is the declared one; UTF-8 where None. A byte order mark is ignored (RFC 8259, 8.1).
    Of a repeated member name the last counts (see `duplicate_names`). A lone surrogate, which JSON
    can write and no charset can carry, becomes U+FFFD, so that every text can be printed again.

    Raises Unreadable for what is no JSON in that charset (NaN, Infinity and anything after the
    value included), Refused for nesting deeper than DEPTH, numbers longer than DIGITS characters,
    or exponents of five digits and more.
    """
    return _PARSED(body, ("json", charset), lambda: _read_json(body, charset))


def _read_json(body: bytes, charset: str | None) -> Json:
    with _room_for(body):
        text = _checked_json(body, charset)
        value = _parse_json(text, None)
        return _mend(value) if _SURROGATE_ESCAPE.search(text) else value


def duplicate_names(body: bytes, charset: str | None = None) -> list[str]:
    """The member names that occur more than once in one object of a JSON text, in order.

    RFC 8259, 4: names SHOULD be unique. Raises what `read_json` raises.
    """
    repeated: dict[str, None] = {}

    def note(pairs: list[tuple[str, Json]]) -> Json:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                repeated[_SURROGATE.sub("\ufffd", name)] = None
            seen.add(name)
        return dict(pairs)

    _parse_json(_checked_json(body, charset), note)
    return list(repeated)


def _checked_json(body: bytes, charset: str | None) -> str:
    """The text of a JSON body, once it is known that parsing it stays within the bounds."""
    text = _decode(body, charset or "utf-8", "JSON")
    if not text.strip(" \t\r\n"):
        raise Unreadable("the JSON is missing: the body is empty")
    depth = 0
    for number, token in enumerate(_JSON_TOKEN.finditer(text)):
        if number > VALUES:
            raise Refused(f"the JSON has more than {VALUES} brackets, strings and numbers")
        found = token[1]
        first = found[:1]
        if found in ("", "N", "I"):
            continue
        if first in "[{":
            depth += 1
            if depth > DEPTH:
                raise Refused(f"the JSON is nested deeper than {DEPTH} levels")
        elif first in "]}":
            depth -= 1
        elif first in "NI":
            _unreadable("JSON", f"{found} is no JSON value", text, token.start(1))
        elif first != '"' and (len(found) > DIGITS or _BIG_EXPONENT.search(found)):
            raise Refused(f"the JSON has a giant number {_place(text, token.start(1))}")
    return text


def _parse_json(text: str, pairs: Callable[[list[tuple[str, Json]]], Json] | None) -> Json:
    try:
        value: Json = json.loads(text, parse_float=Decimal, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        _unreadable("JSON", error.msg, text, error.pos)
    return value


def _mend(value: Json) -> Json:
    """`value` with lone surrogates replaced; the depth is bounded by `_checked_json`."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_mend(item) for item in value]
    if isinstance(value, dict):
        return {_SURROGATE.sub("\ufffd", name): _mend(item) for name, item in value.items()}
    return value


# --- XML ------------------------------------------------------------------------------------------

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: it starts with that mark
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_XML_DECLARED = re.compile(rb"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""")
_DOCTYPE = re.compile(
    r"""(?:\s++|<\?(?:(?!\?>).)*+\?>|<!--(?:(?!-->).)*+-->)*+<!DOCTYPE(?:[^\[>"']|"[^"]*+"|'[^']*+')*+\[""",
    re.DOTALL,
)
_OUT_OF_BOUNDS = (  # libxml2's own bounds
    etree.ErrorTypes.ERR_NAME_TOO_LONG,
    etree.ErrorTypes.ERR_NO_MEMORY,
    etree.ErrorTypes.ERR_ENTITY_LOOP,
)
_OUT_OF_BOUNDS_WORDS = re.compile(r"XML_PARSE_HUGE|Excessive depth|too (?:long|big|deep)|limit exc")


def read_xml(body: bytes, charset: str | None = None) -> Element:
    """Read one XML document and return its root, without comments and processing instructions.

    The charset is told by a byte order mark, else by `charset` (what Content-Type declares), else
    by the XML declaration, else it is UTF-8 (RFC 7303, 3). No DTD is loaded, no entity resolved.

    Raises Unreadable for what is not well-formed in that charset (namespaces included), Refused for
    nesting deeper than DEPTH, entities of its own, or names and texts longer than libxml2 allows.
    """
    return _PARSED(body, ("xml", charset), lambda: _read_xml_within(body, charset))


def _read_xml_within(body: bytes, charset: str | None) -> Element:
    with _room_for(body):
        return _read_xml(body, charset)


def _read_xml(body: bytes, charset: str | None) -> Element:
    text = _decode(body, _xml_charset(body, charset), "XML")
    if not text.strip(" \t\r\n"):
        raise Unreadable("the XML is missing: the body is empty")
    if text.count("<") > VALUES:
        raise Refused(f"the XML has more than {VALUES} tags")
    if _DOCTYPE.match(text) and ("<!ENTITY" in text or "%" in text):
        raise Refused("the XML declares entities of its own")
    try:
        encoded = text.encode("utf-8")
    except UnicodeEncodeError as error:
        _unreadable("XML", "a lone surrogate", text, error.start)
    parser = etree.XMLParser(
        encoding="utf-8",  # what the document says of itself was heeded above
        resolve_entities=False,
        load_dtd=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(encoded, parser)
    except etree.XMLSyntaxError as error:
        reason = (error.msg or "not well-formed").split("\n")[0]
        if error.code in _OUT_OF_BOUNDS or _OUT_OF_BOUNDS_WORDS.search(reason):
            raise Refused(
                f"the XML passes a bound of the parser: {printable(reason, 120)}"
            ) from None
        raise _xml_error(reason, encoded, error.position) from None
    if text.count("=") > ATTRIBUTES and root.xpath("count(//@*)") > ATTRIBUTES:
        raise Refused(f"the XML has more than {ATTRIBUTES} attributes")
    depth = 0
    for event, node in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > DEPTH:
            raise Refused(f"the XML is nested deeper than {DEPTH} levels")
        if event == "start" and any(child.tag is etree.Entity for child in node):
            raise Refused("the XML refers to entities of its own")
    return root


def _xml_charset(body: bytes, charset: str | None) -> str:
    for mark, name in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return name
    if charset:
        return charset
    if body[:2] in (b"<\0", b"\0<"):
        return "utf-16"
    declared = _XML_DECLARED.match(body)
    return declared[1].decode("ascii") if declared else "utf-8"


def _xml_error(reason: str, encoded: bytes, where: tuple[int | None, int | None]) -> Unreadable:
    """The error of libxml2 with an excerpt: it counts lines from 1, and columns in bytes."""
    line, column = where[0] or 1, where[1] or 1
    start = 0
    for _ in range(line - 1):
        start = encoded.find(b"\n", start) + 1
    at = start + column - 1
    near = printable(encoded[max(0, at - 20) : at + 20].decode("utf-8", "replace"), 40)
    message = printable(reason.partition(", line ")[0], 120)
    return Unreadable(
        f"the XML breaks off at line {line}, column {column}, near `{near}`: {message}"
    )
