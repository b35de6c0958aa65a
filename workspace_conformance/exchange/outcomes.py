"""How a case ends, and the two exceptions that say so.

A case is passed, failed or untested. Failed is said by `Violation` (any AssertionError counts),
untested by `Untested` with one of the reason codes. Whatever else escapes from a case is a mistake
of the suite and never a finding against the target.
"""

from __future__ import annotations

from enum import StrEnum

from _pytest.outcomes import Skipped

from workspace_conformance.exchange.messages import Exchange


class Outcome(StrEnum):
    """What became of one case."""

    PASSED = "passed"
    FAILED = "failed"
    UNTESTED = "untested"


class Reason(StrEnum):
    """Why a case is untested. The codes stand in results.json and never change."""

    NO_CONSENT = "no-consent"
    NO_CREDENTIAL = "no-credential"
    NOT_PERMITTED = "not-permitted"
    NOT_SERVED = "not-served"
    UNREACHABLE = "unreachable"
    TOO_SLOW = "too-slow"
    THROTTLED = "throttled"
    CHANGED = "changed"
    SETUP_FAILED = "setup-failed"
    ABSENT = "absent"
    NO_RECORD = "no-record"


# What each code means, and what would make such a case testable: the words of the summary.
REASON_WORDS: dict[Reason, str] = {
    Reason.NO_CONSENT: "writes or burst not allowed (--allow-writes, --allow-burst)",
    Reason.NO_CREDENTIAL: "needs a credential that was not given",
    Reason.NOT_PERMITTED: "the account may not (402, 403, 423, 507)",
    Reason.NOT_SERVED: "the portal does not serve what the case needs",
    Reason.UNREACHABLE: "no answer: network or time-out",
    Reason.TOO_SLOW: "longer than the bound on one answer, or on the burst",
    Reason.THROTTLED: "the target kept answering 503 or 429",
    Reason.CHANGED: "the target no longer serves what the case builds on",
    Reason.SETUP_FAILED: "what the case builds on did not work",
    Reason.ABSENT: "the portal lacks this documented operation",
    Reason.NO_RECORD: "no list of the portal shows what the operation could be asked with",
}

# A documented operation that the portal lacks, or of which it holds no record, speaks neither for nor
# against it: such a case leaves its requirement as the others find it.
WITHOUT_WEIGHT = frozenset({Reason.ABSENT, Reason.NO_RECORD})


class Violation(AssertionError):
    """The target broke the requirement that the case judges.

    The message says how, in one sentence; `exchange` is the one that shows it. `by_head`: its status
    or headers do, whatever the body holds.
    """

    exchange: Exchange | None = None
    by_head: bool = False


class Untested(Skipped):
    """The case could not judge its requirement.

    A pytest skip, so that pytest, xdist and Hypothesis all treat it as one; never a pass.
    """

    def __init__(self, reason: Reason, words: str) -> None:
        super().__init__(f"{reason}: {words}", _use_item_location=True)
        self.reason = reason
        self.words = words

    def __reduce__(self) -> tuple[type[Untested], tuple[Reason, str]]:
        return type(self), (self.reason, self.words)


class Rejected(Untested):
    """Every form of a request was answered that its values are not in order: a portal may have rules
    for them that the documentation does not tell (a password, a longest name).
    """


class Unrecorded(Untested):
    """A recording that is judged again holds no answer to a question."""
