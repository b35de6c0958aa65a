"""Every fault is declared well, and shows."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import urlencode

import pytest

from workspace_conformance.contract.requirements import load
from workspace_conformance.reference import Options, Rate
from workspace_conformance.reference.faults import FAULTS, Fault, find, listing
from workspace_conformance.reference.store import Shelf

from . import documented
from .support import FORM, UNKNOWN, Client, Reply, make_client

NAMES = [fault.name for fault in FAULTS]
Script = Callable[[Client], Iterator[Reply]]
Seen = tuple[object, ...]
LIMITED = Options(rate=Rate(20, 10))
JSON_HEADERS = {"content-type": "application/json", "accept": "application/json"}
FORM_HEADERS = {"content-type": FORM, "accept": FORM}


@pytest.fixture(autouse=True)
def same_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same secrets for every portal, so that answers can be compared."""
    monkeypatch.setenv("WORKSPACE_REFERENCE_TOKEN", "First-Token_of-the-tests.0123456789")
    monkeypatch.setenv("WORKSPACE_REFERENCE_SECOND_TOKEN", "Second-Token_of-the-tests.9876543210")
    monkeypatch.setenv("WORKSPACE_REFERENCE_PASSWORD", "Pass word & more")


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def reading(client: Client) -> Iterator[Reply]:
    """Lists, items, formats and headers."""
    store = client.app.parts.store
    person, post, group = "people/Zoe.O-Hara", store.posts.all()[0].id, store.groups.all()[0].id
    items = ["people/@self", person, f"community/blog/{post}", f"group/{group}"]
    for path in [*items, "people", "group", "community/blog", f"community/blog/{post}/comment"]:
        for suffix in ("", ".json", ".xml", ".yaml"):
            yield client.get(path + suffix)
        yield client.get(path + ".json?count=2")
        yield client.get(path, headers={"accept": "application/json"})
        yield client.get(path, headers={"content-type": "application/json"})
        yield client.get(path, headers={"content-type": "text/xml"})
        yield client.get(path + ".xml", headers={"content-type": "application/json"})
        yield client.get(path + ".xml", headers={"accept": "application/json"})
        yield client.get(path, headers=FORM_HEADERS)
    shelves = (("people", store.people), ("group", store.groups), ("community/blog", store.posts))
    for kind, shelf in shelves:
        for record in shelf.all():
            yield client.get(f"{kind}/{record.id}.json")
    yield client.get("people.json?count=many")
    for path in ("people", items[2]):
        for method in ("PATCH", "TRACE", "INVENTED"):
            yield client.ask(method, path)
    for path in ("nothing", f"{items[3]}/nothing", "/api/3.0/people"):
        yield client.get(path)


def reading_in_other_shapes(client: Client) -> Iterator[Reply]:
    """Headers and queries that name another format than the suffix, and no Accept."""
    store = client.app.parts.store
    post = store.posts.all()[0].id
    for path in ("people", "group", "community/blog", f"community/blog/{post}", "people/@self"):
        for suffix in ("", ".json", ".xml"):
            asked = f"{path}{suffix}"
            yield client.get(asked, headers={"accept": "application/json, */*;q=0.1"})
            yield client.get(asked, headers={"accept": "text/xml, */*;q=0.1"})
            yield client.get(asked, headers=JSON_HEADERS)
            yield client.get(asked, headers={"content-type": "Application/JSON; charset=UTF-8"})
            for query in (".json", "a=.xml", "a=/b", "a?b"):
                yield client.get(f"{asked}?{query}")
    for suffix in (".json", ".xml"):
        for form in ("application/json", "text/xml"):
            accept = {"accept": f"{form}, */*;q=0.1"}
            yield client.get(f"community/blog/{post}/comment{suffix}", headers=accept)


