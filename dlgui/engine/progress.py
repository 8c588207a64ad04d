"""How long work tells how far it is and learns that it is no longer wanted. Knows no window."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


class Cancelled(Exception):
    """The work was cancelled by whoever asked for it."""


@dataclass(frozen=True)
class Report:
    """How far a task is.

    Attributes:
        task: what is being done, for a person.
        done, total: units done and to do; `total` is None while unknown.
        elapsed, remaining: seconds; `remaining` is None while nothing can be said.
    """

    task: str
    done: int
    total: int | None
    elapsed: float
    remaining: float | None


class Progress:
    """A handle that long functions advance and their callers listen to or cancel.

    Args:
        listener: called with a `Report` at most ten times a second, and with the first and the last of each task.
    """

    INTERVAL = 0.1

    def __init__(self, listener: Callable[[Report], None] | None = None) -> None:
        self._listener = listener
        self._cancelled = False
        self._begin("", None)

    def _begin(self, name: str, total: int | None) -> None:
        self._name, self._total, self._done = name, total, 0
        self._start = self._told = time.monotonic()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """Asks the work to end at its next check; safe from any thread."""
        self._cancelled = True

    def check(self) -> None:
        """Raises `Cancelled` if `cancel` was called."""
        if self._cancelled:
            raise Cancelled(self._name)

    def task(self, name: str, total: int | None = None) -> None:
        """Starts a task of `total` units (None: unknown)."""
        self.check()
        self._begin(name, total)
        self._tell(self._start)

    def advance(self, count: int = 1) -> None:
        """Counts `count` units as done. Raises `Cancelled`."""
        self._done += count
        now = time.monotonic()
        if now - self._told >= self.INTERVAL or self._done == self._total:
            self._tell(now)
        self.check()

    def _tell(self, now: float) -> None:
        self._told = now
        if self._listener is None:
            return
        elapsed = now - self._start
        remaining = None
        if self._total is not None and self._done:
            remaining = elapsed / self._done * (self._total - self._done)
        self._listener(Report(self._name, self._done, self._total, elapsed, remaining))
