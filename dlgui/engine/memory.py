"""Keeps memory from one batch of a training to the next, and gives it back to the system at the end.

glibc returns large blocks as soon as they are free, so that each batch has the same gigabyte cleared by the system
again; and each thread has a heap of its own, which adds up. One heap that grows and stays costs neither. Does something
only on Linux with glibc, and never fails.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

# Parameters of mallopt(3)
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -2, -3, -4, -8
_KEEP = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, -1), (_TOP_PAD, 64 << 20))
_USUAL = ((_MMAP_MAX, 65536), (_MMAP_THRESHOLD, 32 << 20), (_TRIM_THRESHOLD, 64 << 20), (_TOP_PAD, 128 << 10))
"""What glibc comes to by itself in a program that frees large blocks."""

_lock = threading.Lock()
_glibc: Any = None
_keeping = 0


def one_heap() -> bool:
    """Has all threads share one heap; to be called by a program, not by a library, before it has a second thread.

    Returns whether that was possible; where not, `kept` and `give_back` do nothing.
    """
    global _glibc
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            import ctypes

            library = ctypes.CDLL(None)
            if library.malloc_trim and library.mallopt(_ARENA_MAX, 1):
                _glibc = library
    return _glibc is not None


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Memory that is freed meanwhile stays with this process; afterwards it is given back."""
    _count(1)
    try:
        yield
    finally:
        if not _count(-1):
            give_back()


def give_back() -> None:
    """Gives the system what is free now, as before a long pause; tens of milliseconds for gigabytes."""
    if _glibc is not None:
        _glibc.malloc_trim(0)


def _count(change: int) -> int:
    """Changes how many are keeping memory now, and returns it."""
    global _keeping
    with _lock:
        before, _keeping = _keeping, _keeping + change
        if _glibc is not None and bool(before) != bool(_keeping):
            for parameter, value in _KEEP if _keeping else _USUAL:
                _glibc.mallopt(parameter, value)
        return _keeping