def asking_for_ids(client: Client) -> Iterator[Reply]:
    """Ids that are unknown, malformed, or nearly real."""
    store = client.app.parts.store
    post = store.posts.all()[1].id
    near = [
        post[:8],
        f"{post}x",
        f"%20{post}",
        f"{post}%00",
        f"{post}%2Fx",
        "%2A",
        post[:-1] + "%3F",
    ]
    odd = [
        "x" * 300,
        "4294967296",
        "%00",
        "%27",
        "%F0%9F%A6%89",
        "%3Cb%3E%26%22",
        "{postid}",
        "null",
    ]
    twice = post.replace("-", "%252D", 1)
    climbing = ["x%2F..%2F..%2F..%2Fgroup", twice, UNKNOWN, "wrong"]
    for id in near + odd + climbing:
        yield client.get(f"community/blog/{id}")
        yield client.get(f"community/blog/{id}.json")
        yield client.get(f"people/{id}.json")
    for method in ("PUT", "DELETE"):
        yield client.ask(method, f"community/blog/{UNKNOWN}.json")
        yield client.get(f"community/blog/{UNKNOWN}.json")
    yield client.get(f"community/blog/{UNKNOWN}/comment.json")


def identifying(client: Client) -> Iterator[Reply]:
    """Credentials of every kind, and login."""
    store, token = client.app.parts.store, client.token
    name, password = client.app.credentials.username, client.app.credentials.password
    posts, group = [post.id for post in store.posts.all()], store.groups.all()[0].id
    given = [token.swapcase(), token[:12], token + "x", token[:-1] + "x", "", "unknown"]
    given += ["Bearer x", f"Invented {token}", "Basic %%%", basic(f"{name}:wrong")]
    given += [f"Bearer {token.swapcase()}", basic(f"{name}:")]
    for credential in [*given, f"Bearer {token}", basic(f"{name}:{password}")]:
        yield client.get("people/@self.json", headers={"authorization": credential})
    for query in ("token", "access_token", "Authorization", "asc_auth_key"):
        yield client.get(f"people.json?{query}={token}", anonymous=True)
        yield client.get(f"group/{group}.xml?{query}={token}", anonymous=True)
    yield client.get("group", anonymous=True, headers={"cookie": f"asc_auth_key={token}"})
    for path in ("people", "people/nobody.xml", f"community/blog/{posts[0]}.json", "group.json"):
        yield client.get(path, anonymous=True)
    title = {"title": "Refused", "content": "Refused, too"}
    strange = {"headers": {"authorization": "unknown"}}
    yield client.post("community/blog.json", json_body=title, anonymous=True)
    yield client.post("community/blog.json", json_body=title, **strange)
    yield client.put(f"community/blog/{posts[2]}.json", json_body=title, anonymous=True)
    yield client.put(f"community/blog/{posts[2]}.json", json_body=title, **strange)
    yield client.get(f"community/blog/{posts[2]}.json")
    yield client.post(f"community/blog/{posts[0]}/comment.json", json_body=title, anonymous=True)
    comment = store.comments_of(posts[0])[0].id
    said = {"content": "Refused"}
    yield client.put(f"community/blog/comment/{comment}.json", json_body=said, anonymous=True)
    yield client.get(f"community/blog/{posts[0]}/comment.json")
    yield client.put(f"community/blog/{UNKNOWN}.json", json_body=title, anonymous=True)
    yield client.post("group.xml", form={"groupName": "Refused"}, anonymous=True)
    yield client.delete(f"community/blog/{posts[3]}", anonymous=True)
    yield client.get("community/blog.json")
    for user, secret in ((name, password), (name, "wrong"), ("nobody", password)):
        yield (login := logging_in(client, user, secret))
        issued = re.search(rb'"token":"([\w-]+)"', login.answer.body)
        credential = issued[1].decode() if issued else "none"
        yield client.get("people/@self", headers={"authorization": credential})


