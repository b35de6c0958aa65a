"""Whether the JSON and the XML form of an answer carry the same data.

The XML form says less than JSON, and a server may not be blamed for that. How it is read:

- a list is its element, repeated: nothing for an empty list, and a list of one looks like its item;
- everything is text: numbers are the same by value, `true` and `false` whatever their case;
- null, the empty text and an empty object are all an empty element, and null may be left out;
- a name that is no XML name is escaped: `2024 key` is `_x0032_024_x0020_key`;
- texts are the same to the character, but for line ends, and for characters that XML 1.0 does not
  have: where JSON holds one of those, any of the usual stand-ins will do, or none;
- a list in a list has no agreed form: an element that holds the items is accepted, and so are the
  items in a row;
- in the envelope, `count` and `startIndex` may be left out when they are 0;
- attributes, namespaces, comments and indentation are no data.

All of this is linear in the size of the two forms, and does not recurse.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias, cast

from lxml import etree

from workspace_conformance.exchange.parsing import DIGITS, Element, Json
from workspace_conformance.exchange.texts import printable

Path: TypeAlias = tuple[str | int, ...]
"""Where a value is: names of members and places in lists (from 0), from the root inwards."""

MOST: Final = 50
"""How many differences are listed at most."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOSSY = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffc\U00010000-\U0010ffff]")
_STAND_IN = re.compile(r"_x[0-9A-Fa-f]{4}_|\\u[0-9A-Fa-f]{4}|&#x?[0-9A-Fa-f]{1,6};|[\ufffd? ]")
_ESCAPED_NAME = re.compile(r"_x([0-9A-Fa-f]{8}|[0-9A-Fa-f]{4})_")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?0*[0-9]{1,4})?")
_XML_SPACE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Difference:
    """One point at which the two forms part.

    `json` and `xml` show, fit for a terminal, what either form has there; `sentence` says it all.
    """

    path: Path
    json: str
    xml: str
    sentence: str


def show(path: Path) -> str:
    """A path as people write it: `response[0].createdBy`; the root is `the value`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{printable(part)}" for part in path]
    return "".join(parts).removeprefix(".") or "the value"


@dataclass(frozen=True, slots=True)
class _Pair:
    """A JSON value and the sibling elements that stand for it, with either form's path to it."""

    value: Json
    elements: Sequence[Element]
    path: Path
    xml_path: Path


def compare(
    json_value: Json, xml: Element | Sequence[Element], ignore: Collection[Path] = ()
) -> list[Difference]:
    """Where the XML form of an answer differs from its JSON form; at most MOST differences.

    `json_value` is a whole envelope with `xml` its root `result`, or the member `response` with
    `xml` all elements of that name (none for an empty list). `ignore` holds paths, counted from
    what was given, that are skipped with everything below them: see `volatile`.
    """
    skip = frozenset(ignore)
    elements = [xml] if etree.iselement(xml) else list(xml)
    open_pairs = [_Pair(json_value, elements, (), ())]
    found: list[Difference] = []
    while open_pairs and len(found) < MOST:
        pair = open_pairs.pop()
        if pair.path in skip or pair.xml_path in skip:
            continue
        inner: list[_Pair] = []
        if isinstance(pair.value, list):
            found += _compare_list(pair.value, pair, inner)
        elif pair.value is None and not pair.elements:
            pass
        elif len(pair.elements) != 1:
            found.append(_wrong_number(pair))
        elif isinstance(pair.value, dict):
            found += _compare_object(pair.value, pair, inner, skip)
        else:
            found += _compare_scalar(pair.value, pair)
        open_pairs += reversed(inner)
    return found[:MOST]


def _wrong_number(pair: _Pair) -> Difference:
    """A single value that has no element, or several."""
    shown, where = _shown(pair.value), show(pair.path)
    if not pair.elements:
        return Difference(
            pair.path, shown, "nothing", f"{where} is {shown} in JSON, not in the XML"
        )
    has = f"{len(pair.elements)} elements"
    return Difference(pair.path, shown, has, f"{where} is {shown} in JSON, but {has} in XML")


