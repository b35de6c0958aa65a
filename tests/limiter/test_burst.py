"""The campaign against the embedded portal over a real socket, with windows shortened on both sides:
lawful limiters pass every row, each unlawful one fails its own and lights up no other.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import get_args

import jsonschema_rs
import pytest

from tests.limiter.campaigns import RATE, ROWS, Outcome, all_of, busy_core, outcome_of
from workspace_conformance.limiter.burst import MOST_SENT
from workspace_conformance.reference import Options
from workspace_conformance.reference import Rate as Limit
from workspace_conformance.reference.faults import FAULTS
from workspace_conformance.reference.options import LimiterKind
from workspace_conformance.settings import DOCUMENTED_RATE, Rate

# Rounds in a row, each of all variants, with and without a busy core.
ROUNDS = int(os.environ.get("CAMPAIGN_ROUNDS", "2"))
KINDS: tuple[LimiterKind, ...] = get_args(LimiterKind)
OWN = {fault.name: fault.requirement for fault in FAULTS if fault.requirement.startswith("RATE-")}

# What is served over the limit is also more than the limit.
ALSO = {
    "excess-second-served": {"RATE-2"},
    "excess-tenth-served": {"RATE-2"},
    "limit-given-up": {"RATE-2"},
    # What is not counted with the rest is served beyond the limit, and over it.
    "limit-by-method": {"RATE-2"},
    "limit-by-url": {"RATE-2"},
    "limit-not-on-xml": {"RATE-2"},
    "banned": {"RATE-9"},  # it says how long
}

# With no refusal, or with none that says how long to wait, these rows have nothing to judge.
WORDLESS = {"RATE-5", "RATE-9"}
UNJUDGED = {
    "no-limit": set(ROWS) - {"RATE-1", "RATE-2"},
    "excess-200": set(ROWS) - {"RATE-1", "RATE-2"},
    "no-retry-after": {"RATE-4", *WORDLESS},
    "banned": {"RATE-5"},
    "limit-by-method": {"RATE-3", "RATE-10"},
    "limit-by-url": {"RATE-3", "RATE-10"},
    "excess-dropped": set(ROWS) - {"RATE-2"},
    "excess-dropped-later": set(ROWS) - {"RATE-2"},
    "limit-given-up": set(ROWS) - {"RATE-2", "RATE-8"},
    "excess-second-served": {"RATE-3", "RATE-10"},
    "excess-tenth-served": {"RATE-3", "RATE-10"},
    **{
        f"retry-after-{value}": WORDLESS
        for value in ("zero", "negative", "word", "empty", "date", "fraction")
    },
}

# What is too short shows only where it is so by more than the second that is granted.
RATES = {
    "retry-after-too-short": Rate(50, 4.0),
    "windows-too-short": Rate(50, 6.0),
    "limit-given-up": Rate(50, 6.0),
}

QUICK = [
    "head-not-counted",
    "limit-given-up",
    "excess-comment-made",
    "limit-one-low",
    "limit-one-high",
    "excess-429",
    "limit-over-accounts",
    "limit-over-addresses",
    "windows-too-short",
    "banned",
    "limit-by-method",
    "no-retry-after-on-post",
    "excess-put-applied",
]


def job(
    kind: LimiterKind = "fixed", fault: str | None = None, rate: Rate | None = None
) -> Callable[[], Outcome]:
    rate = rate or RATES.get(fault or "", RATE)
    limit = Limit(rate.requests, rate.period)
    return partial(
        outcome_of, Options(rate=limit, limiter=kind, faults=(fault,) if fault else ()), rate
    )


def expect_lawful(name: str, outcome: Outcome) -> None:
    assert outcome.passed == set(ROWS), f"{name}: {outcome.cases}"


def expect_caught(fault: str, outcome: Outcome) -> None:
    words = f"{fault}: {outcome.cases}"
    assert OWN[fault] in outcome.failed, words
    assert outcome.failed <= {OWN[fault], *ALSO.get(fault, ())}, words
    untested = set(ROWS) - outcome.failed - outcome.passed
    assert untested <= UNJUDGED.get(fault, set()), words


def expect_all(outcomes: dict[str, Outcome]) -> None:
    for name, outcome in outcomes.items():
        fault = name.split()[0]
        if fault in OWN:
            expect_caught(fault, outcome)
        else:
            expect_lawful(name, outcome)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    jobs = {kind: job(kind) for kind in KINDS}
    return all_of(jobs | {fault: job(fault=fault) for fault in QUICK}, at_once=6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_lawful_limiter_passes_every_row(outcomes: dict[str, Outcome], kind: str) -> None:
    expect_lawful(kind, outcomes[kind])
    assert outcomes[kind].measured["limit"] == RATE.requests


@pytest.mark.parametrize("fault", QUICK)
def test_an_unlawful_limiter_fails_its_own_row(outcomes: dict[str, Outcome], fault: str) -> None:
    expect_caught(fault, outcomes[fault])


def test_the_limit_is_measured_to_the_request(outcomes: dict[str, Outcome]) -> None:
    found = {name: outcomes[name].measured["limit"] for name in ("limit-one-low", "limit-one-high")}
    assert found == {"limit-one-low": 49, "limit-one-high": 51}


def test_no_more_is_sent_than_the_bound(outcomes: dict[str, Outcome]) -> None:
    for outcome in outcomes.values():
        assert all(burst["sent"] <= 2 * RATE.requests + 1 for burst in outcome.measured["bursts"])
        assert outcome.campaign is not None
        assert sum(map(len, outcome.campaign.own())) <= MOST_SENT * RATE.requests


def test_the_facts_fit_the_schema_of_the_result(outcomes: dict[str, Outcome]) -> None:
    file = Path(__file__).resolve().parents[2] / "schemas" / "results.schema.json"
    schema = json.loads(file.read_text(encoding="utf-8"))
    own = {**schema["properties"]["measured"], "$defs": schema["$defs"]}
    check = jsonschema_rs.validator_for(own)
    for outcome in outcomes.values():
        check.validate(json.loads(json.dumps(outcome.measured)))
        timeline = outcome.measured["timeline"]
        first = outcome.measured["bursts"][0]
        assert sum(step["served"] + step["refused"] for step in timeline) == first["sent"]
        assert sum(step["served"] for step in timeline) == first["served"]


def test_without_consent_nothing_is_sent() -> None:
    outcome = outcome_of(Options(rate=None), allow_burst=False)
    assert outcome.rows("no-consent") == set(ROWS)
    assert outcome.campaign is None


def test_without_writes_or_other_credentials_the_rest_is_judged() -> None:
    limit = Limit(RATE.requests, RATE.period)
    outcome = outcome_of(
        Options(rate=limit), allow_writes=False, second_token=None, second_address=None
    )
    assert outcome.passed == set(ROWS) - {"RATE-3", "RATE-6", "RATE-7", "RATE-8", "RATE-10"}
    assert outcome.rows("no-consent") == {"RATE-3", "RATE-8", "RATE-10"}
    assert outcome.rows("no-credential") == {"RATE-6", "RATE-7"}
    assert outcome.rows("passed") >= {"RATE-3", "RATE-8"}, "as far as GET goes"
    assert outcome.campaign is not None
    asked = {one.request.method for group in outcome.campaign.own() for one in group}
    assert asked == {"GET", "HEAD"}


def test_a_target_too_far_away_is_neither_passed_nor_failed() -> None:
    outcome = outcome_of(Options(rate=Limit(500, 2.0), latency_ms=300), Rate(500, 2.0))
    assert not outcome.failed
    assert outcome.rows("too-slow") >= {"RATE-1", "RATE-2"}
    (words,) = {words for (row, _), words in outcome.cases.items() if row == "RATE-1"}
    assert "a second" in words


# --- slow -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("load", ["idle", "busy"])
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_every_variant_gives_the_right_rows(round_: int, load: str) -> None:
    jobs = {kind: job(kind) for kind in KINDS} | {fault: job(fault=fault) for fault in OWN}
    for kind in KINDS:
        for fault in ("limit-one-low", "limit-one-high"):
            jobs[f"{fault} {kind}"] = job(kind, fault)
    if load == "busy":
        with busy_core():
            expect_all(all_of(jobs))
    else:
        expect_all(all_of(jobs))


@pytest.mark.slow
@pytest.mark.parametrize("latency_ms", [0, 100])
@pytest.mark.parametrize("kind", KINDS)
def test_the_documented_limit_for_real(kind: LimiterKind, latency_ms: int) -> None:
    outcome = outcome_of(Options(limiter=kind, latency_ms=latency_ms), DOCUMENTED_RATE)
    expect_lawful(kind, outcome)
    assert outcome.measured["limit"] == DOCUMENTED_RATE.requests
