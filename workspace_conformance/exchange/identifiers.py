"""Ids to try on a portal, one by one: what each means, and exactly how it is sent.

An id is one segment of a path. The `wire` of an :class:`Identifier` has only characters that a
request target may have (RFC 3986, 3.3). The lists here are what can be gone through in full;
`identifiers` draws from them and from what has no end.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote, unquote

SUFFIXES: Final = (".json", ".xml")
"""The documented format suffixes, which are no part of an id."""

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


class Form(StrEnum):
    """What ids of a kind of record look like."""

    GUID = "GUID"
    INTEGER = "integer"
    NAME = "name"


def form_of(real_ids: Sequence[str]) -> Form:
    """The form of a portal's ids, told from real ones; NAME where there are none."""
    if real_ids and all(_GUID.fullmatch(real) for real in real_ids):
        return Form.GUID
    if real_ids and all(re.fullmatch("[0-9]{1,18}", real) for real in real_ids):
        return Form.INTEGER
    return Form.NAME


@dataclass(frozen=True, slots=True, repr=False)
class Identifier:
    """An id as it is meant and as it is sent.

    `wire` is exactly the path segment in the URL; `text` is what it says once percent-decoded, with
    U+FFFD for what is no UTF-8; `kind` says in a few words what is tried.
    """

    text: str
    wire: str
    kind: str

    def describe(self) -> str:
        """The id in ASCII without control characters, shortened: fit for any terminal."""
        return f"{self.kind} {_short(ascii(self.text))}, sent as {_short(self.wire)}"

    def __repr__(self) -> str:
        return f"<{self.describe()}>"


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:60]}...{text[-20:]} ({len(text)} characters)"


def encode(text: str) -> str:
    """A text as one path segment: all percent-encoded but the unreserved characters.

    Dot segments are encoded too, and so are lone surrogates (as three bytes each).
    """
    if text in (".", ".."):
        return "%2E" * len(text)
    return quote(text, safe="", errors="surrogatepass")


def meaning(text: str, form: Form) -> str:
    """One text for all lawful spellings of one id: letter case, a GUID's braces, leading zeros, white
    space around it, a slash that leads nowhere else.
    """
    text = text.strip().removeprefix("./").removesuffix("/.").strip("/\\").strip()
    if form is Form.GUID:
        bare = text.lower().removeprefix("urn:uuid:")
        digits = re.sub(r"[{}()-]", "", bare)
        return digits if re.fullmatch("[0-9a-f]{32}", digits) else bare
    if form is Form.INTEGER:
        number = _integer(text)
        return text if number is None else str(number)
    return unicodedata.normalize("NFC", text).casefold()


def _integer(text: str) -> int | None:
    """The integer that a lenient parser may see in a text."""
    try:
        return int(text) if len(text) < 1_000 else None
    except ValueError:
        return None


def _sent(kind: str, *wires: str) -> list[Identifier]:
    return [Identifier(unquote(wire), wire, kind) for wire in wires]


def _meant(kind: str, *texts: str) -> list[Identifier]:
    return [Identifier(text, encode(text), kind) for text in texts]


def allowed(
    form: Form, known: Collection[str], reserved: Collection[str]
) -> Callable[[Identifier], bool]:
    """Whether an id is neither a real one, nor a documented segment, nor lawfully another URL."""
    taken = {meaning(real, form) for real in known}
    literal = {segment.casefold() for segment in reserved}

    def is_allowed(found: Identifier) -> bool:
        texts = {found.text}
        for suffix in SUFFIXES:
            texts.add(found.text.removesuffix(suffix))
        return not any(
            text in ("", ".", "..") or text.casefold() in literal or meaning(text, form) in taken
            for text in texts
        )

    return is_allowed


def _distinct(found: Iterable[Identifier]) -> list[Identifier]:
    """Each wire once, at its first place."""
    first: dict[str, Identifier] = {}
    for identifier in found:
        first.setdefault(identifier.wire, identifier)
    return list(first.values())


# --- ids of the right form ------------------------------------------------------------------------


