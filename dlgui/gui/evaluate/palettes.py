"""Colours of the confusion matrix: the legacy procedure's own, and some that colour-blind people can read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlgui.engine.matrix_table import step_colours
from dlgui.gui import theme

Palette = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i:i + 2], 16) for i in (1, 3, 5)], np.float64)


def blue_orange(shares: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    """Hits in blue, errors in orange, both stronger with their share; small errors are lifted."""
    strength = np.where(diagonal, shares, np.minimum(shares * 2.5, 1.0) ** 0.6)[..., None]
    ends = np.where(diagonal[..., None], _rgb("#1f5fa8"), _rgb("#e66f00"))
    ground = _rgb(theme.colours().raised)
    return np.round(ground + (ends - ground) * strength).astype(np.uint8)


def sequential(shares: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    """One scale from dark blue over green to yellow, lightness rising evenly, as in perceptually uniform maps."""
    stops = np.stack([_rgb(c) for c in ("#3b1056", "#39548b", "#22908c", "#60c860", "#fae622")])
    place = np.sqrt(shares) * (len(stops) - 1)
    low = np.minimum(place.astype(np.int64), len(stops) - 2)
    part = (place - low)[..., None]
    return np.round(stops[low] * (1 - part) + stops[low + 1] * part).astype(np.uint8)


def plain(shares: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    """No colours."""
    found = np.empty((*shares.shape, 3), np.uint8)
    found[:] = _rgb(theme.colours().panel)
    return found


def difference(shares: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    """Shares gained (−1…1) by a second classifier: blue where it is better, orange where it is worse."""
    better = np.where(diagonal, shares, -shares)
    strength = np.minimum(np.abs(better) * 4, 1.0)[..., None] ** 0.5
    ends = np.where(better[..., None] > 0, _rgb("#1f5fa8"), _rgb("#e66f00"))
    ground = _rgb(theme.colours().raised)
    return np.round(ground + (ends - ground) * strength).astype(np.uint8)


PALETTES: dict[str, Palette] = {"halcon": step_colours, "blue_orange": blue_orange, "sequential": sequential,
                                "plain": plain, "difference": difference}


_LEVELS = np.arange(256) / 255.0
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(np.float32)


def dark(rgb: np.ndarray) -> np.ndarray:
    """Whether white text reads better than black on a colour: uint8 (…, 3) → bool (…); WCAG's relative luminance."""
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32)
    return _LINEAR[rgb] @ weights < 0.179
