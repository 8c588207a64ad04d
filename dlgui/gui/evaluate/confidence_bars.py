"""The confidences of one image as bars."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from dlgui.gui import theme
from dlgui.gui.widgets import named

ROWS = 4


class ConfidenceBars(QWidget):
    """The most confident classes, and the true one; the truth is marked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "confidenceBars", self.tr("Confidences of the classes; ● marks the true one"))
        self.rows: list[tuple[str, float, bool, bool]] = []
        """(class, confidence, whether it is true, whether it is predicted), most confident first."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_confidences(self, classes: list[str], confidences: np.ndarray | None, truth: str, predicted: str) -> None:
        """Shows others; None shows nothing."""
        self.rows = []
        if confidences is not None:
            order = np.argsort(-confidences, kind="stable")[:ROWS].tolist()
            if truth in classes and classes.index(truth) not in order:
                order[-1] = classes.index(truth)
            self.rows = [(classes[i], float(confidences[i]), classes[i] == truth, classes[i] == predicted)
                         for i in order]
        self.setAccessibleDescription(", ".join(f"{name} {100 * share:.0f} %" for name, share, *_ in self.rows))
        self.updateGeometry()
        self.update()

    def _line(self) -> int:
        return self.fontMetrics().height() + 5

    def sizeHint(self) -> QSize:
        return QSize(200, self._line() * len(self.rows))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self._line() * len(self.rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = QPainter(self), theme.colours()
        line, figure = self._line(), self.fontMetrics().horizontalAdvance("100.0 %") + 6
        name_width = min(max((self.fontMetrics().horizontalAdvance(n) for n, *_ in self.rows), default=0) + 20,
                         self.width() // 2)
        for i, (name, share, true, predicted) in enumerate(self.rows):
            top = i * line
            painter.setPen(QColor(c.ink if true or predicted else c.soft))
            painter.drawText(QRect(0, top, 14, line), Qt.AlignmentFlag.AlignVCenter, "●" if true else "")
            shown = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, name_width - 16)
            painter.drawText(QRect(14, top, name_width - 14, line), Qt.AlignmentFlag.AlignVCenter, shown)
            bar = QRect(name_width, top + line // 2 - 4, max(self.width() - name_width - figure, 10), 8)
            painter.fillRect(bar, QColor(c.raised))
            colour = c.right if true else c.wrong if predicted else c.faint
            painter.fillRect(QRect(bar.left(), bar.top(), round(bar.width() * share), bar.height()), QColor(colour))
            painter.drawText(QRect(self.width() - figure, top, figure, line), Qt.AlignmentFlag.AlignRight
                             | Qt.AlignmentFlag.AlignVCenter, f"{100 * share:.1f} %")