def near_miss_list(
    real: str, form: Form, known: Collection[str] = (), reserved: Collection[str] = ()
) -> list[Identifier]:
    """Ids that nearly are `real`, and lawfully are neither it nor another of `known`.

    Where ids are integers, no other plain integer is among them: it may be another record's.
    """
    wire, half = encode(real), len(real) // 2
    altered = ["~", "0"] if form is not Form.GUID else ["0", "1", "g"]
    found = [
        *_meant("prefix of a real id", real[:-1], real[:half]),
        *_meant("end of a real id", real[1:]),
        *_meant("real id with more after it", real + "0", real + "x", real + "~"),
        *_meant("real id with more before it", "0x" + real, "x" + real, "~" + real),
        *_meant("real id twice", real + real, f"{real}-{real}"),
        *_meant("list of a real id", f"{real},{real}", f"{real},x"),
        *_meant("real id with one character altered", *(real[:-1] + char for char in altered)),
        *_meant("real id with one character altered", *(char + real[1:] for char in altered)),
        *_sent("real id and an unseen character", wire + "%E2%80%8B", "%EF%BB%BF" + wire),
        *_sent("real id and another word", wire + "%20x", "x%20" + wire, wire + "%0Ax"),
        *_sent("real id and a null character", wire + "%00", wire + "%00x", "%00" + wire),
        *_sent("real id and an encoded slash", wire + "%2Fx", "x%2F" + wire, wire + "%252F"),
        *_sent("real id and a dot", wire + ".", "." + wire),
        *_sent("real id and a parameter", wire + ";", wire + ";a=b", wire + "%3B", wire + "&a=b"),
        *_sent("real id and an encoded query", wire + "%3F", wire + "%3Fa=b", wire + "%23a"),
        *_sent("real id and a wildcard", wire + "*", wire + "%25", encode(real[:half]) + "*"),
        *_sent(
            "real id with a wildcard in it", *(encode(real[:-1]) + w for w in ("_", "%3F", "."))
        ),
        *_meant("real id with a wildcard in it", real[:half] + "%", "%" + real[half:]),
        *_meant("real id in quotes", f"'{real}'", f'"{real}"', real + "'", real + "' or '1'='1"),
        *_meant("real id in a statement", f"{real}' or 1=1--", "') or ('1'='1", "x' or 'a'='a"),
        *_meant("real id in a filter", '{"$ne":null}', f'{{"$gt":"{real[:half]}"}}', "[$ne]="),
        *_meant("real id in a directory filter", f"*)(id={real})", f"{real}*)(|(id=*", "*)(id=*"),
        *_meant("real id in a path expression", f"{real}' or true() or '", f"{real}'] | //*['"),
        *_meant("real id in a template", f"{{{{'{real}'}}}}", f"${{'{real}'}}", f"<%='{real}'%>"),
        *_meant("real id among others", f"{real};x", f"x,{real}", f"{real}|x", f"x {real}"),
        *_meant("real id in letters that look alike", *_alike(real)),
        *_meant("real id encoded twice", _escaped(real), _escaped(real[:1]) + real[1:]),
    ]
    is_allowed = allowed(form, [*known, real], reserved)
    integers = form is Form.INTEGER
    return _distinct(
        miss
        for miss in found
        if is_allowed(miss) and not (integers and re.fullmatch("[0-9]+", miss.text))
    )


_LOOKS_LIKE: Final = str.maketrans("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ")
_WIDE: Final = {ord(char): ord(char) + 0xFEE0 for char in "0123456789abcdefABCDEF"}


def _alike(text: str) -> list[str]:
    """A text with letters of another script in it, and with full-width digits."""
    return [
        other for other in (text.translate(_LOOKS_LIKE), text.translate(_WIDE)) if other != text
    ]


