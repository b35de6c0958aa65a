"""Each kind that the contract describes lives on the portal, and nothing else is written."""

from typing import Any

import pytest

from workspace_conformance.contract.documented import documented_operations
from workspace_conformance.contract.kinds import LIVED, Kind
from workspace_conformance.reference.documented.routes import CORE

from .documented import made, needs, spelled
from .support import UNKNOWN, Client


def _listed(client: Client, kind: Kind, parent: str) -> list[dict[str, Any]]:
    shown = client.get(f"{kind.listing.replace('{parent}', parent)}.json").response
    return list(shown[kind.list_in] if kind.list_in else shown)


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in LIVED])
def test_a_record_is_made_read_listed_changed_and_removed(client: Client, kind: Kind) -> None:
    before = client.get(f"{kind.item.partition('/{')[0]}.json").answer.body
    id, known = made(client, kind)
    parent, account = known.get("parent", ""), client.get("people/@self.json").response["id"]
    item = kind.item.replace("{id}", id)
    fields = kind.typed(kind.fields("conformance-1", "Ünï & more", account, **known))
    shown = client.get(f"{item}.json").response
    for member, name in (kind.shows | kind.holds).items():
        assert shown[member] == fields[name], member
    assert str(shown[kind.mark]).startswith("conformance-1")
    assert client.get(f"{item}.xml").xml.findtext(f"response/{kind.mark}") == shown[kind.mark]
    assert client.get(item).status == 200
    assert [one[kind.mark] for one in _listed(client, kind, parent) if str(one[kind.id]) == id]
    if kind.change is not None:
        changes = kind.changes("conformance-1", "Öther text", account, **known)
        put = client.put(f"{kind.change.replace('{id}', id)}.json", form=changes)
        assert put.status == 200
        changed = client.get(f"{item}.json").response
        assert changed == put.response
        assert changed != shown
    gone = client.delete(f"{kind.item.replace('{id}', id)}.json")
    assert gone.status == 200, gone.text
    assert client.get(f"{item}.json").status == 404
    assert client.put(f"{(kind.change or kind.item).replace('{id}', id)}.json").status in (404, 405)
    assert client.delete(f"{kind.item.replace('{id}', id)}.json").status == 404
    assert id not in {str(one[kind.id]) for one in _listed(client, kind, parent)}
    if kind.parent is not None and kind.parent.kind:
        client.delete(f"project/{parent}.json")
    assert client.get(f"{kind.item.partition('/{')[0]}.json").answer.body == before


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in LIVED])
def test_a_form_has_the_same_effect_as_json(client: Client, kind: Kind) -> None:
    account = client.get("people/@self.json").response["id"]
    known = needs(client, kind)
    shown = []
    for name, body in (("one", "form"), ("two", "json_body")):
        fields: dict[str, Any] = dict(kind.fields(name, "Ünï + & 100 %", account, **known))
        path = kind.make.replace("{parent}", known.get("parent", ""))
        sent = fields if body == "form" else kind.typed(fields)
        posted = client.post(f"{path}.json", **{body: sent})
        assert posted.status == 201
        item = client.get(kind.item.replace("{id}", str(posted.response[kind.id])) + ".json")
        shown.append({m: str(item.response[m]).replace(name, "") for m in kind.shows | kind.holds})
    assert shown[0] == shown[1]


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in LIVED])
def test_a_body_that_says_nothing_makes_nothing(client: Client, kind: Kind) -> None:
    known = needs(client, kind)
    path = kind.make.replace("{parent}", known.get("parent", ""))
    before = len(_listed(client, kind, known.get("parent", "")))
    assert client.post(f"{path}.json", json_body={}).status == 400
    assert client.post(f"{path}.json").status == 400
    assert client.post(f"{path}.json", body=b"{").status in (400, 415)
    assert len(_listed(client, kind, known.get("parent", ""))) == before


def test_what_a_project_holds_goes_with_it(client: Client) -> None:
    milestone = next(kind for kind in LIVED if kind.name == "project-milestone")
    id, known = made(client, milestone)
    assert client.delete(f"project/{known['parent']}").status == 200
    assert client.get(f"project/milestone/{id}").status == 404


def test_other_writes_are_denied_to_the_account_and_refused_to_nobody(client: Client) -> None:
    lives = {kind.name for kind in LIVED}
    assert len(lives) >= 14
    for operation in documented_operations():
        if operation.method == "GET" or operation.path in CORE:
            continue
        for id in (str(2**31 - 2), UNKNOWN):
            path = spelled(operation, [id] * 9)
            refused = client.ask(operation.method, path, anonymous=True)
            assert refused.status == 401
            assert refused.header("www-authenticate")
            assert 400 <= client.ask(operation.method, f"{path}.json").status < 500, path
