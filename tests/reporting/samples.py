"""Results that never happened, made of the real contract, and what a hostile portal would put in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from tests.support import TOKEN
from workspace_conformance.contract import requirements
from workspace_conformance.exchange.messages import Exchange, Headers, Request, Response
from workspace_conformance.exchange.outcomes import Outcome, Reason
from workspace_conformance.reporting import html, results
from workspace_conformance.reporting.results import Result
from workspace_conformance.settings import Settings
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.verdict.verdicts import (
    CaseResult,
    LeftOut,
    exit_code,
    judge_all,
    judge_target,
)

URL = "https://portal.example.com"

# Whoever lets this through unescaped sets window.owned, or asks for an address.
PLANTED = (
    "</script></style></pre></title><script>window.owned=1</script>"
    "<img src=http://127.0.0.1:9/img onerror=window.owned=1>"
    "<svg onload=window.owned=1>\"'><a href=javascript:window.owned=1 onclick=window.owned=1>"
    "{{ 7*7 }}{% raw %}\x1b[31m\x00\u202egnp\u2066\u200b\ufeff\u0085\u2028"
)


def case(
    requirement: str,
    outcome: Outcome = Outcome.PASSED,
    name: str = "one",
    *,
    message: str = "",
    reason: Reason | None = None,
    exchange: int | None = None,
    method: str | None = "GET",
    fmt: str | None = "json",
    resource: str | None = "post",
) -> CaseResult:
    """A case; `exchange` is the number of the one that shows it."""
    return CaseResult(
        f"suites/test_sample.py::test_{requirement.lower()}[{name}]",
        requirement,
        outcome,
        reason,
        message,
        () if exchange is None else (exchange,),
        exchange if outcome is Outcome.FAILED else None,
        method,
        fmt,
        resource,
    )


def all_passed() -> dict[str, CaseResult]:
    """A passing case for every requirement."""
    return {name: case(name) for name in requirements.load().requirements}


def result(
    cases: Iterable[CaseResult],
    exchanges: Mapping[int, Exchange] | None = None,
    *,
    settings: Settings | None = None,
    left_out: Iterable[LeftOut] = (),
    complete: bool = True,
    **changes: Any,
) -> Result:
    """The result that these cases make."""
    judged = judge_all(requirements.load(), cases)
    verdict = judge_target(judged, complete)
    made = Result(
        contract=requirements.load(),
        settings=settings or Settings(target=URL, token=TOKEN),
        target_url=URL,
        target_label=URL,
        target_server="Test",
        suite_version="0.0.0",
        suite_digest="sha256:0",
        edited=(),
        started=1_767_225_600.0,
        finished=1_767_225_665.5,
        verdict=verdict,
        judged=judged,
        left_out=list(left_out),
        requests=12,
        seconds_waited_for_pacing=1.25,
        throttled=0,
        seconds_throttled=0.0,
        created=2,
        deleted=2,
        left_behind=(),
        exit_code=exit_code(judged, verdict),
        exchanges=exchanges or {},
    )
    return replace(made, **changes)


def exchange(
    number: int = 1,
    body: bytes = b"",
    *,
    status: int = 200,
    headers: Headers = (("Content-Type", "application/json"),),
    method: str = "GET",
    path: str = "/api/2.0/people.json",
    sent: bytes = b"",
) -> Exchange:
    """An exchange with the account's token."""
    request = Request(method, f"{URL}{path}", (("Authorization", TOKEN),), sent, "account")
    return Exchange(
        number,
        request,
        Response(status, "", headers, body),
        sent=1_767_225_601.0,
        received=1_767_225_601.25,
    )


def redactor() -> Redactor:
    """One that knows the token."""
    made = Redactor()
    made.learn(TOKEN, "token")
    return made


def data_of(made: Result) -> dict[str, Any]:
    """results.json."""
    data: dict[str, Any] = redactor().data(results.as_data(made))
    return data


def page_of(made: Result) -> str:
    """report.html."""
    return html.render(data_of(made), made.exchanges, redactor())


def hostile() -> Result:
    """A result with something planted wherever a portal's words can come in."""
    cases = all_passed()
    shown = exchange(
        1,
        b'{"' + PLANTED.encode() + b'": "' + PLANTED.encode() + b'"}',
        headers=(("Content-Type", PLANTED), ("X-" + PLANTED[:9], PLANTED)),
        path="/api/2.0/" + PLANTED.replace(" ", "%20"),
        method="POST",
        sent=PLANTED.encode(),
    )
    plain = exchange(2, PLANTED.encode(), headers=(("Content-Type", "text/html"),))
    for number, name in enumerate(("FMT-1", "ID-5"), 1):
        cases[name] = case(
            name, Outcome.FAILED, message=f"declares '{PLANTED}'", exchange=number, resource=PLANTED
        )
    cases["STA-1"] = case(
        "STA-1", Outcome.UNTESTED, reason=Reason.SETUP_FAILED, message=f"answered {PLANTED}"
    )
    return result(
        cases.values(),
        {1: shown, 2: plain},
        target_server=PLANTED,
        target_label=PLANTED,
        left_out=[LeftOut(PLANTED, PLANTED)],
        left_behind=[{"kind": "post", "name": PLANTED, "url": f"{URL}/{PLANTED}"}],
        measured=measured(retry_after=[PLANTED, None]),
    )


def measured(**changes: Any) -> dict[str, Any]:
    """What a lawful limiter looks like, measured."""
    return {
        "limit": 500,
        "window": "fixed",
        "retry_after": ["7"],
        "requests_per_second": 250.0,
        "served_before_refusal": 500,
        "bursts": [{"sent": 508, "served": 500, "seconds": 2.9}],
        "timeline": [
            {"seconds": 0.0, "served": 10, "refused": 0},
            {"seconds": 1.2, "served": 200, "refused": 0},
            {"seconds": 2.0, "served": 290, "refused": 0},
            {"seconds": 2.9, "served": 0, "refused": 8},
        ],
        "first_refusal": {"seconds": 2.95, "retry_after": 7},
        "recovery": {"refused": 3.1, "retry_after": 7, "asked": 10.2, "served": True},
        **changes,
    }
