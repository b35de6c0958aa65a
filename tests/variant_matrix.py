"""Lawful variants against the real suite: what it accuses, and what it leaves untested.

`python tests/variant_matrix.py` runs every variant alone; names narrow it, names joined by + are
run together. Exit 1 when one is accused, or leaves untested what it does not explain.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from tests import fault_matrix
from tests.fault_matrix import ROOT, Seen
from workspace_conformance.checks import described_operations
from workspace_conformance.reference.variants import VARIANTS, chosen, clash, find, modules, timing

QUIET = ("--capture=no", "--assert=plain", "--id-examples=3", "--overlap=8")
"""What saves half of a run's time: nothing is captured for each case, and no module rewritten."""

FAST = (*QUIET, "--rate-limit=50000/1s", "-m", "not burst")
"""Arguments of a quick run, which leaves the rate limit untested."""

LIMITED = (*QUIET, "--rate-limit=30/1s", "--requirement=RATE", "--requirement=STA-1")
"""Arguments of a run that measures a small rate limit."""

COUNTING = frozenset(
    variant.name for variant in timing.VARIANTS if "Rate limiting" in variant.leaves_open
)
"""Variants that show where the rate limit is exceeded, and nowhere else."""


BEYOND = frozenset(variant.name for variant in modules.VARIANTS)
"""Variants of modules that only the cases beyond the core of the API ask for."""


def arguments_for(names: Sequence[str]) -> tuple[str, ...]:
    """What a run against these variants is given."""
    own = LIMITED if COUNTING & set(names) else FAST
    breadth = "documented" if BEYOND & set(names) else "core"
    return (*own, f"--breadth={breadth}", *(f"--variant={name}" for name in names))


def _forked(names: tuple[str, ...]) -> Seen:
    return fault_matrix.run(None, arguments_for(names))


def run_all(combinations: Iterable[Sequence[str]], jobs: int = 2) -> Iterator[Seen]:
    """Run the suite against each combination, `jobs` at a time, in processes forked from this one."""
    os.chdir(ROOT)
    described_operations.loaded()  # slow to load: once, before the forks
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs, maxtasksperchild=1) as pool:
        yield from pool.imap(_forked, [tuple(names) for names in combinations])


def unexplained(names: Sequence[str], seen: Seen) -> dict[str, str]:
    """What a run left untested, whole or in part, and neither its variants nor its arguments say.

    A burst that this machine is too busy to send in time is no variant's doing.
    """
    explained = frozenset[str]().union(*(variant.leaves for variant in chosen(names)))
    return {
        requirement: words
        for requirement, words in seen.left.items()
        if requirement not in explained
        and not (requirement.startswith("RATE-") and "too-slow" in words)
    }


def drawn(size: int, number: int, seed: int = 1) -> list[tuple[str, ...]]:
    """That many combinations of `size` variants that can be combined, the same for the same seed."""
    chance = random.Random(f"{seed} {size}")
    found: dict[frozenset[str], tuple[str, ...]] = {}
    while len(found) < number:
        names = tuple(variant.name for variant in chance.sample(VARIANTS, size))
        if all(clash(find(a), find(b)) is None for a, b in combinations(names, 2)):
            found.setdefault(frozenset(names), names)
    return list(found.values())


def complaints(names: Sequence[str], seen: Seen) -> list[str]:
    """What is wrong with a run against lawful variants, in words; nothing where all is well."""
    wrong = [f"accused of {name}: {words}" for name, words in seen.messages.items()]
    wrong += [f"left {name}: {words}" for name, words in unexplained(names, seen).items()]
    if seen.left_behind and not any(variant.keeps for variant in chosen(names)):
        wrong.append(f"left {seen.left_behind} records behind")
    wrong += list(seen.errors)
    if not seen.verdict or seen.code != 0:
        wrong.append(f"exit code {seen.code}")
    return wrong


def main() -> int:
    """Print the matrix."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="variants, joined by + where run together")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=0, help="so many drawn pairs")
    parser.add_argument("--triples", type=int, default=0, help="so many drawn triples")
    parser.add_argument("--seed", type=int, default=1, help="what they are drawn from")
    given = parser.parse_args()
    work: list[tuple[str, ...]] = [tuple(name.split("+")) for name in given.names]
    work += drawn(2, given.pairs, given.seed) + drawn(3, given.triples, given.seed)
    work = work or [(variant.name,) for variant in VARIANTS]
    wrong = 0
    for names, seen in zip(work, run_all(work, given.jobs), strict=True):
        found = complaints(names, seen)
        wrong += bool(found)
        print(
            f"{'+'.join(names):60}{'WRONG' if found else 'ok':6}{seen.seconds:5.1f} s", flush=True
        )
        for line in found:
            print(f"      {line[:600]}", flush=True)
    print(f"{len(work)} runs, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
