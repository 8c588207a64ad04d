"""The matrix as one works with it: zoom, search, keys, marks, small windows, files."""

import numpy as np
import pytest
from looking import all_right, click, named, shown_matrix
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from dlgui.gui.evaluate.matrix_cell import COMFORTABLE, TEXT
from dlgui.gui.evaluate.matrix_files import picture_size
from dlgui.gui.evaluate.matrix_selection import rectangles


def wheel(matrix, place, up=True):
    """Ctrl and the wheel at a place of the view."""
    at = place - matrix.viewport().pos()
    QApplication.sendEvent(matrix.viewport(), QWheelEvent(
        QPointF(at), QPointF(matrix.viewport().mapToGlobal(at)), QPoint(), QPoint(0, 120 if up else -120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase, False))


def under(matrix, place):
    index = matrix.indexAt(place - matrix.viewport().pos())
    return index.row(), index.column()


@pytest.fixture
def large(judged):
    """The matrix of the window with 200 classes; all in sight, too small to read."""
    page = judged.evaluate_tab.pages[0]
    names = [f"class {i:03d}" for i in range(200)]
    page.matrix.show_table(all_right(names))
    page.matrix.fit()
    return page


def test_the_wheel_enlarges_what_is_under_it(large):
    matrix, place = large.matrix, QPoint(240, 220)
    before = under(matrix, place)
    for _ in range(14):
        wheel(matrix, place)
    assert matrix.rowHeight(0) > COMFORTABLE
    assert under(matrix, place) == before
    for _ in range(6):
        wheel(matrix, place, up=False)
    assert np.abs(np.subtract(under(matrix, place), before)).max() <= 1  # cells of a few pixels


def test_keys_enlarge_what_is_in_the_middle(large, qtbot):
    matrix = large.matrix
    for _ in range(12):
        qtbot.keyClick(matrix, Qt.Key.Key_Plus)
    place = QPoint(matrix.horizontalScrollBar().value(), matrix.verticalScrollBar().value())
    assert min(place.x(), place.y()) > 0  # not the first class
    qtbot.keyClick(matrix, Qt.Key.Key_0)
    assert matrix.rowHeight(0) < 10


def test_a_class_that_is_found_can_be_read_and_the_search_says_how_many_there_are(large, judged, qtbot):
    search, said = named(judged, "matrixSearch", QLineEdit), large.said
    before = large.matrix.rowHeight(0)
    qtbot.keyClicks(search, "19")
    assert said.text().startswith("class 019: 1 of 12 found")
    assert large.matrix.rowHeight(0) == COMFORTABLE
    assert large.matrix.visualRect(large.matrix.model().index(19, 19)).intersects(large.matrix.viewport().rect())
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert said.text().startswith("class 119: 2 of 12 found")
    qtbot.keyClicks(search, "x")
    assert said.text() == "No class is called “19x”."
    search.clear()
    assert large.matrix.rowHeight(0) == before
    assert "200 classes" in said.text()


def test_keys_tell_the_sentence_of_the_cell_they_come_to(judged, qtbot):
    judged.activateWindow()
    page = judged.evaluate_tab.pages[0]
    click(qtbot, page.matrix, 0, 0)
    qtbot.waitUntil(page.matrix.hasFocus)
    qtbot.keyClick(page.matrix, Qt.Key.Key_Down)
    assert page.said.text() == page.matrix.matrix.sentence(1, 0)


def test_chosen_rows_are_marked_as_one_and_named(judged, qtbot):
    tab, matrix = judged.evaluate_tab, named(judged, "confusionMatrix")
    header = matrix.verticalHeader()
    for row, modifier in ((0, Qt.KeyboardModifier.NoModifier), (1, Qt.KeyboardModifier.ShiftModifier)):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, modifier,
                         QPoint(8, header.sectionViewportPosition(row) + 5))
    names = tab.evaluation.classes
    assert named(judged, "resultGrid").parent().caption.text().endswith(f": answer {names[0]} or {names[1]}")
    qtbot.mouseClick(named(judged, "matrixTranspose"), Qt.MouseButton.LeftButton)
    assert len(matrix.selectionModel().selection()) == 1


