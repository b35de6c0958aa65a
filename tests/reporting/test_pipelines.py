"""What a pipeline reads: summary.md, GitHub's annotations, GitLab's code quality."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from tests.support import TOKEN, Ran, run_suite
from workspace_conformance.contract import manifest
from workspace_conformance.exchange.outcomes import Outcome, Reason
from workspace_conformance.reporting import markdown, pipelines
from workspace_conformance.reporting import violated as violated_lines
from workspace_conformance.reporting.results import Result
from workspace_conformance.settings import Settings

from . import samples
from .samples import all_passed, case, data_of, result
from .test_gate import baseline_of, decided, waiver

BROKEN = ("--fault=json-as-html", "--requirement=FMT-1")


def shown(text: str) -> str:
    """Markdown as GitHub's and GitLab's readers make HTML of it."""
    return str(MarkdownIt("commonmark").enable("table").render(text))


def violated(tmp_path: Path) -> Result:
    """Three violations, one of them waived, and a baseline that had none."""
    cases = list(all_passed().values())
    for name in ("FMT-1", "FMT-2", "FMT-8"):
        cases.append(case(name, Outcome.FAILED, "x", message="declares text/html", method="PUT"))
    known = baseline_of(tmp_path, all_passed().values())
    settings = Settings(target=samples.URL, baseline=known, waivers=(waiver("FMT-2"),))
    decision = decided(cases, waiver("FMT-2"), baseline=known)
    return result(cases, settings=settings, decision=decision, exit_code=decision.exit_code)


def test_the_summary_says_what_happened(tmp_path: Path) -> None:
    text = markdown.render(data_of(violated(tmp_path)))
    assert text.startswith("## ❌ Workspace API conformance: non-conformant\n")
    assert "2 of 47 MUST requirements are violated." in text
    assert "Gate failed: violations that are not waived of FMT-1" in text
    assert text.index("newly failing: FMT-1 (1), FMT-2 (1), FMT-8 (1)") < text.index("| section")
    assert "| Formats | 5 | 2 | · | · | 1 |" in text
    order = re.findall(r"^\* \*\*(\S+)\*\* \((.*?)\)", text, re.M)
    assert order == [("FMT-1", "MUST"), ("FMT-2", "MUST, waived"), ("FMT-8", "SHOULD")]
    assert "Waived until 2026-06-01: ` known `" in text
    assert "1 of 2 cases, e.g. ` declares text/html `" in text


def test_the_summary_shows_how_to_see_it_again() -> None:
    made = result(
        [case("FMT-1", Outcome.FAILED, message="declares text/html", exchange=1)],
        {1: samples.exchange(path="/api/2.0/people.json?filterValue=`a`")},
    )
    curls = violated_lines.curls(made, samples.redactor())
    html = shown(markdown.render(data_of(made), curls))
    assert TOKEN not in html
    assert "<pre><code>curl -i -H &quot;Authorization: $WORKSPACE_TOKEN&quot; " in html
    assert html.count("<li>") == 1 + html.count("no-consent: ")
    hidden = markdown.render(data_of(made), {"FMT-1": "curl \u202e http://a.test"})
    assert "curl" not in hidden


def test_the_summary_of_a_conformant_target_is_short() -> None:
    text = markdown.render(data_of(result(all_passed().values())))
    assert text.startswith("## ✅ Workspace API conformance: conformant")
    assert "Violated" not in text
    assert "Untested" not in text


def test_the_summary_says_what_was_untested_and_what_would_help() -> None:
    cases = all_passed()
    cases["STA-2"] = case("STA-2", Outcome.UNTESTED, reason=Reason.NO_CONSENT, message="m")
    text = markdown.render(data_of(result(cases.values())))
    assert "* no-consent: STA-2 (1). Give --allow-writes (WORKSPACE" in text


PLANTED = (
    samples.PLANTED,
    "` </code><img src=x> `` [a](http://evil.example) ``` x",
    "a\n\n# Verdict: conformant\n\n| x |\n|---|\n* **FMT-1**",
    "@everyone http://evil.example",
)


@pytest.mark.parametrize("words", PLANTED)
def test_what_a_portal_says_is_text_only(words: str) -> None:
    cases = all_passed()
    cases["FMT-1"] = case("FMT-1", Outcome.FAILED, message=words)
    made = result(cases.values(), cannot=words)
    plain = result({**cases, "FMT-1": case("FMT-1", Outcome.FAILED, message="m")}.values())
    html = shown(markdown.render(data_of(made)))
    names = set(re.findall(r"<(\w+)", html)) - {"code"}
    assert names == set(re.findall(r"<(\w+)", shown(markdown.render(data_of(plain))))) - {"code"}
    assert html.count("<h2>") == 1
    assert html.count("<li>") == 1
    assert "<a " not in html
    assert not re.search(r"[^\n -~·✅❌⚠️⟨⟩…]", html)


def test_annotations_name_what_is_violated(tmp_path: Path) -> None:
    lines = pipelines.workflow_commands(data_of(violated(tmp_path)))
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::warning", "::warning"]
    head, _, message = lines[0].removeprefix("::").partition("::")
    assert head == "error title=FMT-1 (MUST) is violated"  # no file: it lies in no repository
    assert message.endswith("%0A1 of 2 cases, e.g.%3A declares text/html".replace("%3A", ":"))
    assert "FMT-2 (MUST%2C waived) is violated" in lines[1]


def test_an_annotation_stays_one_line_whatever_a_portal_says() -> None:
    planted = "100%\r\n::error::owned\n::set-output name=x::y,title=z"
    cases = [case("FMT-1", Outcome.FAILED, message=planted)]
    (line,) = pipelines.workflow_commands(data_of(result(cases)))
    assert "\n" not in line
    assert "\r" not in line
    assert "100%25⟨U+000D⟩%0A::error::owned%0A::set-output" in line


def test_no_more_annotations_than_github_shows() -> None:
    cases = [case(name, Outcome.FAILED, message="m") for name in all_passed()]
    kinds = [line.split()[0] for line in pipelines.workflow_commands(data_of(result(cases)))]
    assert kinds == ["::error"] * 10 + ["::warning"] * 10


def quality(made: Result) -> list[dict[str, Any]]:
    """The entries of gl-code-quality-report.json."""
    text = pipelines.code_quality(data_of(made), made.exchanges, samples.redactor())
    found: list[dict[str, Any]] = json.loads(text)
    return found


def test_gitlab_tells_new_findings_by_their_fingerprints(tmp_path: Path) -> None:
    found = quality(violated(tmp_path))
    # What is waived stands behind what is not.
    assert [one["severity"] for one in found] == ["critical", "minor", "info"]
    assert found[0]["description"] == "FMT-1 (MUST): PUT post: declares text/html"
    page = (manifest.ROOT / found[0]["location"]["path"]).read_text("utf-8").splitlines()
    assert page[found[0]["location"]["lines"]["begin"] - 1] == "### FMT-1"
    again = quality(violated(tmp_path))
    assert len({one["fingerprint"] for one in found}) == 3
    assert [one["fingerprint"] for one in again] == [one["fingerprint"] for one in found]
    assert all(set(one) >= {"description", "check_name", "fingerprint"} for one in found)


def shown_at(*addresses: str, method: str = "GET") -> list[dict[str, Any]]:
    """GitLab's entries where FMT-1 is violated at these paths, a case each."""
    cases = [
        case("FMT-1", Outcome.FAILED, str(number), message="declares text/html", exchange=number)
        for number, _ in enumerate(addresses, 1)
    ]
    exchanges = {
        number: samples.exchange(number, path=path, method=method)
        for number, path in enumerate(addresses, 1)
    }
    return quality(result(cases, exchanges))


