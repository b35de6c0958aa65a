"""The kinds of records: the data say what they should, and mistakes in them are told clearly."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from workspace_conformance.contract.data_files import schema_path
from workspace_conformance.contract.documented import record_types
from workspace_conformance.contract.kinds import (
    GROUP,
    KINDS,
    LIVED,
    PERSON,
    POST,
    KindsError,
    all_kinds,
    named,
    read_kinds,
)


@pytest.fixture
def data() -> Any:
    return yaml.safe_load(schema_path("kinds.yaml").read_text(encoding="utf-8"))


def test_posts_groups_and_people_are_the_kinds_that_whole_sections_write() -> None:
    assert KINDS == (POST, GROUP, PERSON)
    assert [kind.name for kind in KINDS] == ["post", "group", "person"]
    assert [kind.plural for kind in KINDS] == ["posts", "groups", "people"]
    assert [kind.collection for kind in KINDS] == ["community/blog", "group", "people"]
    assert [kind.item for kind in KINDS] == [f"{kind.collection}/{{id}}" for kind in KINDS]


def test_bodies_are_filled_in() -> None:
    title = "conformance-1-post-x a {b} %"
    assert POST.fields("conformance-1-post-x", "a {b} %", "me") == {
        "title": title,
        "content": f"Made by a conformance run: {title}",
    }
    assert POST.changes("n", "", "me") == {
        "title": "n",
        "content": "Made by a conformance run: n",
    }
    assert GROUP.fields("n", "t", "me") == {"groupName": "n t", "groupManager": "me"}
    assert PERSON.fields("n-1", "", "me") == {
        "email": "n-1@example.com",
        "firstname": "Conformance",
        "lastname": "Nb",
        "isVisitor": "false",
    }
    assert PERSON.changes("n-1", "", "me") == {"firstname": "Conformance", "lastname": "Nb"}
    assert POST.removal() == {}


def test_json_has_numbers_and_flags() -> None:
    kind = named("crm-opportunity")
    sent = kind.typed(kind.fields("n", "t", "9c35", stage="7"))
    assert (sent["stageid"], sent["responsibleid"]) == (7, "9c35")
    assert (sent["isPrivate"], sent["bidType"], sent["title"]) == (False, 0, "n t")
    folder = named("folder")
    assert folder.typed(folder.removal()) == {"deleteAfter": False, "immediately": True}


@pytest.mark.parametrize("kind", LIVED, ids=lambda kind: kind.name)
def test_members_are_those_of_the_documented_record(kind: Any) -> None:
    known = {field.name[:1].lower() + field.name[1:] for field in record_types()[kind.record]}
    known |= {field.name.lower() for field in record_types()[kind.record]}
    shown = {*kind.shows, *kind.holds, *kind.composed, kind.mark, kind.id, *kind.documented}
    assert shown <= known


def test_there_are_kinds_enough_and_no_label_stands_for_two() -> None:
    assert len(LIVED) >= 14
    assert len({kind.label for kind in all_kinds()}) == len(all_kinds())
    assert all(kind.carried or kind.holds for kind in all_kinds())


def _drop(key: str) -> Callable[[Any], None]:
    return lambda row: row.pop(key)


def _set(key: str, value: Any) -> Callable[[Any], None]:
    return lambda row: row.update({key: value})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_drop("make"), "event: lacks make"),
        (_set("colour", "red"), "event: has the unknown keys colour"),
        (_set("name", "post"), "post: is there twice"),
        (_set("make", "community/evnt"), "POST community/evnt is no documented operation"),
        (_set("item", "community/{id}/{id}/{id}"), "is no documented operation"),
        (_set("fields", {"titel": {"text": "{title}"}}), "title shows title, which is none of its"),
        (_set("fields", {"title": "{title}"}), "event, fields, title: expected {type: text}"),
        (_set("fields", {"title": {"word": "x"}}), "with one of the types text, link"),
        (_set("fields", {"title": {"text": "{nam}"}}), "'nam' is no placeholder"),
        (_set("fields", {"title": {"text": "{parent}"}}), "'parent' is no placeholder"),
        (_set("mark", "colour"), "nothing says what its mark, colour, shows"),
        (_set("parent", "project"), "parent is neither {kind} nor {read, member}"),
        (_set("parent", {"kind": "project"}), "speaks of project, which is no kind before it"),
        (_set("shows", ["title"]), "shows is not {text: text}"),
        (_set("changes", {"colour": {"text": "x"}}), "has no documented field colour"),
        (_set("changes", {"title": {"flag": "true"}}), "is documented as string, and no flag"),
        (_set("changes", {}), "nothing says what changes one"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    data: Any, change: Callable[[Any], None], words: str
) -> None:
    row = next(row for row in data["kinds"] if row["name"] == "event")
    changed = copy.deepcopy(row)
    change(changed)
    data["kinds"][data["kinds"].index(row)] = changed
    with pytest.raises(KindsError) as error:
        read_kinds(data, "kinds.yaml")
    assert words in str(error.value)
    assert str(error.value).startswith("kinds.yaml, ")


@pytest.mark.parametrize("whole", [None, [], {"version": 1}, {"version": 2, "kinds": []}])
def test_what_is_no_list_of_kinds_is_told(whole: Any) -> None:
    with pytest.raises(KindsError):
        read_kinds(whole, "kinds.yaml")