def logging_in_oddly(client: Client) -> Iterator[Reply]:
    """Passwords that are nearly right, in JSON and in a form; a token of a login, used otherwise."""
    name, right = client.app.credentials.username, client.app.credentials.password
    other = list(client.app.parts.accounts.by_name.values())[1].password
    for given in (None, "", other, right[:-1], f"{right}a", right.swapcase()):
        fields = {"userName": name} | ({} if given is None else {"password": given})
        yield client.post("authentication", form=fields, anonymous=True)
        yield client.post("authentication.json", json_body=fields, anonymous=True)
    login = logging_in(client, name, right)
    issued = re.search(rb'"token":"([\w-]+)"', login.answer.body)
    headers = {"authorization": issued[1].decode() if issued else "none"}
    for path in ("group.json", "group.json", "group"):
        yield client.get(path, headers=headers)
    yield client.put(f"group/{UNKNOWN}.json", headers=headers)


def logging_in(client: Client, user: str, secret: str) -> Reply:
    form = {"userName": user, "password": secret}
    return client.post("authentication.json", form=form, anonymous=True)


def writing(client: Client) -> Iterator[Reply]:
    """Creations, updates and deletes, in both forms."""
    person = client.app.parts.store.people.all()[2].id
    posted = {"title": "Tïtle & more + 100 %", "content": "Lóng content 🦉", "tags": "a,b"}
    grouped = {"groupName": "Ä group of + %", "members": [person], "groupManager": person}
    hired = {"email": "new.one@portal.test", "firstname": "New", "lastname": "Öne"}
    kinds = (("community/blog", posted), ("group", grouped), ("people", hired))
    for path, fields in kinds:
        for suffix in ("", ".json", ".xml"):
            yield client.post(path + suffix, form=fields)
        made = client.post(path, json_body=fields, headers={"accept": "application/json"})
        yield made
        id = made_id(made)
        changed = {**fields, "title": "Änother title", "content": "Other", "groupName": "Öther"}
        yield client.get(f"{path}/{id}.json")
        yield client.put(f"{path}/{id}.json", json_body=changed)
        yield client.put(f"{path}/{id}", form=changed)
        yield client.get(f"{path}/{id}.json")
        yield client.put(f"{path}/{id}", headers=JSON_HEADERS)
        yield from talking(client, f"{path}/{id}/comment")
        for body in (b"{", b"[]", b'{"title":'):
            yield client.post(path, body=body, headers=JSON_HEADERS)
        yield client.post(path + ".json", json_body={"title": 7})
        yield client.post(path + ".json", body=b"x", headers={"content-type": "image/png"})
        for suffix in ("", ".json", ".xml"):
            yield client.delete(
                f"{path}/{id}{suffix}", headers={"content-type": "application/json"}
            )
            yield client.get(f"{path}/{id}")
            id = made_id(client.post(path, form=fields, headers={"accept": "application/json"}))
        yield client.get(f"{path}.json")
    yield client.get("community/blog.json")


def writing_in_other_shapes(client: Client) -> Iterator[Reply]:
    """Bodies of odd texts and spellings, with other headers, with queries, and without Accept."""
    store = client.app.parts.store
    group, post = first(store.groups), first(store.posts)
    said = f"community/blog/{post}/comment"
    made = client.post(f"{said}.json", json_body={"content": "One"})
    comment = f"community/blog/comment/{made_id(made)}"
    person = f"people/{store.people.all()[2].id}"
    charset = {"content-type": "application/json; charset=utf-8"}
    for text in ("0012.50", "True", "null", " a\tb ]]> ", "Stra\u00dfe Стра"):
        for path, field in (
            (f"group/{group}", "groupName"),
            (f"community/blog/{post}", "content"),
            (person, "firstname"),
            (comment, "content"),
        ):
            body = {field: text}
            escaped = json.dumps(body).encode()
            yield client.put(f"{path}.json", body=escaped, headers=charset)
            yield client.put(f"{path}.json?a=.xml", json_body=body)
            small = urlencode(body).lower().replace(field.lower(), field).encode()
            for media in (FORM, f"{FORM}; charset=utf-8"):
                yield client.put(path, body=small, headers={"content-type": media})
            yield client.put(f"{path}.json", body=escaped, headers=JSON_HEADERS)
            for suffix in (".json", ".xml"):
                yield client.get(f"{said if path == comment else path}{suffix}")
    yield client.post("group", form={"groupName": "No Accept"})
    accept = {"accept": "text/xml, */*;q=0.1"}
    yield client.delete(f"{comment}.json?a=1", headers=accept)


