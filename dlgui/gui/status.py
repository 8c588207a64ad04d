"""The right end of the status bar: what is running, how far it is, how long it still takes, and a way to end it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from dlgui.engine.progress import Report
from dlgui.gui import icons
from dlgui.gui.job_bar import JobBar
from dlgui.gui.jobs import Job, Jobs
from dlgui.gui.still import Still
from dlgui.gui.widgets import named
from dlgui.gui.words import time_left

DELAY = 300
"""Milliseconds before a job is shown: what is over at once need not flicker."""


class JobStatus(QWidget):
    """Shows the newest job; a menu lists the others."""

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._running: dict[Job, Report | None] = {}
        self._shown: set[Job] = set()
        self.text, self.bar = QLabel(), JobBar("jobProgress")
        self.text.setObjectName("jobText")
        self._line = Still(self.text)
        self.bar.setFixedWidth(180)
        self.more = named(QToolButton(), "moreJobsButton", self.tr("What else is running"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(QMenu(self.more))
        self.more.menu().aboutToShow.connect(self._list)
        self.cancel = named(QToolButton(), "cancelJobButton", self.tr("End what is running"))
        icons.dress(self.cancel, "close")
        self.cancel.clicked.connect(lambda: self._end(self._newest()))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 4, 0)
        for widget in (self.more, self._line, self.bar, self.cancel):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        jobs.started.connect(self._started)
        jobs.ended.connect(self._ended)
        self._show()

    def _newest(self) -> Job | None:
        return next((job for job in reversed(self._running) if job in self._shown), None)

    def _started(self, job: Job) -> None:
        if job.property("quiet"):
            return
        self._running[job] = None
        job.reported.connect(lambda report: self._report(job, report))
        QTimer.singleShot(DELAY, self, lambda: self._reveal(job))

    def _reveal(self, job: Job) -> None:
        if job in self._running:
            self._shown.add(job)
            self._show()

    def _report(self, job: Job, report: Report) -> None:
        if job not in self._running:
            return
        self._running[job] = report
        if job is self._newest():
            self._line.say(self._text(job))
            self.bar.report(report)

    def _text(self, job: Job) -> str:
        report = self._running[job]
        if report is None:
            return job.name
        so_far = f"  {report.done:,}/{report.total:,}" if report.total else ""
        return f"{report.task or job.name}{so_far}{time_left(report.remaining)}"

    def _ended(self, job: Job) -> None:
        if job in self._running:
            del self._running[job]
            self._shown.discard(job)
            self._show()

    def _show(self) -> None:
        newest = self._newest()
        self.setVisible(newest is not None)
        self.more.setVisible(len(self._shown) > 1)
        self.more.setText(self.tr("+{n}").format(n=len(self._shown) - 1))
        if newest is not None:
            self._line.say(self._text(newest))
            self._line.shrink()
            self.bar.begin()
            if (report := self._running[newest]) is not None:
                self.bar.report(report)

    def _list(self) -> None:
        menu = self.more.menu()
        menu.clear()
        for job in self._shown:
            menu.addAction(self.tr("End: {what}").format(what=self._text(job)), partial(self._end, job))

    def _end(self, job: Job | None) -> None:
        if job is not None and job in self._running:
            job.cancel()
            self._line.say(self.tr("ending: {what}").format(what=job.name))
