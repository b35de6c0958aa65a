"""Ids are data: they match exactly, reach nothing else, and come back nowhere."""

import pytest

from workspace_conformance.reference.addresses import locate
from workspace_conformance.reference.values import Asked, Form, Kind

from .support import Client

ODD = [
    "%00", "%20", "%0A", "%E2%80%AE", "%F0%9F%A6%89", "%ff", "%c0%ae", "%", "%zz", "x" * 6000,
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "]]%3E", "%26amp;", "{userid}", "%7Buserid%7D", "*",
    "%25", "%2525", "..%2f..%2fgroup", "%2e%2e%2f", "%2e%2e", "..%5c..%5cgroup",
    "x%2F..%2F..%2F%40self",
    "%2fapi%2f2.0%2fgroup", "-1", "0", "2147483648", "9" * 40, "1e5", "0x10", "null", "undefined",
    "x.json", "x.xml.json", ".json", "a;b=c", "a,b", "%22%27", "%25s%25n", "${7*7}", "x.yaml",
]  # fmt: skip


@pytest.mark.parametrize("path", ["people", "group", "community/blog"])
@pytest.mark.parametrize("suffix", ["", ".json", ".xml"])
@pytest.mark.parametrize("id", ODD)
def test_an_odd_id_is_refused_in_well_formed_words_that_do_not_repeat_it(
    client: Client, path: str, suffix: str, id: str
) -> None:
    for method in ("GET", "PUT", "DELETE"):
        reply = client.ask(method, f"{path}/{id}{suffix}")
        assert reply.status in (400, 404)
        json_wanted = suffix == ".json" or (not suffix and id in ("x.json", "x.xml.json"))
        assert (reply.json if json_wanted else reply.xml) is not None
        for repeated in ("script", "userid"):
            assert repeated not in reply.text


@pytest.mark.parametrize(
    "change",
    ["{0}x", "{0}%20", "%20{0}", "{0}%00", "{0}%2F", "%2F{0}", "{0}.", "{0};a", "{0}{0}", "{0}%09",
     "{0}%C2%A0", "{0}%5C", "{0}*", "%7B{0}%7D", "{0},{0}"],
)  # fmt: skip
def test_what_is_nearly_an_id_is_none(client: Client, change: str) -> None:
    post, group = (
        client.get("community/blog.json").response[0]["id"],
        client.get("group.json").response[0]["id"],
    )
    person = client.get("people.json").response[2]["id"]
    reals = [f"community/blog/{post}", f"group/{group}", f"people/{person}", "people/Zoe.O-Hara"]
    for real in reals:
        path, _, id = real.rpartition("/")
        assert client.get(real).status == 200
        assert client.get(f"{path}/{change.format(id)}").status in (400, 404)
        assert client.get(f"{path}/{id[:-1]}").status in (400, 404)


def test_ids_match_encoded_or_not_and_guids_in_either_case(client: Client) -> None:
    one = client.get("people/Zoe.O-Hara.json").response
    assert client.get("people/Zoe%2EO%2DHara.json").response == one
    assert client.get(f"people/{one['id'].upper()}.json").response == one
    assert client.get("people/j.r.r.t+test.json").status == 200
    assert client.get("people/j.r.r.t%2Btest").status == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/api", "/api/2.0", "/api/1.0/people", "/people", "/api/2.0/people//", "//api/2.0/people",
     "/api/2.0/people/@self/", "/api/2.0/people/Zoe.O-Hara/x", "/api/2.0/people/birthdays",
     "/api/2.0/people/EMAIL", "/api/2.0/people/self.json", "/api/2.0/group/user",
     "/api/2.0/files", "/api/2.0/crm", "/api/2.0/crm/task/filter/x", "/api/2.0/crm/task/filter/",
     "/api/2.0/community/blog/@search", "/api/2.0/people/.",
     "/api/2.0/people/..", "/api/2.0%2Fpeople", "", "*", "http://elsewhere/api/2.0/people"],
)  # fmt: skip
def test_what_is_not_served_is_404(client: Client, path: str) -> None:
    asked = locate(Asked("GET", path))
    assert asked.kind is Kind.NOWHERE
    if path.startswith("/"):
        assert client.get(path).status == 404


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "INVENTED", "get"])
def test_another_method_is_405_and_says_which_are_allowed(client: Client, method: str) -> None:
    for path, allowed in (
        ("people", "GET, POST, HEAD, OPTIONS"),
        ("people/@self", "GET, HEAD, OPTIONS"),
        ("people/Zoe.O-Hara", "GET, PUT, DELETE, HEAD, OPTIONS"),
    ):
        reply = client.ask(method, path)
        assert (reply.status, reply.header("allow")) == (405, allowed)


def test_an_encoded_slash_stays_in_its_segment() -> None:
    place = locate(Asked("GET", "/api/2.0/people/a%2F..%2F%00b.json"))
    assert (place.kind, place.id, place.suffix) == (Kind.PERSON, "a/../\0b", Form.JSON)
