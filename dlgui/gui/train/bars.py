"""A few errors as bars: what a quick training, which has no epochs, has to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from dlgui.gui import theme
from dlgui.gui.train import picture_file
from dlgui.gui.words import percent

ROW, HEAD, MARGIN = 24, 30, 14


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes:
        name: on its left.
        value: an error as a fraction; None where it is not known.
        colour: `#rrggbb`; strong: whether it is marked as chosen.
    """

    name: str
    value: float | None
    colour: str = ""
    strong: bool = False


class BarChart(QWidget):
    """Groups of bars with titles, all on one scale that begins at zero."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("errorBars")
        self.setAccessibleName(self.tr("Errors of the run"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.groups: list[tuple[str, list[Bar]]] = []

    def show_groups(self, groups: Sequence[tuple[str, Sequence[Bar]]]) -> None:
        """Shows groups: title and bars."""
        self.groups = [(title, list(bars)) for title, bars in groups if bars]
        self.setMinimumHeight(self.sizeHint().height())
        self.setAccessibleDescription("; ".join(f"{bar.name} {percent(bar.value)}" for _, bars in self.groups
                                                for bar in bars))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(420, 2 * MARGIN + sum(HEAD + ROW * len(bars) + 8 for _, bars in self.groups))

    def picture(self, path: Path) -> Callable[[], None]:
        """The bars as PNG or SVG, by the suffix; see `picture_file.paint`."""
        return picture_file.paint(path, self, self._paint)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint(painter)
        painter.end()

    def _paint(self, painter: QPainter) -> None:
        c = theme.colours()
        painter.setFont(self.font())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(c.panel))
        values = [bar.value for _, bars in self.groups for bar in bars if bar.value is not None]
        top = max([*values, 1e-4])
        bold = QFont(self.font())
        bold.setBold(True)
        metrics = painter.fontMetrics()
        names = max((metrics.horizontalAdvance(bar.name) for _, bars in self.groups for bar in bars), default=0) + 24
        left = MARGIN + min(names, self.width() // 2)
        room = max(self.width() - left - MARGIN - metrics.horizontalAdvance("100.00 %") - 14, 20)
        y = MARGIN
        for title, bars in self.groups:
            painter.setFont(bold)
            painter.setPen(QColor(c.ink))
            painter.drawText(QRect(MARGIN, y, self.width() - 2 * MARGIN, HEAD), Qt.AlignmentFlag.AlignVCenter,
                             painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight,
                                                              self.width() - 2 * MARGIN))
            y += HEAD
            for bar in bars:
                painter.setFont(bold if bar.strong else self.font())
                painter.setPen(QColor(c.ink if bar.strong or bar.value is not None else c.soft))
                name = metrics.elidedText(bar.name, Qt.TextElideMode.ElideMiddle, left - MARGIN - 10)
                painter.drawText(QRect(MARGIN, y, left - MARGIN - 10, ROW), Qt.AlignmentFlag.AlignVCenter, name)
                length = room * (bar.value or 0.0) / top
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(c.raised))
                painter.drawRoundedRect(QRectF(left, y + 5, room, ROW - 10), 3, 3)
                painter.setBrush(QColor(bar.colour or (c.accent if bar.strong else c.faint)))
                if bar.value:
                    painter.drawRoundedRect(QRectF(left, y + 5, max(length, 3.0), ROW - 10), 3, 3)
                painter.setPen(QColor(c.ink))
                painter.drawText(QRect(left + room + 10, y, self.width(), ROW), Qt.AlignmentFlag.AlignVCenter,
                                 percent(bar.value))
                y += ROW
            y += 8
