"""How an image of a grid is painted: picture, stripe, caption, badge, flag and frame."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from dlgui.gui import icons, theme
from dlgui.gui.elided_label import elided
from dlgui.gui.grid_model import ITEM, GridItem, GridModel, Index

LINE = 16
"""Height of a line of a caption in pixels."""


class GridDelegate(QStyledItemDelegate):
    """Paints picture, stripe, caption, badge, flag and frame."""

    side = 128
    lines = 1
    """Of a caption."""

    def size(self) -> QSize:
        """Of an item."""
        return QSize(self.side + 16, self.side + 24 + LINE * self.lines)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self.size()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item = index.data(ITEM)
        if item is None:
            return
        c = theme.colours()
        box = option.rect.adjusted(3, 3, -3, -3)
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(c.accent), 2))
            fill = QColor(c.accent)
            fill.setAlpha(46)
            painter.setBrush(fill)
            painter.drawRoundedRect(box, 6, 6)
        elif state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(c.accent), 1, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(box, 6, 6)
        picture = QRect(box.left() + 5, box.top() + 5, self.side, self.side)
        self._picture(painter, item, picture, index)
        self._marks(painter, item, picture, c)
        painter.setPen(QColor(c.ink if item.caption and not item.tentative else c.soft))
        text = QRect(box.left() + 2, picture.bottom() + 7, box.width() - 4, 18)
        for name, figure in self._caption(item):
            painter.drawText(text, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, elided(
                name, figure, painter.fontMetrics(), text.width()))
            text.translate(0, LINE)
        painter.restore()

    def _caption(self, item: GridItem) -> list[tuple[str, str]]:
        """Name and figure of each line."""
        first, _, second = (item.caption or item.name.rpartition("/")[2]).partition("\n")
        if self.lines == 1:
            return [(first + second, item.figure)]
        return [(first, ""), (second.strip(), item.figure)]

    def _picture(self, painter: QPainter, item: GridItem, box: QRect, index: Index) -> None:
        model = index.model()
        assert isinstance(model, GridModel)
        pixmap = model.thumbnails.get(item.file)
        if pixmap is None or pixmap.isNull():
            painter.fillRect(box, QColor(theme.colours().raised))
            if pixmap is not None:
                painter.setPen(QColor(theme.colours().soft))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.tr("cannot\nbe read"))
            return
        size = pixmap.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(box.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(target, pixmap)

    def _marks(self, painter: QPainter, item: GridItem, box: QRect, c: theme.Colours) -> None:
        if item.colour:
            style = Qt.BrushStyle.Dense5Pattern if item.tentative else Qt.BrushStyle.SolidPattern
            painter.fillRect(QRect(box.left(), box.bottom() - 3, box.width(), 4), QBrush(QColor(item.colour), style))
        if item.mark:
            colour = {"wrong": c.wrong, "right": c.right, "warning": c.warning}[item.mark]
            painter.setPen(QPen(QColor(colour), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box.adjusted(1, 1, -1, -1))
        if item.badge:
            self._badge(painter, QRect(box.right() - 20, box.top() + 3, 18, 18), "#30404d")
            painter.setPen(QColor("#ffffff"))
            painter.drawText(QRect(box.right() - 20, box.top() + 3, 18, 18), Qt.AlignmentFlag.AlignCenter, item.badge)
        left = box.left() + 3
        for drawing, ground, there in (("flag", "#b3541e", item.flag), ("warning", "#8a5a00", item.mark == "warning")):
            if there:
                badge = QRect(left, box.top() + 3, 18, 18)
                self._badge(painter, badge, ground)
                painter.drawPixmap(badge.adjusted(2, 2, -2, -2), _white(drawing))
                left += 21

    def _badge(self, painter: QPainter, box: QRect, ground: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(box, 4, 4)


@cache
def _white(drawing: str) -> QPixmap:
    """A drawing for a badge, large enough for a screen of 300 percent."""
    return icons.pixmap(drawing, 42, "#ffffff")
