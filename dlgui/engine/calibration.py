"""Do confidences mean what they say? Reliability diagram, expected calibration error, temperature scaling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlgui.errors import InvalidValue

CALIBRATION_BINS = 15
TEMPERATURE_RANGE = (1e-3, 1e3)
UNSEEN = 0.5
"""Errors that are added to those that were seen."""

_BLOCK_CELLS = 1 << 22


@dataclass(frozen=True, eq=False)
class Reliability:
    """Accuracy by confidence (reliability diagram).

    Attributes:
        edges: float64 (bins + 1,), the bins' borders, 0…1; a bin holds its upper but not its lower border.
        count: int64 (bins,), samples in each bin.
        confidence, accuracy: float64 (bins,), mean confidence and share of hits in each bin, 0 where empty.
        expected_calibration_error: mean of |accuracy − confidence| over the samples.
        maximum_calibration_error: largest |accuracy − confidence| of a bin.
    """

    edges: np.ndarray
    count: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    expected_calibration_error: float
    maximum_calibration_error: float


def reliability_of(confidence: np.ndarray, correct: np.ndarray, bins: int = CALIBRATION_BINS) -> Reliability:
    """Reliability diagram and calibration errors (Guo et al., "On calibration of modern neural networks", 2017).

    Args:
        confidence: float (n,), confidence of the predicted class, 0…1.
        correct: bool (n,), whether the prediction was right.
        bins: number of bins of equal width.

    Raises:
        InvalidValue: `bins` is not positive.
    """
    if bins < 1:
        raise InvalidValue("bins", bins, "a whole number from 1")
    confidence, hits = np.asarray(confidence, np.float64), np.asarray(correct, np.float64)
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    filled = np.maximum(count, 1)
    mean = np.bincount(place, weights=confidence, minlength=bins) / filled
    accuracy = np.bincount(place, weights=hits, minlength=bins) / filled
    gap = np.abs(accuracy - mean)
    return Reliability(np.linspace(0, 1, bins + 1), count, mean, accuracy,
                       float((gap * count).sum() / max(len(confidence), 1)), float(gap.max()))


def error_by_chance(confidence: np.ndarray, bins: int = CALIBRATION_BINS, draws: int = 200, seed: int = 42,
                    level: float = 0.95) -> float:
    """The calibration error that confidences would still show if they meant exactly what they say.

    Hits are drawn with the confidences as their probabilities; few images leave gaps in the bins by chance.

    Args:
        confidence: float (n,), of the predicted class, 0…1.
        bins, draws, seed: of the diagram and of the drawing.
        level: share of the draws that stay below the answer.

    Returns:
        0…1; 0 without images.
    """
    confidence = np.clip(np.asarray(confidence, np.float64), 0, 1)
    if not len(confidence):
        return 0.0
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    generator, found = np.random.default_rng(seed), np.empty(draws)
    for i in range(draws):
        gaps = (generator.random(len(confidence)) < confidence) - confidence
        found[i] = np.abs(np.bincount(place, weights=gaps, minlength=bins)).sum() / len(confidence)
    return float(np.quantile(found, level))


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Confidences float32 (n, k) of logits (n, k), after division by `temperature`."""
    scaled = np.asarray(logits, np.float32) / np.float32(temperature)
    powers = np.exp(scaled - scaled.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def fit_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The temperature that makes softmax(logits / temperature) fit the truth best (temperature scaling, Guo 2017).

    The likelihood is convex in 1 / temperature, so the root of its slope is found by bisection. Where everything is
    classified right the likelihood alone would make confidences infinitely sure; so half an error is added to those
    that were seen, of the size that errors have in the mean: n right answers then stand for half an error in n. The
    more errors were seen, the less that matters. (Targets softened by 1/(n + 2), as in Platt's scaling, put that error
    where the network is surest, and leave good networks far too unsure.)

    Args:
        logits: float (n, k), of samples that were not trained on.
        truth: int (n,), class indices; samples with −1 are left out.

    Returns:
        1e-3…1e3; 1 where there is nothing to learn from (no sample, one class, or constant logits).

    Raises:
        InvalidValue: shapes do not agree or a logit is not finite.
    """
    logits, truth = np.asarray(logits, np.float32), np.asarray(truth, np.int64)
    if logits.ndim != 2 or truth.shape != logits.shape[:1]:
        raise InvalidValue("logits", f"an array {logits.shape} for {truth.shape} truths", "an array (n, k)")
    logits, truth = logits[truth >= 0], truth[truth >= 0]
    if not np.isfinite(logits).all():
        raise InvalidValue("logits", "not a number or infinite", "finite values")
    if not len(logits) or logits.shape[1] < 2 or not np.ptp(logits, axis=1).any():
        return 1.0
    gaps = logits.max(1, keepdims=True) - logits
    seen = float(gaps[np.arange(len(gaps)), truth].sum(dtype=np.float64))
    low, high = 1 / TEMPERATURE_RANGE[1], 1 / TEMPERATURE_RANGE[0]
    for _ in range(25):
        middle = float(np.sqrt(low * high))
        size, number = _expected(gaps, middle)
        if size * (1 - UNSEEN / max(number, 1e-30)) > seen:
            low = middle
        else:
            high = middle
    return float(1 / np.sqrt(low * high))


def _expected(gaps: np.ndarray, inverse_temperature: float) -> tuple[float, float]:
    """What confidences promise: how far the truth lies behind the answer, summed, and the number of errors."""
    size, number, rows = 0.0, 0.0, max(1, _BLOCK_CELLS // gaps.shape[1])
    for start in range(0, len(gaps), rows):
        block = gaps[start:start + rows]
        powers = np.exp(block * np.float32(-inverse_temperature))
        whole = powers.sum(1, dtype=np.float64)
        size += float(((powers * block).sum(1, dtype=np.float64) / whole).sum())
        number += float((np.where(block > 0, powers, 0).sum(1, dtype=np.float64) / whole).sum())
    return size, number
