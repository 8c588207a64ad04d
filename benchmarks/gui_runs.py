"""The Train tab over many runs, long runs, many classes and open dialogs: the worst block of the event loop by action.

    python benchmarks/gui_runs.py [--parts runs long dialogs classes theme] [--runs 400] [--points 1000000]

What it works on is made first, in a process of its own, so that what trains a network is not in the window's: a project
of demo images whose book holds so many runs, one of them with so many batches, and one of 200 classes of generated
images.
Runs without a display (offscreen).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from common import heading
from gui_grid import Bench
from gui_latency import small_project
from PIL import Image

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog, QWidget

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
CLASSES, IMAGES_OF_CLASS = 200, 6
EPOCHS, BATCHES = 20, 400
"""Of every fine-tuning but the long one."""


def many_runs(folder: Path, count: int, points: int) -> Path:
    """A project with so many runs, a quick one in four, the last with so many batches; returns its folder."""
    from dlgui.project.operations import evaluations, runs, training
    from dlgui.project.project import Project

    made = small_project(folder, 96)
    rng = np.random.default_rng(0)
    with Project.open(made) as project:
        first = training.train(project, training.Plan(device="cpu"))
        evaluations.judge(project, first)
        fine = {**first.parameters, "settings": {"epochs": EPOCHS, "batch_size": 16, "learning_rate": 0.001}}
        for i in range(1, count):
            quick = i % 4 == 0 and i < count - 1
            run = runs.create(project, network=first.network, method="quick" if quick else "finetune", parameters=
                              first.parameters if quick else fine, seed=i, device="cpu", classes=first.classes)
            shutil.copy(first.model, run.model)
            if not quick:
                enter(project, run, EPOCHS, points if i == count - 1 else BATCHES, rng)
            runs.update(project, run, state="done", epochs=EPOCHS, best_epoch=EPOCHS, train_seconds=60.0, pid=None,
                        validation_top1_error=float(rng.uniform(0, 0.3)), images_per_second=100.0)
    return made


def enter(project: Any, run: Any, epochs: int, batches: int, rng: np.random.Generator) -> None:
    """Writes down how a fine-tuning went that never was."""
    from dlgui.project.operations.batches import FILE

    x = np.arange(1, batches + 1)
    rows = np.stack([x, epochs * x / batches, np.exp(-3 * x / batches) + 0.1 * rng.random(batches),
                     np.full(batches, 0.001)], 1)
    (run.folder / FILE).write_bytes(rows.tobytes())
    errors = np.exp(-np.arange(epochs) / 8) * rng.uniform(0.2, 0.5) + 0.02 * rng.random(epochs)
    with project.store.transact("benchmark", undoable=False, journal=False) as t:
        t.insert_many("history", ("run_id", "epoch", "iteration", "loss", "train_top1_error", "validation_top1_error",
                                  "learning_rate", "seconds"),
                      [(run.number, e + 1, batches * (e + 1) // epochs, float(errors[e]), float(errors[e]) / 2,
                        float(errors[e]), 0.001, 3.0 * (e + 1)) for e in range(epochs)])


def many_classes(folder: Path) -> Path:
    """A project with 200 classes; returns its folder."""
    from dlgui.project.operations import splits
    from dlgui.project.project import Project

    rng = np.random.default_rng(0)
    for i in range(CLASSES):
        place = folder / "patterns" / f"class number {i:03}"
        place.mkdir(parents=True)
        base = rng.integers(0, 255, (6, 6, 3))
        for k in range(IMAGES_OF_CLASS):
            noisy = np.clip(base + rng.integers(-70, 70, (6, 6, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(noisy).resize((64, 64), Image.Resampling.NEAREST).save(place / f"{k}.png")
    with Project.create(folder / "classes.dlproj", folder / "patterns") as project:
        splits.split(project, 60, 20, 0)
    return folder / "classes.dlproj"


def make(folder: Path, count: int, points: int) -> None:
    """Both projects; their folders are in `made.json`."""
    (folder / "made.json").write_text(json.dumps([str(many_runs(folder, count, points)), str(many_classes(folder))]))


class Runs:
    """The Train tab of the window with what all parts do."""

    def __init__(self, bench: Bench, project: Path, classes: Path, folder: Path) -> None:
        self.bench, self.project, self.classes, self.folder = bench, project, classes, folder
        self.tab = bench.window.train_tab
        self.table = self.tab.table

    def open(self, project: Path) -> None:
        """Opens a project with the Train tab in front, where it is not open."""
        session = self.bench.window.session
        if session.project is None or session.project.folder != project:
            tabs = self.bench.window.tabs
            tabs.setCurrentIndex(0)
            self.bench.timed(f"opening {project.stem}", partial(session.open_soon, project))
            self.bench.timed("the Train tab", partial(tabs.setCurrentWidget, self.tab))
            self.bench.heart.during(2)

    def numbers(self, first: int, last: int) -> list[int]:
        """Of the runs in these rows of the table."""
        return [run.number for run in self.table.items.rows[first:last]]

    def select(self, first: int, last: int) -> None:
        """Selects rows of the table, as with Shift and the mouse."""
        from PySide6.QtCore import QItemSelection, QItemSelectionModel

        flags, model = QItemSelectionModel.SelectionFlag, self.table.model()
        self.table.selectionModel().select(QItemSelection(model.index(first, 0), model.index(last - 1, 0)),
                                           flags.ClearAndSelect | flags.Rows)

    @contextmanager
    def dialog(self, name: str, show: Callable[[], Any]) -> Iterator[Any]:
        """A dialog that is open meanwhile."""
        shown: list[QDialog] = []
        self.bench.timed(name, lambda: shown.append(show()))
        yield shown[0]
        self.bench.timed(f"{name}, closed", shown[0].close)


def table_of_runs(work: Runs) -> None:
    """Selecting, sorting, renaming, deleting."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from dlgui.gui.train.run_table import COLUMNS

    bench, table, session = work.bench, work.table, work.bench.window.session
    work.open(work.project)
    count = table.rowCount()
    for n in (1, 2, 20, 100, count):
        bench.timed(f"{n} of {count} runs selected", partial(work.select, 5 if n == 1 else 1, min(5 + n, count)))
    bench.timed("all quick runs selected", partial(table.select, [
        run.number for run in table.items.runs if run.method == "quick"]))
    bench.timed("one run selected", partial(work.select, 3, 4))
    for key, name in ((Qt.Key.Key_Down, "the next run"), (Qt.Key.Key_End, "the last run")):
        bench.timed(name, partial(QTest.keyClick, table, key))
    for column, name in enumerate(COLUMNS):
        for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
            bench.timed(f"sorted by {name}, {order.name}", partial(table.sortByColumn, column, order))
    bench.timed("sorted by start", partial(table.sortByColumn, COLUMNS.index("started"), Qt.SortOrder.DescendingOrder))
    bench.timed("100 runs selected", partial(work.select, 5, 105))
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        bench.timed("sorted by validation error while 100 are selected",
                    partial(table.sortByColumn, COLUMNS.index("validation"), order))
    for column in ("run", "note"):
        index = table.model().index(10, COLUMNS.index(column))
        bench.timed(f"{column} written", lambda index=index: table.model().setData(index, "another text"))
    for n in (1, 100):
        bench.timed(f"{n} selected", partial(work.select, 5, 5 + n))
        bench.timed(f"{n} runs deleted", partial(QTest.keyClick, table, Qt.Key.Key_Delete))
        bench.timed("undone", session.undo)
        bench.timed("done again", session.redo)
        bench.timed("undone again", session.undo)


