"""The window over 100,000 image files: time to the first thumbnails, worst block of the event loop, memory.

    python benchmarks/gui_grid.py [FOLDER] [--images 100000]

FOLDER keeps the generated files and their project for the next time. Runs without a display (offscreen).
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from common import heading, many_images
from PIL import Image

if TYPE_CHECKING:
    from PySide6.QtCore import Qt

    from dlgui.gui.main_window import MainWindow

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
CLASSES = 10


def make(folder: Path, count: int) -> Path:
    """Image files and the project over them; returns the project folder."""
    from dlgui.project.operations import splits
    from dlgui.project.project import Project

    images, project = folder / "images", folder / "big.dlproj"
    if (project / "project.sqlite").exists():
        return project
    many_images(images, count, CLASSES)
    start = time.perf_counter()
    with Project.create(project, images) as made:
        print(f"import and scan: {time.perf_counter() - start:.1f} s", flush=True)
        ids = made.images().id
        for subset, part in zip(("train", "validation", "test"), np.array_split(ids, 3), strict=True):
            splits.assign(made, part.tolist(), subset)
    return project


@dataclass
class Block:
    """The longest time between two beats in milliseconds, and how much of such a time the thread was computing.

    On a busy machine the first holds what other processes took; only the second is dlgui's own.
    """

    waited: float = 0.0
    computed: float = 0.0

    def __str__(self) -> str:
        return f"worst block {self.waited:.0f} ms, {self.computed:.0f} ms computing"


class Heart:
    """A timer whose beats tell how long the event loop was blocked."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.worst = Block()
        self._last, self._cpu = time.perf_counter(), time.thread_time()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now, cpu = time.perf_counter(), time.thread_time()
        self.worst.waited = max(self.worst.waited, 1000 * (now - self._last) - 5)
        self.worst.computed = max(self.worst.computed, 1000 * (cpu - self._cpu))
        self._last, self._cpu = now, cpu

    def during(self, seconds: float, until: Callable[[], bool] = lambda: False,
               first: Callable[[], object] = lambda: None) -> Block:
        """Runs the event loop, `first` as its first event."""
        from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer

        self.worst = Block()
        self._last, self._cpu = time.perf_counter(), time.thread_time()
        QTimer.singleShot(0, first)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end and not until():
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents
                                           | QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)
        return self.worst


def measure(project: Path) -> None:
    """Opens, scrolls, filters and labels."""
    start = time.perf_counter()
    from PySide6.QtCore import QCoreApplication, QTimer

    from dlgui.gui import theme
    from dlgui.gui.app import application
    from dlgui.gui.main_window import MainWindow

    app = application()
    QCoreApplication.setApplicationName("dlgui-benchmark")
    theme.apply("light")
    window = MainWindow()
    window.show()
    app.processEvents()
    print(f"window shown after {time.perf_counter() - start:.2f} s", flush=True)
    heart, start = Heart(), time.perf_counter()
    worst = heart.during(20, lambda: window.making.finished)
    print(f"the tabs are made: after {time.perf_counter() - start:.2f} s, {worst}", flush=True)

    def idle() -> bool:
        return not window.session.jobs.busy() and not window.pictures.busy()

    worst = heart.during(20, lambda: window.session.project is not None and idle(),
                         partial(window.session.open_soon, small(project.parent)))
    print(f"a first project: {worst}", flush=True)
    for i in (1, 2, 3, 0):
        print(f"tab {i + 1} for the first time: {heart.during(1, first=partial(window.tabs.setCurrentIndex, i))}")
    first: list[float] = []
    begun: list[float] = []
    window.session.opened.connect(lambda p: begun.append(time.perf_counter()) if p is not None else None)
    window.pictures.ready.connect(lambda _: first.append(time.perf_counter()))
    start = time.perf_counter()
    window.session.open_soon(project)
    worst = heart.during(60, lambda: bool(begun) and bool(first) and first[-1] > begun[0])
    shown = next(t for t in first if t > begun[0])
    print(f"opening: {begun[0] - start:.2f} s off the event loop, first thumbnail {1000 * (shown - begun[0]):.0f} ms "
          f"later, {worst}", flush=True)
    heart.during(30, lambda: not window.session.jobs.busy())
    grid, tab = window.data_tab.grid, window.data_tab
    bar = grid.verticalScrollBar()
    print(f"{grid.items.rowCount()} images in the grid")
    step = QTimer()
    step.setInterval(16)
    step.timeout.connect(lambda: bar.setValue(bar.value() + 400 if bar.value() < bar.maximum() else 0))
    step.start()
    print(f"scrolling: {heart.during(6)}", flush=True)
    step.stop()
    rng = np.random.default_rng(0)
    jump = QTimer()
    jump.setInterval(50)
    jump.timeout.connect(lambda: bar.setValue(int(rng.integers(0, bar.maximum()))))
    jump.start()
    print(f"dragging the scroll bar anywhere: {heart.during(5)}", flush=True)
    jump.stop()
    from dlgui.gui.filters import Filter

    for name, wanted in (("name", Filter(text="_0001")), ("class", Filter(label=3)), ("split", Filter(split="test")),
                         ("unlabeled", Filter(state="unlabeled")), ("all", Filter()),
                         ("largest first", Filter(order="largest")), ("all again", Filter())):
        worst = heart.during(1, first=partial(tab.show_only, wanted))
        print(f"filter {name}: {grid.items.rowCount()} images, {worst}", flush=True)
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    for _ in range(5):
        heart.during(0.5, first=partial(grid.select, [int(rng.integers(0, 50000))]))
        print(f"a key that labels: {heart.during(1, first=lambda: QTest.keyClick(grid, Qt.Key.Key_2))}", flush=True)
    heart.during(1, first=partial(grid.select, range(24_000)))

    for name, act in (("label", lambda: QTest.keyClick(grid, Qt.Key.Key_3)), ("undo", window.session.undo)):
        ended: list[float] = []
        window.session.changed.connect(lambda _, ended=ended: ended.append(time.perf_counter()))
        since = time.perf_counter()
        worst = heart.during(60, lambda ended=ended: bool(ended), act)
        worst = max(worst, heart.during(1), key=lambda block: block.computed)
        print(f"{name} 24,000 images: {ended[0] - since:.1f} s, {worst}", flush=True)
    print(f"all selected: {heart.during(3, first=grid.selectAll)}")
    many(window, heart, idle)
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most")
    window.close()


