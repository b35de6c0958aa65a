"""Bodies are read as declared, whatever they hold, and nothing harmful is done on the way."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.support import gzipped
from workspace_conformance.exchange import media, texts

# --- media types ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "essence", "charset"),
    [
        ("text/xml", "text/xml", None),
        ("Text/XML;Charset=UTF-8", "text/xml", "utf-8"),
        (' application/json ; charset = "Utf-8" ', "application/json", "utf-8"),
        ("application/problem+json;;a=b", "application/problem+json", None),
        (r'text/xml; x="a;\"b"; charset=koi8-r; charset=ascii', "text/xml", "koi8-r"),
        ('text/xml; charset=""', "text/xml", None),
    ],
)
def test_media_types_are_read_whatever_their_spelling(
    value: str, essence: str, charset: str | None
) -> None:
    found = media.MediaType.parse(value)
    assert found is not None
    assert (found.essence, found.charset) == (essence, charset)


@pytest.mark.parametrize(
    "value", [None, "", "json", "text/", "text/xml, text/html", "a b/c", "a/b;="]
)
def test_what_is_no_media_type_is_none(value: str | None) -> None:
    assert media.MediaType.parse(value) is None


@pytest.mark.parametrize(
    ("value", "is_json", "is_xml"),
    [
        ("application/json", True, False),
        ("application/hal+json", True, False),
        ("text/json", True, False),
        ("text/xml", False, True),
        ("application/atom+xml", False, True),
        ("text/html", False, False),
        ("application/jsonp", False, False),
    ],
)
def test_json_and_xml_are_told_apart(value: str, is_json: bool, is_xml: bool) -> None:
    found = media.MediaType.parse(value)
    assert found is not None
    assert (found.is_json, found.is_xml) == (is_json, is_xml)


# --- JSON -----------------------------------------------------------------------------------------


def test_json_numbers_are_exact() -> None:
    assert media.read_json(b"[0.1, 1e2, 12345678901234567890, true, null]") == [
        Decimal("0.1"),
        Decimal(100),
        12345678901234567890,
        True,
        None,
    ]


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "utf-16-le", "utf-32", "UTF-8", None])
def test_json_is_read_in_the_declared_charset(charset: str | None) -> None:
    body = '{"имя": "😀"}'.encode(charset or "utf-8")
    assert media.read_json(body, charset) == {"имя": "😀"}


def test_a_byte_order_mark_is_no_error() -> None:
    assert media.read_json(b"\xef\xbb\xbf[1]") == [1]
    assert media.read_json(b"\0[\x001\0]", "utf-16") == [1]
    assert media.read_json(b"[\x001\0]\0", "utf-16") == [1]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"{",
        b"[1] x",
        b"[1,]",
        b"{'a': 1}",
        b"[NaN]",
        b"[-Infinity]",
        b'"\x01"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"[01]",
        b"<a/>",
        '"é"'.encode("latin-1"),
        "[1]".encode("utf-16"),
    ],
)
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(media.Unreadable) as caught:
        media.read_json(body)
    assert not isinstance(caught.value, media.Refused)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "charset", ["zlib", "idna", "unicode_escape", "utf-7", "x\0", "no-such", ""]
)
def test_only_charsets_of_text_are_decoded(charset: str) -> None:
    if charset:
        with pytest.raises(media.Unreadable, match="charset nobody knows"):
            media.read_json(b"[]", charset)
    else:
        assert media.read_json(b"[]", charset) == []


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 201 + b"]" * 201,
        b'{"a":' * 100_000,
        b"1" * 1_001,
        b"[1e999999999]",
        b"[1E+00099999]",
    ],
)
def test_what_would_cost_too_much_is_refused(body: bytes) -> None:
    with pytest.raises(media.Refused):
        media.read_json(body)


def test_the_bounds_themselves_are_read() -> None:
    deep = b"[" * 200 + b"]" * 200
    assert json.dumps(media.read_json(deep)).encode() == deep
    assert media.read_json(b"1" * 1_000) == int("1" * 1_000)
    assert media.read_json(b'"' + b"[" * 5_000 + b'"') == "[" * 5_000
    assert media.read_json(rb'["\"[[NaN", "\\", "1e99999"]') == ['"[[NaN', "\\", "1e99999"]


def test_lone_surrogates_can_be_printed_afterwards() -> None:
    value = media.read_json(rb'{"\ud800": ["a\udc00", "\ud83d\ude00", "\\ud800"]}')
    assert value == {"\ufffd": ["a\ufffd", "😀", "\\ud800"]}
    deep = b"[" * 200 + rb'"\udfff"' + b"]" * 200
    assert str(media.read_json(deep)) == "[" * 200 + "'\ufffd'" + "]" * 200


def test_duplicate_names_are_found_per_object() -> None:
    body = b'{"a": {"a": 1, "b": 2, "b": 3}, "c": [{"a": 1}, {"a": 1}], "c": 0}'
    assert media.duplicate_names(body) == ["b", "c"]
    assert media.read_json(b'{"a": 1, "a": 2}') == {"a": 2}


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_all_json_is_read_as_it_was_written(value: object) -> None:
    assert media.read_json(json.dumps(value).encode()) == value
    assert media.read_json(json.dumps(value, ensure_ascii=False).encode()) == value


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([None, "utf-8", "utf-16", "ascii", "gb18030"]))
def test_any_bytes_are_read_or_unreadable(body: bytes, charset: str | None) -> None:
    for reader in (media.read_json, media.read_xml):
        message = ""
        try:
            reader(body, charset)
        except media.Unreadable as error:
            message = str(error)
        assert not message or message.isprintable()


# --- XML ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("<a>é</a>".encode(), None),
        ("<a>é</a>".encode(), "utf-8"),
        ("\ufeff<a>é</a>".encode(), "iso-8859-1"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"), None),
        ('<?xml version="1.0" encoding="utf-16"?><a>é</a>'.encode(), "utf-8"),
        ('<?xml version="1.0" encoding="utf-16"?><a>é</a>'.encode("utf-16"), None),
        ("<a>é</a>".encode("utf-16-be"), None),
        ("<a>é</a>".encode("utf-16-le"), "utf-16"),
    ],
)
def test_xml_is_read_in_the_charset_that_counts(body: bytes, charset: str | None) -> None:
    assert media.read_xml(body, charset).text == "é"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n",
        b"<a>",
        b"<a>&</a>",
        b"<a>&nbsp;</a>",
        b"<a/><a/>",
        b"<a>\x01</a>",
        b"<a>&#1;</a>",
        b"<a>\x00</a>",
        b"<a>\xff</a>",
        b"<x:a/>",
        b'\n<?xml version="1.0"?><a/>',
        b'<a b="1" b="2"/>',
        b'{"a": 1}',
        b'<?xml version="1.0" encoding="utf-16"?><a/>',
    ],
)
def test_what_is_not_well_formed_is_unreadable(body: bytes) -> None:
    with pytest.raises(media.Unreadable) as caught:
        media.read_xml(body)
    assert not isinstance(caught.value, media.Refused)
    assert str(caught.value).isprintable()


LAUGHS = b"<!DOCTYPE a [<!ENTITY b 'x'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>"


@pytest.mark.parametrize(
    "body",
    [
        LAUGHS,
        b"<?xml version='1.0'?><!-- [ --><?p [ ?>\n" + LAUGHS,
        b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        b"<!DOCTYPE a [<!ENTITY % b SYSTEM 'http://127.0.0.1:9/'> %b;]><a/>",
        b"<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/'><a>&b;</a>",
        b"<a>" * 201 + b"</a>" * 201,
        b"<a>" * 100_000,
        b"<" + b"a" * 60_000 + b"/>",
    ],
)
def test_what_would_harm_is_refused(body: bytes) -> None:
    with pytest.raises(media.Refused):
        media.read_xml(body)


def test_what_is_no_data_is_left_out_of_the_tree() -> None:
    body = b"<!DOCTYPE a><a>x<!-- c -->y<?p i?><![CDATA[<z>]]>&amp;&#xe9;<b/></a>"
    assert etree.tostring(media.read_xml(body)) == b"<a>xy&lt;z&gt;&amp;&#233;<b/></a>"
    assert len(media.read_xml(b"<a>" * 200 + b"</a>" * 200)) == 1


def test_a_body_is_read_as_declared() -> None:
    assert media.read(b"[1]", media.MediaType.parse("application/json")) == [1]
    assert etree.iselement(media.read(b"<a/>", media.MediaType.parse("text/xml")))
    for declared in (None, "text/html", "text/xml2"):
        with pytest.raises(media.Unreadable, match="neither JSON nor XML"):
            media.read(b"[1]", media.MediaType.parse(declared))
    with pytest.raises(media.Unreadable, match="line 2, column 3"):
        media.read(b"[1,\n 2 3]".replace(b" 2 ", b"2 "), media.MediaType.parse("text/json"))


# --- the envelope ---------------------------------------------------------------------------------


def test_both_envelopes_say_the_same() -> None:
    left = media.envelope(
        media.read_json(b'{"count":2,"status":0,"statusCode":200,"response":[1,2]}')
    )
    right = media.envelope(
        media.read_xml(
            b"<result><count>2</count><status>0</status><statusCode> 200 </statusCode>"
            b"<response>1</response><response>2</response></result>"
        )
    )
    for found in (left, right):
        assert (found.status, found.status_code, found.count) == (0, 200, 2)
        assert (found.has_response, found.has_error) == (True, False)
    assert left.response == [1, 2]
    assert isinstance(right.response, tuple)
    assert [element.text for element in right.response] == ["1", "2"]
    assert (left.media, right.media) == ("json", "xml")


def test_a_null_response_is_there_and_a_missing_one_is_not() -> None:
    assert media.json_envelope({"response": None}).has_response
    assert not media.json_envelope({"error": {}}).has_response
    found = media.xml_envelope(media.read_xml(b"<result><error><message/></error></result>"))
    assert (found.has_response, found.has_error, found.response) == (False, True, ())


def test_numbers_of_the_envelope_are_whole_numbers_or_none() -> None:
    found = media.json_envelope({"status": True, "statusCode": "200", "count": Decimal("1.5")})
    assert (found.status, found.status_code, found.count) == (None, None, None)
    body = b"<result><status>0x1</status><count>1</count><count>1</count></result>"
    found = media.xml_envelope(media.read_xml(body))
    assert (found.status, found.status_code, found.count) == (None, None, None)


def test_what_is_no_envelope_is_unreadable() -> None:
    with pytest.raises(media.Unreadable, match="not an object"):
        media.envelope([1])
    with pytest.raises(media.Unreadable, match="its root is <html>"):
        media.envelope(media.read_xml(b"<html/>"))


# --- content codings ------------------------------------------------------------------------------


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def codings() -> Iterator[tuple[str | None, bytes]]:
    data = b"data" * 10
    yield None, data
    yield "identity", data
    yield "gzip", gzipped(data)
    yield "X-GZIP", gzipped(data[:20]) + gzipped(data[20:]) + b"\0\0"
    yield "deflate", zlib.compress(data)
    yield "deflate", raw_deflate(data)
    yield "deflate, identity , gzip", gzipped(zlib.compress(data))


@pytest.mark.parametrize(("coding", "body"), list(codings()))
def test_content_codings_are_undone(coding: str | None, body: bytes) -> None:
    assert media.decode_content(body, coding, 100) == b"data" * 10
    with pytest.raises(media.Refused, match="larger than 39 bytes"):
        media.decode_content(body, coding, 39)


def test_an_empty_body_needs_no_decoding() -> None:
    assert media.decode_content(b"", "gzip", 10) == b""


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("br", b"x"),
        ("gzip", b"plain"),
        ("gzip", gzipped(b"data" * 99)[:-9]),
        ("gzip", gzipped(b"data") + b"more"),
        ("gzip", gzipped(b"data")[:-5] + b"12345"),
        ("deflate", b"plain"),
        ("deflate", zlib.compress(b"data") + b"more"),
    ],
)
def test_broken_codings_are_unreadable(coding: str, body: bytes) -> None:
    with pytest.raises(media.Unreadable) as caught:
        media.decode_content(body, coding, 1_000)
    assert not isinstance(caught.value, media.Refused)


def test_bombs_are_refused() -> None:
    bomb = gzipped(bytes(20_000_000))
    for coding, body in [
        ("gzip", bomb),
        ("gzip, gzip", gzipped(bomb)),
        ("gzip", gzipped(b"") * 1_000),
        ("gzip," * 5, b"x"),
    ]:
        with pytest.raises(media.Refused):
            media.decode_content(body, coding, 100_000)


# --- printing -------------------------------------------------------------------------------------


def test_what_is_printed_cannot_harm_a_terminal() -> None:
    assert texts.printable("a\x1b[31m\u202eé\\\ud800\xa0") == r"a\x1b[31m\u202eé\\\ud800\xa0"
    assert texts.printable("x" * 100, 10) == "xxxxxxxxx…"
    assert len(texts.printable("\U000e0001" * 100, 10)) <= 40