def long_run(work: Runs) -> None:
    """A run with a million batches."""
    bench, table, curves = work.bench, work.table, work.tab.curves
    work.open(work.project)
    longest = max(run.number for run in table.items.runs)
    bench.timed("another run selected", partial(table.select, [longest - 1]))
    bench.timed("the long run selected", partial(table.select, [longest]))
    bench.timed("smoothed", partial(curves.smoothing.setValue, 3))
    bench.timed("logarithmic", curves.logarithmic.toggle)
    bench.timed("not any more", curves.logarithmic.toggle)
    bench.timed("not smoothed", partial(curves.smoothing.setValue, 0))
    bench.timed("together with three others", partial(table.select, list(range(longest - 4, longest + 1))))
    bench.timed("alone again", partial(table.select, [longest]))
    with work.dialog("its details", lambda: work.tab.compare(table.selected())):
        pass
    bench.timed("its event files for TensorBoard", partial(curves.write_tensorboard, work.folder / "events"))
    bench.timed("its curves as CSV", partial(curves.write, work.folder / "curves.csv"))
    bench.timed("its curves as SVG", partial(curves.write, work.folder / "curves.svg"))
    bench.timed("100 runs selected", partial(work.select, 5, 105))
    bench.timed("their event files", partial(curves.write_tensorboard, work.folder / "more events"))


