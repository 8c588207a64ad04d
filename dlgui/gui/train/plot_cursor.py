"""The line under the mouse in a plot, and beside it what the curves say there."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QWidget

from dlgui.gui import theme

APART = 16, 12
"""Pixels between the mouse and the text."""


class PlotCursor:
    """A line through a box of a plot, and a text over the plot."""

    def __init__(self, plot: QWidget, box: pg.ViewBox) -> None:
        self._plot = plot
        self._line = pg.InfiniteLine(angle=90, movable=False)
        box.addItem(self._line, ignoreBounds=True)
        self._text = QLabel(plot)
        self._text.setObjectName("plotReadout")
        self._text.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def dress(self) -> None:
        """Follows the theme."""
        c = theme.colours()
        self._line.setPen(theme.pen(c.soft, width=1))
        self._text.setStyleSheet(f"background: {c.panel}; color: {c.ink}; border: 1px solid {c.line}; "
                                 "border-radius: 4px; padding: 5px 7px;")

    def show(self, x: float, place: QPoint, text: str) -> None:
        """Shows a text beside a place of the plot, and the line at `x` of the axis."""
        self._line.setPos(x)
        self._text.setText(text)
        self._text.adjustSize()
        across, down = APART
        left = place.x() + across
        if left + self._text.width() > self._plot.width():
            left = place.x() - across - self._text.width()
        lowest = self._plot.height() - self._text.height() - 2
        self._text.move(max(left, 2), max(min(place.y() + down, lowest), 2))
        self._line.show()
        self._text.show()

    def hide(self) -> None:
        """There is nothing to say."""
        self._line.hide()
        self._text.hide()
