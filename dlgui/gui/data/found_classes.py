"""A table of classes with their first images, for what is not imported yet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from dlgui.gui import theme, words
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import named

MOST = 200
"""So many classes are listed; who has more sees by the first that the source is the wrong one."""

SIDE, PICTURES = 44, 8
FILES = int(Qt.ItemDataRole.UserRole)


class _Pictures(QStyledItemDelegate):
    def __init__(self, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails

    def paint(self, painter: QPainter, option: QStyleOptionViewItem,
              index: QModelIndex | QPersistentModelIndex) -> None:
        files: list[str] = index.data(FILES) or []
        box = option.rect
        for i, file in enumerate(files[:max(box.width() // (SIDE + 4), 1)]):
            place = QRect(box.left() + 4 + i * (SIDE + 4), box.top() + (box.height() - SIDE) // 2, SIDE, SIDE)
            pixmap = self._thumbnails.get(file)
            if pixmap is None or pixmap.isNull():
                painter.fillRect(place, QColor(theme.colours().raised))
                if pixmap is not None:
                    painter.setPen(QColor(theme.colours().wrong))
                    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "!")
                continue
            size = pixmap.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(0, 0, size.width(), size.height())
            target.moveCenter(place.center())
            painter.drawPixmap(target, pixmap)


class FoundClasses(QTableWidget):
    """Class, number of images, first images."""

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        named(self, "importFound", self.tr("What this label source gives"))
        self.setHorizontalHeaderLabels([self.tr("class"), self.tr("images"), self.tr("first images")])
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.setColumnWidth(0, 210)
        self.setColumnWidth(1, 80)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(SIDE + 8)
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setItemDelegateForColumn(2, _Pictures(thumbnails, self))
        thumbnails.ready.connect(lambda _: self.viewport().update())

    def sizeHint(self) -> QSize:
        return QSize(620, 260)

    def show_classes(self, root: Path, classes: Sequence[tuple[str | None, int, list[str]]]) -> None:
        """Fills the table with name (None: no label), number and paths of each class."""
        self.setRowCount(min(len(classes), MOST))
        for row, (name, count, paths) in enumerate(classes[:MOST]):
            label = QTableWidgetItem(self.tr("no label") if name is None else name)
            label.setToolTip(words.tip(name or ""))
            number = QTableWidgetItem(f"{count:,}")
            pictures = QTableWidgetItem()
            pictures.setData(FILES, [str(root / path) for path in paths])
            pictures.setToolTip(words.tip("\n".join(paths)))
            for column, item in enumerate((label, number, pictures)):
                self.setItem(row, column, item)
