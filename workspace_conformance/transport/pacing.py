"""Staying under the limit: every request first takes a place in the last period's count.

The count is kept per account and address in a sliding log, so that no window of the period,
wherever it starts, ever holds more requests than the pace. The log lies in a file of this machine:
runs that judge the same target at the same time share one pace, as they share its limit.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import cast
from urllib.parse import urlsplit

from filelock import FileLock, Timeout
from pyrate_limiter import AbstractBucket, Duration, InMemoryBucket, Rate, RateItem, SQLiteBucket

from workspace_conformance import settings

_POLL = 0.02  # seconds between two looks at a file that another run has locked
_KEPT = 24 * 3600  # seconds for which the file of a target is kept after its last use


class PaceStore:
    """Where the counts of one target lie: a file for each account and address.

    target: the portal's root URL; credentials: by account, what tells it from others. Neither can
    be read out of the store: a file's name is a short digest, its rows hold times alone.
    """

    def __init__(
        self, target: str, credentials: Mapping[str, str], folder: Path | None = None
    ) -> None:
        parts = urlsplit(target)
        self._origin = f"{parts.scheme}://{parts.netloc}".lower()
        self._credentials = credentials
        self._folder = folder or Path(tempfile.gettempdir()) / f"workspace-conformance-{_user()}"

    def file(self, account: str, address: str) -> Path:
        """The file for an account at a source address; raises OSError where none can be had."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self._folder.lstat()
        if self._folder.is_symlink() or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
            raise PermissionError(f"{self._folder} belongs to somebody else")
        self._tidy()
        # Short enough that the digest of a weak secret fits millions of others as well.
        told = "\0".join((self._origin, account, self._credentials.get(account, ""), address))
        return self._folder / f"{hashlib.sha256(told.encode()).hexdigest()[:8]}.sqlite"

    def _tidy(self) -> None:
        for file in self._folder.glob("*.sqlite*"):
            with suppress(OSError):
                if time.time() - file.stat().st_mtime > _KEPT:
                    file.unlink()


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")


class Pacer:
    """Hands out permission to send, at most `pace` per `rate.period` seconds for each account and
    address.

    `pace` None means no limit; without a `store` the count is this run's own. `announce` is told
    what is waited for, and for how many seconds. All waiting is asynchronous, on one event loop.
    `waited` is the time in seconds that requests had to wait, counted once where several waited at
    the same time; `alone` says why the count is not shared, where it should be.
    """

    def __init__(
        self,
        pace: int | None,
        rate: settings.Rate,
        store: PaceStore | None = None,
        announce: Callable[[str, float], None] = lambda what, seconds: None,
    ) -> None:
        self._pace = pace
        # Counted at the moment of sending; a little longer than the period covers the way to the
        # target.
        self._interval = int((rate.period * 1.02) * Duration.SECOND)
        self._store = store
        self._announce = announce
        self._buckets: dict[tuple[str, str], AbstractBucket] = {}
        self._turns: dict[tuple[str, str], asyncio.Lock] = {}
        self._held: list[SQLiteBucket] = []
        self.waited = 0.0
        self.alone: str | None = None

    async def turn(self, account: str, address: str | None = None) -> None:
        """Return when a request of `account` from `address` may be sent."""
        if self._pace is None:
            return
        bucket = self._bucket(account, address or "")
        async with self._turns[account, address or ""]:
            while True:
                await self._lock(bucket)
                try:
                    pause = self._take(bucket)
                finally:
                    self._unlock(bucket)
                if pause is None:
                    return
                self.waited += pause
                if pause >= 1:
                    self._announce("staying under the rate limit", pause)
                await asyncio.sleep(pause)

    async def hold(self, account: str, address: str | None = None) -> float | None:
        """Keep other runs from sending as `account` until `let_go`.

        The result is when one of them last did, in seconds of the monotonic clock; None: not within
        a period, or not known.
        """
        if self._pace is None:
            return None
        bucket = self._bucket(account, address or "")
        if not isinstance(bucket, SQLiteBucket):
            return None
        await self._lock(bucket)
        self._held.append(bucket)
        newest = bucket.peek(0)
        return newest.timestamp / 1000 if newest else None

    def let_go(self) -> None:
        """Let other runs send again; they see that this one has sent until now."""
        while self._held:
            bucket = self._held.pop()
            now = _milliseconds()
            bucket.leak(now)
            bucket.put(RateItem("", now))
            self._unlock(bucket)

    def close(self) -> None:
        """Give the files back."""
        self.let_go()
        for bucket in self._buckets.values():
            bucket.close()
        self._buckets.clear()

    def _take(self, bucket: AbstractBucket) -> float | None:
        """Take a place in the count; the seconds to wait where there is none."""
        now = _milliseconds()
        bucket.leak(now)
        item = RateItem("", now)
        if bucket.put(item):
            return None
        pause = max(float(cast(int, bucket.waiting(item))), 1.0)
        if pause > 2 * self._interval:  # times of a clock that began anew when the machine did
            bucket.flush()
            pause = 1.0
        return pause / 1000

    def _bucket(self, account: str, address: str) -> AbstractBucket:
        bucket = self._buckets.get((account, address))
        if bucket is None:
            bucket = self._buckets[account, address] = self._open(account, address)
            self._turns[account, address] = asyncio.Lock()
        return bucket

    def _open(self, account: str, address: str) -> AbstractBucket:
        assert self._pace is not None
        rates = [Rate(self._pace, self._interval)]
        if self._store is not None and self.alone is None:
            try:
                file = self._store.file(account, address)
                return _on_disk(rates, file)
            except (OSError, sqlite3.Error) as error:
                self.alone = f"the pace is not shared with other runs: {error}"
                self._announce(self.alone, 0.0)
        return InMemoryBucket(rates)

    async def _lock(self, bucket: AbstractBucket) -> None:
        """Lock the file of a count, and tell when another run keeps it."""
        if not isinstance(bucket, SQLiteBucket):
            return
        began = told = time.monotonic()
        while True:
            try:
                _file_lock(bucket).acquire(blocking=False)
            except Timeout:
                now = time.monotonic()
                if now - told > 2:
                    told = now + 10
                    self._announce("another run of this machine measures the rate limit", 10.0)
                await asyncio.sleep(_POLL)
            else:
                self.waited += time.monotonic() - began
                return

    def _unlock(self, bucket: AbstractBucket) -> None:
        if isinstance(bucket, SQLiteBucket):
            _file_lock(bucket).release()


def _on_disk(rates: list[Rate], file: Path) -> SQLiteBucket:
    # Made with its lock, the bucket would wait here, on the event loop, for whoever holds it.
    bucket = SQLiteBucket.init_from_file(rates, db_path=str(file))
    bucket.lock = cast(RLock, FileLock(f"{file}.lock"))
    # What a crash loses is a period's count: not worth a write to the disk for each request.
    bucket.conn.execute("PRAGMA synchronous=OFF")
    bucket.conn.execute("PRAGMA journal_mode=MEMORY")
    return bucket


def _file_lock(bucket: SQLiteBucket) -> FileLock:
    return cast(FileLock, bucket.lock)


def _milliseconds() -> int:
    return time.monotonic_ns() // 1_000_000
