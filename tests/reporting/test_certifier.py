"""What a certifier sees: whose result it is, when and how much was judged; and one archive of it."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.reporting.test_certificate import keys
from tests.support import Ran, run_suite
from workspace_conformance.reporting import bundle, certifier, matrix
from workspace_conformance.settings import profile_of


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Path]:
    """A signed run of one requirement, with nothing violated."""
    folder = tmp_path_factory.mktemp("one")
    private, public = keys(folder)
    return run_suite(folder / "reports", "--requirement=DATE", f"--sign={private}"), public


def given(signed: tuple[Ran, Path]) -> list[str]:
    ran, public = signed
    folder = ran.folder
    return [
        str(folder / "certificate.json"),
        f"--key={public}",
        f"--evidence={folder / 'exchanges.har'}",
    ]


def test_a_run_of_one_requirement_does_not_read_as_a_certificate_of_all(
    signed: tuple[Ran, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert certifier.verify(given(signed)) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[-1] == (
        "The certificate holds. WARNED: 1 of 61 requirements were judged in full; "
        "it certifies no conformance."
    )
    told = {line.partition(":")[0]: line.partition(":")[2].strip() for line in lines}
    assert signed[0].results["target"]["url"] in told["Target"]
    assert told["Build"] == "not named"
    assert told["Judged"].count("UTC") == 2
    assert told["Profile"].startswith("full (")
    assert told["Scope"].startswith("1 of 61 requirements judged in full, 0 in part; 1 of 47 MUST")
    assert "asked for alone: DATE" in out
    assert told["Result"] == "WARNED (incomplete)"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--expect", "PASSED"), 1, "It says WARNED, and PASSED was expected."),
        (("--expect", "WARNED"), 0, ""),
        (("--max-age", "0"), 1, "days old"),
        (("--max-age", "1"), 0, ""),
    ],
)
def test_what_is_expected_decides_the_exit_code(
    signed: tuple[Ran, Path],
    words: tuple[str, str],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert certifier.verify([*given(signed), *words]) == code
    assert said in capsys.readouterr().out


def test_a_bundle_holds_all_and_is_verified_as_it_is(
    signed: tuple[Ran, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran, public = signed
    file = tmp_path / "run.zip"
    assert certifier.bundle([str(ran.folder), "--output", str(file)]) == 0
    with zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
        readme = archive.read("README.md").decode()
    assert {"certificate.json", "exchanges.har", "results.json", "report.html"} <= names
    assert "workspace-conformance verify THIS_ARCHIVE.zip --key" in readme
    assert "WARNED" in readme
    capsys.readouterr()
    assert certifier.verify([str(file), f"--key={public}"]) == 0
    assert "The certificate holds. WARNED" in capsys.readouterr().out
    again = tmp_path / "again.zip"
    certifier.bundle([str(ran.folder), "--output", str(again)])
    assert again.read_bytes() == file.read_bytes()
    with pytest.raises(SystemExit) as ended:
        certifier.bundle([str(ran.folder), "--output", str(tmp_path / "missing" / "run.zip")])
    assert ended.value.code == 4
    assert "the archive cannot be written" in capsys.readouterr().err


def test_the_readme_of_a_bundle_says_what_the_certificate_says(
    signed: tuple[Ran, Path], tmp_path: Path
) -> None:
    """Where all that is violated is known, the verdict is non-conformant and the certificate WARNED."""
    folder = tmp_path / "reports"
    shutil.copytree(signed[0].folder, folder)
    data = json.loads((folder / "results.json").read_text("utf-8"))
    data["verdict"] = "non-conformant"
    (folder / "results.json").write_text(json.dumps(data), "utf-8")
    with zipfile.ZipFile(bundle.made(folder, tmp_path / "run.zip")) as archive:
        assert "\nWARNED: " in archive.read("README.md").decode()


def test_a_changed_bundle_does_not_hold(
    signed: tuple[Ran, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran, public = signed
    folder = tmp_path / "reports"
    shutil.copytree(ran.folder, folder)
    data = json.loads((folder / "results.json").read_text("utf-8"))
    data["verdict"] = "conformant"
    (folder / "results.json").write_text(json.dumps(data), "utf-8")
    certifier.bundle([str(folder), "--output", str(tmp_path / "run.zip")])
    assert certifier.verify([str(tmp_path / "run.zip"), f"--key={public}"]) == 1
    assert "results.json is not the result that the certificate names" in capsys.readouterr().out
    (folder / "exchanges.har").unlink()
    with pytest.raises(SystemExit) as ended:
        certifier.bundle([str(folder)])
    assert ended.value.code == 4
    assert "lacks exchanges.har" in capsys.readouterr().err


def test_an_archive_that_is_cut_off_is_named(
    signed: tuple[Ran, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "run.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("certificate.json", "{}")
    assert certifier.verify([str(file)]) == 1
    assert "the bundle lacks exchanges.har, results.json" in capsys.readouterr().out


def test_a_changed_recording_is_named_at_the_replay(
    signed: tuple[Ran, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "reports"
    shutil.copytree(signed[0].folder, folder)
    file = folder / "exchanges.har"
    file.write_text(file.read_text("utf-8").replace("200", "204", 1), "utf-8")
    ran = run_suite(tmp_path / "out", f"--replay={file}")
    assert ran.code == 4
    assert "exchanges.har differs from the digest in results.json" in ran.out


def test_results_of_different_profiles_are_not_compared_silently(
    signed: tuple[Ran, Path],
) -> None:
    data = signed[0].results
    other = json.loads(json.dumps(data))
    other["profile"] = "read-only"
    mixed = matrix.matrix([("a", data), ("b", other)])
    assert "different profiles (full; read-only)" in matrix.as_text(mixed)
    assert "different profiles (full; read-only)" in matrix.as_markdown(mixed)
    assert "different profiles (full; read-only)" in matrix.as_page(mixed)
    assert "different" not in matrix.as_text(matrix.matrix([("a", data), ("b", data)]))


def test_profiles_have_names() -> None:
    assert [profile_of(*each) for each in ((False, False), (True, False), (True, True))] == [
        "read-only",
        "write",
        "full",
    ]
