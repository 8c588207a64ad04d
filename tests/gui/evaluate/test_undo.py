"""Remedies by keys and clicks in the active window, taken back by Ctrl+Z wherever the focus is."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QToolButton, QWidget

from dlgui.engine.matrix_table import MatrixTable
from dlgui.project.operations.info import info


def named(window, name, kind=QWidget):
    found = window.findChild(kind, name)
    assert found is not None, name
    return found


def choose_in_menu(qtbot, button, wanted):
    """Opens a button's menu with the mouse and clicks the first entry that `wanted` likes; its text."""
    chosen = []

    def click():
        menu = QApplication.activePopupWidget()
        action = next(a for a in menu.actions() if wanted(a.text()))
        chosen.append(action.text())
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())

    QTimer.singleShot(100, click)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(chosen))
    return chosen[0]


@pytest.fixture
def active(judged, qtbot, idle):
    """The active window with one image selected in the grid."""
    judged.activateWindow()
    qtbot.waitUntil(judged.isActiveWindow)
    qtbot.mouseClick(named(judged, "showAllButton"), Qt.MouseButton.LeftButton)
    idle(judged)
    grid = named(judged, "resultGrid")
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=grid.visualRect(
        grid.model().index(0, 0)).center())
    idle(judged)
    return judged


def columns(project):
    table = project.images()
    return [getattr(table, name).tolist() for name in ("label", "split", "flag", "excluded")]


def do(qtbot, window, deed):
    """One deed on the selected image, as a person does it."""
    grid, sample = named(window, "resultGrid"), window.evaluate_tab.results.selected()[0]
    if deed == "relabel":
        choose_in_menu(qtbot, named(window, "whyRelabelButton", QToolButton), lambda text: text != sample.truth)
    elif deed == "move":
        choose_in_menu(qtbot, named(window, "whyMoveButton", QToolButton), lambda text: text == "no split")
    elif deed == "exclude by key":
        grid.setFocus()
        qtbot.keyClick(grid, Qt.Key.Key_X)
    else:
        qtbot.mouseClick(named(window, {"flag": "whyFlagButton", "exclude": "whyExcludeButton"}[deed]),
                         Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(("deed", "focus"), [
    ("relabel", "confusionMatrix"), ("exclude", "heatmapView"), ("exclude by key", "resultGrid"),
    ("flag", "confusionMatrix"), ("move", "heatmapView")])
def test_ctrl_z_takes_a_remedy_back_wherever_the_focus_is(active, qtbot, idle, deed, focus):
    project = active.session.project
    before, state = info(project), columns(project)
    matrix = active.evaluate_tab.evaluation.confusion_matrix
    do(qtbot, active, deed)
    idle(active)
    assert columns(project) != state
    part = named(active, focus)
    qtbot.mouseClick(part.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(part.viewport().width() - 3, 3))
    assert QApplication.focusWidget() is part
    idle(active)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    idle(active)
    assert columns(project) == state
    assert info(project) == before
    np.testing.assert_array_equal(active.evaluate_tab.evaluation.confusion_matrix, matrix)


def test_ghost_numbers_come_with_a_relabel_and_go_with_undo(active, qtbot, idle):
    view, tab = named(active, "confusionMatrix"), active.evaluate_tab
    sample = tab.results.selected()[0]
    plain = view.viewport().grab().toImage()
    other = choose_in_menu(qtbot, named(active, "whyRelabelButton", QToolButton), lambda text: text != sample.truth)
    idle(active)
    classes, table = tab.evaluation.classes, view.matrix.table
    answer = classes.index(sample.predicted)
    was = {(r, c): table.was(r, c) for r in range(3) for c in range(3) if table.was(r, c) is not None}
    assert set(was) == {(answer, classes.index(sample.truth)), (answer, classes.index(other))}
    assert view.viewport().grab().toImage() != plain
    shown = view.matrix.table
    for side in (40, 24):  # roomy cells and those of a narrow window
        view.zoom(side)
        view.show_table(shown)
        with_ghosts = view.viewport().grab().toImage()
        view.show_table(MatrixTable(shown.decisions, shown.mode, shown.order, shown.transposed))
        assert view.viewport().grab().toImage() != with_ghosts
    view.show_table(shown)
    assert "was" in named(active, "evaluationHeadline", QLabel).text()
    qtbot.keyClick(named(active, "resultGrid"), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    idle(active)
    assert tab.inspection.ghost is None
    assert not any(view.matrix.table.was(r, c) is not None for r in range(3) for c in range(3))
    assert "was" not in named(active, "evaluationHeadline", QLabel).text()
