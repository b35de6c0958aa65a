"""Bodies of answers: their media type, their reading, and the envelope around what they say.

The way of a body is `decode_content` (what Content-Encoding did), `MediaType.parse` (what
Content-Type declares), `read` (a JSON value or the root of an XML document), `envelope`. Whatever
stands in the way raises `Unreadable`, or `Refused` where it is our own bound that was passed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree

from workspace_conformance.exchange.content_coding import decode_content
from workspace_conformance.exchange.parsing import (
    Element,
    Json,
    Refused,
    Unreadable,
    duplicate_names,
    legible,
    read_json,
    read_xml,
)
from workspace_conformance.exchange.texts import printable

__all__ = [
    "Element",
    "Envelope",
    "Json",
    "MediaType",
    "Refused",
    "Unreadable",
    "decode_content",
    "duplicate_names",
    "envelope",
    "json_envelope",
    "legible",
    "read",
    "read_json",
    "read_xml",
    "xml_envelope",
]

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_ESSENCE = re.compile(rf"[ \t]*({_TOKEN})/({_TOKEN})[ \t]*")
_PARAMETER = re.compile(rf'[ \t]*(?:({_TOKEN})[ \t]*=[ \t]*({_TOKEN}|"(?:[^"\\]|\\.)*+"))?[ \t]*')
_QUOTED_PAIR = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type as in Content-Type (RFC 9110, 8.3.1): `text/xml; charset=UTF-8`.

    The type, the subtype and the parameters' names are lower-cased; parameters' values are as sent,
    without their quotes. Of a repeated parameter the first counts.
    """

    type: str
    subtype: str
    parameters: dict[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def parse(cls, value: str | None) -> MediaType | None:
        """Read a Content-Type value; None where there is none or it is not a media type.

        White space around `;`, `=` and the whole is tolerated, as are empty parameters.
        """
        start = _ESSENCE.match(value) if value is not None else None
        if value is None or start is None:
            return None
        parameters: dict[str, str] = {}
        position = start.end()
        while position < len(value):
            if value[position] != ";":
                return None
            found = _PARAMETER.match(value, position + 1)
            if found is None:  # pragma: no cover - the pattern matches the empty text too
                return None
            if found[1] is not None:
                text = found[2]
                if text.startswith('"'):
                    text = _QUOTED_PAIR.sub(r"\1", text[1:-1])
                parameters.setdefault(found[1].lower(), text)
            position = found.end()
        return cls(start[1].lower(), start[2].lower(), parameters)

    @property
    def essence(self) -> str:
        """The type and subtype alone: `text/xml`."""
        return f"{self.type}/{self.subtype}"

    @property
    def charset(self) -> str | None:
        """The declared charset, lower-cased; None where none is declared."""
        declared = self.parameters.get("charset", "").strip().lower()
        return declared or None

    @property
    def is_json(self) -> bool:
        """Whether it declares JSON: application/json, text/json, or a subtype ending in +json."""
        return self.essence in ("application/json", "text/json") or self.subtype.endswith("+json")

    @property
    def is_xml(self) -> bool:
        """Whether it declares XML (RFC 7303): text/xml, application/xml, a subtype in +xml."""
        return self.essence in ("application/xml", "text/xml") or self.subtype.endswith("+xml")

    def __str__(self) -> str:
        return "; ".join([self.essence, *(f"{k}={v}" for k, v in self.parameters.items())])


def read(body: bytes, media_type: MediaType | None) -> Json | Element:
    """Read a body as its media type declares: a JSON value, or the root element.

    Raises Unreadable where that is neither JSON nor XML, and what `read_json`, `read_xml` raise.
    """
    if media_type is not None and media_type.is_json:
        return read_json(body, media_type.charset)
    if media_type is not None and media_type.is_xml:
        return read_xml(body, media_type.charset)
    declared = "nothing" if media_type is None else printable(str(media_type))
    raise Unreadable(f"the body is declared as {declared}, which is neither JSON nor XML")


# --- the envelope ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Envelope:
    """The envelope around every answer (AU): status, statusCode, count, and response or error.

    `status`, `status_code` and `count` are None where they are missing or no whole numbers.
    `response` and `error` are the JSON value, or, from XML, the tuple of all elements of that name:
    a list of n items is n elements, and a single record looks like a list of one. What is missing
    (`has_response`, `has_error` False) is None in JSON and an empty tuple in XML; in XML an empty
    list is missing too. `raw` is the whole envelope: a dict, or the element `result`.
    """

    media: Literal["json", "xml"]
    status: int | None
    status_code: int | None
    count: int | None
    has_response: bool
    response: Json | tuple[Element, ...]
    has_error: bool
    error: Json | tuple[Element, ...]
    raw: Json | Element


def envelope(value: Json | Element) -> Envelope:
    """The envelope in what `read` returned; Unreadable where it is none."""
    return xml_envelope(value) if etree.iselement(value) else json_envelope(value)


def json_envelope(value: Json) -> Envelope:
    """The envelope in a JSON value; Unreadable where that is no object."""
    if not isinstance(value, dict):
        kind = "null" if value is None else type(value).__name__
        raise Unreadable(f"the JSON is no envelope: not an object, but {kind}")

    def number(name: str) -> int | None:
        found = value.get(name)
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    return Envelope(
        "json",
        number("status"),
        number("statusCode"),
        number("count"),
        "response" in value,
        value.get("response"),
        "error" in value,
        value.get("error"),
        value,
    )


def xml_envelope(root: Element) -> Envelope:
    """The envelope in an XML document; Unreadable where the root element is not `result`."""
    if root.tag != "result":
        raise Unreadable(f"the XML is no envelope: its root is <{printable(str(root.tag))}>")

    def number(name: str) -> int | None:
        found = root.findall(name)
        text = (found[0].text or "").strip() if len(found) == 1 and not len(found[0]) else ""
        return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None

    response, error = tuple(root.findall("response")), tuple(root.findall("error"))
    return Envelope(
        "xml",
        number("status"),
        number("statusCode"),
        number("count"),
        bool(response),
        response,
        bool(error),
        error,
        root,
    )
