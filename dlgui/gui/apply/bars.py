"""Confidences as bars, with each class's threshold as a mark."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from dlgui.gui import theme
from dlgui.gui.widgets import named

_ROW = 24


class ConfidenceBars(QWidget):
    """The most confident classes of one image, as many as fit."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, name, self.tr("Confidences; the mark on a bar is the threshold below which the answer is not sure"))
        self._classes: list[str] = []
        self._confidences = np.empty(0, np.float32)
        self._thresholds: tuple[float, ...] = ()
        self.setMinimumHeight(3 * _ROW)

    def sizeHint(self) -> QSize:
        return QSize(260, max(3, min(len(self._classes), 8)) * _ROW)

    def show_confidences(self, classes: Sequence[str], confidences: np.ndarray | None,
                         thresholds: tuple[float, ...] = ()) -> None:
        """Shows float32 (classes,); None clears."""
        changed = len(classes) != len(self._classes)
        self._classes, self._thresholds = list(classes), thresholds
        self._confidences = np.empty(0, np.float32) if confidences is None else confidences
        if changed:
            self.updateGeometry()
        self.update()

    def shown(self) -> list[tuple[str, float]]:
        """The classes that are drawn, with their confidences."""
        fits = max(self.height() // _ROW, 1)
        return [(self._classes[i], float(self._confidences[i]))
                for i in np.argsort(-self._confidences, kind="stable")[:fits]]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, metrics = theme.colours(), self.fontMetrics()
        figure = metrics.horizontalAdvance("100.0 %") + 8
        widest = max((metrics.horizontalAdvance(name) for name, _ in self.shown()), default=0) + 10
        label = min(widest, max(self.width() * 2 // 5, 60))
        for row, (name, confidence) in enumerate(self.shown()):
            top = row * _ROW
            painter.setPen(QColor(c.ink))
            painter.drawText(QRect(0, top, label - 6, _ROW), int(Qt.AlignmentFlag.AlignVCenter), metrics.elidedText(
                name, Qt.TextElideMode.ElideMiddle, label - 6))
            track = QRect(label, top + 7, max(self.width() - label - figure, 10), _ROW - 14)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(c.raised))
            painter.drawRoundedRect(track, 4, 4)
            filled = QRect(track)
            filled.setWidth(round(track.width() * confidence))
            painter.setBrush(QColor(c.accent if row == 0 else c.soft))
            painter.drawRoundedRect(filled, 4, 4)
            if self._thresholds:
                x = track.left() + round(track.width() * self._thresholds[self._classes.index(name)])
                painter.setPen(QPen(QColor(c.warning), 2))
                painter.drawLine(x, track.top() - 3, x, track.bottom() + 3)
            painter.setPen(QColor(c.ink if row == 0 else c.soft))
            painter.drawText(QRect(track.right(), top, figure, _ROW),
                             int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter),
                             f"{100 * confidence:.1f} %")
        painter.end()