def testrectangles_make_up_the_table():
    marked = np.random.default_rng(3).random((7, 9)) < 0.5
    found = np.zeros(marked.shape, int)
    for top, bottom, left, right in rectangles(marked):
        found[top:bottom + 1, left:right + 1] += 1
    assert (found == marked).all()
    assert list(rectangles(np.ones((3, 4), bool))) == [(0, 2, 0, 3)]
    assert list(rectangles(np.zeros((3, 4), bool))) == []


def test_cells_use_the_room_below_them(qtbot):
    names = [f"a defect with a long name {i}" for i in range(7)]
    low, high = (shown_matrix(qtbot, names, (690, height)) for height in (460, 700))
    assert high.cell.height > 1.3 * low.cell.height
    for matrix in (low, high):
        assert matrix.rows.figures > 0
        assert matrix.rows.sizeHint().width() + 8 * matrix.cell.width <= matrix.width()
        assert matrix.columns.sizeHint().height() + 8 * matrix.cell.height <= matrix.height()


def test_cells_stay_comfortable_where_the_window_is_narrow(qtbot):
    view = shown_matrix(qtbot, ["alpha", "beta", "gamma", "delta", "epsilon"], (330, 320))
    assert view.rowHeight(0) >= COMFORTABLE
    assert view.horizontalScrollBar().maximum() == 0


def test_a_dozen_classes_can_be_read_in_a_window_of_usual_size(qtbot):
    names = ["Apple", "Juice", "Melon", "Milk", "Orange", "Pear", "Pepper", "Potato", "Satsumas", "Soy-Milk", "Tomato",
             "Yoghurt"]
    view = shown_matrix(qtbot, names, (450, 540))
    assert view.rowHeight(0) > TEXT
    assert view.hint() == ""
    assert view.horizontalScrollBar().maximum() == view.verticalScrollBar().maximum() == 0


@pytest.mark.parametrize("suffix", [".csv", ".png", ".svg"])
def test_what_cannot_be_written_is_a_problem_that_names_the_file(judged, tmp_path, suffix):
    page = judged.evaluate_tab.pages[0]
    page.write(tmp_path / f"matrix{suffix}")
    content = (tmp_path / f"matrix{suffix}").read_bytes()
    assert content.startswith({".csv": b"predicted", ".png": b"\x89PNG", ".svg": b"<?xml"}[suffix])
    if suffix == ".png":
        assert QImage.fromData(content).width() == 2 * picture_size(page.matrix).width()
    page.write(tmp_path / "missing" / f"matrix{suffix}")
    (problem,) = judged.problems
    assert f"matrix{suffix}" in str(problem)
    assert named(judged, "evaluationHeadline", QLabel).text()  # and nothing else is disturbed
    judged.problems.clear()


def test_a_picture_is_light_and_shows_no_selection_and_the_window_follows_its_theme(judged, qtbot, tmp_path):
    from dlgui.gui import theme

    page, matrix = judged.evaluate_tab.pages[0], named(judged, "confusionMatrix")
    page.palette_box.setCurrentIndex(page.palette_box.findData("plain"))

    def written(name):
        page.write(tmp_path / name)
        return QImage(str(tmp_path / name))

    light = written("light.png")
    click(qtbot, matrix, 0, 1)
    assert written("selected.png") == light
    theme.apply("dark")
    try:
        assert (matrix.painter.colours == matrix.painter.colours[0, 0]).all()
        assert matrix.painter.colours.max() < 128  # the cells of the window are dark now
        assert written("dark.png") == light
        assert matrix.painter.colours.max() < 128
    finally:
        theme.apply("light")
    assert matrix.painter.colours.min() > 128
