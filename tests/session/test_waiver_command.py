"""The command `waivers`: what it takes out of a file, what it writes in, and what it leaves alone."""

from __future__ import annotations

import datetime
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.reporting.samples import all_passed, case, data_of, result
from tests.support import run_suite
from workspace_conformance.exchange.outcomes import Outcome, Reason
from workspace_conformance.reporting import results
from workspace_conformance.session import waiver_command
from workspace_conformance.verdict.verdicts import CaseResult, LeftOut

FILE = """\
# The waivers of our portal. The office knows of them.

# the proxy, until it is replaced
[[waiver]]
requirement = "FMT-3"
method = "DELETE"   # by hand
reason = "the proxy adds a suffix"
owner = "ann@example.com"
expires = 2099-12-31

# nobody remembers
[[waiver]]
requirement = "AUTH-2"
reason = "[[waiver]]"
owner = "bob@example.com"
expires = 2099-12-31

[[waiver]] # last
requirement = "ENV-1"
reason = "known"
link = "https://tracker.example.com/1"
expires = 2099-12-31
"""


def failed(requirement: str, name: str = "two", **told: Any) -> CaseResult:
    return case(requirement, Outcome.FAILED, name, message="declares nothing", **told)


def results_of(folder: Path, *cases: CaseResult, **told: Any) -> Path:
    """results.json of a run in which these cases were beside one for each requirement that passed."""
    file = folder / "results.json"
    data = data_of(result([*all_passed().values(), *cases], **told))
    file.write_text(results.as_text(data), encoding="utf-8")
    return file


def ran(folder: Path, *words: str, text: str | None = FILE) -> tuple[int, str]:
    """The exit code, and what the file holds then."""
    file = folder / "waivers.toml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    try:
        code = waiver_command.main([str(file), str(folder / "results.json"), *words])
    except SystemExit as end:
        code = int(str(end.code))
    return code, file.read_text("utf-8") if file.exists() else ""


def test_what_a_result_no_longer_needs_is_taken_out_with_its_comment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results_of(
        tmp_path, failed("FMT-3", method="DELETE"), failed("ENV-1"), failed("AUTH-2", name="x")
    )
    assert ran(tmp_path, "--prune") == (0, FILE)
    assert "nothing to change" in capsys.readouterr().out
    results_of(tmp_path, failed("FMT-3", method="DELETE"), failed("ENV-1"))
    code, text = ran(tmp_path, "--prune")
    assert code == 0
    assert "removed: AUTH-2" in capsys.readouterr().out
    start = FILE.index("# nobody remembers")
    assert text == FILE[:start] + FILE[FILE.index("[[waiver]] # last") :]


def test_the_first_and_the_last_one_are_taken_out_and_the_head_stays(tmp_path: Path) -> None:
    results_of(tmp_path, failed("AUTH-2"))
    code, text = ran(tmp_path, "--prune")
    assert code == 0
    assert text.startswith("# The waivers of our portal. The office knows of them.\n\n# nobody")
    assert [row["requirement"] for row in tomllib.loads(text)["waiver"]] == ["AUTH-2"]


def test_what_was_untested_keeps_its_waiver(tmp_path: Path) -> None:
    untested = [
        case(name, Outcome.UNTESTED, "two", reason=Reason.NO_CONSENT, message="m", method="DELETE")
        for name in ("FMT-3", "AUTH-2", "ENV-1")
    ]
    results_of(tmp_path, *untested)
    assert ran(tmp_path, "--prune") == (0, FILE)


def test_a_run_that_left_cases_out_cannot_say_what_is_not_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results_of(tmp_path, left_out=[LeftOut("suites/test_a.py::test_b", "-k")], complete=False)
    assert ran(tmp_path, "--prune") == (4, FILE)
    assert "left 1 case out: only a whole run shows" in capsys.readouterr().err


