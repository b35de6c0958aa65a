"""From cases to requirements, from requirements to the target, from those to the exit code."""

from __future__ import annotations

import itertools

import pytest

from workspace_conformance.contract import requirements
from workspace_conformance.contract.requirements import Level
from workspace_conformance.exchange.outcomes import Outcome, Reason
from workspace_conformance.verdict.verdicts import (
    CaseResult,
    Exit,
    Judged,
    TargetVerdict,
    Verdict,
    exit_code,
    judge,
    judge_all,
    judge_target,
)

CONTRACT = requirements.load()
MUST = "FMT-3"
SHOULD = "AUTH-6"
OTHERS = [name for name in CONTRACT.requirements if name not in (MUST, SHOULD)]
OUTCOMES = {"p": Outcome.PASSED, "f": Outcome.FAILED, "u": Outcome.UNTESTED, "e": Outcome.UNTESTED}


def cases(requirement: str, letters: str) -> list[CaseResult]:
    """Cases of a requirement: passed, failed, untested, or an error of the suite, a letter each."""
    return [
        CaseResult(
            f"{requirement}[{number}]",
            requirement,
            OUTCOMES[letter],
            Reason.NOT_SERVED if OUTCOMES[letter] is Outcome.UNTESTED else None,
            error=letter == "e",
        )
        for number, letter in enumerate(letters)
    ]


def target(must: str, should: str, others: str = "p") -> list[Judged]:
    """A whole contract judged: one MUST, one SHOULD, and all the other requirements."""
    told = [*cases(MUST, must), *cases(SHOULD, should)]
    for name in OTHERS:
        told += cases(name, others)
    return judge_all(CONTRACT, told)


@pytest.mark.parametrize(
    ("letters", "verdict"),
    [
        ("", "untested"),
        ("u", "untested"),
        ("uu", "untested"),
        ("e", "untested"),
        ("p", "passed"),
        ("pp", "passed"),
        ("pu", "partial"),
        ("pe", "partial"),
        ("ppu", "partial"),
        ("f", "failed"),
        ("fp", "failed"),
        ("fu", "failed"),
        ("fpu", "failed"),
        ("fe", "failed"),
    ],
)
def test_the_verdict_on_a_requirement(letters: str, verdict: str) -> None:
    """It does not matter in which order the cases came."""
    for order in itertools.permutations(letters):
        assert judge(cases(MUST, "".join(order))) == verdict


def test_every_requirement_is_judged_in_the_order_of_the_contract() -> None:
    judged = judge_all(CONTRACT, [*cases(SHOULD, "f"), *cases(MUST, "pu")])
    assert [row.requirement.id for row in judged] == list(CONTRACT.requirements)
    verdicts = {row.requirement.id: row.verdict for row in judged}
    assert verdicts[SHOULD] is Verdict.FAILED
    assert verdicts[MUST] is Verdict.PARTIAL
    assert {verdicts[name] for name in OTHERS} == {Verdict.UNTESTED}


@pytest.mark.parametrize(
    ("must", "should", "others", "complete", "verdict"),
    [
        ("p", "p", "p", True, "conformant"),
        ("p", "f", "p", True, "conformant"),
        ("p", "u", "p", True, "conformant"),
        ("p", "", "p", True, "conformant"),
        ("p", "p", "p", False, "incomplete"),
        ("pu", "p", "p", True, "incomplete"),
        ("u", "p", "p", True, "incomplete"),
        ("", "p", "p", True, "incomplete"),
        ("u", "f", "u", True, "incomplete"),
        ("e", "p", "p", True, "incomplete"),
        ("", "", "", True, "incomplete"),
        ("f", "p", "p", True, "non-conformant"),
        ("f", "p", "p", False, "non-conformant"),
        ("fpu", "p", "u", False, "non-conformant"),
        ("p", "p", "f", True, "non-conformant"),
    ],
)
def test_the_verdict_on_the_target(
    must: str, should: str, others: str, complete: bool, verdict: str
) -> None:
    assert judge_target(target(must, should, others), complete) == verdict


def test_without_any_must_nothing_is_conformant() -> None:
    should = [row for row in target("p", "p") if row.requirement.level is Level.SHOULD]
    assert judge_target(should, True) is TargetVerdict.INCOMPLETE
    assert judge_target([], True) is TargetVerdict.INCOMPLETE


# MUST, SHOULD, others, complete; then the exit codes: plain, --strict, --certify, both.
CODES = [
    ("p", "p", "p", True, (0, 0, 0, 0)),
    ("p", "f", "p", True, (0, 1, 0, 1)),
    ("p", "u", "p", True, (0, 0, 0, 0)),
    ("p", "p", "p", False, (0, 0, 6, 6)),
    ("pu", "p", "p", True, (0, 0, 6, 6)),
    ("u", "p", "p", True, (0, 0, 6, 6)),
    ("p", "f", "u", True, (0, 1, 6, 1)),
    ("u", "f", "u", True, (0, 1, 6, 1)),
    ("f", "p", "p", True, (1, 1, 1, 1)),
    ("f", "f", "p", False, (1, 1, 1, 1)),
    ("f", "u", "u", False, (1, 1, 1, 1)),
    ("u", "u", "u", True, (6, 6, 6, 6)),
    ("", "", "", False, (6, 6, 6, 6)),
    ("e", "p", "p", True, (3, 3, 3, 3)),
    ("fe", "p", "p", True, (3, 3, 3, 3)),
    ("p", "e", "p", True, (3, 3, 3, 3)),
]


@pytest.mark.parametrize(("must", "should", "others", "complete", "codes"), CODES)
def test_the_exit_code(
    must: str, should: str, others: str, complete: bool, codes: tuple[int, ...]
) -> None:
    judged = target(must, should, others)
    verdict = judge_target(judged, complete)
    assert codes == tuple(
        exit_code(judged, verdict, certify=certify, strict=strict)
        for certify in (False, True)
        for strict in (False, True)
    )


def test_certified_means_conformant() -> None:
    """Whatever the outcomes: with --certify nothing but a conformant target ends with 0."""
    letters = ["", "p", "f", "u", "pu", "fu", "e"]
    for must, should, others in itertools.product(letters, repeat=3):
        judged = target(must, should, others)
        for complete in (False, True):
            verdict = judge_target(judged, complete)
            code = exit_code(judged, verdict, certify=True)
            assert code != Exit.OK or verdict is TargetVerdict.CONFORMANT
            assert verdict is not TargetVerdict.CONFORMANT or complete


def test_of_a_description_only_violations_count() -> None:
    """Its passes never make a requirement whole, and what is untested of it spoils none."""
    passed = CaseResult("a", "FMT-2", Outcome.PASSED)
    more = CaseResult("b", "FMT-2", Outcome.PASSED, described=True)
    untested = CaseResult("c", "FMT-2", Outcome.UNTESTED, Reason.TOO_SLOW, described=True)
    failed = CaseResult("d", "FMT-2", Outcome.FAILED, described=True)
    assert judge([more]) is Verdict.UNTESTED
    assert judge([passed, more, untested]) is Verdict.PASSED
    assert judge([passed, failed]) is Verdict.FAILED
