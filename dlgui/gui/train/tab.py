"""The Train tab."""

from __future__ import annotations

import threading
import time
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.progress import Report
from dlgui.gui.commands import Command
from dlgui.gui.jobs import Job
from dlgui.gui.scenes import Scene
from dlgui.gui.session import Session
from dlgui.gui.train.plot import TrainingPlot
from dlgui.gui.train.setup import SetupPanel
from dlgui.gui.widgets import button
from dlgui.gui.words import percent, time_left
from dlgui.project.changes import Changes
from dlgui.project.operations import runs, training
from dlgui.project.operations.runs import Run
from dlgui.project.operations.training import Plan
from dlgui.project.project import Project


class TrainTab(QWidget):
    """Starts trainings, shows how they go, lists them.

    Signals:
        show_me: the window shall show this tab.
    """

    show_me = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainTab")
        self.session = session
        self._go = threading.Event()
        self._current: str | None = None
        self.setup, self.plot = SetupPanel(session), TrainingPlot()
        self.form = self.setup.form
        self.setup.wanted.connect(self.start_plan)
        self.start = button("startTrainingButton", self.tr("Start training"), self.tr("Train (Ctrl+T)"),
                                  self.start_training)
        self.start.setProperty("primary", True)
        self.pause = button("pauseTrainingButton", self.tr("Pause"), self.tr("Hold the training; it goes on "
                                                                                   "where it was"), self.toggle_pause)
        self.stop = button("stopTrainingButton", self.tr("Stop"), self.tr("End the training; the best model so "
                                                                                "far stays"), self.stop_training)
        self.resume = button("resumeTrainingButton", self.tr("Go on"), self.tr(
            "Go on with the selected paused or interrupted run"), self.resume_run)
        self.status, self.bar = QLabel(), QProgressBar()
        self.status.setProperty("soft", True)
        self.status.setWordWrap(True)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of the training"))
        self.table = QTableWidget(0, 7)
        self.table.setObjectName("runTable")
        self.table.setAccessibleName(self.tr("Runs"))
        self.table.setToolTip(self.tr("Trainings of this project; a click shows the curve"))
        self.table.setHorizontalHeaderLabels([self.tr("run"), self.tr("method"), self.tr("network"), self.tr("state"),
                                              self.tr("validation error"), self.tr("test error"), self.tr("seconds")])
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._show_selected)
        self._build()
        self._buttons()

    def _build(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.setup, 1)
        column.addWidget(self.start)
        row = QHBoxLayout()
        row.addWidget(self.pause)
        row.addWidget(self.stop)
        column.addLayout(row)
        column.addWidget(self.resume)
        column.addWidget(self.bar)
        column.addWidget(self.status)
        right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(self.plot)
        right.addWidget(self.table)
        right.setSizes([420, 220])
        parts = QSplitter()
        parts.addWidget(left)
        parts.addWidget(right)
        parts.setSizes([330, 900])
        parts.setStretchFactor(1, 1)
        parts.setChildrenCollapsible(False)
        layout = QHBoxLayout(self)
        layout.addWidget(parts)

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        return [Command("actionTrain", "train", self.tr("Start training"), self._start_from_anywhere, "Ctrl+T"),
                Command("actionStopTraining", "train", self.tr("Stop training"), self.stop_training),
                *self.setup.commands()]

    def scenes(self) -> list[Scene]:
        """Pictures of this tab."""
        return [Scene("train"), *self.setup.scenes()]

    def _start_from_anywhere(self) -> None:
        self.show_me.emit()
        self.start_training()

    def start_training(self) -> None:
        """Starts a run with what the form says."""
        plan = self.setup.plan()
        if plan is not None:
            self.start_plan(plan)

    def start_plan(self, plan: Plan) -> None:
        """Starts a run of a plan."""
        if self.session.project is not None and self.session.jobs.running("training") is None:
            self._launch(lambda project: training.start(project, plan))

    def resume_run(self) -> None:
        """Goes on with the selected run."""
        run = self.selected_run()
        if run is not None and self.session.jobs.running("training") is None:
            self._launch(lambda project: training.resume(project, run))

    def _launch(self, begin: Any) -> None:
        project = self.session.project
        assert project is not None
        self._go.set()
        job = self.session.jobs.start("training", "training", lambda job: _train(job, project, begin, self._go),
                                      done=self._done, failed=self._failed, cancelled=self._cancelled,
                                      told=self._told)
        job.reported.connect(self._report)
        self.status.setText(self.tr("preparing"))
        self._buttons()

    def toggle_pause(self) -> None:
        """Holds the training, or lets it go on."""
        if self._go.is_set():
            self._go.clear()
            self.status.setText(self.tr("paused"))
        else:
            self._go.set()
        self._buttons()

    def stop_training(self) -> None:
        """Ends the training after the step under way."""
        job = self.session.jobs.running("training")
        if job is not None:
            job.cancel()
            self._go.set()
            self.status.setText(self.tr("stopping"))

    def _told(self, value: object) -> None:
        if isinstance(value, str):
            self._current = value
            self.refresh()
        elif isinstance(value, float):
            self.status.setText(self.tr("loss {loss:.4f}").format(loss=value))

    def _report(self, report: Report) -> None:
        self.bar.setRange(0, report.total or 0)
        self.bar.setValue(report.done)
        self.status.setText(f"{report.task}: {report.done}/{report.total or '?'}{time_left(report.remaining)}")

    def _done(self, run: Run) -> None:
        self._end(self.tr("{run} is done: validation error {error} in {seconds:.1f} s").format(
            run=run.id, error=percent(run.validation_top1_error), seconds=run.train_seconds or 0))

    def _failed(self, problem: Exception) -> None:
        self._end(str(problem))
        self.session.problem.emit(problem)

    def _cancelled(self) -> None:
        self._end(self.tr("stopped; 'Go on' continues where it was"))

    def _end(self, text: str) -> None:
        self.bar.setRange(0, 1)
        self.bar.setValue(0)
        self.status.setText(text)
        self._go.clear()
        self.refresh()
        self._buttons(idle=True)

    def _buttons(self, idle: bool = False) -> None:
        project = self.session.project
        running = self.session.jobs.running("training") is not None and not idle
        writable = project is not None and not project.read_only
        self.start.setEnabled(writable and not running)
        self.pause.setEnabled(running)
        self.stop.setEnabled(running)
        self.pause.setText(self.tr("Pause") if self._go.is_set() or not running else self.tr("Go on"))
        run = self.selected_run()
        self.resume.setVisible(bool(writable and not running and run and run.state in ("paused", "interrupted")))

    def selected_run(self) -> Run | None:
        """The run of the selected row."""
        row = self.table.currentRow()
        project = self.session.project
        item = self.table.item(row, 0) if row >= 0 else None
        if item is None or project is None:
            return None
        return next((r for r in runs.all_runs(project) if r.id == item.data(Qt.ItemDataRole.UserRole)), None)

    def apply_changes(self, changes: Changes) -> None:
        """Follows a commit."""
        self.setup.apply_changes(changes)
        if changes.kinds & {"runs", "history", "evaluations"}:
            self.refresh()

    def refresh(self) -> None:
        """Shows the runs as they are."""
        self.setup.refresh()
        project = self.session.project
        found = runs.all_runs(project)[::-1] if project is not None else []
        chosen = self._current or (found[0].id if found else None)
        self.table.blockSignals(True)
        self.table.setRowCount(len(found))
        for row, run in enumerate(found):
            texts = (run.name or run.id, run.method, run.network, run.state, percent(run.validation_top1_error),
                     percent(run.test_top1_error), "–" if run.train_seconds is None else f"{run.train_seconds:.1f}")
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, run.id)
                if column > 3:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                item.setToolTip(run.error or run.created)
                self.table.setItem(row, column, item)
            if run.id == chosen:
                self.table.selectRow(row)
        self.table.blockSignals(False)
        self._show_selected()

    def _show_selected(self) -> None:
        run = self.selected_run()
        if run is not None:
            self._current = run.id
        project = self.session.project
        self.plot.show_history(runs.history(project, run) if project is not None and run is not None else [])
        self._buttons()


def _train(job: Job, project: Project, begin: Any, go: threading.Event) -> Run:
    """Runs in the job's thread: pulls events, holds while paused, stops when cancelled."""
    from dlgui.engine.finetune import BatchDone

    run: Run = begin(project)
    job.tell(run.id)
    events = training.execute(project, run, job.progress)
    last = 0.0
    try:
        for event in events:
            if isinstance(event, BatchDone) and time.monotonic() - last > 0.2:
                last = time.monotonic()
                job.tell(event.loss)
            if not go.is_set():
                runs.update(project, run, state="paused")
                while not go.wait(0.1) and not job.progress.cancelled:
                    pass
                runs.update(project, run, state="running")
            job.progress.check()
    finally:
        events.close()  # type: ignore[attr-defined]
    return runs.get(project, run.id)
