"""How long the window's event loop is blocked while it trains, and what being watched costs the training.

    python benchmarks/gui_latency.py [--epochs 8] [--rounds 2] [--images 96] [--size 96] [--part latency|cost]

A timer beats every 4 ms in the window's thread; what it comes late is a block. What watching costs is measured without
that timer: watched and headless trainings of the same plan alternate, so that both see the same machine, from the
start to the last figure of the evaluation; each in a thread of its own, for torch's other threads stay with the thread
that called them, and would be in the way of the next.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from common import heading

BEAT = 4
"""Milliseconds."""


class Heart:
    """Blocks of the event loop in milliseconds."""

    def __init__(self, parent) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.late: list[tuple[float, float]] = []
        self._begun = self._last = time.perf_counter()
        self._timer = QTimer(parent)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.late.append((max(1000 * (now - self._last) - BEAT, 0.0), self._last - self._begun))
        self._last = now

    def start(self) -> None:
        self.late = []
        self._begun = self._last = time.perf_counter()
        self._timer.start(BEAT)

    def end(self) -> float:
        """Stops; the longest block."""
        self._timer.stop()
        now = time.perf_counter()
        return max((1000 * (now - self._last) - BEAT, *(late for late, _ in self.late)))

    def stop(self, name: str) -> None:
        self.end()
        ordered = sorted(late for late, _ in self.late)
        worst = sorted(self.late)[:-4:-1]
        print(f"{name}: {len(ordered)} beats, median {statistics.median(ordered):.1f} ms, 95th percentile "
              f"{ordered[int(0.95 * (len(ordered) - 1))]:.1f} ms, 99th "
              f"{ordered[int(0.99 * (len(ordered) - 1))]:.1f} ms, "
              f"worst {', '.join(f'{late:.0f} ms (after {when:.2f} s)' for late, when in worst)}")


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
    heading("Event loop while training, and what watching costs")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before the benchmark\n")
    with tempfile.TemporaryDirectory() as folder:
        measure(small_project(Path(folder), arguments.images), arguments)


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

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

    def wait(seconds: float) -> None:
        loop = QEventLoop()
        QTimer.singleShot(int(1000 * seconds), loop.quit)
        loop.exec()

    def until_idle() -> None:
        while window.session.jobs.busy():
            wait(0.05)

    def opened() -> None:
        window.session.open(folder)
        until_idle()
        window.tabs.setCurrentWidget(window.train_tab)
        wait(1.0)
        until_idle()

    def watched(plan: Plan, name: str = "") -> tuple[float, float]:
        """Seconds and processor seconds."""
        opened()
        if name:
            heart.start()
        wall, cpu = time.perf_counter(), time.process_time()
        heard = window.train_tab.training.state_changed.connect(
            lambda state: until_trained.quit() if state == "idle" else None)
        window.train_tab.start_plan(plan)
        until_trained.exec()  # what is estimated anew afterwards is no part of it
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        window.train_tab.training.state_changed.disconnect(heard)
        until_idle()
        if name:
            wait(0.2)
            heart.stop(f"{name} ({wall:.1f} s)")
        window.session.close()
        return wall, cpu

    def headless(plan: Plan) -> tuple[float, float]:
        from dlgui.project.operations import evaluations

        with Project.open(folder) as project:
            wall, cpu = time.perf_counter(), time.process_time()
            worker = threading.Thread(target=lambda: evaluations.judge(project, training.train(project, plan)))
            worker.start()
            worker.join()
            return time.perf_counter() - wall, time.process_time() - cpu

    if arguments.part != "cost":
        opened()
        heart.start()
        wait(3.0)
        heart.stop("nothing to do")
        window.session.close()
        watched(Plan(device="cpu"), "quick training")
        watched(plan, "first fine-tuning, with torch's import")
        for i in range(arguments.rounds):
            watched(plan, f"fine-tuning {i + 1}")
    if arguments.part != "latency":
        headless(plan)  # loads what the first one loads
        figures: dict[str, list[tuple[float, float]]] = {"watched": [], "headless": []}
        for _ in range(arguments.rounds):
            figures["watched"].append(watched(plan))
            figures["headless"].append(headless(plan))
        print()
        for name, found in figures.items():
            print(f"{name}: {', '.join(f'{wall:.2f}' for wall, _ in found)} s, "
                  f"{', '.join(f'{cpu:.2f}' for _, cpu in found)} s of processor time")
        (watched_wall, watched_cpu), (wall, cpu) = (
            [statistics.median(column) for column in zip(*found, strict=True)] for found in figures.values())
        print(f"watching costs {100 * (watched_wall / wall - 1):.1f} % of the time, "
              f"{100 * (watched_cpu / cpu - 1):.1f} % of the processor time (medians)")
    window.close()
    app.quit()


if __name__ == "__main__":
    main()
