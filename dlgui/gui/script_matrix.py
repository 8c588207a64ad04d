"""A confusion matrix as scripts show it: the view of the Evaluate tab, with what is pointed at in words below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from dlgui.engine.matrix_table import MatrixTable
from dlgui.engine.predictions import Predictions
from dlgui.engine.what_if import decide
from dlgui.gui.evaluate.matrix import ConfusionMatrix
from dlgui.gui.widgets import sentences


class ScriptMatrix(QWidget):
    """The matrix and a line of words.

    Args:
        classes: their names (k,).
        counts: int (k, k), rows = answers, columns = truth.
        mode: see `MatrixTable`.
    """

    def __init__(self, classes: Sequence[str], counts: np.ndarray, mode: str = "absolute",
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view, self.said = ConfusionMatrix(), sentences(soft=True)
        column = QVBoxLayout(self)
        column.addWidget(self.view, 1)
        column.addWidget(self.said)
        self.view.hovered.connect(self._say)
        self.view.zoomed.connect(self._say)
        self.table = _table(list(classes), counts, mode)
        self.view.show_table(self.table)
        self._say()

    def _say(self, text: str = "") -> None:
        self.said.setText(text or self.view.hint() or " ")


def _table(classes: list[str], counts: np.ndarray, mode: str) -> MatrixTable:
    answers, truths = np.nonzero(counts)
    often = counts[answers, truths]
    confidences = np.eye(len(classes), dtype=np.float32)[np.repeat(answers, often)]
    truth = np.repeat(truths, often).astype(np.int64)
    decisions = decide(Predictions(classes, confidences, truth, [""] * len(truth)))
    return MatrixTable(decisions, mode, np.arange(len(classes)))
