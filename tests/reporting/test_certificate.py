"""Certificates: what they state, that they are signed, and that a false one does not hold."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from tests.support import ROOT, Ran, environment, no_traceback, run_suite
from workspace_conformance.reporting import certifier
from workspace_conformance.reporting.certificate import Doubt, opened
from workspace_conformance.reporting.statement import PREDICATE, STATEMENT, statement

DIGEST = "sha256:" + "ab" * 32


def keys(folder: Path, name: str = "key") -> tuple[Path, Path]:
    """A new pair of keys: private, public."""
    key = Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Path]:
    """A signed run with a violated MUST and a violated SHOULD, and the public key."""
    folder = tmp_path_factory.mktemp("signed")
    private, public = keys(folder)
    ran = run_suite(
        folder / "reports",
        "--requirement=DATE",
        "--requirement=AUTH-4",
        f"--sign={private}",
        f"--subject-digest={DIGEST}",
        "--fault=query-token",
    )
    return ran, public


def payload(ran: Ran) -> dict[str, Any]:
    """The statement in a run's certificate, unchecked."""
    data = json.loads((ran.folder / "certificate.json").read_text("utf-8"))
    if "payload" in data:
        data = json.loads(base64.b64decode(data["payload"]))
    told: dict[str, Any] = data
    return told


def verify(ran: Ran, public: Path, certificate: Path | None = None) -> int:
    """The exit code of the command that verifies."""
    return certifier.verify(
        [
            str(certificate or ran.folder / "certificate.json"),
            f"--key={public}",
            f"--evidence={ran.folder / 'exchanges.har'}",
        ]
    )


def test_what_is_stated_is_what_was_found(signed: tuple[Ran, Path]) -> None:
    ran, _ = signed
    told = payload(ran)
    assert (told["_type"], told["predicateType"]) == (STATEMENT, PREDICATE)
    (subject,) = told["subject"]
    assert subject["digest"] == {"sha256": "ab" * 32}
    assert subject["uri"] == ran.results["target"]["url"]
    predicate = told["predicate"]
    assert predicate["result"] == "FAILED"
    assert predicate["passedTests"] == ["DATE-1"]
    assert predicate["failedTests"] == ["AUTH-4"]
    own = predicate["workspaceConformance"]
    assert own["requirements"] == 61
    assert own["judged"] == 2
    assert len(own["untested"]) == 59
    named = {each["name"]: each["digest"]["sha256"] for each in predicate["configuration"]}
    assert named["exchanges.har"] == ran.results["evidence"]["sha256"]
    assert {"suite", "settings", "contract", "results.json"} <= named.keys()