def many(window: MainWindow, heart: Heart, idle: Callable[[], bool]) -> None:
    """Thousands of images at once, scattered over the grid, and the suggestions for half of them."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from dlgui.gui.filters import Filter

    grid, tab = window.data_tab.grid, window.data_tab
    anywhere = np.sort(np.random.default_rng(1).permutation(grid.items.rowCount())[:10_000]).tolist()
    actions = window.actions_by_name()

    def enter(modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(grid, Qt.Key.Key_Return, modifier)

    def order(kind: str) -> None:
        tab.suggest.kind.setCurrentIndex(tab.suggest.kind.findData(kind))

    def timed(name: str, act: Callable[[], object]) -> None:
        since = time.perf_counter()
        worst = max(heart.during(0.3, first=act), heart.during(120, idle), heart.during(0.5),
                    key=lambda block: block.waited)
        print(f"{name}: {time.perf_counter() - since - 0.5:.1f} s, {worst}", flush=True)

    timed("10,000 scattered images selected", partial(grid.select, anywhere))
    timed("sorted anew while they are", partial(tab.show_only, Filter(order="largest")))
    timed("moved to another split", actions["actionAssignTest"].trigger)
    timed("flagged", lambda: QTest.keyClick(grid, Qt.Key.Key_F))
    timed("all images selected again", grid.selectAll)
    timed("half of the images selected", partial(grid.select, range(50_000)))
    timed("their labels taken away", lambda: QTest.keyClick(grid, Qt.Key.Key_Delete))
    timed("first page of suggestions", partial(tab.switch.choose, "suggest"))
    for i in range(3):
        timed(f"a page of one class committed {i + 1}", enter)
    timed("another order", partial(order, "doubtful"))
    for i in range(3):
        timed(f"one suggestion accepted {i + 1}", enter)
    for i in range(2):
        timed(f"a page accepted {i + 1}", partial(enter, Qt.KeyboardModifier.ShiftModifier))
    timed("page taken back", window.session.undo)
    timed("images grouped", partial(order, "similar"))
    timed("the map", partial(tab.switch.choose, "map"))
    timed("a lasso around all", lambda: tab.map.box.caught.emit(np.array(
        [[-1e4, -1e4], [1e4, -1e4], [1e4, 1e4], [-1e4, 1e4]]), False))
    timed("the grid again", partial(tab.switch.choose, "grid"))


def small(folder: Path) -> Path:
    """A project of 20 images."""
    from dlgui.project.project import Project

    project, images = folder / "small.dlproj", folder / "few"
    if not (project / "project.sqlite").exists():
        images.mkdir(exist_ok=True)
        for i in range(20):
            Image.fromarray(np.full((40, 40), 10 * i, np.uint8)).save(images / f"{i}.png")
        Project.create(project, images).close()
    return project


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="keeps files and project")
    parser.add_argument("--images", type=int, default=100_000)
    arguments = parser.parse_args()
    heading("The grid over many images")
    with tempfile.TemporaryDirectory() as temporary:
        measure(make(arguments.folder or Path(temporary), arguments.images))


if __name__ == "__main__":
    sys.exit(main())
