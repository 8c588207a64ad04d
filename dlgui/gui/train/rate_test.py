"""The learning-rate range test: its curve as it comes, the rate it proposes, and a button that takes it."""

from __future__ import annotations

import math
from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from dlgui.engine.preload import prepare_to_train
from dlgui.gui import theme
from dlgui.gui.jobs import Job
from dlgui.gui.project_dialog import ProjectDialog
from dlgui.gui.session import Session
from dlgui.gui.train.job_row import JobRow
from dlgui.gui.train.small_plot import SmallPlot
from dlgui.gui.widgets import button
from dlgui.project.operations import training
from dlgui.project.operations.plans import Plan
from dlgui.project.project import Project

Point = tuple[float, float]


class RateDialog(ProjectDialog):
    """Runs the test.

    Args:
        current: gives the plan that is tested; None where a field of the form is wrong, which is shown there.

    Signals:
        taken: the learning rate that the user accepts.
    """

    taken = Signal(float)
    jobs = ("rate test",)

    def __init__(self, session: Session, current: Callable[[], Plan | None], parent: QWidget | None = None) -> None:
        super().__init__(session, "rateDialog", self.tr("Find the learning rate"), (760, 540), parent)
        self._current = current
        self.curve: list[Point] = []
        self.rate: float | None = None
        about = QLabel(self.tr(
            "A short training whose learning rate rises from tiny to far too large. Where the loss is lowest the rate "
            "is at its limit; a third of that is proposed: still safe, and nearly as fast (Smith 2017). No run is "
            "entered, no network is changed."))
        about.setWordWrap(True)
        self.plot = SmallPlot("ratePlot", self.tr("Loss over learning rate"), self.tr(
            "Loss over learning rate. Wheel: zoom. Drag: move."), self.tr("learning rate"), self.tr("smoothed loss"))
        self.plot.setLogMode(x=True, y=False)
        self.plot.setXRange(-5, 0)
        c = theme.colours()
        self._line = self.plot.plot([], [], pen=theme.pen(c.accent, width=2))
        self._mark = pg.InfiniteLine(angle=90, pen=theme.pen(c.warning, width=2, style=Qt.PenStyle.DashLine),
                                     label=self.tr("proposed"), labelOpts={"color": c.warning, "position": 0.92})
        self._mark.hide()
        self.plot.addItem(self._mark)
        self.status = QLabel()
        self.status.setObjectName("rateStatus")
        self.row = JobRow(session, "rate test", button("startRateTestButton", self.tr("Run the test"), self.tr(
            "Takes about sixty steps on your training images"), self.run), (
                "stopRateTestButton", self.tr("Ends the test; the curve so far stays")), self.status)
        self.take = button("takeRateButton", self.tr("Use the proposed rate"), self.tr(
            "Fills the rate into the form"), self._take, primary=True)
        self.take.setEnabled(False)
        self._build(about)
        self.row.start.setFocus()

    def _build(self, about: QLabel) -> None:
        row = QHBoxLayout()
        row.addWidget(self.row, 1)
        row.addWidget(button("closeRateTestButton", self.tr("Close"), self.tr("Keeps the rate of the form"),
                             self.reject))
        row.addWidget(self.take)
        layout = QVBoxLayout(self)
        layout.addWidget(about)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.status)
        layout.addLayout(row)

    def run(self) -> None:
        """Starts the test."""
        project = self.session.project
        if project is None:
            return
        if self.session.jobs.running("training") is not None:
            self.status.setText(self.tr("A training is running; wait until it has ended."))
            return
        plan = self._current()
        if plan is None:
            self.status.setText(self.tr("A value of the form is not allowed; it says there what is."))
            return
        self.curve, self.rate = [], None
        self._mark.hide()
        self._line.setData([], [])
        self.take.setEnabled(False)
        self.row.run(self.tr("learning-rate range test"), lambda job: _test(job, project, plan), self._done,
                     self.tr("Stopped before the loss rose: nothing is proposed."), told=self._point)

    def _point(self, point: Point) -> None:
        self.curve.append(point)
        self._line.setData([rate for rate, _ in self.curve], [loss for _, loss in self.curve])

    def _done(self, found: tuple[list[Point], float]) -> None:
        self.curve, self.rate = found
        self._mark.setValue(math.log10(self.rate))
        self._mark.show()
        lowest = min(self.curve, key=lambda point: point[1])
        self.status.setText(self.tr("The loss is lowest at a rate of {low:.2g}; proposed: {rate:.2g}.").format(
            low=lowest[0], rate=self.rate))
        self.take.setEnabled(True)

    def _take(self) -> None:
        if self.rate is not None:
            self.taken.emit(float(f"{self.rate:.2g}"))
            self.accept()


def _test(job: Job, project: Project, plan: Plan) -> tuple[list[Point], float]:
    prepare_to_train()
    return training.find_learning_rate(project, plan, job.progress, listener=job.tell)
