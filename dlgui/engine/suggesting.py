"""Labels suggested from a few: the quick training's discriminant, refitted after every label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlgui.engine import quick
from dlgui.engine.features import Features
from dlgui.engine.projection import Rows, principal_components

LEAST = 2
"""Labels that a class needs before it is suggested."""

CHOOSING = 300
"""Most labeled images that the sets of statistics compete on; so few that a new choice stays unnoticed."""

LEARNING = 1200
"""Most labeled images that a refit learns from."""


@dataclass(frozen=True)
class Learned:
    """What suggests.

    Attributes:
        fit: the linear layer over `classes` outputs.
        classes: int64 (k,), the class of each output: those with at least `LEAST` labels.
        labeled: how many images have a label of these classes.
        chosen_at: the same when the members of the fit were chosen.
    """

    fit: quick.QuickFit
    classes: np.ndarray
    labeled: int
    chosen_at: int


def ready(labels: np.ndarray) -> np.ndarray:
    """Classes (int64, ascending) with at least `LEAST` labels; `labels` is int (n,), -1 without one."""
    return np.flatnonzero(np.bincount(labels[labels >= 0]) >= LEAST) if (labels >= 0).any() else np.empty(0, np.int64)


def learn(found: Features, labels: np.ndarray, channels: Sequence[int], before: Learned | None = None,
          seed: int = 0) -> Learned | None:
    """Fits a classifier to the labeled among some images.

    Args:
        found: of n images.
        labels: int (n,), -1 without one.
        channels: of every stage of the backbone.
        before: keeps its choice of statistics until half as many labels again have come.
        seed: of what is drawn where there are many labels.

    Returns:
        None where fewer than two classes are `ready`.
    """
    classes = ready(np.where(found.readable, labels, -1))
    if len(classes) < 2:
        return None
    positions = np.flatnonzero(np.isin(labels, classes) & found.readable)
    index = np.searchsorted(classes, labels[positions])
    members = before.fit.members if before is not None and len(positions) < 1.5 * before.chosen_at \
        and set(classes) == set(before.classes) else None
    chosen_at = before.chosen_at if before is not None and members is not None else len(positions)
    if members is None and len(positions) > CHOOSING:
        drawn = evenly(index, CHOOSING, seed)
        members = quick.fit(found, positions[drawn], index[drawn], len(classes), channels, seed=seed).members
    drawn = evenly(index, LEARNING, seed)
    fitted = quick.fit(found, positions[drawn], index[drawn], len(classes), channels, members=members, seed=seed)
    return Learned(fitted, classes, len(positions), chosen_at)


def evenly(labels: np.ndarray, most: int, seed: int) -> np.ndarray:
    """At most `most` positions (int64, ascending) of labels, int (n,), large classes cut before small ones."""
    order = np.random.default_rng(seed).permutation(len(labels))
    place = np.empty(len(labels), np.int64)  # of each sample within its class
    for label in np.unique(labels):
        own = order[labels[order] == label]
        place[own] = np.arange(len(own))
    if len(labels) <= most:
        return np.arange(len(labels))
    return np.sort(np.lexsort((order, place))[:most])


def doubt(confidences: np.ndarray) -> np.ndarray:
    """float (n,), 0 … 1: one minus how far the best class is ahead of the second; `confidences` is (n, k ≥ 2)."""
    best = np.partition(confidences, -2, axis=1)[:, -2:]
    return 1 - (best[:, 1] - best[:, 0])


def page(kind: str, confidences: np.ndarray, size: int, refused: np.ndarray | None = None) -> np.ndarray:
    """Positions (int64, at most `size`) of the images to ask a person about next.

    Args:
        kind: `doubtful`, most so first; `confident`: the surest, class after class; `class`: the surest of one class,
            for the class of which most are sure.
        confidences: float (n, k).
        size: of the page.
        refused: bool (n, k), where a person said that an image is not of a class.
    """
    if refused is not None:
        confidences = np.where(refused, 0, confidences)
    surest = np.argsort(-confidences.max(1), kind="stable")
    if kind == "doubtful":
        return np.argsort(-doubt(confidences), kind="stable")[:size]
    if kind == "confident":
        return surest[:size][np.argsort(confidences[surest[:size]].argmax(1), kind="stable")]
    if kind != "class":
        raise ValueError(kind)
    surest = surest[:2 * size]  # a page of one class is no longer than trust reaches
    best = confidences[surest].argmax(1)
    return surest[best == np.bincount(best).argmax()][:size] if len(surest) else surest


def groups(vectors: Rows, size: int, seed: int = 0) -> list[np.ndarray]:
    """Images that look alike, so that a whole page can be labeled at once.

    k-means (Lloyd 1982, seeded as by Arthur and Vassilvitskii 2007) on the leading principal components.

    Args:
        vectors: float32 (n, d).
        size: about how many images make a group; none has more.
        seed: of the starting points.

    Returns:
        positions of each group, int64, tightest group first, within a group from its centre outwards.
    """
    if not len(vectors):
        return []
    points = principal_components(vectors, 32)
    own, distance = _k_means(points, -(-len(points) // size), seed)
    found = []
    for k in np.unique(own):
        members = np.flatnonzero(own == k)
        members = members[np.argsort(distance[members], kind="stable")]
        found += [members[i:i + size] for i in range(0, len(members), size)]
    return sorted(found, key=lambda members: (len(members) < size // 5, float(distance[members].mean())))


def _k_means(points: np.ndarray, k: int, seed: int, rounds: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """The cluster (int64) of each point (n, d), and its distance to the middle of the cluster."""
    random = np.random.default_rng(seed)
    centres = points[random.integers(len(points), size=1)]
    nearest = np.square(points - centres[0]).sum(1)
    while len(centres) < k and nearest.sum() > 0:
        drawn = points[random.choice(len(points), p=nearest.astype(np.float64) / nearest.sum(dtype=np.float64))]
        centres = np.concatenate([centres, drawn[None]])
        nearest = np.minimum(nearest, np.square(points - drawn).sum(1))
    own = np.zeros(len(points), np.int64)
    for _ in range(rounds):
        own = (np.square(centres).sum(1) - 2 * points @ centres.T).argmin(1)
        counts = np.bincount(own, minlength=len(centres))
        sums = np.zeros_like(centres)
        np.add.at(sums, own, points)
        moved = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centres)
        if np.allclose(moved, centres):
            break
        centres = moved.astype(points.dtype)
    return own, np.linalg.norm(points - centres[own], axis=1)
