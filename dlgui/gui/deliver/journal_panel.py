"""The journal, live: the line of Python that each click stands for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDockWidget,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from dlgui.gui import theme
from dlgui.gui.session import Session
from dlgui.gui.widgets import button, named
from dlgui.project.operations import journal
from dlgui.project.operations.journal import Entry

Index = QModelIndex | QPersistentModelIndex


class JournalModel(QAbstractTableModel):
    """Time and line of each deed; what was undone is struck through."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self._font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self._struck = QFont(self._font)
        self._struck.setStrikeOut(True)

    def show(self, entries: list[Entry]) -> None:
        """Shows other entries; what was selected stays so where they only grew in number."""
        old = len(self.entries)
        if [e.id for e in entries[:old]] == [e.id for e in self.entries] and old:
            self._grow(entries, old)
        else:
            self.beginResetModel()
            self.entries = entries
            self.endResetModel()

    def _grow(self, entries: list[Entry], old: int) -> None:
        if len(entries) > old:
            self.beginInsertRows(QModelIndex(), old, len(entries) - 1)
            self.entries = entries
            self.endInsertRows()
        self.entries = entries
        self.dataChanged.emit(self.index(0, 0), self.index(old - 1, 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 2

    def headerData(self, section: int, orientation: Qt.Orientation,
                   role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return (self.tr("Time"), self.tr("Python"))[section]
        return None

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid() or index.row() >= len(self.entries):
            return None
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return local_time(entry.time) if index.column() == 0 else entry.short
        if role == Qt.ItemDataRole.FontRole and index.column() == 1:
            return self._font if entry.state == "done" else self._struck
        if role == Qt.ItemDataRole.ForegroundRole and (entry.state != "done" or index.column() == 0):
            return QColor(theme.colours().soft)
        if role == Qt.ItemDataRole.ToolTipRole:
            state = "" if entry.state == "done" else self.tr("Undone: ")
            return state + (entry.line if len(entry.line) < 1000 else entry.line[:1000] + "…")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.short} ({entry.state})"
        return None


def local_time(text: str) -> str:
    """The hour of today's deeds, the date as well of older ones."""
    try:
        moment = datetime.fromisoformat(text).astimezone()
    except ValueError:
        return text
    return moment.strftime("%H:%M:%S" if moment.date() == datetime.now().date() else "%Y-%m-%d %H:%M")


class JournalPanel(QDockWidget):
    """A dock with the journal; hidden until it is asked for."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("journalPanel")
        self.setWindowTitle(self.tr("Journal"))
        self.setAllowedAreas(Qt.DockWidgetArea.BottomDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        self.session = session
        self._all: list[Entry] = []
        self.model = JournalModel(self)
        self.table = named(QTableView(), "journalTable", self.tr("What was done, as lines of Python"))
        self.table.setModel(self.model)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setMinimumHeight(110)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.setWordWrap(False)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.filter = named(QLineEdit(), "journalFilter", self.tr("Only lines that hold these letters"))
        self.filter.setPlaceholderText(self.tr("Filter"))
        self.filter.setClearButtonEnabled(True)
        self.undone = named(QCheckBox(self.tr("Undone too")), "journalUndone", self.tr(
            "Also shows what was undone, struck through"))
        self.undone.setChecked(True)
        row = QHBoxLayout()
        row.addWidget(self.filter, 1)
        row.addWidget(self.undone)
        row.addWidget(button("journalCopy", self.tr("Copy"), self.tr("Copies the selected lines, or all"), self.copy))
        row.addWidget(button("journalCopyScript", self.tr("Copy as script"), self.tr(
            "Copies a program that does the selected lines again, or all of them on a new project"),
            self.copy_script, True))
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        self.setWidget(inside)
        self.filter.textChanged.connect(lambda _: self._sift())
        self.undone.toggled.connect(lambda _: self._sift())
        self._soon = QTimer(self)  # many changes at once cost one refresh
        self._soon.setSingleShot(True)
        self._soon.setInterval(30)
        self._soon.timeout.connect(self.refresh)
        session.opened.connect(self._forget)
        session.changed.connect(lambda _: self._soon.start())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._soon.start()

    def _forget(self, _: object) -> None:
        self._all = []
        self._soon.start()

    def refresh(self) -> None:
        """Reads the newest entries off-thread, if anybody looks: a deed may name 100,000 images."""
        if not self.isVisible():
            return
        project, known = self.session.project, self._all
        if project is None:
            self._read([])
        else:
            self.session.jobs.start("journal", self.tr("reading the journal"), lambda job: journal.entries(
                project, known=known), done=self._read, quiet=True)

    def _read(self, entries: list[Entry]) -> None:
        self._all = entries
        self._sift()

    def _sift(self) -> None:
        wanted, before = self.filter.text().casefold().split(), len(self.model.entries)
        self.model.show([e for e in self._all if (self.undone.isChecked() or e.state == "done")
                         and (not wanted or all(word in e.line.casefold() for word in wanted))])
        if len(self.model.entries) != before:
            self.table.scrollToBottom()

    def chosen(self) -> list[Entry]:
        """The selected entries, in their order."""
        return [self.model.entries[i.row()] for i in sorted(
            self.table.selectionModel().selectedRows(), key=lambda i: i.row())]

    def copy(self) -> None:
        """Puts lines on the clipboard."""
        lines = [e.line for e in self.chosen() or self.model.entries]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def copy_script(self) -> None:
        """Puts a whole program on the clipboard."""
        project = self.session.project
        if project is not None:
            QGuiApplication.clipboard().setText(journal.script(project, self.chosen() or None))
