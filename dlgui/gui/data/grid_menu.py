"""The menu on images of the Data tab: label, split, flag, exclude, find the like of it, take its path."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu

from dlgui.engine.splitting import SUBSETS
from dlgui.gui.data.board import Board
from dlgui.gui.data.labeler import Labeler
from dlgui.project.operations import labels

MOST_CLASSES = 24
"""A longer list is no menu; the class is found by typing then."""


class GridMenu(QObject):
    """Fills the menu of the board's grid.

    Signals:
        similar: id of an image whose like is wanted.
    """

    similar = Signal(int)

    def __init__(self, board: Board, labeler: Labeler, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.board, self.labeler, self.session = board, labeler, board.session
        board.grid.menu.connect(self.fill)

    def fill(self, menu: QMenu) -> None:
        """Adds what can be done with the selected images."""
        project, ids, shown = self.session.project, self.board.selected_ids(), self.board.shown
        if project is None or not ids or shown is None:
            return
        rows = self.board.selected_rows()
        if not project.read_only:
            self._labels(menu)
            split = menu.addMenu(self.tr("Move to split"))
            for subset in SUBSETS:
                split.addAction(subset, partial(self.labeler.split, subset))
            split.addAction(self.tr("no split"), partial(self.labeler.split, None))
            menu.addSeparator()
            flagged, excluded = bool(shown.table.flag[rows].all()), bool(shown.table.excluded[rows].all())
            menu.addAction(self.tr("Take the flag away") if flagged else self.tr("Flag"),
                           partial(self.session.do, labels.flag, ids, not flagged))
            menu.addAction(self.tr("Use again") if excluded else self.tr("Exclude from training"),
                           partial(self.session.do, labels.exclude, ids, not excluded))
            menu.addSeparator()
        files = [str(project.image_root / shown.table.path[row]) for row in rows[:1000]]
        if len(ids) == 1:
            menu.addAction(self.tr("Sort by similarity to this image"), partial(self.similar.emit, ids[0]))
            menu.addAction(self.tr("Open in the system's viewer"),
                           partial(QDesktopServices.openUrl, QUrl.fromLocalFile(files[0])))
        menu.addAction(self.tr("Copy path") if len(ids) == 1 else self.tr("Copy paths"),
                       partial(QGuiApplication.clipboard().setText, "\n".join(files)))

    def _labels(self, menu: QMenu) -> None:
        assert self.session.project is not None
        known = self.session.project.classes()
        label = menu.addMenu(self.tr("Label as"))
        for info in known[:MOST_CLASSES]:
            keys = f"\t{info.shortcut.upper()}" if info.shortcut else ""
            label.addAction(info.name.replace("&", "&&") + keys, partial(self.labeler.label, info.id))
        label.addSeparator()
        label.addAction(self.tr("Another class…"), self.labeler.find_class)
        menu.addAction(self.tr("Take the label away"), partial(self.labeler.label, None))
