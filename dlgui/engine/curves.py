"""Curves of any length, reduced to what a screen can show without hiding a peak."""

from __future__ import annotations

import numpy as np

SMOOTHED = 1 << 14
"""Points of a smoothed curve at most: it does not change faster than they follow one another."""

FACTOR = 8
"""Points that one block of a level sums up in the level above it."""


class Curve:
    """A growing curve with a pyramid of minima and maxima, so that a window of it costs what the screen is wide.

    x must not fall and y must be finite. Appending n points costs O(n).
    """

    def __init__(self, x: np.ndarray | None = None, y: np.ndarray | None = None) -> None:
        self._x, self._y = _Growing(), _Growing()
        self._levels: list[tuple[_Growing, _Growing]] = []
        if x is not None and y is not None:
            self.extend(x, y)

    def __len__(self) -> int:
        return len(self._x)

    @property
    def x(self) -> np.ndarray:
        """float64 (n,)."""
        return self._x.values

    @property
    def y(self) -> np.ndarray:
        """float64 (n,)."""
        return self._y.values

    def extend(self, x: np.ndarray, y: np.ndarray) -> None:
        """Appends points, float (n,)."""
        if not len(x):
            return
        first = len(self)
        self._x.put(first, np.asarray(x, np.float64))
        self._y.put(first, np.asarray(y, np.float64))
        low = high = self._y
        for level in range(64):
            if len(low) <= FACTOR:
                return
            if level == len(self._levels):
                self._levels.append((_Growing(), _Growing()))
                first = 0
            first //= FACTOR
            starts = np.arange(0, len(low) - first * FACTOR, FACTOR)
            above = self._levels[level]
            above[0].put(first, np.minimum.reduceat(low.values[first * FACTOR:], starts))
            above[1].put(first, np.maximum.reduceat(high.values[first * FACTOR:], starts))
            low, high = above

    def visible(self, low: float, high: float, most: int) -> tuple[np.ndarray, np.ndarray]:
        """What is to be drawn of the window `low` … `high`, with one point beyond each end.

        Args:
            most: about so many points are given at most; more are summed up as the least and greatest of each block.

        Returns:
            x and y, float64 (m,).
        """
        first = max(int(np.searchsorted(self.x, low)) - 1, 0)
        last = min(int(np.searchsorted(self.x, high, side="right")) + 1, len(self))
        count, block = last - first, 1
        for lows, highs in self._levels:
            if count <= most * block / (2 if block > 1 else 1):
                break
            block *= FACTOR
            chosen = lows, highs
        if block == 1:
            return self.x[first:last], self.y[first:last]
        rows = slice(first // block, -(-last // block))
        y = np.stack([chosen[0].values[rows], chosen[1].values[rows]], 1).ravel()
        return np.repeat(self.x[rows.start * block:rows.stop * block:block], 2)[:len(y)], y

    def at(self, x: float) -> float | None:
        """y of the point nearest to x; None without points."""
        if not len(self):
            return None
        right = min(int(np.searchsorted(self.x, x)), len(self) - 1)
        left = max(right - 1, 0)
        return float(self.y[left if abs(self.x[left] - x) <= abs(self.x[right] - x) else right])

    def smoothed(self, share: float) -> Curve:
        """Each point as the mean of its neighbours within `share` (0…1) of the curve's points; of a long curve only
        some."""
        half = int(share * len(self) / 2)
        if not half:
            return self
        sums = np.concatenate([[0.0], np.cumsum(self.y)])
        place = np.linspace(0, len(self) - 1, min(len(self), SMOOTHED)).round().astype(np.int64)
        reach = np.minimum(half, np.minimum(place, len(self) - 1 - place))  # symmetric, so that no end is pulled
        return Curve(self.x[place], (sums[place + reach + 1] - sums[place - reach]) / (2 * reach + 1))


class _Growing:
    """float64 values in an array that doubles when it is full."""

    def __init__(self) -> None:
        self._array, self._count = np.empty(64), 0

    def __len__(self) -> int:
        return self._count

    @property
    def values(self) -> np.ndarray:
        return self._array[:self._count]

    def put(self, first: int, values: np.ndarray) -> None:
        """Replaces everything from `first` on."""
        self._count = first + len(values)
        if self._count > len(self._array):
            larger = np.empty(max(2 * len(self._array), self._count))
            larger[:first] = self._array[:first]
            self._array = larger
        self._array[first:self._count] = values
