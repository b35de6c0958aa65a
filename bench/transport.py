"""What the suite costs beside a bare client, and how it fares with a distant target.

    python bench/transport.py

runs the suites without the campaign against the embedded portal, paced by nothing, and then sends
the same list of requests with nothing but an httpx.AsyncClient: the ratio is what the harness costs.
Then it runs them against a portal that is 100 ms away, paced as usual. The figures of one command
may be compared with each other, not with those of another machine or day.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from workspace_conformance import reference
from workspace_conformance.exchange.messages import Request

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE = 16  # requests that the bare client has under way: more make it slower
START = 2.0  # seconds that a start may cost
NO_LIMIT = reference.Rate(1_000_000, 1.0)


def suite(*arguments: str) -> tuple[float, float, list[Request]]:
    """Run the suites in a process of their own: its seconds, those from the first request to the
    last answer, and the requests.
    """
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record"
        began = time.perf_counter()
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "bench.recorder",
                "-p",
                "no:cacheprovider",
                "-m",
                "not burst and not slow and not benchmark",
                f"--report-dir={folder}",
                *arguments,
            ],
            cwd=ROOT,
            env={**os.environ, "BENCH_RECORD": str(record), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            sys.exit(done.stdout)
        span, requests = pickle.loads(record.read_bytes())
    return seconds, span, requests


async def bare(requests: Sequence[Request], root: str) -> float:
    """Send `requests` to the portal at `root` with a bare client; the seconds that it took."""
    waiting: Iterator[Request] = iter(requests)

    async def work(client: httpx.AsyncClient) -> None:
        for request in waiting:
            url = f"{root}/{request.url.split('/', 3)[3]}"  # all of it after the host, as it was
            try:
                await client.request(
                    request.method, url, headers=list(request.headers), content=request.body
                )
            except (httpx.HTTPError, httpx.InvalidURL):
                continue

    began = time.perf_counter()
    async with httpx.AsyncClient(timeout=30) as client:
        await asyncio.gather(*(work(client) for _ in range(AT_ONCE)))
    return time.perf_counter() - began


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description="the suite beside a bare client")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many is printed")
    rounds = range(parser.parse_args().rounds)
    unlimited = ("--pace=off", "--rate-limit=1000000/1s")
    runs = [suite(*unlimited) for _ in rounds]
    seconds, _, requests = min(runs, key=lambda run: run[0])
    plain = []
    for _ in rounds:
        portal = reference.launch(reference.Options(rate=NO_LIMIT))
        try:
            plain.append(asyncio.run(bare(requests, portal.url)))
        finally:
            portal.stop()
    alone = min(plain)
    print(f"requests                          {len(requests):8}")
    print(f"suite, whole process              {seconds:8.2f} s {len(requests) / seconds:8.0f}/s")
    print(f"bare httpx.AsyncClient            {alone:8.2f} s {len(requests) / alone:8.0f}/s")
    print(f"(suite - {START:g} s of start) / bare      {(seconds - START) / alone:8.2f}   goal 3")
    _, span, far = suite("--latency-ms=100")
    print(f"100 ms away, paced as usual       {span:8.2f} s {len(far) / span:8.1f}/s   goal 35")


if __name__ == "__main__":
    main()
