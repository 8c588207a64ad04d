"""The plot with its tools; a run without epochs shows its errors as bars instead."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.preload import yield_to_the_window
from dlgui.gui import theme
from dlgui.gui.elided_label import ElidedLabel
from dlgui.gui.jobs import Job
from dlgui.gui.session import Session
from dlgui.gui.train.bars import Bar, BarChart
from dlgui.gui.train.lines import COLOURS, RunCurves
from dlgui.gui.train.plot import TrainingPlot
from dlgui.gui.train.training import Told
from dlgui.gui.widgets import button, menu_button, named
from dlgui.gui.words import shortened, tip
from dlgui.project.operations import batches, run_export, run_files, runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

LIVE_MILLISECONDS, SHARE = 1000, 0.01
"""Between two drawings while a training runs lie so many at least, and so many that drawing has this share of the time:
it takes it from the training."""

log = logging.getLogger("dlgui.gui")

OVERLAID = 12
"""So many runs are drawn over one another at most: nobody can tell more curves apart."""

AT_ONCE = 1 << 20
"""Bytes of batches that are read in the window's thread; more are read in a job."""

SMOOTHINGS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)


class PlotPanel(QWidget):
    """Shows the curves of the chosen runs and follows the one that trains.

    Attributes:
        job: kind of the job that reads long curves.

    Args:
        name: objectName of the plot.

    Signals:
        says: a sentence for the status bar.
    """

    says = Signal(str)

    def __init__(self, session: Session, name: str = "trainingPlot", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.job = session, f"curves of {name}"
        self.chosen: list[Run] = []
        self._live: RunCurves | None = None
        self._clock = QTimer(self, singleShot=True, interval=LIVE_MILLISECONDS)
        self._clock.timeout.connect(self._draw_live)
        self.plot, self.bars, self.empty = TrainingPlot(name=name), BarChart(), QLabel()
        self.empty.setObjectName("noCurve")
        self.head = ElidedLabel()
        self.head.setProperty("head", True)
        self.head.setMinimumWidth(60)
        self.smoothing = named(QSlider(Qt.Orientation.Horizontal), "smoothingSlider", self.tr(
            "Smoothing: each point becomes the mean of its neighbours; the raw curve stays behind, pale"))
        self.smoothing.setRange(0, len(SMOOTHINGS) - 1)
        self.smoothing.setFixedWidth(64)
        self.smoothing.valueChanged.connect(lambda value: self.plot.set_smoothing(SMOOTHINGS[value]))
        self.logarithmic = named(QCheckBox(self.tr("log")), "logAxisBox", self.tr("Logarithmic axes of error and loss"))
        self.logarithmic.toggled.connect(self.plot.set_logarithmic)
        self.loss = self._kind("loss", self.tr("loss"), self.tr("Show the loss, batch by batch"))
        self.rate = self._kind("rate", self.tr("rate"), self.tr("Show the learning rate"))
        self.fit = button("fitPlotButton", self.tr("All"), self.tr(
            "Show everything again; the plot then follows the training"), self._fit)
        self.fit.setEnabled(False)
        self.plot.follows.connect(self.fit.setDisabled)
        self.save = menu_button("exportPlotButton", self.tr("Save"), self.tr(
            "Save the plot as PNG, SVG or CSV, or write event files for TensorBoard"))
        self.save.menu().addAction(self.tr("Picture (PNG, SVG) or table (CSV)…"), self.export)
        self.save.menu().addAction(self.tr("Event files for TensorBoard…"), self.export_tensorboard)
        self._build()
        theme.notifier().changed.connect(self._dress)
        self.show_runs([])

    def _kind(self, kind: str, text: str, tip: str) -> QCheckBox:
        box = named(QCheckBox(text), f"{kind}CurveBox", tip)
        box.setChecked(True)
        box.toggled.connect(lambda on: self.plot.set_kind(kind, on))
        return box

    def _build(self) -> None:
        tools = QHBoxLayout()
        tools.setContentsMargins(10, 6, 8, 2)
        tools.setSpacing(6)
        tools.addWidget(self.head, 1)
        self._tools = [self.smoothing, self.logarithmic, self.loss, self.rate, self.fit]
        for widget in (*self._tools, self.save):
            tools.addWidget(widget)
        scroll = QScrollArea()
        scroll.setObjectName("errorBarsScroll")
        scroll.setWidgetResizable(True)
        scroll.setWidget(self.bars)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.empty.setProperty("soft", True)
        self.pages = QStackedWidget()
        self._bars_page = scroll
        for page in (self.plot, scroll, self.empty):
            self.pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(tools)
        layout.addWidget(self.pages, 1)
        self.setMinimumHeight(180)

    def _dress(self) -> None:
        self.plot.dress()
        if self.session.project is not None and self.pages.currentWidget() is self._bars_page:
            self.bars.show_groups(self._groups(self.session.project, self.chosen))

    # --- content

    def show_runs(self, chosen: Sequence[Run]) -> None:
        """Shows runs: curves with a level line for each quick one among them, of the first `OVERLAID`; quick ones alone
        as bars. Curves of long trainings appear when they are read."""
        if list(chosen) == self.chosen and self.session.jobs.running(self.job) is not None:
            return  # they are being read
        same = [run.id for run in chosen] == [run.id for run in self.chosen]
        self.chosen = list(chosen)
        project = self.session.project
        self.save.setEnabled(bool(chosen))
        self.session.jobs.drop(self.job)
        fine = any(run.method != "quick" for run in chosen)
        if project is None or not chosen:
            self.head.setText("")
            self.empty.setText(self.tr("Select a run in the table to see how it went.") if project is not None
                               and runs.some(project) else self.tr(
                                   "No training yet. Choose Quick for a first result in seconds."))
            self._page(self.empty)
            return
        names = ", ".join(run.name or run.id for run in chosen)
        left_out = fine and len(chosen) > OVERLAID
        several = self.tr("{m} of {n} runs drawn") if left_out else self.tr("{n} runs")
        self.head.setText(names if len(chosen) == 1 else several.format(n=len(chosen), m=OVERLAID))
        if len(chosen) > 1:
            first = self.tr("The first {m} are drawn: more curves cannot be told apart. Sort the table to have others "
                            "drawn.").format(m=OVERLAID)
            strokes = self.tr("Solid: validation (a level line: a quick run, which has no epochs), dashed: training, "
                              "dotted: loss, dash-dotted: learning rate")
            self.head.setToolTip(tip("\n".join([*([first] if left_out else []), names, strokes])))
        drawn = self.chosen[:OVERLAID] if fine else []
        if sum(map(batches.size, drawn)) > AT_ONCE:
            self.session.jobs.start(self.job, self.tr("reading curves"), lambda job: [
                _curves(project, run) for run in drawn], done=lambda made: self._draw(project, made, same), quiet=True)
        else:
            self._draw(project, [_curves(project, run) for run in drawn], same)

    def _draw(self, project: Project, made: list[RunCurves], keep_range: bool) -> None:
        live, chosen = self._live, self.chosen
        made = [live if live is not None and curves.run == live.run else curves for curves in made]
        if any(curves.last for curves in made):
            self._page(self.plot)  # before it draws, for a plot of another size draws again
        elif all(run.method != "quick" for run in chosen) or (len(chosen) == 1 and chosen[0].state != "done"):
            self.empty.setText(self._nothing(chosen[0]))
            self._page(self.empty)
        else:
            self.bars.show_groups(self._groups(project, chosen))
            self._page(self._bars_page)
        self.plot.show_runs(made, keep_range)

    def _nothing(self, run: Run) -> str:
        """Why there is no curve to show yet."""
        if run.method == "quick":
            return self.tr("A quick training has no epochs; its errors stand here when it is done.")
        if self._live is not None and self._live.run == run.id:
            return self.tr("Preparing. The curves begin with the first batch.")
        if run.state == "done":
            return self.tr("{run} ended before its first batch: there is no curve, and its start, the quick "
                           "classifier, was kept.").format(run=run.name or run.id)
        return self.tr("{run} has not trained a batch yet, so there is no curve. It can go on from its start.").format(
            run=run.name or run.id)

    def _page(self, page: QWidget) -> None:
        self.pages.setCurrentWidget(page)
        for widget in self._tools:
            widget.setVisible(page is self.plot)

    def _groups(self, project: Project, chosen: list[Run]) -> list[tuple[str, list[Bar]]]:
        shades = COLOURS[theme.colours().name]
        if len(chosen) > 1:
            return [(title, [Bar(run.name or run.id, getattr(run, key), colour) for run in chosen])
                    for title, key, colour in ((self.tr("Validation error"), "validation_top1_error",
                                                shades["validation"]),
                                               (self.tr("Test error"), "test_top1_error", ""))]
        run, fit = chosen[0], run_files.quick_fit(chosen[0])
        rows = runs.history(project, run)
        training = rows[-1]["train_top1_error"] if rows else None
        own = [Bar(self.tr("training"), training, shades["train"]),
               Bar(self.tr("cross-validated"), fit.get("top1_error")),
               Bar(self.tr("validation"), run.validation_top1_error, shades["validation"]),
               Bar(self.tr("test"), run.test_top1_error, theme.colours().accent)]
        candidates = sorted(fit.get("candidates", {}).items(), key=lambda entry: entry[1])
        members = fit.get("members", [])
        title = self.tr("Stages of the network, cross-validated (bold: chosen)")
        return [(self.tr("Top-1 error of this run"), own),
                (title, [Bar(name, error, strong=name in members) for name, error in candidates])]

    def follow(self, told: Told) -> None:
        """Takes news of the training in, where its run is shown."""
        project = self.session.project
        if project is None:
            return
        if self._live is None or self._live.run != told.run:
            run = runs.get(project, told.run)
            shown = [curves for curves in self.plot.runs if curves.run == told.run]
            self._live = shown[0] if shown else _curves(project, run)
            self._live.epochs = _planned(run)
        if told.batches:
            self._live.add_batches(np.array(told.batches, np.float64))
        for row in told.epochs:
            self._live.add_epoch(row)
        if told.epochs or told.notices:
            run = runs.get(project, told.run)
            self._live.epochs = _planned(run)  # a training of automatic length decides it only when it begins
            self._live.keep(run.best_epoch, run.validation_top1_error)
        if (told.batches or told.epochs) and self._live in self.plot.runs and not self._clock.isActive():
            if self.pages.currentWidget() is self.empty:
                self._page(self.plot)
                self.plot.refresh()
            self._clock.start()

    def _draw_live(self) -> None:
        if self.plot.isVisible():
            begun = time.thread_time()
            self.plot.refresh()
            self.plot.paint_now()
            self._clock.setInterval(max(LIVE_MILLISECONDS, round(1000 * (time.thread_time() - begun) / SHARE)))

    def ended(self) -> None:
        """The training is over: from now on the book knows everything."""
        self._clock.stop()
        self._live = None

    def _fit(self) -> None:
        self.plot.fit()
        self.plot.redraw()

    # --- export

    def export(self) -> None:
        """Asks where to, and saves picture or table."""
        kinds = ["PNG (*.png)", "SVG (*.svg)", "CSV (*.csv)"]
        path, kind = QFileDialog.getSaveFileName(self, self.tr("Save the plot"), "training.png", ";;".join(kinds))
        if path:
            suffix = "." + kind[:3].lower()
            self.write(Path(path) if Path(path).suffix else Path(path).with_suffix(suffix))

    def write(self, path: Path) -> None:
        """Saves what is shown as PNG or SVG, or the figures of the chosen runs as CSV."""
        name = self.tr("writing {name}").format(name=path.name)
        if path.suffix.lower() == ".csv":
            self._write_job("curves", name, path, run_export.write_csv, self.tr(
                "The curves of {what} are in {path}").format(what=self._what(), path=path))
            return
        write = (self.bars if self.pages.currentWidget() is self._bars_page else self.plot).picture(path)
        self.session.jobs.start("picture", name, lambda job: write(), failed=self.session.problem.emit,
                                done=lambda _: self._written(self.tr("The picture is {path}").format(path=path)))

    def export_tensorboard(self) -> None:
        """Asks where to, and writes event files of the chosen runs."""
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder for TensorBoard's event files"))
        if folder:
            self.write_tensorboard(Path(folder))

    def write_tensorboard(self, folder: Path) -> None:
        """Writes event files of the chosen runs and says where they are and how they are looked at."""
        self._write_job("tensorboard", self.tr("writing event files"), folder, run_export.write_tensorboard, self.tr(
            "Event files of {what} are in {path}; look at them: tensorboard --logdir \"{path}\"").format(
                what=self._what(), path=folder))

    def _what(self) -> str:
        run = self.chosen[0] if len(self.chosen) == 1 else None
        return shortened(run.name or run.id, 40) if run is not None else self.tr("{n} runs").format(n=len(self.chosen))

    def _write_job(self, kind: str, name: str, path: Path, write: Callable[..., object], said: str) -> None:
        project, chosen = self.session.project, list(self.chosen)
        if project is None or not chosen:
            return

        def work(job: Job) -> None:
            yield_to_the_window()
            write(project, chosen, path, job.progress)

        self.session.jobs.start(kind, name, work, done=lambda _: self._written(said), cancelled=lambda: self._written(
            self.tr("Cancelled; {path} is not complete.").format(path=path)))

    def _written(self, text: str) -> None:
        log.info(text)
        self.says.emit(text)


def _curves(project: Project, run: Run) -> RunCurves:
    name = run.name or run.id
    if run.method == "quick":
        made = RunCurves.of(run.id, name, 0, [])
        made.level = None if run.validation_top1_error is None else 100.0 * run.validation_top1_error
        return made
    made = RunCurves.of(run.id, name, _planned(run) if run.state == "running" else 0, runs.history(project, run),
                        batches.read(run))
    made.keep(run.best_epoch, run.validation_top1_error)
    return made


def _planned(run: Run) -> int:
    return int(run.parameters.get("settings", {}).get("epochs", 1))
