"""Tabs that are not painted anew when something inside of them is arranged anew."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QTabWidget


class SteadyTabs(QTabWidget):
    """A label that gets another text asks everything around it to be arranged anew, and Qt's tabs then paint all that
    is inside of them, though nothing has moved: 30 ms of a processor each time. These do so only where bar, corner or
    their own size have changed; what wants more room only asks whatever the tabs lie in."""

    _parts: tuple[QSize, ...] = ()
    _least = QSize()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            corner, least = self.cornerWidget(), self.minimumSizeHint()
            parts = self.size(), self.tabBar().sizeHint(), corner.sizeHint() if corner is not None else QSize()
            if parts == self._parts:
                if least != self._least:
                    self._least = least
                    self.updateGeometry()
                return True
            self._parts, self._least = parts, least
        return super().event(event)
