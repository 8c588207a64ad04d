"""Repeating a run: its seal, and whether training again gives the same bits."""

from __future__ import annotations

import contextlib

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from dlgui.engine.preload import prepare_to_train
from dlgui.engine.progress import Cancelled
from dlgui.gui.jobs import Job
from dlgui.gui.project_dialog import ProjectDialog
from dlgui.gui.session import Session
from dlgui.gui.train import advice_words
from dlgui.gui.train.job_row import JobRow
from dlgui.gui.widgets import Choice, button, named
from dlgui.gui.words import about_seconds
from dlgui.project.operations import evaluations, repeats, seals
from dlgui.project.operations.repeats import Repetition
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project


class RepeatDialog(ProjectDialog):
    """Chooses a sealed run, trains it again, says what came of it.

    Args:
        chosen: the run that is offered first, where it carries a seal.
    """

    def __init__(self, session: Session, chosen: Run | None = None, parent: QWidget | None = None) -> None:
        super().__init__(session, "repeatDialog", self.tr("Repeat a run"), (660, 360), parent)
        project = session.project
        self._runs = repeats.sealed_runs(project) if project is not None else []
        about = QLabel(self.tr(
            "Every finished run carries a seal: one hash over images, labels, split, seed, settings, pretrained "
            "weights, versions and processor. Repeating trains again from the same ingredients, as a run of its own, "
            "and compares every loss, every error and the weights."))
        about.setWordWrap(True)
        self.box = named(Choice(40), "repeatRunBox", self.tr("The run to repeat"))
        for run in self._runs:
            self.box.addItem(f"{run.name or run.id}: {run.method}, {run.network}, {about_seconds(run.train_seconds)}",
                             run.id)
        if chosen is not None:
            self.box.setCurrentIndex(max(self.box.findData(chosen.id), 0))
        self.seal = QLabel()
        self.seal.setObjectName("sealText")
        self.seal.setWordWrap(True)
        self.seal.setProperty("soft", True)
        self.seal.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.answer = QLabel()
        self.answer.setObjectName("repeatAnswer")
        self.answer.setProperty("head", True)
        self.row = JobRow(session, "training", button("repeatButton", self.tr("Repeat"), self.tr(
            "Trains the run again and compares"), self.run, primary=True), (
                "stopRepeatButton", self.tr("Ends the repetition; the run stays, paused")), self.answer)
        self.row.busy_changed.connect(self.box.setDisabled)
        self._build(about)
        self.box.setVisible(bool(self._runs))
        self.box.currentIndexChanged.connect(lambda _: self._show_seal())
        self._show_seal()

    def _build(self, about: QLabel) -> None:
        row = QHBoxLayout()
        row.addWidget(self.row, 1)
        row.addWidget(button("closeRepeatButton", self.tr("Close"), self.tr("Closes"), self.accept))
        layout = QVBoxLayout(self)
        for widget in (about, self.box, self.seal, self.answer):
            layout.addWidget(widget)
        layout.addStretch()
        layout.addLayout(row)

    def _run(self) -> Run | None:
        return next((run for run in self._runs if run.id == self.box.currentData()), None)

    def _show_seal(self) -> None:
        run = self._run()
        sealed = seals.read(run) if run is not None else None
        self.row.start.setEnabled(sealed is not None)
        self.answer.clear()
        if sealed is None:
            self.seal.setText(self.tr("No finished run of this project carries a seal yet: train one first."))
            return
        of = sealed["ingredients"]
        versions = ", ".join(f"{name} {version}" for name, version in of["versions"].items())
        text = self.tr("Seal {seal}\nSeed {seed}, device {device}, {processor}, {cores} cores\n{versions}")
        self.seal.setText(text.format(
            seal=sealed["seal"], seed=of["seed"], device=of["device"], processor=of["processor"]["name"],
            cores=of["processor"]["cores"], versions=versions))

    def run(self) -> None:
        """Repeats the chosen run."""
        project, run = self.session.project, self._run()
        if project is None or run is None:
            return
        if self.session.jobs.running("training") is not None:
            self.answer.setText(self.tr("A training is running; wait until it has ended."))
            return
        self.row.run(self.tr("repeating {run}").format(run=run.name or run.id), lambda job: _repeat(job, project, run),
                     lambda found: self.answer.setText(advice_words.of_repetition(found, self.tr)),
                     self.tr("Stopped: nothing was compared."))

    def done(self, result: int) -> None:
        if self.row.busy:
            self.session.jobs.drop("training")
        super().done(result)


def _repeat(job: Job, project: Project, run: Run) -> Repetition:
    prepare_to_train()
    found = repeats.repeat(project, run, job.progress)
    if found.again is not None:
        with contextlib.suppress(Cancelled):  # the run is done; it can be evaluated another time
            evaluations.judge(project, found.again, job.progress)
    return found
