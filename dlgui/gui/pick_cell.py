"""Asks for a cell of a confusion matrix: JSON on stdin, JSON on stdout; scripts call it as a process of its own."""

from __future__ import annotations

import json
import sys

import numpy as np
from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QDialog, QVBoxLayout

from dlgui.gui import theme
from dlgui.gui.app import application
from dlgui.gui.script_matrix import ScriptMatrix
from dlgui.gui.widgets import sentences


def main() -> int:
    """Shows the matrix; writes the cell that was clicked, or nothing."""
    asked = json.load(sys.stdin)
    classes = asked["classes"]
    app = application()
    theme.apply()
    dialog = QDialog()
    dialog.setWindowTitle(dialog.tr("Confusion matrix: click a cell"))
    dialog.resize(760, 620)
    shown, what = ScriptMatrix(classes, np.array(asked["matrix"])), sentences()
    what.setText(dialog.tr("A click on a cell, or Enter, hands its images to the script; Escape hands over none."))
    column = QVBoxLayout(dialog)
    column.addWidget(what)
    column.addWidget(shown, 1)
    chosen: dict[str, str] = {}

    def take(index: QModelIndex) -> None:
        if shown.view.matrix.inside(index.row(), index.column()):
            answer, true = shown.table.cell(index.row(), index.column())
            chosen.update(ground_truth=classes[true], predicted=classes[answer])
            dialog.accept()

    shown.view.clicked.connect(take)
    shown.view.activated.connect(take)
    dialog.exec()
    app.quit()
    sys.stdout.write(json.dumps(chosen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
