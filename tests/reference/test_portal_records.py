"""Records: made, read, changed, deleted, listed, and left alone."""

import re
from dataclasses import replace
from typing import Any

import pytest

from workspace_conformance.reference import Options

from .support import UNKNOWN, Client, make_client

ROUND_TRIP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}(Z|[+-]\d\d:\d\d)")
DATES = ("created", "updated", "birthday", "workFrom", "expires")

POST = {"title": "Tïtle & <b>", "content": "Cöntent ]]> 🦉", "tags": "one, two & three"}
GROUP = {"groupName": "Grüppe & <co>"}
PERSON = {"email": "New.Person@portal.test", "firstname": "Nëw", "lastname": "Pérson"}
KINDS = [("community/blog", POST), ("group", GROUP), ("people", PERSON)]
COLLECTIONS = ["community/blog", "group", "people"]


def snapshot(client: Client) -> dict[str, Any]:
    """Every record at its own URL, and every list."""
    seen: dict[str, Any] = {}
    for path in COLLECTIONS:
        listed = client.get(f"{path}.json").response
        seen[path] = listed
        for item in listed:
            seen[item["id"]] = client.get(f"{path}/{item['id']}.json").response
    for post in client.get("community/blog.json").response:
        seen[f"comments {post['id']}"] = client.get(
            f"community/blog/{post['id']}/comment.json"
        ).response
    return seen


@pytest.mark.parametrize(("path", "fields"), KINDS)
@pytest.mark.parametrize("way", ["json_body", "form"])
def test_a_record_is_made_changed_and_deleted_and_all_others_stay(
    client: Client, path: str, fields: dict[str, str], way: str
) -> None:
    before = snapshot(client)
    made = client.ask("POST", f"{path}.json", **{way: fields})  # type: ignore[arg-type]
    assert made.status == 201
    url = f"{path}/{made.response['id']}.json"
    assert client.get(url).response == made.response
    assert made.response["id"] in [item["id"] for item in client.get(f"{path}.json").response]

    change = {"title": "Änother", "groupName": "Änother"}
    changed = client.ask("PUT", url, **{way: change})  # type: ignore[arg-type]
    assert changed.status == 200
    assert "Änother" in (changed.response.get("title"), changed.response.get("name"))
    assert client.get(url).response == changed.response

    deleted = client.delete(url)
    assert deleted.status == 200
    assert deleted.response == changed.response
    assert [client.ask(method, url).status for method in ("GET", "PUT", "DELETE")] == [404] * 3
    assert snapshot(client) == before


@pytest.mark.parametrize(("path", "fields"), KINDS)
def test_the_fields_of_a_form_and_of_json_arrive_alike(
    client: Client, path: str, fields: dict[str, str]
) -> None:
    members = client.get("people.json").response[2]["id"]
    more = {**fields, "members": [members], "department": []}
    one = client.post(f"{path}.json", json_body=more).response
    other = client.post(f"{path}.json", form=more).response
    changing = ("id", "userName", "profileUrl")
    assert {k: v for k, v in one.items() if k not in changing} == {
        k: v for k, v in other.items() if k not in changing
    }
    assert one["id"] != other["id"]


def test_all_that_a_client_sends_is_kept(client: Client) -> None:
    people = [person["id"] for person in client.get("people.json").response]
    groups = [group["id"] for group in client.get("group.json").response]
    form = [("groupName", "G"), ("groupManager", people[1]), ("members[]", people[2])]
    group = client.post("group.json", form=[*form, ("members[]", people[3])]).response
    assert group["manager"]["id"] == people[1]
    assert [member["id"] for member in group["members"]] == people[2:4]
    fields = {
        "title": "T", "location": "L", "sex": "female", "comment": "N", "isVisitor": True,
        "birthday": "1990-01-02T03:04:05+01:00", "worksfrom": "2020-05-06",
        "department": groups[:2], "contacts": [{"type": "mail", "value": "a@b"}],
    }  # fmt: skip
    person = client.post("people.json", json_body={**PERSON, **fields}).response
    assert person["birthday"] == "1990-01-02T03:04:05.0000000+01:00"
    assert person["workFrom"] == "2020-05-06T00:00:00.0000000Z"
    assert (person["title"], person["location"], person["notes"]) == ("T", "L", "N")
    assert person["isVisitor"] is True
    assert person["contacts"] == [{"type": "mail", "value": "a@b"}]
    assert [group["id"] for group in person["groups"]] == groups[:2]
    post = client.post(
        "community/blog.json", json_body={**POST, "subscribeComments": True}
    ).response
    assert post["tags"] == ["one", "two & three"]
    assert post["subscribeComments"] is True


