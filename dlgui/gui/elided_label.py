"""Texts of one line that lose their middle where there is no room, so that beginning and end stay."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from dlgui.gui import words


def elided(name: str, figure: str, metrics: QFontMetrics, width: int) -> str:
    """A name and the figure behind it, which stays whole: names lose their middle, for many differ in their ends."""
    behind = f"  {figure}" if figure else ""
    return metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, width - metrics.horizontalAdvance(behind)) + behind


class ElidedLabel(QLabel):
    """Asks for no width; the tooltip has the whole text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(words.tip(text))

    def minimumSizeHint(self) -> QSize:
        return QSize(30, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, room = QPainter(self), self.contentsRect()
        shown = elided(self.text(), "", self.fontMetrics(), room.width())
        self.style().drawItemText(painter, room, int(self.alignment()),
                                  self.palette(), self.isEnabled(), shown, self.foregroundRole())
