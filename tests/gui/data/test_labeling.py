"""Labeling in the real window: keys, popup, drag and drop, notes."""

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from dlgui.gui.grid_model import DRAGGED
from dlgui.project.operations import classes, labels
from dlgui.project.operations.info import info


def named(window, name):
    found = window.findChild(QWidget, name)
    assert found is not None, name
    return found


def label_of(window, position):
    shown = window.data_tab.board.shown
    label = shown.table.label[shown.rows[position]]
    return shown.table.class_names[label] if label >= 0 else None


def test_number_pad_and_letters_label_and_go_on(opened, qtbot):
    project, grid = opened.session.project, named(opened, "imageGrid")
    classes.set_shortcut(project, classes.find(project, "nominal").id, "q")
    labels.assign(project, project.images().id[[4, 9, 2]].tolist(), None)
    grid.select([4])
    qtbot.keyClick(grid, Qt.Key.Key_2, Qt.KeyboardModifier.KeypadModifier)
    assert (label_of(opened, 4), grid.selected()) == ("local", [9])
    qtbot.keyClick(grid, Qt.Key.Key_Q)
    assert (label_of(opened, 9), grid.selected()) == ("nominal", [2])  # none below: the first above
    qtbot.keyClick(grid, Qt.Key.Key_1)
    assert grid.selected() == [3]  # all have a label: just the next
    grid.select([10, 11])
    qtbot.keyClick(grid, Qt.Key.Key_1)
    assert (label_of(opened, 11), grid.selected()) == ("global", [12])
    assert opened.problems == []


def test_labeling_in_a_filtered_grid_keeps_the_place(opened, qtbot):
    project, grid = opened.session.project, named(opened, "imageGrid")
    labels.assign(project, project.images().id[20:30].tolist(), None)
    box = named(opened, "stateFilter")
    box.setCurrentIndex(box.findData("unlabeled"))
    ids = opened.data_tab.board.shown.ids(range(10))
    grid.select([3])
    qtbot.keyClick(grid, Qt.Key.Key_1)
    assert grid.items.rowCount() == 9
    assert opened.data_tab.selected_ids() == [ids[4]]


def test_a_class_is_found_by_typing_or_made(opened, qtbot):
    grid = named(opened, "imageGrid")
    grid.select([0])
    qtbot.keyClick(grid, Qt.Key.Key_Slash)
    picker = opened.findChild(QDialog, "classPicker")
    text = picker.findChild(QLineEdit, "classPickerText")
    qtbot.keyClicks(text, "nom")
    qtbot.keyClick(text, Qt.Key.Key_Return)
    assert label_of(opened, 0) == "nominal"
    opened.actions_by_name()["actionLabelAs"].trigger()
    text = next(d for d in opened.findChildren(QDialog, "classPicker") if d.isVisible()).text
    qtbot.keyClicks(text, "Scratch / deep")
    qtbot.keyClick(text, Qt.Key.Key_Return)
    assert label_of(opened, 1) == "Scratch / deep"
    assert opened.problems == []


def test_images_are_dropped_on_a_class_and_classes_are_reordered(opened):
    grid, found = named(opened, "imageGrid"), named(opened, "classList")
    grid.select([0, 1, 2])
    data = grid.items.mimeData([grid.items.index(0)])
    assert data.hasFormat(DRAGGED)

    def drop(row, mime):
        place = QPointF(found.visualItemRect(found.item(row)).center())
        event = QDropEvent(place, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
                           Qt.KeyboardModifier.NoModifier)
        found.target = row
        found.dropEvent(event)

    drop(3, data)
    assert [label_of(opened, i) for i in range(3)] == ["nominal"] * 3
    drop(0, data)  # all images is no class
    found.reordered.emit([found.item(i).data(Qt.ItemDataRole.UserRole) for i in (3, 1, 2)], 3)
    assert opened.session.project.images().class_names == ["nominal", "global", "local"]
    drop(1, QMimeData())
    assert info(opened.session.project)["classes"]["nominal"] == 27


def test_what_can_be_done_with_a_class(opened, qtbot):
    project, panel = opened.session.project, opened.data_tab.classes
    first = project.classes()[0].id
    actions = {a.text().partition("…")[0]: a for a in panel.menu_of(first).actions()}
    assert {"Rename", "Colour", "Key", "Merge into", "Delete", "Select all its images"} <= set(actions)
    actions["Select all its images"].trigger()
    assert len(opened.data_tab.selected_ids()) == 24
    actions["Merge into"].trigger()
    picker = opened.findChild(QDialog, "classPicker")
    qtbot.keyClicks(picker.text, "local")
    qtbot.keyClick(picker.text, Qt.Key.Key_Return)
    assert info(project)["classes"] == {"local": 48, "nominal": 24}
    opened.actions_by_name()["actionUndo"].trigger()
    assert info(project)["classes"] == {"global": 24, "local": 24, "nominal": 24}
    with pytest.raises(ValueError, match="digit or letter"):
        classes.set_shortcut(project, first, "d")


def test_note_and_flag_of_the_selected(opened, qtbot):
    grid, note = named(opened, "imageGrid"), named(opened, "noteEdit")
    grid.select([3, 4])
    qtbot.keyClick(grid, Qt.Key.Key_N)
    qtbot.keyClicks(note, "3 dents, d")  # letters and digits stay in the field
    qtbot.keyClick(note, Qt.Key.Key_Return)
    table = opened.session.project.images()
    rows = opened.data_tab.board.selected_rows()
    assert [table.note[r] for r in rows] == ["3 dents, d"] * 2
    box = named(opened, "stateFilter")
    box.setCurrentIndex(box.findData("with a note"))
    assert grid.items.rowCount() == 2
    box.setCurrentIndex(0)
    grid.select([3, 4])
    assert note.toolTip().startswith("3 dents, d\n")
    qtbot.mouseClick(named(opened, "flagButton"), Qt.MouseButton.LeftButton)
    assert opened.session.project.images().flag[rows].all()
    grid.select([0])
    assert (note.text(), named(opened, "flagButton").isChecked()) == ("", False)
    qtbot.keyClicks(note, "left without Enter")
    grid.select([1])
    assert opened.session.project.images().note[opened.data_tab.board.shown.rows[0]] == "left without Enter"


def test_the_meter_and_the_list_of_keys(opened, qtbot):
    project, tab = opened.session.project, opened.data_tab
    labels.assign(project, project.images().id[:10].tolist(), None)
    tab.grid.select([0])
    for _ in range(4):
        qtbot.keyClick(tab.grid, Qt.Key.Key_1)
    assert "images/min" in tab.meter.text()
    assert "6 without a label" in tab.meter.text()
    qtbot.keyClicks(tab.grid, "?")
    assert opened.findChild(QDialog, "keysDialog").isVisible()
