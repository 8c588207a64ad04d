"""Ctrl+K: type a few letters of what you want."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget


class CommandPalette(QDialog):
    """Lists the actions that can be done now and hold the letters typed."""

    def __init__(self, actions: list[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("commandPalette")
        self.setWindowTitle(self.tr("Find a command"))
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.resize(460, 360)
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
        self._filter("")

    def _filter(self, text: str) -> None:
        self.list.clear()
        for action in self._all:
            name = action.text().replace("&", "").rstrip("…")
            if all(word in name.casefold() for word in text.casefold().split()):
                keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                item = QListWidgetItem(f"{name}   {keys}".rstrip())
                item.setData(Qt.ItemDataRole.UserRole, action)
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
