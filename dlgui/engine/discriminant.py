"""Linear discriminant analysis with Ledoit-Wolf shrinkage in its dual form.

The scatter enters only through inner products of the samples, so that any number of figures costs no more than the
Gram matrix: Grams of parts of the figures add up, and one Cholesky factor of n × n solves a fit (Woodbury). Sources:
Fisher 1936; Ledoit and Wolf 2004, "A well-conditioned estimator for large-dimensional covariance matrices".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dlgui.engine import cholesky

_CHUNK = 1024
"""Samples whose figures are in double precision at once."""


@dataclass(frozen=True)
class DualFit:
    """A discriminant as combinations of its training samples.

    Attributes:
        dual: (n, classes); the weight of class c is Σ dual[i, c] · x_i.
        bias: float64 (classes,).
        shrinkage: Ledoit-Wolf's share of the identity, 0 … 1.
    """

    dual: np.ndarray
    bias: np.ndarray
    shrinkage: float

    def scores(self, gram: np.ndarray) -> np.ndarray:
        """Discriminant scores (m, classes), given inner products (m, n) with the training samples."""
        return gram @ self.dual + self.bias


def fit_dual(gram: np.ndarray, labels: np.ndarray, classes: int, length: int) -> DualFit:
    """Fits a discriminant.

    Args:
        gram: floating point (n, n) inner products of the training samples; solved in its precision.
        labels: int (n,); classes without samples get scores that never win.
        classes: number of classes.
        length: number of figures behind the inner products.
    """
    count = len(labels)
    counts = np.bincount(labels, minlength=classes)
    average = np.zeros((classes, count), gram.dtype)
    average[labels, np.arange(count)] = 1 / counts[labels]
    cross = average @ gram  # inner products of class means with samples
    means = cross @ average.T
    part = (cross - means[:, labels] / 2)[labels]
    within = gram - part
    within -= part.T
    del part
    shrinkage, scale = _ledoit_wolf(within, length)
    ridge = shrinkage * scale
    within.flat[::count + 1] += count * ridge / max(1 - shrinkage, 1e-9)
    centred = cross.T - means[labels]  # (n, classes): centred samples times class means
    solved = cholesky.solve(within, centred)
    taken = np.zeros((classes, classes), gram.dtype)
    np.add.at(taken, labels, solved)
    # uncentring: a centred sample is the sample minus its class mean
    dual = (average.T - solved + average.T @ taken) / ridge
    quadratic = np.einsum("nc,cn->c", dual, cross)
    prior = _log_prior(counts)
    return DualFit(dual, prior - quadratic / 2, shrinkage)


def _log_prior(counts: np.ndarray) -> np.ndarray:
    return np.where(counts > 0, np.log(np.maximum(counts, 1) / counts.sum()), -1e6)


def _ledoit_wolf(within: np.ndarray, length: int) -> tuple[float, float]:
    """Shrinkage and mean variance from the inner products (n, n) of centred samples."""
    count = len(within)
    diagonal = np.diagonal(within)
    trace = diagonal.sum() / count
    squared = np.einsum("ij,ij->", within, within) / count ** 2
    distance = squared - trace ** 2 / length
    noise = (np.square(diagonal).sum() / count - squared) / count
    shrinkage = float(np.clip(noise / distance, 1e-4, 1.0)) if distance > 0 else 1.0
    return shrinkage, max(trace / length, 1e-12)


def chunks(count: int) -> int:
    """How many pieces `fit_primal` makes of so many samples."""
    return math.ceil(count / _CHUNK)


def fit_primal(vectors: np.ndarray, labels: np.ndarray, classes: int,
               step: Callable[[], object] = lambda: None) -> tuple[np.ndarray, np.ndarray]:
    """The same discriminant for many samples and few figures.

    Args:
        vectors: float32 (n, length).
        labels: int (n,).
        classes: number of classes.
        step: called with each of the `chunks`, for whoever shows how far it is or ends it by an exception.

    Returns:
        weight (classes, length) and bias (classes,), float64.
    """
    count, length = vectors.shape
    counts = np.bincount(labels, minlength=classes)
    means = np.zeros((classes, length))
    for start in range(0, count, _CHUNK):
        members = np.arange(classes)[:, None] == labels[start:start + _CHUNK]
        means += members.astype(np.float64) @ vectors[start:start + _CHUNK]
    means /= np.maximum(counts, 1)[:, None]
    scatter, fourth = np.zeros((length, length)), 0.0
    for start in range(0, count, _CHUNK):
        centred = vectors[start:start + _CHUNK] - means[labels[start:start + _CHUNK]].astype(np.float32)
        scatter += centred.T @ centred
        fourth += float(np.square(np.einsum("ij,ij->i", centred, centred, dtype=np.float64)).sum())
        step()
    scatter /= count
    trace, squared = float(np.trace(scatter)), float(np.square(scatter).sum())
    distance = squared - trace ** 2 / length
    noise = (fourth / count - squared) / count
    shrinkage = float(np.clip(noise / distance, 1e-4, 1.0)) if distance > 0 else 1.0
    scatter *= 1 - shrinkage
    scatter.flat[::length + 1] += shrinkage * max(trace / length, 1e-12)
    weight = cholesky.solve(scatter, means.T).T
    prior = _log_prior(counts)
    return weight, prior - np.einsum("cd,cd->c", weight, means) / 2
