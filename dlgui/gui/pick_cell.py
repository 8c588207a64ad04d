"""Asks for a cell of a confusion matrix: JSON on stdin, JSON on stdout; scripts call it as a process of its own."""

from __future__ import annotations

import json
import sys

import numpy as np
from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QDialog, QVBoxLayout

from dlgui.engine.matrix_table import MatrixTable
from dlgui.engine.predictions import Predictions
from dlgui.engine.what_if import decide
from dlgui.gui import theme
from dlgui.gui.app import application
from dlgui.gui.evaluate.matrix import ConfusionMatrix
from dlgui.gui.widgets import sentences


def main() -> int:
    """Shows the matrix; writes the cell that was clicked, or nothing."""
    asked = json.load(sys.stdin)
    classes, matrix = asked["classes"], np.array(asked["matrix"])
    pairs = [(i, j) for i in range(len(classes)) for j in range(len(classes)) for _ in range(int(matrix[i, j]))]
    confidences = np.eye(len(classes), dtype=np.float32)[[i for i, _ in pairs]]
    truth = np.array([j for _, j in pairs], np.int64)
    table = MatrixTable(decide(Predictions(classes, confidences, truth, [""] * len(pairs))), "absolute",
                        np.arange(len(classes)))
    app = application()
    theme.apply()
    dialog, view, said = QDialog(), ConfusionMatrix(), sentences(soft=True)
    dialog.setWindowTitle(dialog.tr("Click a cell"))
    dialog.resize(760, 620)
    column = QVBoxLayout(dialog)
    column.addWidget(view, 1)
    column.addWidget(said)

    def say(text: str = "") -> None:
        said.setText(text or view.hint() or dialog.tr("A click on a cell, or Enter, gives its classes to the script."))

    view.hovered.connect(say)
    view.zoomed.connect(say)
    view.show_table(table)
    chosen: dict[str, str] = {}

    def take(index: QModelIndex) -> None:
        if view.matrix.inside(index.row(), index.column()):
            answer, true = table.cell(index.row(), index.column())
            chosen.update(ground_truth=classes[true], predicted=classes[answer])
            dialog.accept()

    view.clicked.connect(take)
    view.activated.connect(take)
    dialog.exec()
    app.quit()
    sys.stdout.write(json.dumps(chosen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
