"""Labels that are probably wrong, and what correcting each is expected to bring.

Found by confident learning (Northcutt et al. 2021, library cleanlab) on confidences of classifiers that never saw the
images. The worth of a correction comes from nearest neighbours: the value of one training label for the accuracy of a
k-nearest-neighbour classifier has a closed form (KNN-Shapley, Jia et al. 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NEIGHBOURS = 10
CHECKED = 500
"""Images at most on which the worth of corrections is measured."""

WORTHLESS = 0.001
"""Expected gain below which the rest of a list is not worth a person's time: a tenth of a percentage point."""


@dataclass(frozen=True)
class Doubt:
    """A label that is doubted.

    Attributes:
        index: of the image.
        given, suggested: indices of classes.
        probability: that the suggestion is right rather than the label, 0…1.
    """

    index: int
    given: int
    suggested: int
    probability: float


@dataclass(frozen=True)
class Outlook:
    """Whether it pays to go on through a list of doubts.

    Attributes:
        wrong: how many of the next `looked` labels are expected to be wrong, given what was found so far.
        looked: ten, or as many as are left.
        gain: what correcting the rest is expected to gain, a fraction.
        stop: whether one may stop.
    """

    wrong: float
    looked: int
    gain: float
    stop: bool


def doubts(confidences: np.ndarray, given: np.ndarray) -> list[Doubt]:
    """Doubted labels, the most probable errors first.

    Args:
        confidences: float (n, classes), out of fold.
        given: int (n,), indices of the given labels.
    """
    from cleanlab.filter import find_label_issues

    present = np.unique(given)
    if len(present) < 2:
        return []
    shares = confidences[:, present].astype(np.float64)  # a class that nobody was given cannot be learned about
    shares = (shares + 1e-9) / (shares + 1e-9).sum(1, keepdims=True)
    own = np.searchsorted(present, given)
    found = np.flatnonzero(find_label_issues(own, shares, filter_by="prune_by_noise_rate", n_jobs=1))
    others = shares[found].copy()
    others[np.arange(len(found)), own[found]] = -1
    best = others.argmax(1)
    odds = others[np.arange(len(found)), best], shares[found, own[found]]
    probability = odds[0] / (odds[0] + odds[1])
    order = np.argsort(-probability, kind="stable")
    return [Doubt(int(found[i]), int(given[found[i]]), int(present[best[i]]), float(probability[i])) for i in order]


def worth(vectors: np.ndarray, labels: np.ndarray, index: np.ndarray, suggested: np.ndarray,
          checked: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """What a k-nearest-neighbour classifier's accuracy gains from each correction.

    The Shapley value of the i-th nearest of n training images for one checked image changes with its own label by
    min(k, i) / (k · i), so that a correction is worth the mean over the checked images of that, times +1 where the
    suggestion is the checked image's class, −1 where the given label is.

    Args:
        vectors: float32 (n, d) of length 1 each.
        labels: int (n,).
        index, suggested: int (m,), positions among the n and the corrected label of each.
        checked, truth: float32 (c, d) and int (c,) of images that are not among the n; at most `CHECKED` are used.

    Returns:
        float64 (m,), fractions.
    """
    gains = np.zeros(len(index))
    if not len(index) or not len(checked):
        return gains
    step = max(-(-len(checked) // CHECKED), 1)
    checked, truth = checked[::step], truth[::step]
    for vector, own in zip(checked, truth, strict=True):
        likeness = vectors @ vector
        order = np.sort(-likeness)
        rank = np.searchsorted(order, -likeness[index], side="left") + 1
        effect = (suggested == own).astype(np.float64) - (labels[index] == own)
        gains += effect * np.minimum(NEIGHBOURS, rank) / (NEIGHBOURS * rank)
    return gains / len(checked)


def outlook(probabilities: Sequence[float], gains: Sequence[float], decided: Sequence[tuple[float, bool]]) -> Outlook:
    """Looks ahead in a list that a person works through.

    Args:
        probabilities, gains: of the doubts that are left, in their order.
        decided: (probability, whether the label was wrong) of those done.
    """
    expected = sum(probability for probability, _ in decided)
    trust = min((1 + sum(wrong for _, wrong in decided)) / (1 + expected), 1.0)
    ahead = list(probabilities[:10])
    wrong, gain = trust * sum(ahead), trust * sum(max(g, 0.0) for g in gains)
    return Outlook(wrong, len(ahead), gain, not ahead or wrong < 0.1 * len(ahead) or gain < WORTHLESS)
