"""Suggestions and map in the real window."""

import shutil

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QWidget

from dlgui.project.operations import labels
from dlgui.project.project import Project


def named(window, name):
    found = window.findChild(QWidget, name)
    assert found is not None, name
    return found


@pytest.fixture
def few(opened, idle):
    """The window over a project in which four images of each class have a label; and the true class of every image."""
    project = opened.session.project
    table = project.images()
    truth = {int(i): table.class_names[k] for i, k in zip(table.id, table.label, strict=True)}
    kept = np.concatenate([np.flatnonzero(table.label == k)[:4] for k in range(3)])
    labels.assign(project, np.delete(table.id, kept).tolist(), None)
    return opened, truth


def choose(window, kind):
    box = named(window, "suggestOrderBox")
    box.setCurrentIndex(box.findData(kind))


def unlabeled(project):
    return int((project.images().label < 0).sum())


def test_a_page_of_one_class_is_labeled_but_for_the_marked(few, qtbot, idle):
    window, _ = few
    tab, project, grid = window.data_tab, window.session.project, named(window, "imageGrid")
    qtbot.mouseClick(named(window, "suggestModeButton"), Qt.MouseButton.LeftButton)
    idle(window)
    page = tab.suggest.page
    assert (page.kind, tab.suggest.effective_kind()) == ("class", "class")
    assert grid.items.rowCount() == len(page.ids) > 3
    assert grid.selected() == []
    name = project.images().class_names[page.label]
    assert name in tab.suggest.what.text()
    assert f"{name}?" in grid.items.item(0).caption
    assert grid.items.item(0).tentative
    for row in (0, 2):
        place = grid.visualRect(grid.items.index(row)).center()
        qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert grid.selected() == [0, 2]
    assert grid.items.item(2).mark == "wrong"
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    table = project.images()
    given = [int(k) for k in table.label[table.row_of(page.ids)]]
    assert given == [-1 if i in (0, 2) else page.label for i in range(len(given))]
    idle(window)
    marked = tab.suggest.page
    assert (marked.kind, set(marked.ids)) == ("marked", {page.ids[0], page.ids[2]})
    assert "What are these?" in tab.suggest.what.text()
    assert name not in grid.items.item(0).caption  # refused once
    qtbot.keyClick(grid, Qt.Key.Key_1)
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    idle(window)
    assert tab.suggest.page.kind == "class"
    for _ in range(2):
        window.actions_by_name()["actionUndo"].trigger()
    assert tab.suggest.page == marked
    window.actions_by_name()["actionUndo"].trigger()
    assert tab.suggest.page == page  # back where the labels were taken away
    assert unlabeled(project) == 60
    assert window.problems == []


