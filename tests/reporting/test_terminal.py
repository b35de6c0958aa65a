"""The summary on the terminal: one block for each violated requirement, within two screens."""

from __future__ import annotations

from tests.reporting.samples import all_passed, case, result
from tests.support import exchange
from workspace_conformance.contract import requirements
from workspace_conformance.exchange.outcomes import Outcome, Reason
from workspace_conformance.reporting import terminal, violated
from workspace_conformance.reporting.results import Result
from workspace_conformance.settings import Settings
from workspace_conformance.transport.redaction import Redactor


def lines(made: Result, *, brief: bool = True) -> list[str]:
    return [line.text for line in terminal.summary(made, Redactor(), brief=brief)]


def failed(requirement: str, *messages: str) -> Result:
    cases = [
        case(requirement, Outcome.FAILED, str(number), message=message, exchange=1)
        for number, message in enumerate(messages)
    ]
    others = [one for name, one in all_passed().items() if name != requirement]
    return result([*others, *cases], {1: exchange(500)})


def test_messages_that_differ_in_names_alone_are_one() -> None:
    messages = [f"answered 500 for {name}; expected 404" for name in ("'a'", "'b'", "17")]
    said = lines(failed("ID-1", *messages, "answered 200 for 'c'; expected 404"))
    assert [line for line in said if line.startswith("  violation:")] == [
        "  violation: answered 500 for 'a'; expected 404 (3 cases)",
        "  violation: answered 200 for 'c'; expected 404",
    ]
    assert len([line for line in said if line.startswith("  curl ")]) == 1


def test_each_of_several_causes_is_told_once() -> None:
    causes = [f"reached {word}" for word in ("the list", "another record", "a group", "a page")]
    said = "\n".join(lines(failed("ID-4", *causes, *causes)))
    for cause in causes:
        assert said.count(f"violation: {cause} (2 cases)") == 1


def test_a_run_in_which_everything_fails_fits_two_screens() -> None:
    cases = [
        case(name, Outcome.FAILED, str(number), message="answered 500; expected 200", exchange=1)
        for name in requirements.load().requirements
        for number in range(100)
    ]
    said = lines(result(cases, {1: exchange(500)}))
    height = sum(1 + max(0, len(line) - 1) // 80 for line in said)
    # Thirty lines are pytest's: its header, and what counts up.
    assert height <= 100 + len(requirements.load().requirements) - 30
    for name in requirements.load().requirements:
        assert sum(line.startswith(f"{name} ") for line in said) == 1, name
    whole = lines(result(cases, {1: exchange(500)}), brief=False)
    assert sum(line.startswith("  curl ") for line in whole) == len(
        requirements.load().requirements
    )


def test_one_requirement_alone_is_spoken_of_alone() -> None:
    made = result(
        [case("FMT-3", Outcome.FAILED, message="declares nothing", exchange=1)],
        {1: exchange(200)},
        settings=Settings(target="https://portal.example.com", requirements=("FMT-3",)),
        complete=False,
    )
    said = "\n".join(lines(made))
    others = [n for n in requirements.load().requirements if n != "FMT-3" and f"{n} " in said]
    assert others == []
    assert "no case ran" not in said
    assert "REST " not in said


def test_the_untested_are_told_by_reason_with_what_would_help() -> None:
    cases = all_passed()
    for name in list(cases)[:30]:
        cases[name] = case(
            name, Outcome.UNTESTED, reason=Reason.NO_CONSENT, message="give --allow-writes"
        )
    said = lines(result(cases.values(), complete=False))
    start = said.index("Untested")
    assert said[start + 1].startswith("  no-consent, 30 cases: Give --allow-writes")
    assert said.index("", start) - start <= 6
    assert "and 20 more" in "\n".join(said)


def test_kinds_of_messages() -> None:
    assert violated.kind_of("GET https://a/b?c says 'x' for 12.5") == violated.kind_of(
        "GET https://d/e says 'y' for 7"
    )
    assert violated.kind_of("answered 500") != violated.kind_of("answered 404")
