"""What is never sent: GETs that do something, and writes but to records of ours or to nothing."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from urllib.parse import unquote

from tests.support import against, observed_portal, run_suite
from workspace_conformance.checks.documented import strangers
from workspace_conformance.contract.documented import documented_operations, documented_reads
from workspace_conformance.contract.kinds import all_kinds

NOTHING = re.compile(
    r"2147483646|[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|conformance-1-nobody"
)


# Where records of ours are made, and the login.
MADE_AT = {kind.make for kind in all_kinds()} | {"authentication"}


def test_strangers_name_a_record_by_an_id() -> None:
    writes = strangers.writes()
    assert 235 <= len(writes) <= 247
    names = {f"{it.method} {it.name}" for it in writes}
    assert "DELETE crm/contact/{contactid}" in names
    assert "PUT community/wiki/{name}" in names
    for forbidden in (
        "PUT people/status/{status}",
        "PUT people/type/{type}",
        "POST migration/init/{migratorName}",
        "PUT crm/invoice/status/{status}",
        "DELETE crm/{entityType}/tag",
    ):
        assert forbidden not in names


def test_nothing_else_is_ever_sent(tmp_path: Path) -> None:
    """The log of a run with everything allowed."""
    with observed_portal() as portal:
        env = against(
            portal,
            WORKSPACE_USERNAME=portal.credentials.username,
            WORKSPACE_PASSWORD=portal.credentials.password,
            WORKSPACE_ALLOW_WRITES="1",
        )
        before = portal.held()
        run_suite(tmp_path, "--breadth=documented", "--id-examples=3", "-m", "not burst", env=env)
        asked = list(portal.questions)
        assert portal.held() == before
    acting = [_pattern(it.name) for it in documented_operations() if it.acts or it.content]
    literal = {it.name for it in documented_reads() if not it.path_parameters}
    without_id = [
        _pattern(it.name)
        for it in documented_operations()
        if it.method != "GET" and not it.path_parameters and it.name not in MADE_AT
    ]
    for method, target, who, _ in asked:
        path = target.partition("?")[0].removeprefix("/api/2.0/")
        path = re.sub(r"\.(json|xml|tml|yaml)$", "", path)
        if method == "GET":
            # A word that the documentation itself has there is no id (mail/messages/template).
            is_word = path in literal
            assert is_word or not any(it.fullmatch(path) for it in acting), target
        elif method in ("POST", "PUT", "DELETE") and not who and _is_beyond_core(path):
            assert NOTHING.search(target), f"{method} {target}"
        if method in ("PUT", "DELETE") or (method == "POST" and path not in MADE_AT):
            assert not any(it.fullmatch(path) for it in without_id), f"{method} {target}"


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(name)))


def _is_beyond_core(path: str) -> bool:
    plain = posixpath.normpath(re.sub("/+", "/", f"/{unquote(path)}")).strip("/").lower()
    plain = plain.removeprefix("api/2.0/")  # as a server may read it
    return not plain.startswith(("people", "group", "community/blog", "authentication"))
