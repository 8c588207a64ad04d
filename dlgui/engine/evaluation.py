"""Confidences to figures: the confusion matrix and the measures read off it.

Everywhere rows are the predicted and columns the true class. Definitions follow HALCON's evaluation of classifiers;
where a class is never predicted its precision is 0, where it never occurs its recall is 0, so that no figure is NaN.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dlgui.engine.calibration import CALIBRATION_BINS, Reliability, reliability_of
from dlgui.engine.predictions import Predictions
from dlgui.errors import DlguiError, InvalidValue

__all__ = ["Evaluation", "Measures", "Predictions", "class_index", "confusion_matrix", "evaluate", "measures_of",
           "most_confused", "relative", "reliability", "topk_error"]


def class_index(classes: Sequence[str], wanted: str | int, name: str = "class") -> int:
    """Position of a class given by name or index.

    Raises:
        InvalidValue: no such class.
    """
    if isinstance(wanted, str):
        if wanted in classes:
            return list(classes).index(wanted)
    elif 0 <= int(wanted) < len(classes):
        return int(wanted)
    raise InvalidValue(name, wanted, f"a name or an index of the {len(classes)} classes")


def confusion_matrix(truth: Sequence[int] | np.ndarray, predicted: Sequence[int] | np.ndarray, k: int) -> np.ndarray:
    """Counts every pair of predicted and true class.

    Args:
        truth: class indices (n,); samples with −1 are left out.
        predicted: class indices (n,) in 0…k−1.
        k: number of classes.

    Returns:
        int64 (k, k); rows = predicted, columns = truth.

    Raises:
        InvalidValue: lengths differ, or an index is outside the classes.
    """
    true, guessed = np.asarray(truth, np.int64).ravel(), np.asarray(predicted, np.int64).ravel()
    if len(true) != len(guessed):
        raise InvalidValue("predicted", f"{len(guessed)} values", f"as many values as true classes ({len(true)})")
    known = true >= 0
    true, guessed = true[known], guessed[known]
    for name, indices in (("truth", true), ("predicted", guessed)):
        if len(indices) and (indices.max() >= k or indices.min() < 0):
            raise InvalidValue(name, int(indices[(indices >= k) | (indices < 0)][0]), f"indices from 0 to {k - 1}")
    return np.bincount(guessed * k + true, minlength=k * k).reshape(k, k).astype(np.int64, copy=False)


def relative(matrix: np.ndarray) -> np.ndarray:
    """The share of every truth: each column divided by its sum (columns that are empty stay 0). float64 (k, k)."""
    matrix = np.asarray(matrix, np.float64)
    return _ratio(matrix, np.broadcast_to(matrix.sum(0), matrix.shape))


def most_confused(matrix: np.ndarray, limit: int | None = None) -> list[tuple[int, int, int]]:
    """The filled cells off the diagonal as (predicted, truth, count), most frequent first."""
    matrix = np.asarray(matrix)
    rows, columns = np.nonzero(matrix * ~np.eye(len(matrix), dtype=bool))
    order = np.argsort(-matrix[rows, columns], kind="stable")[:limit]
    return [(int(rows[i]), int(columns[i]), int(matrix[rows[i], columns[i]])) for i in order]


def topk_error(predictions: Predictions, k: int, of_class: str | int | None = None) -> float:
    """Share of the samples whose true class is not among the `k` most confident ones.

    Args:
        predictions: samples without known truth are left out.
        k: 1 or more; with as many as there are classes the error is 0.
        of_class: only the samples that truly are of this class (name or index); all by default.

    Returns:
        0…1; 0 where no sample is considered.

    Raises:
        InvalidValue: `k` is not positive, or the class is unknown.
    """
    if k < 1:
        raise InvalidValue("k", k, "a whole number from 1")
    considered = predictions.truth >= 0
    if of_class is not None:
        considered = predictions.truth == class_index(predictions.classes, of_class, "of_class")
    number = np.count_nonzero(considered)
    return float(np.count_nonzero(predictions.rank[considered] >= k) / number) if number else 0.0


@dataclass(frozen=True, eq=False)
class Measures:
    """What a confusion matrix alone tells.

    Attributes:
        precision, recall, f_score: float64 (k,), 0 where undefined.
        top1_error: share of wrong samples.
        mean_precision, mean_recall, mean_f_score: unweighted means over all classes of the network.
        global_f_score: harmonic mean of `mean_precision` and `mean_recall` (the legacy operator's 'global' f_score).
    """

    precision: np.ndarray
    recall: np.ndarray
    f_score: np.ndarray
    top1_error: float
    mean_precision: float
    mean_recall: float
    mean_f_score: float
    global_f_score: float


def measures_of(matrix: np.ndarray) -> Measures:
    """Precision, recall and F-score of a confusion matrix (k, k), rows = predicted."""
    hits = np.diagonal(matrix)
    return measures_of_counts(hits, matrix.sum(1), matrix.sum(0))


def measures_of_counts(hits: np.ndarray, predicted: np.ndarray, true: np.ndarray) -> Measures:
    """As `measures_of`, from the diagonal, the row sums and the column sums (k,) of the confusion matrix."""
    precision, recall = _ratio(hits, predicted), _ratio(hits, true)
    f_score = _ratio(2 * precision * recall, precision + recall)
    number = true.sum()
    mean_precision, mean_recall, mean_f_score = (float(x.mean()) if len(x) else 0.0
                                                 for x in (precision, recall, f_score))
    total = mean_precision + mean_recall
    return Measures(precision=precision, recall=recall, f_score=f_score,
                    top1_error=float((number - hits.sum()) / number) if number else 0.0,
                    mean_precision=mean_precision, mean_recall=mean_recall, mean_f_score=mean_f_score,
                    global_f_score=2 * mean_precision * mean_recall / total if total else 0.0)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole != 0)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Figures of a set of predictions whose truth is known.

    Attributes:
        classes: names, in the order of every array.
        num_samples: samples with known truth; the others are left out of everything.
        top1_error, top2_error: 0…1; `top2_error` is 0 with fewer than two classes.
        precision, recall, f_score: float64 (k,).
        mean_precision, mean_recall, mean_f_score: unweighted means over all k classes.
        global_f_score: harmonic mean of `mean_precision` and `mean_recall`.
        expected_calibration_error: over 15 bins of equal width (Guo et al. 2017).
        confusion_matrix: int64 (k, k); rows = predicted, columns = truth.
        predictions: what was evaluated (with known truth only).
    """

    classes: list[str]
    num_samples: int
    top1_error: float
    top2_error: float
    precision: np.ndarray
    recall: np.ndarray
    f_score: np.ndarray
    mean_precision: float
    mean_recall: float
    global_f_score: float
    mean_f_score: float
    expected_calibration_error: float
    confusion_matrix: np.ndarray
    predictions: Predictions = field(repr=False)

    @property
    def support(self) -> np.ndarray:
        """Samples of every true class, int64 (k,)."""
        return self.confusion_matrix.sum(0)

    @property
    def absent(self) -> list[str]:
        """Classes without a sample; their recall and F-score are 0 by definition, not by the classifier's fault."""
        return [name for name, count in zip(self.classes, self.support, strict=True) if not count]

    @property
    def num_wrong(self) -> int:
        """Samples that were taken for another class."""
        return int(self.confusion_matrix.sum() - np.trace(self.confusion_matrix))

    def to_json(self, samples: bool = False) -> dict[str, Any]:
        """The figures as plain values under the keys that `dlgui evaluate --json` prints.

        Args:
            samples: adds the list `samples` with every sample's path, truth, prediction and confidences.
        """
        by_class = {name: _by_class(self.classes, getattr(self, name)) for name in ("precision", "recall", "f_score")}
        document: dict[str, Any] = {
            "num_samples": self.num_samples, "classes": list(self.classes),
            "top1_error": self.top1_error, "top2_error": self.top2_error, **by_class,
            "mean_precision": self.mean_precision, "mean_recall": self.mean_recall,
            "global_f_score": self.global_f_score, "mean_f_score": self.mean_f_score,
            "expected_calibration_error": self.expected_calibration_error,
            "confusion_matrix": self.confusion_matrix.tolist(),
        }
        if samples:
            document["samples"] = list(self.predictions.to_json())
        return document


def evaluate(predictions: Predictions) -> Evaluation:
    """Figures of the samples whose truth is known.

    Raises:
        DlguiError: there is no such sample: an error of 0 % over nothing would mislead.
    """
    known = predictions.known()
    if not len(known):
        raise DlguiError("evaluation", "none of the images has a known class", "label them or choose another split")
    matrix = confusion_matrix(known.truth, known.predicted, len(known.classes))
    measures = measures_of(matrix)
    return Evaluation(
        classes=list(known.classes), num_samples=len(known), top1_error=measures.top1_error,
        top2_error=topk_error(known, 2), precision=measures.precision, recall=measures.recall,
        f_score=measures.f_score, mean_precision=measures.mean_precision, mean_recall=measures.mean_recall,
        global_f_score=measures.global_f_score, mean_f_score=measures.mean_f_score,
        expected_calibration_error=reliability(known).expected_calibration_error, confusion_matrix=matrix,
        predictions=known)


def reliability(predictions: Predictions, bins: int = CALIBRATION_BINS) -> Reliability:
    """How often the classifier is right at each confidence (samples with unknown truth are left out)."""
    known = predictions.known()
    return reliability_of(known.confidence, known.predicted == known.truth, bins)


def _by_class(classes: Iterable[str], values: np.ndarray) -> Mapping[str, float]:
    return {name: float(value) for name, value in zip(classes, values, strict=True)}
