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
from dlgui.project.operations.costs import Costs

Index = QModelIndex | QPersistentModelIndex


def table_of(costs: Costs, classes: Sequence[str]) -> np.ndarray:
    """float64 (k + 1, k); rows = answers, "not sure" last. Costs of other classes are passed over."""
    table = standard_costs(len(classes), costs.error, costs.unsure)
    names = {name: i for i, name in enumerate(classes)}
    for (answer, truth), cost in costs.own.items():
        if truth in names and (answer == UNSURE or answer in names):
            table[names.get(answer, len(classes)), names[truth]] = cost
    return table


def costs_of(table: np.ndarray, classes: Sequence[str], before: Costs, error: float, unsure: float) -> Costs:
    """The inverse of `table_of`; what `before` says about other classes stays."""
    answers, about = [*classes, UNSURE], {*classes, UNSURE}
    different = np.argwhere(table != standard_costs(len(classes), error, unsure)).tolist()
    own = {pair: cost for pair, cost in before.own.items() if not about.issuperset(pair)}
    own |= {(answers[i], classes[j]): float(table[i, j]) for i, j in different}
    return Costs(error, unsure, own)


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
    """Edits costs; `costs` is the result."""

    def __init__(self, costs: Costs, classes: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("costDialog")
        self.setWindowTitle(self.tr("What each answer costs"))
        self.resize(520, 380)
        self.costs, self.classes = costs, list(classes)
        self.model = CostModel(classes, table_of(costs, classes), self)
        self.table = named(QTableView(), "costTable", self.tr("Cost of each answer (row) to each truth (column)"))
        self.table.setModel(self.model)
        self.error = self._number("errorCost", self.tr("Cost of any error"), costs.error)
        self.unsure = self._number("unsureCost", self.tr("Cost of an image that nobody decides"), costs.unsure)
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
        self.costs = costs_of(self.model.costs, self.classes, self.costs, self.error.value(), self.unsure.value())
        super().accept()
