"""A label whose text changes many times a second without the window being arranged, and painted, anew each time."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class Still(QWidget):
    """Stands in a layout for a label: the room grows where a text needs more, and shrinks only when it is told to.

    A label in a layout asks for a new arrangement with every text; that of the whole window costs more than the text.
    """

    def __init__(self, label: QLabel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = label
        label.setParent(self)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not label.toolTip())
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._grow()

    def say(self, text: str) -> None:
        """Shows another text."""
        if text != self.label.text():
            self.label.setText(text)
            self._grow()

    def shrink(self) -> None:
        """Takes no more room than the text needs."""
        self.setMinimumSize(0, 0)
        self._grow()

    def _grow(self) -> None:
        needed = self.label.sizeHint()
        if self.label.wordWrap():
            needed = QSize(0, self.label.heightForWidth(self.width()))
        self.setMinimumSize(self.minimumSize().expandedTo(needed))
        self.label.resize(self.size().expandedTo(self.minimumSize()))

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._grow()
        super().resizeEvent(event)
