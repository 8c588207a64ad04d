"""The images behind a figure: captions that can be read, filters that can be typed, words for what is not there."""

import numpy as np
from looking import brute, click, named, shown_paths
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDoubleSpinBox

from dlgui.engine.selection import Criteria
from dlgui.gui.evaluate.inspection import RANKING
from dlgui.gui.grid_model import GridItem


def typed(qtbot, box, text):
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key.Key_Return)


def test_a_range_of_confidences_is_typed_in_any_order(judged, qtbot):
    named(judged, "showAllButton").click()
    named(judged, "resultFiltersButton").click()
    low, high = (named(judged, name, QDoubleSpinBox) for name in ("minimumConfidence", "maximumConfidence"))
    typed(qtbot, low, "40")
    typed(qtbot, high, "75")
    assert (low.value(), high.value()) == (40, 75)
    assert shown_paths(judged) == brute(judged, lambda found, i: 0.4 <= found.confidence[i] <= 0.75)
    typed(qtbot, high, "30")  # the other end moves along
    assert (low.value(), high.value()) == (30, 30)
    typed(qtbot, low, "50")
    assert (low.value(), high.value()) == (50, 50)
    named(judged, "clearResultFiltersButton").click()
    assert (low.value(), high.value()) == (0, 100)


def test_two_long_names_get_a_line_each(judged, qtbot):
    panel = judged.evaluate_tab.results
    tall = panel.grid.gridSize().height()
    assert panel.grid.paint_item._caption(GridItem(0, "", "", "nominal\n→local", figure="51 %")) == [
        ("nominal→local", "51 %")]
    panel._names = []
    panel.inspection.suppose(groups=[("global", "local"), ("nominal",)])
    assert panel.grid.gridSize().height() > tall
    assert panel.grid.paint_item._caption(GridItem(0, "", "", "nominal\n→global + local", figure="51 %")) == [
        ("nominal", ""), ("→global + local", "51 %")]
    panel.inspection.suppose(groups=())
    assert panel.grid.gridSize().height() == tall


def test_an_empty_grid_says_why(judged, qtbot):
    panel, inspection = judged.evaluate_tab.results, judged.evaluate_tab.inspection
    inspection.choose(Criteria(text="no such name"))
    assert panel.grid.when_empty == "None of the 72 images is like that. “All images” shows them."
    inspection.choose(Criteria("wrong"))
    assert panel.grid.when_empty == "None of the 72 images is wrong. “All images” shows them."
    named(judged, "showAllButton").click()
    assert len(shown_paths(judged)) == 72


def test_the_order_comes_back_after_a_list_of_its_own(judged, qtbot):
    inspection = judged.evaluate_tab.inspection
    inspection.sort("file_name")
    for name in ("one", "two"):
        inspection.choose_only(np.array([5, 3, 9]), name, ranking=np.arange(72, dtype=float))
        assert inspection.order == RANKING
        assert inspection.positions.tolist() == [9, 5, 3]
    click(qtbot, named(judged, "confusionMatrix"), 3, 3)
    assert inspection.order == "file_name"
    assert named(judged, "resultOrder").currentData() == "file_name"
