"""certificate.json: the result as an in-toto Statement with the test-result predicate.

Source: in-toto attestation framework, Statement v1 and predicate test-result v0.1. `result` is
PASSED for a conformant target and for nothing else, FAILED where a MUST is violated, WARNED where
nothing is violated and not everything was proved, or where all that is violated is known of the
product's version and the run was told so (--known): `workspaceConformance` holds our own denominator.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
RESULTS = {"conformant": "PASSED", "non-conformant": "FAILED", "incomplete": "WARNED"}


def statement(
    data: Mapping[str, Any],
    subject_digest: tuple[str, str] | None,
    digests: Mapping[str, str],
) -> dict[str, Any]:
    """The statement about the result `data` (results.json, redacted).

    subject_digest: algorithm and hexadecimal digest of the build that was judged; without it the
    target is named by a digest of its own description. digests: SHA-256 of files, by name.
    """
    target = data["target"]
    algorithm, digest = subject_digest or ("workspaceTarget", digest_of(target))
    rows = data["requirements"]

    def named(verdict: str, level: str | None = None) -> list[str]:
        return [
            row["id"] for row in rows if row["verdict"] == verdict and level in (None, row["level"])
        ]

    suite = str(data["suite"]["digest"])
    configuration = [
        _descriptor("suite", suite.removeprefix("sha256:"), version=data["suite"]["version"]),
        _descriptor("settings", digest_of(data["settings"]), values=data["settings"]),
        *(_descriptor(name, digest) for name, digest in sorted(digests.items())),
    ]
    return {
        "_type": STATEMENT,
        "subject": [
            {
                "name": target["label"],
                "uri": target["url"],
                "digest": {algorithm: digest},
                "annotations": {"server": target["server"]},
            }
        ],
        "predicateType": PREDICATE,
        "predicate": {
            "result": _result(data),
            "configuration": configuration,
            "passedTests": named("passed"),
            "warnedTests": named("failed", "SHOULD"),
            "failedTests": named("failed", "MUST"),
            "workspaceConformance": {
                "verdict": data["verdict"],
                "profile": data["profile"],
                "started": data["started"],
                "finished": data["finished"],
                "requirements": len(rows),
                "judged": sum(row["verdict"] in ("passed", "failed") for row in rows),
                "partial": named("partial"),
                "untested": {
                    row["id"]: _reasons(row) for row in rows if row["verdict"] == "untested"
                },
                "leftOut": len(data["left_out"]),
                **({"known": data["gate"]["known"]["name"]} if data["gate"].get("known") else {}),
                "operations": _operations(data["operations"]),
            },
        },
    }


def _operations(operations: Mapping[str, Any]) -> dict[str, Any]:
    """How much of the documented API was there and judged, and which operations were not."""
    absent: dict[str, int] = {}
    for row in operations["documented"]:
        if row["verdict"] == "absent":
            absent[row["module"]] = absent.get(row["module"], 0) + 1
    described = operations["described"]
    return {
        "breadth": operations["breadth"],
        **operations["counts"],
        "absent": absent,
        "described": described
        and {
            "source": described["source"],
            "sha256": described["sha256"],
            **described["counts"],
        },
    }


def _result(data: Mapping[str, Any]) -> str:
    """Where all that is violated is known of the product's version, it is a warning: no pass ever."""
    violated = [
        case
        for row in data["requirements"]
        for case in row["cases"]
        if row["level"] == "MUST" and case["outcome"] == "failed"
    ]
    if violated and all("known" in case for case in violated):
        return "WARNED"
    return RESULTS[data["verdict"]]


def digest_of(value: Any) -> str:
    """SHA-256, in hexadecimal, of a value as JSON with sorted members and no white space."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _reasons(row: Mapping[str, Any]) -> list[str]:
    return sorted({str(case["reason"]) for case in row["cases"]}) or ["no case ran"]


def _descriptor(name: str, digest: str, **annotations: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"name": name, "digest": {"sha256": digest}}
    if annotations:
        told["annotations"] = annotations
    return told
