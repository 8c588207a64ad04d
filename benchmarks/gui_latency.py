"""How long the window's event loop is blocked while it trains, and what being watched costs the training.

    python benchmarks/gui_latency.py [--epochs 8] [--rounds 2] [--images 96] [--size 96] [--part latency|cost]

A timer beats every 4 ms in the window's thread; what it comes late is a block. Beside the worst blocks stands for how
long a virtual machine's processors were taken away meanwhile (both together): no program can do anything about that.

What watching costs is measured without that timer: watched and headless trainings of the same plan take turns, now the
one first and now the other, from the start to the last figure of the evaluation; each in a thread of its own, for
torch's other threads stay with the thread that called them, and would be in the way of the next. The batches of all
trainings are compared by themselves, because a shared machine is faster now and slower then, and a quarter of many
batches is steadier than a few whole trainings; what is not a batch (beginning, epochs' ends, evaluation) stands beside.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from common import heading

from dlgui.engine import memory

BEAT = 4
"""Milliseconds."""


def wait(seconds: float) -> None:
    """Lets the event loop run for a while."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def until_idle(window: Any) -> None:
    """Lets the event loop run until the window's jobs are done."""
    while window.session.jobs.busy():
        wait(0.02)


class Heart:
    """Blocks of the event loop in milliseconds."""

    def __init__(self, parent) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.late: list[tuple[float, float, float]] = []
        self._begun = self._last = time.perf_counter()
        self._taken = 0.0
        self._timer = QTimer(parent)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def _beat(self) -> None:
        now, taken = time.perf_counter(), stolen()
        self.late.append((max(1000 * (now - self._last) - BEAT, 0.0), self._last - self._begun, taken - self._taken))
        self._last, self._taken = now, taken

    def start(self) -> None:
        self.late = []
        self._begun = self._last = time.perf_counter()
        self._taken = stolen()
        self._timer.start(BEAT)

    def end(self) -> float:
        """The longest block since the start, also the one that still lasts."""
        self._beat()
        self._timer.stop()
        return max(late for late, _, _ in self.late)

    def stop(self, name: str) -> None:
        """Prints what came late."""
        self._timer.stop()
        ordered = sorted(late for late, _, _ in self.late)
        worst = sorted(self.late)[:-4:-1]
        print(f"{name}: {len(ordered)} beats, median {statistics.median(ordered):.1f} ms, 95th percentile "
              f"{ordered[int(0.95 * (len(ordered) - 1))]:.1f} ms, 99th "
              f"{ordered[int(0.99 * (len(ordered) - 1))]:.1f} ms, "
              f"worst {', '.join(f'{late:.0f} ms (after {at:.2f} s, {taken:.0f} taken)' for late, at, taken in worst)}")


