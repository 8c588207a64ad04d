"""Labeling with the real mouse and keyboard: what the window system would send."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QColorDialog, QDialog, QLineEdit, QMenu, QMessageBox

from dlgui.project.operations.info import info

LEFT, SHIFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
PLAIN, COPY = Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction


def soon(act, milliseconds=20):
    QTimer.singleShot(milliseconds, act)


def in_window(view, rect_or_point):
    """A place of a view's viewport in its window."""
    point = rect_or_point if isinstance(rect_or_point, QPoint) else rect_or_point.center()
    return view.viewport().mapTo(view.window(), point)


def drag(window, start, end):
    """Presses, moves and lets go, also where pressing begins a drag with an event loop of its own."""
    handle = window.windowHandle()
    QTest.mousePress(handle, LEFT, PLAIN, start)
    for i in range(1, 9):
        soon(lambda i=i: QTest.mouseMove(handle, start + (end - start) * i / 8), 15 * i)
    soon(lambda: QTest.mouseRelease(handle, LEFT, PLAIN, end), 150)
    QTest.qWait(220)


@pytest.fixture
def grid(opened):
    """The grid of a window that has been painted."""
    QTest.qWait(50)
    return opened.data_tab.grid


def click(grid, row, modifiers=PLAIN):
    QTest.mouseClick(grid.window().windowHandle(), LEFT, modifiers, in_window(grid, grid.visualRect(
        grid.items.index(row))))


def counts(window):
    return info(window.session.project)["classes"]


def undo(window):
    window.activateWindow()  # the window system does that when a dialog closes
    QTest.qWait(10)
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_Z, CTRL)


def test_clicks_ranges_and_frames_select(opened, grid):
    click(grid, 1)
    assert grid.selected() == [1]
    click(grid, 4, SHIFT)
    assert grid.selected() == [1, 2, 3, 4]
    click(grid, 2, CTRL)
    assert grid.selected() == [1, 3, 4]
    click(grid, 7, CTRL)
    assert grid.selected() == [1, 3, 4, 7]
    click(grid, 9)
    assert grid.selected() == [9]
    a, b = grid.visualRect(grid.items.index(0)), grid.visualRect(grid.items.index(2))
    drag(opened, in_window(grid, a.topLeft() + QPoint(2, 60)), in_window(grid, b.center()))
    assert grid.selected() == [0, 1, 2]  # a frame, not a drag: nothing under the press was selected
    QTest.keyClick(opened.windowHandle(), Qt.Key.Key_A, CTRL)
    assert len(grid.selected()) == 72


def test_the_selected_images_are_dragged_onto_a_class(opened, grid):
    found = opened.data_tab.classes.list
    click(grid, 0)
    click(grid, 2, SHIFT)
    drag(opened, in_window(grid, grid.visualRect(grid.items.index(1))),
         in_window(found, found.visualItemRect(found.item(3))))
    assert grid.selected() == [0, 1, 2]  # they were dragged; a frame would have selected others
    data = grid.items.mimeData(grid.selectedIndexes())  # without a display nothing can be dropped: the rest by hand
    over = QPointF(found.visualItemRect(found.item(3)).center())
    for kind in (QDragEnterEvent, QDragMoveEvent):
        QApplication.sendEvent(found.viewport(), kind(over, COPY, data, LEFT, PLAIN))
    assert found.target == 3
    QApplication.sendEvent(found.viewport(), QDropEvent(over, COPY, data, LEFT, PLAIN))
    assert counts(opened) == {"global": 21, "local": 24, "nominal": 27}
    undo(opened)
    assert counts(opened) == {"global": 24, "local": 24, "nominal": 24}
    assert opened.problems == []


