"""Keeping the process small while large bodies come and go."""

from __future__ import annotations

import contextlib
import ctypes

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc
_LARGE = 256 * 1024  # bytes
_M_ARENA_MAX = -8
_ARENAS = 2


def give_back_large_blocks() -> None:
    """Let large blocks of memory go back to the system as soon as they are freed.

    glibc does so by itself until the first one is freed; from then on it keeps ever larger ones,
    in pieces, for every thread: bodies of some megabytes then add up to gigabytes. Threads share two
    arenas for the same reason: the small pieces of a large document, freed, stay with the arena.
    Does nothing where the C library is another.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        library.mallopt(_M_ARENA_MAX, _ARENAS)
