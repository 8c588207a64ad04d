"""The confusion matrix as Qt's views know tables: cells, sums, headers, and everything in words."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtWidgets import QWidget

from dlgui.engine.matrix_table import MatrixTable
from dlgui.gui.words import tip

Index = QModelIndex | QPersistentModelIndex


class MatrixModel(QAbstractTableModel):
    """A `MatrixTable`, with the sum of every row at its end and of every column below it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table: MatrixTable | None = None

    def show(self, table: MatrixTable | None) -> None:
        """Shows another table."""
        self.beginResetModel()
        self.table = table
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(self.table.rows) + 1 if self.table is not None and not parent.isValid() else 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(self.table.columns) + 1 if self.table is not None and not parent.isValid() else 0

    def headerData(self, section: int, orientation: Qt.Orientation,
                   role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if self.table is None or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        across = orientation == Qt.Orientation.Horizontal
        names = self.table.columns if across else self.table.rows
        if section >= len(names):
            return self.tr("sum")
        if role == Qt.ItemDataRole.DisplayRole:
            return names[section]
        margin = self.table.column_margin if across else self.table.row_margin
        return tip("\n".join([names[section], *(f"{name}: {text}" for name, text in zip(
            margin.names, margin.texts[section], strict=True))]))

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if self.table is None or not index.isValid():
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.text(index.row(), index.column())
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            said = self.sentence(index.row(), index.column())
            return tip(said) if role == Qt.ItemDataRole.ToolTipRole else said
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter
        return None

    def inside(self, row: int, column: int) -> bool:
        """Whether it is a cell and no sum."""
        assert self.table is not None
        return row < len(self.table.rows) and column < len(self.table.columns)

    def text(self, row: int, column: int) -> str:
        """What stands at a place."""
        assert self.table is not None
        if self.inside(row, column):
            return self.table.text(row, column)
        return self.table.sum_text(self._sum(row, column))

    def _sum(self, row: int, column: int) -> int:
        assert self.table is not None
        counts = self.table.counts
        return int(counts.sum() if row >= len(counts) and column >= counts.shape[1] else
                   counts[:, column].sum() if row >= len(counts) else counts[row].sum())

    def sentence(self, row: int, column: int) -> str:
        """A place in words."""
        assert self.table is not None
        if self.inside(row, column):
            return self.table.sentence(row, column)
        names = self.table.columns if row >= len(self.table.rows) else self.table.rows
        place = column if row >= len(self.table.rows) else row
        return self.table.sum_sentence(self._sum(row, column), names[place] if place < len(names) else None,
                                       (row >= len(self.table.rows)) != self.table.transposed)
