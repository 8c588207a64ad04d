"""How unlike everything that a classifier was trained on an image is: distance in the classifier's own pooled features.

The Mahalanobis distance to the nearest class (Lee et al. 2018, "A simple unified framework for detecting
out-of-distribution samples and adversarial attacks"), with a covariance that few samples can bear: the full one within
the principal directions of the training features. All other directions count together as much as two of those: enough
for what lies off them, and not so much that thousands of figures of noise drown the rest (benchmarks/novelty.py). The
limit is a conformal quantile of the distances of images that were not trained on, so that the share of false alarms is
known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlgui.errors import DlguiError, InvalidValue

DIRECTIONS = 64
"""Most principal directions."""

OTHERS = 2.0
"""How many principal directions all others together count for."""

FALSE_ALARM_RATE = 0.01
FITTED_ON = 4000
"""Training images beyond this number change the directions no more; a fit draws from them evenly."""

_CHUNK = 2048
_ARRAYS = ("centre", "scale", "basis", "variance", "means")


@dataclass(frozen=True, eq=False)
class Novelty:
    """Distances, and the limit beyond which an image is unlike the training images.

    Attributes:
        centre, scale: float32 (length,), brings features to mean 0 and deviation 1; 0 where all were equal.
        basis: float32 (directions, length), orthonormal rows.
        variance: float32 (directions,), within the classes.
        means: float32 (classes, directions).
        noise: sum of squares in all other directions that counts as one.
        limit: distance beyond which an image is unknown.
        false_alarm_rate: share of familiar images beyond the limit, as it was calibrated.
        calibrated_on: number of images that the limit comes from.
    """

    centre: np.ndarray
    scale: np.ndarray
    basis: np.ndarray
    variance: np.ndarray
    means: np.ndarray
    noise: float
    limit: float = 1.0
    false_alarm_rate: float = FALSE_ALARM_RATE
    calibrated_on: int = 0

    def distances(self, features: np.ndarray) -> np.ndarray:
        """float32 (n,), Mahalanobis distance of pooled features (n, length) to the nearest class."""
        parts = [self._distances(features[i:i + _CHUNK]) for i in range(0, len(features), _CHUNK)]
        return np.concatenate(parts) if parts else np.empty(0, np.float32)

    def _distances(self, features: np.ndarray) -> np.ndarray:
        x = (features.astype(np.float32) - self.centre) * self.scale
        inside = x @ self.basis.T
        rest = np.square(x - inside @ self.basis).sum(1) / self.noise
        nearest = (np.square(inside[:, None] - self.means) / self.variance).sum(2).min(1)
        return np.sqrt(nearest + rest)

    def scores(self, features: np.ndarray) -> np.ndarray:
        """float32 (n,), distances as shares of the limit: above 1 an image is unknown."""
        return self.distances(features) / np.float32(self.limit)

    def moved(self, shift: np.ndarray) -> Novelty:
        """The same for a network whose features (length,) lie `shift` beside those that this was fitted on."""
        return replace(self, centre=(self.centre + shift).astype(np.float32))

    def calibrated(self, distances: np.ndarray, false_alarm_rate: float = FALSE_ALARM_RATE) -> Novelty:
        """The same with the limit that lets all but `false_alarm_rate` of further familiar images through.

        Args:
            distances: (n,), of familiar images that were not trained on. The limit is their conformal quantile (Vovk
                et al. 2005); with fewer than 1 / rate − 1 of them it is the largest, and the rate that is kept is
                1 / (n + 1), which is then what `false_alarm_rate` says.
            false_alarm_rate: above 0, below 1.

        Raises:
            InvalidValue, DlguiError: a rate outside; no image.
        """
        if not 0 < false_alarm_rate < 1:
            raise InvalidValue("false-alarm rate", false_alarm_rate, "a number between 0 and 1")
        if not len(distances):
            raise DlguiError("validation split", "no image to calibrate on",
                             "split the data first: dlgui split", "split")
        count = len(distances)
        place = math.ceil((count + 1) * (1 - false_alarm_rate) - 1e-9)
        kept = false_alarm_rate if place <= count else 1 / (count + 1)
        limit = float(np.sort(distances)[min(place, count) - 1])
        return replace(self, limit=max(limit, 1e-6), false_alarm_rate=kept, calibrated_on=count)

    def measured_rate(self, distances: np.ndarray, false_alarm_rate: float) -> float:
        """Share of familiar images, 0…1, beyond a limit that was calibrated without them: each half by the other.

        Args:
            distances: (n,), of familiar images that were not trained on, at least two.
            false_alarm_rate: what the limits are calibrated to.
        """
        halves = distances[::2], distances[1::2]
        beyond = [int((own > self.calibrated(other, false_alarm_rate).limit).sum())
                  for own, other in (halves, halves[::-1])]
        return sum(beyond) / len(distances)

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays, for a file."""
        return {name: getattr(self, name) for name in _ARRAYS}

    def to_dict(self) -> dict[str, Any]:
        """The numbers, for JSON."""
        return {"noise": self.noise, "limit": self.limit, "false_alarm_rate": self.false_alarm_rate,
                "calibrated_on": self.calibrated_on}

    @classmethod
    def from_parts(cls, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, Any], classes: int,
                   length: int) -> Novelty:
        """The inverse of `arrays` and `to_dict`. Raises `InvalidValue` where they do not fit one another."""
        directions = len(arrays["variance"])
        wanted = {"centre": (length,), "scale": (length,), "basis": (directions, length), "variance": (directions,),
                  "means": (classes, directions)}
        found = {name: np.asarray(array) for name, array in arrays.items()}
        if {name: (array.shape, array.dtype.name) for name, array in found.items()} != {
                name: (shape, "float32") for name, shape in wanted.items()} or (found["variance"] <= 0).any():
            raise InvalidValue("novelty", {name: array.shape for name, array in found.items()}, f"{wanted}, float32")
        noise, limit = float(numbers["noise"]), float(numbers["limit"])
        if not (0 < noise < math.inf and 0 < limit < math.inf):
            raise InvalidValue("novelty", (noise, limit), "positive numbers")
        return cls(**found, noise=noise, limit=limit, false_alarm_rate=float(numbers["false_alarm_rate"]),
                   calibrated_on=int(numbers["calibrated_on"]))


