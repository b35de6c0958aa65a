"""The envelope around nothing, in every lawful way to write nothing."""

from __future__ import annotations

import itertools

import pytest

from workspace_conformance.checks.envelopes import expect_agreement, expect_envelope
from workspace_conformance.exchange.messages import Exchange, Request, Response
from workspace_conformance.exchange.outcomes import Violation

XSI = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
NOTHING = (
    "",
    "<response/>",
    "<response />",
    "<response></response>",
    "<response>\n  </response>",
    '<response i:nil="true"/>',
    '<response nil="true"></response>',
    '<response type="object" />',
    "<response><!-- nothing --></response>",
    "<response>\t<!-- nothing --> <?portal none?>\n</response>",
    "<response><![CDATA[]]></response>",
    "<response><![CDATA[ ]]></response>",
    "<response>&#32;</response>",
    f'<response {XSI} i:nil="true">\r\n</response>',
)
COUNTS = ("", "<count>0</count>", "<count>1</count>")
HEADS = ("", '<?xml version="1.0"?>', "<?xml version='1.0' encoding='utf-8'?>\n<!-- portal -->")
SOMETHING = (
    "<response><id>7</id></response>",
    "<response>gone</response>",
    "<response><![CDATA[x]]></response>",
    "<response/><response/>",
    "<response><x/></response>",
)


def answered(body: str, media: str = "text/xml", method: str = "DELETE") -> Exchange:
    request = Request(method, "http://portal.test/api/2.0/group/7")
    response = Response(200, "OK", (("Content-Type", media),), body.encode())
    return Exchange(1, request, response)


def document(head: str, count: str, response: str, pretty: bool) -> str:
    parts = [part for part in (count, "<status>0</status>", "<statusCode>200</statusCode>") if part]
    space = "\n  " if pretty else ""
    return f"{head}<result {XSI}>{space}{space.join([*parts, response])}{space}</result>"


@pytest.mark.parametrize("response", NOTHING)
def test_nothing_needs_no_count(response: str) -> None:
    for head, count, pretty in itertools.product(HEADS, COUNTS, (False, True)):
        exchange = answered(document(head, count, response, pretty))
        expect_envelope(exchange, "xml")
        expect_agreement(exchange)


@pytest.mark.parametrize("response", SOMETHING)
def test_something_needs_a_count(response: str) -> None:
    with pytest.raises(Violation, match="no count"):
        expect_envelope(answered(document("", "", response, False)), "xml")
    expect_envelope(answered(document("", "<count>1</count>", response, True)), "xml")


@pytest.mark.parametrize("response", ["{}", "null", "[]", '""'])
def test_nothing_in_json_needs_no_count(response: str) -> None:
    body = f'{{"status": 0, "statusCode": 200, "response": {response}}}'
    expect_envelope(answered(body, "application/json"), "json")


@pytest.mark.parametrize("response", ["[{}]", "7", "false", '{"id": 7}', '"gone"'])
def test_something_in_json_needs_a_count(response: str) -> None:
    body = f'{{"status": 0, "statusCode": 200, "response": {response}}}'
    with pytest.raises(Violation, match="no count"):
        expect_envelope(answered(body, "application/json"), "json")
