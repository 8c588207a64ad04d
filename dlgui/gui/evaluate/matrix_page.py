"""The page of the confusion matrix."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.evaluate.matrix import ConfusionMatrix
from dlgui.gui.evaluate.page import Page
from dlgui.gui.scenes import Scene


class MatrixPage(Page):
    """The matrix with what can be changed about it."""

    name = "matrix"

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self.matrix = ConfusionMatrix()
        self.matrix.cell.connect(self._cell)
        self.shares = QCheckBox(self.tr("shares"))
        self.shares.setObjectName("matrixShares")
        self.shares.setToolTip(self.tr("Shares of the true class instead of counts"))
        self.shares.setAccessibleName(self.tr("Shares of the true class"))
        self.shares.toggled.connect(self.matrix.matrix.show_shares)
        head = QHBoxLayout()
        note = QLabel(self.tr("rows: predicted, columns: ground truth"))
        note.setProperty("soft", True)
        head.addWidget(note)
        head.addStretch()
        head.addWidget(self.shares)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addWidget(self.matrix, 1)
        inspection.decided.connect(lambda: self.matrix.matrix.show(inspection.evaluation))

    def title(self) -> str:
        return self.tr("Matrix")

    def tip(self) -> str:
        return self.tr("Confusion matrix")

    def _cell(self, predicted: int | None, truth: int | None) -> None:
        shown = self.inspection.decisions
        if shown is None:
            return
        cells = np.zeros(shown.matrix.shape, bool)
        cells[slice(None) if predicted is None else predicted, slice(None) if truth is None else truth] = True
        self.inspection.choose_cells(cells)

    def scenes(self) -> list[Scene]:
        return [Scene("evaluate")]
