"""A pytest plugin for the benchmark: writes down which requests a run sent, and when."""

from __future__ import annotations

import os
import pickle
from collections.abc import Generator
from pathlib import Path

import pytest

from workspace_conformance.session.run import RUN


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """After the run: its requests in the order of sending, and the span from first to last."""
    yield
    run = session.config.stash.get(RUN, None)
    if run is None or run.transport is None:
        return
    exchanges = sorted(run.transport.exchanges.values(), key=lambda exchange: exchange.sent)
    span = max(one.received for one in exchanges) - exchanges[0].sent
    requests = [exchange.request for exchange in exchanges]
    Path(os.environ["BENCH_RECORD"]).write_bytes(pickle.dumps((span, requests)))
