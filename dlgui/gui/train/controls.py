"""The buttons that start, hold and end a training, and what it is doing now."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from dlgui.engine.progress import Report
from dlgui.gui.job_bar import JobBar
from dlgui.gui.still import Still
from dlgui.gui.widgets import button
from dlgui.gui.words import time_left


class Controls(QWidget):
    """Start, pause, stop and later; a bar and one line of text.

    Signals:
        start, pause, stop, later: a button was clicked.
    """

    start, pause, stop, later = Signal(), Signal(), Signal(), Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.start_button = button("startTrainingButton", self.tr("Start training"), self.tr("Train (Ctrl+T)"),
                                   self.start.emit, primary=True)
        self.pause_button = button("pauseTrainingButton", self.tr("Pause"), self.tr(
            "Hold the training; it goes on where it was"), self.pause.emit)
        self.stop_button = button("stopTrainingButton", self.tr("Stop"), self.tr(
            "End the training now: the best network is kept, calibrated and evaluated"), self.stop.emit)
        self.later_button = button("laterTrainingButton", self.tr("Go on later"), self.tr(
            "End the training now so that it can go on another day exactly where it was"), self.later.emit)
        self.bar, self.status = JobBar("trainingProgress", self.tr("Progress of the training")), QLabel()
        self.status.setObjectName("trainingStatus")
        self.status.setProperty("soft", True)
        self.status.setWordWrap(True)
        self.status.setTextFormat(Qt.TextFormat.PlainText)
        self._line = Still(self.status)
        self._state, self._task = "idle", ""
        self._silent = ""
        grid = QGridLayout()
        grid.addWidget(self.pause_button, 0, 0)
        grid.addWidget(self.stop_button, 0, 1)
        grid.addWidget(self.later_button, 0, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, 0)  # ends where the cards above end
        layout.addWidget(self.start_button)
        layout.addLayout(grid)
        layout.addWidget(self.bar)
        layout.addWidget(self._line)
        self.show_state("idle", False)

    def show_state(self, state: str, writable: bool) -> None:
        """Enables what can be done in a state: `idle`, `running`, `paused` or `stopping`."""
        idle, runs = state == "idle", state in ("running", "paused")
        going_on = state == "running" and self._state == "paused"
        self._state, self._silent = state, self._task if state == "stopping" else ""
        self.start_button.setEnabled(idle and writable)
        self.start_button.setVisible(idle)
        for made in (self.pause_button, self.stop_button, self.later_button):
            made.setVisible(not idle)
            made.setEnabled(runs)
        self.bar.setVisible(not idle)
        self.pause_button.setText(self.tr("Go on") if state == "paused" else self.tr("Pause"))
        if idle:
            self.bar.setRange(0, 1)
            self.bar.setValue(0)
            self._line.shrink()
        elif state == "paused":
            self.say(self.tr("Paused. Nothing is lost, whatever happens now."))
        elif going_on:
            self.say(self.tr("Going on …"))
        elif state == "stopping":
            self.say(self.tr("Ending after the step under way …"))

    def say(self, text: str) -> None:
        """One line below the bar."""
        self._line.say(text)
        self._line.setVisible(bool(text))

    def report(self, report: Report) -> None:
        """Shows how far the task is; in words only while the training runs, or when another task brings it to its end:
        a late report shall not speak over what was said of a pause or of the end."""
        self._task = report.task
        self.bar.report(report)
        if self._state in ("idle", "paused") or report.task == self._silent:
            return
        so_far = (f": {report.done} / {report.total}{time_left(report.remaining)}" if report.total else
                  f": {report.done}" if report.done else " …")
        self.say(f"{report.task[:1].upper()}{report.task[1:]}{so_far}")