def test_what_is_violated_is_written_in_and_is_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results_of(
        tmp_path,
        failed("FMT-3", method="DELETE"),
        failed("ENV-1"),
        failed("AUTH-2", "a", method="PUT", fmt="xml"),
        failed("STA-6", "b", method="GET", fmt="", resource='the "group" of people'),
        failed("AUTH-6"),  # a SHOULD
    )
    code, text = ran(tmp_path, "--update", text=FILE.replace('"AUTH-2"', '"ID-1"'))
    assert code == 0
    assert text.startswith(FILE.replace('"AUTH-2"', '"ID-1"'))
    new = tomllib.loads(text)["waiver"][3:]
    today = datetime.datetime.now(datetime.UTC).date()
    assert [
        (row["requirement"], row["method"], row["format"], row["resource"], row["expires"])
        for row in new
    ] == [
        ("AUTH-2", "PUT", "xml", "post", today + datetime.timedelta(days=30)),
        ("STA-6", "GET", "", 'the "group" of people', today + datetime.timedelta(days=30)),
    ]
    assert all(row[name].startswith("TODO:") for row in new for name in ("reason", "owner"))
    assert "2 to do: write the reason and the owner" in capsys.readouterr().out
    assert ran(tmp_path, "--update", text=None) == (0, text)
    assert "nothing to change" in capsys.readouterr().out
    code, text = ran(tmp_path, "--update", "--strict", text=None)
    assert [row["requirement"] for row in tomllib.loads(text)["waiver"][5:]] == ["AUTH-6"]


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    results_of(tmp_path, failed("FMT-3"))
    assert ran(tmp_path, "--prune", text=None) == (4, "")
    code, text = ran(tmp_path, "--update", text=None)
    assert code == 0
    assert text.startswith('[[waiver]]\nrequirement = "FMT-3"\nmethod = "GET"\nformat = "json"\n')


def test_many_violations_of_one_requirement_make_few_waivers(tmp_path: Path) -> None:
    many = [
        failed("FMT-3", f"{method}-{number}", method=method, resource=f"r{number}")
        for method in ("GET", "PUT")
        for number in range(40)
    ]
    results_of(tmp_path, *many, failed("ENV-1", "a"), failed("ENV-1", "b", method=None, fmt=None))
    _, text = ran(tmp_path, "--update", text=None)
    assert [
        (row["requirement"], row.get("method"), row.get("format"), row.get("resource"))
        for row in tomllib.loads(text)["waiver"]
    ] == [
        ("FMT-3", "GET", "json", None),
        ("FMT-3", "PUT", "json", None),
        ("ENV-1", None, None, "post"),  # covers the other case as well
    ]


def test_an_expired_waiver_is_named_and_left_to_its_owner(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = FILE.replace("2099-12-31", "2020-12-31", 1)
    results_of(tmp_path, failed("FMT-3", method="DELETE"), failed("AUTH-2"), failed("ENV-1"))
    assert ran(tmp_path, "--update", "--prune", text=old) == (0, old)
    assert "expired on 2020-12-31: FMT-3 (method DELETE)" in capsys.readouterr().out


def test_without_an_edit_it_says_what_each_waiver_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results_of(tmp_path, failed("FMT-3", method="DELETE"), failed("AUTH-2"))
    assert ran(tmp_path) == (0, FILE)
    assert capsys.readouterr().out.splitlines() == [
        "FMT-3 (method DELETE), until 2099-12-31: waives 1 case",
        "AUTH-2, until 2099-12-31: waives 1 case",
        "ENV-1, until 2099-12-31: its cases pass, or there are none",
    ]


@pytest.mark.parametrize(
    "text",
    [
        'waiver = [{requirement="AUTH-2", reason="a", owner="b", expires=2099-12-31}]\n',
        FILE.replace('"[[waiver]]"', '"""\\\n[[waiver]]"""'),
    ],
)
def test_a_file_that_a_command_cannot_edit_is_left_as_it_is(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results_of(tmp_path)
    assert ran(tmp_path, "--prune", text=text) == (4, text)
    assert "cannot be edited by a command" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["[[waiver]]\n", "\x00", "requirement = 1\n"])
def test_what_is_no_file_of_waivers_is_wrong_usage(text: str, tmp_path: Path) -> None:
    results_of(tmp_path)
    assert ran(tmp_path, "--update", text=text) == (4, text)


def test_a_run_refuses_waivers_that_are_to_do(tmp_path: Path) -> None:
    results_of(tmp_path, failed("FMT-3"), failed("ENV-1"))
    ran(tmp_path, "--update", text=None)
    done = run_suite(tmp_path / "run", "--embedded", f"--waivers={tmp_path / 'waivers.toml'}")
    assert done.code == 4
    assert "nobody has decided yet about FMT-3 (method GET, format json, resource post)" in done.out
    assert "ENV-1" in done.out
