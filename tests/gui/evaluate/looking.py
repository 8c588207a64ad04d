"""What tests of the Evaluate tab look at and click."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from dlgui.engine.matrix_table import MatrixTable
from dlgui.engine.predictions import Predictions
from dlgui.engine.what_if import decide
from dlgui.gui.evaluate.matrix import ConfusionMatrix


def named(window, name, kind=QWidget):
    found = window.findChild(kind, name)
    assert found is not None, name
    return found


def evaluating(window, folder, idle):
    """The window of usual size on its Evaluate tab: the newest run of a project, on all images."""
    window.resize(1280, 800)
    assert window.session.open(folder)
    window.tabs.setCurrentWidget(window.evaluate_tab)
    window.evaluate_tab.splits.setCurrentIndex(window.evaluate_tab.splits.findData("all"))
    idle(window)


def click(qtbot, matrix, row, column, modifier=Qt.KeyboardModifier.NoModifier):
    place = matrix.visualRect(matrix.model().index(row, column)).center()
    qtbot.mouseClick(matrix.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def shown_paths(window):
    grid = named(window, "resultGrid")
    return sorted(grid.items.item(i).name for i in range(grid.items.rowCount()))


def brute(window, condition):
    found = window.evaluate_tab.evaluation.predictions
    return sorted(found.paths[i] for i in range(len(found)) if condition(found, i))


def all_right(classes):
    """The matrix of two images each, all right."""
    count = len(classes)
    found = Predictions(classes, np.tile(np.eye(count, dtype=np.float32), (2, 1)), np.tile(np.arange(count), 2),
                        [f"{i}.png" for i in range(2 * count)])
    return MatrixTable(decide(found), "absolute", np.arange(count))


def shown_matrix(qtbot, classes, size=(460, 480)):
    """A matrix of its own over classes, two images each, all right."""
    matrix = ConfusionMatrix()
    qtbot.addWidget(matrix)
    matrix.resize(*size)
    matrix.show()
    matrix.show_table(all_right(classes))
    return matrix