def test_a_class_is_dragged_or_moved_by_keys_to_another_place(opened, grid):
    found, names = opened.data_tab.classes.list, opened.session.project.images().class_names

    def order():
        return opened.session.project.images().class_names

    def place(row):
        return found.visualItemRect(found.item(row)).center()

    drag(opened, in_window(found, place(1)), in_window(found, place(3)))
    assert found.currentRow() == 1  # the press chose it
    data, end = found.mimeData([found.item(1)]), QPointF(place(3))  # without a display nothing can be dropped
    for kind in (QDragEnterEvent, QDragMoveEvent):
        QApplication.sendEvent(found.viewport(), kind(end, COPY, data, LEFT, PLAIN))
    assert (found.target, found.between) == (3, True)
    QApplication.sendEvent(found.viewport(), QDropEvent(end, COPY, data, LEFT, PLAIN))
    assert order() == [names[1], names[2], names[0]]
    assert (found.currentRow(), opened.data_tab.filter.label) == (3, 2)  # what was chosen follows
    undo(opened)
    assert order() == names
    found.setCurrentRow(2)
    QTest.keyClick(found, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert order() == [names[1], names[0], names[2]]
    QTest.keyClick(found, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)  # it is the first
    QTest.keyClick(found, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert (order(), found.currentRow()) == (names, 2)
    for _ in range(2):
        undo(opened)
    assert order() == names
    assert opened.problems == []


def choose(window, row, text, act):
    """Right click on a class, a click on an entry of its menu, and `act` with the dialog that opens."""
    found = window.data_tab.classes.list
    place = found.visualItemRect(found.item(row)).center()

    def pick():
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        action = next(a for a in menu.actions() if a.text().startswith(text))
        soon(lambda: act(QApplication.activeModalWidget()), 60)
        QTest.mouseClick(menu, LEFT, PLAIN, menu.actionGeometry(action).center())

    soon(pick)
    QApplication.sendEvent(found.viewport(), QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, place, found.viewport().mapToGlobal(place)))
    QTest.qWait(120)


def write(text):
    def act(dialog):
        edit = dialog.findChild(QLineEdit)
        edit.selectAll()
        QTest.keyClick(edit, Qt.Key.Key_Delete)
        QTest.keyClicks(edit, text)
        QTest.keyClick(edit, Qt.Key.Key_Return)
    return act


def test_classes_are_changed_through_their_menu_and_each_change_is_undone(opened, grid):
    project = opened.session.project

    def first():
        found = project.classes()[0]
        return found.name, found.colour, found.shortcut

    before = first()
    choose(opened, 1, "Rename", write("scratch"))
    assert first()[0] == "scratch"
    undo(opened)
    choose(opened, 1, "Key", write("q"))
    assert first()[2] == "q"
    undo(opened)

    def green(dialog):
        assert isinstance(dialog, QColorDialog)
        dialog.setCurrentColor("#12ab34")
        QTest.keyClick(dialog, Qt.Key.Key_Return)

    choose(opened, 1, "Colour", green)
    assert first()[1] == "#12ab34"
    undo(opened)
    assert first() == before
    choose(opened, 1, "Merge", write("nominal"))
    assert counts(opened) == {"local": 24, "nominal": 48}
    undo(opened)

    def press(button):
        return lambda dialog: QTest.mouseClick(dialog.button(button), LEFT)

    choose(opened, 1, "Delete", press(QMessageBox.StandardButton.No))
    assert counts(opened) == {"global": 24, "local": 24, "nominal": 24}
    choose(opened, 1, "Delete", press(QMessageBox.StandardButton.Yes))
    assert counts(opened) == {"local": 24, "nominal": 24}
    undo(opened)
    assert counts(opened) == {"global": 24, "local": 24, "nominal": 24}
    assert first() == before
    choose(opened, 1, "Key", write("d"))  # a key that moves is refused in words
    assert "d" in str(opened.problems.pop())
    choose(opened, 1, "Rename", lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape))
    assert first() == before
    assert opened.problems == []
    assert not [d for d in opened.findChildren(QDialog) if d.isVisible()]
