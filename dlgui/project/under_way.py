"""Which runs are being trained, as every process sees it, and ends of runs that a full disk kept out of the book."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dlgui.engine.storage import discard
from dlgui.project.lock import WriterLock, held

LOCK = "training.lock"


class UnderWay:
    """A lock in the folder of each run that this process trains; whatever ends the process ends the lock.

    Attributes:
        unwritten: number of a run → what the book shall say of its end as soon as the disk has room.
    """

    def __init__(self) -> None:
        self.unwritten: dict[int, dict[str, Any]] = {}
        self._locks: dict[int, tuple[WriterLock, Path]] = {}

    def begin(self, number: int, folder: Path) -> None:
        """This process trains a run from now on."""
        lock = WriterLock(folder / LOCK)
        self._locks[number] = lock, folder
        with suppress(OSError):  # where no lock can be made, other processes take the run for interrupted
            folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(wait=True)

    @contextmanager
    def committed(self) -> Iterator[None]:
        """What begins inside goes on only where nothing fails until it is left."""
        before = set(self._locks)
        try:
            yield
        except BaseException:
            for number in self._locks.keys() - before:
                self.end(number)
            raise

    def end(self, number: int) -> None:
        """It does so no longer."""
        if number in self._locks:
            lock, folder = self._locks.pop(number)
            lock.release()
            discard(folder / LOCK)

    def end_all(self) -> None:
        """It trains nothing any more."""
        for number in list(self._locks):
            self.end(number)

    def trains(self, number: int, folder: Path) -> bool:
        """Whether this process, or another, trains a run."""
        return number in self._locks or held(folder / LOCK)
