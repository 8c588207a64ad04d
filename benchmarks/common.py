"""What every benchmark prints about the machine, and how it measures."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from dlgui import environment


def heading(title: str) -> None:
    """Title, machine and versions."""
    print(f"# {title}")
    for name, value in environment.summary().items():
        print(f"{name}: {value}")
    print()


def timed(work: Callable[[], object], repeats: int = 5) -> tuple[float, float]:
    """Median seconds and spread (largest minus smallest) of `repeats` runs after one to warm up."""
    work()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), max(seconds) - min(seconds)
