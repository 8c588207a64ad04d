"""The learning-rate range test: its curve as it comes, the rate it proposes, and a button that takes it."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from dlgui.engine.progress import Report
from dlgui.errors import DlguiError
from dlgui.gui import theme
from dlgui.gui.jobs import Job
from dlgui.gui.session import Session
from dlgui.gui.widgets import button
from dlgui.project.operations import training
from dlgui.project.operations.training import Plan
from dlgui.project.project import Project

Point = tuple[float, float]


class RateDialog(QDialog):
    """Runs the test on a plan.

    Signals:
        taken: the learning rate that the user accepts.
    """

    taken = Signal(float)

    def __init__(self, session: Session, plan: Plan, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rateDialog")
        self.setWindowTitle(self.tr("Find the learning rate"))
        self.resize(760, 540)
        self._session, self._plan = session, plan
        self.curve: list[Point] = []
        self.rate: float | None = None
        about = QLabel(self.tr(
            "A short training whose learning rate rises from tiny to far too large. Where the loss is lowest the rate "
            "is at its limit; a third of that is proposed: still safe, and nearly as fast (Smith 2017). No run is "
            "entered, no network is changed."))
        about.setWordWrap(True)
        self.plot = pg.PlotWidget()
        self.plot.setObjectName("ratePlot")
        self.plot.setAccessibleName(self.tr("Loss over learning rate"))
        self.plot.setToolTip(self.tr("Loss over learning rate. Wheel: zoom. Drag: move."))
        self.plot.setLogMode(x=True, y=False)
        self.plot.setXRange(-5, 0)
        self.plot.setLabel("bottom", self.tr("learning rate"))
        self.plot.setLabel("left", self.tr("smoothed loss"))
        self.plot.getAxis("left").enableAutoSIPrefix(False)
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        c = theme.colours()
        self.plot.setBackground(QColor(c.panel))
        for name in ("left", "bottom"):
            self.plot.getAxis(name).setPen(c.line)
            self.plot.getAxis(name).setTextPen(c.soft)
        self._line = self.plot.plot([], [], pen=pg.mkPen(c.accent, width=2))
        self._mark = pg.InfiniteLine(angle=90, pen=pg.mkPen(c.warning, width=2, style=Qt.PenStyle.DashLine),
                                     label=self.tr("proposed"), labelOpts={"color": c.warning, "position": 0.92})
        self._mark.hide()
        self.plot.addItem(self._mark)
        self.status, self.bar = QLabel(), QProgressBar()
        self.status.setObjectName("rateStatus")
        self.status.setWordWrap(True)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of the test"))
        self.start = button("startRateTestButton", self.tr("Run the test"), self.tr(
            "Takes about sixty steps on your training images"), self.run)
        self.stop = button("stopRateTestButton", self.tr("Stop"), self.tr("Ends the test; the curve so far stays"),
                           self._stop)
        self.take = button("takeRateButton", self.tr("Use the proposed rate"), self.tr(
            "Fills the rate into the form"), self._take, primary=True)
        self._build(about)
        self._busy(False)

    def _build(self, about: QLabel) -> None:
        row = QHBoxLayout()
        row.addWidget(self.start)
        row.addWidget(self.stop)
        row.addStretch()
        row.addWidget(button("closeRateTestButton", self.tr("Close"), self.tr("Keeps the rate of the form"),
                             self.reject))
        row.addWidget(self.take)
        layout = QVBoxLayout(self)
        layout.addWidget(about)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.bar)
        layout.addWidget(self.status)
        layout.addLayout(row)

    def run(self) -> None:
        """Starts the test."""
        project, plan = self._session.project, self._plan
        if project is None:
            return
        if self._session.jobs.running("training") is not None:
            self.status.setText(self.tr("A training is running; wait until it has ended."))
            return
        self.curve, self.rate = [], None
        self._mark.hide()
        self._line.setData([], [])
        self.status.setText(self.tr("Loading the network…"))
        job = self._session.jobs.start("rate test", self.tr("learning-rate range test"),
                                       lambda job: _test(job, project, plan), told=self._point, done=self._done,
                                       failed=self._failed, cancelled=self._cancelled)
        job.reported.connect(self._report)
        self._busy(True)

    def _report(self, report: Report) -> None:
        self.bar.setRange(0, report.total or 0)
        self.bar.setValue(report.done)

    def _point(self, point: Point) -> None:
        self.curve.append(point)
        self._line.setData([rate for rate, _ in self.curve], [loss for _, loss in self.curve])
        self.status.setText(self.tr("Rate {rate:.2g}: loss {loss:.3f}").format(rate=point[0], loss=point[1]))

    def _done(self, found: tuple[list[Point], float]) -> None:
        self.curve, self.rate = found
        self._mark.setValue(math.log10(self.rate))
        self._mark.show()
        lowest = min(self.curve, key=lambda point: point[1])
        self.status.setText(self.tr("The loss is lowest at a rate of {low:.2g}; proposed: {rate:.2g}.").format(
            low=lowest[0], rate=self.rate))
        self._busy(False)

    def _failed(self, problem: Exception) -> None:
        self.status.setText(str(problem))
        self._busy(False)
        if not isinstance(problem, DlguiError):
            self._session.problem.emit(problem)

    def _cancelled(self) -> None:
        self.status.setText(self.tr("Stopped before the loss rose: nothing is proposed."))
        self._busy(False)

    def _busy(self, busy: bool) -> None:
        self.start.setEnabled(not busy)
        self.stop.setEnabled(busy)
        self.bar.setVisible(busy)
        self.take.setEnabled(not busy and self.rate is not None)

    def _stop(self) -> None:
        job = self._session.jobs.running("rate test")
        if job is not None:
            job.cancel()

    def _take(self) -> None:
        if self.rate is not None:
            self.taken.emit(float(f"{self.rate:.2g}"))
            self.accept()

    def done(self, result: int) -> None:
        self._session.jobs.drop("rate test")
        super().done(result)


def _test(job: Job, project: Project, plan: Plan) -> tuple[list[Point], float]:
    return training.find_learning_rate(project, plan, job.progress, listener=job.tell)
