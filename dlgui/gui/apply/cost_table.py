"""What each mistake costs, class by class."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics
from PySide6.QtWidgets import QWidget

from dlgui.gui import theme
from dlgui.gui.words import tip

Index = QModelIndex | QPersistentModelIndex


WIDTHS = {Qt.Orientation.Horizontal: 84, Qt.Orientation.Vertical: 160}
"""Pixels of a column, and of the names of the rows at most."""
_PADDING = 20


class CostModel(QAbstractTableModel):
    """Rows: the answer, columns: the truth; the diagonal costs nothing.

    Signals:
        changed: a cost was edited.
    """

    changed = Signal()

    def __init__(self, classes: list[str], wrong: np.ndarray, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.classes, self.wrong = classes, wrong.copy()

    def fill(self, value: float) -> None:
        """Every mistake costs the same."""
        self.beginResetModel()
        self.wrong[:] = value
        np.fill_diagonal(self.wrong, 0)
        self.endResetModel()
        self.changed.emit()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.classes)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.classes)

    def headerData(self, section: int, orientation: Qt.Orientation,
                   role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:  # Qt's own shortening ignores the style sheet's weight and padding
            font = QFont()
            font.setBold(True)
            return QFontMetrics(font).elidedText(self.classes[section], Qt.TextElideMode.ElideMiddle,
                                                 WIDTHS[orientation] - _PADDING)
        return tip(self.classes[section]) if role == Qt.ItemDataRole.ToolTipRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        plain = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return plain if index.row() == index.column() else plain | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        i, j = index.row(), index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return "" if i == j else f"{self.wrong[i, j]:g}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignCenter)
        if role == Qt.ItemDataRole.BackgroundRole and i == j:
            return QColor(theme.colours().raised)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self.tr("answered {a} where {b} is true").format(a=self.classes[i], b=self.classes[j]))
        return None

    def setData(self, index: Index, value: Any, role: int = int(Qt.ItemDataRole.EditRole)) -> bool:
        try:
            cost = float(str(value).replace(",", "."))
        except ValueError:
            return False
        if role != Qt.ItemDataRole.EditRole or not 0 <= cost < 1e9:
            return False
        self.wrong[index.row(), index.column()] = cost
        self.dataChanged.emit(index, index)
        self.changed.emit()
        return True
