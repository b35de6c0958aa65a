"""Keeping the process small while large bodies come and go."""

from __future__ import annotations

import contextlib
import ctypes

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc
_LARGE = 256 * 1024  # bytes


def give_back_large_blocks() -> None:
    """Let large blocks of memory go back to the system as soon as they are freed.

    glibc does so by itself until the first one is freed; from then on it keeps ever larger ones,
    in pieces, for every thread: bodies of some megabytes then add up to gigabytes. Does nothing
    where the C library is another.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)
