"""The image that is looked at: large, with what is known about it, its flag and its note."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from dlgui.engine.splitting import SUBSETS
from dlgui.gui import icons
from dlgui.gui.elided_label import ElidedLabel
from dlgui.gui.preview import Preview
from dlgui.gui.session import Session
from dlgui.gui.widgets import named
from dlgui.project.operations import labels
from dlgui.project.project import ImageTable


class DetailPanel(QWidget):
    """Preview, caption, flag and note of the selected images.

    Signals:
        left: the note was written or given up; the keys belong to the grid again.
    """

    left = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._ids: list[int] = []
        self._seen: tuple[ImageTable | None, Path | None, np.ndarray] | None = None
        self.preview = Preview(session, "previewView")
        self.path, self.caption = ElidedLabel(), QLabel()
        for text in (self.path, self.caption):
            text.setProperty("soft", True)
        self.caption.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.caption.setWordWrap(True)
        self.flag = named(QToolButton(), "flagButton", self.tr("Flag the selected images, or take the flag away (F)"))
        icons.dress(self.flag, "flag")
        self.flag.setCheckable(True)
        self.flag.clicked.connect(lambda on: self.session.edit(labels.flag, self._ids, on, many=len(self._ids)))
        self.note = named(QLineEdit(), "noteEdit", self.tr("Note on the selected images (N); Enter keeps it"))
        self.note.setPlaceholderText(self.tr("Note"))
        self.note.setClearButtonEnabled(True)
        self.note.editingFinished.connect(self._write)
        self.note.returnPressed.connect(self.left)
        row = QHBoxLayout()
        row.addWidget(self.flag)
        row.addWidget(self.note, 1)
        stack = QVBoxLayout(self)
        stack.setSpacing(4)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.addWidget(self.preview, 1)
        stack.addWidget(self.path)
        stack.addWidget(self.caption)
        stack.addLayout(row)
        self.show_images(None, [])

    def edit_note(self) -> None:
        """Puts the cursor into the note."""
        if self.note.isEnabled():
            self.note.setFocus()
            self.note.selectAll()

    def _write(self) -> None:
        if self.note.isModified() and self._ids:
            self.note.setModified(False)
            self.session.edit(labels.note, self._ids, self.note.text().strip(), many=len(self._ids))

    def show_images(self, table: ImageTable | None, rows: Sequence[int] | np.ndarray) -> None:
        """Shows what rows of the table have in common; the picture of the first."""
        self._write()
        rows = np.asarray(rows, np.int64)
        project = self.session.project
        root = project.image_root if project is not None else None
        if self._seen is not None and table is self._seen[0] and root == self._seen[1] \
                and np.array_equal(rows, self._seen[2]):
            return  # asked for again, as happens when several parts are renewed
        self._seen = table, root, rows
        some = table is not None and bool(len(rows)) and project is not None
        writable = some and project is not None and not project.read_only
        self.flag.setEnabled(writable)
        self.note.setEnabled(writable)
        if not some or table is None or project is None:
            self._ids = []
            self.note.clear()
            self.flag.setChecked(False)
            self.path.setText("")
            self.caption.clear()
            self.preview.clear()
            return
        self._ids = table.id[rows].tolist()
        notes = set(map(table.note.__getitem__, rows.tolist()))
        self.note.setText(notes.pop() if len(notes) == 1 else "")
        self.note.setPlaceholderText(self.tr("Note") if not notes else self.tr("Several notes"))
        self.flag.setChecked(bool(table.flag[rows].all()))
        row = int(rows[0])
        self.preview.show_file(str(project.image_root / table.path[row]))
        if len(rows) > 1:
            self.path.setText(self.tr("{n} images").format(n=len(rows)))
            self.caption.setText(_classes(table, rows))
            return
        names = [self.tr("no label") if table.label[row] < 0 else table.class_names[table.label[row]],
                 SUBSETS[table.split[row]] if table.split[row] >= 0 else self.tr("no split"),
                 f"{table.width[row]} × {table.height[row]}"]
        self.path.setText(table.path[row])
        self.caption.setText(table.reason[row] or ", ".join(names))


def _classes(table: ImageTable, rows: np.ndarray) -> str:
    """`apple 3, pear 2`: the classes of some rows, the most frequent first."""
    found, counts = np.unique(table.label[rows], return_counts=True)
    order = np.argsort(-counts, kind="stable")[:4]
    names = [table.class_names[found[i]] if found[i] >= 0 else "no label" for i in order]
    text = ", ".join(f"{name} {counts[i]}" for name, i in zip(names, order, strict=True))
    return text + (" …" if len(found) > 4 else "")
