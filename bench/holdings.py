"""What a run costs against a portal that holds much, beside one that holds little.

    python bench/holdings.py [--breadth core]

runs the suites, without the campaign against the limiter, against the embedded portal with a handful
of people, with 1,000 and with 10,000, and prints processor time and memory of the suite's own process
and how many times those of the first run that is. The figures of one command may be compared with
each other, not with those of another machine or day.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VARIANTS = ((), ("people-1000",), ("people-10000",))
_CODE = """
import json, pathlib, re, resource, sys
import pytest
code = pytest.main(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_SELF)
peak = re.search(r"VmHWM:\\s*(\\d+)", pathlib.Path("/proc/self/status").read_text())
told = {"code": int(code), "cpu": used.ru_utime + used.ru_stime, "memory": int(peak[1]) * 1024}
pathlib.Path(sys.argv[1]).write_text(json.dumps(told))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time in seconds, the largest memory in bytes, and requests, of one run."""

    cpu: float
    memory: int
    requests: int


def run(variants: tuple[str, ...], *arguments: str) -> Cost:
    """One run of the suites in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.json"
        command = [
            *(sys.executable, "-c", _CODE, str(told), "-q", "-p", "no:cacheprovider"),
            *("--embedded", "--pace=off", "--rate-limit=50000/1s", "--id-examples=5"),
            *("-m", "not burst", f"--report-dir={folder}", *arguments),
            *(f"--variant={name}" for name in variants),
        ]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("WORKSPACE_", "PYTEST_"))}
        subprocess.run(command, cwd=ROOT, env=kept, stdout=subprocess.DEVNULL, check=False)
        data = json.loads(told.read_text())
        if data["code"] != 0:
            raise SystemExit(f"{', '.join(variants) or 'the embedded portal'} is accused")
        result = json.loads((Path(folder) / "results.json").read_text())
        return Cost(data["cpu"], data["memory"], result["traffic"]["requests"])


def main() -> None:
    """Print a line for each portal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--breadth", default="documented", choices=("core", "documented"))
    breadth = f"--breadth={parser.parse_args().breadth}"
    print(f"{'portal':20}{'requests':>9}{'CPU s':>8}{'times':>7}{'memory MB':>11}")
    first: Cost | None = None
    for variants in VARIANTS:
        cost = run(variants, breadth)
        first = first or cost
        print(
            f"{', '.join(variants) or 'embedded':20}{cost.requests:>9}{cost.cpu:>8.1f}"
            f"{cost.cpu / first.cpu:>7.2f}{cost.memory / 1024**2:>11.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
