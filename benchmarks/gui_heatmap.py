"""How long a heatmap takes in the window, from choosing the image until it is painted, and what blocks meanwhile.

    python benchmarks/gui_heatmap.py [--rounds 3] [--images 240]

Each round is two sessions, for only the first heatmap of a session is the first: the window opens a trained project,
and a cell of the confusion matrix is clicked as soon as the matrix is painted. Guided Grad-CAM is chosen at once in one
session; in the other two seconds after the mouse has come to the list of methods.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from common import heading
from gui_latency import Heart, small_project, until_idle, wait

PAUSES = (0.0, 2.0)
"""Seconds from the mouse at the list of methods until guided Grad-CAM is chosen."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=240)
    parser.add_argument("--session", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--pause", type=float, default=0.0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.session is not None:
        print(json.dumps(session(arguments.session, arguments.pause)))
        return
    heading("From choosing an image to its heatmap on the screen")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before the benchmark\n")
    with tempfile.TemporaryDirectory() as folder:
        project = small_project(Path(folder), arguments.images)
        subprocess.run([sys.executable, "-m", "dlgui", "train", str(project)], check=True, stdout=subprocess.DEVNULL)
        found: dict[str, list[tuple[float, float]]] = {}
        for _ in range(arguments.rounds):
            for pause in PAUSES:
                lines = subprocess.run([sys.executable, __file__, "--session", str(project), "--pause", str(pause)],
                                       check=True, stdout=subprocess.PIPE, text=True).stdout
                for name, *figures in json.loads(lines.splitlines()[-1]):
                    found.setdefault(name, []).append(figures)
        for name, figures in found.items():
            waits, blocks = zip(*figures, strict=True)
            print(f"{name}: {1000 * statistics.median(waits):.0f} ms ({1000 * min(waits):.0f} to "
                  f"{1000 * max(waits):.0f}, {len(waits)} times), event loop blocked {max(blocks):.0f} ms at most")


def session(project: Path, pause: float) -> list[tuple[str, float, float]]:
    """Name, seconds until painted, longest block of the event loop in milliseconds, of each thing that was done."""
    from PySide6.QtCore import QEvent, QEventLoop, QObject, QPointF, QSettings, Qt, QTimer
    from PySide6.QtGui import QEnterEvent
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from dlgui.gui import theme
    from dlgui.gui.app import application
    from dlgui.gui.main_window import MainWindow

    app = application()
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(project.parent / "settings"))
    theme.apply("light")
    window = MainWindow()
    heart, found = Heart(window), []

    class Painted(QObject):
        """Ends a loop as soon as another picture than before is painted."""

        def __init__(self, view) -> None:
            super().__init__(view)
            self.view, self.before, self.loop, self.limit = view, 0, QEventLoop(), QTimer(self)
            self.limit.timeout.connect(lambda: self.loop.exit(1))
            view.viewport().installEventFilter(self)

        def eventFilter(self, watched, event) -> bool:
            image = self.view.image()
            if event.type() == QEvent.Type.Paint and not image.isNull() and image.cacheKey() != self.before:
                QTimer.singleShot(0, self.loop.quit)
            return False

        def await_(self, deed: Callable[[], object]) -> float:
            self.before = self.view.image().cacheKey()
            begun = time.perf_counter()
            self.limit.start(60000)
            deed()
            assert self.loop.exec() == 0, "no picture within a minute"
            self.limit.stop()
            return time.perf_counter() - begun

    def measure(name: str, deed: Callable[[], object]) -> None:
        heart.start()
        seconds = painted.await_(deed)
        found.append((name, seconds, heart.end()))

    window.resize(1280, 800)
    window.show()
    while not window.making.finished:
        wait(0.1)
    tab = window.evaluate_tab
    matrix, painted = tab.pages[0].matrix, Painted(tab.why.views.first)
    window.tabs.setCurrentWidget(tab)
    window.session.open(project)
    while matrix.matrix.table is None:
        wait(0.005)
    app.processEvents()  # the matrix is painted
    cell = matrix.visualRect(matrix.model().index(0, 0)).center()
    grid, method = tab.results.grid, tab.why.options.method
    measure("the first of the session", lambda: QTest.mouseClick(matrix.viewport(), Qt.MouseButton.LeftButton,
                                                                 Qt.KeyboardModifier.NoModifier, cell))
    if pause:
        QApplication.sendEvent(method, QEnterEvent(*[QPointF(5, 5)] * 3))
        wait(pause)
    after = f"{pause:g} s after the mouse came" if pause else "at once"
    measure(f"the first of guided Grad-CAM, {after}", lambda: method.setCurrentIndex(1))
    until_idle(window)
    measure("the next image, guided Grad-CAM", lambda: QTest.keyClick(grid, Qt.Key.Key_Right))
    method.setCurrentIndex(0)
    until_idle(window)
    wait(1)
    for _ in range(3):
        measure("the next image, made ahead", lambda: QTest.keyClick(grid, Qt.Key.Key_Right))
        wait(1)
        until_idle(window)
    measure("any other image", lambda: QTest.keyClick(grid, Qt.Key.Key_End))
    until_idle(window)
    window.close()
    app.quit()
    return found


if __name__ == "__main__":
    main()