def asking_for_what_is_gone(client: Client) -> Iterator[Reply]:
    """Writes to what was deleted, below and beside what is documented, and of other versions."""
    hired = {"email": "gone.one@portal.test", "firstname": "Gone", "lastname": "One"}
    body = {"title": "Gone", "content": "Gone", "groupName": "Gone", **hired}
    for path in ("community/blog", "group", "people"):
        id = made_id(client.post(f"{path}.json", json_body=body))
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            yield client.ask(method, f"{path}/{id}/below.json", json_body=body)
        said = f"{path}/{id}/comment"
        for suffix in (".json", ".xml", ""):
            yield client.post(f"{said}{suffix}", form={"content": "Gone"})
        yield client.get(f"{said}.json")
        comment = made_id(client.post(f"{said}.json", json_body={"content": "Gone"}))
        own = f"community/blog/comment/{comment}.json"
        for broken in (b'{"content": "odd"', b'{"content": "odd"} more'):
            yield client.put(own, body=broken, headers={"content-type": "application/json"})
        yield client.put(f"{path}/{id}.json", json_body=body)
        listed = b"[" + json.dumps(body).encode() + b"]"
        yield client.put(
            f"{path}/{id}.json", body=listed, headers={"content-type": "application/json"}
        )
        client.post("group.json", json_body={"groupName": "Managed", "groupManager": id})
        yield client.get(f"{path}.json")
        yield client.get(f"{said}.json")
        yield client.get("group.json")
        for target in (own, f"{path}/{id}.json"):
            yield client.delete(target)
            yield client.get(f"{said}.json")
            yield client.put(target, json_body=body)
            yield client.delete(target)
        yield client.post(f"{said}.json", json_body={"content": "Gone"})
        yield client.get("group.json")
        yield client.post(f"{path}/{UNKNOWN}/comment.json", json_body={"content": "Gone"})
        listed = b"[" + json.dumps(body).encode() + b"]"
        yield client.post(f"{path}.json", body=listed, headers={"content-type": "application/json"})
        for version in ("1.0", "3.0"):
            for method in ("GET", "POST", "PUT", "DELETE"):
                yield client.ask(method, f"/api/{version}/{path}.json", json_body=body)
                yield client.ask(method, f"/api/{version}/{path}/{UNKNOWN}.json", json_body=body)
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
        yield client.ask(method, "beside.json", json_body=body)
        yield client.ask(method, "people/@self/below.json", json_body=body)
    yield client.get(f"group/{first(client.app.parts.store.groups)},x")
    credentials = client.app.credentials
    login = logging_in(client, credentials.username, credentials.password)
    issued = re.search(rb'"token":"([\w-]+)"', login.answer.body)
    headers = {"authorization": issued[1].decode() if issued else "none"}
    yield client.get("group.xml", headers=headers)
    yield client.post("group.json", json_body={"groupName": "Login"}, headers=headers)
    yield client.delete(f"group/{UNKNOWN}.json", headers=headers)


