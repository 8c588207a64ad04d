"""No thread but the window's frees what belongs to Qt."""

import gc
import threading
from typing import ClassVar

from PySide6.QtCore import QObject

from dlgui.gui.main_window import MainWindow


class Ring(QObject):
    """Part of a cycle; tells which thread freed it."""

    freed: ClassVar = []

    def __init__(self):
        super().__init__()
        self.me = self

    def __del__(self):
        self.freed.append(threading.current_thread())


def test_what_windows_leave_is_collected_by_their_own_thread(window, qtbot):
    assert not gc.isenabled()
    other = MainWindow()
    qtbot.addWidget(other)
    other.close()
    assert not gc.isenabled()  # one is still open
    other.close()
    assert not gc.isenabled()
    Ring.freed.clear()
    Ring()
    window.close()
    assert gc.isenabled()
    assert Ring.freed == [threading.main_thread()]
