"""The two forms of an answer: which one is asked for, and how each is written.

Source: Basic concepts, Making requests; the shape of the XML is that of real portals, where a
list repeats its element, null is an element that closes itself, and "" an empty pair of tags.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from .values import Asked, Form, Json, Place

MEDIA = {Form.JSON: "application/json; charset=utf-8", Form.XML: "text/xml; charset=utf-8"}
"""The Content-Type of each form."""

_NAMED = {"application/json": Form.JSON, "text/xml": Form.XML, "application/xml": Form.XML}

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_START = re.compile(r"[^\W\d]")
_ESCAPE_LOOKALIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def accepted(accept: str) -> Form | None:
    """The form that an Accept header names, the most wanted of several, or None."""
    best, best_quality = None, 0.0
    for item in accept.split(","):
        media, *parameters = item.split(";")
        form = _NAMED.get(media.strip().lower())
        if form is not None and (quality := _quality(parameters)) > best_quality:
            best, best_quality = form, quality
    return best


def choose(asked: Asked, place: Place) -> Form:
    """The form to answer in: the suffix, else what Accept names, else Content-Type, else XML."""
    if place.suffix is not None:
        return place.suffix
    named = accepted(asked.headers.get("accept", ""))
    if named is not None:
        return named
    media = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Form.JSON if media == "application/json" else Form.XML


def write_json(envelope: Json) -> bytes:
    """The envelope as JSON, in UTF-8."""
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


@lru_cache(maxsize=1024)
def element_name(name: str) -> str:
    """A member's name as an XML name; what no name may hold is written _xHHHH_.

    For example "2024 key" is _x0032_024_x0020_key.
    """

    def escaped(char: str) -> str:
        code = ord(char)
        return f"_x{code:04X}_" if code < 0x10000 else f"_x{code:08X}_"

    def lawful(char: str, first: bool) -> bool:
        if char.isascii():
            return bool(_START.match(char)) or (not first and (char.isdigit() or char in "-."))
        return char.isalpha() and ord(char) < 0x2000

    name = _ESCAPE_LOOKALIKE.sub("_x005F_", name)
    return "".join(c if lawful(c, i == 0) else escaped(c) for i, c in enumerate(name)) or "_"


def xml_text(text: str) -> str:
    """A text as XML character data; what XML cannot carry becomes U+FFFD."""
    return _NOT_XML.sub("\ufffd", text).translate(_MARKUP)


def _elements(name: str, value: Json) -> Iterator[str]:
    if value is None:
        yield f"<{name} />"
    elif isinstance(value, list):
        for item in value:
            yield from _elements(name, item)
    else:
        yield f"<{name}>"
        yield from _content(value)
        yield f"</{name}>"


def _content(value: bool | int | float | str | dict[str, Json]) -> Iterator[str]:
    if isinstance(value, str):
        yield xml_text(value)
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _elements(element_name(name), member)
    else:
        yield str(value)


def write_xml(envelope: Json) -> bytes:
    """The envelope as XML under the root element result, in UTF-8."""
    return "".join(_elements("result", envelope)).encode("utf-8")
