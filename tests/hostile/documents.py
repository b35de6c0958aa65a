"""Servers whose bodies harm, or mislead, those who read them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tests.hostile.registry import behaviour
from tests.hostile.site import Expect, Site, declares, spelled
from tests.support import Call

ACCUSED, SPARED, HARMLESS = Expect.ACCUSED, Expect.SPARED, Expect.HARMLESS


def _when(what: str, call: Call, site: Site, change: Callable[[bytes], bytes]) -> bytes:
    """The correct answer with its body changed where it is a success in "json" or "xml"."""
    answer = site.truth(call)
    if not declares(answer, what) or not 200 <= answer.status < 300:
        return spelled(answer, call)
    return spelled(answer, call, body=change(answer.body))


def _member(call: Call, site: Site, text: bytes) -> bytes:
    """The correct answer in JSON with one member more, as written."""
    return _when("json", call, site, lambda body: b'{"extra": ' + text + b", " + body[1:])


# --- JSON -----------------------------------------------------------------------------------------


@behaviour("json-deep", "nests arrays a hundred thousand deep", SPARED)
def _json_deep(call: Call, site: Site) -> bytes:
    return _member(call, site, b"[" * 100_000 + b"]" * 100_000)


@behaviour("json-deep-objects", "nests objects a hundred thousand deep, and never closes", SPARED)
def _json_deep_objects(call: Call, site: Site) -> bytes:
    return _when("json", call, site, lambda body: b'{"a":' * 100_000)


_MILLION = ("{" + ",".join(f'"{n:x}":0' for n in range(370_000)) + "}").encode()
_TINY = b"[" + b",".join([b"{}"] * 1_300_000) + b"]"


@behaviour("json-million-members", "sends hundreds of thousands of members", SPARED)
def _json_million(call: Call, site: Site) -> bytes:
    return _member(call, site, _MILLION)


@behaviour("json-million-objects", "sends more than a million tiny objects", SPARED)
def _json_objects(call: Call, site: Site) -> bytes:
    return _member(call, site, _TINY)


@behaviour("records-padded", "pads each record with five million spaces, lists not", SPARED)
def _records_padded(call: Call, site: Site) -> bytes:
    answer = site.truth(call)
    is_record = call.line.startswith("GET ") and re.search(
        "/(people|group|blog)/[^/]{8,}", call.line
    )
    return spelled(answer, call, body=answer.body + b" " * 5_000_000 if is_record else None)


@behaviour("json-duplicates", "names every member twice, with other values", ACCUSED)
def _json_duplicates(call: Call, site: Site) -> bytes:
    def twice(body: bytes) -> bytes:
        value: dict[str, Any] = json.loads(body)
        wrong = dict.fromkeys(value, "other")
        return json.dumps(value).encode()[:-1] + b", " + json.dumps(wrong).encode()[1:]

    return _when("json", call, site, twice)


@behaviour("json-digits", "sends integers of a million digits", SPARED)
def _json_digits(call: Call, site: Site) -> bytes:
    return _member(call, site, b"1" * 1_000_000)


@behaviour("json-exponents", "sends numbers with an exponent of ten digits", SPARED)
def _json_exponents(call: Call, site: Site) -> bytes:
    return _member(call, site, b"[1e9999999999, -1E+9999999999, 1e-9999999999]")


@behaviour("json-nan", "sends NaN and Infinity", ACCUSED)
def _json_nan(call: Call, site: Site) -> bytes:
    return _member(call, site, b"[NaN, Infinity, -Infinity]")


@behaviour("json-lone-surrogates", "has a member of lone surrogates, in JSON alone", ACCUSED)
def _json_surrogates(call: Call, site: Site) -> bytes:
    return _member(call, site, rb'{"\ud800": "\udfff\ud800", "a": "\udcff"}')


@behaviour("json-invalid-utf-8", "sends bytes that are no UTF-8", ACCUSED)
def _json_utf8(call: Call, site: Site) -> bytes:
    return _member(call, site, b'"\xff\xfe\xc3\x28\xed\xa0\x80"')


@behaviour("json-backslashes", "opens a token member and fills it with backslashes", ACCUSED)
def _json_backslashes(call: Call, site: Site) -> bytes:
    return _when("json", call, site, lambda body: b'{"token": "' + b"\\" * 999_999)


@behaviour("json-not-an-envelope", "answers with null, numbers, texts and lists in turn", ACCUSED)
def _json_bare(call: Call, site: Site) -> bytes:
    values = [b"null", b"7", b'"text"', b"[]", b"{}", b'{"response": null}', b'{"response": [7]}']
    return _when("json", call, site, lambda body: values[site.number % len(values)])


@behaviour("json-wrong-types", "has objects for texts and texts for objects everywhere", ACCUSED)
def _json_types(call: Call, site: Site) -> bytes:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: turned(item) for name, item in value.items()}
        if isinstance(value, list):
            return [turned(item) for item in value]
        return {"value": [value]}

    return _when("json", call, site, lambda body: json.dumps(turned(json.loads(body))).encode())


def _with_ids(call: Call, site: Site, make: Callable[[str], object]) -> bytes:
    """The correct answer with every id in JSON replaced."""

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: make(item) if name == "id" and isinstance(item, str) else renamed(item)
                for name, item in value.items()
            }
        return [renamed(item) for item in value] if isinstance(value, list) else value

    return _when("json", call, site, lambda body: json.dumps(renamed(json.loads(body))).encode())


@behaviour("ids-with-paths", "gives ids that lead elsewhere: dots, slashes, line ends", ACCUSED)
def _ids_paths(call: Call, site: Site) -> bytes:
    return _with_ids(call, site, lambda known: f"../../{known}\r\nX-Injected: 1\0?a=b#c%2f\x1b[31m")


@behaviour("ids-huge", "gives ids of a hundred thousand letters", ACCUSED)
def _ids_huge(call: Call, site: Site) -> bytes:
    return _with_ids(call, site, lambda known: known * 3000)


@behaviour("ids-of-digits", "gives integers of five thousand digits as ids", ACCUSED)
def _ids_digits(call: Call, site: Site) -> bytes:
    return _with_ids(call, site, lambda known: "7" * 5000 + str(int.from_bytes(known.encode())))


@behaviour("ids-odd-digits", "gives ids of digits that are no ASCII", ACCUSED)
def _ids_odd(call: Call, site: Site) -> bytes:
    return _with_ids(call, site, lambda known: "²³" + "".join(c for c in known if c.isdigit()))


@behaviour("list-without-end", "shows records on every page of a list, new ones each time", ACCUSED)
def _endless_list(call: Call, site: Site) -> bytes:
    def other(body: bytes) -> bytes:
        value = json.loads(body)
        response = value.get("response")
        if isinstance(response, list) and response and isinstance(response[0], dict):
            value["response"] = [
                {**response[0], "id": f"{site.number:08x}-0000-4000-8000-{n:012x}"}
                for n in range(50)
            ]
            value["count"] = 50
        return json.dumps(value).encode()

    return _when("json", call, site, other)


# --- XML ------------------------------------------------------------------------------------------


def _with_dtd(call: Call, site: Site, dtd: str, reference: str, root: str = "<result>") -> bytes:
    """The correct answer in XML with a document type and a reference in it."""

    def change(body: bytes) -> bytes:
        text = body.decode("utf-8")
        declaration, _, rest = text.partition("?>") if text.startswith("<?xml") else ("", "", text)
        start = "<?xml version='1.0' encoding='utf-8'?>" if declaration else ""
        return f"{start}{dtd}{rest.replace('<result>', root + reference, 1)}".encode()

    return _when("xml", call, site, change)


_LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))


@behaviour("xml-entity-bomb", "declares entities that expand to a billion letters", SPARED)
def _xml_bomb(call: Call, site: Site) -> bytes:
    dtd = f"<!DOCTYPE result [<!ENTITY l0 'lol'>{_LAUGHS}]>"
    return _with_dtd(call, site, dtd, "<note>&l9;</note>")


@behaviour("xml-entity-quadratic", "declares one long entity and refers to it often", SPARED)
def _xml_quadratic(call: Call, site: Site) -> bytes:
    dtd = f"<!DOCTYPE result [<!ENTITY a '{'a' * 50_000}'>]>"
    return _with_dtd(call, site, dtd, f"<note>{'&a;' * 50_000}</note>")


@behaviour("xml-entity-file", "declares an entity that is a file of the reader's", SPARED)
def _xml_file(call: Call, site: Site) -> bytes:
    dtd = "<!DOCTYPE result [<!ENTITY file SYSTEM 'file:///etc/hostname'>]>"
    return _with_dtd(call, site, dtd, "<note>&file;</note>")


@behaviour("xml-entity-url", "declares an entity that is somebody's URL", SPARED)
def _xml_url(call: Call, site: Site) -> bytes:
    dtd = f"<!DOCTYPE result [<!ENTITY url SYSTEM '{site.trap}/entity'>]>"
    return _with_dtd(call, site, dtd, "<note>&url;</note>")


@behaviour("xml-parameter-entities", "declares parameter entities that are URLs", SPARED)
def _xml_parameter(call: Call, site: Site) -> bytes:
    dtd = f"<!DOCTYPE result [<!ENTITY % one SYSTEM '{site.trap}/parameter'> %one;]>"
    return _with_dtd(call, site, dtd, "")


@behaviour("xml-external-dtd", "names a DTD, a style sheet and a schema elsewhere", HARMLESS)
def _xml_dtd(call: Call, site: Site) -> bytes:
    dtd = (
        f"<?xml-stylesheet type='text/xsl' href='{site.trap}/style'?>"
        f"<!DOCTYPE result SYSTEM '{site.trap}/dtd'>"
    )
    schema = (
        "<result xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
        f"xsi:noNamespaceSchemaLocation='{site.trap}/schema'>"
    )
    return _with_dtd(call, site, dtd, "", root=schema)


@behaviour("xml-inclusion", "includes a file and a URL", ACCUSED)
def _xml_inclusion(call: Call, site: Site) -> bytes:
    include = "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' parse='text' href="
    inclusions = f"{include}'file:///etc/passwd'/>{include}'{site.trap}/include'/>"
    return _with_dtd(call, site, "", inclusions)


@behaviour("xml-deep", "nests elements a hundred thousand deep", SPARED)
def _xml_deep(call: Call, site: Site) -> bytes:
    return _with_dtd(call, site, "", "<a>" * 100_000 + "</a>" * 100_000)


@behaviour("xml-million-elements", "sends a million elements", SPARED)
def _xml_million(call: Call, site: Site) -> bytes:
    return _with_dtd(call, site, "", "<a/>" * 1_000_000)


@behaviour("xml-attributes", "gives one element a hundred thousand attributes", SPARED)
def _xml_attributes(call: Call, site: Site) -> bytes:
    many = " ".join(f"a{n:x}=''" for n in range(100_000))
    return _with_dtd(call, site, "", f"<a {many}/>")


@behaviour("xml-open-doctype", "opens a document type and never closes it", ACCUSED)
def _xml_open(call: Call, site: Site) -> bytes:
    return _when("xml", call, site, lambda body: b"<!DOCTYPE a " + b"<!--" * 200_000)


@behaviour("xml-namespaces", "declares prefixes in every way that is no XML", ACCUSED)
def _xml_namespaces(call: Call, site: Site) -> bytes:
    return _with_dtd(call, site, "", "<p:note><q:a xmlns:q=''/></p:note>")


# --- charsets -------------------------------------------------------------------------------------


def _charset(call: Call, site: Site, name: str, body: bytes | None = None) -> bytes:
    answer = site.truth(call)
    media = next((v for n, v in answer.headers if n.lower() == "content-type"), "text/plain")
    declared = f"{media.partition(';')[0]}; charset={name}"
    return spelled(answer, call, body=body, headers=(("Content-Type", declared),))


@behaviour("charset-unknown", "declares charsets that are none", ACCUSED)
def _charset_unknown(call: Call, site: Site) -> bytes:
    names = ["zlib", "rot13", "idna", "punycode", "unicode_escape", "../../etc", '"\x1b[31m"']
    return _charset(call, site, names[site.number % len(names)])


@behaviour("charset-wrong", "declares UTF-16 and sends UTF-8", ACCUSED)
def _charset_wrong(call: Call, site: Site) -> bytes:
    return _charset(call, site, "utf-16")


@behaviour("content-type-huge", "sends a Content-Type of fifty thousand letters", ACCUSED)
def _huge_type(call: Call, site: Site) -> bytes:
    value = "text/xml" + "; a=" * 6000 + '"\\' * 6000
    return spelled(site.truth(call), call, headers=(("Content-Type", value),))
