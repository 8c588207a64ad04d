"""What dialogs about the open project have in common: they go with their project, and their jobs go with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QWidget

from dlgui.gui.session import Session

D = TypeVar("D", bound=QDialog)
TITLE_BAR = 36
"""Pixels that a window's frame takes, at a guess."""


class ProjectDialog(QDialog):
    """A dialog over the open project, one of its kind at a time (`open_one`).

    Attributes:
        jobs: kinds of the jobs that end with it, unheard.

    Args:
        session: whose project it is about.
        name: its objectName.
        title: of its window.
        size: width and height in pixels, where the screen has room for them.
    """

    jobs: tuple[str, ...] = ()

    def __init__(self, session: Session, name: str, title: str, size: tuple[int, int],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName(name)
        self.setWindowTitle(title)
        room = self.screen().availableSize()
        if parent is not None:  # a window of that size proves that there is room
            room = room.expandedTo(parent.window().size())
        self.resize(QSize(*size).boundedTo(room - QSize(0, TITLE_BAR)))
        session.opened.connect(self.close)

    def done(self, result: int) -> None:
        for kind in self.jobs:
            self.session.jobs.drop(kind)
        super().done(result)


def open_one(parent: QWidget, kind: type[D], make: Callable[[], D]) -> D:
    """Shows a dialog of a kind; one that is open already comes to the front instead of a second."""
    dialog = next((found for found in parent.findChildren(kind) if found.isVisible()), None)
    if dialog is None:
        dialog = make()
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()
    dialog.raise_()
    dialog.activateWindow()
    return dialog
