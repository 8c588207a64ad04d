"""Risk against coverage, with the rule that is being designed as a point on it."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from dlgui.engine.rejection import Curve, Outcome
from dlgui.gui import theme
from dlgui.gui.widgets import named


class RejectCurve(pg.PlotWidget):
    """The curve of one threshold for all classes; a click chooses a point of it.

    Signals:
        chosen: the threshold of the point that was clicked.
    """

    chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "rejectCurve", self.tr("Share of wrong answers against share of images that are answered. "
                                           "Click a point to take its threshold for every class."))
        self._curve: Curve | None = None
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self.setMenuEnabled(False)
        self.showGrid(x=True, y=True, alpha=0.15)
        self.setLabel("left", self.tr("wrong among the answers, %"))
        self.setLabel("bottom", self.tr("answered, %"))
        c = theme.colours()
        theme.dress_plot(self)
        self._line = self.plot([], [], pen=theme.pen(c.accent, width=2))
        self._here = self.plot([], [], pen=None, symbol="o", symbolSize=13, symbolBrush=c.warning, symbolPen=c.panel)

    def show_curve(self, curve: Curve) -> None:
        """Shows another curve."""
        self._curve = curve
        self._line.setData(100 * curve.coverage, 100 * curve.risk)
        top = 100 * float(curve.risk.max(initial=0))
        high = max(1.15 * top, 1.0)
        self.setYRange(-0.05 * high, high, padding=0)
        self.setXRange(0, 102, padding=0)

    def show_outcome(self, found: Outcome) -> None:
        """Marks what the rule does."""
        self._here.setData([100 * found.coverage], [100 * found.risk])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._curve is None or event.button() != Qt.MouseButton.LeftButton or not len(self._curve.coverage):
            return
        place = self.getViewBox().mapSceneToView(self.mapToScene(event.position().toPoint()))
        nearest = int(np.argmin(np.abs(100 * self._curve.coverage - place.x())))
        self.chosen.emit(float(self._curve.threshold[nearest]))
