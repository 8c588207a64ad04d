"""Grad-CAM without a backward pass: the head is linear on pooled statistics, so the gradient has a closed form.

For a map m of n positions the derivative of the mean is 1 / n everywhere, that of the maximum (minimum) 1 at the
largest (smallest) position, that of the standard deviation (m − mean) / (n · deviation).
Source: Selvaraju et al. 2017 (Grad-CAM); Draelos and Carin 2020 (gradient times activation, position by position).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from dlgui.engine.pooling import Pooling

EDGED = 24
"""Maps with more positions a side than this have an edge that can be left out."""

DEEP = 24
"""Pixels of the input for each position of a map from which on it sees whole objects, as Grad-CAM assumes."""

SMOOTHING = 0.04
"""Deviation of the Gaussian as a share of the longer side."""


def margin_weights(head: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """What raises the target's logit above the mean of the others: what all classes share cancels out.

    Args:
        head: weight (classes, length) of the linear layer.
        targets: int (n,).

    Returns:
        float32 (n, length).
    """
    others = max(len(head) - 1, 1)
    own = head[targets]
    return (own - (head.sum(0) - own) / others).astype(np.float32)


def plain_activation(maps: np.ndarray, parts: Iterable[tuple[str, np.ndarray]]) -> np.ndarray:
    """The gradient's mean times the activation, summed over channels: Grad-CAM.

    Args:
        maps: float32 (n, channels, h, w).
        parts: (statistic, weights float32 (n, channels)) pairs of the weighted sum that is explained.

    Returns:
        float32 (n, h, w).
    """
    count, channels, h, w = maps.shape
    weights = np.zeros((count, channels), np.float32)
    for statistic, own in parts:  # whatever the statistic, its gradient sums up to 1, that of the deviation to 0
        weights += own if statistic != "std" else 0
    return _weighted(weights / (h * w), maps.reshape(count, channels, h * w)).reshape(count, h, w)


def local_activations(maps: np.ndarray, parts: Sequence[tuple[str, np.ndarray]]) -> np.ndarray:
    """The gradient times the activation as it deviates from the image's own average, position by position.

    Args:
        maps, parts: as in `plain_activation`.

    Returns:
        float32 (n, parts, h, w), one map a statistic, summed over channels.
    """
    count, channels, h, w = maps.shape
    positions = h * w
    flat = maps.reshape(count, channels, positions)
    centre = flat.mean(axis=2, keepdims=True)
    centred = flat - centre
    found = np.empty((count, len(parts), positions), np.float32)
    for i, (statistic, weights) in enumerate(parts):
        if statistic == "mean":
            found[:, i] = _weighted(weights / positions, centred)
        elif statistic == "std":
            squares = np.square(centred)
            deviation = np.sqrt(squares.mean(axis=2) + 1e-12)
            found[:, i] = _weighted(weights / (positions * deviation), squares)
        else:
            extreme = (np.max if statistic == "max" else np.min)(flat, axis=2, keepdims=True)
            there = (flat == extreme).astype(np.float32)  # of equals each gets its share, as autograd has it
            found[:, i] = _weighted(weights * (extreme - centre)[:, :, 0] / there.sum(axis=2), there)
    return found.reshape(count, len(parts), h, w)


def _weighted(weights: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """(n, channels) and (n, channels, positions) to (n, positions)."""
    return (weights.astype(np.float32)[:, None] @ flat)[:, 0]


def class_activation(maps: dict[int, np.ndarray], pooling: Pooling, weights: np.ndarray,
                     size: tuple[int, int]) -> np.ndarray:
    """Where in the images a weighted sum of pooled statistics comes from.

    Args:
        maps: float32 (n, channels, h, w) of each pooled stage.
        pooling: which statistics the columns of `weights` stand for.
        weights: float32 (n, length), as `margin_weights` gives them.
        size: height and width of the network's input.

    Returns:
        float32 (n, height, width), not negative and not scaled. Grad-CAM where the mean or maximum of one deep stage
        is pooled; else the share of each position, for early stages answer everywhere and Grad-CAM says little about
        them, averaged over stages and statistics, less what is usual in the image (benchmarks/heatmap_quality.py).
    """
    by_stage: dict[int, list[tuple[str, np.ndarray]]] = {stage: [] for stage in pooling.stages}
    start = 0
    for stage, statistics in pooling.parts:
        for statistic in statistics:
            end = start + maps[stage].shape[1]
            by_stage[stage].append((statistic, weights[:, start:end]))
            start = end
    stage, parts = next(iter(by_stage.items()))
    deep = maps[stage].shape[2] * DEEP <= size[0]
    if len(by_stage) == 1 and deep and not any(s in ("min", "std") for s, _ in parts):
        return np.maximum(enlarged(plain_activation(maps[stage], parts), size), 0)
    total = np.zeros((len(weights), *size), np.float32)
    for stage, parts in by_stage.items():
        cams = local_activations(maps[stage], parts)
        h, w = cams.shape[2:]
        if min(h, w) > EDGED:  # the outermost positions answer to the padding, not to the image
            cams[:, :, [0, -1]] = 0
            cams[:, :, :, [0, -1]] = 0
        cams = smoothed(cams.reshape(-1, h, w), SMOOTHING * max(h, w)).clip(min=0)
        cams /= np.maximum(cams.max(axis=(1, 2), keepdims=True), 1e-20)  # the largest would drown the others
        total += enlarged(cams.reshape(len(total), -1, h, w).sum(1), size)
    usual = total.mean(axis=(1, 2), keepdims=True) + total.std(axis=(1, 2), keepdims=True)
    return np.maximum(total - usual, 0)  # early stages answer a little everywhere


def enlarged(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Maps (n, h, w) by bilinear interpolation at another size."""
    return _enlargement(maps.shape[1], size[0]) @ maps @ _enlargement(maps.shape[2], size[1]).T


def smoothed(maps: np.ndarray, deviation: float) -> np.ndarray:
    """Maps (n, h, w) under a Gaussian of that deviation in pixels; nothing lies beyond the border."""
    return _gaussian(maps.shape[1], deviation) @ maps @ _gaussian(maps.shape[2], deviation)


@lru_cache(maxsize=64)
def _enlargement(before: int, after: int) -> np.ndarray:
    centres = np.clip((np.arange(after) + 0.5) * before / after - 0.5, 0, before - 1)
    low = np.minimum(np.floor(centres).astype(int), max(before - 2, 0))
    share = (centres - low).astype(np.float32)
    matrix = np.zeros((after, before), np.float32)
    matrix[np.arange(after), low] = 1 - share
    matrix[np.arange(after), np.minimum(low + 1, before - 1)] += share
    return matrix


@lru_cache(maxsize=64)
def _gaussian(length: int, deviation: float) -> np.ndarray:
    radius = max(int(3 * deviation), 1)
    kernel = np.exp(-np.arange(-radius, radius + 1) ** 2 / (2 * deviation ** 2))
    distance = np.arange(length)[:, None] - np.arange(length)
    near = np.abs(distance) <= radius
    matrix = np.where(near, np.exp(-distance ** 2 / (2 * deviation ** 2)) / kernel.sum(), 0)
    return matrix.astype(np.float32)
