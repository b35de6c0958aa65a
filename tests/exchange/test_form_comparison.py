"""A lawful XML form is never accused, and no lost or changed datum is overlooked."""

from __future__ import annotations

import re
from copy import deepcopy
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from workspace_conformance.exchange.form_comparison import MOST, compare, show, volatile
from workspace_conformance.exchange.media import Element, Json, read_json, read_xml

QUICK = settings(max_examples=120, derandomize=True, database=None, deadline=None)


def xml_of(value: Json, name: str = "response", pretty: bool = False) -> Element:
    """A lawful XML form: the element `root` around what `value` is under `name`."""
    root = etree.Element("root")
    waiting: list[tuple[Json, str, Element]] = [(value, name, root)]
    while waiting:
        item, tag, parent = waiting.pop()
        if isinstance(item, list):
            waiting += [(inner, tag, parent) for inner in reversed(item)]
            continue
        element = etree.SubElement(parent, escaped(tag))
        if isinstance(item, dict):
            waiting += [(inner, inner_name, element) for inner_name, inner in item.items()]
        elif isinstance(item, bool):
            element.text = "True" if item else "false"
        elif isinstance(item, str):
            element.text = re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", item)
        elif item is not None:
            element.text = f"{Decimal(item):E}"
    # A copy: what was read is shared, and tests change it.
    return deepcopy(read_xml(etree.tostring(root, encoding="utf-8", pretty_print=pretty)))


def escaped(name: str) -> str:
    """An XML name for any text, as .NET's XmlConvert.EncodeLocalName makes it."""
    if re.fullmatch("[A-Za-z][A-Za-z0-9]*", name):
        return name
    units = name.encode("utf-16-be")
    return "".join(f"_x{units[i]:02X}{units[i + 1]:02X}_" for i in range(0, len(units), 2))


def differences(value: str, xml: str) -> list[str]:
    root = read_xml(f"<root>{xml}</root>".encode())
    return [found.sentence for found in compare(read_json(value.encode()), list(root))]


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-1000, max_value=1000)
    | st.text(max_size=12)
)
names = st.text("abcé 2:-_x0041", min_size=1, max_size=9) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3
)
# No list straight in a list: that has several lawful forms, which are listed below.
values = st.recursive(
    scalars,
    lambda inner: st.dictionaries(names, inner | st.lists(inner, max_size=3)),
    max_leaves=12,
)


@QUICK
@given(st.one_of(values, st.lists(values, max_size=4)), st.booleans())
def test_a_lawful_xml_form_has_no_difference(value: Json, pretty: bool) -> None:
    root = xml_of(value, pretty=pretty)
    assert compare(value, list(root)) == []
    assert compare({"response": value}, root) == []
    assert volatile(list(root), list(deepcopy(root))) == set()


@QUICK
@given(st.lists(values, min_size=1, max_size=4), st.data())
def test_a_datum_that_was_lost_or_changed_is_found(value: list[Json], data: st.DataObject) -> None:
    root = xml_of(value)
    nodes = [node for node in root.iter() if node is not root]
    node = data.draw(st.sampled_from(nodes))
    parent = node.getparent()
    assert parent is not None
    change = data.draw(st.sampled_from(["text", "extra", "twice", "lost"]))
    if change == "text":
        node.text = (node.text or "") + "§"
    elif change == "extra":
        etree.SubElement(node, "conformance").text = "1"
    elif change == "twice":
        parent.insert(parent.index(node), deepcopy(node))
    elif not len(node) and not (node.text or "").strip():
        node.text = "lost"  # an empty element may stand for null, and be left out
    else:
        parent.remove(node)
    assert compare(value, list(root))


