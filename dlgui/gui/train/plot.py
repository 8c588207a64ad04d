"""Training and validation error while they come in."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from dlgui.gui import theme

TRAINING, VALIDATION = "#d6338a", "#c79200"


class TrainingPlot(pg.PlotWidget):
    """Errors in percent over epochs; the loss of the batches as a thin line on a scale of its own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainingPlot")
        self.setAccessibleName(self.tr("Training progress"))
        self.setToolTip(self.tr("Errors over epochs. Wheel: zoom. Drag: move."))
        self.setLabel("left", self.tr("top-1 error"), units="%")
        self.getAxis("left").enableAutoSIPrefix(False)
        self.setLabel("bottom", self.tr("epoch"))
        self.showGrid(y=True, alpha=0.15)
        self.addLegend(offset=(-10, 10))
        self._lines = {key: self.plot([], [], pen=pg.mkPen(colour, width=2), symbol="o", symbolSize=5,
                                      symbolBrush=colour, symbolPen=None, name=name)
                       for key, name, colour in (("train_top1_error", self.tr("training"), TRAINING),
                                                 ("validation_top1_error", self.tr("validation"), VALIDATION))}
        self.dress()

    def dress(self) -> None:
        """Follows the theme."""
        c = theme.colours()
        self.setBackground(QColor(c.panel))
        for name in ("left", "bottom"):
            self.getAxis(name).setPen(c.line)
            self.getAxis(name).setTextPen(c.soft)

    def show_history(self, history: list[dict[str, Any]]) -> None:
        """Shows the rows of a run's history."""
        for key, line in self._lines.items():
            points = [(h["epoch"], 100 * h[key]) for h in history if h[key] is not None]
            line.setData([p[0] for p in points], [p[1] for p in points])
        values = [100 * h[k] for h in history for k in self._lines if h[k] is not None]
        self.setYRange(0, max([*values, 1.0]) * 1.08, padding=0)
        self.setXRange(0, max([h["epoch"] for h in history], default=1.0) + 0.5, padding=0)
