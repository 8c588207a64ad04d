"""What is done with answers: saved, sorted into folders, taken into the data set."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from dlgui.engine import answers, sorting
from dlgui.engine.answers import Answer
from dlgui.gui.apply.sort_dialog import SortDialog
from dlgui.gui.jobs import Job
from dlgui.gui.session import Session
from dlgui.gui.words import short
from dlgui.project.operations import additions
from dlgui.project.operations.additions import Additions

_LISTED = 14
"""Classes in the menu; further ones are found by typing."""


class Deeds(QObject):
    """Does it, off the window's thread where it takes long.

    Signals:
        said: a sentence about what was done.
        added: path → class of files that are in the data set now.
        moved: old path → new path of files.
        undoable: whether the last sorting can be undone.
    """

    said = Signal(str)
    added = Signal(dict)
    moved = Signal(dict)
    undoable = Signal(bool)

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self.session, self._window = session, window
        self._additions: deque[Callable[[], object]] = deque()
        session.opened.connect(lambda _: self._additions.clear())
        self._manifest: Path | None = None
        self._steps: dict[str, str] = {}

    def save(self, chosen: list[Answer], classes: list[str]) -> None:
        """Asks for a file and writes the answers."""
        title = self.tr("Save 1 result") if len(chosen) == 1 else self.tr("Save {n} results").format(n=len(chosen))
        path, kind = QFileDialog.getSaveFileName(self._window, title, "results.csv",
                                                 "CSV (*.csv);;JSON (*.json)")
        if path:
            suffix = ".json" if "json" in kind else ".csv"
            self.write(Path(path) if Path(path).suffix else Path(path + suffix), chosen, classes)

    def write(self, path: Path, chosen: list[Answer], classes: list[str]) -> None:
        """Writes the answers as CSV, or as JSON where the name ends so."""
        text = self.tr("1 result written to {path}") if len(chosen) == 1 else self.tr("{n} results written to {path}")
        self.session.jobs.start(
            f"save results {path}", self.tr("saving results"), lambda job: answers.write(path, chosen, classes),
            done=lambda _: self.said.emit(text.format(n=len(chosen), path=path)))

    def sort(self, chosen: list[Answer]) -> None:
        """Shows what sorting into class folders would do, and does it."""
        if self._sorts():
            return
        dialog = SortDialog(self.session.jobs, chosen, parent=self._window)
        if dialog.exec() and dialog.plan is not None:
            self.carry_out(dialog.plan)

    def carry_out(self, planned: sorting.Plan) -> None:
        """Does what was planned."""
        self.session.jobs.start("sort", self.tr("sorting into folders"),
                                lambda job: sorting.execute(planned, job.progress),
                                done=lambda manifest: self._sorted(planned, manifest))

    def _sorts(self) -> bool:
        """Whether files are on their way; another sorting would break that off in the middle."""
        busy = self.session.jobs.running("sort") is not None
        if busy:
            self.said.emit(self.tr("Files are being copied or moved; wait for the end of that."))
        return busy

    def _sorted(self, planned: sorting.Plan, manifest: Path) -> None:
        self._manifest = manifest
        self._steps = {s.source.as_posix(): s.target.as_posix() for s in planned.steps} if planned.move else {}
        self.moved.emit(self._steps)
        self.undoable.emit(True)
        count = len(planned.steps)
        files = self.tr("1 file") if count == 1 else self.tr("{n} files").format(n=count)
        text = self.tr("{files} moved into {f}") if planned.move else self.tr("{files} copied into {f}")
        self.said.emit(text.format(files=files, f=planned.folder))

    def undo_sorting(self) -> None:
        """Takes the last sorting back."""
        manifest = self._manifest
        if manifest is not None:
            self._undo(manifest)

    def undo_other(self) -> None:
        """Asks for the manifest of an earlier sorting and takes that back."""
        path, _ = QFileDialog.getOpenFileName(self._window, self.tr("Manifest of a sorting"), "",
                                              self.tr("Manifests (dlgui-sorted-*.json)"))
        if path:
            self._undo(Path(path))

    def _undo(self, manifest: Path) -> None:
        if self._sorts():
            return
        self.session.jobs.start("sort", self.tr("taking back"), lambda job: sorting.undo(manifest, job.progress),
                                done=lambda left: self._undone(manifest, left))

    def _undone(self, manifest: Path, left: list[tuple[Path, str]]) -> None:
        if manifest == self._manifest:
            kept = {path.as_posix() for path, _ in left}
            self.moved.emit({new: old for old, new in self._steps.items() if new not in kept})
            self._manifest, self._steps = None, {}
            self.undoable.emit(False)
        if left:
            self.said.emit(self.tr("taken back, but {n} stay: {path} ({why})").format(
                n=len(left), path=left[0][0], why=left[0][1]))
        else:
            self.said.emit(self.tr("taken back"))

    def ask_class(self, chosen: list[Answer], place: QPoint) -> None:
        """A menu of classes under which the answers' files go into the data set."""
        menu = QMenu(self._window)
        menu.setObjectName("addToDataMenu")
        self.fill(menu, chosen)
        menu.exec(place)

    def fill(self, menu: QMenu, chosen: list[Answer]) -> None:
        """Puts the choices into a menu."""
        project = self.session.project
        readable = [a for a in chosen if a.confidences is not None]
        if project is None or not readable:
            return
        count = len(readable)
        text = self.tr("As predicted (1 image)") if count == 1 else self.tr("As predicted ({n} images)").format(n=count)
        menu.addAction(text, partial(self.add, [(a.path, a.predicted) for a in readable]))
        menu.addSeparator()
        infos = project.classes()
        for info in infos[:_LISTED]:
            menu.addAction(self.tr("As {name}").format(name=short(info.name).replace("&", "&&")),
                           partial(self.add, [(a.path, info.name) for a in readable]))
        menu.addAction(self.tr("Another class…"), lambda: self.pick_class(
            lambda name: self.add([(a.path, name) for a in readable])))

    def pick_class(self, take: Callable[[str], None]) -> None:
        """Asks for a class by typing; an unknown name becomes a new class."""
        from dlgui.gui.data.class_picker import ClassPicker

        project = self.session.project
        if project is None:
            return
        infos = project.classes()
        names = {info.id: info.name for info in infos}
        dialog = ClassPicker(self.tr("Add to the data set as"), infos, True, self._window)
        dialog.picked.connect(lambda i: take(names[i]))
        dialog.made.connect(take)
        dialog.open()

    def add(self, labeled: list[tuple[str, str]]) -> None:
        """Takes (file, class) pairs into the data set."""
        project = self.session.project
        if project is not None and labeled:
            self._take_in(lambda job: additions.add_files(project, labeled, progress=job.progress), dict(labeled))

    def add_pixels(self, pixels: np.ndarray, label: str) -> None:
        """Takes one picture of the camera into the data set."""
        project = self.session.project
        if project is not None:
            self._take_in(lambda job: additions.add_pixels(project, pixels, label), {}, label)

    def _take_in(self, work: Callable[[Job], Additions], labels: dict[str, str], label: str = "") -> None:
        """One after the other, as keys are typed faster than images are added: a new job ends the one before it."""
        self._additions.append(lambda: self.session.jobs.start(
            "add images", self.tr("adding images"), work, done=lambda found: self._added(found, labels, label),
            failed=self._not_added, cancelled=self._additions.clear))
        if self.session.jobs.running("add images") is None:
            self._next_addition()

    def _next_addition(self) -> None:
        if self._additions:
            self._additions.popleft()()

    def _not_added(self, problem: Exception) -> None:
        self._next_addition()
        self.session.problem.emit(problem)

    def _added(self, found: Additions, labels: dict[str, str], label: str) -> None:
        self._next_addition()
        refused = {name for name, _ in found.refused}
        self.added.emit({path: name for path, name in labels.items() if path not in refused})
        text = self.tr("1 image added to the data set") if found.added == 1 else self.tr(
            "{n} images added to the data set").format(n=found.added)
        if label and found.added:
            text += self.tr(" as {name}").format(name=label)
        if found.own:
            text += self.tr(", kept in the project's folder")
        if found.known:
            text += self.tr(", 1 was in it and got the label") if found.known == 1 else self.tr(
                ", {n} were in it and got the label").format(n=found.known)
        if found.refused:
            text += self.tr(", {n} cannot be read: {why}").format(n=len(found.refused), why=found.refused[0][1])
        self.said.emit(text + (self.tr(" (Undo: Ctrl+Z)") if found.changes.journal_id is not None else ""))
