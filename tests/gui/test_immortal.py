"""Empty values of a model do not use None up."""

import sys

from PySide6.QtWidgets import QListWidget

import dlgui.gui  # noqa: F401


def test_none_true_and_false_last(qtbot):
    shown = QListWidget()
    qtbot.addWidget(shown)
    shown.addItem("one")
    for _ in range(50_000):  # more than Python holds of any of them
        shown.model().index(0, 0).data(300)
    assert min(map(sys.getrefcount, (None, True, False))) > 1 << 29
