"""Type to find a class: for more classes than there are keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from dlgui.gui import words
from dlgui.gui.data.class_list import swatch
from dlgui.gui.widgets import named
from dlgui.project.project import ClassInfo

_ID = int(Qt.ItemDataRole.UserRole)


def matching(typed: str, classes: Sequence[ClassInfo]) -> list[ClassInfo]:
    """The classes that hold every typed word; those whose name or a word of it begins so come first."""
    words = typed.casefold().split()

    def rank(info: ClassInfo) -> int:
        name = info.name.casefold()
        if not words or name.startswith(words[0]):
            return 0
        return 1 if any(part.startswith(words[0]) for part in name.replace("_", " ").replace("-", " ").split()) else 2

    return sorted((c for c in classes if all(w in c.name.casefold() for w in words)), key=rank)


class ClassPicker(QDialog):
    """A field and the classes that match it.

    Args:
        title: what is done with the class.
        classes: to choose from.
        may_add: whether an unknown name may become a new class.

    Signals:
        picked: id of the chosen class.
        made: name of a class to add.
    """

    picked = Signal(int)
    made = Signal(str)

    def __init__(self, title: str, classes: Sequence[ClassInfo], may_add: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("classPicker")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(380, 380)
        self._classes, self._may_add = list(classes), may_add
        self.text = named(QLineEdit(), "classPickerText", self.tr("Type a part of the name, then Enter"))
        self.text.setPlaceholderText(self.text.toolTip())
        self.text.installEventFilter(self)
        self.list = named(QListWidget(), "classPickerList", self.tr("Classes that match"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        head = QLabel(title)
        head.setTextFormat(Qt.TextFormat.PlainText)
        layout.addWidget(head)
        layout.addWidget(self.text)
        layout.addWidget(self.list)
        self.text.textChanged.connect(self._filter)
        self.text.returnPressed.connect(self._take)
        self.list.itemClicked.connect(lambda _: self._take())
        self._filter("")

    def _filter(self, typed: str) -> None:
        self.list.clear()
        for info in matching(typed, self._classes):
            item = QListWidgetItem(swatch(info.colour), info.name)
            item.setData(_ID, info.id)
            item.setToolTip(words.tip(info.name))
            self.list.addItem(item)
        name = typed.strip()
        if self._may_add and name and all(c.name != name for c in self._classes):
            self.list.addItem(QListWidgetItem(self.tr("New class “{name}”").format(name=name)))
        self.list.setCurrentRow(0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            step = steps.get(Qt.Key(event.key()))
            if step is not None:
                self.list.setCurrentRow(max(0, min(self.list.currentRow() + step, self.list.count() - 1)))
                return True
        return super().eventFilter(watched, event)

    def _take(self) -> None:
        item, name = self.list.currentItem(), self.text.text().strip()
        if item is None:
            return
        chosen = item.data(_ID)
        self.accept()
        if chosen is not None:
            self.picked.emit(chosen)
        else:
            self.made.emit(name)
