"""The training that runs: started, paused, ended well, left for later; what it tells once a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from dlgui.engine import memory
from dlgui.engine.preload import prepare_to_train
from dlgui.engine.progress import Cancelled, Report
from dlgui.environment import memory_in_use
from dlgui.gui.jobs import Job
from dlgui.gui.session import Session
from dlgui.project.operations import divergence, evaluations, runs
from dlgui.project.operations import training as operations
from dlgui.project.operations.plans import Plan
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

INTERVAL = 1.0
AGAIN = 2000
"""Milliseconds after which the end of a run that found no room on the disk is written again."""

Begin = Callable[[Project, Any], tuple[Run, Any]]


@dataclass(frozen=True)
class Told:
    """News of a training.

    Attributes:
        run: its id.
        stage: `training` or `evaluating`.
        batches: since the last news: iteration, epoch, loss, learning rate.
        epochs: rows of the history since the last news.
        iterations: updates in all; images_per_second: of training; memory: bytes in use.
        notices: since the last news.
    """

    run: str
    stage: str = "training"
    batches: list[tuple[float, float, float, float]] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    iterations: int = 0
    images_per_second: float = 0.0
    memory: int | None = None
    notices: list[str] = field(default_factory=list)


@dataclass
class _Control:
    """What window and worker share: whether to go on, and whether there is a network to keep."""

    go: threading.Event = field(default_factory=threading.Event)
    learned: bool = False


class Training(QObject):
    """One training at a time, in a QThread that pulls batch after batch.

    Signals:
        began: id of the run.
        told: `Told`.
        reported: a `Report`.
        state_changed: `idle`, `running`, `paused` or `stopping`.
        ended: (Run or None, problem or None): done, failed, or left for later (neither).
    """

    began = Signal(str)
    told = Signal(object)
    reported = Signal(object)
    state_changed = Signal(str)
    ended = Signal(object, object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session, self.state = session, "idle"
        self.run: str | None = None
        self._control = _Control()
        self._job: Job | None = None
        self._again = QTimer(self, singleShot=True, interval=AGAIN)
        self._again.timeout.connect(self._write_ends)

    def start(self, plan: Plan) -> None:
        """Begins a new run."""
        self._launch(lambda project, progress: _executed(project, operations.start(project, plan, progress=progress),
                                                             progress))

    def resume(self, run: Run) -> None:
        """Goes on with a run where it was; with a smaller learning rate where it would fail again."""
        self._launch(lambda project, progress: _executed(project, operations.resume(
            project, run, divergence.smaller_rate(run)), progress))

    def conclude(self, run: Run) -> None:
        """Ends an unfinished run with the best network that it has."""
        self._launch(lambda project, progress: (run, operations.conclude(project, run, progress)))

    def toggle_pause(self) -> None:
        """Holds the training, or lets it go on."""
        if self.state == "running":
            self._control.go.clear()
            self._set("paused")
        elif self.state == "paused":
            self._control.go.set()
            self._set("running")

    def stop(self) -> None:
        """Ends the training with the best network kept, calibrated and evaluated; before quick's classifier is made
        there is none, and the run is left for later."""
        if self._job is not None:
            self._job.progress.finish()
            if not self._has_network():
                self._job.cancel()
            self._control.go.set()
            self._set("stopping")

    def _has_network(self) -> bool:
        """Whether there is something to keep: weights that have learned, or quick's classifier."""
        project = self.session.project
        return self._control.learned or (project is not None and self.run is not None
                                         and runs.get(project, self.run).model.exists())

    def leave(self) -> None:
        """Ends the training so that it can go on later from where it is, even after the window was closed."""
        if self._job is not None:
            self._job.cancel()
            self._control.go.set()
            self._set("stopping")

    def _set(self, state: str) -> None:
        self.state = state
        self.state_changed.emit(state)

    def _launch(self, begin: Begin) -> None:
        project = self.session.project
        if project is None or project.read_only or self.session.jobs.running("training") is not None:
            return
        control = self._control = _Control()
        control.go.set()
        self.run = None
        job = self._job = self.session.jobs.start(
            "training", "training", lambda job: _work(job, project, begin, control), done=self._done,
            failed=self._failed, cancelled=lambda: self._end(None, None), told=self._hear)
        job.reported.connect(self._report)
        self._set("running")

    def _report(self, report: Report) -> None:
        if self._job is not None:
            self.reported.emit(report)

    def _hear(self, told: Told) -> None:
        if self.run is None:
            self.run = told.run
            self.began.emit(told.run)
        self.told.emit(told)

    def _done(self, run: Run) -> None:
        self._end(run, None)

    def _failed(self, problem: Exception) -> None:
        self._end(None, problem)
        self.session.problem.emit(problem)

    def _end(self, run: Run | None, problem: Exception | None) -> None:
        self._job = None
        self._write_ends()
        self._set("idle")
        self.ended.emit(run, problem)

    def _write_ends(self) -> None:
        """Tries again and again where the disk was full: the book shall be right as soon as it can."""
        project = self.session.project
        if project is not None and not runs.write_ends(project):
            self._again.start()

    def forget(self) -> None:
        """The project was closed; its job has ended with it."""
        self._job, self.run = None, None
        self._set("idle")


