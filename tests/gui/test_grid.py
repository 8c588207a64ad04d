"""The grid that Data, Evaluate and Apply share, in the real window."""

import numpy as np
import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QMenu, QStyleOptionComboBox

from dlgui.gui.elided_label import elided
from dlgui.gui.filters import SIMILAR
from dlgui.gui.grid_model import DRAGGED
from dlgui.gui.image_grid import ImageGrid
from dlgui.gui.widgets import Choice
from dlgui.project.operations.embeddings import embeddings


@pytest.fixture
def grid(opened):
    return opened.findChild(ImageGrid, "imageGrid")


def test_images_leave_as_files_and_as_a_selection(opened, grid):
    data = grid.items.mimeData([grid.items.index(0), grid.items.index(2)])
    assert bytes(data.data(DRAGGED).data()) == b"2"
    paths = opened.session.project.images().path
    assert [url.toLocalFile() for url in data.urls()] == [
        str(opened.session.project.image_root / paths[i]) for i in (0, 2)]


def test_selecting_all_and_ranges(grid):
    grid.selectAll()
    assert grid.selected() == list(range(72))
    grid.select([5, 6, 9])
    assert grid.selected() == [5, 6, 9]


def test_the_menu_labels_flags_splits_and_excludes(opened, grid):
    def run(*titles):
        menu = whole = QMenu()
        grid.menu.emit(whole)
        for title in titles:
            action = next(a for a in menu.actions() if a.text().split("\t")[0] == title)
            menu = action.menu() or action
        menu.trigger()

    table = opened.session.project.images
    grid.select([0, 1])
    run("Label as", "nominal")
    assert table().label[:2].tolist() == [2, 2]
    grid.select([0, 1])
    run("Flag")
    run("Exclude from training")
    run("Move to split", "test")
    assert table().flag[:2].all()
    assert table().excluded[:2].all()
    assert table().split[:2].tolist() == [2, 2]
    for _ in range(4):
        opened.session.undo()
    assert table().label[:2].tolist() == [0, 0]
    assert opened.problems == []


def test_images_are_sorted_by_similarity_to_one(opened, grid, idle):
    grid.select([30])
    image = opened.data_tab.selected_ids()[0]
    opened.data_tab.grid_menu.similar.emit(image)
    idle(opened)
    shown = opened.data_tab.board.shown
    assert opened.data_tab.filter.order == SIMILAR
    assert shown.ids([0]) == [image]
    found = embeddings(opened.session.project)
    place = {int(i): row for row, i in enumerate(found.ids)}
    likeness = found.vectors[[place[i] for i in shown.ids(range(72))]] @ found.vectors[place[image]]
    assert (np.diff(likeness[1:]) < 1e-6).all()
    assert opened.data_tab.selected_ids() == [image]


def test_a_long_name_is_shortened_and_the_figure_behind_it_stays_whole(opened, grid):
    metrics = QFontMetrics(grid.font())
    names = [f"class number {i}" for i in (154, 155)]
    below = [elided(name, "100 %", metrics, 132) for name in names]
    assert all(text.endswith(f"{name[-3:]}  100 %") for text, name in zip(below, names, strict=True)), below
    assert all(metrics.horizontalAdvance(text) <= 132 for text in below)
    assert elided("crack", "7 %", metrics, 132) == "crack  7 %"


def test_a_box_shortens_what_does_not_fit(opened):
    box = Choice(8, opened)
    box.addItem("a very long name of a class, number 155")
    box.resize(120, 30)
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    assert "…" in option.currentText
    assert option.currentText.endswith("155")
    assert box.currentText() == "a very long name of a class, number 155"
