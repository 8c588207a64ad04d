"""What keys do with the selected images."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from dlgui.gui.data.board import Board
from dlgui.gui.data.class_picker import ClassPicker
from dlgui.gui.session import Session
from dlgui.project.operations import classes, labels, splits


class Labeler(QObject):
    """Labels, flags, excludes and puts into splits what is selected on a board.

    Signals:
        committed: a class (id) for the page of suggestions, or None with whether Shift was held: Enter.
        note: the note shall be edited.
        help: the keys shall be shown.

    Attributes:
        pages: whether Enter belongs to a page of suggestions.
        page_keys: whether class keys do, too.
        moves_on: whether labeling goes on to the next image.
    """

    committed = Signal(object, bool)
    note = Signal()
    help = Signal()

    def __init__(self, session: Session, board: Board, window: QWidget) -> None:
        super().__init__(window)
        self.session, self.board, self._window = session, board, window
        self.pages = False
        self.page_keys = False
        self.moves_on = True
        board.grid.key.connect(self.key)

    def label(self, class_id: int | None) -> None:
        """Labels the selected images (None takes the label away) and goes on to the next unlabeled one."""
        ids, following = self.board.selected_ids(), self.board.next_unlabeled()
        moves = class_id is not None and self.moves_on and following is not None
        if ids:
            self.session.edit(labels.assign, ids, class_id, many=len(ids),
                              then=lambda: self.board.select([following]) if moves and following is not None else None)

    def use(self, class_id: int) -> None:
        """Labels the selected images, or the page where it takes classes."""
        if self.page_keys:
            self.committed.emit(class_id, False)
        else:
            self.label(class_id)

    def key(self, key: str, shift: bool) -> None:
        """Does what a key stands for."""
        project, ids = self.session.project, self.board.selected_ids()
        if project is None:
            return
        info = next((c for c in project.classes() if c.shortcut == key), None)
        if key == "/":
            self.find_class()
        elif key == "?":
            self.help.emit()
        elif key == "enter" and self.pages:
            self.committed.emit(None, shift)
        elif info is not None:
            self.use(info.id)
        elif not ids or self.board.shown is None:
            return
        elif key == "delete":
            self.label(None)
        elif key == "n":
            self.note.emit()
        elif key in ("f", "x"):
            table, rows = self.board.shown.table, self.board.selected_rows()
            operation, now = (labels.flag, table.flag) if key == "f" else (labels.exclude, table.excluded)
            self.session.edit(operation, ids, not bool(now[rows].all()), many=len(ids))

    def find_class(self) -> None:
        """Asks for a class by name and labels with it."""
        project = self.session.project
        if project is None or project.read_only:
            return
        picker = ClassPicker(self.tr("Label the selected images"), project.classes(), True, self._window)
        picker.picked.connect(self.use)
        picker.made.connect(self._made)
        picker.open()

    def _made(self, name: str) -> None:
        project = self.session.project
        if project is not None:
            self.session.edit(classes.add, name, then=lambda: self.use(classes.find(project, name).id))

    def split(self, subset: str | None) -> None:
        """Puts the selected images into a subset."""
        ids = self.board.selected_ids()
        if ids:
            self.session.edit(splits.assign, ids, subset, many=len(ids))
