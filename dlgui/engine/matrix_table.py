"""A confusion matrix as it is shown: order of the classes, shares, orientation, margins, a sentence for every cell."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dlgui.engine.what_if import Decisions
from dlgui.errors import InvalidValue

MODES = ("absolute", "truth", "prediction")
ORDERS = ("given", "name", "error", "confused")
UNSURE = "not sure"

GRAY = (0x66, 0x66, 0x66)
WRONG = ((0.0, (0x8C, 0x4D, 0x4D)), (0.05, (0xB3, 0x33, 0x33)), (0.1, (0xD9, 0x1A, 0x1A)), (0.2, (0xFF, 0x00, 0x00)))
RIGHT = ((0.6, (0x50, 0x86, 0x50)), (0.8, (0x41, 0x9C, 0x41)), (0.9, (0x2B, 0xBD, 0x2B)), (0.95, (0x15, 0xDE, 0x15)),
         (0.98, (0x00, 0xFF, 0x00)))
"""Colours of gen_confusion_matrix: above each share, which a cell off or on the diagonal has of its truth."""


def step_colours(shares: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    """The legacy procedure's colours: errors in four reds, hits in five greens, what has no share gray.

    Args:
        shares: float (…), 0…1.
        diagonal: bool (…), whether the cell is a hit.

    Returns:
        uint8 (…, 3), RGB.
    """
    found = _stepped(shares, WRONG)
    found[diagonal] = _stepped(shares[diagonal], RIGHT)
    return found


def _stepped(shares: np.ndarray, steps: tuple[tuple[float, tuple[int, int, int]], ...]) -> np.ndarray:
    """uint8 (…, 3): the colour of the last step below each share, gray below the first."""
    table = np.array([GRAY, *(colour for _, colour in steps)], np.uint8)
    return table[sum((np.greater(shares, above).astype(np.uint8) for above, _ in steps), np.zeros((), np.uint8))]


def class_order(matrix: np.ndarray, classes: list[str], order: str = "given") -> np.ndarray:
    """Positions of the classes in the order to show, int64 (k,).

    Args:
        matrix: counts (k, k), rows = predicted.
        classes: k names.
        order: `given`, `name`, `error` (lowest recall first) or `confused` (classes that are confused stand together).

    Raises:
        InvalidValue: another order.
    """
    if order not in ORDERS:
        raise InvalidValue("order", order, ", ".join(ORDERS))
    if order == "given":
        return np.arange(len(classes))
    if order == "name":
        return np.array(sorted(range(len(classes)), key=lambda i: classes[i].casefold()), np.int64)
    if order == "error":
        support = matrix.sum(0)
        recall = np.where(support > 0, np.diagonal(matrix) / np.maximum(support, 1), 2.0)  # classes without image last
        return np.lexsort((-support, recall))
    return _chains(matrix)


def _chains(matrix: np.ndarray) -> np.ndarray:
    """Greedy seriation: the most confused pair becomes neighbours first, then the next that still can."""
    count = len(matrix)
    shares = matrix / np.maximum(matrix.sum(0), 1)
    confused = np.triu(shares + shares.T, 1)
    rows, columns = np.nonzero(confused)
    chains = [[i] for i in range(count)]
    for pair in np.argsort(-confused[rows, columns], kind="stable"):
        a, b = int(rows[pair]), int(columns[pair])
        left, right = chains[a], chains[b]
        if left is right or a not in (left[0], left[-1]) or b not in (right[0], right[-1]):
            continue
        if left[-1] != a:
            left.reverse()
        if right[0] != b:
            right.reverse()
        left.extend(right)
        for member in right:
            chains[member] = left
    seen = {id(chain): chain for chain in chains}  # dictionaries keep the order in which chains begin
    longest_first = sorted(seen.values(), key=lambda chain: -len(chain))
    return np.array([i for chain in longest_first for i in chain], np.int64)


@dataclass(frozen=True, eq=False)
class Margin:
    """Figures along one side: names of the figures, and a text for every line."""

    names: list[str]
    texts: list[list[str]]


@dataclass(frozen=True, eq=False)
class MatrixTable:
    """What a view draws; lines are rows or columns.

    Attributes:
        decisions: the answers.
        mode: one of `MODES`: counts, share of each truth, share of each answer.
        order: positions of the classes, int64 (k,).
        transposed: rows are the truth and columns the answers; else rows = answers, columns = truth.
        ghost: the same before labels were changed, None where none was.
    """

    decisions: Decisions
    mode: str
    order: np.ndarray
    transposed: bool = False
    ghost: Decisions | None = None

    @cached_property
    def answers(self) -> np.ndarray:
        """Answers in the order to show; "not sure" (k) is last and only there where a threshold is set."""
        unsure = [len(self.order)] if self.decisions.threshold > 0 else []
        return np.concatenate([self.order, np.array(unsure, np.int64)])

    @cached_property
    def counts(self) -> np.ndarray:
        """int64 (rows, columns) as shown."""
        shown = self.decisions.matrix[np.ix_(self.answers, self.order)]
        return shown.T if self.transposed else shown

    @cached_property
    def shares(self) -> np.ndarray:
        """float64 (rows, columns), 0…1: of the answer in mode `prediction`, else of the truth."""
        matrix = self.decisions.matrix
        whole = matrix.sum(1, keepdims=True) if self.mode == "prediction" else matrix.sum(0, keepdims=True)
        shown = (matrix / np.maximum(whole, 1))[np.ix_(self.answers, self.order)]
        return shown.T if self.transposed else shown

    @cached_property
    def diagonal(self) -> np.ndarray:
        """bool (rows, columns): right answers."""
        shown = self.answers[:, None] == self.order[None]
        return shown.T if self.transposed else shown

    @property
    def rows(self) -> list[str]:
        """Names of the rows."""
        return self._names(self.order if self.transposed else self.answers)

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return self._names(self.answers if self.transposed else self.order)

    def _names(self, places: np.ndarray) -> list[str]:
        names = [*self.decisions.classes, UNSURE]
        return [names[i] for i in places]

    def text(self, row: int, column: int) -> str:
        """What stands in a cell: the count, or the share with two decimals as the legacy procedure writes it."""
        if self.mode == "absolute":
            return str(int(self.counts[row, column]))
        return f"{self.shares[row, column]:.2f}"

    def sum_text(self, count: int) -> str:
        """A sum as it is written."""
        return str(count)

    def sum_sentence(self, count: int, name: str | None, is_truth: bool) -> str:
        """A sum in words: of a truth, of an answer, or (None) of all."""
        one = count == 1
        number = "1 image" if one else f"{count} images"
        if name is None:
            return number
        verb = ("is" if one else "are") if is_truth else ("was" if one else "were") + " taken for"
        return f"{number} {verb} '{name}'"

    def was(self, row: int, column: int) -> int | None:
        """The count of a cell before labels were changed; None where it is the same, or unknown."""
        if self.ghost is None or self.ghost.classes != self.decisions.classes:
            return None
        answer, truth = self.cell(row, column)
        before = int(self.ghost.matrix[answer, truth])
        return before if before != int(self.decisions.matrix[answer, truth]) else None

    def cell(self, row: int, column: int) -> tuple[int, int]:
        """Answer and truth of a cell, as positions in `decisions.matrix`."""
        if self.transposed:
            row, column = column, row
        return int(self.answers[row]), int(self.order[column])

    def cells(self, rows: slice, columns: slice, table: np.ndarray) -> None:
        """Marks a block of shown cells in `table`, bool (k + 1, k)."""
        if self.transposed:
            rows, columns = columns, rows
        table[np.ix_(self.answers[rows], self.order[columns])] = True

    def sentence(self, row: int, column: int) -> str:
        """A cell in words."""
        answer, truth = self.cell(row, column)
        matrix, name = self.decisions.matrix, self.decisions.classes[truth]
        count, whole = int(matrix[answer, truth]), int(matrix[:, truth].sum())
        start = f"{count} of {whole} '{name}'"
        was = "was" if count == 1 else "were"
        share = f" ({100 * count / whole:.1f} %)" if whole else ""
        before = self.was(row, column)
        share += f"; {before} before labels were changed" if before is not None else ""
        if answer == truth:
            return f"{start} {was} recognized{share}"
        if answer == len(self.decisions.classes):
            return f"{start} {was} left as '{UNSURE}'{share}"
        return f"{start} {was} taken for '{self.decisions.classes[answer]}'{share}"

    @cached_property
    def answer_margin(self) -> Margin:
        """Precision and number of every answer; "not sure" has no precision."""
        measures, number = self.decisions.measures, self.decisions.matrix.sum(1)
        known = len(self.order)
        return Margin(["precision", "n"], [[in_percent(measures.precision[i]) if i < known and number[i] else "–",
                                            str(int(number[i]))] for i in self.answers])

    @cached_property
    def truth_margin(self) -> Margin:
        """Recall, F-score and number of every true class."""
        measures, number = self.decisions.measures, self.decisions.matrix.sum(0)
        return Margin(["recall", "F-score", "n"], [[in_percent(measures.recall[i]) if number[i] else "–",
                                                    in_percent(measures.f_score[i]) if number[i] else "–",
                                                    str(int(number[i]))] for i in self.order])

    @property
    def row_margin(self) -> Margin:
        """Figures of the rows."""
        return self.truth_margin if self.transposed else self.answer_margin

    @property
    def column_margin(self) -> Margin:
        """Figures of the columns."""
        return self.answer_margin if self.transposed else self.truth_margin

    def lines(self) -> list[list[str]]:
        """The whole table with its margins as texts, for copying and CSV."""
        corner = "truth \\ predicted" if self.transposed else "predicted \\ truth"
        right, below = self.row_margin, self.column_margin
        rows = [[corner, *self.columns, *right.names]]
        for i, name in enumerate(self.rows):
            rows.append([name, *(self.text(i, j) for j in range(len(self.columns))), *right.texts[i]])
        for k, name in enumerate(below.names):
            rows.append([name, *(texts[k] for texts in below.texts)])
        return rows

    def to_text(self, delimiter: str = "\t") -> str:
        """The whole table with its margins: tab separated, or CSV with `,`."""
        file = io.StringIO()
        csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(self.lines())
        return file.getvalue()


def in_percent(share: float) -> str:
    """A share with one decimal."""
    return f"{100 * float(share):.1f} %"
