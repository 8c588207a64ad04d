"""How much each class counts: its images and its weight, from the counts or by hand."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from dlgui.engine.settings import balanced_weights
from dlgui.errors import InvalidValue
from dlgui.gui.widgets import button, named
from dlgui.gui.words import tip

ROWS_SHOWN = 6


class ClassWeights(QWidget):
    """A row a class.

    Signals:
        changed: a weight was typed.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: list[str] = []
        self._counts: list[int] = []
        self._own: dict[str, str] = {}
        self._mode = "none"
        self.table = named(QTableWidget(0, 3), "classWeightTable", self.tr(
            "Images of each class in the training split, and how much one of them counts in the loss"))
        self.table.setAccessibleName(self.tr("Class weights"))
        self.table.setHorizontalHeaderLabels([self.tr("class"), self.tr("images"), self.tr("weight")])
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.table.itemChanged.connect(self._typed)
        self.fill = button("weightsFromCountsButton", self.tr("Fill in from counts"), self.tr(
            "Writes the weights that make up for the frequency of the classes; change them from there"),
            self.fill_from_counts)
        self.error = QLabel()
        self.error.setObjectName("classWeightProblem")
        self.error.setWordWrap(True)
        self.error.setProperty("wrong", True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.table, self.error, self.fill):
            layout.addWidget(widget)
        self._show()

    def show_classes(self, names: Sequence[str], counts: Sequence[int]) -> None:
        """The classes of the training split and their images; weights typed before stay with their class."""
        if (list(names), list(counts)) != (self._names, self._counts):
            self._names, self._counts = list(names), list(counts)
            self._show()

    def set_mode(self, mode: str) -> None:
        """`none`, `balanced` or `own`."""
        first_own = mode == "own" and not self._own
        if mode == self._mode and not first_own:  # the form says it after every change; hundreds of rows take long
            return
        if first_own:
            self._own = self._texts(balanced_weights(self._counts))
        self._mode = mode
        self._show()

    def set_weights(self, weights: Sequence[float]) -> None:
        """Own weights in the order of the classes. Raises `InvalidValue` where their number does not fit."""
        if len(weights) != len(self._names):
            raise InvalidValue("class_weights", f"{len(weights)} numbers", f"{len(self._names)}, one a class")
        self._own = self._texts(weights)
        self._show()

    def fill_from_counts(self) -> None:
        """Own weights that make up for the frequency."""
        self._own = self._texts(balanced_weights(self._counts))
        self._show()
        self.changed.emit()

    def weights(self) -> tuple[float, ...]:
        """Own weights, one a class of the training split. Raises `InvalidValue`."""
        return tuple(self._number(name, self._own.get(name, "1")) for name in self._names)

    def problem(self) -> InvalidValue | None:
        """What is wrong with them."""
        if self._mode == "own":
            try:
                self.weights()
            except InvalidValue as problem:
                return problem
        return None

    def _texts(self, weights: Sequence[float]) -> dict[str, str]:
        return {name: f"{weight:.4g}" for name, weight in zip(self._names, weights, strict=True)}

    def _number(self, name: str, text: str) -> float:
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            value = -1.0
        if not 0 < value <= 1e6:
            raise InvalidValue(self.tr("weight of {name}").format(name=name), text, self.tr("a number above 0"))
        return value

    def _typed(self, item: QTableWidgetItem) -> None:
        if item.column() == 2 and self._mode == "own":
            self._own[self._names[item.row()]] = item.text()
            self._explain()
            self.changed.emit()

    def _explain(self) -> None:
        problem = self.problem()
        self.error.setText(f"{problem.what}: {problem.why}; {problem.remedy}" if problem else "")
        self.error.setVisible(problem is not None)

    def _show(self) -> None:
        texts = {"none": dict.fromkeys(self._names, "1"),
                 "balanced": self._texts(balanced_weights(self._counts)) if self._names else {}}.get(
                     self._mode, {name: self._own.get(name, "1") for name in self._names})
        self.table.blockSignals(True)
        self.table.setRowCount(len(self._names))
        for row, (name, count) in enumerate(zip(self._names, self._counts, strict=True)):
            for column, text in enumerate((name, str(count), texts[name])):
                item = QTableWidgetItem(text)
                item.setToolTip(tip(text))
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if column != 2 or self._mode != "own":
                    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                self.table.setItem(row, column, item)
        self.table.blockSignals(False)
        height = self.table.horizontalHeader().sizeHint().height() + 4
        height += sum(self.table.rowHeight(row) for row in range(min(len(self._names), ROWS_SHOWN)))
        self.table.setFixedHeight(height)
        self.fill.setVisible(self._mode == "own")
        self._explain()
