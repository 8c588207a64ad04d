"""How fast somebody labels."""

from __future__ import annotations

from collections import deque

WINDOW = 60.0
"""Seconds that count; a longer pause starts anew."""


class Pace:
    """Images labeled per minute over the last minute."""

    def __init__(self) -> None:
        self._labeled: deque[tuple[float, int]] = deque()

    def add(self, now: float, count: int) -> None:
        """`count` images got a label at the time `now`, in seconds of any clock."""
        if self._labeled and now - self._labeled[-1][0] > WINDOW:
            self._labeled.clear()
        self._labeled.append((now, count))

    def per_minute(self, now: float) -> float | None:
        """Images per minute, None while there is too little to say."""
        while self._labeled and now - self._labeled[0][0] > WINDOW:
            self._labeled.popleft()
        if len(self._labeled) < 2:
            return None
        first, seconds = self._labeled[0], now - self._labeled[0][0]
        labeled = sum(count for _, count in self._labeled) - first[1]  # the first only starts the clock
        return 60 * labeled / max(seconds, 1.0)
