"""How long work tells how far it is and learns that it is no longer wanted. Knows no window."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

PAUSE = 20.0
"""A gap between two steps longer than this (seconds), and `TIMES` as long as usual, is no work: the machine slept."""

TIMES = 20.0


class Cancelled(Exception):
    """The work was cancelled by whoever asked for it."""


class Pace:
    """Units a second, told from steps; a step during which the machine slept does not count.

    Some systems' clocks run on while a laptop is suspended. A training that took an hour and slept through a night
    has still taken an hour.
    """

    def __init__(self) -> None:
        self.units, self.seconds, self._steps = 0, 0.0, 0

    def add(self, units: int, seconds: float) -> float:
        """Takes a step in; returns the seconds that it is counted with."""
        usual = self.seconds / self._steps if self._steps else 0.0
        if seconds > PAUSE and seconds > TIMES * usual and self._steps:
            seconds = usual
        self.units, self.seconds, self._steps = self.units + units, self.seconds + seconds, self._steps + 1
        return seconds

    @property
    def rate(self) -> float:
        """Units a second, 0 while unknown."""
        return self.units / self.seconds if self.seconds > 0 else 0.0


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
        listener: called with a `Report` with the first and the last of each task, and in between at most ten times a
            second, after some seconds only once: to look on takes time from the work.

    Attributes:
        gate: called at every step, None without one; while it does not return, the work is held.
        purpose: what the tasks are for, for a person; stands before their names.
        idle: seconds in all that were no work: held at the gate, or the machine slept.
    """

    OFTEN, SELDOM = 0.1, 1.0

    def __init__(self, listener: Callable[[Report], None] | None = None) -> None:
        self._listener = listener
        self._cancelled = self._finishing = False
        self.gate: Callable[[], None] | None = None
        self.purpose, self.idle = "", 0.0
        self._begin("", None)

    def _begin(self, name: str, total: int | None) -> None:
        self._name, self._total, self._done, self._pace = name, total, 0, Pace()
        self._begun = self._told = self._last = time.monotonic()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """Asks the work to end at its next check; safe from any thread."""
        self._cancelled = True

    @property
    def finishing(self) -> bool:
        """Whether `finish` was called."""
        return self._finishing

    def finish(self) -> None:
        """Asks the work to come to a good end now, keeping the best it has; safe from any thread."""
        self._finishing = True

    def check(self) -> None:
        """Waits at the gate; raises `Cancelled` if `cancel` was called."""
        if self.gate is not None:
            came = time.monotonic()
            self.gate()
            self.idle += time.monotonic() - came
        if self._cancelled:
            raise Cancelled(self._name)

    def task(self, name: str, total: int | None = None) -> None:
        """Starts a task of `total` units (None: unknown)."""
        self.check()
        self._begin(name, total)
        self._tell()

    def advance(self, count: int = 1) -> None:
        """Counts `count` units as done. Raises `Cancelled`."""
        now = time.monotonic()
        step = now - self._last
        self.idle += step - self._pace.add(count, step)
        self._done, self._last = self._done + count, now
        pause = min(max(0.1 * (now - self._begun), self.OFTEN), self.SELDOM)
        if now - self._told >= pause or self._done == self._total:
            self._tell()
        self.check()

    def skip(self, count: int) -> None:
        """Counts `count` units as done already, which says nothing about how long the others take."""
        self._done += count

    def rest(self) -> None:
        """The time since the last unit was a pause."""
        self._last = time.monotonic()

    def _tell(self) -> None:
        self._told = self._last
        if self._listener is None:
            return
        remaining = None
        if self._total is not None and self._pace.rate:
            remaining = (self._total - self._done) / self._pace.rate
        name = f"{self.purpose}: {self._name}" if self.purpose else self._name
        self._listener(Report(name, self._done, self._total, self._pace.seconds, remaining))


class Stopwatch:
    """Tells how long something has taken, without pauses and without the sleep of the machine.

    Args:
        progress: whatever advances it meanwhile tells work from sleep; None knows of neither.
    """

    def __init__(self, progress: Progress | None) -> None:
        self._progress, self._started = progress, time.monotonic()
        self._idle = 0.0 if progress is None else progress.idle

    @property
    def seconds(self) -> float:
        """Of work until now."""
        idle = 0.0 if self._progress is None else self._progress.idle - self._idle
        return time.monotonic() - self._started - idle
