"""How fast somebody labels, and what is left, in one line."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QWidget

from dlgui.gui.data.pace import Pace
from dlgui.gui.elided_label import ElidedLabel
from dlgui.project.project import ImageTable

AGAIN = 5000
"""Milliseconds after which the pace is told anew while somebody labels."""


class Meter(ElidedLabel):
    """Goes on measuring while somebody labels."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pace, self._left = Pace(), 0
        self.setProperty("soft", True)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._again = QTimer(self)
        self._again.setInterval(AGAIN)
        self._again.timeout.connect(self._tell)

    def labeled(self, count: int) -> None:
        """So many images got a label just now."""
        self._pace.add(time.monotonic(), count)

    def measure(self, table: ImageTable | None) -> None:
        """Says how many images of a table have no label."""
        self._left = int((table.usable & (table.label < 0)).sum()) if table is not None else 0
        self._tell()

    def _tell(self) -> None:
        left, pace = self._left, self._pace.per_minute(time.monotonic())
        parts = [self.tr("{n:,} without a label").format(n=left)] if left else []
        if pace is not None:
            parts.insert(0, self.tr("{n:,.0f} images/min").format(n=pace))
            if left and pace:
                parts.append(self.tr("{n:.0f} min to go").format(n=max(left / pace, 1)))
        self.setText("  ·  ".join(parts))
        self.setToolTip(self.tr("How fast you labeled during the last minute, and how many images have no label"))
        (self._again.start if pace is not None else self._again.stop)()
