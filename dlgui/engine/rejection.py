"""When a classifier should rather say nothing: `not_sure` where the confidence is low, `unknown` where the image is
unlike anything it was trained on.

Thresholds come from costs by Chow's rule (Chow 1970, "On optimum recognition error and reject tradeoff"), corrected by
what images that were not trained on really cost; the curve of risk against coverage is that of selective classification
(El-Yaniv and Wiener 2010).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dlgui.engine.novelty import Novelty
from dlgui.engine.predictions import Predictions
from dlgui.errors import InvalidValue

ACCEPTED, NOT_SURE, UNKNOWN = range(3)
DECISIONS = ("accepted", "not_sure", "unknown")


@dataclass(frozen=True, eq=False)
class Costs:
    """What an answer costs; a right one costs nothing.

    Attributes:
        wrong: float64 (classes, classes), of answering the row's class where the column's is true; 0 on the diagonal.
        not_sure: of no answer.

    Raises:
        InvalidValue: a cost that is negative or not finite, or another shape.
    """

    wrong: np.ndarray
    not_sure: float = 0.1

    def __post_init__(self) -> None:
        wrong = np.array(self.wrong, np.float64)
        if wrong.ndim != 2 or wrong.shape[0] != wrong.shape[1]:
            raise InvalidValue("cost table", wrong.shape, "a row and a column a class")
        np.fill_diagonal(wrong, 0)
        if not np.isfinite(wrong).all() or (wrong < 0).any() or not 0 <= self.not_sure < np.inf:
            raise InvalidValue("cost", (float(wrong.min(initial=0)), self.not_sure), "numbers from 0")
        object.__setattr__(self, "wrong", wrong)

    @classmethod
    def uniform(cls, classes: int, wrong: float = 1.0, not_sure: float = 0.1) -> Costs:
        """Every mistake costs the same."""
        return cls(np.full((classes, classes), wrong), not_sure)

    def to_dict(self) -> dict[str, Any]:
        """JSON form; a table of equal costs is one number."""
        others = self.wrong[~np.eye(len(self.wrong), dtype=bool)]
        same = len(others) and bool((others == others[0]).all())
        return {"wrong": float(others[0]) if same else self.wrong.tolist(), "not_sure": self.not_sure}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], classes: int) -> Costs:
        """The inverse of `to_dict`. Raises `InvalidValue`."""
        wrong = np.asarray(values["wrong"], np.float64)
        if wrong.shape not in ((), (classes, classes)):
            raise InvalidValue("cost table", wrong.shape, f"{classes} × {classes} numbers")
        return cls(np.broadcast_to(wrong, (classes, classes)), float(values["not_sure"]))


@dataclass(frozen=True, eq=False)
class Rejection:
    """The rule that a model carries.

    Attributes:
        thresholds: a class's answers below its confidence are `not_sure`; 0 accepts every answer.
        novelty: tells images apart that are `unknown`; None accepts every image.
        costs: what the thresholds were proposed for, if they were.
        about: where the rule comes from (`run`, `split`, `num_samples`), for a person.

    Raises:
        InvalidValue: a threshold outside 0…1.
    """

    thresholds: tuple[float, ...]
    novelty: Novelty | None = None
    costs: Costs | None = None
    about: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not all(0 <= t <= 1 for t in self.thresholds):
            raise InvalidValue("threshold", list(self.thresholds), "numbers from 0 to 1")

    def decide(self, confidences: np.ndarray, novelty: np.ndarray | None = None) -> np.ndarray:
        """int8 (n,), places in `DECISIONS`.

        Args:
            confidences: float32 (n, classes).
            novelty: (n,), `Novelty.scores` of the same images; without it nothing is `unknown`.
        """
        predicted = confidences.argmax(1)
        sure = confidences[np.arange(len(confidences)), predicted] >= np.asarray(self.thresholds, np.float32)[predicted]
        decided = np.where(sure, ACCEPTED, NOT_SURE)
        if novelty is not None:
            decided = np.where(novelty > 1, UNKNOWN, decided)
        return decided.astype(np.int8)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, without the arrays of `novelty`."""
        return {"thresholds": list(self.thresholds), "costs": self.costs.to_dict() if self.costs else None,
                "novelty": self.novelty.to_dict() if self.novelty else None, "about": self.about}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray], classes: int,
                  length: int) -> Rejection:
        """The inverse of `to_dict` and `Novelty.arrays`. Raises `InvalidValue`, `KeyError`, `TypeError`."""
        thresholds = tuple(float(t) for t in values["thresholds"])
        if len(thresholds) != classes:
            raise InvalidValue("thresholds", len(thresholds), f"one a class: {classes}")
        novelty = None if values["novelty"] is None else Novelty.from_parts(arrays, values["novelty"], classes, length)
        costs = None if values["costs"] is None else Costs.from_dict(values["costs"], classes)
        return cls(thresholds, novelty, costs, dict(values["about"]))