def mistaking(client: Client) -> Iterator[Reply]:
    """What is rarely sent: credentials nearly right, media types and parameters that are none."""
    token = client.token
    for place in range(0, len(token), 2):
        near = f"{token[:place]}~{token[place + 1 :]}"
        yield client.get("group.json", headers={"authorization": near})
    odd = [f"BearerX{token}", f'"{token}"', f"{token}, {token}", token[1:], f"x{token}"]
    odd += [f"{token}\xe9", token + "A" * 2000, f"Bearer Bearer {token}", token.swapcase()]
    store = client.app.parts.store
    group, post = first(store.groups), first(store.posts)
    said = f"community/blog/{post}/comment"
    for value in [*odd, f"Basic {token}", f"{token[:-2]}~{token[-1]}"]:
        headers = {"authorization": value}
        yield client.get("group.json", headers=headers)
        yield client.post(said, form={"content": "odd"}, headers=headers)
        yield client.put(f"group/{group}", form={"groupName": "Odd"}, headers=headers)
    half = len(token) // 2
    middle = {"authorization": f"{token[:half]}~{token[half + 1 :]}"}
    yield client.delete(f"community/blog/{UNKNOWN}", headers=middle)
    for name in ("token", "asc_auth_key", "Authorization"):
        yield client.put(f"group/{UNKNOWN}?{name}={token}", anonymous=True)
        yield client.delete(f"group/{UNKNOWN}?{name}={token}", anonymous=True)
        yield client.put(f"group/{UNKNOWN}", form={name: token}, anonymous=True)
    for more in (
        {"cookie": f"asc_auth_key={token}"},
        {"x-auth-token": token},
        {"asc_auth_key": token},
    ):
        yield client.put(f"group/{UNKNOWN}", anonymous=True, headers=more)
        yield client.get("group", anonymous=True, headers=more)
    for path in (
        "group/",
        "/api/2.0//group",
        "/api/2.0/GROUP",
        "/api/2.0/%67roup",
        "/api/2.0/./group",
    ):
        yield client.get(path, anonymous=True)
        yield client.post(path, form={"groupName": "Odd"}, anonymous=True)
    sound = b'{"content": "odd", "groupName": "odd"}'
    bodies = [sound[:-1], sound + b" more", sound.replace(b'"', b"'"), b"/* odd */" + sound]
    for body in [*bodies, b"[" + sound + b"]", b""]:
        yield client.post(said, body=body, headers={"content-type": "application/json"})
        yield client.put(f"group/{group}", body=body, headers={"content-type": "application/json"})
    for media in ("garbage", ""):
        yield client.put(f"group/{group}", body=sound, headers={"content-type": media})
    yield client.put("community/blog/comment/odd", form={"content": "odd"})
    yield client.get("people", anonymous=True, headers={"cookie": "session=1"})
    yield client.get("people", anonymous=True, headers={"cookie": "login=1"})
    yield client.get("people", anonymous=True)
    yield from logging_in_oddly(client)
    yield client.get("group.json", headers={"content-type": "garbage"})
    yield client.get("people.json?updatedSince=garbage")
    yield client.put("people/nobody-here.json", json_body={"firstname": "No"})


def talking(client: Client, path: str) -> Iterator[Reply]:
    """Comments on one post."""
    ids = []
    for text in ("One", "Two", "Three"):
        said = client.post(f"{path}.json", json_body={"content": text})
        yield said
        ids.append(made_id(said))
    yield client.put(f"community/blog/comment/{ids[0]}.json", json_body={"content": "Other"})
    yield client.delete(f"community/blog/comment/{ids[1]}.json")
    yield client.get(f"{path}.json")


def first(shelf: Shelf[Any]) -> str:
    """The id of the first record on a shelf, which a fault may have emptied."""
    return next((str(record.id) for record in shelf.all()), UNKNOWN)


def made_id(reply: Reply) -> str:
    match = re.search(rb'"id":"([^"]+)"', reply.answer.body)
    return match[1].decode() if match else "none"


