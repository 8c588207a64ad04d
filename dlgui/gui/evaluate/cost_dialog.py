"""What each kind of error costs, as the user weighs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.matrix_table import UNSURE
from dlgui.engine.what_if import standard_costs
from dlgui.gui.widgets import button, named

Index = QModelIndex | QPersistentModelIndex


class CostBook:
    """Costs by names of answer and truth, so that they outlive another run or merged classes."""

    def __init__(self) -> None:
        self.error, self.unsure = 1.0, 0.2
        self._own: dict[tuple[str, str], float] = {}

    def table(self, classes: Sequence[str]) -> np.ndarray:
        """float64 (k + 1, k); rows = answers, "not sure" last."""
        costs = standard_costs(len(classes), self.error, self.unsure)
        names = {name: i for i, name in enumerate(classes)}
        for (answer, truth), cost in self._own.items():
            if truth in names and (answer == UNSURE or answer in names):
                costs[names.get(answer, len(classes)), names[truth]] = cost
        return costs

    def keep(self, classes: Sequence[str], costs: np.ndarray, error: float, unsure: float) -> None:
        """Takes an edited table."""
        self.error, self.unsure = error, unsure
        answers = [*classes, UNSURE]
        different = np.argwhere(costs != standard_costs(len(classes), error, unsure)).tolist()
        about = set(classes)
        self._own = {pair: cost for pair, cost in self._own.items()
                     if pair[1] not in about or pair[0] not in {*about, UNSURE}}
        self._own |= {(answers[i], classes[j]): float(costs[i, j]) for i, j in different}


class CostModel(QAbstractTableModel):
    """An editable table of costs."""

    def __init__(self, classes: Sequence[str], costs: np.ndarray, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.classes, self.costs = list(classes), costs.copy()

    def show(self, costs: np.ndarray) -> None:
        """Shows another table."""
        self.beginResetModel()
        self.costs = costs.copy()
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self.costs.shape[0]

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self.costs.shape[1]

    def headerData(self, section: int, orientation: Qt.Orientation,
                   role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return [*self.classes, UNSURE][section]

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        cost = float(self.costs[index.row(), index.column()])
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{cost:g}"
        if role == Qt.ItemDataRole.EditRole:
            return cost
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def setData(self, index: Index, value: Any, role: int = int(Qt.ItemDataRole.EditRole)) -> bool:
        try:
            cost = float(value)
        except (TypeError, ValueError):
            return False
        if not (np.isfinite(cost) and cost >= 0):
            return False
        self.costs[index.row(), index.column()] = cost
        self.dataChanged.emit(index, index)
        return True


class CostDialog(QDialog):
    """Edits a book of costs."""

    def __init__(self, book: CostBook, classes: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("costDialog")
        self.setWindowTitle(self.tr("What each answer costs"))
        self.resize(520, 380)
        self.book, self.classes = book, list(classes)
        self.model = CostModel(classes, book.table(classes), self)
        self.table = named(QTableView(), "costTable", self.tr("Cost of each answer (row) to each truth (column)"))
        self.table.setModel(self.model)
        self.error = self._number("errorCost", self.tr("Cost of any error"), book.error)
        self.unsure = self._number("unsureCost", self.tr("Cost of an image that nobody decides"), book.unsure)
        fill = button("fillCostsButton", self.tr("Fill the table"), self.tr("Every error costs the same"),
                      lambda: self.model.show(standard_costs(len(classes), self.error.value(), self.unsure.value())))
        row = QHBoxLayout()
        for part in (QLabel(self.tr("error")), self.error, QLabel(UNSURE), self.unsure, fill):
            row.addWidget(part)
        row.addStretch()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        for which in (QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel):
            named(buttons.button(which), f"cost{which.name}Button", buttons.button(which).text().replace("&", ""))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        note = QLabel(self.tr("Rows: what the network answers. Columns: the truth. Double-click to change."))
        note.setProperty("soft", True)
        note.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addWidget(note)
        layout.addLayout(row)
        layout.addWidget(self.table, 1)
        layout.addWidget(buttons)

    def _number(self, name: str, tip: str, value: float) -> QDoubleSpinBox:
        box = named(QDoubleSpinBox(), name, tip)
        box.setRange(0, 1e6)
        box.setDecimals(2)
        box.setSingleStep(0.1)
        box.setValue(value)
        return box

    def accept(self) -> None:
        self.book.keep(self.classes, self.model.costs, self.error.value(), self.unsure.value())
        super().accept()
