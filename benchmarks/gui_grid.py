"""The window over 100,000 image files: time to the first thumbnails, worst block of the event loop, frames, memory.

    python benchmarks/gui_grid.py [FOLDER] [--images 100000] [--parts grid many suggestions map training]
                                   [--switch SECONDS]

FOLDER keeps the generated files and their project for the next time; what is measured changes a copy. Runs without a
display (offscreen).
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from common import frames, heading, many_images
from PIL import Image

from dlgui.engine import memory

if TYPE_CHECKING:
    from PySide6.QtCore import Qt

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


class Bench:
    """The window, and what all parts do with it."""

    def __init__(self) -> None:
        from PySide6.QtCore import QCoreApplication

        start = time.perf_counter()
        from dlgui.gui import theme
        from dlgui.gui.app import application
        from dlgui.gui.main_window import MainWindow

        app = application()
        QCoreApplication.setApplicationName("dlgui-benchmark")
        theme.apply("light")
        self.window = MainWindow()
        self.window.show()
        app.processEvents()
        print(f"window shown after {time.perf_counter() - start:.2f} s", flush=True)
        self.heart, start = Heart(), time.perf_counter()
        worst = self.heart.during(20, lambda: self.window.making.finished)
        print(f"the tabs are made: after {time.perf_counter() - start:.2f} s, {worst}", flush=True)
        self.tab = self.window.data_tab
        self.grid = self.tab.grid

    def idle(self) -> bool:
        """Whether all that was asked for has been done."""
        return not self.window.session.jobs.busy() and not self.window.pictures.busy()

    def timed(self, name: str, act: Callable[[], object]) -> None:
        """Does something, waits until the window is idle and prints the worst block until then."""
        heart, since = self.heart, time.perf_counter()
        worst = max(heart.during(0.3, first=act), heart.during(120, self.idle), heart.during(0.5),
                    key=lambda block: block.waited)
        print(f"{name}: {time.perf_counter() - since - 0.5:.1f} s, {worst}", flush=True)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
        """A key in the grid."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        QTest.keyClick(self.grid, key, modifier or Qt.KeyboardModifier.NoModifier)