def test_comments_are_listed_under_their_post_alone(client: Client) -> None:
    post, other = client.new_post(), client.new_post("Another")
    url = f"community/blog/{post}/comment"
    first = client.post(f"{url}.json", json_body={"content": "Fïrst"})
    assert first.status == 201
    reply = {"content": "Reply", "parentId": first.response["id"]}
    second = client.post(f"{url}.json", form=reply).response
    assert second["parentId"] == first.response["id"]
    assert client.get(f"{url}.json").response == [first.response, second]
    assert client.get(f"community/blog/{other}/comment.json").response == []

    assert (
        client.put(f"community/blog/comment/{second['id']}", form={"content": "New"}).status == 200
    )
    assert client.get(f"{url}.json").response[1]["text"] == "New"
    assert client.delete(f"community/blog/comment/{second['id']}").status == 200
    assert client.delete(f"community/blog/comment/{second['id']}").status == 404
    assert client.get(f"{url}.json").response == [first.response]


@pytest.mark.parametrize("path", ["community/blog", "group", "people", "community/blog/comment"])
def test_an_unknown_id_is_404(client: Client, path: str) -> None:
    methods = ["PUT", "DELETE"] if path.endswith("comment") else ["GET", "PUT", "DELETE"]
    for method in methods:
        assert client.ask(method, f"{path}/{UNKNOWN}.json", form={"content": "x"}).status == 404
    assert client.get(f"community/blog/{UNKNOWN}/comment").status == 404
    assert client.post(f"community/blog/{UNKNOWN}/comment", form={"content": "x"}).status == 404


def test_reading_changes_nothing(client: Client) -> None:
    assert snapshot(client) == snapshot(client)


def test_an_account_cannot_be_deleted(client: Client) -> None:
    assert client.delete("people/Mike.Zanyatski").status == 403
    assert client.get("people/Mike.Zanyatski").status == 200


def test_every_date_is_in_the_round_trip_form(client: Client) -> None:
    client.new_post()
    found: list[str] = []

    def walk(value: Any) -> None:
        for item in value if isinstance(value, list) else value.values():
            if isinstance(item, list | dict):
                walk(item)
        if isinstance(value, dict):
            found.extend(value[name] for name in DATES if value.get(name) is not None)

    walk(snapshot(client))
    assert len(found) > 20
    assert [text for text in found if not ROUND_TRIP.fullmatch(text)] == []
    assert {text[-1] == "Z" for text in found} == {True, False}, "both Z and an offset occur"


def test_pages(client: Client) -> None:
    whole = client.get("people.json").json
    assert whole["count"] == len(whole["response"]) == 8
    assert not {"startIndex", "total", "nextIndex"} & set(whole)
    page = client.get("people.json?count=3&startIndex=2").json
    assert page["response"] == whole["response"][2:5]
    assert (page["count"], page["startIndex"], page["total"]) == (3, 2, 8)
    last = client.get("people.json?count=3&startIndex=6").json
    assert last["response"] == whole["response"][6:]
    assert "total" not in last
    assert "count" not in client.get("people.json?startIndex=100").json


@pytest.mark.parametrize("query", ["count=-1", "count=x", "startIndex=1.5", "count=%00", "count="])
def test_paging_that_makes_no_sense_is_400(client: Client, query: str) -> None:
    assert client.get(f"people.json?{query}").status == 400


def test_ids_do_not_depend_on_the_order_of_creation_but_on_the_seed() -> None:
    orders = [("One", "Two", "One"), ("One", "One", "Two"), ("Two", "One", "One")]
    made = [
        {client.new_post(title) for title in order}
        for order in orders
        for client in [make_client()]
    ]
    assert made[0] == made[1] == made[2]
    other = make_client(replace(Options(), rate=None, seed="other"))
    assert other.new_post("One") not in made[0]


def test_user_names_are_free_and_can_stand_in_a_url(client: Client) -> None:
    names = []
    for email in ("a.b@c", "a.b@c", "search@c", "x.json@c", "..@c", "a/b%@c"):
        made = client.post("people.json", json_body={**PERSON, "email": email}).response
        names.append(made["userName"])
        assert client.get(f"people/{made['userName']}.json").response == made
        assert client.get(f"people/{made['userName']}").status == 200
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("community/blog", {}),
        ("community/blog", {"title": " "}),
        ("community/blog", {"title": 7}),
        ("community/blog", {"title": "t", "subscribeComments": "perhaps"}),
        ("group", {"members": []}),
        ("group", {"groupName": "g", "members": [UNKNOWN]}),
        ("group", {"groupName": "g", "members": [1]}),
        ("group", {"groupName": "g", "groupManager": "nobody"}),
        ("people", {"email": "a@b", "firstname": "A"}),
        ("people", {**PERSON, "email": "no address"}),
        ("people", {**PERSON, "birthday": "yesterday"}),
        ("people", {**PERSON, "birthday": "1990-01-02T03:04:05+01:00:30"}),
        ("people", {**PERSON, "contacts": ["mail"]}),
        ("people", {**PERSON, "department": [UNKNOWN]}),
    ],
)
def test_fields_that_are_missing_or_wrong_are_400_and_make_nothing(
    client: Client, path: str, fields: dict[str, Any]
) -> None:
    before = snapshot(client)
    assert client.post(path, json_body=fields).status == 400
    assert snapshot(client) == before
