"""Heatmaps of many images in one: averages, differences, and how well a map meets a known region."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dlgui.engine import heatmaps
from dlgui.engine.classifier import Classifier
from dlgui.engine.progress import Progress
from dlgui.errors import DlguiError, InvalidValue

BATCH = 8


@dataclass(frozen=True)
class Average:
    """The mean over images of one size, that of the network's input.

    Attributes:
        map: float32 (height, width), the mean of maps in 0…1 each.
        picture: uint8 (height, width, 3), the mean of the images.
        count: of images.
    """

    map: np.ndarray
    picture: np.ndarray
    count: int


def average(classifier: Classifier, images: Iterable[np.ndarray], target: heatmaps.Target = None, *,
            method: str = "grad_cam", device: str = "cpu", progress: Progress | None = None) -> Average:
    """The average heatmap, and the average image beneath it.

    Args:
        classifier: is not changed.
        images: uint8 or floating point, any sizes; read one batch at a time.
        target: what is explained, as one of the `targets` of `heatmaps.explain`.
        method, device: as in `heatmaps.explain`.
        progress: advanced by one an image; the task is the caller's.

    Raises:
        DlguiError: there is no image.
        InvalidValue: unknown method or class.
    """
    p = classifier.preprocessing
    total, picture, count = np.zeros((p.height, p.width)), np.zeros((p.height, p.width, 3)), 0
    for batch in batches(images):
        pixels = [p.pixels(image) for image in batch]
        found = heatmaps.explain(classifier, pixels, method=method, targets=[target] * len(pixels), device=device)
        for image, heat in zip(pixels, found, strict=True):
            total += heat.map
            picture += image
        count += len(pixels)
        if progress is not None:
            progress.advance(len(pixels))
    if not count:
        raise DlguiError("average heatmap", "there is no image to average over", "choose images that can be read")
    return Average((total / count).astype(np.float32), np.rint(picture / count).astype(np.uint8), count)


def batches(images: Iterable[np.ndarray], size: int = BATCH) -> Iterable[list[np.ndarray]]:
    """Lists of up to `size` images."""
    pending: list[np.ndarray] = []
    for image in images:
        pending.append(image)
        if len(pending) == size:
            yield pending
            pending = []
    if pending:
        yield pending


def difference(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """What speaks for the first rather than the second: maps (H, W) to float32 (H, W) in −1…1."""
    if first.shape != second.shape:
        raise InvalidValue("maps", f"{first.shape} and {second.shape}", "two maps of one size")
    found = first.astype(np.float32) - second
    return found / max(float(np.abs(found).max()), 1e-9)


def diverging(values: np.ndarray) -> np.ndarray:
    """Values (H, W) in −1…1 as uint8 (H, W, 3): blue below, white at 0, orange above; safe for the colour-blind."""
    x = np.clip(np.asarray(values, np.float64), -1, 1)[..., None]
    white = np.array([247.0, 247.0, 247.0])
    low, high = np.array([5.0, 90.0, 170.0]), np.array([217.0, 95.0, 2.0])
    return np.rint(np.where(x < 0, white + (white - low) * x, white + (high - white) * x)).astype(np.uint8)


def energy_inside(heat: np.ndarray, region: np.ndarray) -> float:
    """Share of a map's sum that lies in a region: (H, W) and bool (H, W) to 0…1; 0 for an empty map.

    The energy-based pointing game of Wang et al. 2020 (Score-CAM).
    """
    return float(heat[region].sum() / max(float(heat.sum()), 1e-12))


def pointing_hit(heat: np.ndarray, region: np.ndarray, tolerance: int = 15) -> bool:
    """Whether the map's greatest value lies in the region or within `tolerance` pixels (Zhang et al. 2016)."""
    row, column = divmod(int(heat.argmax()), heat.shape[1])
    top, left = max(row - tolerance, 0), max(column - tolerance, 0)
    rows, columns = np.nonzero(region[top:row + tolerance + 1, left:column + tolerance + 1])
    return bool(len(rows) and (np.hypot(rows + top - row, columns + left - column) <= tolerance).any())
