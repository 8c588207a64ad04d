"""The queue of suspected label errors as a table; keys decide."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from dlgui.gui.words import short
from dlgui.project.operations.label_queue import Suspect

Index = QModelIndex | QPersistentModelIndex
COLUMNS = 5
NARROW = 430
"""Width in pixels below which the last column, and the label beside its suggestion, give way to the file name."""


class SuspectModel(QAbstractTableModel):
    """One row a suspect that is still open."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Suspect] = []
        self.narrow = False
        """Whether there is no room for the label beside its suggestion."""

    def show(self, rows: list[Suspect]) -> None:
        """Shows others."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else COLUMNS

    def headerData(self, section: int, orientation: Qt.Orientation,
                   role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("image"), self.tr("suggestion"), self.tr("doubt"), self.tr("gain"),
                    self.tr("split"))[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return (self.tr("File"), self.tr("The label it has, and what the network suggests"),
                    self.tr("Probability that the suggestion is right rather than the label"),
                    self.tr("Expected gain in percentage points: of accuracy for a training image, of the truth of the "
                            "measured figure for a validation or test image"), self.tr("Split of the image"))[section]
        return None

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        suspect = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            given = "" if self.narrow else f"{short(suspect.given, 18)} "
            return (suspect.path.rpartition("/")[2], f"{given}→ {short(suspect.suggested, 18)}",
                    f"{100 * suspect.probability:.0f} %", f"{100 * suspect.gain:.3f}", suspect.split)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{suspect.path}\n{suspect.given} → {suspect.suggested}"
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in (2, 3):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


class SuspectTable(QTableView):
    """The view.

    Signals:
        current: the suspect looked at, or None.
        key: a letter or digit that was typed.
    """

    current = Signal(object)
    key = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("suspectTable")
        self.setAccessibleName(self.tr("Suspected label errors"))
        self.setToolTip(self.tr("K keeps the label, R takes the suggestion, X excludes; a class key gives that class."))
        self.suspects = SuspectModel(self)
        self.setModel(self.suspects)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setWordWrap(False)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(52)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for column in (0, 1):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.selectionModel().currentRowChanged.connect(lambda *_: self.current.emit(self.suspect()))

    def show_suspects(self, rows: list[Suspect]) -> None:
        """Shows what is open; the place in the list is kept."""
        place = max(self.currentIndex().row(), 0)
        self.suspects.show(rows)
        if rows:
            self.selectRow(min(place, len(rows) - 1))
        self.current.emit(self.suspect())

    def suspect(self) -> Suspect | None:
        """The one that is looked at."""
        row = self.currentIndex().row()
        return self.suspects.rows[row] if 0 <= row < len(self.suspects.rows) else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.suspects.narrow = event.size().width() < NARROW
        self.setColumnHidden(COLUMNS - 1, self.suspects.narrow)  # the sentence above names label and split anyway
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text().lower()
        plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        if plain and text and text.isprintable() and not text.isspace():
            self.key.emit(text)
        else:
            super().keyPressEvent(event)
