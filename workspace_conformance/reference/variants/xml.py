"""Ways to write the same XML, and to declare it (XML 1.0; RFC 7303)."""

from collections.abc import Callable
from dataclasses import replace

from lxml import etree

from ..faults.wrapping import redeclare
from ..parts import Parts
from ..values import Answer, Call, Outcome
from .model import Apply, Variant, deciding, declared, is_xml, on_answer, parts

_SYNTAX = "how XML is written (BC Responses: XML, and no more)"
_ENCODING = "which encoding XML has (BC Responses)"
_NIL = "http://www.w3.org/2001/XMLSchema-instance"


def _text(change: Callable[[str], str]) -> Apply:
    """Change the text of every XML document."""

    def apply(to: Parts) -> None:
        inner = to.write_xml
        to.write_xml = lambda envelope: change(inner(envelope).decode("utf-8")).encode("utf-8")

    return parts(apply)


def _tree(change: Callable[[etree._Element], None]) -> Apply:
    """Change the elements of every XML document."""

    def changed(text: str) -> str:
        root = etree.fromstring(text.encode("utf-8"))
        change(root)
        return str(etree.tostring(root.getroottree(), encoding="unicode"))

    return _text(changed)


def _prefixed(prefix: str) -> Apply:
    return _text(lambda text: prefix + text)


def _pretty(root: etree._Element) -> None:
    etree.indent(root, space="\t")
    root.tail = None


def _cdata(root: etree._Element) -> None:
    for element in root.iter():
        text = element.text
        # The end mark cannot stand in a section, and a bare carriage return would be lost in one.
        if len(element) == 0 and text and "]]>" not in text and "\r" not in text:
            element.text = etree.CDATA(text)


def _commented(root: etree._Element) -> None:
    for element in list(root.iter("*")):
        if len(element):
            element.insert(0, etree.Comment(" made by a <portal> & checked "))
            element.append(etree.ProcessingInstruction("portal", 'part="end"'))
        elif element.text and len(element.text) > 1:
            # A comment inside a text does not divide it.
            note = etree.Comment(" here ")
            note.tail, element.text = element.text[1:], element.text[:1]
            element.append(note)
    root.addprevious(etree.ProcessingInstruction("xml-stylesheet", 'href="x.xsl" type="text/xsl"'))
    root.addnext(etree.Comment(" end "))


def _attributes(root: etree._Element) -> None:
    for element in root.iter("*"):
        if len(element):
            element.set("type", "object")
        elif not element.text:
            element.set(f"{{{_NIL}}}nil", "true")


def _namespaced(text: str) -> str:
    return text.replace("<result", f'<result xmlns:i="{_NIL}" xmlns:x="urn:portal"', 1)


def _char_refs(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _encoded(codec: str, label: str, declaration: str, mark: bytes = b"") -> Apply:
    def change(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        if not is_xml(answer):
            return answer
        text = declaration + answer.body.decode("utf-8")
        body = mark + text.encode(codec, "xmlcharrefreplace")
        media = declared(answer).partition(";")[0]
        return redeclare(replace(answer, body=body), f"{media}; charset={label}")

    return on_answer(change)


def _declares(media: str) -> Apply:
    def change(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        if not is_xml(answer):
            return answer
        _, semicolon, rest = declared(answer).partition(";")
        return redeclare(answer, media + semicolon + rest)

    return on_answer(change)


_DECLARATION = deciding("XML declaration")
_OTHER = deciding("XML declaration", "XML encoding")

VARIANTS = (
    Variant(
        name="xml-pretty",
        leaves_open=_SYNTAX,
        summary="white space between elements",
        apply=_tree(_pretty),
    ),
    Variant(
        name="xml-cdata",
        leaves_open=_SYNTAX,
        summary="texts in CDATA sections",
        apply=_tree(_cdata),
    ),
    Variant(
        name="xml-comments",
        leaves_open=_SYNTAX,
        summary="comments and processing instructions around, between and inside",
        apply=_tree(_commented),
    ),
    Variant(
        name="xml-attributes",
        leaves_open=_SYNTAX,
        summary="attributes on elements, nil on empty ones",
        apply=_tree(_attributes),
    ),
    Variant(
        name="xml-namespace",
        leaves_open=_SYNTAX,
        summary="prefixes declared that nothing uses",
        apply=_text(_namespaced),
    ),
    Variant(
        name="xml-char-refs",
        leaves_open=_SYNTAX,
        summary="characters beyond ASCII written as references",
        apply=_text(_char_refs),
    ),
    Variant(
        name="xml-declaration",
        leaves_open=_SYNTAX,
        summary="an XML declaration without encoding",
        apply=_prefixed('<?xml version="1.0"?>'),
        aspects=_DECLARATION,
    ),
    Variant(
        name="xml-declaration-encoding",
        leaves_open=_SYNTAX,
        summary="an XML declaration with the encoding, and a line end",
        apply=_prefixed('<?xml version="1.0" encoding="utf-8"?>\r\n'),
        aspects=_DECLARATION,
    ),
    Variant(
        name="xml-declaration-standalone",
        leaves_open=_SYNTAX,
        summary="a standalone declaration in single quotes",
        apply=_prefixed("<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n"),
        aspects=_DECLARATION,
    ),
    Variant(
        name="xml-media-application",
        leaves_open="which media type XML is declared as (RFC 7303)",
        summary="application/xml in place of text/xml",
        apply=_declares("application/xml"),
        aspects=deciding("XML media type"),
    ),
    Variant(
        name="xml-media-vendor",
        leaves_open="which media type XML is declared as (RFC 7303, 4.2)",
        summary="a vendor's media type with the suffix +xml",
        apply=_declares("application/vnd.portal.api+xml"),
        aspects=deciding("XML media type"),
    ),
    Variant(
        name="xml-bom",
        leaves_open=_ENCODING,
        summary="UTF-8 that begins with a byte order mark",
        apply=_encoded("utf-8", "utf-8", "", b"\xef\xbb\xbf"),
        aspects=deciding("XML encoding"),
    ),
    Variant(
        name="xml-utf16",
        leaves_open=_ENCODING,
        summary="UTF-16, least byte first, with mark and declaration",
        apply=_encoded(
            "utf-16-le", "utf-16", '<?xml version="1.0" encoding="UTF-16"?>', b"\xff\xfe"
        ),
        aspects=_OTHER,
    ),
    Variant(
        name="xml-utf16-be",
        leaves_open=_ENCODING,
        summary="UTF-16, greatest byte first, with mark and declaration",
        apply=_encoded(
            "utf-16-be", "UTF-16", '<?xml version="1.0" encoding="utf-16"?>', b"\xfe\xff"
        ),
        aspects=_OTHER,
    ),
    Variant(
        name="xml-latin1",
        leaves_open=_ENCODING,
        summary="ISO-8859-1, with references for what it cannot write",
        apply=_encoded("latin-1", "iso-8859-1", '<?xml version="1.0" encoding="ISO-8859-1"?>'),
        aspects=_OTHER,
    ),
)
"""What the XML of a portal may look like."""
