"""The curves of one run as the plot draws them: how they look, and what of them is visible."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dlgui.engine.curves import Curve

PART = 1 << 16
"""Batches that are taken in at once: with a million Python's lock would be kept for long."""

NEXT = 5
"""Epochs for which a plot has room at first."""

KINDS = ("loss", "train", "validation", "rate")
COLUMNS = {"train": "train_top1_error", "validation": "validation_top1_error", "rate": "learning_rate", "loss": "loss"}
COLOURS = {"light": {"train": "#c2187a", "validation": "#b07d00", "rate": "#00868b", "loss": "#6b7783"},
           "dark": {"train": "#ff5fb4", "validation": "#ffc933", "rate": "#2fd0d6", "loss": "#8b98a5"}}
"""Training magenta, validation gold, learning rate dark turquoise, as HALCON draws them, in shades that can be read."""

OVERLAID = {"light": ("#0b63bd", "#c2410c", "#15803d", "#7e22ce", "#b91c7c", "#4d5b66", "#92700c", "#0e7490"),
            "dark": ("#4c9ffe", "#ff9d5c", "#4ade80", "#c08cff", "#ff7cc8", "#b3bfca", "#e6c34a", "#45d0e6")}
"""Colours of runs that are drawn over one another."""


@dataclass
class RunCurves:
    """What is drawn of a run.

    Attributes:
        run: its id; name: in the legend.
        epochs: planned, for which the plot makes room; 0 where the run is over and ends where it ended.
        history: rows of the book.
        best_epoch: whose network is kept, 0 for the start (quick's classifier), None where nobody has said.
        best_error: validation error of what is kept, in percent; None where it is not known.
        level: validation error in percent of a run without epochs, a quick one.
        curves: by kind; errors in percent over epochs, loss and learning rate over epochs of single batches where these
            are known.
    """

    run: str
    name: str
    epochs: int = 0
    best_epoch: float | None = None
    best_error: float | None = None
    level: float | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    curves: dict[str, Curve] = field(default_factory=dict)

    @classmethod
    def of(cls, run: str, name: str, epochs: int, history: Sequence[dict[str, Any]],
           batches: np.ndarray | None = None) -> RunCurves:
        """From the book's rows and, where known, float (n, 4) batches: iteration, epoch, loss, learning rate."""
        made = cls(run, name, epochs, curves={kind: Curve() for kind in KINDS})
        made.per_batch = batches is not None and len(batches) > 1
        if made.per_batch and batches is not None:
            for first in range(0, len(batches), PART):
                made.add_batches(batches[first:first + PART])
        for row in history:
            made.add_epoch(row)
        return made

    per_batch: bool = False
    _iteration: float = 0.0

    def add_batches(self, rows: np.ndarray) -> None:
        """Appends batches, float (n, 4)."""
        if not self.per_batch:
            self.per_batch = True
            self.curves["loss"], self.curves["rate"] = Curve(), Curve()
        rows = rows[rows[:, 0] > self._iteration] if len(rows) else rows  # what is known already is not drawn twice
        if len(rows):
            self._iteration = float(rows[-1, 0])
            finite = np.isfinite(rows[:, 2])
            self.curves["loss"].extend(rows[finite, 1], rows[finite, 2])
            self.curves["rate"].extend(rows[:, 1], rows[:, 3])

    def add_epoch(self, row: dict[str, Any]) -> None:
        """Appends a row of the history; one that is known already is left out."""
        if self.history and row["epoch"] <= self.history[-1]["epoch"]:
            return
        self.history.append(row)
        for kind, column in COLUMNS.items():
            value = row[column]
            if value is None or (self.per_batch and kind in ("loss", "rate")):
                continue
            scale = 100.0 if kind in ("train", "validation") else 1.0
            self.curves[kind].extend(np.array([row["epoch"]]), np.array([scale * value]))

    @property
    def last(self) -> float:
        """The last epoch of which anything is known."""
        return max((float(curve.x[-1]) for curve in self.curves.values() if len(curve)), default=0.0)

    @property
    def ahead(self) -> float:
        """The epoch up to which a plot has room for what comes: of a long training only the next part, so that what
        there is can be seen, growing by doubling so that the axis keeps still for long."""
        room = NEXT
        while room < 1.2 * self.last:
            room *= 2
        return float(min(self.epochs, room))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.last and self.level is None

    @property
    def start_kept(self) -> bool:
        """Whether no epoch has beaten the start, quick's classifier."""
        return self.best_epoch == 0 and self.best_error is not None

    def keep(self, best_epoch: int | None, best_error: float | None) -> None:
        """Says whose network is kept, and its validation error as a fraction."""
        self.best_epoch, self.best_error = best_epoch, None if best_error is None else 100.0 * best_error

    def best(self) -> tuple[float, float, float | None] | None:
        """The epoch whose network is kept (else the last of the least validation error; 0 is the start), the validation
        and the training error there in percent; None where no validation error is known."""
        if self.start_kept and self.best_error is not None:
            return 0.0, self.best_error, None
        curve = self.curves["validation"]
        if not len(curve):
            return None
        if self.best_epoch is not None:
            place = min(int(np.searchsorted(curve.x, self.best_epoch - 1, side="right")), len(curve) - 1)
        else:
            place = len(curve) - 1 - int(np.argmin(curve.y[::-1]))
        epoch = float(curve.x[place])
        return epoch, float(curve.y[place]), self.curves["train"].at(epoch)


def steps(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A step curve: each value holds until the next."""
    if len(x) < 2:
        return x, y
    return np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]


def extent(runs: Sequence[RunCurves], kinds: Collection[str]) -> tuple[float, float]:
    """Least (above zero) and greatest value of the curves of some kinds."""
    ends = [run.curves[kind].visible(-math.inf, math.inf, 64)[1] for run in runs for kind in kinds
            if len(run.curves[kind])]
    if "validation" in kinds:
        ends += [np.array([at]) for run in runs for at in (run.level, run.best_error) if at is not None]
    values = np.concatenate(ends) if ends else np.zeros(1)
    positive = values[values > 0]
    return float(positive.min()) if len(positive) else 0.0, float(values.max())


def rounded_up(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 4, 5, 6, 8, 10 times a power of ten above a value and a little more."""
    value *= 1.04
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15) if step * power >= value)
