"""A row in a dialog that starts a job, shows how far it is, and ends it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from dlgui.engine.progress import Report
from dlgui.gui.job_bar import JobBar
from dlgui.gui.jobs import Listener, Work
from dlgui.gui.session import Session
from dlgui.gui.widgets import button
from dlgui.gui.words import time_left


class JobRow(QWidget):
    """A button to start, one to stop, and a bar; one job at a time.

    Args:
        session: runs the jobs.
        kind: of its jobs.
        start: the button that starts one, through whoever calls `run`.
        stop: objectName and tooltip of the button that ends it.
        says: the label, wherever it stands, that tells what is going on and what went wrong.

    Signals:
        busy_changed: whether a job runs now.
    """

    busy_changed = Signal(bool)

    def __init__(self, session: Session, kind: str, start: QPushButton, stop: tuple[str, str], says: QLabel,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self.kind, self.start, self._says = session, kind, start, says
        says.setTextFormat(Qt.TextFormat.PlainText)
        says.setWordWrap(True)
        says.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.stop = button(stop[0], self.tr("Stop"), stop[1], self._stop)
        self.bar = JobBar(stop[0].replace("stop", "progressOf", 1))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(start)
        row.addWidget(self.stop)
        row.addWidget(self.bar, 1)
        row.addStretch(1)
        self._show(False)

    @property
    def busy(self) -> bool:
        """Whether a job of its own runs."""
        return self.stop.isEnabled()

    def run(self, name: str, work: Work, done: Listener, stopped: str, told: Listener | None = None) -> None:
        """Starts a job, see `Jobs.start`; `stopped` is said where it was ended."""
        job = self._session.jobs.start(self.kind, name, work, told=told, done=done, failed=self._failed,
                                       cancelled=lambda: self._says.setText(stopped), over=lambda: self._show(False))
        job.reported.connect(self._report)
        self._says.setText(name)
        self._show(True)

    def _report(self, report: Report) -> None:
        if self.busy:
            self.bar.report(report)
            self._says.setText(f"{report.task}{time_left(report.remaining)}")

    def _failed(self, problem: Exception) -> None:
        self._says.setText(str(problem))
        self._session.unexpected(problem)

    def _show(self, busy: bool) -> None:
        self.start.setEnabled(not busy)
        self.stop.setEnabled(busy)
        self.bar.begin()
        self.bar.setVisible(busy)
        self.busy_changed.emit(busy)

    def _stop(self) -> None:
        job = self._session.jobs.running(self.kind)
        if job is not None:
            job.cancel()