def _compare_list(items: Sequence[Json], pair: _Pair, inner: list[_Pair]) -> Iterable[Difference]:
    elements = pair.elements
    if any(isinstance(item, list) for item in items) and not _is_nested(items, elements):
        items = _flat(items)
    if len(elements) != len(items):
        ours, theirs = _items(len(items)), _items(len(elements))
        sentence = f"{show(pair.path)} has {ours} in JSON, {theirs} in XML"
        return [Difference(pair.path, ours, theirs, sentence)]
    for index, (item, element) in enumerate(zip(items, elements, strict=True)):
        path = (*pair.path, index)
        xml_path = (*pair.xml_path, index) if len(elements) > 1 else pair.xml_path
        if not isinstance(item, list):
            inner.append(_Pair(item, [element], path, xml_path))
        elif _holds_items(element, item):
            inner.append(_Pair(item, _children(element), path, xml_path))
        elif item:
            inner.append(_Pair(_flat(item), [element], path, xml_path))
    return []


def _is_nested(items: Sequence[Json], elements: Sequence[Element]) -> bool:
    """Whether a list of lists is shown with one element for each inner list."""
    return len(items) == len(elements) and all(
        not isinstance(item, list)
        or len(item) == 1
        or (_holds_items(element, item) if item else _is_empty(element))
        for item, element in zip(items, elements, strict=True)
    )


def _items(number: int) -> str:
    return "1 item" if number == 1 else f"{number} items"


def _flat(items: Iterable[Json]) -> list[Json]:
    """The items, and in place of each list its own, however deep."""
    result: list[Json] = []
    waiting = list(items)[::-1]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += reversed(item)
        else:
            result.append(item)
    return result


def _holds_items(element: Element, items: Sequence[Json]) -> bool:
    """Whether an element is a list's wrapper, and not the only item of that list itself."""
    names = {child.tag for child in _children(element)}
    if len(names) != 1:
        return False
    only = items[0] if len(items) == 1 else None
    return not (isinstance(only, dict) and _name(_children(element)[0], only) in only)


def _compare_object(
    members: Mapping[str, Json], pair: _Pair, inner: list[_Pair], skip: frozenset[Path]
) -> list[Difference]:
    (element,) = pair.elements
    groups: dict[str, list[Element]] = {}
    for child in _children(element):
        groups.setdefault(_name(child, members), []).append(child)
    found = []
    text = _text(element)
    if text.strip(_XML_SPACE):
        shown = _quoted(text.strip(_XML_SPACE))
        sentence = f"{show(pair.path)} is an object in JSON, and has the text {shown} in XML"
        found.append(Difference(pair.path, "an object", shown, sentence))
        if not groups:
            return found
    for name, value in members.items():
        elements = groups.pop(name, [])
        if not elements and (not name or _may_be_left_out(name, value, element, pair.path)):
            continue
        xml_name = _local_name(elements[0]) if elements else name
        path, xml_path = (*pair.path, name), (*pair.xml_path, xml_name)
        inner.append(_Pair(value, elements, path, xml_path))
    for name, elements in groups.items():
        path = (*pair.path, name)
        if path in skip or (*pair.xml_path, name) in skip:
            continue
        shown = _quoted(_text(elements[0])) if not _children(elements[0]) else "an object"
        sentence = f"{show(path)} is {shown} in XML, not in the JSON"
        found.append(Difference(path, "nothing", shown, sentence))
    return found


def _may_be_left_out(name: str, value: Json, element: Element, path: Path) -> bool:
    is_envelope = not path and element.tag == "result"
    return is_envelope and name in ("count", "startIndex") and value == 0


def _compare_scalar(value: bool | int | Decimal | str | None, pair: _Pair) -> list[Difference]:
    (element,) = pair.elements
    where, ours = show(pair.path), _shown(value)
    if _children(element):
        has = "an element with members"
        return [Difference(pair.path, ours, has, f"{where} is {ours} in JSON, but {has} in XML")]
    text = _text(element)
    if _same(value, text, element):
        return []
    theirs = _quoted(text)
    if isinstance(value, str):  # show where they part, and not how they begin alike
        start = max(0, _alike(value, text) - 15)
        if start:
            ours, theirs = f"…{_quoted(value[start:])}", f"…{_quoted(text[start:])}"
    return [Difference(pair.path, ours, theirs, f"{where} is {ours} in JSON, {theirs} in XML")]


