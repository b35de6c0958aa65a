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
    Variant(
        name="json-spaced",
        leaves_open=_SYNTAX,
        summary="white space around and between all members",
        apply=_text(_spaced),
    ),
    Variant(
        name="json-ascii",
        leaves_open=_SYNTAX,
        summary="characters beyond ASCII escaped",
        apply=_text(_ascii),
        aspects=deciding("JSON escapes"),
    ),
    Variant(
        name="json-escaped",
        leaves_open=_SYNTAX,
        summary="every character of every text escaped",
        apply=_text(_all_escaped),
        aspects=deciding("JSON escapes", "JSON spaces"),
    ),
    Variant(
        name="json-solidus",
        leaves_open=_SYNTAX,
        summary="/ written \\/",
        apply=_text(lambda text: text.replace("/", "\\/")),
    ),
    Variant(
        name="json-media-vendor",
        leaves_open="which media type JSON is declared as (RFC 6839)",
        summary="a vendor's media type with the suffix +json",
        apply=_spelled(_vendor_json),
    ),
    Variant(
        name="media-parameters",
        leaves_open=_MEDIA,
        summary="further parameters, quoted, with odd spaces",
        apply=_spelled(_parametrised),
        aspects=deciding("media parameters"),
    ),
    Variant(
        name="media-case",
        leaves_open=_MEDIA,
        summary="media types in mixed letter case",
        apply=_spelled(_in_odd_case),
        aspects=deciding("media parameters"),
    ),
    Variant(
        name="media-no-charset",
        leaves_open=_MEDIA,
        summary="media types without charset",
        apply=_spelled(_without_charset),
        aspects=deciding("media parameters"),
    ),
)
"""What the JSON of a portal may look like, and how media types may be spelled."""
