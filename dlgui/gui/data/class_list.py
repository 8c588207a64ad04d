"""The classes with colour, key and count; drop images on one to label them, drag one to reorder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, QRect, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QIcon,
    QKeyEvent,
    QPainter,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from dlgui.gui import theme, words
from dlgui.gui.grid_model import DRAGGED
from dlgui.project.project import ClassInfo, ImageTable

ID = int(Qt.ItemDataRole.UserRole)
_INFO, _COUNT = ID + 1, ID + 2
_DRAGGED = "application/x-dlgui-class"


class ClassList(QListWidget):
    """First all images, then every class.

    Signals:
        dropped: id of the class that the dragged images shall get.
        reordered: ids of all classes in their new order, and the one that was moved.
        key: text of a plain key, for whoever labels.
        renaming: F2 on a class, its id.
    """

    dropped = Signal(int)
    reordered = Signal(list, int)
    key = Signal(str, bool)
    renaming = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("classList")
        self.setAccessibleName(self.tr("Classes"))
        self.setToolTip(self.tr("Click: show only this class. Double click, or drop images: label them.\n"
                                "Drag a class, or Alt+Up and Alt+Down: reorder.\n"
                                "Right click: rename, merge, recolour, key, delete."))
        self.setItemDelegate(_ClassDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(False)  # the delegate shows where it goes
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.target = -1
        self.between = False
        self._shown: tuple[list[ClassInfo], list[int]] = [], []

    def show_classes(self, table: ImageTable | None, classes: list[ClassInfo]) -> None:
        """Shows the classes with how many images each has; the current row stays."""
        row = max(self.currentRow(), 0)
        counts = np.bincount(table.label + 1, minlength=len(classes) + 1) if table is not None else np.empty(0, int)
        shown = list(classes), counts.tolist()
        if shown == self._shown:
            return  # a press that chooses a class asks for this; items made anew could not be dragged
        self._shown = shown
        with QSignalBlocker(self):
            self.clear()
            if table is None:
                return
            everything = QListWidgetItem(self.tr("All images"))
            everything.setData(_COUNT, len(table))
            everything.setFlags(everything.flags() & ~Qt.ItemFlag.ItemIsDragEnabled)
            self.addItem(everything)
            for info, count in zip(classes, counts[1:].tolist(), strict=True):
                item = QListWidgetItem(info.name)
                for role, value in ((ID, info.id), (_INFO, info), (_COUNT, count)):
                    item.setData(role, value)
                item.setToolTip(words.tip(self.tr("{name}: {n:,} images{key}").format(
                    name=info.name, n=count, key=self.tr(", key {k}").format(k=info.shortcut.upper())
                    if info.shortcut else "")))
                self.addItem(item)
            self.setCurrentRow(min(row, self.count() - 1))

    def choose(self, label: int | None) -> None:
        """Marks the class that is shown, None for all, without announcing it."""
        with QSignalBlocker(self):
            self.setCurrentRow(0 if label is None else label + 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item, text = self.currentItem(), event.text().lower()
        if event.key() == Qt.Key.Key_F2 and item is not None and item.data(ID) is not None:
            self.renaming.emit(item.data(ID))
        elif event.modifiers() & Qt.KeyboardModifier.AltModifier and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._move(self.currentRow(), self.currentRow() + (1 if event.key() == Qt.Key.Key_Down else -1))
        elif text and text.isprintable() and not text.isspace() and not event.modifiers() & (
                Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            self.key.emit(text, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            super().keyPressEvent(event)

    def _move(self, row: int, to: int) -> None:
        """Asks for the class of a row to stand at another."""
        if row >= 1 and 1 <= to < self.count() and row != to:
            order = [self.item(i).data(ID) for i in range(1, self.count())]
            moved = order.pop(row - 1)
            order.insert(to - 1, moved)
            self.reordered.emit(order, moved)

    # --- drag and drop

    def mimeTypes(self) -> list[str]:
        return [_DRAGGED]

    def mimeData(self, items: Sequence[QListWidgetItem]) -> QMimeData:
        data = QMimeData()
        data.setData(_DRAGGED, b",".join(str(self.row(item)).encode() for item in items))
        return data

    def _aim(self, row: int, between: bool) -> None:
        if (row, between) != (self.target, self.between):
            self.target, self.between = row, between
            self.viewport().update()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(_DRAGGED) or event.mimeData().hasFormat(DRAGGED):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        images = event.mimeData().hasFormat(DRAGGED)
        row = self.row(item) if item is not None else (-1 if images else self.count() - 1)
        if row < 0 or (images and item is not None and item.data(ID) is None):
            self._aim(-1, False)
            event.ignore()
            return
        self._aim(max(row, 1), not images)
        event.accept()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._aim(-1, False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        target, images = self.target, event.mimeData().hasFormat(DRAGGED)
        self._aim(-1, False)
        if target < 1:
            return
        event.setDropAction(Qt.DropAction.CopyAction)  # nothing is moved out of the view that was dragged from
        event.accept()
        if images:
            self.dropped.emit(self.item(target).data(ID))
        elif event.mimeData().hasFormat(_DRAGGED):
            self._move(int(bytes(event.mimeData().data(_DRAGGED).data())), target)


class _ClassDelegate(QStyledItemDelegate):
    """Colour, name, key and count in columns."""

    def __init__(self, view: ClassList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(80, max(30, option.fontMetrics.height() + 12))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem,
              index: QModelIndex | QPersistentModelIndex) -> None:
        c, box, info = theme.colours(), option.rect, index.data(_INFO)
        view = self._view
        aimed = view.target == index.row()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected or (aimed and not view.between):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(c.accent))
            painter.drawRoundedRect(box.adjusted(2, 1, -2, -1), 5, 5)
        ink = QColor(c.on_accent if selected or (aimed and not view.between) else c.ink)
        soft = ink if selected or aimed else QColor(c.soft)
        if aimed and view.between:
            painter.setPen(QPen(QColor(c.accent), 2))
            y = box.bottom() if index.row() > view.currentRow() else box.top()
            painter.drawLine(box.left() + 4, y, box.right() - 4, y)
        metrics, left, right = option.fontMetrics, box.left() + 9, box.right() - 9
        count = f"{index.data(_COUNT):,}"
        painter.setPen(soft)
        width = metrics.horizontalAdvance(count)
        painter.drawText(QRect(right - width, box.top(), width + 1, box.height()), Qt.AlignmentFlag.AlignVCenter, count)
        right -= max(width, metrics.horizontalAdvance("000")) + 8
        if info is not None:
            if info.shortcut:
                chip = QRect(right - 20, box.center().y() - 9, 20, 19)
                painter.setPen(QPen(soft, 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(chip, 4, 4)
                painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, info.shortcut.upper())
                right -= 28
            painter.setPen(QPen(ink, 1) if selected else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(info.colour))
            painter.drawRoundedRect(QRect(left, box.center().y() - 6, 13, 13), 4, 4)
            left += 21
        painter.setPen(ink)
        name = metrics.elidedText(index.data(), Qt.TextElideMode.ElideMiddle, right - left)
        painter.drawText(QRect(left, box.top(), right - left, box.height()), Qt.AlignmentFlag.AlignVCenter, name)
        painter.restore()


def swatch(colour: str) -> QIcon:
    """A rounded square of a class's colour."""
    pixmap = QPixmap(28, 28)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(colour))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawRoundedRect(2, 2, 24, 24, 6, 6)
    painter.end()
    return QIcon(pixmap)