@pytest.mark.parametrize(
    ("value", "xml"),
    [
        ("[]", ""),
        ("null", ""),
        ("null", "<r/>"),
        ('""', "<r></r>"),
        ("{}", "<r/>"),
        ('{"a": null, "b": []}', "<r/>"),
        ('[{"a": 1}]', "<r><a>1</a></r>"),
        ('{"a": ["x"]}', "<r><a>x</a></r>"),
        ('{"a": [1, 2], "b": 3}', "<r><a>1</a><b>3</b><a>2</a></r>"),
        ('{"2024 key": 1}', "<r><_x0032_024_x0020_key>1</_x0032_024_x0020_key></r>"),
        ('{"_x0041_": 1}', "<r><_x0041_>1</_x0041_></r>"),
        ('{"😀": 1}', "<r><_xD83D__xDE00_>1</_xD83D__xDE00_></r>"),
        ("[1.0, 100, 0.001]", "<r>1</r><r>1E+2</r><r>1e-3</r>"),
        ("[true, false]", "<r>True</r><r>FALSE</r>"),
        (r'"a\r\nb\rc"', "<r>a\nb\nc</r>"),
        (r'"a\r\nb"', "<r>a&#13;\nb</r>"),
        (r'"a\u0001b"', "<r>ab</r>"),
        (r'"a\u0001b"', "<r>a\ufffdb</r>"),
        (r'"a\u0001b"', "<r>a_x0001_b</r>"),
        (r'"a\ud800b"', "<r>a?b</r>"),
        ('{"a": "x"}', '<r b="c" xmlns:d="e"><!-- c --><a>x</a><?p?></r>'),
        ('{"a": "<&"}', "<r><a><![CDATA[<&]]></a></r>"),
        ("[[1, 2], [3]]", "<r><i>1</i><i>2</i></r><r><i>3</i></r>"),
        ("[[1, 2], [3]]", "<r>1</r><r>2</r><r>3</r>"),
        ("[[1, 2], []]", "<r>1</r><r>2</r>"),
        ("[[1, 2], []]", "<r><r>1</r><r>2</r></r><r/>"),
        ('[[{"a": 1}], [{"a": 2}]]', "<r><a>1</a></r><r><a>2</a></r>"),
        ('[[{"a": 1}], [{"a": 2}]]', "<r><r><a>1</a></r></r><r><r><a>2</a></r></r>"),
    ],
)
def test_what_xml_cannot_say_is_no_difference(value: str, xml: str) -> None:
    assert differences(value, xml) == []


@pytest.mark.parametrize(
    ("value", "xml", "sentence"),
    [
        ("[]", "<r/>", "the value has 0 items in JSON, 1 item in XML"),
        ("[1, 2]", "<r>1</r>", "the value has 2 items in JSON, 1 item in XML"),
        ("[1, 2]", "<r>2</r><r>1</r>", '[0] is 1 in JSON, "2" in XML'),
        ('{"a": ""}', "<r/>", 'a is "" in JSON, not in the XML'),
        ('{"a": "x"}', "<r/>", 'a is "x" in JSON, not in the XML'),
        ('{"a": {}}', "<r/>", "a is an empty object in JSON, not in the XML"),
        ('{"a": 1}', "<r><a>1</a><a>1</a></r>", "a is 1 in JSON, but 2 elements in XML"),
        ("{}", "<r><b>1</b></r>", 'b is "1" in XML, not in the JSON'),
        ("{}", "<r>text</r>", 'the value is an object in JSON, and has the text "text" in XML'),
        (
            '{"a": {"b": 1}}',
            "<r><a>1</a></r>",
            'a is an object in JSON, and has the text "1" in XML',
        ),
        ("null", "<r>null</r>", 'the value is null in JSON, "null" in XML'),
        ("true", "<r>1</r>", 'the value is true in JSON, "1" in XML'),
        ("1", "<r>true</r>", 'the value is 1 in JSON, "true" in XML'),
        ("1", "<r>1e99999</r>", 'the value is 1 in JSON, "1e99999" in XML'),
        ("0.1", "<r>0,1</r>", 'the value is 0.1 in JSON, "0,1" in XML'),
        ('"é"', "<r>Ã©</r>", 'the value is "é" in JSON, "Ã©" in XML'),
        ('"a"', "<r> a</r>", 'the value is "a" in JSON, " a" in XML'),
        ('"&"', "<r>&amp;amp;</r>", 'the value is "&" in JSON, "&amp;" in XML'),
        (r'"a\u0001b"', "<r>ac</r>", r'the value is "a\x01b" in JSON, "ac" in XML'),
        ('"a"', "<r><a/></r>", 'the value is "a" in JSON, but an element with members in XML'),
        ("[[1, 2], [3]]", "<r>1</r><r>2</r>", "the value has 3 items in JSON, 2 items in XML"),
        (
            "[[1, 2], [3]]",
            "<r><i>1</i></r><r><i>3</i></r>",
            "[0] has 2 items in JSON, 1 item in XML",
        ),
    ],
)
def test_everything_else_is_a_difference(value: str, xml: str, sentence: str) -> None:
    assert sentence in differences(value, xml)


