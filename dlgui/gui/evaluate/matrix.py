"""The confusion matrix: rows predicted, columns ground truth; a cell is a selection of images."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from dlgui.engine.evaluation import Evaluation, relative
from dlgui.gui import theme

Index = QModelIndex | QPersistentModelIndex


class MatrixModel(QAbstractTableModel):
    """Counts or shares, with precision at the end of each row and recall below each column."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.evaluation: Evaluation | None = None
        self.shares = False
        self._relative = np.zeros((0, 0))

    def show(self, evaluation: Evaluation | None) -> None:
        """Shows another evaluation."""
        self.beginResetModel()
        self.evaluation = evaluation
        self._relative = relative(evaluation.confusion_matrix) if evaluation else np.zeros((0, 0))
        self.endResetModel()

    def show_shares(self, shares: bool) -> None:
        """Counts, or shares of the true class."""
        self.shares = shares
        if self.evaluation is not None:
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(self.evaluation.classes) + 1 if self.evaluation and not parent.isValid() else 0

    columnCount = rowCount

    def headerData(self, section: int, orientation: Qt.Orientation,
                   role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if self.evaluation is None or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        if section < len(self.evaluation.classes):
            return self.evaluation.classes[section]
        return self.tr("precision") if orientation == Qt.Orientation.Horizontal else self.tr("recall")

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        found, i, j = self.evaluation, index.row(), index.column()
        if found is None:
            return None
        k = len(found.classes)
        inside = i < k and j < k
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter
        if role == Qt.ItemDataRole.DisplayRole:
            if inside:
                return f"{self._relative[i, j]:.2f}" if self.shares else str(int(found.confusion_matrix[i, j]))
            if i == k and j == k:
                return f"{100 * (1 - found.top1_error):.1f} %"
            return f"{100 * (found.precision[i] if i < k else found.recall[j]):.1f} %"
        if inside and role == Qt.ItemDataRole.ToolTipRole:
            return self.tr("{count} images of {truth} were taken for {predicted} ({share:.1f} % of {truth})").format(
                count=int(found.confusion_matrix[i, j]), truth=found.classes[j], predicted=found.classes[i],
                share=100 * self._relative[i, j])
        if inside and role in (Qt.ItemDataRole.BackgroundRole, Qt.ItemDataRole.ForegroundRole):
            return self._brush(i, j, role == Qt.ItemDataRole.BackgroundRole)
        return None

    def _brush(self, i: int, j: int, ground: bool) -> QBrush:
        c = theme.colours()
        share = float(self._relative[i, j])
        strength = share if i == j else min(share * 2.5, 1.0) ** 0.6
        if not ground:
            return QBrush(QColor("#ffffff" if strength > 0.45 and c is theme.LIGHT else c.ink))
        a, b = QColor(c.raised), QColor(("#0b63bd" if c is theme.LIGHT else "#2a6cb8") if i == j else "#c62828")
        return QBrush(QColor(*(round(x + (y - x) * strength) for x, y in zip(
            a.getRgb()[:3], b.getRgb()[:3], strict=True))))  # type: ignore[index]


class ConfusionMatrix(QTableView):
    """The table.

    Signals:
        cell: (predicted, truth) of a click, each an index or None for the whole row, column or matrix.
    """

    cell = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("confusionMatrix")
        self.setAccessibleName(self.tr("Confusion matrix"))
        self.setToolTip(self.tr("Rows: predicted, columns: ground truth. Click a cell or a class to see its images."))
        self.matrix = MatrixModel(self)
        self.setModel(self.matrix)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setMinimumSectionSize(64)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.clicked.connect(lambda index: self._chosen(index.row(), index.column()))
        self.activated.connect(lambda index: self._chosen(index.row(), index.column()))
        self.horizontalHeader().sectionClicked.connect(lambda j: self._chosen(self.matrix.rowCount() - 1, j))
        self.verticalHeader().sectionClicked.connect(lambda i: self._chosen(i, self.matrix.columnCount() - 1))

    def _chosen(self, i: int, j: int) -> None:
        k = self.matrix.rowCount() - 1
        self.cell.emit(i if i < k else None, j if j < k else None)
