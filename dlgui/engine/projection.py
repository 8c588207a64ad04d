"""Vectors laid out in the plane, so that images that look alike lie side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from dlgui.engine.progress import Progress

COMPONENTS = 50
"""Principal components that the map is made from."""

LANDMARKS = 10_000
"""Most points that are arranged by t-SNE; further ones are placed between the most similar of these."""

ITERATIONS = (120, 280)
"""Of t-SNE: with exaggerated attraction, and after it."""

_CHUNK = 512
"""Vectors that are looked at together."""


class Rows(Protocol):
    """Vectors: an array (n, d), or what makes them when they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, places: np.ndarray | slice, /) -> np.ndarray: ...


def principal_components(vectors: Rows, count: int, sample: int = 4000, seed: int = 0) -> np.ndarray:
    """The leading principal components (n, min(count, d, n)), float32, of vectors (n, d).

    The axes come from at most `sample` vectors: so many settle a few dozen axes.
    """
    if not len(vectors):
        return np.empty((0, 0), np.float32)
    drawn = vectors[:] if len(vectors) <= sample else vectors[np.random.default_rng(seed).choice(
        len(vectors), sample, replace=False)]
    centre = drawn.mean(0)
    few = (drawn - centre).astype(np.float64)
    gram = few @ few.T if len(few) < few.shape[1] else few.T @ few
    count = min(count, *few.shape)
    values, axes = np.linalg.eigh(gram)  # SciPy's is twice as fast, but keeps Python's lock while a window waits
    axes, values = axes[:, :-count - 1:-1], values[:-count - 1:-1]
    if len(few) < few.shape[1]:
        axes = few.T @ axes / np.sqrt(np.maximum(values, 1e-12))
    axes, found = axes.astype(np.float32), np.empty((len(vectors), count), np.float32)
    for i in range(0, len(vectors), _CHUNK):
        found[i:i + _CHUNK] = (vectors[i:i + _CHUNK] - centre) @ axes
    return found


def plane(vectors: Rows, progress: Progress | None = None,
          told: Callable[[np.ndarray], None] | None = None, seed: int = 0) -> np.ndarray:
    """Places of vectors on a map.

    t-SNE (van der Maaten and Hinton 2008; interpolation by Linderman et al. 2019), started from the first two
    principal components; only neighbourhoods mean something on it, distances between groups do not.

    Args:
        vectors: float32 (n, d).
        progress: one task of `sum(ITERATIONS)` units.
        told: hears places (n, 2) while they are arranged, a few times a second.
        seed: the same seed and vectors give the same map.

    Returns:
        float32 (n, 2), centred, most of it within -1 … 1.

    Raises:
        Cancelled: see `Progress`.
    """
    if not len(vectors):
        return np.empty((0, 2), np.float32)
    points = principal_components(vectors, COMPONENTS)
    start = _scaled(points[:, :2] if points.shape[1] > 1 else np.pad(points, ((0, 0), (0, 2 - points.shape[1]))))
    if told is not None:
        told(start)
    if len(points) < 16:
        return start
    drawn = np.arange(len(points))
    if len(points) > LANDMARKS:
        drawn = np.sort(np.random.default_rng(seed).choice(len(points), LANDMARKS, replace=False))
    rest = _neighbours(points, drawn) if len(drawn) < len(points) else None

    def whole(landmarks: np.ndarray) -> np.ndarray:
        return _scaled(landmarks if rest is None else _between(landmarks, drawn, rest))

    def tell(landmarks: np.ndarray) -> None:
        if told is not None:
            told(whole(landmarks))

    return whole(_arrange(points[drawn], start[drawn], progress, tell, seed))


def _arrange(points: np.ndarray, start: np.ndarray, progress: Progress | None, tell: Callable[[np.ndarray], None],
             seed: int) -> np.ndarray:
    from openTSNE import TSNEEmbedding, affinity

    if progress is not None:
        progress.task("arranging the map", sum(ITERATIONS))
    perplexity = min(30.0, (len(points) - 1) / 3)
    likeness = affinity.PerplexityBasedNN(points, perplexity=perplexity, random_state=seed, n_jobs=1,
                                          method="annoy" if len(points) > 1000 else "exact")
    embedding = TSNEEmbedding(start / max(float(start[:, 0].std()), 1e-9) * 1e-4, likeness, random_state=seed,
                              n_jobs=1, negative_gradient_method="fft" if len(points) > 5000 else "bh")
    step = 20
    for iterations, exaggeration, momentum in zip(ITERATIONS, (12, 1), (0.5, 0.8), strict=True):
        for _ in range(0, iterations, step):
            embedding.optimize(step, exaggeration=exaggeration, momentum=momentum, inplace=True)
            tell(np.array(embedding))
            if progress is not None:
                progress.advance(step)
    return np.array(embedding)


def _neighbours(points: np.ndarray, drawn: np.ndarray, count: int = 3) -> np.ndarray:
    """Places within `drawn` (n, count) of the nearest landmarks of every point."""
    landmarks = points[drawn]
    norms = np.einsum("ij,ij->i", landmarks, landmarks)
    found = np.empty((len(points), count), np.int64)
    for first in range(0, len(points), _CHUNK):
        distances = norms - 2 * points[first:first + _CHUNK] @ landmarks.T
        found[first:first + _CHUNK] = np.argpartition(distances, count, axis=1)[:, :count]
    return found


def _between(landmarks: np.ndarray, drawn: np.ndarray, nearest: np.ndarray) -> np.ndarray:
    """Every point at the middle of its nearest landmarks; the landmarks at their own places."""
    places = np.median(landmarks[nearest], axis=1)
    places[drawn] = landmarks
    return places


def _scaled(places: np.ndarray) -> np.ndarray:
    """Centred, with 98 % of the points within -1 … 1."""
    places = places - np.median(places, axis=0)
    reach = float(np.quantile(np.abs(places), 0.98))
    return (places / reach if reach > 0 else places).astype(np.float32)


def inside(polygon: np.ndarray, points: np.ndarray) -> np.ndarray:
    """bool (n,): which points (n, 2) lie within a polygon (m, 2), by the even-odd rule."""
    found = np.zeros(len(points), bool)
    if len(polygon) < 3:
        return found
    low, high = polygon.min(0), polygon.max(0)
    near = np.flatnonzero(((points >= low) & (points <= high)).all(1))
    x, y = points[near].T
    crossings = np.zeros(len(near), bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 != y1:
            crossings ^= ((y0 <= y) != (y1 <= y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    found[near] = crossings
    return found
