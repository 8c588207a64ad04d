"""The list of classes and all that can be done with one."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QLabel, QMenu, QVBoxLayout, QWidget

from dlgui.gui import asking
from dlgui.gui.data.class_list import ID, ClassList
from dlgui.gui.data.class_picker import ClassPicker
from dlgui.gui.session import Session
from dlgui.gui.widgets import button
from dlgui.gui.words import short
from dlgui.project.operations import classes
from dlgui.project.project import ClassInfo


class ClassPanel(QWidget):
    """List and button.

    Signals:
        assign: id of a class that the selected images shall get.
        chosen: index of the class to filter by, None for all.
        select_all: index of the class whose images shall be selected.
    """

    assign = Signal(int)
    chosen = Signal(object)
    select_all = Signal(int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.list = ClassList()
        self.list.customContextMenuRequested.connect(self._menu)
        self.list.itemDoubleClicked.connect(lambda item: self._assign(item.data(ID)))
        self.list.currentRowChanged.connect(lambda row: self.chosen.emit(row - 1 if row > 0 else None))
        self.list.dropped.connect(self.assign)
        self.list.reordered.connect(self._reorder)
        self.list.renaming.connect(lambda class_id: self._rename(self._info(class_id)))
        self.add = button("addClassButton", self.tr("New class"), self.tr("Add a class; it gets the next free key"),
                          self._add)
        self.none = QLabel(self.tr("No class yet. Add one here, or select images, press / and type a name."))
        self.none.setProperty("soft", True)
        self.none.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        layout.addWidget(self.none)
        layout.addWidget(self.add)

    def refresh(self) -> None:
        """Shows the classes as they are."""
        project = self.session.project
        self.list.show_classes(project.images() if project is not None else None,
                               project.classes() if project is not None else [])
        self.add.setEnabled(project is not None and not project.read_only)
        self.none.setVisible(project is not None and not project.read_only and not project.classes())

    def _reorder(self, order: list[int], moved: int) -> None:
        self.session.edit(classes.reorder, order, then=lambda: self.list.setCurrentRow(order.index(moved) + 1))

    def _assign(self, class_id: int | None) -> None:
        if class_id is not None:
            self.assign.emit(class_id)

    def _add(self) -> None:
        name = asking.text(self, self.tr("New class"), self.tr("Name"))
        if name:
            self.session.edit(classes.add, name)

    def _info(self, class_id: int | None) -> ClassInfo | None:
        project = self.session.project
        return next((c for c in project.classes() if c.id == class_id), None) if project is not None else None

    def menu_of(self, class_id: int) -> QMenu | None:
        """What can be done with a class."""
        info, project = self._info(class_id), self.session.project
        if info is None or project is None:
            return None
        menu = QMenu(self)
        menu.addAction(self.tr("Select all its images"),
                       lambda: self.select_all.emit(project.classes().index(info)))
        if project.read_only:
            return menu
        menu.addAction(self.tr("Label the selected images"), lambda: self.assign.emit(info.id))
        menu.addSeparator()
        menu.addAction(self.tr("Rename…\tF2"), lambda: self._rename(info))
        menu.addAction(self.tr("Colour…"), lambda: self._recolour(info))
        menu.addAction(self.tr("Key…"), lambda: self._key(info))
        if len(project.classes()) > 1:
            menu.addAction(self.tr("Merge into…"), lambda: self._merge(info))
        menu.addSeparator()
        menu.addAction(self.tr("Delete…"), lambda: self._delete(info))
        return menu

    def _menu(self, place: QPoint) -> None:
        item = self.list.itemAt(place)
        menu = self.menu_of(item.data(ID)) if item is not None and item.data(ID) is not None else None
        if menu is not None:
            menu.exec(self.list.viewport().mapToGlobal(place))
            menu.deleteLater()

    def _rename(self, info: ClassInfo | None) -> None:
        if info is None:
            return
        name = asking.text(self, self.tr("Rename class"), self.tr("Name"), info.name)
        if name:
            self.session.edit(classes.rename, info.id, name)

    def _recolour(self, info: ClassInfo) -> None:
        colour = QColorDialog.getColor(QColor(info.colour), self,
                                       self.tr("Colour of {name}").format(name=short(info.name)))
        if colour.isValid():
            self.session.edit(classes.recolour, info.id, colour.name())

    def _key(self, info: ClassInfo) -> None:
        key = asking.text(
            self, self.tr("Key of {name}").format(name=short(info.name)),
            self.tr("One digit or letter, but none of {letters}. Empty takes the key away.").format(
                letters=", ".join(classes.RESERVED.upper())), info.shortcut or "")
        if key is not None:
            self.session.edit(classes.set_shortcut, info.id, key or None)

    def _merge(self, info: ClassInfo) -> None:
        project = self.session.project
        if project is None:
            return
        picker = ClassPicker(self.tr("Merge {name} into").format(name=short(info.name)),
                             [c for c in project.classes() if c.id != info.id], False, self)
        picker.picked.connect(lambda into: self.session.edit(classes.merge, [info.id], into))
        picker.open()

    def _delete(self, info: ClassInfo) -> None:
        if asking.yes(self, self.tr("Delete class"), self.tr(
                "Delete {name}? Its images lose their label. Undo brings both back.").format(name=info.name)):
            self.session.edit(classes.delete, info.id)
