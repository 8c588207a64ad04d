"""Images that are unlike the rest of their set in size or brightness."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from dlgui.engine.images import read_image
from dlgui.errors import UnreadableImage

COMMON = 0.8
"""Where at least this share of the images has one size, every other size is odd."""

TIMES = 3.0
"""Otherwise an area or an aspect ratio that is so many times the median, or a fraction of it, is odd."""

SPREADS = 5.0
"""A brightness or contrast that is so many robust standard deviations from the median is odd …"""

LEAST = 30.0
"""… if it also differs by so many gray values."""

FLAT = 2.0
"""An image whose gray values deviate less than this is empty."""


@dataclass(frozen=True)
class Odd:
    """One image that is unlike the others, and a few words on how."""

    index: int
    why: str


def odd_sizes(widths: np.ndarray, heights: np.ndarray) -> list[Odd]:
    """Images of a size or shape that is far from that of the others.

    Args:
        widths, heights: int (n,), pixels.
    """
    if len(widths) < 3:
        return []
    sizes, place, counts = np.unique(np.stack([widths, heights], 1), axis=0, return_inverse=True, return_counts=True)
    usual = sizes[counts.argmax()]
    if counts.max() >= COMMON * len(widths):
        odd = np.flatnonzero(place.reshape(-1) != counts.argmax())
        return [Odd(int(i), f"{widths[i]} × {heights[i]}, the others are {usual[0]} × {usual[1]}") for i in odd]
    area, aspect = np.log(widths * heights.astype(float)), np.log(widths / heights)
    found = []
    for i in np.flatnonzero((np.abs(area - np.median(area)) > np.log(TIMES))
                            | (np.abs(aspect - np.median(aspect)) > np.log(TIMES))):
        found.append(Odd(int(i), f"{widths[i]} × {heights[i]}"))
    return found


def odd_brightness(means: np.ndarray, deviations: np.ndarray) -> list[Odd]:
    """Images that are far darker, brighter or flatter than the others, the strangest first.

    Args:
        means, deviations: float (n,), of the gray values 0 … 255; NaN where unknown.
    """
    known = np.isfinite(means)
    if known.sum() < 3:
        return []
    middle = float(np.median(means[known]))
    spread = max(1.4826 * float(np.median(np.abs(means[known] - middle))), 1e-6)
    distance = np.where(known, means - middle, 0.0)
    strange = (np.abs(distance) > SPREADS * spread) & (np.abs(distance) > LEAST)
    empty = known & (deviations < FLAT) & (float(np.median(deviations[known])) > 2 * FLAT)
    order = sorted(np.flatnonzero(strange | empty), key=lambda i: (not empty[i], -abs(distance[i])))
    return [Odd(int(i), f"{'empty' if empty[i] else 'bright' if distance[i] > 0 else 'dark'}: mean gray value "
                        f"{means[i]:.0f}, usual is {middle:.0f}") for i in order]


def brightness(file: Path) -> tuple[float, float]:
    """Mean and standard deviation of the gray values of an image, scaled down; NaN where it cannot be read."""
    try:
        pixels = read_image(file)
    except UnreadableImage:
        return float("nan"), float("nan")
    image = Image.fromarray(pixels).convert("L")
    image.thumbnail((256, 256), Image.Resampling.BOX)
    values = np.asarray(image, np.float32)
    return float(values.mean()), float(values.std())
