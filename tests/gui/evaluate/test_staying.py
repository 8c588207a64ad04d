"""What one works on stays chosen and marked while images are relabeled, excluded, sorted or seen in another split."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QWidget

from dlgui.engine.selection import Criteria


def named(window, name, kind=QWidget):
    found = window.findChild(kind, name)
    assert found is not None, name
    return found


def click(qtbot, matrix, row, column):
    place = matrix.visualRect(matrix.model().index(row, column)).center()
    qtbot.mouseClick(matrix.viewport(), Qt.MouseButton.LeftButton, pos=place)


def marked(matrix):
    return sorted((i.row(), i.column()) for i in matrix.selectedIndexes())


def test_excluding_image_after_image_stays_in_the_cell_and_goes_to_the_next(judged, qtbot, idle):
    tab, matrix, grid = judged.evaluate_tab, named(judged, "confusionMatrix"), named(judged, "resultGrid")
    click(qtbot, matrix, 1, 1)
    idle(judged)
    number = len(tab.inspection.positions)
    assert number > 3
    paths = [s.path for s in tab.inspection.samples(tab.inspection.positions)]
    grid.select([2])
    qtbot.keyClick(grid, Qt.Key.Key_X)
    idle(judged)
    assert len(tab.inspection.positions) == number - 1
    assert [s.path for s in tab.results.selected()] == [paths[3]]
    assert marked(matrix) == [(1, 1)]
    judged.session.undo()
    idle(judged)
    assert len(tab.inspection.positions) == number


def test_all_selected_images_stay_selected_after_a_deed_and_one_after_another_choice(judged, qtbot, idle):
    tab, grid = judged.evaluate_tab, named(judged, "resultGrid")
    qtbot.mouseClick(named(judged, "showAllButton"), Qt.MouseButton.LeftButton)
    grid.select([1, 2, 3])
    chosen = {s.path for s in tab.results.selected()}
    qtbot.keyClick(grid, Qt.Key.Key_F)
    idle(judged)
    assert {s.path for s in tab.results.selected()} == chosen
    tab.inspection.choose(Criteria())
    assert len(tab.results.selected()) == 1


def test_cells_stay_marked_when_the_matrix_turns_or_another_split_is_shown(judged, qtbot, idle):
    tab, matrix = judged.evaluate_tab, named(judged, "confusionMatrix")
    click(qtbot, matrix, 2, 1)
    qtbot.mouseClick(named(judged, "matrixTranspose"), Qt.MouseButton.LeftButton)
    assert marked(matrix) == [(1, 2)]
    split = named(judged, "splitSelector", QComboBox)
    split.setCurrentIndex(split.findData("train"))
    idle(judged)
    assert marked(matrix) == [(1, 2)]
    assert len(tab.inspection.positions) == tab.evaluation.confusion_matrix[2, 1]


def test_a_list_of_images_stays_with_its_images_when_one_of_them_goes(judged, qtbot, idle):
    inspection = judged.evaluate_tab.inspection
    chosen = np.array([4, 9, 11])
    inspection.choose_only(chosen, "three", ranking=np.arange(72, dtype=float), captions={9: "nine"})
    paths = {p: inspection.evaluation.predictions.paths[p] for p in chosen.tolist()}
    inspection.exclude([inspection.samples([4])[0].image_id])
    idle(judged)
    shown = [s.path for s in inspection.samples(inspection.positions)]
    assert shown == [paths[11], paths[9]]
    assert list(inspection.captions.values()) == ["nine"]
    assert inspection.samples(list(inspection.captions))[0].path == paths[9]


def test_the_order_says_likeness_while_images_are_sorted_by_it(judged, qtbot, idle):
    order = named(judged, "resultOrder", QComboBox)
    order.setCurrentIndex(order.findData("likeness"))
    idle(judged)
    assert order.currentData() == "likeness"
    order.setCurrentIndex(order.findData("loss"))
    assert order.currentData() == "loss"
