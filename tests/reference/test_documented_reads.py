"""Every documented GET is answered lawfully, in every form."""

import json
from decimal import Decimal
from typing import Any

import pytest

from workspace_conformance.contract.documented import Operation
from workspace_conformance.exchange.form_comparison import compare
from workspace_conformance.reference.documented import families

from .documented import READS, real, spelled, words_of
from .support import UNKNOWN, Client, make_client


@pytest.fixture(scope="module")
def portal() -> Client:
    """A portal that no test changes."""
    return make_client()


def _ids(operations: list[Operation]) -> list[Any]:
    return [pytest.param(one, id=one.name) for one in operations]


def json_with_decimals(body: bytes) -> Any:
    """A JSON document with numbers as they are written."""
    return json.loads(body, parse_float=Decimal)


@pytest.mark.parametrize("operation", _ids(READS))
def test_it_is_served_in_each_form_with_the_same_data(operation: Operation, portal: Client) -> None:
    path = real(operation, portal)
    told, xml, plain = (portal.get(path + suffix) for suffix in (".json", ".xml", ""))
    assert (told.status, xml.status, plain.status) == (200, 200, 200), told.text
    envelope = told.json
    assert envelope["status"] == 0
    assert envelope["statusCode"] == 200
    shown = envelope["response"]
    assert isinstance(shown, list) == (operation.shape == "list")
    assert envelope.get("count", 0) == (len(shown) if isinstance(shown, list) else 1)
    assert not compare(json_with_decimals(told.answer.body), xml.xml)
    assert plain.answer.body == xml.answer.body
    assert portal.get(path + ".json").text == told.text


@pytest.mark.parametrize("operation", _ids(READS))
def test_nobody_is_refused_with_a_challenge(operation: Operation, portal: Client) -> None:
    for path in (real(operation, portal), spelled(operation, ["1"] * 9)):
        for suffix in ("", ".json", ".xml"):
            refused = portal.get(path + suffix, anonymous=True)
            assert refused.status == 401
            assert refused.header("www-authenticate")


def _with_ids() -> list[Operation]:
    operations = []
    for operation in READS:
        sample = ("contact",) * len(operation.path_parameters)
        if any(
            families.family_of_parameter(operation, place, sample) is not None
            for place in range(len(sample))
        ):
            operations.append(operation)
    return operations


@pytest.mark.parametrize("operation", _ids(_with_ids()))
def test_unknown_and_wrong_ids_are_refused(operation: Operation, portal: Client) -> None:
    words = words_of(operation, portal.app.parts.serving.library)
    for place, field in enumerate(operation.path_parameters):
        if (
            field.type.choices
            or families.family_of_parameter(operation, place, tuple(words)) is None
        ):
            continue
        for unknown in (str(2**31 - 2), UNKNOWN, "no such thing", "..%2Fx", "%00", "1.5", "-1"):
            path = spelled(operation, [*words[:place], unknown, *words[place + 1 :]])
            reply = portal.get(path + ".json")
            known = field.type.name in ("string", "uuid") or unknown == str(2**31 - 2)
            assert reply.status in ((404, 400) if known else (400, 404)), reply.text
        right = UNKNOWN if field.type.name == "uuid" else str(2**31 - 2)
        path = spelled(operation, [*words[:place], right, *words[place + 1 :]])
        assert portal.get(path + ".json").status == 404


def test_choices_take_each_of_their_words_and_no_other(portal: Client) -> None:
    for operation in READS:
        words = words_of(operation, portal.app.parts.serving.library)
        for place, field in enumerate(operation.path_parameters):
            if field.type.choices and len(words) == 1:
                for choice in field.type.choices:
                    path = spelled(operation, [*words[:place], choice, *words[place + 1 :]])
                    assert portal.get(path + ".json").status == 200, path
                path = spelled(operation, [*words[:place], "nothing", *words[place + 1 :]])
                assert 400 <= portal.get(path + ".json").status < 500


def test_what_a_list_shows_is_served_at_its_url(portal: Client) -> None:
    lists = {
        "crm/task/filter": "crm/task/{}",
        "crm/contact/filter": "crm/contact/{}",
        "crm/case/filter": "crm/case/{}",
        "crm/voip/numbers/existing": "crm/voip/numbers/{}",
        "project": "project/{}",
        "project/milestone": "project/milestone/{}",
        "project/template": "project/template/{}",
        "project/task/filter": "project/task/{}",
        "project/message": "project/message/{}",
        "community/bookmark": "community/bookmark/{}",
        "community/event": "community/event/{}",
        "community/forum/topic/recent": "community/forum/topic/{}",
        "files/folder/{my}/path": "files/folder/{}",
        "mail/operations": "mail/operations/{}",
        "settings/customnavigation/getall": "settings/customnavigation/get/{}",
    }
    my = portal.get("files/@my.json").response["current"]["id"]
    for path, item in lists.items():
        shown = portal.get(path.replace("{my}", str(my)) + ".json").response
        assert shown
        for record in shown:
            found = portal.get(item.format(record["id"]) + ".json")
            assert found.status == 200
            assert found.response["id"] == record["id"]


def test_nested_lists_answer_for_what_the_list_above_shows(portal: Client) -> None:
    for project in portal.get("project.json").response:
        for task in portal.get(f"project/{project['id']}/task.json").response:
            for comment in portal.get(f"project/task/{task['id']}/comment.json").response:
                assert portal.get(f"project/comment/{comment['id']}.json").status == 200
    shown = portal.get("community/wiki.json").response
    assert portal.get(f"community/wiki/{shown[0]['name'].replace(' ', '%20')}/story").status == 200


def test_a_search_finds_a_word_that_a_list_shows(portal: Client) -> None:
    for path, search in (
        ("community/event", "community/event/@search/"),
        ("community/bookmark", "community/bookmark/@search/"),
        ("project", "project/@search/"),
    ):
        word = portal.get(f"{path}.json").response[0]["title"].split()[0]
        assert portal.get(f"{search}{word}.json").response
