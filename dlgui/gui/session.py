"""The open project as the window sees it: one place that opens, changes and announces."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSettings, Signal

from dlgui.engine.progress import Cancelled
from dlgui.errors import DlguiError
from dlgui.gui.jobs import Job, Jobs
from dlgui.project.changes import Changes
from dlgui.project.operations import history, runs
from dlgui.project.project import Project

RECENT = 10

AT_ONCE = 500
"""Edits of more images are done in a job."""


class Session(QObject):
    """Holds the project and the jobs.

    Attributes:
        ready: cleared while the window could not show a project yet; `open_soon` waits for it.

    Signals:
        opened: a project is open (or None after closing).
        changed: `Changes` of one committed operation, in the window's thread.
        problem: an exception that a person must see.
        hurry: who shows the opened project piece by piece shall show all of it now.
        recent_changed: the list of recent projects is another.
    """

    opened = Signal(object)
    changed = Signal(object)
    problem = Signal(object)
    recent_changed = Signal()
    hurry = Signal()
    _heard = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self.ready = threading.Event()
        self.ready.set()
        self.jobs = Jobs(self)
        self._edits: list[tuple[Callable[[], Any], Callable[[], object]]] = []
        self.jobs.unhandled.connect(self.problem)
        self._heard.connect(self.changed)  # queued where the operation ran in another thread

    def open(self, folder: Path) -> bool:
        """Opens a project and shows it at once; says what is wrong through `problem` otherwise."""
        try:
            project = Project.open(folder)
        except DlguiError as problem:
            self.problem.emit(problem)
            return False
        self.adopt(project)
        self.hurry.emit()
        return True

    def open_soon(self, folder: Path) -> None:
        """Opens a project off the window's thread: that of 100,000 images takes a second to read."""
        if self.project is not None and self.project.folder.resolve() == folder.resolve():
            return
        self.jobs.start("open", self.tr("opening {name}").format(name=folder.stem),
                        lambda job: _read(job, folder, self.ready), done=self.adopt, failed=self.problem.emit)

    def adopt(self, project: Project) -> None:
        """Takes over an open project."""
        self.close()
        self.project = project
        project.listen(self._heard.emit)
        remember(project.folder)
        self.opened.emit(project)

    def open_again(self) -> None:
        """Closes the project and opens it anew."""
        if self.project is not None:
            folder = self.project.folder
            self.close()
            self.open_soon(folder)

    def close(self) -> None:
        """Closes the project after its jobs have ended."""
        self._edits.clear()
        self.jobs.stop_all()
        if self.project is not None:
            self.project.close()
            self.project = None
            self.opened.emit(None)

    def do(self, operation: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Runs a short operation on the project; errors reach `problem` and give None."""
        if self.project is None:
            return None
        try:
            return operation(self.project, *arguments, **named)
        except DlguiError as problem:
            self.problem.emit(problem)
            return None

    def unexpected(self, problem: Exception) -> None:
        """Hands a bug on to `problem`; what has a remedy is told by whoever had the problem."""
        if not isinstance(problem, DlguiError):
            self.problem.emit(problem)

    def edit(self, operation: Callable[..., Any], *arguments: Any, many: int | None = None,
             then: Callable[[], object] = lambda: None, **named: Any) -> Any:
        """Changes the project: at once, with its result, where few images are touched; else in a job, with None.

        Edits follow one another in the order in which they were asked for. Errors reach `problem` and give None.

        Args:
            operation: called with the project, `arguments` and `named`.
            many: so many images it may touch; all of them by default.
            then: called when it is done.
        """
        if self.project is None:
            return None
        if not self._edits and (len(self.project.images()) if many is None else many) <= AT_ONCE:
            done: list[Any] = []
            self.do(lambda project: done.append(operation(project, *arguments, **named)))
            if done:
                then()
            return done[0] if done else None
        self._edits.append((partial(operation, self.project, *arguments, **named), then))
        if len(self._edits) == 1:
            self._edit_next()
        return None

    def _edit_next(self) -> None:
        if self._edits:
            work, then = self._edits[0]
            self.jobs.start("edit", self.tr("changing many images"), lambda job: work(),
                            done=lambda _: self._edited(then), failed=self._not_edited)

    def _edited(self, then: Callable[[], object]) -> None:
        self._edits.pop(0)
        then()
        self._edit_next()

    def _not_edited(self, problem: Exception) -> None:
        self._edits.pop(0)
        self.problem.emit(problem)
        self._edit_next()

    def undo(self) -> Changes | None:
        """Takes back the newest deed; None where there is none, or where a job does it."""
        return self._turn(history.next_undo, Project.undo)

    def redo(self) -> Changes | None:
        """Does it again."""
        return self._turn(history.next_redo, Project.redo)

    def _turn(self, find: Callable[[Project], history.Deed | None],
              turn: Callable[[Project], Changes | None]) -> Changes | None:
        deed = None if self._edits else self.do(find)
        return self.edit(turn, many=AT_ONCE + 1 if deed is not None and deed.large else None)


def _read(job: Job, folder: Path, ready: threading.Event) -> Project:
    """Opens a project and reads its images and runs, so that the window need not; comes back when the window is
    ready."""
    project = Project.open(folder)
    table = project.images()
    for prepared in ("trainable", "row_of_path", "_by_id"):
        getattr(table, prepared)
    runs.all_runs(project)
    try:
        job.progress.check()
        while not ready.wait(0.02):
            job.progress.check()
    except Cancelled:
        project.close()
        raise
    return project


def recent() -> list[Path]:
    """Recently opened projects that are still there, newest first."""
    stored: Any = QSettings().value("recent", [])
    names = [stored] if isinstance(stored, str) else list(stored or [])
    return [Path(name) for name in names if (Path(name) / "project.sqlite").exists()]


def forget() -> None:
    """Empties the list of recent projects."""
    QSettings().remove("recent")


def remember(folder: Path) -> None:
    """Puts a project first in the list."""
    names = [str(folder.absolute()), *(str(p) for p in recent() if p != folder.absolute())]
    QSettings().setValue("recent", names[:RECENT])