def test_enter_accepts_one_and_shift_enter_the_page(few, qtbot, idle):
    window, truth = few
    tab, project, grid = window.data_tab, window.session.project, named(window, "imageGrid")
    choose(window, "confident")
    window.actions_by_name()["actionSuggestMode"].trigger()
    idle(window)
    first = tab.suggest.page
    assert grid.selected() == [0]
    guess = tab.suggest.guess(first.ids[0])
    qtbot.keyClick(grid, Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    table = project.images()
    assert int(table.label[table.row_of([first.ids[0]])[0]]) == guess[0]
    assert grid.selected() == [1]
    qtbot.keyClick(grid, Qt.Key.Key_3)
    assert table.class_names[project.images().label[table.row_of([first.ids[1]])[0]]] == "nominal"
    assert tab.suggest.page == first  # the page does not move while it is worked on
    idle(window)
    assert tab.suggest.page == first
    qtbot.keyClick(grid, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    idle(window)
    assert unlabeled(project) == 10
    qtbot.mouseClick(named(window, "acceptPageButton"), Qt.MouseButton.LeftButton)
    idle(window)
    assert unlabeled(project) == 0
    assert "Every image has a label" in tab.suggest.what.text()
    table = project.images()
    right = np.mean([table.class_names[k] == truth[int(i)] for i, k in zip(table.id, table.label, strict=True)])
    assert right > 0.75  # by chance: a third
    with Project.open(project.folder, read_only=True) as other:
        assert unlabeled(other) == 0
    assert window.problems == []


def test_without_labels_similar_images_come_first(opened, qtbot, idle):
    project, grid, tab = opened.session.project, named(opened, "imageGrid"), opened.data_tab
    labels.assign(project, project.images().id.tolist(), None)
    opened.actions_by_name()["actionSuggestMode"].trigger()
    idle(opened)
    page = tab.suggest.page
    assert page.kind == "similar"
    assert "two labels" in tab.suggest.what.text()
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=grid.visualRect(grid.items.index(1)).center())
    qtbot.keyClick(grid, Qt.Key.Key_2)
    table = project.images()
    given = [int(k) for k in table.label[table.row_of(page.ids)]]
    assert given == [-1 if i == 1 else 1 for i in range(len(given))]
    idle(opened)
    assert not set(page.ids) & set(tab.suggest.page.ids)
    qtbot.mouseClick(named(opened, "previousPageButton"), Qt.MouseButton.LeftButton)
    assert tab.suggest.page == page
    qtbot.mouseClick(named(opened, "skipPageButton"), Qt.MouseButton.LeftButton)
    assert tab.suggest.page != page
    qtbot.mouseClick(named(opened, "gridModeButton"), Qt.MouseButton.LeftButton)
    assert grid.items.rowCount() == 72
    assert opened.problems == []


def test_what_failed_is_tried_again(window, small_folder, tmp_path, qtbot, idle):
    root = tmp_path / "images"
    shutil.copytree(small_folder, root)
    Project.create(tmp_path / "p.dlproj", root).close()
    assert window.session.open(tmp_path / "p.dlproj")
    project, tab = window.session.project, window.data_tab
    labels.assign(project, project.images().id[::2].tolist(), None)
    root.rename(tmp_path / "away")
    qtbot.mouseClick(named(window, "suggestModeButton"), Qt.MouseButton.LeftButton)
    idle(window)
    assert "Not done" in tab.suggest.what.text()
    qtbot.mouseClick(named(window, "mapModeButton"), Qt.MouseButton.LeftButton)
    idle(window)
    assert "Not done" in tab.map.note.text()
    assert [str(problem).partition(":")[0] for problem in window.problems] == [str(root)] * 2
    (tmp_path / "away").rename(root)
    qtbot.mouseClick(named(window, "suggestModeButton"), Qt.MouseButton.LeftButton)
    idle(window)
    assert tab.suggest.page.ids
    tab.suggest.reset()
    root.rename(tmp_path / "away")
    project.cache_folder.rename(tmp_path / "cache")
    tab.suggest.reset()
    idle(window)
    assert "Not done" in tab.suggest.what.text()
    (tmp_path / "away").rename(root)
    choose(window, "doubtful")
    idle(window)
    assert (tab.suggest.page.kind, bool(tab.suggest.page.ids)) == ("doubtful", True)
    qtbot.mouseClick(named(window, "mapModeButton"), Qt.MouseButton.LeftButton)
    idle(window)
    assert len(tab.map.map.ids) == 72
    assert len(window.problems) == 3


def test_the_map_selects_for_grid_and_keys(opened, qtbot, idle):
    tab, project = opened.data_tab, opened.session.project
    qtbot.mouseClick(named(opened, "mapModeButton"), Qt.MouseButton.LeftButton)
    idle(opened)
    found = tab.map.map
    assert found.finished
    assert len(found.ids) == 72
    low, high = found.places.min(0), np.median(found.places, 0)
    corners = np.array([low - 0.1, [high[0], low[1] - 0.1], high, [low[0] - 0.1, high[1]]])
    tab.map.box.caught.emit(corners, False)
    inside = found.ids[(found.places < high).all(1)].tolist()
    assert sorted(tab.selected_ids()) == sorted(inside)
    qtbot.keyClick(named(opened, "imageMap"), Qt.Key.Key_2)
    table = project.images()
    assert (table.label[table.row_of(inside)] == 1).all()
    assert sorted(tab.selected_ids()) == sorted(inside)  # the selection stays
    for kind in ("split", "error", "class"):
        box = named(opened, "mapColourBox")
        box.setCurrentIndex(box.findData(kind))
    place = QPointF(*found.places[5].tolist())
    tab.map.plot.scene().sigMouseMoved.emit(tab.map.box.mapToScene(tab.map.box.mapFromView(place)))
    assert named(opened, "mapHint").isVisible()
    qtbot.mouseClick(named(opened, "mapToGridButton"), Qt.MouseButton.LeftButton)
    assert tab.grid.items.rowCount() == len(inside)
    assert sorted(tab.selected_ids()) == sorted(inside)
    opened.actions_by_name()["actionMapMode"].trigger()
    folder = project.folder
    opened.session.close()
    assert opened.session.open(folder)
    assert tab.map.map is None
    idle(opened)
    np.testing.assert_array_equal(tab.map.map.places, found.places)
    assert opened.problems == []