def stolen() -> float:
    """Milliseconds that a virtual machine's processors were taken away since it began; 0 where nobody counts them."""
    try:
        with Path("/proc/stat").open() as file:
            return 1000 * int(file.readline().split()[8]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0


@dataclass
class Cost:
    """Seconds that trainings took: each altogether, by all processors, by the window's thread; of each batch."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    rest: list[float] = field(default_factory=list)
    batches: list[float] = field(default_factory=list)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Takes in the training that runs meanwhile."""
        from dlgui.engine.training_events import BatchDone
        from dlgui.project.operations import training

        execute, batches = training.execute, []

        def timed(*arguments, **named):
            events = execute(*arguments, **named)
            begun = time.perf_counter()
            for event in events:
                if isinstance(event, BatchDone):
                    batches.append(time.perf_counter() - begun)
                yield event
                begun = time.perf_counter()

        training.execute = timed
        clocks = time.perf_counter, time.process_time, time.thread_time
        before = [clock() for clock in clocks]
        try:
            yield
        finally:
            training.execute = execute
        spent = [clock() - was for clock, was in zip(clocks, before, strict=True)]
        for column, seconds in zip((self.wall, self.cpu, self.own), spent, strict=True):
            column.append(seconds)
        self.rest.append(spent[0] - sum(batches))
        self.batches += batches[1:]  # the first one finds its memory


def small_project(folder: Path, images: int) -> Path:
    from dlgui.project.demo import demo_images
    from dlgui.project.operations import splits
    from dlgui.project.project import Project

    source = demo_images()
    for name in ("global", "local", "nominal"):
        (folder / "images" / name).mkdir(parents=True)
        for file in sorted((source / name).iterdir())[:images // 3]:
            shutil.copy(file, folder / "images" / name)
    with Project.create(folder / "bench.dlproj", folder / "images") as project:
        splits.split(project)
    return folder / "bench.dlproj"


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, default in (("epochs", 8), ("rounds", 2), ("images", 96), ("size", 96)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--part", choices=("latency", "cost", "both"), default="both")
    arguments = parser.parse_args()
    memory.one_heap()  # as the application does
    heading("Event loop while training, and what watching costs")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before the benchmark\n")
    with tempfile.TemporaryDirectory() as folder:
        measure(small_project(Path(folder), arguments.images), arguments)


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    from PySide6.QtCore import QEventLoop

    from dlgui.gui import theme
    from dlgui.gui.app import application
    from dlgui.gui.main_window import MainWindow
    from dlgui.project.operations import training
    from dlgui.project.operations.training import Plan
    from dlgui.project.project import Project

    app = application()
    theme.apply("light")
    plan = Plan(method="finetune", image_size=arguments.size, device="cpu",
                settings={"epochs": arguments.epochs, "batch_size": 16})
    window = MainWindow()
    heart = Heart(window)
    window.resize(1280, 800)
    window.show()
    until_trained = QEventLoop()

    def opened() -> None:
        window.session.open(folder)
        until_idle(window)
        window.tabs.setCurrentWidget(window.train_tab)
        wait(1.0)
        until_idle(window)

    def watched(plan: Plan, cost: Cost, name: str = "") -> None:
        opened()
        if name:
            heart.start()
        heard = window.train_tab.training.state_changed.connect(
            lambda state: until_trained.quit() if state == "idle" else None)
        with cost.taken():
            window.train_tab.start_plan(plan)
            until_trained.exec()  # what is estimated anew afterwards is no part of it
        window.train_tab.training.state_changed.disconnect(heard)
        until_idle(window)
        if name:
            wait(0.2)
            heart.stop(f"{name} ({cost.wall[-1]:.1f} s)")
        window.session.close()

    def headless(plan: Plan, cost: Cost) -> None:
        from dlgui.project.operations import evaluations

        with Project.open(folder) as project, cost.taken():
            worker = threading.Thread(target=lambda: evaluations.judge(project, training.train(project, plan)))
            worker.start()
            worker.join()

    if arguments.part != "cost":
        opened()
        heart.start()
        wait(3.0)
        heart.stop("nothing to do")
        window.session.close()
        watched(Plan(device="cpu"), Cost(), "quick training")
        watched(plan, Cost(), "first fine-tuning, with torch's import")
        for i in range(arguments.rounds):
            watched(plan, Cost(), f"fine-tuning {i + 1}")
    if arguments.part != "latency":
        headless(plan, Cost())  # loads what the first one loads
        costs = {"watched": Cost(), "headless": Cost()}
        turns = (lambda: watched(plan, costs["watched"])), (lambda: headless(plan, costs["headless"]))
        for i in range(arguments.rounds):
            for turn in turns[::-1] if i % 2 else turns:
                turn()
        show_costs(costs["watched"], costs["headless"])
    window.close()
    app.quit()


def show_costs(watched: Cost, headless: Cost) -> None:
    def more(figure: Callable[[Cost], float]) -> str:
        ours, theirs = figure(watched), figure(headless)
        return f"{ours:.3f} and {theirs:.3f} s, {100 * (ours / theirs - 1):+.1f} %"

    print()
    for name, cost in (("watched", watched), ("headless", headless)):
        print(f"{name}: {', '.join(f'{wall:.2f}' for wall in cost.wall)} s")
    print(f"\nwatched and headless, of {len(watched.batches)} and {len(headless.batches)} batches")
    for place, name in enumerate(("fastest quarter below", "median", "slowest quarter above")):
        print(f"a batch, {name}: {more(lambda cost, place=place: statistics.quantiles(cost.batches)[place])}")
    print(f"a batch, mean: {more(lambda cost: statistics.mean(cost.batches))}")
    print(f"all but the batches, median: {more(lambda cost: statistics.median(cost.rest))}")
    print(f"a whole training, median: {more(lambda cost: statistics.median(cost.wall))}")
    print(f"processor time of a training, median: {more(lambda cost: statistics.median(cost.cpu))}; "
          f"the window's thread {statistics.median(watched.own):.2f} s of it")


if __name__ == "__main__":
    main()
