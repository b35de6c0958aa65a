"""Which form an answer has, how it is written, and how bodies are read."""

from typing import Any

import pytest

from workspace_conformance.reference.formats import accepted, element_name, write_json, write_xml
from workspace_conformance.reference.store import read_date
from workspace_conformance.reference.values import Form

from .support import FORM, UNKNOWN, Client

PATHS = ["people", "people/", "people/@self", "people/Mike.Zanyatski", "group", "community/blog"]
JSON, XML = "application/json; charset=utf-8", "text/xml; charset=utf-8"


@pytest.mark.parametrize(
    ("suffix", "headers", "media"),
    [
        ("", {}, XML),
        ("", {"accept": "*/*"}, XML),
        ("", {"accept": "text/html"}, XML),
        ("", {"accept": "application/json"}, JSON),
        ("", {"accept": "text/xml"}, XML),
        ("", {"accept": "application/json;q=0.1, text/xml"}, XML),
        ("", {"accept": "application/json, text/xml;q=0.1"}, JSON),
        ("", {"accept": "application/json;q=0"}, XML),
        ("", {"content-type": "application/json"}, JSON),
        ("", {"content-type": "text/xml", "accept": "*/*"}, XML),
        ("", {"content-type": FORM, "accept": FORM}, XML),
        (".json", {"content-type": "text/xml", "accept": "text/xml"}, JSON),
        (".xml", {"content-type": "application/json", "accept": "application/json"}, XML),
    ],
)
def test_suffix_then_accept_then_content_type_then_xml(
    client: Client, suffix: str, headers: dict[str, str], media: str
) -> None:
    paths = [path + suffix for path in PATHS if not (suffix and path.endswith("/"))]
    for path in [*paths, f"people/nobody{suffix}", f"nothing{suffix}"]:
        reply = client.get(path, headers=headers)
        assert reply.media == media
        assert (reply.json if media == JSON else reply.xml) is not None


@pytest.mark.parametrize("path", [*PATHS[2:], "people", f"group/{UNKNOWN}"])
@pytest.mark.parametrize("suffix", [".yaml", ".tml", ".JSON", ".json.xml.html", "."])
def test_another_suffix_is_none(client: Client, path: str, suffix: str) -> None:
    assert client.get(path + suffix).status in (400, 404)


def test_every_answer_is_in_an_envelope(client: Client) -> None:
    item, listed = client.get("people/@self.json").json, client.get("group.json").json
    assert list(item) == ["count", "status", "statusCode", "response"]
    assert (item["count"], item["status"], item["statusCode"]) == (1, 0, 200)
    assert listed["count"] == len(listed["response"]) == 3
    failed = client.get("people/nobody.json").json
    assert list(failed) == ["status", "statusCode", "error"]
    assert (failed["status"], failed["statusCode"]) == (1, 404)
    made = client.post("community/blog.json", json_body={"title": "t"})
    assert made.json["statusCode"] == made.status == 201
    root = client.get("group.xml").xml
    assert root.tag == "result"
    names = [child.tag for child in root]
    assert names == ["count", "status", "statusCode", "response", "response", "response"]


def test_the_shape_of_xml() -> None:
    value: Any = {
        "n": None, "e": "", "o": {}, "none": [], "one": [1], "many": [1, {"a": "b"}], "t": True,
        "f": 1.5, "s": "a<b>&c]]>\r\n\t\x00\x1f\ufffe🦉",
    }  # fmt: skip
    assert write_xml(value).decode() == (
        "<result><n /><e></e><o></o><one>1</one><many>1</many><many><a>b</a></many><t>true</t>"
        "<f>1.5</f><s>a&lt;b&gt;&amp;c]]&gt;&#13;\n\t\ufffd\ufffd\ufffd🦉</s></result>"
    )


