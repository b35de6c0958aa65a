"""The HTML report by its parsed document: it says what it must, and nothing of a portal's gets out."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from lxml import html as parser

from tests.support import TOKEN
from workspace_conformance.contract import requirements
from workspace_conformance.exchange.outcomes import Outcome, Reason
from workspace_conformance.reporting import chart
from workspace_conformance.reporting import page as pages
from workspace_conformance.reporting.html import visible
from workspace_conformance.settings import Settings
from workspace_conformance.verdict.verdicts import LeftOut

from . import samples
from .samples import all_passed, case, exchange, page_of, result


def words(node: parser.HtmlElement) -> str:
    """The text of a node, white space folded."""
    return " ".join(node.text_content().split())


def row(document: parser.HtmlElement, name: str) -> parser.HtmlElement:
    """The part of the page about one requirement."""
    found = document.get_element_by_id(name)
    assert found.tag == "details"
    return found


def failing() -> parser.HtmlElement:
    """A page with violations of every rank."""
    body = b'{"count":2,"status":0,"statusCode":200,"response":[{"id":1},{"id":2}]}'
    cases = list(all_passed().values())
    failures = [
        case("FMT-8", Outcome.FAILED, f"should-{n}", message="declares text/html; expected JSON")
        for n in range(9)
    ]
    failures += [
        case("ENV-1", Outcome.FAILED, "envelope", message="the envelope has no count", exchange=1),
        case("STA-1", Outcome.FAILED, "a", message="answered 202 Accepted", exchange=2),
        case("STA-1", Outcome.FAILED, "b", message="answered 202 Accepted", exchange=3),
        case("RATE-4", Outcome.FAILED, message="Retry-After is '-1'; expected whole seconds"),
        case("AUTH-6", Outcome.FAILED, message="the 401 has no WWW-Authenticate", exchange=4),
        case("ID-5", Outcome.FAILED, message="seen"),
        case("ID-4", Outcome.FAILED, message="seen"),
    ]
    shown = {
        1: exchange(1, body),
        2: exchange(2, b"<result><count>1</count></result>", status=202),
        3: exchange(3, b"", status=202, method="PUT", sent=b'{"title":"x"}'),
        4: exchange(4, b"", status=401, headers=()),
    }
    return parser.document_fromstring(page_of(result([*cases, *failures], shown)))


@pytest.fixture(scope="module")
def document() -> parser.HtmlElement:
    return failing()


def test_the_head_says_who_was_judged_and_how_it_ended(document: parser.HtmlElement) -> None:
    assert words(document.find(".//h1")) == samples.URL
    verdict = document.find_class("verdict")[0]
    assert "failed" in verdict.classes
    said = words(verdict)
    assert said.startswith("Non-conformant 5 of 47 MUST requirements are violated. 2 of 14 SHOULD")
    facts = words(document.find_class("facts")[0])
    assert "1 January 2026, 00:01 UTC, in 1 min 6 s" in facts


def test_the_five_that_matter_are_in_the_order_that_is_stated(
    document: parser.HtmlElement,
) -> None:
    (listed,) = document.find_class("matter")
    found = [words(item.find_class("id")[0]) for item in listed]
    assert found == ["STA-1", "ENV-1", "RATE-4", "ID-4", "ID-5"]
    stated = words(document.get_element_by_id("matter").getnext())
    assert stated.startswith("5 of 7 violated requirements. MUST before SHOULD;")


def test_every_requirement_is_there_with_sentence_level_and_verdict(
    document: parser.HtmlElement,
) -> None:
    for name, requirement in requirements.load().requirements.items():
        summary = words(row(document, name).find("summary"))
        assert requirement.statement in summary
        assert str(requirement.level) in summary
    kinds = {r.get("id"): r.get("data-kind") for r in document.find_class("row")}
    assert kinds["STA-1"] == "failed"
    assert kinds["FMT-8"] == "advisory"
    assert kinds["REST-1"] == "passed"
    assert [a.get("href") for a in document.find_class("dot") if a.tag == "a"] == [
        f"#{name}" for name in requirements.load().requirements
    ]


def test_a_failure_is_shown_with_its_exchange_and_curl_line(document: parser.HtmlElement) -> None:
    (failure,) = row(document, "ENV-1").find_class("failure")
    said = words(failure)
    assert said.startswith("the envelope has no countsuites/test_sample.py::test_env-1[envelope]")
    assert f"GET {samples.URL}/api/2.0/people.json Authorization: [token]" in said
    assert "HTTP/1.1 200 OK Content-Type: application/json" in said
    (curl,) = failure.find_class("curl")
    assert words(curl).startswith('curl -i -H "Authorization: $WORKSPACE_TOKEN"')
    body = failure.findall(".//pre")[2].text_content()
    assert body.splitlines()[:3] == ["{", '  "count": 2,', '  "status": 0,']
    assert [mark.text_content() for mark in failure.iter("mark")] == ['"count": 2,']


def test_a_list_that_is_too_short_is_marked() -> None:
    cases = all_passed()
    said = "the JSON and the XML form differ: response has 3 items in JSON, 1 item in XML"
    cases["FMT-4"] = case("FMT-4", Outcome.FAILED, message=said, exchange=1, fmt="xml")
    body = b"<result><count>3</count><response><id>1</id></response></result>"
    shown = exchange(1, body, headers=(("Content-Type", "text/xml"),))
    document = parser.document_fromstring(page_of(result(cases.values(), {1: shown})))
    marks = [mark.text_content() for mark in row(document, "FMT-4").iter("mark")]
    assert marks == ["<response>"]


def test_status_and_missing_header_are_marked(document: parser.HtmlElement) -> None:
    marks = [mark.text_content() for mark in row(document, "STA-1").iter("mark")]
    assert marks == ["HTTP/1.1 202 Accepted", "HTTP/1.1 202 Accepted"]
    marks = [mark.text_content() for mark in row(document, "AUTH-6").iter("mark")]
    assert marks == ["HTTP/1.1 401 Unauthorized", "no WWW-Authenticate"]


def test_failures_beyond_the_shown_ones_are_named(document: parser.HtmlElement) -> None:
    part = row(document, "FMT-8")
    assert len(part.find_class("failure")) == pages.EXAMPLES
    assert "6 more cases violated it" in words(part)
    assert "should-8" in words(part)


def test_only_violated_requirements_are_open(document: parser.HtmlElement) -> None:
    opened = {r.get("id") for r in document.find_class("row") if r.get("open") is not None}
    assert opened == {"FMT-8", "ENV-1", "STA-1", "RATE-4", "AUTH-6", "ID-5", "ID-4"}


def test_the_contradictions_of_the_documentation_are_told(document: parser.HtmlElement) -> None:
    said = words(document)
    for item in requirements.load().contradictions:
        assert item.statement in said
        assert item.checked in said


def test_untested_cases_are_told_by_reason_with_what_would_help() -> None:
    cases = all_passed()
    why = "would write on the target; give --allow-writes"
    cases["STA-2"] = case("STA-2", Outcome.UNTESTED, reason=Reason.NO_CONSENT, message=why)
    cases["RATE-6"] = case(
        "RATE-6", Outcome.UNTESTED, reason=Reason.NO_CREDENTIAL, message="needs a second account"
    )
    del cases["DATE-1"]
    document = parser.document_fromstring(page_of(result(cases.values(), complete=False)))
    groups = [words(group) for group in document.find_class("group")]
    consent = next(text for text in groups if text.startswith("no-consent 1 case"))
    assert "Give --allow-writes (WORKSPACE_ALLOW_WRITES=1)." in consent
    assert "--allow-burst (WORKSPACE" not in consent
    assert why in consent
    credential = next(text for text in groups if text.startswith("no-credential"))
    assert "Give --second-token (WORKSPACE_SECOND_TOKEN)." in credential
    never = next(text for text in groups if text.startswith("no case ran"))
    assert never.endswith("DATE-1")
    assert "partial" in document.find_class("verdict")[0].classes
    assert row(document, "STA-2").get("data-kind") == "untested"


def test_a_conformant_target_is_told_in_green() -> None:
    document = parser.document_fromstring(page_of(result(all_passed().values())))
    verdict = document.find_class("verdict")[0]
    assert "passed" in verdict.classes
    assert words(verdict) == "Conformant All 47 MUST requirements passed."
    assert not document.find_class("matter")
    assert not document.find_class("failure")


def test_a_run_that_was_cut_off_says_so() -> None:
    made = result(
        [case("REST-1")],
        complete=False,
        interrupted=True,
        left_out=[LeftOut(f"suites/a.py::b{n}", "interrupted") for n in range(40)],
    )
    document = parser.document_fromstring(page_of(made))
    assert "The run was interrupted." in words(document.find_class("verdict")[0])
    said = words(document)
    assert "40 cases left out: such a run is never conformant" in said
    assert "and 10 more, in results.json" in said


def test_a_target_that_could_not_be_judged_says_why() -> None:
    why = "the target does not answer: GET https://portal.example.com: refused"
    cases = [
        case(name, Outcome.UNTESTED, reason=Reason.UNREACHABLE, message=why)
        for name in requirements.load().requirements
    ]
    document = parser.document_fromstring(page_of(result(cases, complete=False, cannot=why)))
    assert why in words(document.find_class("verdict")[0])


def test_the_limiter_is_drawn_and_told() -> None:
    made = result(all_passed().values(), measured=samples.measured())
    document = parser.document_fromstring(page_of(made))
    (picture,) = document.iter("svg")
    drawn = words(picture)
    for text in ("documented limit 500", "Retry-After: 7", "served again", "the period"):
        assert text in drawn
    assert picture.get("role") == "img"
    told = words(document.get_element_by_id("chart-words"))
    assert "508 requests were sent within 2.9 s, and 500 of them served" in told
    assert "The first refusal came after 3.0 s and said Retry-After: 7." in told


def test_a_long_retry_after_is_drawn_to_the_edge() -> None:
    late = samples.measured(first_refusal={"seconds": 2.95, "retry_after": 3600}, recovery=None)
    document = parser.document_fromstring(page_of(result(all_passed().values(), measured=late)))
    (picture,) = document.iter("svg")
    assert "Retry-After: 3600, beyond this picture" in words(picture)
    ends = [
        float(end)
        for path in picture.iter("path")
        for end in re.findall(r"H([\d.]+) m-6", path.get("d"))
    ]
    assert ends == [chart.WIDTH - chart.RIGHT]


@pytest.mark.parametrize("told", [None, 0, -1])
def test_a_retry_after_that_is_none_is_not_drawn(told: int | None) -> None:
    late = samples.measured(first_refusal={"seconds": 2.95, "retry_after": told}, recovery=None)
    document = parser.document_fromstring(page_of(result(all_passed().values(), measured=late)))
    (picture,) = document.iter("svg")
    assert "Retry-After" not in words(picture)


def test_a_burst_without_an_answer_is_drawn_too() -> None:
    """Where nothing was served or refused, the limit alone gives the picture its scale."""
    measured = samples.measured()
    silent = [{**step, "served": 0, "refused": 0} for step in measured["timeline"]]
    made = result(all_passed().values(), measured={**measured, "timeline": silent})
    document = parser.document_fromstring(page_of(made))
    assert "documented limit 500" in words(next(document.iter("svg")))


def test_the_grid_counts_cases_by_method_format_and_resource() -> None:
    cases = list(all_passed().values())
    cases += [
        case("FMT-1", Outcome.FAILED, "x", method="PUT", fmt="json", resource="group"),
        case("FMT-1", Outcome.UNTESTED, "y", reason=Reason.THROTTLED, message="m", method="PUT"),
        case("FMT-1", name="z", method="PATCH", fmt=None, resource=None),
    ]
    document = parser.document_fromstring(page_of(result(cases)))
    (table,) = document.find_class("grid")
    heads = [words(cell) for cell in table.findall(".//thead//th")]
    assert heads == ["Requirement", "GET", "PUT", "other", ".json", ".json", "mixed"]
    lines = [[words(cell) for cell in line] for line in table.iterfind("tbody/tr")]
    start = next(n for n, line in enumerate(lines) if line[0] == "FMT-1")
    assert lines[start : start + 4] == [
        ["FMT-1", "✓1", "✗1 ○1", "✓1"],
        ["group", "", "✗1", ""],
        ["no single resource", "", "", "✓1"],
        ["post", "✓1", "○1", ""],
    ]


# --- hostile input --------------------------------------------------------------------------------


def test_nothing_planted_becomes_markup() -> None:
    text = page_of(samples.hostile())
    document = parser.document_fromstring(text)
    assert len(list(document.iter("script"))) == 1
    assert len(list(document.iter("style"))) == 1
    assert {node.tag for node in document.iter("img", "object", "iframe", "embed", "link")} == set()
    for node in document.iter():
        if isinstance(node.tag, str):
            assert not [name for name in node.attrib if name.startswith("on") or name == "style"]
            assert node.get("href", "#").startswith("#")
            assert node.get("src") is None
    assert "{{ 7*7 }}" in document.text_content()


def test_what_cannot_be_seen_is_spelt_out() -> None:
    text = page_of(samples.hostile())
    strange = sorted(set(re.findall(r"[^\n\t -~]", text)) - set("✓✗○◐▸▾…⋯–⟨⟩“”"))
    assert strange == []
    for name in ("U+202E", "U+2066", "U+200B", "U+FEFF", "U+001B", "U+0000", "U+0085", "U+2028"):
        assert f"⟨{name}⟩" in text


def test_letters_of_all_languages_stay() -> None:
    assert visible("Бухгалтерия עברית 日本 é\n\tx") == "Бухгалтерия עברית 日本 é\n\tx"
    assert visible("a\u202eb\ud800") == "a⟨U+202E⟩b⟨U+D800⟩"
    assert visible(7) == 7


def test_the_policy_names_the_very_style_and_script() -> None:
    document = parser.document_fromstring(page_of(samples.hostile()))
    (policy,) = (m.get("content") for m in document.iter("meta") if m.get("http-equiv"))
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    for name in ("style", "script"):
        (node,) = document.iter(name)
        digest = base64.b64encode(hashlib.sha256(node.text.encode()).digest()).decode()
        assert directives[f"{name}-src"] == f"'sha256-{digest}'"


def test_no_secret_is_shown() -> None:
    shown = exchange(1, f'{{"echo":"{TOKEN}"}}'.encode(), sent=TOKEN.encode(), method="POST")
    made = result(
        [case("FMT-1", Outcome.FAILED, message=f"said {TOKEN}", exchange=1)],
        {1: shown},
        settings=Settings(target=samples.URL, token=TOKEN),
    )
    text = page_of(made)
    assert TOKEN not in text
    assert "[token]" in text


# --- size -----------------------------------------------------------------------------------------


def test_the_size_is_bounded() -> None:
    # Every case fails with an answer that is all escapes when written as HTML.
    body = (b"&'" * 400 + b"\n") * 40
    cases, exchanges = [], {}
    for number in range(1, 5001):
        names = list(requirements.load().requirements)
        name = names[number % len(names)]
        exchanges[number] = exchange(number, body, path=f"/api/2.0/people/{number}.json")
        message = f"answered {'&<' * 1000} {number}"
        cases.append(case(name, Outcome.FAILED, str(number), message=message, exchange=number))
    text = page_of(result(cases, exchanges))
    assert len(text.encode()) < 3_000_000
    document = parser.document_fromstring(text)
    assert "more of these were left out" in words(document.find("body/footer"))
    assert all("violated it" in words(part) for part in document.find_class("row"))
