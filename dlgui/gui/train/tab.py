"""The Train tab: arranges what shall be trained, how it goes, and what was trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from dlgui.gui.commands import Command
from dlgui.gui.project_dialog import open_one
from dlgui.gui.scenes import Scene
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.train.compare import CompareDialog
from dlgui.gui.train.controls import Controls
from dlgui.gui.train.live_view import LiveView
from dlgui.gui.train.plot_panel import PlotPanel
from dlgui.gui.train.resume_bar import ResumeBar
from dlgui.gui.train.run_panel import RunPanel
from dlgui.gui.train.setup import DATA, LATER, SetupPanel
from dlgui.gui.train.training import Told, Training
from dlgui.gui.words import about_seconds, percent, shortened
from dlgui.project.changes import Changes
from dlgui.project.operations import divergence, runs
from dlgui.project.operations import training as operations
from dlgui.project.operations.plans import Plan
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

SELDOM = 1000
"""Milliseconds until table and coach follow the end of an epoch, or a change in the book: short epochs come in bursts,
and reading and painting take time from the training."""

UNFINISHED = ("paused", "interrupted", "failed")
"""States of a run in which it can go on."""


class TrainTab(QWidget):
    """Left the set-up and the buttons; right the plot with what it means, and the table of runs.

    Signals:
        show_me: the window shall show this tab.
        images_wanted: paths of images that the Data tab shall show.
        says: a sentence for the status bar.
    """

    show_me, images_wanted, says = Signal(), Signal(list), Signal(str)

    def __init__(self, session: Session, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainTab")
        self.session, self.thumbnails = session, thumbnails
        self.training = Training(session, self)
        self._edits = 0
        self._checked: tuple[str, int] | None = None
        """The run, and the edits by then, for which it was asked whether it can go on."""
        self._book, self._epoch = (QTimer(self, singleShot=True, interval=SELDOM) for _ in range(2))
        self._book.timeout.connect(self._follow_book)
        self._epoch.timeout.connect(self._show_run)
        self._soon, self._begun = (QTimer(self, singleShot=True, interval=LATER) for _ in range(2))
        self._soon.timeout.connect(lambda: self.curves.show_runs(self.table.selected()))
        self._begun.timeout.connect(self._show_begun)

    def build(self) -> Iterator[None]:
        """Makes the parts, a piece at a time, each at its place: moving what is made dresses it again."""
        parts, left, right = QSplitter(), QWidget(), QWidget()
        QHBoxLayout(self).addWidget(parts)
        parts.setObjectName("trainSplitter")
        parts.addWidget(left)
        parts.addWidget(right)
        left.setMinimumWidth(326)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        self.setup = SetupPanel(self.session)
        column.addWidget(self.setup, 1)
        yield from self.setup.build()
        self.controls = Controls()
        column.addWidget(self.controls)
        yield
        below, top = QSplitter(Qt.Orientation.Vertical), QSplitter()
        rows = QVBoxLayout(right)
        rows.setContentsMargins(0, 0, 0, 0)
        self.resume_bar = ResumeBar()
        rows.addWidget(self.resume_bar)
        rows.addWidget(below, 1)
        below.setObjectName("runsSplitter")
        below.addWidget(top)
        self.runs = RunPanel(self.session)
        below.addWidget(self.runs)
        yield
        top.setObjectName("liveSplitter")
        self.curves = PlotPanel(self.session)
        top.addWidget(self.curves)
        yield
        self.live = LiveView(self.session, self.thumbnails)
        top.addWidget(self.live)
        for splitter, sizes, grow in ((top, [560, 250], (1, 0)), (below, [430, 210], (2, 1)),
                                      (parts, [330, 900], (0, 1))):
            splitter.setSizes(sizes)
            splitter.setChildrenCollapsible(False)
            for place, share in enumerate(grow):
                splitter.setStretchFactor(place, share)
        self.form, self.plot, self.table = self.setup.form, self.curves.plot, self.runs.table
        self._connect()
        self._show_state(self.training.state)

    def _connect(self) -> None:
        self.setup.wanted.connect(self.start_plan)
        self.controls.start.connect(self.start_training)
        self.controls.pause.connect(self.training.toggle_pause)
        self.controls.stop.connect(self.training.stop)
        self.controls.later.connect(self.training.leave)
        self.training.state_changed.connect(self._show_state)
        self.training.began.connect(lambda _: self._begun.start())
        self.training.reported.connect(self.controls.report)
        self.training.reported.connect(self.live.report)
        self.training.told.connect(self._told)
        self.training.ended.connect(self._ended)
        self.runs.chosen.connect(self._show_runs)
        self.runs.compare.connect(self.compare)
        self.runs.duplicate.connect(self._duplicate)
        self.runs.repeat.connect(self.setup.repeat_run)
        self.runs.says.connect(self.says)
        self.session.jobs.ended.connect(lambda job: None if job.property("quiet") else self._offer())
        for source in (self.runs, self.resume_bar):
            source.resume.connect(self._resume)
            source.conclude.connect(self._conclude)
        self.resume_bar.again.connect(self._train_anew)
        self.live.images_wanted.connect(self.images_wanted)
        self.curves.says.connect(self.says)

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        return [Command("actionTrain", "train", self.tr("Start training"), self._start_from_anywhere, "Ctrl+T"),
                Command("actionPauseTraining", "train", self.tr("Pause training, or go on"),
                        self._of_a_training(self.training.toggle_pause), "Ctrl+M, P"),
                Command("actionStopTraining", "train", self.tr("Stop training"),
                        self._of_a_training(self.stop_training), "Ctrl+M, S"),
                Command("actionLaterTraining", "train", self.tr("Go on with the training later"),
                        self._of_a_training(self.training.leave), "Ctrl+M, L"),
                Command("actionCompareRuns", "train", self.tr("Compare the selected runs"),
                        self.runs.compare_selected, "Ctrl+M, C", separated=True),
                Command("actionDuplicateRun", "train", self.tr("Duplicate the run with changes"),
                        self.runs.duplicate_selected, "Ctrl+M, D"),
                Command("actionRenameRun", "train", self.tr("Rename the run"), lambda: self.runs.edit_column("run"),
                        "Ctrl+M, R"),
                Command("actionNoteRun", "train", self.tr("Write a note on the run"),
                        lambda: self.runs.edit_column("note"), "Ctrl+M, N"),
                Command("actionRepeatRun", "train", self.tr("Repeat a run…"), self.repeat_run, "Ctrl+M, X"),
                Command("actionExportCurves", "train", self.tr("Save the plot…"),
                        self._of_a_run(self.curves.export), "Ctrl+M, G"),
                Command("actionExportTensorBoard", "train", self.tr("Event files for TensorBoard…"),
                        self._of_a_run(self.curves.export_tensorboard), "Ctrl+M, T"),
                *self.setup.commands()]

    def _of_a_training(self, deed: Callable[[], object]) -> Callable[[], object]:
        return lambda: deed() if self.training.state != "idle" else self.says.emit(self.tr("No training is running."))

    def _of_a_run(self, deed: Callable[[], object]) -> Callable[[], object]:
        return lambda: deed() if self.runs.needs_one() else None

    def scenes(self) -> list[Scene]:
        """Pictures of this tab, as far as the project has such runs."""
        return [Scene("train"), self._scene("train-curves", lambda fine: fine[-1:]),
                self._scene("train-overlay", lambda fine: fine), Scene("train-compare", self._compare_all),
                *self.setup.scenes()]

    def _scene(self, name: str, choose: Callable[[list[int]], list[int]]) -> Scene:
        def prepare() -> None:
            self.table.select(choose([run.number for run in self.table.items.runs if run.method == "finetune"])
                              or [run.number for run in self.table.items.runs])

        return Scene(name, prepare, lambda: self.table.select([run.number for run in self.table.items.runs[-1:]]))

    def _compare_all(self) -> QWidget | None:
        """The dialog over all runs, for a picture."""
        found = self.table.items.runs[-3:]
        if self.session.project is None or not found:
            return None
        return self.compare(found)

    # --- what is trained

    def _start_from_anywhere(self) -> None:
        self.show_me.emit()
        self.start_training()

    def start_training(self) -> None:
        """Starts a run with what the form says."""
        plan = self.setup.plan() if self._is_free() else None
        if plan is not None:
            self.start_plan(plan)

    def start_plan(self, plan: Plan) -> None:
        """Starts a run of a plan."""
        if self._is_free():
            self.training.start(plan)

    def _is_free(self) -> bool:
        """Whether a training can start; says why not."""
        if self.training.state != "idle":
            self.says.emit(self.tr("A training is running; another can start when it has ended."))
            return False
        if self.session.jobs.running("training") is not None:
            self.controls.say(self.tr("A run is being repeated; another can start when it has ended."))
            return False
        return True

    def stop_training(self) -> None:
        """Ends the training with the best network kept and evaluated."""
        self.training.stop()

    def _resume(self, run: Run) -> None:
        self.training.resume(run)

    def _train_anew(self, run: Run) -> None:
        plan, rate = operations.plan_of(run), divergence.smaller_rate(run)
        if rate is not None:
            plan = replace(plan, settings={**plan.settings, "learning_rate": rate})
        self.start_plan(plan)

    def _conclude(self, run: Run) -> None:
        self.training.conclude(run)

    def _duplicate(self, run: Run) -> None:
        self.form.show_plan(operations.plan_of(run))
        self.controls.say(self.tr("The form has the settings of {run}; change what you like and start.").format(
            run=shortened(run.name or run.id, 40)))

    def take_smaller_rate(self) -> None:
        """Goes on with the run that trained last with a tenth of its learning rate, where that helps."""
        found = [run for run in self.table.items.runs if run.id == self.training.run and divergence.failed(run)]
        if found and self.training.state == "idle":
            self._resume(found[-1])

    def repeat_run(self) -> None:
        """Offers to train the selected run, or another, once more and to compare."""
        self.setup.repeat_run(self.selected_run())

    def compare(self, chosen: list[Run]) -> CompareDialog:
        """Opens one run's details, or several side by side, instead of those that were open."""
        for older in self.findChildren(CompareDialog):
            older.close()
        return open_one(self, CompareDialog, lambda: self._comparison(chosen))

    def _comparison(self, chosen: list[Run]) -> CompareDialog:
        dialog = CompareDialog(self.session, self.thumbnails, chosen, self)
        dialog.images_wanted.connect(self.images_wanted)
        dialog.says.connect(self.says)
        return dialog

    # --- how it goes

    def _show_state(self, state: str) -> None:
        project = self.session.project
        writable = project is not None and not project.read_only
        self.controls.show_state(state, writable)
        self.setup.hold(state != "idle" or not writable)
        if state == "running" and self.training.run is None:
            self.controls.say(self.tr("Preparing …"))
            self.live.begin()
        if state in ("running", "paused"):
            self.live.hold(state == "paused")
        self._offer()

    def _show_begun(self) -> None:
        self.runs.refresh()
        self.table.select([found.number for found in self.table.items.runs if found.id == self.training.run])

    def _told(self, told: Told) -> None:
        self.curves.follow(told)
        if self._is_live():
            self.live.follow(told)
            if told.epochs and not self._epoch.isActive():
                self._epoch.start()

    def _ended(self, run: Run | None, problem: Exception | None) -> None:
        self.live.end()
        self.curves.ended()
        self.runs.refresh()
        self._show_run()
        self._offer(asked=True)
        self._soon.start()
        if run is not None:
            test = "" if run.test_top1_error is None else self.tr(", test {error}").format(
                error=percent(run.test_top1_error))
            kept = self.tr(". No epoch did clearly better than the start, the quick classifier: it is kept.")
            self.controls.say(self.tr("{run} is done in {time}: validation error {error}{test}{kept}").format(
                run=shortened(run.name or run.id, 40), time=about_seconds(run.train_seconds),
                error=percent(run.validation_top1_error), test=test, kept=kept if run.best_epoch == 0 else ""))
        else:
            begun = self.tr("Ended; it can go on later.") if self.training.run else self.tr("Ended; no run was begun.")
            self.controls.say(str(problem) if problem is not None else begun)

    # --- what is shown

    def selected_run(self) -> Run | None:
        """The run that commands for one run mean."""
        return self.table.current()

    def _is_live(self) -> bool:
        """Whether the run that trains is the one that is shown."""
        shown = self.selected_run()
        return self.training.run is not None and shown is not None and shown.id == self.training.run

    def _show_runs(self, chosen: list[Run]) -> None:
        if self.training.state != "idle" and self._is_live():
            self._soon.start()
        else:
            self.curves.show_runs(chosen)
        self._show_run()
        self._offer(asked=True)

    def _show_run(self) -> None:
        live = self.training.state != "idle" and (self._is_live() or self.training.run is None)
        self.live.show_run(self.selected_run(), live)

    def _offer(self, asked: bool = False) -> None:
        """Offers to go on with the selected run, or with the newest one that stands still."""
        project = self.session.project
        busy = self.training.state != "idle" or self.session.jobs.running("training") is not None
        if project is None or project.read_only or busy:
            self.resume_bar.offer(None)
            return
        shown = self.selected_run()
        if shown is not None and shown.state in UNFINISHED:
            self.resume_bar.offer(shown, asked)
        else:
            waiting = [run for run in self.table.items.runs if run.state in ("paused", "interrupted")]
            self.resume_bar.offer(waiting[-1] if waiting else None)
        self._check_data(project)

    def _check_data(self, project: Project) -> None:
        """Asks once after an edit whether the run that is offered can go on, which takes long where there is much."""
        run = self.resume_bar.run
        if run is None or not self.resume_bar.isVisible() or self._checked == (run.id, self._edits):
            return
        self._checked = (run.id, self._edits)
        self.session.jobs.start("resumable", self.tr("looking whether {run} can go on").format(run=run.name or run.id),
                                lambda job: runs.unchanged(project, run),
                                done=lambda same: self.resume_bar.tell_data(run, same), quiet=True)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._offer()

    def apply_changes(self, changes: Changes) -> None:
        """Follows a commit."""
        self.setup.apply_changes(changes)
        if changes.kinds & DATA:
            self._edits += 1
        if changes.kinds & {"runs", "history", "evaluations", "classes"}:  # runs follow the names of classes
            if self.training.state == "idle":
                self._follow_book()
            elif not self._book.isActive():
                self._book.start()
        elif changes.kinds & DATA and self.isVisible():
            self._offer()  # an unfinished run may no longer be able to go on

    def _follow_book(self) -> None:
        if self.session.project is not None:
            self.runs.refresh()
            now = self.table.selected()
            shown = [(run.id, run.state, run.name) for run in self.curves.chosen]
            if [(run.id, run.state, run.name) for run in now] != shown and not self._is_live():
                self._show_runs(now)
            else:
                self._offer()

    def refresh(self) -> None:
        """Shows the runs as they are; a project was opened or closed."""
        if self.session.project is None or self.session.jobs.running("training") is None:
            self.training.forget()
        self.resume_bar.forget()
        self._checked = None
        self.setup.refresh()
        self.controls.say("")
        self.runs.refresh()
        if not self.table.selected() and self.table.items.runs:
            self.table.select([self.table.items.runs[-1].number])
        self._show_state(self.training.state)
        self._show_runs(self.table.selected())