@pytest.mark.parametrize(
    ("name", "element"),
    [
        ("title", "title"),
        ("2024 key", "_x0032_024_x0020_key"),
        ("a-b.c_1", "a-b.c_1"),
        ("<x>", "_x003C_x_x003E_"),
        ("a_x0020_b", "a_x005F_x0020_b"),
        ("имя", "имя"),
        ("-", "_x002D_"),
    ],
)
def test_a_member_that_is_no_xml_name_is_escaped(name: str, element: str) -> None:
    assert element_name(name) == element


def test_json_is_utf8() -> None:
    assert write_json({"é": "🦉"}) == '{"é":"🦉"}'.encode()


@pytest.mark.parametrize(
    ("accept", "form"),
    [("", None), ("*/*", None), ("APPLICATION/JSON", Form.JSON), ("text/xml;q=x", None)],
)
def test_accept_is_read_without_regard_to_case(accept: str, form: Form | None) -> None:
    assert accepted(accept) is form


BROKEN = [
    ("application/json", b"{"),
    ("application/json", b"[]"),
    ("application/json", b'"title"'),
    ("application/json", b'{"title": NaN}'),
    ("application/json", b'{"title": "\xff"}'),
    ("application/json", b'{"title": "\\ud800"}'),
    ("application/json", b'{"title": "t"} x'),
    ("application/json", b'{"title":' + b"[" * 100_000),
    ("application/json", b'{"title": ' + b"1" * 10_000 + b"}"),
    (FORM, b"title=%zz"),
    (FORM, b"title=%"),
    (FORM, b"title=%ff"),
    (FORM, b"title=\xff"),
]


@pytest.mark.parametrize(("media", "body"), BROKEN)
def test_a_body_that_cannot_be_read_is_400_and_makes_nothing(
    client: Client, media: str, body: bytes
) -> None:
    before = client.get("community/blog.json").response
    reply = client.post("community/blog", body=body, headers={"content-type": media})
    assert reply.status == 400
    assert client.get("community/blog.json").response == before


@pytest.mark.parametrize(
    "media", ["text/plain", "text/xml", "application/json; charset=latin1", ""]
)
def test_another_media_type_is_415_where_there_is_a_body(client: Client, media: str) -> None:
    headers = {"content-type": media} if media else {}
    body = b'{"title": "t"}'
    assert client.post("community/blog", body=body, headers=headers).status == 415
    assert client.get("community/blog", headers=headers).status == 200


@pytest.mark.parametrize("media", ["application/json", FORM])
@pytest.mark.parametrize("suffix", ["", ".json", ".xml"])
def test_the_headers_that_clients_are_told_to_send_are_served_without_a_body(
    client: Client, media: str, suffix: str
) -> None:
    headers = {"content-type": media, "accept": media}
    post = client.new_post("Kept")
    url = f"community/blog/{post}{suffix}"
    assert client.get(url, headers=headers).status == 200
    assert client.put(url, headers=headers).status == 200
    assert client.get(f"community/blog/{post}.json").response["title"] == "Kept"
    assert client.delete(url, headers=headers).status == 200


def test_form_names_with_brackets_and_repeated_names_are_lists(client: Client) -> None:
    ids = [person["id"] for person in client.get("people.json").response][:2]
    for name in ("members", "members[]", "members[0]", "MEMBERS"):
        fields = [("groupName", "g"), *((name, id) for id in ids)]
        made = client.post("group.json", form=fields).response
        assert [member["id"] for member in made["members"]] == ids
    only = client.post("group.json", form=[("groupName", "g"), ("members[]", ids[0])]).response
    assert [member["id"] for member in only["members"]] == ids[:1]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2008-04-10", "2008-04-10T00:00:00.0000000Z"),
        ("2008-04-10T06:30:00.1234567-07:00", "2008-04-10T06:30:00.1234560-07:00"),
        ("0999-01-01T00:00:00+00:00", "0999-01-01T00:00:00.0000000Z"),
    ],
)
def test_dates_that_clients_send_become_round_trip(text: str, date: str) -> None:
    assert read_date(text) == date