def exceeding(client: Client) -> Iterator[Reply]:
    """Requests of every kind, more than the limit allows of one, then a wait."""
    store = client.app.parts.store
    discussed = f"community/blog/{store.posts.all()[0].id}/comment"
    kept, doomed = (
        client.post(f"{discussed}.json", json_body={"content": text}).response["id"]
        for text in ("kept", "doomed")
    )
    client.clock.now += 10
    nobody = "people/conformance-1-nobody"
    yield client.ask("HEAD", "people/@self")
    for method in ("GET", "POST", "PUT", "DELETE"):
        yield client.ask(method, nobody)
    for path in ("people/@self.json", "people/@self.xml"):
        yield client.get(path)
    yield client.get("people/@self", headers={"user-agent": "another program"})
    token = f"Bearer {client.app.credentials.token}"
    yield client.get("people/@self", headers={"authorization": token})
    for _ in range(70):
        yield client.get("people/@self")
    yield client.post(f"{discussed}.json", json_body={"content": "Excess"})
    yield client.put(f"community/blog/comment/{kept}.json", json_body={"content": "Excess"})
    yield client.delete(f"community/blog/comment/{doomed}.json")
    yield client.post("community/blog", form={"title": "Excess"})
    excess = {"title": "Excess", "content": "Excess, too"}
    yield client.put(f"community/blog/{store.posts.all()[0].id}", form=excess)
    yield client.get("people/@self.xml")
    refused = client.delete(f"group/{store.groups.all()[0].id}")
    yield refused
    yield client.get("group", headers={"authorization": client.app.credentials.second_token})
    yield client.get("group", address="127.0.0.2")
    client.clock.now += 10
    for path in ("community/blog.json", "group.json", "people.json", f"{discussed}.json"):
        yield client.get(path)


def observe(options: Options, script: Script) -> list[Seen]:
    """What a client sees of a portal; tokens that login issues are told apart by nothing."""
    client = make_client(options)
    return [
        (
            reply.status,
            reply.answer.cut,
            reply.answer.headers,
            re.sub(rb'"token":"[\w-]+"', b'"token":"T"', reply.answer.body),
        )
        for reply in script(client)
    ]


@cache
def correct(options: Options, script: Script) -> list[Seen]:
    """What a client sees of the portal without a fault."""
    return observe(options, script)


def everything(client: Client) -> Iterator[Reply]:
    """All but the limiter."""
    for part in (
        reading,
        reading_in_other_shapes,
        asking_for_ids,
        identifying,
        writing,
        writing_in_other_shapes,
        asking_for_what_is_gone,
        mistaking,
    ):
        yield from part(client)


def script_for(fault: Fault) -> tuple[Options, Script]:
    if fault.requirement.startswith("RATE"):
        return LIMITED, exceeding
    if fault.module:
        return Options(rate=None), script_of(fault.module)
    return Options(rate=None), everything


@cache
def script_of(module: str) -> Script:
    """Everything that a module of the documented API is asked."""
    return lambda client: documented.everything(client, module)


def test_the_script_sees_the_same_twice() -> None:
    for fault in (find("query-201"), find("no-limit")):
        options, script = script_for(fault)
        assert observe(options, script) == observe(options, script)


@pytest.mark.parametrize("name", NAMES)
def test_a_client_sees_the_fault(name: str) -> None:
    options, script = script_for(find(name))
    assert observe(replace(options, faults=(name,)), script) != correct(options, script)


def test_every_requirement_has_a_fault_and_no_fault_breaks_another() -> None:
    assert {fault.requirement for fault in FAULTS} == set(load().requirements)


def test_names_are_unique_and_in_kebab_case() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 110
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in NAMES)


def test_the_limiter_has_twenty_faults() -> None:
    assert sum(fault.requirement.startswith("RATE") for fault in FAULTS) >= 20


def test_the_listing_shows_every_fault_in_a_line_of_at_most_100_columns() -> None:
    lines = listing().splitlines()
    assert len(lines) == len(FAULTS)
    assert max(map(len, lines)) <= 100
    assert len({line.index(f.summary) for line, f in zip(lines, FAULTS, strict=True)}) == 1


def test_an_unknown_fault_is_named_with_what_is_near() -> None:
    with pytest.raises(KeyError, match=r"'defaultjson'.*default-json"):
        find("defaultjson")
