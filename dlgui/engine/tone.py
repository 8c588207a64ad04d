"""From gray values of any depth to what a screen shows: range, brightness, contrast."""

from __future__ import annotations

import numpy as np

SAMPLES = 200_000
"""Automatic levels look at no more than about so many values."""


def full_range(pixels: np.ndarray) -> tuple[float, float]:
    """The gray values that become black and white where nothing is adjusted, as `to_uint8` of the images module has it.

    Args:
        pixels: any shape; integers or floating point.
    """
    if pixels.dtype == np.uint8:
        return 0.0, 255.0
    low, high = (float(np.nanmin(pixels)), float(np.nanmax(pixels))) if pixels.size else (0.0, 1.0)
    top = 1.0 if np.issubdtype(pixels.dtype, np.floating) else 65535.0
    if low >= 0 and high <= top:
        return 0.0, top
    return low, high if high > low else low + 1


def auto_range(pixels: np.ndarray) -> tuple[float, float]:
    """The gray values between which nearly all of the image lies: the percentiles 0.5 and 99.5 of a sample of it."""
    flat = pixels.reshape(-1)
    sample = flat[:: max(flat.size // SAMPLES, 1)]
    if np.issubdtype(sample.dtype, np.floating):
        sample = sample[np.isfinite(sample)]
    if not sample.size:
        return full_range(pixels)
    low, high = (float(v) for v in np.percentile(sample, (0.5, 99.5)))
    return (low, high) if high > low else full_range(pixels)


def to_screen(pixels: np.ndarray, low: float, high: float, brightness: int = 0, contrast: int = 0) -> np.ndarray:
    """uint8, same shape: black at `low`, white at `high`, then brightness and contrast around the middle.

    Args:
        pixels: gray values of any kind.
        low, high: in gray values.
        brightness: -100 … 100; 100 lifts black to white.
        contrast: -100 … 100; the slope is 10 to the power of contrast / 100.
    """
    slope = 10.0 ** (contrast / 100)

    def shown(values: np.ndarray) -> np.ndarray:
        level = ((values - low) / (high - low) - 0.5) * slope + 0.5 + brightness / 100
        return np.rint(np.nan_to_num(level) * 255).clip(0, 255).astype(np.uint8)

    if pixels.dtype in (np.uint8, np.uint16):  # a table of all gray values is far smaller than most images
        return shown(np.arange(np.iinfo(pixels.dtype).max + 1, dtype=np.float64))[pixels]
    return shown(pixels.astype(np.float32))
