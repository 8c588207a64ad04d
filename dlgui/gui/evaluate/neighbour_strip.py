"""A row of training images of one class, nearest first; a click looks at one."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from dlgui.gui import icons
from dlgui.gui.elided_label import ElidedLabel
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.words import tip

SIDE = 52


class NeighbourStrip(QWidget):
    """Shows up to `count` pictures under a heading.

    Signals:
        chosen: absolute path of a picture that was clicked.
    """

    chosen = Signal(str)

    def __init__(self, name: str, pictures: Thumbnails, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pictures, self.files = pictures, [""] * count
        self.head = ElidedLabel()
        self.head.setProperty("soft", True)
        self._buttons: list[QToolButton] = []
        row = QHBoxLayout()
        row.setSpacing(4)
        for i in range(count):
            made = QToolButton()
            made.setObjectName(f"{name}{i + 1}")
            made.setIconSize(QSize(SIDE, SIDE))
            made.setFixedSize(SIDE + 10, SIDE + 10)
            made.clicked.connect(partial(self._clicked, i))
            self._buttons.append(made)
            row.addWidget(made)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(self.head)
        column.addLayout(row)
        pictures.ready.connect(self._arrived)
        self.show_files("", [])

    def show_files(self, heading: str, files: list[Path]) -> None:
        """Shows other pictures."""
        self.head.setText(heading)
        for i, button in enumerate(self._buttons):
            file = files[i] if i < len(files) else None
            self.files[i] = str(file) if file is not None else ""
            text = self.tr("Nearest training image {n}: {name}").format(n=i + 1, name=file.name if file else "–")
            button.setToolTip(tip(text))
            button.setAccessibleName(text)
            button.setVisible(file is not None)
            self._paint(i)
        self.setVisible(bool(files))

    def _paint(self, i: int) -> None:
        button, pixmap = self._buttons[i], self.pictures.get(self.files[i]) if self.files[i] else None
        gone = pixmap is not None and pixmap.isNull()
        if gone:
            text = self.tr("{file}: it is gone or cannot be read; bring the file back").format(file=self.files[i])
            button.setToolTip(tip(text))
            button.setAccessibleName(text)
        button.setIcon(icons.icon("warning") if gone else QIcon(pixmap) if pixmap is not None else QIcon())

    def _arrived(self, file: str) -> None:
        if file and file in self.files:
            self._paint(self.files.index(file))

    def _clicked(self, i: int, *_: object) -> None:
        self.chosen.emit(self.files[i])
