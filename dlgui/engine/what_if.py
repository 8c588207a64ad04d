"""What would be if: classes merged, unsure answers refused, errors weighed by their cost; all without retraining."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from dlgui.engine.evaluation import Measures, confusion_matrix, measures_of_counts
from dlgui.engine.predictions import Predictions
from dlgui.errors import DlguiError, InvalidValue

JOINT = " + "
"""Between the names of merged classes."""


def merge(predictions: Predictions, groups: Sequence[Sequence[str]]) -> Predictions:
    """The same images with some classes counted as one: their confidences add up.

    Args:
        predictions: of the network as it is.
        groups: names of classes that become one each; a name that is no class is passed over.

    Returns:
        as many samples in the same order; a merged class stands where its first member stood.
    """
    home = np.arange(len(predictions.classes))
    for group in groups:
        members = sorted(predictions.classes.index(name) for name in group if name in predictions.classes)
        for member in members[1:]:
            home[home == member] = members[0]
    kept, place = np.unique(home, return_inverse=True)
    if len(kept) == len(home):
        return predictions
    names = [JOINT.join(n for n, p in zip(predictions.classes, place, strict=True) if p == i) for i in range(len(kept))]
    confidences = np.zeros((len(predictions), len(kept)), np.float32)
    for old, new in enumerate(place):
        confidences[:, new] += predictions.confidences[:, old]
    return Predictions(names, confidences, np.append(place, -1)[predictions.truth], predictions.paths)


@dataclass(frozen=True, eq=False)
class Decisions:
    """Answers of which the least confident are refused.

    Attributes:
        predictions: n samples over k classes, all with known truth.
        threshold: answers less confident than this count as "not sure"; 0 refuses none.
        answer: int64 (n,), predicted class, or k for "not sure".
        matrix: int64 (k + 1, k); rows = answers with "not sure" last, columns = truth.
    """

    predictions: Predictions
    threshold: float
    answer: np.ndarray = field(repr=False)
    matrix: np.ndarray = field(repr=False)

    @property
    def classes(self) -> list[str]:
        """Names, in the order of the matrix."""
        return self.predictions.classes

    @property
    def unsure(self) -> int:
        """How many answers are refused."""
        return int(self.matrix[-1].sum())

    @property
    def coverage(self) -> float:
        """Share of the samples that are answered, 0…1."""
        return 1 - self.unsure / max(len(self.predictions), 1)

    @cached_property
    def wrong(self) -> int:
        """Wrong answers; refused ones are not wrong."""
        return int(self.matrix[:-1].sum() - np.trace(self.matrix[:-1]))

    @property
    def error(self) -> float:
        """Share of wrong ones among the answers that are given, 0…1."""
        return self.wrong / max(len(self.predictions) - self.unsure, 1)

    @cached_property
    def measures(self) -> Measures:
        """Precision over the answers that are given, recall over all samples of a class."""
        given = self.matrix[:-1]
        return measures_of_counts(np.diagonal(given), given.sum(1), self.matrix.sum(0))

    def cost(self, costs: np.ndarray) -> float:
        """Mean cost a sample by a table like `matrix`."""
        return float((self.matrix * costs).sum() / max(len(self.predictions), 1))


def decide(predictions: Predictions, threshold: float = 0.0) -> Decisions:
    """Refuses answers below a threshold.

    Args:
        predictions: samples with unknown truth are left out.
        threshold: 0…1.

    Raises:
        InvalidValue: the threshold is outside 0…1.
    """
    if not 0 <= threshold <= 1:
        raise InvalidValue("threshold", threshold, "a number from 0 to 1")
    known, count = predictions.known(), len(predictions.classes)
    refused = known.confidence.astype(np.float64) < threshold
    answer = np.where(refused, count, known.predicted)
    square = confusion_matrix(known.truth, answer, count + 1)
    return Decisions(known, threshold, answer, square[:, :count])


def standard_costs(count: int, error: float = 1.0, unsure: float = 0.2) -> np.ndarray:
    """Every error costs the same, "not sure" less, a right answer nothing: float64 (count + 1, count)."""
    costs = np.full((count + 1, count), float(error))
    costs[np.arange(count), np.arange(count)] = 0.0
    costs[count] = unsure
    return costs


@dataclass(frozen=True, eq=False)
class Proposal:
    """The threshold of the least cost.

    Attributes:
        threshold: 0…1; 0 where refusing does not pay.
        cost, cost_without: mean cost a sample with it and without any.
        coverage: share of the samples that are answered with it.
        thresholds, costs, coverages: float64 (m,), all that were compared, thresholds rising.
    """

    threshold: float
    cost: float
    cost_without: float
    coverage: float
    thresholds: np.ndarray
    costs: np.ndarray
    coverages: np.ndarray


def best_threshold(predictions: Predictions, costs: np.ndarray) -> Proposal:
    """The threshold with the least mean cost; of equals the lowest, which refuses fewest.

    Args:
        predictions: samples that were not trained on; those with unknown truth are left out.
        costs: float (k + 1, k), cost of each answer to each truth, "not sure" last.

    Raises:
        InvalidValue: the table does not fit, or a cost is negative or not finite.
        DlguiError: no sample has a known truth.
    """
    known, count = predictions.known(), len(predictions.classes)
    costs = np.asarray(costs, np.float64)
    if costs.shape != (count + 1, count) or not np.isfinite(costs).all() or costs.min() < 0:
        raise InvalidValue("costs", f"an array {costs.shape}", f"({count + 1}, {count}) costs from 0 upwards")
    if not len(known):
        raise DlguiError("threshold", "none of the images has a known class", "label images of the validation split")
    order = np.argsort(known.confidence, kind="stable")
    rising = known.confidence[order].astype(np.float64)
    answered = costs[known.predicted, known.truth][order]
    refused = costs[count, known.truth][order]
    total = np.concatenate(([0.0], np.cumsum(refused))) + np.append(np.cumsum(answered[::-1])[::-1], 0.0)
    cuts = np.flatnonzero(np.append(np.diff(rising) > 0, False)) + 1  # how many are refused: none, or all up to a step
    cuts = np.concatenate(([0], cuts))
    thresholds = np.where(cuts > 0, (rising[np.maximum(cuts, 1) - 1] + rising[cuts]) / 2, 0.0)
    means, coverages = total[cuts] / len(known), 1 - cuts / len(known)
    best = int(np.argmin(np.round(means, 12)))
    return Proposal(float(thresholds[best]), float(means[best]), float(means[0]), float(coverages[best]), thresholds,
                    means, coverages)
