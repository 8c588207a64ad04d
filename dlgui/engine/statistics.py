"""How sure the figures are: intervals, the comparison of two classifiers, and curves over the threshold."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from dlgui.engine.calibration import CALIBRATION_BINS
from dlgui.engine.evaluation import Measures, class_index, measures_of_counts
from dlgui.engine.predictions import Predictions
from dlgui.errors import DlguiError, InvalidValue

Interval = tuple[float, float]
_BLOCK_CELLS = 1 << 21
_OF_MATRIX: dict[str, Callable[[Measures], float]] = {
    "mean_precision": lambda m: m.mean_precision, "mean_recall": lambda m: m.mean_recall,
    "mean_f_score": lambda m: m.mean_f_score, "global_f_score": lambda m: m.global_f_score,
}


def wilson_interval(successes: int, number: int, level: float = 0.95) -> Interval:
    """Interval of a share (Wilson, 1927); sensible for few samples and for shares near 0 and 1.

    Args:
        successes: 0…number.
        number: samples; with none the interval is (0, 1).
        level: confidence level, between 0 and 1.

    Raises:
        InvalidValue: counts or level out of range.
    """
    if not 0 <= successes <= number:
        raise InvalidValue("successes", successes, f"a count from 0 to {number}")
    if not number:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + _checked(level)) / 2)
    share, square = successes / number, z * z / number
    middle = (share + square / 2) / (1 + square)
    half = z / (1 + square) * math.sqrt(share * (1 - share) / number + square / (4 * number))
    return (0.0 if not successes else max(0.0, middle - half),
            1.0 if successes == number else min(1.0, middle + half))


def interval(predictions: Predictions, measure: str = "top1_error", *, level: float = 0.95, resamples: int = 1000,
             seed: int = 42) -> Interval:
    """Percentile bootstrap interval of a measure (Efron, 1979).

    Images are drawn again with replacement; for means over classes from each class as many as it has. As measures
    depend on counts alone, counts are drawn instead of images (the same distribution), which makes it a matter of
    milliseconds.

    Args:
        predictions: samples with unknown truth are left out.
        measure: `topK_error` for any K, `mean_precision`, `mean_recall`, `mean_f_score` or `global_f_score`.
        level: confidence level, between 0 and 1.
        resamples: number of draws.
        seed: the same seed gives the same interval.

    Raises:
        InvalidValue: unknown measure, or a number out of range.
        DlguiError: no sample has a known truth.
    """
    known, tails = _drawable(predictions, level, resamples)
    generator = np.random.default_rng(seed)
    top = re.fullmatch(r"top([1-9][0-9]*)_error", measure)
    if top:
        misses = np.count_nonzero(known.rank >= int(top[1]))
        values = generator.binomial(len(known), misses / len(known), resamples) / len(known)
    elif measure in _OF_MATRIX:
        values = _resampled(known, _OF_MATRIX[measure], resamples, generator)
    else:
        raise InvalidValue("measure", measure, f"topK_error, {', '.join(_OF_MATRIX)}")
    low, high = np.quantile(values, tails)
    return float(low), float(high)


def _drawable(predictions: Predictions, level: float, resamples: int) -> tuple[Predictions, tuple[float, float]]:
    """The samples with a known truth, and the quantiles at the ends of an interval."""
    if resamples < 1:
        raise InvalidValue("resamples", resamples, "a whole number from 1")
    tails = ((1 - _checked(level)) / 2, (1 + level) / 2)
    known = predictions.known()
    if not len(known):
        raise DlguiError("interval", "none of the images has a known class", "label them or choose another split")
    return known, tails


def calibration_interval(predictions: Predictions, *, level: float = 0.95, resamples: int = 1000, seed: int = 42,
                         ) -> Interval:
    """Percentile bootstrap interval of the expected calibration error; images are drawn with replacement.

    With few images the error of a resample is larger than that of all, as chance adds to the gaps of the bins; so the
    basic bootstrap (twice the figure minus the quantiles, Davison & Hinkley, 1997) is used, cut at 0.

    Raises:
        InvalidValue, DlguiError: as `interval`.
    """
    known, tails = _drawable(predictions, level, resamples)
    generator, place = np.random.default_rng(seed), np.clip(
        np.ceil(known.confidence.astype(np.float64) * CALIBRATION_BINS).astype(np.int64) - 1, 0, CALIBRATION_BINS - 1)
    gaps, number = known.correct - known.confidence.astype(np.float64), len(known)
    values = np.empty(resamples)
    for i in range(resamples):
        drawn = generator.integers(0, number, number)
        values[i] = np.abs(np.bincount(place[drawn], weights=gaps[drawn], minlength=CALIBRATION_BINS)).sum() / number
    figure = float(np.abs(np.bincount(place, weights=gaps, minlength=CALIBRATION_BINS)).sum() / number)
    low, high = 2 * figure - np.quantile(values, tails[::-1])
    return max(0.0, float(low)), max(figure, float(high))


def _resampled(known: Predictions, figure: Callable[[Measures], float], resamples: int,
               generator: np.random.Generator) -> np.ndarray:
    """A figure of every draw. Each class is drawn from by itself, as often as it has images: in draws from all, a class
    of few images would often be missing, and would count as never recognised."""
    count = len(known.classes)
    cells, counts = np.unique(known.truth * count + known.predicted, return_counts=True)
    columns, rows = np.divmod(cells, count)
    support, diagonal = np.bincount(columns, counts, count), rows == columns
    values, block = np.empty(resamples), max(1, _BLOCK_CELLS // len(cells))
    for start in range(0, resamples, block):
        drawn = _drawn(columns, counts, min(block, resamples - start), generator)
        for i, draw in enumerate(drawn, start):
            hits, predicted = np.bincount(rows, draw * diagonal, count), np.bincount(rows, draw, count)
            values[i] = figure(measures_of_counts(hits, predicted, support))
    return values


def _drawn(columns: np.ndarray, counts: np.ndarray, resamples: int, generator: np.random.Generator) -> np.ndarray:
    """Draws the counts of cells anew, int64 (resamples, cells); the cells of a column lie together and keep its sum."""
    drawn = np.empty((resamples, len(counts)), np.int64)
    first = np.flatnonzero(np.diff(columns, prepend=-1))
    ends, sums = np.append(first[1:], len(counts)), np.add.reduceat(counts, first)
    left, open_cells = np.tile(sums, (resamples, 1)), sums.copy()  # images to be drawn, and whence
    for rank in range(int((ends - first).max())):
        place = np.flatnonzero(first + rank < ends)
        cell = first[place] + rank
        drawn[:, cell] = generator.binomial(left[:, place], counts[cell] / open_cells[place])
        left[:, place] -= drawn[:, cell]
        open_cells[place] -= counts[cell]
    return drawn


def mcnemar(correct_a: np.ndarray, correct_b: np.ndarray) -> float:
    """p-value that two classifiers err equally often on the same images (McNemar, 1947; exact, two-sided).

    Args:
        correct_a, correct_b: bool (n,), whether each classifier was right about each image.

    Returns:
        0…1; 1 where they are right and wrong about the same images.

    Raises:
        InvalidValue: the lengths differ.
    """
    a, b = np.asarray(correct_a, bool), np.asarray(correct_b, bool)
    if a.shape != b.shape or a.ndim != 1:
        raise InvalidValue("correct_b", f"an array {b.shape}", f"an array {a.shape}, about the same images")
    only_a, only_b = int(np.count_nonzero(a & ~b)), int(np.count_nonzero(~a & b))
    number, fewer = only_a + only_b, min(only_a, only_b)
    i = np.arange(1, fewer + 1)
    logarithms = np.concatenate(([0.0], np.cumsum(np.log((number - i + 1) / i)))) - number * math.log(2)
    return float(min(1.0, 2 * np.exp(logarithms).sum()))


def clearly_better(wrong: np.ndarray, than: np.ndarray) -> bool:
    """Whether one classifier mends more of another's errors than it makes new ones, by more than a standard deviation
    of what chance brings (the pairs of McNemar 1947).

    The other one is simpler and was chosen on many more images; on a small validation split the better of two equals
    is decided by luck.

    Args:
        wrong, than: bool (n,), the errors of the one and of the other on the same images.
    """
    mended, spoilt = int((than & ~wrong).sum()), int((wrong & ~than).sum())
    return mended - spoilt > math.sqrt(mended + spoilt)


def false_discovery_rates(p_values: np.ndarray) -> np.ndarray:
    """p-values of many tests, corrected for their number (Benjamini and Hochberg, 1995).

    Whoever believes all results below a limit is wrong about that share of them on average; where nothing at all is
    behind any of the tests, he believes one with that probability at most.

    Args:
        p_values: float (n,) of tests that do not work against each other, 0…1.

    Returns:
        float64 (n,), each at least as large as its p-value.
    """
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p, kind="stable")[::-1]  # from the largest down
    found = np.empty(len(p))
    found[order] = np.minimum.accumulate(p[order] * len(p) / np.arange(len(p), 0, -1)) if len(p) else []
    return np.minimum(found, 1.0)


def paired_difference(wrong_a: np.ndarray, wrong_b: np.ndarray, level: float = 0.95) -> tuple[float, Interval]:
    """How much more often A errs than B on the same images, with an interval (Agresti and Min, 2005).

    Args:
        wrong_a, wrong_b: bool (n,), whether each classifier was wrong about each image.
        level: confidence level, between 0 and 1.

    Returns:
        difference of the error rates, and its interval; (−1, 1) without images.

    Raises:
        InvalidValue: the lengths differ, or the level is out of range.
    """
    a, b = np.asarray(wrong_a, bool), np.asarray(wrong_b, bool)
    if a.shape != b.shape or a.ndim != 1:
        raise InvalidValue("wrong_b", f"an array {b.shape}", f"an array {a.shape}, about the same images")
    n = len(a)
    if not n:
        return 0.0, (-1.0, 1.0)
    z = NormalDist().inv_cdf((1 + _checked(level)) / 2)
    only_a, only_b = int(np.count_nonzero(a & ~b)), int(np.count_nonzero(~a & b))
    p, q, number = (only_a + 0.5) / (n + 2), (only_b + 0.5) / (n + 2), n + 2
    half = z * math.sqrt(max(p + q - (p - q) ** 2, 0.0) / number)
    return (only_a - only_b) / n, (max(p - q - half, -1.0), min(p - q + half, 1.0))


@dataclass(frozen=True, eq=False)
class Curve:
    """One class against the others, by falling threshold.

    Attributes:
        x, y: float64 (m,); for the ROC false and true positive rate, for precision-recall recall and precision, for
            the rejection curve coverage and error.
        thresholds: float64 (m,), the least confidence that still counts as positive (or is accepted).
        area: area under the ROC, average precision, or mean error over all coverages; None where a class has no
            positive or, for the ROC, no negative sample.
    """

    x: np.ndarray
    y: np.ndarray
    thresholds: np.ndarray
    area: float | None


def roc_curve(predictions: Predictions, of_class: str | int) -> Curve:
    """Receiver operating characteristic of a class (name or index); starts at (0, 0) with threshold ∞.

    Raises:
        InvalidValue: unknown class.
    """
    scores, positive = _one_against_rest(predictions, of_class)
    thresholds, hits, taken = _by_threshold(scores, positive)
    false = taken - hits
    y, x = (np.concatenate(([0.0], n / max(n[-1] if len(n) else 0, 1))) for n in (hits, false))
    defined = len(hits) and hits[-1] and false[-1]
    return Curve(x, y, np.concatenate(([np.inf], thresholds)), float(np.trapezoid(y, x)) if defined else None)


def precision_recall_curve(predictions: Predictions, of_class: str | int) -> Curve:
    """Precision over recall of a class (name or index); starts at recall 0, precision 1 with threshold ∞.

    Raises:
        InvalidValue: unknown class.
    """
    scores, positive = _one_against_rest(predictions, of_class)
    thresholds, hits, taken = _by_threshold(scores, positive)
    number = hits[-1] if len(hits) else 0
    recall = np.concatenate(([0.0], hits / max(number, 1)))
    precision = np.concatenate(([1.0], hits / np.maximum(taken, 1)))
    return Curve(recall, precision, np.concatenate(([np.inf], thresholds)),
                 float((np.diff(recall) * precision[1:]).sum()) if number else None)


def rejection_curve(predictions: Predictions) -> Curve:
    """Error among the accepted images over the share that is accepted, when the least confident answers are refused.

    Also known as risk-coverage curve (El-Yaniv & Wiener, 2010).
    """
    known = predictions.known()
    thresholds, wrong, taken = _by_threshold(known.confidence, ~known.correct)
    coverage, error = taken / max(len(known), 1), wrong / np.maximum(taken, 1)
    area = float((np.diff(coverage, prepend=0.0) * error).sum()) if len(known) else None
    return Curve(coverage, error, thresholds, area)


def _one_against_rest(predictions: Predictions, of_class: str | int) -> tuple[np.ndarray, np.ndarray]:
    index = class_index(predictions.classes, of_class, "of_class")
    known = predictions.known()
    return known.confidences[:, index], known.truth == index


def _by_threshold(scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct scores falling; how many positives and how many samples reach each."""
    order = np.argsort(-scores, kind="stable")
    falling, hits = scores[order].astype(np.float64), np.cumsum(positive[order])
    last = np.flatnonzero(np.append(np.diff(falling) != 0, True)) if len(falling) else np.empty(0, np.int64)
    return falling[last], hits[last], last + 1


def _checked(level: float) -> float:
    if not 0 < level < 1:
        raise InvalidValue("level", level, "a number between 0 and 1")
    return level
