"""Ways to write the same JSON (RFC 8259), and to spell media types (RFC 9110, 8.3.1)."""

import json
from collections.abc import Callable

from ..faults.wrapping import redeclare
from ..parts import Parts
from ..values import Answer, Call, Json, Outcome
from .model import Apply, Variant, deciding, declared, is_xml, on_answer, parts

_SYNTAX = "how JSON is written (RFC 8259)"
_MEDIA = "how a media type is spelled (RFC 9110, 8.3.1)"


def _text(change: Callable[[str], str]) -> Apply:
    """Change the text of every JSON document."""

    def apply(to: Parts) -> None:
        inner = to.write_json
        to.write_json = lambda envelope: change(inner(envelope).decode("utf-8")).encode("utf-8")

    return parts(apply)


def _spaced(text: str) -> str:
    return "\r\n\t " + json.dumps(json.loads(text), ensure_ascii=False, indent="\t") + "\n\n"


def _ascii(text: str) -> str:
    return "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in text)


def _all_escaped(text: str) -> str:
    return _escaped(json.loads(text))


def _escaped(value: Json) -> str:
    if isinstance(value, str):
        units = value.encode("utf-16-be")
        pairs = (units[i : i + 2].hex().upper() for i in range(0, len(units), 2))
        return '"' + "".join(f"\\u{pair}" for pair in pairs) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(_escaped, value)) + "]"
    if isinstance(value, dict):
        members = (f"{json.dumps(name)}:{_escaped(inner)}" for name, inner in value.items())
        return "{" + ",".join(members) + "}"
    return json.dumps(value)


def _spelled(change: Callable[[Answer, str], str]) -> Apply:
    def changed(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        media = declared(answer)
        return redeclare(answer, change(answer, media)) if media else answer

    return on_answer(changed)


def _parametrised(answer: Answer, media: str) -> str:
    essence, _, charset = media.partition("; charset=")
    shown = f'charset="{charset}"; ' if charset else ""
    return f'{essence} ;{shown}version=12.6; profile="a;b,\\"c\\""'


def _in_odd_case(answer: Answer, media: str) -> str:
    essence, _, rest = media.partition(";")
    kind, _, subtype = essence.partition("/")
    return (
        f"{kind.title()}/{subtype.upper()};{rest.strip().replace('charset=utf-8', 'CharSet=UTF-8')}"
    )


def _without_charset(answer: Answer, media: str) -> str:
    return media.partition(";")[0]


def _vendor_json(answer: Answer, media: str) -> str:
    return media if is_xml(answer) else media.replace("/json", "/vnd.portal.api+json")


VARIANTS = (
    Variant("json-spaced", _SYNTAX, "white space around and between all members", _text(_spaced)),
    Variant(
        "json-ascii",
        _SYNTAX,
        "characters beyond ASCII escaped",
        _text(_ascii),
        aspects=deciding("JSON escapes"),
    ),
    Variant(
        "json-escaped",
        _SYNTAX,
        "every character of every text escaped",
        _text(_all_escaped),
        aspects=deciding("JSON escapes", "JSON spaces"),
    ),
    Variant("json-solidus", _SYNTAX, "/ written \\/", _text(lambda text: text.replace("/", "\\/"))),
    Variant(
        "json-media-vendor",
        "which media type JSON is declared as (RFC 6839)",
        "a vendor's media type with the suffix +json",
        _spelled(_vendor_json),
    ),
    Variant(
        "media-parameters",
        _MEDIA,
        "further parameters, quoted, with odd spaces",
        _spelled(_parametrised),
        aspects=deciding("media parameters"),
    ),
    Variant(
        "media-case",
        _MEDIA,
        "media types in mixed letter case",
        _spelled(_in_odd_case),
        aspects=deciding("media parameters"),
    ),
    Variant(
        "media-no-charset",
        _MEDIA,
        "media types without charset",
        _spelled(_without_charset),
        aspects=deciding("media parameters"),
    ),
)
"""What the JSON of a portal may look like, and how media types may be spelled."""