def _escaped(text: str) -> str:
    """All of a text percent-encoded, letters too."""
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def same_id_list(real: str, form: Form) -> list[Identifier]:
    """Other spellings of `real` that may lawfully mean the same record, or nothing at all."""
    found = _meant("real id in other letter case", real.upper(), real.lower(), real.swapcase())
    if form is Form.GUID:
        bare = real.replace("-", "")
        found += _meant("GUID in another notation", bare, f"{{{real}}}", f"({real})")
        found += _meant("GUID in another notation", f"urn:uuid:{real}")
    elif form is Form.INTEGER:
        found += _meant("integer in another notation", f"0{real}", f"000{real}", f"+{real}")
    else:
        found += _meant("real id in decomposed characters", unicodedata.normalize("NFD", real))
    wire = encode(real)
    found += _sent("real id padded with white space", wire + "%20", "%20" + wire, wire + "%09")
    found += _sent("real id padded with white space", wire + "%0A", wire + "%0D%0A")
    found += _sent("real id padded with white space", "%C2%A0" + wire)
    found += _sent("real id and an encoded slash", wire + "%2F", "%2F" + wire, ".%2F" + wire)
    found += _sent("real id and an encoded slash", wire + "%5C", wire + "%2F.")
    found = [spelling for spelling in found if spelling.text != real]
    return _distinct([*_sent("real id percent-encoded", _escaped(real)), *found])


# --- ids of the wrong form ------------------------------------------------------------------------

# What is of no usual form, simplest first; `wrong_form` leaves out what suits the form at hand.
WRONG: Final[Sequence[Identifier]] = [
    *_meant("word", "abc", "true", "null", "-", "_", "~"),
    *_meant("dots", "...", "....", ".. ."),
    *_meant("negative number", "-1", "-2147483649", "-9223372036854775809"),
    *_meant("number with a fraction or an exponent", "1.5", "1.0", "1e3", "-0.0", ".5", "1,5"),
    *_meant("number beyond 32 bits", str(2**31), str(2**32), str(2**32 + 1)),
    *_meant("number beyond 64 bits", str(2**63), str(2**64), str(2**64 + 1), "1" * 40),
    *_meant("hexadecimal number", "0x1", "0x7FFFFFFF", "1F"),
    *_meant("nearly a GUID", "00000000-0000-4000-8000-00000000000", "z" * 32),
    *_meant("nearly a GUID", "00000000-0000-4000-8000-0000000000000", "0000-4000-8000"),
    *_meant("nearly a GUID", "zzzzzzzz-zzzz-4zzz-8zzz-zzzzzzzzzzzz"),
    *_meant("list", "1,2", "a,b", "[1]", "[]", "{}", '{"id":1}', "1 2", "1;2", "1|2", "1&2"),
    *_meant("wildcard", "*", "?", "%", "_%", "%%", ".*", "*.*", "[a-z]", "^.*$", "**"),
    *_meant("quotes", "'", '"', "`", "' or '1'='1", '" or ""="', "1;--", "');--"),
    *_meant("markup", "<b>", "<script>alert(1)</script>", "]]>", "&amp;", "&", "<!--", "<![CDATA["),
    *_meant(
        "markup", '"><svg onload=alert(1)>', "<?xml?>", "&lt;b&gt;", "&#60;b&#62;", "</result>"
    ),
    *_meant("template or format string", "${7*7}", "{{7*7}}", "#{7*7}", "<%= 7*7 %>", "{0}"),
    *_meant("template or format string", "%s%n", "%d", "$(id)", "`id`", "{id!r}", "%x" * 20),
    *_meant("percent-encoding", "%61", "%2561", "%", "%%", "%zz", "%u0061", "%00"),
    *_sent("bytes that are no UTF-8", "%FF", "%C3", "%C3%28", "%ED%A0%80", "%F4%90%80%80", "%80x"),
    *_meant("null or control character", "\0", "a\0b", "\x07", "\x1b[31m", "a\r\nb: c", "\x7f"),
    *_meant("right-to-left mark", "\u200fa", "a\u202eb", "\u2066a", "אב", "ع"),
    *_meant("combining character", "e\u0301", "\u0301", "a" + "\u0301" * 20, "\u200d"),
    *_meant("astral character", "😀", "👩‍👩‍👧", "𝒳", "\U0010ffff", "𠮷"),
    *_meant("white space", " ", "\t", "\xa0", "\u2003", "\u3000", "a b"),
    *_meant("name of a file", "conformance.json", "conformance.xml.json", "conformance.xml"),
    *_meant("name of a file", "conformance.yaml", "conformance.aspx", "web.config", "con", "nul"),
]


