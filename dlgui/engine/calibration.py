"""Do confidences mean what they say? Reliability diagram, expected calibration error, temperature scaling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlgui.errors import InvalidValue

CALIBRATION_BINS = 15
TEMPERATURE_RANGE = (1e-3, 1e3)
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


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Confidences float32 (n, k) of logits (n, k), after division by `temperature`."""
    scaled = np.asarray(logits, np.float32) / np.float32(temperature)
    powers = np.exp(scaled - scaled.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def fit_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The temperature that makes softmax(logits / temperature) fit the truth best (temperature scaling, Guo 2017).

    The likelihood is convex in 1 / temperature, so the root of its slope is found by bisection. As in Platt's scaling
    the targets are 1 − 1/(n + 2) instead of 1, which keeps the answer finite where everything is classified right.

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
    logits = logits - logits.max(1, keepdims=True)
    wanted = _mean_target(logits, truth)
    low, high = 1 / TEMPERATURE_RANGE[1], 1 / TEMPERATURE_RANGE[0]
    for _ in range(25):
        middle = float(np.sqrt(low * high))
        if _mean_expectation(logits, middle) < wanted:
            low = middle
        else:
            high = middle
    return float(1 / np.sqrt(low * high))


def _mean_target(logits: np.ndarray, truth: np.ndarray) -> float:
    """Mean logit under the softened targets."""
    number, count = logits.shape
    doubt = 1 / (number + 2)
    own = logits[np.arange(number), truth].astype(np.float64)
    others = logits.sum(1, dtype=np.float64) - own
    return float(np.mean((1 - doubt) * own + doubt / (count - 1) * others))


def _mean_expectation(logits: np.ndarray, inverse_temperature: float) -> float:
    """Mean logit under the softmax of (logits · inverse_temperature); rises with the inverse temperature."""
    total, rows = 0.0, max(1, _BLOCK_CELLS // logits.shape[1])
    for start in range(0, len(logits), rows):
        block = logits[start:start + rows]
        powers = np.exp(block * np.float32(inverse_temperature))
        total += float(((powers * block).sum(1, dtype=np.float64) / powers.sum(1, dtype=np.float64)).sum())
    return total / len(logits)
