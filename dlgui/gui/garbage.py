"""Collects Python's cyclic garbage in the window's thread alone.

Python runs its collector in whichever thread allocates next. With a worker thread that may be the one that then
destroys a widget, a pixmap or a timer, and Qt aborts the process. So the automatic collector is off while the window
lives, and a timer does its work: a generation when it is due. With several windows it is off until the last one closes,
and what that leaves is collected before any other thread may.
"""

from __future__ import annotations

import gc
import sys
from typing import ClassVar

from PySide6.QtCore import QObject, QTimer

MILLISECONDS = 500
MANY_MODULES = 20


class Collector(QObject):
    """Switches the automatic collector off and collects in the thread of its parent; `close` switches it on again,
    where no other one is left."""

    _working: ClassVar[set[int]] = set()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._working.add(id(self))
        self._thresholds = gc.get_threshold()
        self._modules = len(sys.modules)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect)
        self._timer.start(MILLISECONDS)

    def collect(self) -> None:
        """Collects the oldest generation that is due; what an import has just left is there to stay, and is set aside
        instead: looking through torch's million objects would hold the window for a quarter of a second."""
        if len(sys.modules) > self._modules + MANY_MODULES:
            self._modules = len(sys.modules)
            gc.freeze()
            return
        counts = gc.get_count()
        for generation in (2, 1, 0):
            if counts[generation] > self._thresholds[generation]:
                gc.collect(generation)
                return

    def close(self) -> None:
        """Back to Python's own ways."""
        self._timer.stop()
        if id(self) in self._working:
            self._working.remove(id(self))
            gc.collect()
        if not self._working:
            gc.enable()
