"""A scroll area that is as high as what it holds, where there is room."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget


class FittingScroll(QScrollArea):
    """Holds a widget; it scrolls only where there is less room than the widget wants."""

    def __init__(self, name: str, held: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._held = held
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setWidget(held)
        held.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():  # texts wrap elsewhere
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        held = self._held
        return QSize(200, held.heightForWidth(self.width()) if held.hasHeightForWidth() else held.sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 60)
