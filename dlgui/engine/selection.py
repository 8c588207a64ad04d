"""Which images to look at: a predicate over predictions, and an order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from dlgui.engine.evaluation import class_index
from dlgui.engine.predictions import Predictions
from dlgui.errors import InvalidValue

OUTCOMES = ("all", "wrong", "correct")
ORDERS = ("confidence", "loss", "file_name")
Classes = str | int | Iterable[str | int] | None


@dataclass(frozen=True)
class Criteria:
    """Conditions that an image must meet, all of them; the defaults let every image through.

    Attributes:
        outcome: `all`, `wrong` or `correct`; images with unknown truth are neither wrong nor correct.
        truth, predicted: class or classes (names or indices), None for any. A false positive of a class is
            `Criteria("wrong", predicted=…)`, a false negative `Criteria("wrong", truth=…)`, a cell of the confusion
            matrix has one of each.
        minimum_confidence, maximum_confidence: range of the predicted class's confidence, both ends included.
        topk_miss: K; the true class is not among the K most confident ones.
        text: part of the path, upper and lower case alike.
        cells: bool (k, k) or (k + 1, k), which cells of the confusion matrix (rows = answers, "not sure" last) count;
            None for all. So any union of cells, rows and columns can be asked for.
        only: int positions of samples, such as a slice; None for all.

    Raises:
        InvalidValue: a value outside what is allowed.
    """

    outcome: str = "all"
    truth: Classes = None
    predicted: Classes = None
    minimum_confidence: float = 0.0
    maximum_confidence: float = 1.0
    topk_miss: int | None = None
    text: str = ""
    cells: np.ndarray | None = field(default=None, compare=False)
    only: np.ndarray | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise InvalidValue("outcome", self.outcome, ", ".join(OUTCOMES))
        if not 0 <= self.minimum_confidence <= self.maximum_confidence <= 1:
            raise InvalidValue("confidence range", (self.minimum_confidence, self.maximum_confidence),
                               "two numbers from 0 to 1, the smaller one first")
        if self.topk_miss is not None and self.topk_miss < 1:
            raise InvalidValue("topk_miss", self.topk_miss, "a whole number from 1")
        for name in ("truth", "predicted"):  # an iterator would be used up by the first look
            value = getattr(self, name)
            if value is not None and not isinstance(value, str | int | np.integer):
                object.__setattr__(self, name, tuple(value))

    def mask(self, predictions: Predictions, answer: np.ndarray | None = None) -> np.ndarray:
        """Which samples meet the conditions.

        Args:
            predictions: n samples.
            answer: int64 (n,), what counts as the prediction where it is not the most confident class: k is "not sure",
                which is neither right nor wrong.

        Returns:
            bool (n,).

        Raises:
            InvalidValue: an unknown class, or cells of another number of classes.
        """
        predicted = predictions.predicted if answer is None else answer
        low, high = np.float32(self.minimum_confidence), np.float32(self.maximum_confidence)
        rounding = np.float32(1e-6)  # a softmax may sum to a little more than 1
        mask = (predictions.confidence >= low - rounding) & (predictions.confidence <= high + rounding)
        if self.outcome != "all":
            given = (predictions.truth >= 0) & (predicted < len(predictions.classes))
            mask &= given & ((predicted == predictions.truth) == (self.outcome == "correct"))
        for name, wanted, actual in (("truth", self.truth, predictions.truth),
                                     ("predicted", self.predicted, predicted)):
            if wanted is not None:
                chosen = (wanted,) if isinstance(wanted, str | int | np.integer) else wanted
                indices = [class_index(predictions.classes, one, name) for one in chosen]
                mask &= np.isin(actual, indices)
        if self.topk_miss is not None:
            mask &= (predictions.truth >= 0) & (predictions.rank >= self.topk_miss)
        if self.cells is not None:
            mask &= self._in_cells(self.cells, predictions, predicted)
        if self.only is not None:
            among = np.zeros(len(predictions), bool)
            among[self.only] = True
            mask &= among
        if self.text:
            wanted_text, places = self.text.casefold(), np.flatnonzero(mask)
            mask[places] = [wanted_text in predictions.paths[i].casefold() for i in places]
        return mask

    @staticmethod
    def _in_cells(cells: np.ndarray, predictions: Predictions, predicted: np.ndarray) -> np.ndarray:
        count = len(predictions.classes)
        if cells.shape not in ((count, count), (count + 1, count)):
            raise InvalidValue("cells", f"a table {cells.shape}", f"one of {count} classes")
        table = np.zeros((count + 1, count + 1), bool)  # the last column: unknown truth, in no cell
        table[:len(cells), :count] = cells
        return table[predicted, predictions.truth]


def select(predictions: Predictions, criteria: Criteria | None = None, sort: str | None = None,
           descending: bool | None = None, answer: np.ndarray | None = None) -> np.ndarray:
    """Positions of the samples that meet the criteria.

    Args:
        predictions: the samples.
        criteria: None for all.
        sort: `confidence` (most confident first), `loss` (greatest first; unknown truth always last) or `file_name`
            (ascending); None keeps the order of `predictions`.
        descending: overrides the direction of `sort`.
        answer: see `Criteria.mask`.

    Returns:
        int64 (m,).

    Raises:
        InvalidValue: unknown order or class.
    """
    chosen = np.flatnonzero((criteria or Criteria()).mask(predictions, answer))
    if sort is None:
        return chosen
    if sort not in ORDERS:
        raise InvalidValue("sort", sort, ", ".join(ORDERS))
    if sort == "file_name":
        names = [predictions.paths[i] for i in chosen]
        order = sorted(range(len(names)), key=names.__getitem__, reverse=bool(descending))
        return chosen[np.asarray(order, np.int64)]
    values = (predictions.confidence if sort == "confidence" else predictions.loss)[chosen]
    falling = descending is None or descending
    return chosen[np.argsort(-values if falling else values, kind="stable")]  # NaN (unknown truth) sorts last
