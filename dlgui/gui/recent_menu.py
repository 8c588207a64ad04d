"""File ▸ Open recent."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from dlgui.gui import session

WIDTH = 460
"""Pixels of the longest entry."""


class RecentMenu(QMenu):
    """The projects that were opened last, newest first; looks for them when it is shown."""

    def __init__(self, holder: session.Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Open &recent"))
        self.setObjectName("recentMenu")
        self.setAccessibleName(self.tr("Open a recent project"))
        self.setToolTipsVisible(True)
        self._session = holder
        self.aboutToShow.connect(self.refresh)

    def refresh(self) -> None:
        """Lists the projects that are still there."""
        self.clear()
        found = session.recent()
        for number, folder in enumerate(found, 1):
            text = self.fontMetrics().elidedText(f"{folder.stem}  –  {folder.parent}", Qt.TextElideMode.ElideMiddle,
                                                 WIDTH).replace("&", "&&")
            action = self.addAction(f"&{number} {text}" if number < 10 else text)
            action.setToolTip(str(folder))
            action.triggered.connect(partial(self._open, folder))
        if not found:
            self.addAction(self.tr("No project was opened yet")).setEnabled(False)
        self.addSeparator()
        self.addAction(self.tr("Clear the list"), self._forget).setEnabled(bool(found))

    def _open(self, folder: Path, *_: object) -> None:
        self._session.open_soon(folder)

    def _forget(self) -> None:
        session.forget()
        self._session.recent_changed.emit()