def test_a_signed_certificate_holds(
    signed: tuple[Ran, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(*signed) == 0
    assert "The certificate holds." in capsys.readouterr().out


def test_the_documented_command_verifies(signed: tuple[Ran, Path]) -> None:
    ran, public = signed
    done = subprocess.run(
        [
            *(sys.executable, "-m", "workspace_conformance", "verify"),
            str(ran.folder / "certificate.json"),
            *("--key", str(public), "--evidence", str(ran.folder / "exchanges.har")),
        ],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_another_key_does_not_verify(
    signed: tuple[Ran, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran, _ = signed
    assert verify(ran, keys(tmp_path)[1]) == 1
    assert "does not hold: the signature" in capsys.readouterr().out


def test_a_changed_statement_breaks_the_signature(
    signed: tuple[Ran, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran, public = signed
    data = json.loads((ran.folder / "certificate.json").read_text("utf-8"))
    told = base64.b64decode(data["payload"]).replace(b'"FAILED"', b'"PASSED"')
    data["payload"] = base64.b64encode(told).decode()
    file = tmp_path / "certificate.json"
    file.write_text(json.dumps(data))
    assert verify(ran, public, file) == 1
    assert "does not hold: the signature" in capsys.readouterr().out


def test_changed_evidence_breaks_the_digest(
    signed: tuple[Ran, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran, public = signed
    copy = tmp_path / "exchanges.har"
    copy.write_text((ran.folder / "exchanges.har").read_text("utf-8") + " ", "utf-8")
    file = str(ran.folder / "certificate.json")
    assert certifier.verify([file, f"--key={public}", f"--evidence={copy}"]) == 1
    assert "was changed" in capsys.readouterr().out


def test_a_changed_result_beside_it_breaks_the_digest(
    signed: tuple[Ran, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran, public = signed
    for name in ("certificate.json", "results.json"):
        (tmp_path / name).write_bytes((ran.folder / name).read_bytes())
    result = tmp_path / "results.json"
    result.write_text(result.read_text("utf-8").replace('"failed"', '"passed"', 1), "utf-8")
    assert verify(ran, public, tmp_path / "certificate.json") == 1
    assert "results.json is not the result that" in capsys.readouterr().out


def test_its_signature_is_that_of_the_standard(signed: tuple[Ran, Path]) -> None:
    """DSSE v1 by hand: Ed25519 over "DSSEv1", the type and the payload, each after its length."""
    ran, public = signed
    data = json.loads((ran.folder / "certificate.json").read_text("utf-8"))
    kind, body = data["payloadType"].encode(), base64.b64decode(data["payload"], validate=True)
    said = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)
    assert kind == b"application/vnd.in-toto+json"
    (signature,) = data["signatures"]
    key = load_pem_public_key(public.read_bytes())
    assert isinstance(key, Ed25519PublicKey)
    key.verify(base64.b64decode(signature["sig"], validate=True), said)
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(signature["sig"]), body)


def test_a_pipeline_that_verifies_keeps_its_own_reports(
    signed: tuple[Ran, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The suite runs again for it, and must not write where the pipeline's own run has written."""
    for name, value in (
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md")),
        ("PYTEST_ADDOPTS", f"--junitxml={tmp_path / 'junit.xml'}"),
        ("WORKSPACE_REPORT_DIR", str(tmp_path / "reports")),
    ):
        monkeypatch.setenv(name, value)
    assert verify(*signed) == 0
    assert not list(tmp_path.iterdir())


LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "another type": lambda told: told.update(predicateType="https://in-toto.io/attestation/vsa/v1"),
    "another target": lambda told: told["subject"][0].update(uri="https://portal.example.com"),
    "another server": lambda told: told["subject"][0]["annotations"].update(server="nginx"),
    "other settings": lambda told: told["predicate"]["configuration"][1]["annotations"][
        "values"
    ].update(id_examples=10_000),
    "a milder result": lambda told: told["predicate"].update(result="WARNED"),
    "a milder verdict": lambda told: (
        told["predicate"].update(result="WARNED"),
        told["predicate"]["workspaceConformance"].update(verdict="incomplete"),
    ),
    "a warning only": lambda told: told["predicate"].update(
        warnedTests=told["predicate"]["failedTests"], failedTests=[]
    ),
    "more judged": lambda told: told["predicate"]["workspaceConformance"].update(judged=61),
    "fewer in all": lambda told: told["predicate"]["workspaceConformance"].update(requirements=2),
    "no own part": lambda told: told["predicate"].pop("workspaceConformance"),
    "no subject": lambda told: told.update(subject=[]),
}


@pytest.mark.parametrize("lie", list(LIES))
def test_a_false_statement_does_not_hold(
    signed: tuple[Ran, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lie: str,
) -> None:
    from workspace_conformance.reporting import certificate, verification

    ran, _ = signed
    monkeypatch.setattr(verification, "_replayed", lambda evidence: ran.results)
    private, public = keys(tmp_path)
    told = payload(ran)
    file = tmp_path / "certificate.json"
    file.write_text(json.dumps(certificate.signed(told, private)))
    assert verify(ran, public, file) == 0
    LIES[lie](told)
    file.write_text(json.dumps(certificate.signed(told, private)))
    assert verify(ran, public, file) == 1
    assert "The certificate does not hold: " in capsys.readouterr().out


@pytest.mark.parametrize("lie", ["acquittal", "accusation", "result"])
def test_a_false_verdict_is_found_by_replay(
    signed: tuple[Ran, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], lie: str
) -> None:
    """Whoever signs may lie: the verdicts are derived again from the evidence."""
    from workspace_conformance.reporting.certificate import signed as sign

    ran, _ = signed
    private, public = keys(tmp_path)
    told = payload(ran)
    predicate = told["predicate"]
    if lie == "acquittal":
        predicate["failedTests"], predicate["result"] = [], "WARNED"
        predicate["passedTests"].append("AUTH-4")
    elif lie == "accusation":
        predicate["passedTests"] = []
        predicate["failedTests"].append("DATE-1")
    else:
        predicate["result"] = "PASSED"
    file = tmp_path / "certificate.json"
    file.write_text(json.dumps(sign(told, private)))
    assert verify(ran, public, file) == 1
    assert "The certificate does not hold: " in capsys.readouterr().out


def test_an_unsigned_certificate_is_told_from_a_signed_one(signed: tuple[Ran, Path]) -> None:
    ran, public = signed
    text = (ran.folder / "certificate.json").read_text("utf-8")
    with pytest.raises(Doubt, match="give the public key"):
        opened(text, None)
    bare = json.dumps(payload(ran))
    assert opened(bare, None)["_type"] == STATEMENT
    with pytest.raises(Doubt, match="not signed"):
        opened(bare, public)


@pytest.mark.parametrize("content", [b"\xf9\x00", b"[" * 100_000])
def test_what_is_no_text_is_refused_too(
    signed: tuple[Ran, Path], tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "certificate.json"
    file.write_bytes(content)
    assert verify(*signed, file) == 1
    assert "not a certificate of this suite" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[]", "{}x", '{"payload": 1}', '{"payload": "e30="}', "null"])
def test_what_is_no_certificate_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(Doubt):
        opened(text, keys(tmp_path)[1])


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (lambda data: data.update(verdict="conformant"), "PASSED"),
        (lambda data: data.update(verdict="non-conformant"), "FAILED"),
        (lambda data: data.update(verdict="incomplete"), "WARNED"),
    ],
)
def test_only_a_conformant_target_passes(
    signed: tuple[Ran, Path], change: Callable[[dict[str, Any]], None], result: str
) -> None:
    data = signed[0].results
    change(data)
    assert statement(data, None, {})["predicate"]["result"] == result
    (subject,) = statement(data, None, {})["subject"]
    assert list(subject["digest"]) == ["workspaceTarget"]


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--sign=missing.pem", "--sign missing.pem: No such file"),
        ("--sign=README.md", "give an Ed25519 private key"),
        ("--subject-digest=abc", "write algorithm and digest"),
        ("--subject-digest=sha256:XY", "write algorithm and digest"),
    ],
)
def test_wrong_use_is_one_sentence(tmp_path: Path, option: str, sentence: str) -> None:
    ran = run_suite(tmp_path, option)
    assert ran.code == 4
    assert sentence in " ".join(ran.out.split())
    assert no_traceback(ran.out)