def fit(features: np.ndarray, labels: np.ndarray, classes: int) -> Novelty:
    """Learns what is familiar; `calibrated` then sets the limit.

    Args:
        features: float32 (n, length), pooled features of training images.
        labels: int (n,).
        classes: number of classes; one without images is as near as the overall mean.

    Raises:
        DlguiError: fewer than three images.
    """
    if len(features) < 3:
        raise DlguiError("training split", "fewer than three images", "label more images and split again", "label")
    chosen = np.unique(np.linspace(0, len(features) - 1, min(len(features), FITTED_ON)).round().astype(np.int64))
    order = np.argsort(labels, kind="stable")[chosen]
    x, y = features[order].astype(np.float64), labels[order]
    centre, spread = x.mean(0), x.std(0)
    scale = np.where(spread > 1e-6 * (1 + np.abs(centre)), 1 / np.maximum(spread, 1e-30), 0)
    x = (x - centre) * scale
    basis = _directions(x)
    inside = x @ basis.T
    means = np.stack([inside[y == c].mean(0) if (y == c).any() else np.zeros(len(basis)) for c in range(classes)])
    variance, turn = np.linalg.eigh(np.cov((inside - means[y]).T, bias=True).reshape(len(basis), len(basis)))
    rest = float(np.square(x - inside @ basis).sum()) / len(x)
    floor = max(1e-4 * float(variance.max()), 1e-9)  # no direction is so sure that a rounding error is strange
    return Novelty(centre.astype(np.float32), scale.astype(np.float32), (turn.T @ basis).astype(np.float32),
                   np.maximum(variance, floor).astype(np.float32), (means @ turn).astype(np.float32),
                   max(rest / OTHERS, floor))


def _directions(x: np.ndarray) -> np.ndarray:
    """Principal directions (d, length), largest spread first, from whichever Gram matrix is smaller."""
    samples, length = x.shape
    spread, vectors = np.linalg.eigh(x @ x.T if samples < length else x.T @ x)
    spread, vectors = spread[::-1].clip(min=0), vectors[:, ::-1]
    present = int(np.count_nonzero(spread > 1e-9 * max(float(spread[0]), 1e-12)))
    count = max(min(present, DIRECTIONS, samples - 1, length), 1)
    if samples < length:
        vectors = x.T @ vectors[:, :count] / np.sqrt(np.maximum(spread[:count], 1e-12))
    return np.ascontiguousarray(np.linalg.qr(vectors[:, :count])[0].T)