def opening(bench: Bench, project: Path) -> None:
    """A small project, every tab, and the large project."""
    window, heart = bench.window, bench.heart
    worst = heart.during(20, lambda: window.session.project is not None and bench.idle(),
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
    print(f"{bench.grid.items.rowCount()} images in the grid")


def scroll(bench: Bench) -> None:
    """Scrolls, filters and labels."""
    from PySide6.QtCore import Qt, QTimer

    from dlgui.gui.filters import Filter

    window, heart, grid = bench.window, bench.heart, bench.grid
    bar = grid.verticalScrollBar()
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
    for name, wanted in (("name", Filter(text="_0001")), ("class", Filter(label=3)), ("split", Filter(split="test")),
                         ("unlabeled", Filter(state="unlabeled")), ("all", Filter()),
                         ("largest first", Filter(order="largest")), ("all again", Filter())):
        worst = heart.during(1, first=partial(bench.tab.show_only, wanted))
        print(f"filter {name}: {grid.items.rowCount()} images, {worst}", flush=True)
    for _ in range(5):
        heart.during(0.5, first=partial(grid.select, [int(rng.integers(0, 50000))]))
        print(f"a key that labels: {heart.during(1, first=partial(bench.press, Qt.Key.Key_2))}", flush=True)
    heart.during(1, first=partial(grid.select, range(24_000)))
    for name, act in (("label", partial(bench.press, Qt.Key.Key_3)), ("undo", window.session.undo)):
        ended: list[float] = []
        window.session.changed.connect(lambda _, ended=ended: ended.append(time.perf_counter()))
        since = time.perf_counter()
        worst = heart.during(60, lambda ended=ended: bool(ended), act)
        worst = max(worst, heart.during(1), key=lambda block: block.computed)
        print(f"{name} 24,000 images: {ended[0] - since:.1f} s, {worst}", flush=True)
    print(f"all selected: {heart.during(3, first=grid.selectAll)}")


def many(bench: Bench) -> None:
    """Thousands of images at once, scattered over the grid."""
    from PySide6.QtCore import Qt

    from dlgui.gui.filters import Filter

    grid = bench.grid
    anywhere = np.sort(np.random.default_rng(1).permutation(grid.items.rowCount())[:10_000]).tolist()
    bench.timed("10,000 scattered images selected", partial(grid.select, anywhere))
    bench.timed("sorted anew while they are", partial(bench.tab.show_only, Filter(order="largest")))
    bench.timed("moved to another split", bench.window.actions_by_name()["actionAssignTest"].trigger)
    bench.timed("flagged", partial(bench.press, Qt.Key.Key_F))
    bench.timed("all images selected again", grid.selectAll)


def suggestions(bench: Bench) -> None:
    """Half of the images lose their labels, and what is suggested for them is taken."""
    from PySide6.QtCore import Qt

    panel, enter = bench.tab.suggest, partial(bench.press, Qt.Key.Key_Return)

    def order(kind: str) -> None:
        panel.kind.setCurrentIndex(panel.kind.findData(kind))

    bench.timed("half of the images selected", partial(bench.grid.select, range(bench.grid.items.rowCount() // 2)))
    bench.timed("their labels taken away", partial(bench.press, Qt.Key.Key_Delete))
    bench.timed("first page of suggestions", partial(bench.tab.switch.choose, "suggest"))
    for i in range(6):
        bench.timed(f"a page of one class committed {i + 1}", enter)
    bench.timed("another order", partial(order, "doubtful"))
    for i in range(3):
        bench.timed(f"one suggestion accepted {i + 1}", enter)
    for i in range(4):
        bench.timed(f"a page accepted {i + 1}", partial(enter, Qt.KeyboardModifier.ShiftModifier))
    bench.timed("page taken back", bench.window.session.undo)
    bench.timed("images grouped", partial(order, "similar"))


def map_of_all(bench: Bench) -> None:
    """The map: made, lassoed, zoomed by the wheel and moved by the right button, with and without a selection."""
    panel = bench.tab.map
    bench.timed("the map", partial(bench.tab.switch.choose, "map"))
    steer("", bench)
    bench.timed("a lasso around all", lambda: panel.box.caught.emit(np.array(
        [[-1e4, -1e4], [1e4, -1e4], [1e4, 1e4], [-1e4, 1e4]]), False))
    steer(", all selected", bench)
    bench.timed("the grid again", partial(bench.tab.switch.choose, "grid"))


def training(bench: Bench) -> None:
    """Trainings begin over all images, are left after some seconds and offered again."""
    from dlgui.project.operations.plans import Plan

    tab = bench.window.train_tab
    bench.timed("the Train tab", partial(bench.window.tabs.setCurrentWidget, tab))
    fine = Plan(method="finetune", image_size=96, device="cpu", settings={"epochs": 3, "batch_size": 64})
    for name, plan in (("quick training", Plan(device="cpu")), ("the same again", Plan(device="cpu")),
                       ("fine-tuning", fine)):
        print(f"{name}, 10 s of it: {bench.heart.during(10, first=partial(tab.start_plan, plan))}", flush=True)
        bench.timed(f"{name} is left for later", tab.training.leave)


def steer(state: str, bench: Bench) -> None:
    """Wheel and mouse over the map."""
    import pyqtgraph as pg
    from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
    from PySide6.QtGui import QMouseEvent, QWheelEvent

    pg.setConfigOption("mouseRateLimit", 0)  # else it leaves out what comes within 10 ms
    view = bench.tab.map.plot.viewport()
    middle, none, right = QPointF(view.rect().center()), Qt.MouseButton.NoButton, Qt.MouseButton.RightButton
    plain, count = Qt.KeyboardModifier.NoModifier, 120

    def wheel(i: int) -> None:
        QCoreApplication.sendEvent(view, QWheelEvent(
            middle, view.mapToGlobal(middle), QPoint(), QPoint(0, 60 if i < count // 2 else -60), none, plain,
            Qt.ScrollPhase.NoScrollPhase, False))

    def mouse(kind: QEvent.Type, to: QPointF) -> None:
        QCoreApplication.sendEvent(view, QMouseEvent(
            kind, to, view.mapToGlobal(to), none if kind == QEvent.Type.MouseMove else right,
            none if kind == QEvent.Type.MouseButtonRelease else right, plain))

    size = f"{view.width()} × {view.height()} at {view.devicePixelRatioF():.0f} × 100 %"
    frames(f"map zoomed by the wheel{state}, {size}", view, wheel, count)
    mouse(QEvent.Type.MouseButtonPress, middle)
    frames(f"map moved by the mouse{state}", view, lambda i: mouse(
        QEvent.Type.MouseMove, middle + QPointF(100 * np.sin(i / 10), 60 * np.cos(i / 10))), count)
    mouse(QEvent.Type.MouseButtonRelease, middle)


PARTS: dict[str, Callable[[Bench], None]] = {"grid": scroll, "many": many, "suggestions": suggestions,
                                             "map": map_of_all, "training": training}


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
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--switch", type=float, metavar="SECONDS",
                        help="how long a job may keep Python's lock while the window waits (the application's own)")
    arguments = parser.parse_args()
    if arguments.switch:
        from dlgui.gui import app

        app.SWITCH_SECONDS = arguments.switch
    memory.one_heap()  # as the application does
    heading("The grid over many images")
    with tempfile.TemporaryDirectory() as temporary:
        made = make(arguments.folder or Path(temporary), arguments.images)
        project = Path(temporary) / "measured.dlproj"
        shutil.copytree(made, project)
        bench = Bench()
        opening(bench, project)
        for part in arguments.parts:
            PARTS[part](bench)
            print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most", flush=True)
        bench.window.close()


if __name__ == "__main__":
    sys.exit(main())
