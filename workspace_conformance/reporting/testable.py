"""The untested cases by reason, with what would make them testable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workspace_conformance.exchange.outcomes import REASON_WORDS, Reason

MESSAGES = 8  # different ones that are shown of one reason

# What a requirement may need (schemas/requirements.yaml), the setting that grants it, and how.
_GIVE = {
    "writes": ("allow_writes", "--allow-writes (WORKSPACE_ALLOW_WRITES=1)"),
    "burst": ("allow_burst", "--allow-burst (WORKSPACE_ALLOW_BURST=1)"),
    "second-account": ("second_token", "--second-token (WORKSPACE_SECOND_TOKEN)"),
    "second-address": ("second_address", "--second-address (WORKSPACE_SECOND_ADDRESS)"),
    "password": ("password", "--username and --password (WORKSPACE_USERNAME, WORKSPACE_PASSWORD)"),
}

_ADVICE = {
    Reason.NO_CONSENT: "Allow it.",
    Reason.NO_CREDENTIAL: "Give the credential.",
    Reason.NOT_PERMITTED: "Give the token of an account that may: an administrator's.",
    Reason.NOT_SERVED: "The portal has to serve it: a module may be switched off, or records of "
    "the kind may be missing. --allow-writes lets the suite make its own.",
    Reason.UNREACHABLE: "See that the target answers from this machine, and run again.",
    Reason.TOO_SLOW: "Run from nearer to the target, with nothing else on the line, or give a longer "
    "--timeout.",
    Reason.THROTTLED: "Let nobody else use the account meanwhile, or give a lower --pace.",
    Reason.CHANGED: "See what came between the suite and the portal, or what ended the credential, "
    "and run again.",
    Reason.SETUP_FAILED: "What these cases build on has to work first: see the violated "
    "requirements, and the words of each case.",
    Reason.ABSENT: "Install the module; without it the certificate says that it is missing.",
    Reason.NO_RECORD: "Let the portal hold a record of the kind: the words name the empty list.",
}


@dataclass(frozen=True, slots=True)
class Group:
    """The cases that are untested for one reason.

    requirements: ids, each with the number of such cases. messages: what the cases say, most
    frequent first, each with its number of cases; `more` counts those left out.
    """

    reason: str
    meaning: str
    advice: str
    requirements: Sequence[tuple[str, int]]
    messages: Sequence[tuple[str, int]]
    more: int

    @property
    def cases(self) -> int:
        """How many cases there are."""
        return sum(count for _, count in self.requirements)


def untested_groups(data: Mapping[str, Any]) -> list[Group]:
    """The groups of a result, in the order of the reason codes."""
    return [group for reason in Reason for group in _group(data, reason)]


def advice(data: Mapping[str, Any], reason: Reason, requirements: Sequence[str]) -> str:
    """What would make cases of these requirements testable, in a sentence."""
    if reason not in (Reason.NO_CONSENT, Reason.NO_CREDENTIAL):
        return _ADVICE[reason]
    needs = {
        need
        for row in data["requirements"]
        if row["id"] in set(requirements)
        for need in row.get("needs", ())
    }
    consent = reason is Reason.NO_CONSENT
    missing = [
        how
        for need, (setting, how) in _GIVE.items()
        if need in needs
        and not data["settings"].get(setting)
        and (need in ("writes", "burst")) is consent
    ]
    return f"Give {'; '.join(missing)}." if missing else _ADVICE[reason]


def _group(data: Mapping[str, Any], reason: Reason) -> Iterator[Group]:
    names: dict[str, int] = {}
    words: dict[str, int] = {}
    for row in data["requirements"]:
        for case in row["cases"]:
            if case["reason"] == reason:
                names[row["id"]] = names.get(row["id"], 0) + 1
                words[case["message"]] = words.get(case["message"], 0) + 1
    if names:
        ranked = sorted(words.items(), key=lambda item: -item[1])
        yield Group(
            str(reason),
            REASON_WORDS[reason],
            advice(data, reason, list(names)),
            list(names.items()),
            ranked[:MESSAGES],
            max(0, len(ranked) - MESSAGES),
        )


_CONSENTS = ("--allow-writes", "--allow-burst")


def proved(data: Mapping[str, Any]) -> list[str]:
    """How many MUST requirements were judged whole, and how many more each consent would let be; []
    where no consent is missing.
    """
    musts = [row for row in data["requirements"] if row["level"] == "MUST"]
    whole = sum(row["verdict"] in ("passed", "failed") for row in musts)
    missing = Counter(filter(None, map(_missing, musts)))
    if not missing:
        return []
    more = ", ".join(f"{consent}: +{count} MUST" for consent, count in missing.items())
    return [
        f"{whole} of {len(musts)} MUST requirements were judged whole.",
        f"To judge more, {more}",
    ]


def _missing(row: Mapping[str, Any]) -> str:
    """The consents that alone keep a requirement from being judged whole; "" where others do."""
    if row["verdict"] in ("passed", "failed"):
        return ""
    wanted: set[str] = set()
    for case in row["cases"]:
        if case["outcome"] == "untested":
            named = [consent for consent in _CONSENTS if consent in case["message"]]
            if case["reason"] != Reason.NO_CONSENT or not named:
                return ""
            wanted.update(named)
    return " and ".join(consent for consent in _CONSENTS if consent in wanted)
