"""Two confusion matrices of the same images as one: what the second classifier does more and less often."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dlgui.engine.compare_runs import Comparison
from dlgui.engine.matrix_table import MODES, Margin, MatrixTable, in_percent
from dlgui.engine.predictions import Predictions
from dlgui.engine.what_if import Decisions, decide


@dataclass(frozen=True, eq=False)
class DifferenceTable(MatrixTable):
    """B minus A; `decisions` are those of B.

    Attributes:
        before: the answers of A about the same images, in the same order and over the same classes.
        names: what A and B are called.
    """

    before: Decisions | None = None
    names: tuple[str, str] = ("A", "B")

    @cached_property
    def a(self) -> Decisions:
        """The answers of A."""
        assert self.before is not None
        return self.before

    @cached_property
    def moved(self) -> tuple[np.ndarray, np.ndarray]:
        """Images that came into each cell with B, and that left it: int64 (k + 1, k) each, as `Decisions.matrix`."""
        differ, k = self.a.answer != self.decisions.answer, len(self.decisions.classes)
        truth = self.decisions.predictions.truth[differ]
        came, went = (np.zeros((k + 1, k), np.int64) for _ in range(2))
        for found, answer in ((came, self.decisions.answer), (went, self.a.answer)):
            np.add.at(found, (answer[differ], truth), 1)
        return came, went

    def moves(self, cells: np.ndarray) -> np.ndarray:
        """Images that came into or left one of the cells, bool (n,); `cells` is bool (k + 1, k)."""
        truth = self.decisions.predictions.truth
        return (self.a.answer != self.decisions.answer) & (cells[self.a.answer, truth]
                                                           | cells[self.decisions.answer, truth])

    @cached_property
    def counts(self) -> np.ndarray:
        """int64 (rows, columns) as shown: images more (or, negative, fewer) in a cell with B."""
        shown = (self.decisions.matrix - self.a.matrix)[np.ix_(self.answers, self.order)]
        return shown.T if self.transposed else shown

    @cached_property
    def shares(self) -> np.ndarray:
        """float64 (rows, columns), −1…1: the counts as shares of each truth."""
        whole = np.maximum(self.decisions.matrix.sum(0), 1)[self.order]
        return self.counts / (whole[:, None] if self.transposed else whole)

    def text(self, row: int, column: int) -> str:
        """More or fewer images; ± where as many came as left, nothing where none moved."""
        place, count = self.cell(row, column), int(self.counts[row, column])
        if count:
            return self.sum_text(count)
        came = int(self.moved[0][place])
        return f"±{came}" if came else ""

    def sum_text(self, count: int) -> str:
        """A sum with its sign; nothing where it is 0."""
        return f"{count:+d}".replace("-", "−") if count else ""

    def sentence(self, row: int, column: int) -> str:
        """A cell in words."""
        place = answer, truth = self.cell(row, column)
        a, b = int(self.a.matrix[place]), int(self.decisions.matrix[place])
        verb = "recognized" if answer == truth else f"taken for '{[*self.decisions.classes, 'not sure'][answer]}'"
        return (f"'{self.decisions.classes[truth]}' {verb}: {a} by {self.names[0]}, {b} by {self.names[1]} "
                f"({int(self.moved[0][place])} came, {int(self.moved[1][place])} left)")

    def sum_sentence(self, count: int, name: str | None, is_truth: bool) -> str:
        """A sum in words."""
        if name is None or is_truth:
            return "Both were asked about the same images"
        more = "as often as" if not count else f"{abs(count)} times {'more' if count > 0 else 'less'} often than"
        return f"{self.names[1]} says '{name}' {more} {self.names[0]}"

    @cached_property
    def answer_margin(self) -> Margin:
        """Precision of either."""
        one, two = self.a, self.decisions
        said = [d.matrix.sum(1) for d in (one, two)]
        known = len(self.order)
        return Margin([f"prec. {x}" for x in "AB"], [
            [in_percent(d.measures.precision[i]) if i < known and n[i] else "–"
             for d, n in zip((one, two), said, strict=True)] for i in self.answers])

    @cached_property
    def truth_margin(self) -> Margin:
        """Recall of either."""
        number = self.decisions.matrix.sum(0)
        return Margin([f"recall {x}" for x in "AB"], [
            [in_percent(d.measures.recall[i]) if number[i] else "–" for d in (self.a, self.decisions)]
            for i in self.order])


def difference_table(found: Comparison, names: tuple[str, str]) -> DifferenceTable:
    """The table of a comparison; classes that only one of them knows stand behind those of A."""
    classes = [*found.a.classes, *(name for name in found.b.classes if name not in found.a.classes)]
    a, b = (decide(_over(p, classes)) for p in (found.a, found.b))
    return DifferenceTable(b, MODES[0], np.arange(len(classes)), before=a, names=names)


def _over(predictions: Predictions, classes: list[str]) -> Predictions:
    """The same over more classes, of which it never speaks."""
    if predictions.classes == classes:
        return predictions
    place = np.array([classes.index(name) for name in predictions.classes], np.int64)
    confidences = np.zeros((len(predictions), len(classes)), np.float32)
    confidences[:, place] = predictions.confidences
    return Predictions(classes, confidences, place[predictions.truth], predictions.paths)
