"""The threshold of every class, and what it does."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QWidget

from dlgui.engine.predictions import Predictions
from dlgui.engine.rejection import ACCEPTED

Index = QModelIndex | QPersistentModelIndex


class ThresholdModel(QAbstractTableModel):
    """A row a class: threshold in percent (can be edited), images called so, answered among them, wrong among those.

    Signals:
        edited: a threshold was typed.
    """

    edited = Signal()

    def __init__(self, found: Predictions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found = found
        self.thresholds = [0.0] * len(found.classes)
        self._counts = np.zeros((len(found.classes), 3), np.int64)

    def show_rule(self, thresholds: tuple[float, ...], decided: np.ndarray) -> None:
        """Shows thresholds, and what `decided`, int (n,), makes of the images."""
        k, found = len(self._found.classes), self._found
        answered = decided == ACCEPTED
        self.thresholds = list(thresholds)
        self._counts = np.stack([np.bincount(found.predicted[mask], minlength=k) for mask in (
            np.ones(len(found), bool), answered, answered & ~found.correct)], 1)
        self.dataChanged.emit(self.index(0, 0), self.index(k - 1, 4))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._found.classes)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 5

    def headerData(self, section: int, orientation: Qt.Orientation,
                   role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return (self.tr("class"), self.tr("not sure below, %"), self.tr("called so"), self.tr("answered"),
                self.tr("wrong"))[section]

    def flags(self, index: Index) -> Qt.ItemFlag:
        plain = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return plain | Qt.ItemFlag.ItemIsEditable if index.column() == 1 else plain

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole and column:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return None
        if column == 0:
            return self._found.classes[row]
        return f"{100 * self.thresholds[row]:.1f}" if column == 1 else int(self._counts[row, column - 2])

    def setData(self, index: Index, value: Any, role: int = int(Qt.ItemDataRole.EditRole)) -> bool:
        try:
            share = float(str(value).replace(",", ".").rstrip(" %")) / 100
        except ValueError:
            return False
        if role != Qt.ItemDataRole.EditRole or not 0 <= share <= 1:
            return False
        self.thresholds[index.row()] = share
        self.edited.emit()
        return True