def test_gitlab_gets_one_entry_for_each_method_and_address() -> None:
    found = shown_at("/api/2.0/people.json", "/api/2.0/group.json", "/api/2.0/people.json")
    assert [one["description"].split(": ")[1] for one in found] == [
        "GET /api/2.0/people.json",
        "GET /api/2.0/group.json",
    ]
    (other,) = shown_at("/api/2.0/people.json", method="PUT")
    assert other["fingerprint"] not in {one["fingerprint"] for one in found}


def test_gitlab_knows_a_finding_again_though_the_record_is_another() -> None:
    before, after = (
        shown_at(
            f"/api/2.0/community/blog/{number}.json",
            f"/api/2.0/group/{number}0c8a5d0-6b0a-4f0e-9d34-0123456789ab.json",
            f"/api/2.0/people/conformance-{number}-ann.json?token=x",
        )
        for number in (1, 2)
    )
    assert [one["fingerprint"] for one in before] == [one["fingerprint"] for one in after]
    assert len({one["fingerprint"] for one in before}) == 3


def test_gitlab_gets_no_secret() -> None:
    (found,) = shown_at(f"/api/2.0/people.json?token={TOKEN}")
    assert TOKEN not in json.dumps(found)


# --- runs -----------------------------------------------------------------------------------------


