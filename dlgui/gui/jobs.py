"""Long work off the window's thread: one QThread a job, cancelled and watched from outside."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from dlgui.engine.progress import Cancelled, Progress, Report
from dlgui.errors import DlguiError

Work = Callable[["Job"], Any]


class Job(QThread):
    """Runs `work(job)` in a thread of its own; ends in exactly one of done, failed, cancelled.

    Args:
        name: for people, and the name of the thread.
        work: gets the job, reads `job.progress` and may `job.tell` intermediate results; never touches a widget.
    """

    reported = Signal(object)
    told = Signal(object)
    done = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    def __init__(self, name: str, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.name, self._work = name, work
        self.progress = Progress(self._report)

    def _report(self, report: Report) -> None:
        self.reported.emit(report)

    def tell(self, value: object) -> None:
        """Hands an intermediate result to the window."""
        self.told.emit(value)

    def cancel(self) -> None:
        """Asks the work to end."""
        self.progress.cancel()

    def run(self) -> None:
        try:
            result = self._work(self)
        except Cancelled:
            self.cancelled.emit()
        except DlguiError as problem:
            self.failed.emit(problem)
        except Exception as problem:  # a bug: the crash dialog shows it
            problem.add_note(traceback.format_exc())
            self.failed.emit(problem)
        else:
            self.done.emit(result)


class Jobs(QObject):
    """The jobs that run; a new job of a kind replaces and disconnects the one before it."""

    started = Signal(object)
    ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: dict[str, Job] = {}
        self._leaving: list[Job] = []

    def start(self, kind: str, name: str, work: Work, *, done: Callable[[Any], None] | None = None,
              failed: Callable[[Exception], None] | None = None, told: Callable[[Any], None] | None = None,
              cancelled: Callable[[], None] | None = None, quiet: bool = False) -> Job:
        """Starts a job.

        Args:
            kind: at most one job of a kind counts; an older one is cancelled and its results are dropped.
            name: shown in the status bar.
            work: see `Job`.
            done, failed, told, cancelled: called in the window's thread.
            quiet: not announced in the status bar.
        """
        self.drop(kind)
        job = Job(name, work, self)
        job.setProperty("quiet", quiet)
        for signal, slot in ((job.done, done), (job.failed, failed), (job.told, told), (job.cancelled, cancelled)):
            if slot is not None:
                signal.connect(slot)
        if failed is None:
            job.failed.connect(self._unhandled)
        job.finished.connect(lambda: self._finished(kind, job))
        self._running[kind] = job
        self.started.emit(job)
        job.start()
        return job

    unhandled = Signal(object)

    def _unhandled(self, problem: object) -> None:
        self.unhandled.emit(problem)

    def running(self, kind: str) -> Job | None:
        """The job of a kind that is under way."""
        return self._running.get(kind)

    def drop(self, kind: str) -> None:
        """Cancels a job; nothing of it is heard any more."""
        job = self._running.pop(kind, None)
        if job is not None:
            for signal in (job.done, job.failed, job.told, job.cancelled):
                try:
                    signal.disconnect()
                except RuntimeError:
                    continue  # nobody listened
            job.cancel()
            self._leaving.append(job)
            self.ended.emit(job)

    def _finished(self, kind: str, job: Job) -> None:
        if self._running.get(kind) is job:
            del self._running[kind]
            self.ended.emit(job)
        if job in self._leaving:
            self._leaving.remove(job)
        job.deleteLater()

    def stop_all(self, milliseconds: int = 20000) -> None:
        """Cancels everything and waits; before the window closes or the project changes."""
        waiting = [*self._running.values(), *self._leaving]
        for kind in list(self._running):
            self.drop(kind)
        for job in waiting:
            job.wait(milliseconds)