def is_of(form: Form, text: str) -> bool:
    """Whether a lenient server may take a text for an id of the form GUID or INTEGER."""
    bare = text.strip()
    if form is Form.GUID:
        return bool(re.fullmatch("[0-9a-f]{32}", meaning(bare, form)))
    number = _integer(bare) if form is Form.INTEGER else None
    return number is not None and 0 <= number < 2**31


def nobody(found: Identifier) -> Identifier:
    """A name that nobody has: where all characters could be a user's, with a word after it."""
    ordinary = all(char.isalnum() or char in "._-~" for char in found.text)
    if not ordinary or len(found.text) > 100 or "conformance" in found.text:
        return found
    text = found.text + "-conformance"
    return Identifier(text, encode(text), found.kind)


_UP: Final = {
    "encoded slash": "..%2F",
    "encoded dots and slash": "%2E%2E%2F",
    "encoded backslash": "..%5C",
    "encoded dots and backslash": "%2E%2E%5C",
    "dots and slash encoded twice": "..%252F",
    "all of it encoded twice": "%252E%252E%252F",
    "overlong UTF-8": "%C0%AE%C0%AE%2F",
    "overlong slash": "..%C0%AF",
    "dots with a parameter": "..;%2F",
}


def escape_list(targets: Sequence[str] = ("@self", "group", "people")) -> list[Identifier]:
    """Ids that lead to other resources where a server decodes, then resolves, what it should not.

    `targets` are paths of documented resources, seen from the id's own collection, from one of its
    ancestors, or from the API's root; slashes in them are encoded as fits.
    """
    found = []
    for kind, up in _UP.items():
        slash = re.split(r"\.\.;|\.\.|%2E%2E|%252E%252E|%C0%AE%C0%AE", up)[1]
        for target in targets:
            end = encode(target).replace("%40", "@").replace("%2F", slash)
            wires = [up * depth + end for depth in (1, 2, 3)]
            found += _sent(kind, f"x{slash}{up}{end}", *wires, f"x{slash}{up}{up}{end}")
    for target in targets:
        end = encode(target).replace("%40", "@")
        found += _sent("absolute path", f"%2Fapi%2F2.0%2F{end}", f"%2F%2Fapi%2F2.0%2F{end}")
        found += _sent("absolute path", f"%5Capi%5C2.0%5C{end}", f"%2F{end}")
        found += _sent("resource with an end", f".%2F{end}", f"{end}%2F", f"{end}%00", f"{end}%3F")
        found += _sent("resource with an end", f"{end}%23", f"{end};x", f"{end}%20", f"{end}%2F.")
    found += _sent(
        "file", "%2Fetc%2Fpasswd", "file:%2F%2F%2Fetc%2Fpasswd", "C:%5CWindows%5Cwin.ini"
    )
    found += _sent("file", "..%2F..%2F..%2F..%2F..%2Fetc%2Fpasswd", "..%5C..%5Cweb.config")
    found += _sent("encoded slash alone", "%2F", "%2F%2F", "%5C", "%2F.", "%2F..", "..%2F", "..%5C")
    return _distinct(found)


def placeholder_list(name: str = "userid") -> list[Identifier]:
    """What is sent when a client forgets to put the id in; `name` is the path parameter's."""
    return _distinct(
        [
            *_meant("placeholder", f"{{{name}}}", f"%7B{name}%7D", f"<{name}>"),
            *_sent("placeholder", f":{name}", ":id", "$id", "undefined", "null", "None", "NaN"),
            *_meant("placeholder", "<id>", "{id}", f"${{{name}}}", "[object Object]"),
        ]
    )
