"""Long work off the window's thread: one QThread a job, cancelled and watched from outside."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from dlgui.engine.progress import Cancelled, Progress, Report
from dlgui.errors import DlguiError

Work = Callable[["Job"], Any]
Listener = Callable[..., Any]


class Job(QThread):
    """Runs `work(job)` in a thread of its own; ends in exactly one of done, failed, cancelled.

    Args:
        name: for people, and the name of the thread.
        work: gets the job, reads `job.progress` and may `job.tell` intermediate results; never touches a widget.

    Signals:
        reported: a `Report` of how far it is.
        said: (job, `told`, `done`, `failed` or `cancelled`, value).
    """

    reported = Signal(object)
    said = Signal(object, str, object)

    def __init__(self, name: str, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.name, self._work = name, work
        self.progress = Progress(self._report)

    def _report(self, report: Report) -> None:
        self.reported.emit(report)

    def tell(self, value: object) -> None:
        """Hands an intermediate result to the window."""
        self.said.emit(self, "told", value)

    def cancel(self) -> None:
        """Asks the work to end."""
        self.progress.cancel()

    def run(self) -> None:
        try:
            result = self._work(self)
        except Cancelled:
            self.said.emit(self, "cancelled", None)
        except DlguiError as problem:
            self.said.emit(self, "failed", problem)
        except Exception as problem:  # a bug: the crash dialog shows it
            problem.add_note(traceback.format_exc())
            self.said.emit(self, "failed", problem)
        else:
            self.said.emit(self, "done", result)


class Jobs(QObject):
    """The jobs that run; a new job of a kind replaces the one before it, whose results are dropped.

    Signals:
        started, ended: a job.
        unhandled: the exception of a job that nobody listens to.
    """

    started = Signal(object)
    ended = Signal(object)
    unhandled = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: dict[str, Job] = {}
        self._leaving: list[Job] = []
        self._listeners: dict[Job, dict[str, Listener]] = {}

    def start(self, kind: str, name: str, work: Work, *, done: Listener | None = None,
              failed: Listener | None = None, told: Listener | None = None, cancelled: Listener | None = None,
              over: Listener | None = None, quiet: bool = False) -> Job:
        """Starts a job.

        Args:
            kind: at most one job of a kind counts; an older one is cancelled and its results are dropped.
            name: shown in the status bar.
            work: see `Job`.
            done, failed, told: called in the window's thread with the value; `cancelled` without.
            over: called without a value after any end, before the listener of that end.
            quiet: not announced in the status bar.
        """
        self.drop(kind)
        job = Job(name, work, self)
        job.setProperty("quiet", quiet)
        given = {"done": done, "failed": failed or self.unhandled.emit, "told": told, "cancelled": cancelled,
                 "over": over}
        self._listeners[job] = {what: listener for what, listener in given.items() if listener is not None}
        job.said.connect(self._hear)  # a slot of this object: queued into its thread
        job.finished.connect(self._clear)
        self._running[kind] = job
        self.started.emit(job)
        job.start()
        return job

    def running(self, kind: str) -> Job | None:
        """The job of a kind that is under way."""
        return self._running.get(kind)

    def busy(self) -> bool:
        """Whether any job runs."""
        return bool(self._running)

    def drop(self, kind: str) -> None:
        """Cancels a job; nothing of it is heard any more."""
        job = self._running.pop(kind, None)
        if job is not None:
            self._listeners.pop(job, None)
            job.cancel()
            self._leaving.append(job)
            self.ended.emit(job)

    def _hear(self, job: Job, what: str, value: object) -> None:
        listeners = self._listeners.get(job, {})
        if what != "told":
            self._listeners.pop(job, None)
            for kind in [k for k, running in self._running.items() if running is job]:
                del self._running[kind]
                self._leaving.append(job)
                self.ended.emit(job)
            if "over" in listeners:
                listeners["over"]()
        if what in listeners:
            listeners[what](*(() if what == "cancelled" else (value,)))

    def _clear(self) -> None:
        for job in [j for j in self._leaving if j.isFinished()]:
            self._leaving.remove(job)
            job.deleteLater()

    def stop_all(self, milliseconds: int = 20000) -> None:
        """Cancels everything and waits; before the window closes or the project changes."""
        for kind in list(self._running):
            self.drop(kind)
        for job in self._leaving:
            job.wait(milliseconds)
