"""The window's tabs stay as they are when a text inside of them changes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QLabel, QMainWindow, QVBoxLayout, QWidget

from dlgui.gui.steady_tabs import SteadyTabs


class Painted(QWidget):
    """Counts how often it is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        self.count += 1


def page() -> tuple[QWidget, QLabel, Painted]:
    made, label, beside = QWidget(), QLabel("a text"), Painted()
    layout = QVBoxLayout(made)
    layout.addWidget(label, 0, Qt.AlignmentFlag.AlignLeft)
    layout.addWidget(beside, 1)
    return made, label, beside


@pytest.fixture
def tabs(qtbot):
    """As in the window: tabs with two pages."""
    window, tabs = QMainWindow(), SteadyTabs()
    qtbot.addWidget(window)
    window.setCentralWidget(tabs)
    made, tabs.label, tabs.beside = page()
    tabs.addTab(made, "page")
    tabs.addTab(QWidget(), "another")
    window.resize(600, 400)
    with qtbot.waitExposed(window):
        window.show()
    tabs.label.setText("settles what was asked for before")
    qtbot.wait(100)
    tabs.around = window  # or it would be collected
    return tabs


def test_another_text_paints_nothing_else(tabs, qtbot):
    painted, width = tabs.beside.count, tabs.label.width()
    tabs.label.setText("a text that is a good deal longer than the one that stood here")
    qtbot.waitUntil(lambda: tabs.label.width() > width)
    qtbot.wait(100)
    assert tabs.beside.count == painted


def test_what_needs_more_room_gets_it(tabs, qtbot):
    tabs.label.setMinimumSize(800, 600)
    qtbot.waitUntil(lambda: tabs.label.width() >= 800 and tabs.window().height() >= 600)
    tabs.setTabText(0, "a longer name of the page")
    bar = tabs.tabBar()
    qtbot.waitUntil(lambda: bar.width() >= bar.sizeHint().width() > 150)
    corner = QLabel("corner")
    tabs.setCornerWidget(corner)
    corner.show()
    qtbot.wait(50)
    corner.setText("a longer text in the corner")
    qtbot.waitUntil(lambda: corner.width() >= corner.sizeHint().width() and corner.geometry().right() <= tabs.width())