@dataclass(frozen=True)
class Outcome:
    """What a rule does to a set of images.

    Attributes:
        coverage: share that is answered.
        risk: share of wrong answers among those; 0 where nothing is answered.
        wrong, not_sure, unknown: numbers of images.
        cost: mean cost of an image, None without costs; an unknown image costs what `not_sure` does.
    """

    coverage: float
    risk: float
    wrong: int
    not_sure: int
    unknown: int
    cost: float | None


@dataclass(frozen=True, eq=False)
class Curve:
    """Risk against coverage when the least confident images are left out, one threshold for all classes.

    Attributes:
        coverage, risk: float64 (m,), falling coverage.
        threshold: float32 (m,), the least confidence that is answered.
        area: mean risk over the coverage; smaller is better (AURC, Geifman et al. 2019).
    """

    coverage: np.ndarray
    risk: np.ndarray
    threshold: np.ndarray
    area: float

    def threshold_for(self, risk: float) -> float:
        """The threshold of the greatest coverage whose risk stays within `risk`; 1 where none does."""
        fine = self.risk <= risk
        return float(self.threshold[np.argmax(fine)]) if fine.any() else 1.0


def risk_coverage(found: Predictions) -> Curve:
    """The curve of images with known truth."""
    known = found.known()
    order = np.argsort(-known.confidence, kind="stable")
    confidence, wrong = known.confidence[order], ~known.correct[order]
    count = np.arange(1, len(order) + 1)
    risk = np.cumsum(wrong) / count
    ends = np.flatnonzero(np.append(confidence[1:] < confidence[:-1], True)) if len(order) else count[:0]
    return Curve((count[ends] / max(len(order), 1))[::-1], risk[ends][::-1], confidence[ends][::-1],
                 float(risk.mean()) if len(order) else 0.0)


def outcome(rule: Rejection, found: Predictions, novelty: np.ndarray | None = None,
            costs: Costs | None = None) -> Outcome:
    """What a rule does to images with known truth; `novelty` are their scores."""
    known = found.truth >= 0
    confidences, truth = found.confidences[known], found.truth[known]
    decided = rule.decide(confidences, None if novelty is None else novelty[known])
    predicted, answered = confidences.argmax(1), decided == ACCEPTED
    wrong, total = int((answered & (predicted != truth)).sum()), max(len(truth), 1)
    costs, cost = costs or rule.costs, None
    if costs is not None:
        cost = float((costs.wrong[predicted, truth] * answered).sum() + costs.not_sure * (~answered).sum()) / total
    return Outcome(float(answered.sum()) / total, wrong / max(int(answered.sum()), 1), wrong,
                   int((decided == NOT_SURE).sum()), int((decided == UNKNOWN).sum()), cost)


def propose(found: Predictions, costs: Costs) -> tuple[float, ...]:
    """Thresholds of least cost.

    For each class, of all thresholds with the least cost on the images that were answered with it, the one nearest to
    Chow's, 1 − cost of no answer / mean cost of a mistake: where images are few or none, calibrated confidences decide.

    Args:
        found: images that were not trained on; those of unknown truth are left out.
        costs: for the same classes.
    """
    known = found.known()
    thresholds = []
    for c in range(len(found.classes)):
        own = known.predicted == c
        confidence = np.sort(known.confidence[own]).astype(np.float64)
        order = np.argsort(known.confidence[own], kind="stable")
        paid = costs.wrong[c, known.truth[own]][order]
        thresholds.append(_cheapest(confidence, paid, costs.not_sure, _chow(costs, c)))
    return tuple(thresholds)


def _chow(costs: Costs, c: int) -> float:
    others = np.delete(costs.wrong[c], c)
    mean = float(others.mean()) if len(others) else 0.0
    return float(np.clip(1 - costs.not_sure / mean, 0, 1)) if mean > 0 else 0.0


def _cheapest(confidence: np.ndarray, paid: np.ndarray, not_sure: float, wanted: float) -> float:
    """Of the intervals of thresholds between ascending confidences, the point nearest to `wanted` in a cheapest one."""
    total = not_sure * np.arange(len(confidence) + 1) + np.append(np.cumsum(paid[::-1])[::-1], 0.0)
    low, high = np.append(0.0, np.nextafter(confidence.astype(np.float32), np.float32(2))), np.append(confidence, 1.0)
    total[low > high] = np.inf  # between equal confidences no threshold fits
    best = np.flatnonzero(total <= total.min() + 1e-9)
    points = np.clip(wanted, low[best], high[best])
    return float(points[np.argmin(np.abs(points - wanted))])


def with_thresholds(rule: Rejection | None, thresholds: Sequence[float]) -> Rejection:
    """A rule with other thresholds."""
    made = tuple(float(t) for t in thresholds)
    return Rejection(made) if rule is None else replace(rule, thresholds=made)
