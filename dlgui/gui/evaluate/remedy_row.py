"""What can be done about selected images: another class, another split, a flag, leaving them out."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.widgets import button, menu_button
from dlgui.project.operations import splits


class RemedyRow(QWidget):
    """The buttons; each deed is one step of undo."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inspection, self.session = inspection, inspection.session
        self._ids: list[int] = []
        self.label = menu_button("whyRelabelButton", self.tr("Relabel"), self.tr(
            "Give the selected images another class (undo takes it back)"), self._fill_classes)
        self.move_to = menu_button("whyMoveButton", self.tr("Move"), self.tr(
            "Move the selected images to another split (undo takes it back)"), self._fill_splits)
        mark = button("whyFlagButton", self.tr("Flag"), self.tr("Flag the selected images for a second look"),
                      lambda: inspection.flag(self._ids))
        leave = button("whyExcludeButton", self.tr("Exclude"), self.tr(
            "Leave the selected images out of training and evaluation (undo takes it back)"),
            lambda: inspection.exclude(self._ids))
        self._buttons = self.label, self.move_to, mark, leave
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        for part in self._buttons:
            part.setProperty("tight", True)
            row.addWidget(part)
        row.addStretch()

    def offer(self, ids: list[int]) -> None:
        """Acts on these images from now on."""
        self._ids = ids
        for part in self._buttons:
            part.setEnabled(bool(ids))

    def _fill_classes(self, menu: QMenu) -> None:
        menu.clear()
        project = self.session.project
        for info in project.classes() if project is not None else []:
            menu.addAction(info.name, partial(self.inspection.relabel, self._ids, info.name))

    def _fill_splits(self, menu: QMenu) -> None:
        menu.clear()
        for name, value in ((self.tr("train"), "train"), (self.tr("validation"), "validation"),
                            (self.tr("test"), "test"), (self.tr("no split"), None)):
            menu.addAction(name, partial(self.session.do, splits.assign, self._ids, value))
