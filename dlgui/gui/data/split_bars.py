"""A bar a class: how many of its images each subset gets."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from dlgui.engine.splitting import SUBSETS
from dlgui.gui import theme, words

COLOURS = {"train": "#4e79a7", "validation": "#edc948", "test": "#59a14f"}
INK = {"train": "#ffffff", "validation": "#10202c", "test": "#10202c"}
HEIGHT = 22
GAP = 18
"""At most so many pixels lie between the parts of the legend."""

NAMES = 0.42
"""At most so much of the width is for the names."""


class SplitBars(QWidget):
    """Legend with totals, then a bar a class; classes that reach no image of a wanted subset are marked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("splitBars")
        self.counts: dict[str, dict[str, int]] = {}
        self.weak: set[str] = set()

    def show_counts(self, per_class: Mapping[str, Mapping[str, int]]) -> None:
        """Shows the number of images of each class in each subset."""
        self.counts = {name: dict(counts) for name, counts in per_class.items()}
        self.weak = {name for name, counts in self.counts.items() if sum(counts.values()) and not all(counts.values())}
        self.setMinimumHeight(self.sizeHint().height())
        lines = [f"{name}: {c['train']} train, {c['validation']} validation, {c['test']} test"
                 for name, c in self.counts.items()]
        self.setToolTip(words.tip("\n".join([*lines[:40], *(["…"] if len(lines) > 40 else [])])))
        self.setAccessibleDescription("; ".join(lines))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, HEIGHT * (len(self.counts) + 1) + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = QPainter(self), theme.colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._legend(painter, c)
        metrics = painter.fontMetrics()
        room = min(int(NAMES * self.width()), max(map(metrics.horizontalAdvance, self.counts), default=0) + 8)
        first = max(event.rect().top() // HEIGHT - 1, 0)
        last = event.rect().bottom() // HEIGHT + 1
        for i, (name, counts) in enumerate(list(self.counts.items())[first:last], first):
            top, total = HEIGHT * (i + 1) + 2, sum(counts.values())
            painter.setPen(QColor(c.warning if name in self.weak else c.ink))
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room - 6)
            painter.drawText(QRectF(0, top, room, 18), Qt.AlignmentFlag.AlignVCenter, shown)
            left, bar = float(room), self.width() - room - 1.0
            painter.fillRect(QRectF(left, top + 1, bar, 15), QColor(c.raised))
            for subset in SUBSETS:
                part = bar * counts[subset] / total if total else 0.0
                painter.fillRect(QRectF(left, top + 1, part, 15), QColor(COLOURS[subset]))
                text = f"{counts[subset]:,}"
                if part > metrics.horizontalAdvance(text) + 4:
                    painter.setPen(QColor(INK[subset]))
                    painter.drawText(QRectF(left, top, part, 17), Qt.AlignmentFlag.AlignCenter, text)
                left += part
        painter.end()

    def _legend(self, painter: QPainter, c: theme.Colours) -> None:
        metrics, left = painter.fontMetrics(), 0.0
        texts = [f"{subset} {sum(counts[subset] for counts in self.counts.values()):,}" for subset in SUBSETS]
        spare = self.width() - sum(13 + metrics.horizontalAdvance(text) for text in texts)
        for subset, text in zip(SUBSETS, texts, strict=True):
            painter.fillRect(QRectF(left, 5, 9, 9), QColor(COLOURS[subset]))
            painter.setPen(QColor(c.soft))
            width = 13 + metrics.horizontalAdvance(text)
            painter.drawText(QRectF(left + 13, 0, width, 18), Qt.AlignmentFlag.AlignVCenter, text)
            left += width + max(min(spare / (len(SUBSETS) - 1), GAP), 2)