def _alike(a: str, b: str) -> int:
    """How many characters two texts have in common at their start."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((index for index, (x, y) in pairs if x != y), min(len(a), len(b)))


def _same(value: bool | int | Decimal | str | None, text: str, element: Element) -> bool:
    if value is None or value == "":
        return _is_empty(element)
    stripped = text.strip(_XML_SPACE)
    if isinstance(value, bool):
        return stripped.lower() == ("true" if value else "false")
    if isinstance(value, int | Decimal):
        is_number = len(stripped) <= 2 * DIGITS and _NUMBER.fullmatch(stripped)
        return bool(is_number) and Decimal(stripped) == Decimal(value)
    if _LOSSY.search(value):
        return _without_stand_ins(value) == _without_stand_ins(text)
    return _line_ends(value) == _line_ends(text)


def _without_stand_ins(text: str) -> str:
    return _STAND_IN.sub("", _FORBIDDEN.sub("", _line_ends(text)))


def _line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _shown(value: Json) -> str:
    if isinstance(value, list):
        return f"a list of {_items(len(value))}"
    if isinstance(value, dict):
        return "an object" if value else "an empty object"
    if isinstance(value, str):
        return _quoted(value)
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else printable(str(value))


def _quoted(text: str) -> str:
    return f'"{printable(text, 60)}"'


# --- elements -------------------------------------------------------------------------------------


def _children(element: Element) -> list[Element]:
    return [child for child in element if isinstance(child.tag, str)]


def _text(element: Element) -> str:
    """What an element says itself, outside of its children."""
    return "".join([element.text or "", *(child.tail or "" for child in element)])


def _is_empty(element: Element) -> bool:
    """Whether an element is empty, but for a line break and indentation that a printer put in."""
    text = _text(element)
    return not _children(element) and (not text or ("\n" in text and not text.strip(_XML_SPACE)))


def _local_name(element: Element) -> str:
    """An element's name without namespace, and with its escapes undone."""
    name = _ESCAPED_NAME.sub(_unescaped, etree.QName(element).localname)
    return name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return chr(code) if code <= 0x10FFFF else escape[0]


def _name(element: Element, members: Mapping[str, Json]) -> str:
    """The member that an element stands for: a member may itself be called `_x0041_`."""
    raw: str = etree.QName(element).localname
    return raw if raw in members else _local_name(element)


# --- what changes by itself -----------------------------------------------------------------------


def volatile(
    a: Json | Element | Sequence[Element], b: Json | Element | Sequence[Element]
) -> set[Path]:
    """The paths at which two reads of the same form differ, for `compare` to ignore.

    Both are JSON values, or both are XML: an element, or the tuple of all elements of one name.
    Lists are matched place by place; one that has changed its length is volatile as a whole. In XML
    a list of one cannot be told from its item, and adds no place to the path: `compare` knows.
    """
    found: set[Path] = set()
    if _is_xml(a) or _is_xml(b):
        _volatile_xml(_group(a), _group(b), found)
    else:
        _volatile_json(cast(Json, a), cast(Json, b), found)
    return found


def _is_xml(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and etree.iselement(value[0])
    return isinstance(value, tuple) or etree.iselement(value)


def _group(value: object) -> list[Element]:
    if etree.iselement(value):
        return [value]
    return list(value) if isinstance(value, list | tuple) else []


def _volatile_json(a: Json, b: Json, found: set[Path]) -> None:
    waiting: list[tuple[Json, Json, Path]] = [(a, b, ())]
    while waiting:
        left, right, path = waiting.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            found.update((*path, name) for name in left.keys() ^ right.keys())
            common = left.keys() & right.keys()
            waiting += [(left[name], right[name], (*path, name)) for name in common]
        elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
            pairs = zip(left, right, strict=True)
            waiting += [(x, y, (*path, index)) for index, (x, y) in enumerate(pairs)]
        elif isinstance(left, bool) != isinstance(right, bool) or left != right:
            found.add(path)


def _volatile_xml(a: list[Element], b: list[Element], found: set[Path]) -> None:
    waiting: list[tuple[list[Element], list[Element], Path]] = [(a, b, ())]
    while waiting:
        left, right, path = waiting.pop()
        if len(left) != len(right):
            found.add(path)
        elif len(left) > 1:
            pairs = zip(left, right, strict=True)
            waiting += [([x], [y], (*path, index)) for index, (x, y) in enumerate(pairs)]
        elif left:
            ours, theirs = _by_name(left[0]), _by_name(right[0])
            strip = _XML_SPACE if ours or theirs else ""
            if _text(left[0]).strip(strip) != _text(right[0]).strip(strip):
                found.add(path)
            waiting += [
                (ours.get(name, []), theirs.get(name, []), (*path, name)) for name in ours | theirs
            ]


def _by_name(element: Element) -> dict[str, list[Element]]:
    groups: dict[str, list[Element]] = {}
    for child in _children(element):
        groups.setdefault(_local_name(child), []).append(child)
    return groups