def _executed(project: Project, run: Run, progress: Any) -> tuple[Run, Any]:
    return run, operations.execute(project, run, progress)


def _work(job: Job, project: Project, begin: Begin, control: _Control) -> Run:
    """Runs in the job's thread: pulls events, holds while paused, evaluates when the training is over."""
    prepare_to_train()
    job.progress.gate = gate = _Gate(job, project, control)
    run, events = begin(project, job.progress)
    control.learned = run.model.exists()
    news = _News(job, run.id)
    news.send()
    gate.watch(run, news)
    try:
        for event in events:
            control.learned = news.take(event) or control.learned or run.model.exists()
            job.progress.check()
    finally:
        events.close()
        news.send()
    if not project.read_only:
        try:
            news.stage = "evaluating"
            news.send()
            evaluations.judge(project, run, job.progress)
        except Cancelled:
            pass  # the run is done; it can be evaluated another time
    return runs.get(project, run.id)


class _Gate:
    """Holds the work while it is paused, whatever it is doing, and says so in the book."""

    def __init__(self, job: Job, project: Project, control: _Control) -> None:
        self._job, self._project, self._control = job, project, control
        self._run: Run | None = None
        self._news: _News | None = None

    def watch(self, run: Run, news: _News) -> None:
        """There is a run: the book shall say when it is paused."""
        self._run, self._news = run, news

    def __call__(self) -> None:
        if self._control.go.is_set() or self._job.progress.cancelled:
            return
        trains = self._run is not None and runs.get(self._project, self._run.id).state == "running"
        self._write("paused" if trains else "")
        memory.give_back()
        while not self._control.go.wait(0.1) and not self._job.progress.cancelled:
            pass
        self._job.progress.rest()
        self._write("running" if trains else "")

    def _write(self, state: str) -> None:
        if state and self._run is not None and self._news is not None:
            runs.update(self._project, self._run, state=state)
            self._news.send()


class _News:
    """Gathers events and tells them at most once a second: each telling is painted, by a core that trains."""

    def __init__(self, job: Job, run: str) -> None:
        self._job, self._run, self.stage = job, run, "training"
        self._last, self._iterations, self._speed = 0.0, 0, 0.0
        self._clear()

    def _clear(self) -> None:
        self._batches: list[tuple[float, float, float, float]] = []
        self._epochs: list[dict[str, Any]] = []
        self._notices: list[str] = []

    def take(self, event: Any) -> bool:
        """Takes an event in; says whether it means that something was learned."""
        from dlgui.engine.training_events import BatchDone, EpochDone, Notice

        if isinstance(event, BatchDone):
            self._batches.append((event.iteration, event.epoch, event.loss, event.learning_rate))
            self._iterations, self._speed = event.iterations, event.images_per_second
        elif isinstance(event, EpochDone):
            self._epochs.append(operations.history_row(event))
        elif isinstance(event, Notice):
            self._notices.append(event.text)
        if time.monotonic() - self._last >= INTERVAL:
            self.send()
        return isinstance(event, (BatchDone, EpochDone))

    def send(self) -> None:
        """Tells what has come in."""
        self._last = time.monotonic()
        self._job.tell(Told(self._run, self.stage, self._batches, self._epochs, self._iterations, self._speed,
                            memory_in_use(), self._notices))
        self._clear()