def test_a_run_in_a_github_step(tmp_path: Path) -> None:
    step = tmp_path / "step.md"
    step.write_text("# What an earlier command said\n", encoding="utf-8")
    ran = run_suite(
        tmp_path / "reports",
        *BROKEN,
        env={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(step)},
    )
    assert ran.code == 1
    summary = (ran.folder / "summary.md").read_text("utf-8")
    assert step.read_text("utf-8") == f"# What an earlier command said\n{summary}"
    assert "**FMT-1** (MUST)" in summary
    obeyed = commands(ran)
    assert [line.split(" is violated")[0].split("title=")[1] for line in obeyed] == ["FMT-1 (MUST)"]


def test_a_step_summary_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    nowhere = tmp_path / "missing" / "step.md"
    ran = run_suite(tmp_path, *BROKEN, env={"GITHUB_STEP_SUMMARY": str(nowhere)})
    assert ran.code == 1
    assert ran.results["exit_code"] == 1


def commands(ran: Ran) -> list[str]:
    """What GitHub obeys of an output: not what stands between the two lines of silence."""
    obeyed, word = [], None
    for line in ran.out.splitlines():
        text = line.lstrip()
        if word is not None:
            word = None if text == f"::{word}::" else word
        elif text.startswith("::stop-commands::"):
            word = text.removeprefix("::stop-commands::")
            assert len(word) == 32
        elif text.startswith("::"):
            obeyed.append(text)
    assert word is None, "commands are obeyed again in the end"
    return obeyed


def test_a_target_that_does_not_answer_lets_github_obey_again(tmp_path: Path) -> None:
    ran = run_suite(
        tmp_path,
        "--target=http://127.0.0.1:9",
        "--token=of-no-use-here",
        env={"GITHUB_ACTIONS": "true"},
    )
    assert ran.code == 6
    assert "::stop-commands::" in ran.out
    assert commands(ran) == []
    assert "It could not be judged: ` the target does not answer" in (
        (tmp_path / "summary.md").read_text("utf-8")
    )


def test_a_run_in_a_gitlab_job(tmp_path: Path) -> None:
    ran = run_suite(tmp_path, *BROKEN, env={"GITLAB_CI": "true"})
    found = json.loads((tmp_path / "gl-code-quality-report.json").read_text("utf-8"))
    failed = [one for one in ran.cases() if one["outcome"] == "failed"]
    assert len({one["fingerprint"] for one in found}) == len(found)
    assert len({one["description"] for one in found}) == len(found)
    assert len(failed) >= len(found) > 0
    assert "::stop-commands::" not in ran.out


def test_nothing_of_it_elsewhere(tmp_path: Path) -> None:
    ran = run_suite(tmp_path, *BROKEN)
    assert "::stop-commands::" not in ran.out
    names = {file.name for file in tmp_path.iterdir()}
    assert names >= {"report.html", "results.json", "summary.md"}
    assert "gl-code-quality-report.json" not in names
