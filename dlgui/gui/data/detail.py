"""The image that is looked at: large, with what is known about it, its flag and its note."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from dlgui.engine.splitting import SUBSETS
from dlgui.gui import icons
from dlgui.gui.elided_label import ElidedLabel
from dlgui.gui.preview import Preview
from dlgui.gui.session import Session
from dlgui.gui.widgets import named
from dlgui.gui.words import short, tip
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
        self.path, self.caption = ElidedLabel(), ElidedLabel()
        for text in (self.path, self.caption):
            text.setProperty("soft", True)
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

    def _show_note(self, text: str) -> None:
        """From its beginning on; the tooltip has all of it."""
        self.note.setText(text)
        self.note.setCursorPosition(0)
        self.note.setToolTip(tip(f"{text}\n\n{self.note.accessibleName()}".strip()))

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
            self._show_note("")
            self.flag.setChecked(False)
            self.path.setText("")
            self.caption.setText("")
            self.preview.clear()
            self.preview.view.say(self.tr("Select an image to see it here."))
            return
        self._ids = table.id[rows].tolist()
        notes = set(map(table.note.__getitem__, rows.tolist()))
        self._show_note(notes.pop() if len(notes) == 1 else "")
        self.note.setPlaceholderText(self.tr("Note") if not notes else self.tr("Several notes"))
        self.flag.setChecked(bool(table.flag[rows].all()))
        row = int(rows[0])
        self.preview.show_file(str(project.image_root / table.path[row]))
        if len(rows) > 1:
            self.path.setText(self.tr("{n:,} images").format(n=len(rows)))
            self._tell(self._classes(table, rows))
            return
        name = self.tr("no label") if table.label[row] < 0 else table.class_names[table.label[row]]
        rest = [SUBSETS[table.split[row]] if table.split[row] >= 0 else self.tr("no split"),
                f"{table.width[row]} × {table.height[row]}"]
        self.path.setText(table.path[row])
        self._tell([(name, "".join(f", {part}" for part in rest))] if not table.reason[row] else
                   [("", table.reason[row])])

    def _tell(self, parts: Sequence[tuple[str, str]]) -> None:
        """Shows pairs of a class and words on it: one line, in which long names lose their middle."""
        self.caption.setText(", ".join(short(name) + more for name, more in parts))
        self.caption.setToolTip(tip("\n".join(name + more for name, more in parts)))

    def _classes(self, table: ImageTable, rows: np.ndarray) -> list[tuple[str, str]]:
        """`apple 3`, `pear 2`: the classes of some rows, the most frequent first."""
        found, counts = np.unique(table.label[rows], return_counts=True)
        order = np.argsort(-counts, kind="stable")[:4]
        parts = [(table.class_names[found[i]] if found[i] >= 0 else self.tr("no label"), f" {counts[i]:,}")
                 for i in order]
        return [*parts, *([("", "…")] if len(found) > 4 else [])]
