"""The classes with colour, key and count; drop images on one to label them."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QColorDialog,
    QHBoxLayout,
    QInputDialog,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dlgui.gui.session import Session
from dlgui.project.operations import classes
from dlgui.project.project import ClassInfo

ID = int(Qt.ItemDataRole.UserRole)


class ClassPanel(QWidget):
    """List and buttons.

    Signals:
        assign: id of a class that the selected images shall get.
        chosen: index of the class to filter by, None for all.
    """

    assign = Signal(int)
    chosen = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.list = QListWidget()
        self.list.setObjectName("classList")
        self.list.setAccessibleName(self.tr("Classes"))
        self.list.setToolTip(self.tr("Click: show only this class. Double click: label the selected images. "
                                     "Right click: rename, merge, recolour, key, delete."))
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._menu)
        self.list.itemDoubleClicked.connect(lambda item: self.assign.emit(item.data(ID)))
        self.list.currentRowChanged.connect(lambda row: self.chosen.emit(row - 1 if row > 0 else None))
        self.add = QPushButton(self.tr("New class"))
        self.add.setObjectName("addClassButton")
        self.add.setAccessibleName(self.tr("New class"))
        self.add.setToolTip(self.tr("Add a class; it gets the next free number key"))
        self.add.clicked.connect(self._add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        row = QHBoxLayout()
        row.addWidget(self.add)
        row.addStretch()
        layout.addLayout(row)

    def refresh(self) -> None:
        """Shows the classes as they are."""
        project = self.session.project
        row = max(self.list.currentRow(), 0)
        self.list.blockSignals(True)
        self.list.clear()
        if project is not None:
            table = project.images()
            self.list.addItem(QListWidgetItem(self.tr("All images   {n}").format(n=len(table))))
            for i, info in enumerate(project.classes()):
                count = int((table.label == i).sum())
                key = f"[{info.shortcut}]  " if info.shortcut else ""
                item = QListWidgetItem(_swatch(info.colour), f"{key}{info.name}   {count}")
                item.setData(ID, info.id)
                item.setToolTip(info.name)
                self.list.addItem(item)
        self.list.setCurrentRow(min(row, self.list.count() - 1))
        self.list.blockSignals(False)
        self.add.setEnabled(project is not None and not project.read_only)

    def _add(self) -> None:
        name, fine = QInputDialog.getText(self, self.tr("New class"), self.tr("Name"))
        if fine and name.strip():
            self.session.do(classes.add, name.strip())

    def _info(self, item: QListWidgetItem | None) -> ClassInfo | None:
        project = self.session.project
        if item is None or project is None or item.data(ID) is None:
            return None
        return next((c for c in project.classes() if c.id == item.data(ID)), None)

    def _menu(self, place: QPoint) -> None:
        info = self._info(self.list.itemAt(place))
        project = self.session.project
        if info is None or project is None or project.read_only:
            return
        menu = QMenu(self)
        menu.addAction(self.tr("Label the selected images"), lambda: self.assign.emit(info.id))
        menu.addSeparator()
        menu.addAction(self.tr("Rename…"), lambda: self._rename(info))
        menu.addAction(self.tr("Colour…"), lambda: self._recolour(info))
        menu.addAction(self.tr("Key…"), lambda: self._key(info))
        merge = menu.addMenu(self.tr("Merge into"))
        for other in project.classes():
            if other.id != info.id:
                merge.addAction(other.name, partial(self.session.do, classes.merge, [info.id], other.id))
        order = [c.id for c in project.classes()]
        at = order.index(info.id)
        if at:
            menu.addAction(self.tr("Move up"), lambda: self._swap(order, at, at - 1))
        if at < len(order) - 1:
            menu.addAction(self.tr("Move down"), lambda: self._swap(order, at, at + 1))
        menu.addSeparator()
        menu.addAction(self.tr("Delete"), lambda: self._delete(info))
        menu.exec(self.list.mapToGlobal(place))

    def _rename(self, info: ClassInfo) -> None:
        name, fine = QInputDialog.getText(self, self.tr("Rename class"), self.tr("Name"), text=info.name)
        if fine and name.strip():
            self.session.do(classes.rename, info.id, name.strip())

    def _recolour(self, info: ClassInfo) -> None:
        colour = QColorDialog.getColor(QColor(info.colour), self, self.tr("Colour of {name}").format(name=info.name))
        if colour.isValid():
            self.session.do(classes.recolour, info.id, colour.name())

    def _key(self, info: ClassInfo) -> None:
        key, fine = QInputDialog.getText(self, self.tr("Key"), self.tr("A number or a letter (not A, D, F, X)"),
                                         text=info.shortcut or "")
        key = key.strip().lower()
        if fine and (not key or (len(key) == 1 and key.isalnum() and key not in "adfx")):
            self.session.do(classes.set_shortcut, info.id, key or None)

    def _swap(self, order: list[int], a: int, b: int) -> None:
        order[a], order[b] = order[b], order[a]
        self.session.do(classes.reorder, order)

    def _delete(self, info: ClassInfo) -> None:
        asked = QMessageBox.question(self, self.tr("Delete class"), self.tr(
            "Delete {name}? Its images lose their label. Undo brings both back.").format(name=info.name))
        if asked == QMessageBox.StandardButton.Yes:
            self.session.do(classes.delete, info.id)


def _swatch(colour: str) -> QIcon:
    pixmap = QPixmap(28, 28)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(colour))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawRoundedRect(2, 2, 24, 24, 6, 6)
    painter.end()
    return QIcon(pixmap)
