"""Ctrl+K: type a few letters of what you want."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QKeyEvent, QKeySequence, QPainter, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from dlgui.gui import theme

KEYS = int(Qt.ItemDataRole.UserRole) + 1


class _WithKeys(QStyledItemDelegate):
    """The shortcut at the right end."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem,
              index: QModelIndex | QPersistentModelIndex) -> None:
        super().paint(painter, option, index)
        c, chosen = theme.colours(), bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setPen(QColor(c.on_accent if chosen else c.soft))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(option.rect.adjusted(0, 0, -10, 0), right, index.data(KEYS) or "")
        painter.restore()


class CommandPalette(QDialog):
    """Lists the actions that can be done now and hold the letters typed."""

    def __init__(self, actions: list[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("commandPalette")
        self.setWindowTitle(self.tr("Find a command"))
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.resize(520, 420)
        self._all = [a for a in actions if a.isEnabled()]
        self.text, self.list = QLineEdit(), QListWidget()
        self.text.setObjectName("paletteText")
        self.text.setAccessibleName(self.tr("Command"))
        self.text.setPlaceholderText(self.tr("Type a command"))
        self.list.setObjectName("paletteList")
        self.list.setAccessibleName(self.tr("Commands"))
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(self.list)
        self.text.textChanged.connect(self._filter)
        self.list.itemActivated.connect(lambda _: self._run())
        self.list.setItemDelegate(_WithKeys(self.list))
        self.list.setIconSize(QSize(20, 20))
        self._filter("")

    def _filter(self, text: str) -> None:
        self.list.clear()
        room = QPixmap(20, 20)
        room.fill(Qt.GlobalColor.transparent)
        blank = QIcon(room)  # so that all names begin at one line
        for action in self._all:
            name = action.text().replace("&", "").rstrip("…")
            if all(word in name.casefold() for word in text.casefold().split()):
                keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                item = QListWidgetItem(action.icon() if not action.icon().isNull() else blank, name)
                item.setData(Qt.ItemDataRole.UserRole, action)
                item.setData(KEYS, keys)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name} {keys}")
                self.list.addItem(item)
        self.list.setCurrentRow(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            self.list.setCurrentRow(max(0, min(self.list.currentRow() + step, self.list.count() - 1)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run()
        else:
            super().keyPressEvent(event)

    def _run(self) -> None:
        item = self.list.currentItem()
        self.accept()
        if item is not None:
            item.data(Qt.ItemDataRole.UserRole).trigger()
