"""A line in a dialog that shows how far its job is, with a button that ends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from dlgui.engine.progress import Report
from dlgui.gui.job_bar import JobBar
from dlgui.gui.jobs import Job, Jobs
from dlgui.gui.widgets import button
from dlgui.gui.words import time_left


class JobLine(QWidget):
    """Starts at most one job at a time and shows it; hidden in between."""

    def __init__(self, jobs: Jobs, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs, self._job, self._kind = jobs, None, prefix  # type: tuple[Jobs, Job | None, str]
        self.text, self.bar = QLabel(), JobBar(f"{prefix}Progress")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.bar, 1)
        row.addWidget(self.text)
        row.addWidget(button(f"{prefix}Cancel", self.tr("Cancel"), self.tr("End what is running"), self.cancel))
        self.hide()

    def start(self, name: str, work: Callable[[Job], Any], done: Callable[[Any], Any],
              failed: Callable[[Exception], Any], ended: Callable[[], Any]) -> None:
        """Starts a job; `ended` is called after any end, before `done` or `failed`."""
        def over() -> None:
            self._job = None
            self.hide()
            ended()

        self.bar.begin()
        self.text.setText(name)
        self.show()
        self._job = self._jobs.start(self._kind, name, work, quiet=True, done=done, failed=failed, over=over)
        self._job.reported.connect(self._report)

    def cancel(self) -> None:
        """Asks the job to end."""
        if self._job is not None:
            self._job.cancel()

    def drop(self) -> None:
        """Ends the job unheard; when the dialog closes."""
        if self._job is not None:
            self._job = None
            self._jobs.drop(self._kind)

    def busy(self) -> bool:
        """Whether a job runs."""
        return self._job is not None

    def _report(self, report: Report) -> None:
        self.text.setText(f"{report.task}{time_left(report.remaining)}")
        self.bar.report(report)
