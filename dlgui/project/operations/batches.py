"""The loss and the learning rate of every batch of a run, in a file that only grows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dlgui.engine.training_events import BatchDone
from dlgui.project.operations.runs import Run

FILE = "batches.f64"
COLUMNS = ("iteration", "epoch", "loss", "learning_rate")
FLUSH = 200
CHUNK = 4096
"""Rows of a part."""


class Recorder:
    """Takes batches in and appends them to the run's file now and then.

    Args:
        run: what was recorded behind `iteration` is cut off, for a resumed run does it again.
    """

    def __init__(self, run: Run, iteration: int) -> None:
        self._path, self._pending = run.folder / FILE, []  # type: ignore[var-annotated]
        if self._path.exists():
            kept = int(np.searchsorted(read(run)[:, 0], iteration, side="right"))
            with self._path.open("r+b") as file:
                file.truncate(kept * 8 * len(COLUMNS))

    def add(self, event: BatchDone) -> None:
        """Takes a batch in. Raises `OSError` where the disk is full."""
        self._pending.append((event.iteration, event.epoch, event.loss, event.learning_rate))
        if len(self._pending) >= FLUSH:
            self.flush()

    def flush(self) -> None:
        """Writes what is not on disk yet. Raises `OSError`."""
        if self._pending:
            rows, self._pending = np.array(self._pending, np.float64), []
            with self._path.open("ab") as file:
                file.write(rows.tobytes())


def size(run: Run) -> int:
    """How many bytes there are to read."""
    path = run.folder / FILE
    return path.stat().st_size if path.exists() else 0


def read(run: Run) -> np.ndarray:
    """float64 (n, 4): `COLUMNS` of every batch that is known, in their order."""
    width = 8 * len(COLUMNS)
    path = run.folder / FILE
    if not path.exists():
        return np.empty((0, len(COLUMNS)))
    content = path.read_bytes()
    return np.frombuffer(content[:len(content) // width * width], np.float64).reshape(-1, len(COLUMNS))


def parts(run: Run) -> Iterator[np.ndarray]:
    """What `read` gives, some rows at a time: whoever works on a million at once keeps Python's lock for long."""
    table = read(run)
    for first in range(0, len(table), CHUNK):
        yield table[first:first + CHUNK]
