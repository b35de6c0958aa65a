"""Lawful variety: every variant shows on the wire, and the suite minds none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest

from tests import variant_matrix
from workspace_conformance.contract.requirements import load
from workspace_conformance.reference import Rate, launch
from workspace_conformance.reference.options import Options
from workspace_conformance.reference.variants import VARIANTS, chosen, clash, find, listing

from .support import run_suite
from .variant_probes import PROBES, Probe, portal, shows

NAMES = [variant.name for variant in VARIANTS]
PAIRS = 12
TRIPLES = 12
SCARCE = Rate(3, 60.0)  # soon exceeded, and not over before the test is
IN_A_RUN = [("ids-integer", "xml-utf16", "chunked-annotated"), ("tls", "gzip", "reason-foreign")]


@pytest.fixture(scope="module")
def plain() -> Iterator[Probe]:
    """The portal without any variant."""
    with portal() as running:
        yield running


# --- what a variant is ----------------------------------------------------------------------------


def test_variants_are_declared_well() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 40
    assert list(PROBES) == NAMES
    for variant in VARIANTS:
        assert re.fullmatch(r"[a-z0-9.]+(-[a-z0-9.]+)*", variant.name)
        assert 2 < len(variant.summary) < 80, variant.name
        assert len(variant.leaves_open) > 10, variant.name
        assert variant.leaves <= set(load().requirements), variant.name


def test_the_list_names_every_variant_and_the_point_that_it_uses() -> None:
    shown = listing()
    for variant in VARIANTS:
        assert f"{variant.summary}\n" in shown
        assert f"({variant.leaves_open})" in shown


@pytest.mark.parametrize("name", NAMES)
def test_a_variant_shows(name: str, plain: Probe) -> None:
    """The deviation is there with the variant, and not without."""
    rate = SCARCE if name in variant_matrix.COUNTING else None
    with portal(name, rate=rate) as differing:
        assert shows(name, differing)
    if rate is None:
        assert not shows(name, plain)
    else:
        with portal(rate=rate) as limited:
            assert not shows(name, limited)


def test_variants_combine_but_for_those_that_decide_the_same() -> None:
    assert [v.name for v in chosen(["gzip", "empty", "gzip"])] == ["empty", "gzip"]
    assert clash(find("gzip"), find("xml-utf16")) is None
    with pytest.raises(KeyError, match="xml-utf16 and xml-latin1 cannot be combined: both decide"):
        chosen(["xml-latin1", "empty", "xml-utf16"])
    with pytest.raises(KeyError, match="no variant 'gzipp'; near it are gzip"):
        chosen(["gzipp"])


def test_combined_variants_all_show() -> None:
    names = ("ids-upper", "xml-declaration", "json-spaced", "names-upper", "early-hints")
    with portal(*names) as both:
        for name in names:
            assert shows(name, both), name


# --- whole runs -----------------------------------------------------------------------------------


def check(combinations: Sequence[Sequence[str]], jobs: int = 2) -> str:
    """Run the suite against each combination; every complaint, a line each."""
    lines: list[str] = []
    runs = variant_matrix.run_all(combinations, jobs)
    for names, seen in zip(combinations, runs, strict=True):
        lines += [f"{'+'.join(names)}: {line}" for line in variant_matrix.complaints(names, seen)]
    return "\n".join(lines)


def test_a_few_variants_are_not_accused() -> None:
    assert check(IN_A_RUN) == ""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_no_variant_is_accused(part: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Every variant alone: nothing failed, nothing untested that the variant does not explain."""
    names = [(name,) for name in NAMES[part::4]]
    assert check(names) == ""
    with capsys.disabled():
        print(f"variants alone, part {part + 1} of 4: {len(names)} of {len(NAMES)}, none accused")


@pytest.mark.slow
@pytest.mark.parametrize(("size", "number"), [(2, PAIRS), (3, TRIPLES)])
def test_no_combination_is_accused(
    size: int, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Drawn pairs and triples: nothing failed, nothing untested that they do not explain."""
    combinations = variant_matrix.drawn(size, number)
    assert check(combinations) == ""
    with capsys.disabled():
        print(f"combinations of {size} variants: {number}, none accused")


def test_drawn_combinations_are_lawful_and_the_same_each_time() -> None:
    found = variant_matrix.drawn(3, 5)
    assert found == variant_matrix.drawn(3, 5) != variant_matrix.drawn(3, 5, seed=2)
    assert all(len(chosen(names)) == 3 for names in found)


# --- options --------------------------------------------------------------------------------------

TARGET = {"WORKSPACE_TOKEN": "a"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--variant", "gzipp"], "there is no variant 'gzipp'; near it are gzip"),
        (["--variant=gzip", "--variant=deflate"], "gzip and deflate cannot be combined"),
        (["--variant=gzip", "--target=http://127.0.0.1:9"], "cannot be given together with"),
        (["--embedded", "--ca", "nowhere.pem"], "--ca nowhere.pem: cannot be read: No such file"),
        (
            ["--embedded", "--ca", "README.md"],
            "--ca README.md: the file holds no certificate in PEM",
        ),
        (["--embedded", "--ca", "suites"], "--ca suites: "),
    ],
)
def test_wrong_options_end_in_one_sentence(
    arguments: list[str], words: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ran = run_suite(tmp_path_factory.mktemp("out"), *arguments, env=TARGET)
    assert ran.code == 4
    assert ran.out.startswith("ERROR: ")
    assert words in ran.out
    assert len(ran.out.strip().splitlines()) == 1


def test_a_target_is_trusted_through_its_authority(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """--ca lets any target be judged whose certificate that authority issued, and no other."""
    folder = tmp_path_factory.mktemp("out")
    with launch(Options(rate=None, variants=("tls",))) as running:
        assert running.ca is not None
        given = [f"--target={running.url}", "--requirement=FMT-1"]
        told = {"WORKSPACE_TOKEN": running.token}
        trusted = run_suite(folder, *given, env={**told, "WORKSPACE_CA": running.ca})
        distrusted = run_suite(folder, *given, env=told)
    assert "1 failed" not in trusted.out
    assert trusted.code == 0
    assert distrusted.code == 6
    assert "certificate" in distrusted.out
