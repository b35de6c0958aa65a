"""The documented operations and records: their data, and which paths are therefore documented."""

from __future__ import annotations

import gc
import time
from collections import Counter

import pytest

from workspace_conformance.contract import documented
from workspace_conformance.contract.documented import (
    Field,
    Type,
    documented_operations,
    documented_reads,
    is_documented,
    literal_siblings,
    record_types,
)


def test_documented_operations() -> None:
    operations = documented_operations()
    assert len(operations) == 862
    assert Counter(row.method for row in operations) == {
        "GET": 341,
        "PUT": 227,
        "POST": 184,
        "DELETE": 110,
    }
    assert sum(not row.needs_authorization for row in operations) == 12
    by_name = {(row.method, row.path): row for row in operations}
    (group,) = by_name["PUT", "/api/2.0/group/{groupid}"].path_parameters
    assert group == Field("groupid", Type("uuid"))
    (status,) = by_name["GET", "/api/2.0/project/{status}"].path_parameters
    assert status.type == Type("string", 0, ("open", "paused", "closed"))
    types = {field.type.name for row in operations for field in row.path_parameters}
    assert types == {"string", "uuid", "int32", "int64", "uint32"}
    assert sum(row.acts for row in operations) == 22
    assert sum(row.content for row in operations) == 2
    assert len(documented_reads()) == 341 - 22 - 2 + sum(
        row.acts and row.content for row in operations
    )


def test_what_an_operation_says_of_itself() -> None:
    by_name = {(row.method, row.path): row for row in documented_operations()}
    contacts = by_name["GET", "/api/2.0/crm/contact/filter"]
    assert (contacts.name, contacts.module, contacts.shape) == (
        "crm/contact/filter",
        "crm",
        "list",
    )
    assert "contactStage" in [field.name for field in contacts.query]
    assert not contacts.body
    post = by_name["GET", "/api/2.0/community/blog/{postid}"]
    assert (post.module, post.shape) == ("community/blog", "record")
    capabilities = by_name["GET", "/api/2.0/files/thirdparty/capabilities"]
    assert capabilities.answer == Type("string", 2)
    assert by_name["GET", "/api/2.0/portal/usedspace"].shape == "value"
    assert by_name["GET", "/api/2.0/crm/report/terminate"].shape == "nothing"
    assert by_name["GET", "/api/2.0/people/"].name == "people"


def test_record_types() -> None:
    types = record_types()
    assert len(types) == 204
    assert Field("CreatedBy", Type("EmployeeWraper")) in types["BlogPostWrapperFull"]
    assert types["Agent"] == ()  # one of which the documentation tells no members


def test_the_documented_are_read_fast() -> None:
    gc.collect()
    gc.disable()  # what other tests have made is none of its time
    try:
        took = []
        for _ in range(5):
            started = time.process_time()
            documented._documented.__wrapped__()
            took.append(time.process_time() - started)
    finally:
        gc.enable()
    assert min(took) < 0.1


OPERATION = {"method": "GET", "path": "/api/2.0/x/{id}", "section": "x", "answer": "int32"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "expected the members operations and records"),
        ({"operations": [{}], "records": {}}, "operation 1: needs method, path, section"),
        ({"operations": [OPERATION], "records": {}}, "and not those of its path"),
        (
            {"operations": [{**OPERATION, "parameters": {"id": "Nothing"}}], "records": {}},
            "Nothing is no type that it describes",
        ),
        (
            {"operations": [{**OPERATION, "parameters": {"id": []}}], "records": {}},
            "id: \\[\\] is no type",
        ),
        (
            {"operations": [{**OPERATION, "method": "PATCH"}], "records": {}},
            "its method is none of",
        ),
        ({"operations": [{**OPERATION, "odd": 1}], "records": {}}, "has the unknown members odd"),
        (
            {"operations": [{**OPERATION, "parameters": {"id": "int32"}}] * 2, "records": {}},
            "is there twice",
        ),
        ({"operations": [], "records": {"X": 3}}, "X: expected names and their types"),
    ],
)
def test_damaged_data_are_said_where(data: object, words: str) -> None:
    with pytest.raises(documented.DocumentedError, match=words):
        documented.read_documented(data, "documented.json")


@pytest.mark.parametrize(
    "path",
    [
        "/api/2.0/people",
        "/api/2.0/people/",
        "/API/2.0/People.json",
        "/api/2.0/people/@self.xml",
        "/api/2.0/people/%40self",
        "/api/2.0/people/Mike.Zanyatski",
        "/api/2.0/community/blog/comment/7",
        "/api/2.0/capabilities.json",
    ],
)
def test_documented_paths(path: str) -> None:
    assert is_documented(path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/2.0",
        "/api/2.0/nothing-of-the-kind",
        "/api/2.0/people.yaml",
        "/api/2.0/people/a/b/c",
        "/api/2.0//people",
        "/api/2.0/people//photo",
        "/api/2.0%2Fpeople",
    ],
)
def test_undocumented_paths(path: str) -> None:
    assert not is_documented(path)


def test_documented_for_a_method() -> None:
    assert is_documented("/api/2.0/people", "get")
    assert not is_documented("/api/2.0/people", "DELETE")


def test_literal_siblings() -> None:
    assert {"@self", "email", "status", "search", "@search"} <= literal_siblings("/api/2.0/people/")
    assert literal_siblings("/api/2.0/group") == {"search", "user"}
    assert literal_siblings("/api/2.0/community/blog") == {
        "@self",
        "@search",
        "comment",
        "tag",
        "user",
    }