def dialogs(work: Runs) -> None:
    """Dialogs that are opened over many runs."""
    bench = work.bench
    work.open(work.project)
    for n in (1, 2, 20, 100):
        chosen = work.numbers(8, 8 + n)
        found = [run for run in work.table.items.runs if run.number in chosen]
        with work.dialog(f"comparison of {n} runs", partial(work.tab.compare, found)) as dialog:
            if n > 1:
                bench.timed("all rows", dialog.only.toggle)
                bench.timed("only what differs", dialog.only.toggle)
            for page in range(1, dialog.pages.count()):
                bench.timed(f"its page {dialog.pages.tabText(page)}", partial(dialog.pages.setCurrentIndex, page))
    setup = work.tab.setup
    for name, show in (("presets", setup.show_presets), ("rate test", setup.find_rate), ("advisers", setup.advise),
                       ("networks", setup.compare_networks), ("augmentation", setup.preview_augmentation),
                       ("repeat", setup.repeat_run)):
        for time in ("first", "second"):
            with work.dialog(f"{name}, {time} time", show):
                pass


def classes(work: Runs) -> None:
    """Advice with 200 classes."""
    bench = work.bench
    work.open(work.classes)
    with work.dialog("advisers", work.tab.setup.advise) as dialog:
        for page, adviser in ((1, dialog.data), (0, dialog.sizes)):
            bench.timed(f"page {page + 1}", partial(dialog.pages.setCurrentIndex, page))
            bench.timed(f"{adviser.kind} of {CLASSES} classes", adviser.run)
            for row in range(min(adviser.table.rowCount(), 3)):
                bench.timed(f"its row {row + 1}", partial(adviser.table.selectRow, row))
        bench.timed("forecast once more", dialog.data.run)


def themes(work: Runs) -> None:
    """Light and dark, with more and more open."""
    from dlgui.gui import theme

    bench, setup = work.bench, work.tab.setup
    work.open(work.project)

    def switch(name: str) -> None:
        for choice in ("dark", "light"):
            bench.timed(f"{choice}, {name}", partial(theme.switch, choice))

    opened: list[QWidget] = []
    switch("no dialog open")
    work.select(5, 105)
    bench.heart.during(2, bench.idle)
    switch("100 runs selected")
    work.select(5, 6)
    for name, show in (("comparison of 20 runs", lambda: work.tab.compare(work.table.items.runs[-20:])),
                       ("presets", setup.show_presets), ("rate test", setup.find_rate), ("advisers", setup.advise),
                       ("networks", setup.compare_networks), ("augmentation", setup.preview_augmentation)):
        opened.append(show())
        bench.heart.during(5, bench.idle)
        bench.heart.during(1)
        switch(f"{len(opened)} dialogs open, the last: {name}")
    for dialog in opened:
        dialog.close()


PARTS: dict[str, Callable[[Runs], None]] = {"runs": table_of_runs, "long": long_run, "dialogs": dialogs,
                                            "theme": themes, "classes": classes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="a folder that keeps what was made for the next time")
    arguments = parser.parse_args()
    heading("The Train tab over many runs")
    with tempfile.TemporaryDirectory() as temporary:
        kept = arguments.keep or Path(temporary) / "kept"
        if not (kept / "made.json").exists():
            kept.mkdir(parents=True)
            maker = multiprocessing.get_context("spawn").Process(target=make, args=(
                kept, arguments.runs, arguments.points))
            maker.start()
            maker.join()
        project, of_classes = (Path(made) for made in json.loads((kept / "made.json").read_text()))
        shutil.copytree(project, Path(temporary) / project.name)
        work = Runs(Bench(), Path(temporary) / project.name, of_classes, Path(temporary))
        for part in arguments.parts:
            print(f"\n## {part}", flush=True)
            PARTS[part](work)
        work.bench.window.close()


if __name__ == "__main__":
    sys.exit(main())