def test_a_difference_in_a_long_text_is_shown_where_it_is() -> None:
    (found,) = compare({"a": "x" * 500 + "yes"}, xml_of({"a": "x" * 500 + "no"})[0])
    assert found.path == ("a",)
    assert (found.json, found.xml) == (f'…"{"x" * 15}yes"', f'…"{"x" * 15}no"')


def test_the_envelope_may_leave_out_a_count_of_zero() -> None:
    value: Json = {"count": 0, "startIndex": 0, "status": 0, "statusCode": 200, "response": []}
    xml = b"<result><status>0</status><statusCode>200</statusCode></result>"
    assert compare(value, read_xml(xml)) == []
    assert [found.path for found in compare({"response": value}, [read_xml(xml)])] != []
    assert isinstance(value, dict)
    value["count"] = 1
    assert [found.path for found in compare(value, read_xml(xml))] == [("count",)]


def test_what_is_volatile_is_ignored() -> None:
    before: Json = {"now": 1, "items": [{"id": 1, "seen": 5}], "log": [1], "more": [1, 2]}
    after: Json = {"now": 2, "items": [{"id": 1, "seen": 6}], "log": [1, 2], "more": [1, 3]}
    of_json = volatile(before, after)
    assert of_json == {("now",), ("items", 0, "seen"), ("log",), ("more", 1)}
    of_xml = volatile(xml_of(before)[0], xml_of(after)[0])
    assert of_xml == {("now",), ("items", "seen"), ("log",), ("more", 1)}
    for ignored in (of_json, of_xml):
        assert compare(before, list(xml_of(after)), ignored) == []
    assert len(compare(before, list(xml_of(after)))) == 4
    assert compare(before, list(xml_of(after)), {("now",)}) != []


def test_volatile_sees_types_and_missing_members() -> None:
    assert volatile({"a": 1, "b": 1, "c": [1]}, {"a": True, "c": {}}) == {("a",), ("b",), ("c",)}
    assert volatile([1, 2], [1]) == {()}
    assert volatile({"a": 1}, {"a": Decimal("1.0")}) == set()
    assert volatile((), tuple(xml_of([1]))) == {()}
    ignored = volatile(xml_of({"x y": 1})[0], xml_of({"x y": 2})[0])
    assert compare({"x y": 1, "z": []}, list(xml_of({"x y": 3})), ignored) == []


def test_an_ignored_member_may_be_missing_from_either_form() -> None:
    assert compare({"a": 1}, list(xml_of({})), {("a",)}) == []
    assert compare({}, list(xml_of({"a": 1})), {("a",)}) == []


def test_depth_and_number_of_differences_are_bounded() -> None:
    deep: Json = 1
    for _ in range(2_000):
        deep = {"a": [deep]}
    shallow: list[Json] = [[[1]]]
    assert len(compare(deep, list(xml_of(1)))) == 1
    assert volatile(deep, deepcopy_by_reading(deep)) == set()
    assert compare(shallow, list(xml_of(1))) == []
    assert len(compare(["a"] * 500, list(xml_of(["b"] * 500)))) == MOST


def deepcopy_by_reading(value: Json) -> Json:
    """Another object of the same shape, made without recursion."""
    count = 0
    while isinstance(value, dict):
        (value,) = value["a"] if isinstance(value["a"], list) else [1]
        count += 1
    result: Json = value
    for _ in range(count):
        result = {"a": [result]}
    return result


def test_paths_are_shown_as_people_write_them() -> None:
    assert show(("response", 0, "createdBy", "2024 key")) == "response[0].createdBy.2024 key"
    assert show((1,)) == "[1]"
    assert show(()) == "the value"
