"""Examples of what augmentation does to the project's own images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from dlgui import environment
from dlgui.engine.augmentation import Augmentation, augment
from dlgui.engine.images import read_image
from dlgui.engine.progress import Progress
from dlgui.errors import UnreadableImage
from dlgui.project.operations.plans import Plan, preprocessing_of
from dlgui.project.project import Project

SIDE = 128
"""Longest side of an example in pixels: nearly as large as it is shown, and quick to change."""

_IN_PIXELS = ("blur", "noise", "crop_pixel")
"""Settings that mean less on a smaller picture: lengths, and noise, which shrinking averages away."""


@dataclass(frozen=True)
class Example:
    """An image as the network is given it, shrunk to be shown.

    Attributes:
        path, label: of the image.
        width, height: what the network gets, in pixels.
        pixels: uint8 (H, W, C), no side longer than `SIDE`.
        factor: shrunk by this, at most 1.
    """

    path: str
    label: str
    width: int
    height: int
    pixels: np.ndarray
    factor: float


def examples(project: Project, plan: Plan, count: int, seed: int, progress: Progress | None = None) -> list[Example]:
    """Images of the training split (of all labeled ones before there is a split), classes in turn.

    Args:
        project: which.
        plan: decides size and preprocessing.
        count: how many at most.
        seed: another seed gives other images.

    Raises:
        DlguiError: the image folder is gone, or the size does not fit. Cancelled: see `Progress`.
    """
    table = project.images()
    rows = table.rows("train")
    rows = rows if len(rows) else table.rows("all")
    preprocessing = preprocessing_of(table, rows, plan)
    root = project.require_image_root()
    found: list[Example] = []
    for row in _in_turn(rows, table.label[rows], np.random.default_rng(seed)):
        if len(found) == count:
            break
        if progress is not None:
            progress.check()
        try:
            pixels = preprocessing.pixels(read_image(root / table.path[row]))
        except UnreadableImage:
            continue
        small, factor = _shrunk(pixels)
        found.append(Example(table.path[row], table.class_names[table.label[row]], preprocessing.width,
                             preprocessing.height, small, factor))
    return found


def _shrunk(pixels: np.ndarray) -> tuple[np.ndarray, float]:
    height, width, channels = pixels.shape
    factor = min(SIDE / max(height, width), 1.0)
    if factor == 1.0:
        return pixels, factor
    picture = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
    small = picture.resize((max(round(width * factor), 1), max(round(height * factor), 1)), Image.Resampling.BOX)
    return np.array(small).reshape(small.height, small.width, channels), factor


def _in_turn(rows: np.ndarray, labels: np.ndarray, random: np.random.Generator) -> list[int]:
    """Shuffled, one of each class, then the next of each."""
    order = random.permutation(len(rows))
    labels = labels[order]
    turn = np.zeros(len(rows), np.int64)
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        turn[mine] = np.arange(len(mine))
    return [int(row) for row in rows[order[np.argsort(turn, kind="stable")]]]


def augmented(originals: Sequence[Example], values: Mapping[str, Any], seed: int,
              progress: Progress | None = None) -> list[np.ndarray]:
    """Each example as one training step might see it: uint8 arrays of the examples' sizes.

    Args:
        originals: the examples; lengths in pixels are shrunk as they are.
        values: names and values of `Augmentation`.
        seed: of this throw of the dice; equal seeds give equal pictures.

    Raises:
        InvalidValue: a value that is not allowed. Cancelled: see `Progress`.
    """
    def changed(i: int) -> np.ndarray:
        if progress is not None:
            progress.check()
        augmentation = Augmentation.from_dict(_scaled(values, originals[i].factor))
        return augment(originals[i].pixels, augmentation, np.random.default_rng([seed, i]))
    with ThreadPoolExecutor(min(environment.cores(), 4)) as pool:
        return list(pool.map(changed, range(len(originals))))


def _scaled(values: Mapping[str, Any], factor: float) -> dict[str, Any]:
    shrunk = {name: values[name] * factor for name in _IN_PIXELS if not isinstance(values.get(name, "off"), str)}
    if "crop_pixel" in shrunk:
        shrunk["crop_pixel"] = max(round(shrunk["crop_pixel"]), 1)
    return {**values, **shrunk}
