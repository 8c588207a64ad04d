"""Runs the classifier over files and watched folders, off the window's thread."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QFileSystemWatcher, QObject, Signal
from PySide6.QtGui import QImage

from dlgui.engine import answers
from dlgui.engine.classifier import Classifier
from dlgui.engine.rejection import Rejection
from dlgui.engine.watching import FolderWatch
from dlgui.errors import DlguiError
from dlgui.gui.jobs import Job
from dlgui.gui.session import Session

_TOLD = 32
"""Answers that are handed to the window together."""

_LOOK = 0.5
"""Seconds between looks at a watched folder where nobody tells of its changes, as on many network drives."""


@dataclass(frozen=True)
class Beginning:
    """What the answers that follow are given by."""

    classes: list[str]
    rule: Rejection | None


class Classifying(QObject):
    """One classification, or one watched folder, at a time.

    Signals:
        began: a `Beginning`, before the first answer.
        came: a list of `Answer`.
        ended: a sentence for the status line.
        state: something has started or ended.
    """

    began = Signal(object)
    came = Signal(list)
    ended = Signal(str)
    state = Signal()

    def __init__(self, session: Session, load: Callable[[str], Classifier], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session, self._load = session, load
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._wake = threading.Event()
        self._told_of = QFileSystemWatcher(self)
        self._told_of.directoryChanged.connect(lambda _: self._wake.set())
        self.watched = ""
        self._count = self._failures = 0

    def scratch(self) -> Path:
        """A folder for pasted pictures and unpacked archives; gone when the application ends."""
        if self._scratch is None:
            self._scratch = tempfile.TemporaryDirectory(prefix="dlgui-", ignore_cleanup_errors=True)
        return Path(self._scratch.name)

    def busy(self) -> bool:
        """Whether files are being classified."""
        return self.session.jobs.running("apply") is not None

    def classify(self, model: str, paths: list[str], picture: QImage | None = None) -> None:
        """Classifies files, folders and archives, and a picture that has no file; ends a watch."""
        self.stop()
        scratch = self.scratch()
        self._begin("apply", self.tr("classifying"),
                    lambda job: _classify(job, self._load, model, paths, picture, scratch))

    def watch(self, model: str, folder: str) -> None:
        """Classifies what arrives in a folder from now on."""
        self.stop()
        self.watched = folder
        self._wake.clear()
        self._begin("watch", self.tr("watching"), lambda job: _watch(job, self._load, model, folder, self._wake), True)

    def stop(self) -> None:
        """Ends what is going on; what was found stays."""
        if self.watched and self._told_of.directories():
            self._told_of.removePaths(self._told_of.directories())
        self.watched = ""
        running = [kind for kind in ("apply", "watch") if self.session.jobs.running(kind) is not None]
        for kind in running:
            self.session.jobs.drop(kind)
        if running:
            self.ended.emit(self._summary() + self.tr(", stopped"))
        self.state.emit()

    def _begin(self, kind: str, name: str, work: Callable[[Job], Any], quiet: bool = False) -> None:
        self._count = self._failures = 0
        self.session.jobs.start(kind, name, work, told=self._told, done=self._done, failed=self._failed,
                                cancelled=self._cancelled, quiet=quiet)
        self.state.emit()

    def _told(self, value: Any) -> None:
        if isinstance(value, Beginning):
            self.began.emit(value)
        elif isinstance(value, Folders):
            new = [path for path in value.paths if path not in self._told_of.directories()]
            if new and self.watched:
                self._told_of.addPaths(new)
            if value.gone:
                self.ended.emit(self.tr("{folder} is gone; waiting for it to come back").format(folder=value.paths[0]))
        else:
            self._count += len(value)
            self._failures += sum(a.confidences is None for a in value)
            self.came.emit(value)

    def _done(self, speed: float) -> None:
        text = self._summary() if self._count else self.tr("No image was found there.")
        if self._count > self._failures:
            text += self.tr(", {speed:.0f} images per second").format(speed=speed)
        self.ended.emit(text)
        self.state.emit()

    def _cancelled(self) -> None:
        self.watched = ""
        self.ended.emit(self._summary() + self.tr(", stopped"))
        self.state.emit()

    def _failed(self, problem: Exception) -> None:
        self.watched = ""
        self.ended.emit(str(problem))
        self.session.problem.emit(problem)
        self.state.emit()

    def _summary(self) -> str:
        text = self.tr("1 image") if self._count == 1 else self.tr("{n} images").format(n=self._count)
        return text + (self.tr(", {n} could not be read").format(n=self._failures) if self._failures else "")

    def close(self) -> None:
        """Throws pasted and unpacked files away."""
        self.stop()
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None


@dataclass(frozen=True)
class Folders:
    """Folders whose changes the window shall tell of; `gone` where the first is not there."""

    paths: list[str]
    gone: bool = False


def _classify(job: Job, load: Callable[[str], Classifier], model: str, paths: list[str], picture: QImage | None,
              scratch: Path) -> float:
    classifier = load(model)
    job.tell(Beginning(classifier.classes, classifier.rejection))
    found = answers.gather(paths, scratch, job.progress)
    if picture is not None:
        path = _kept(picture, scratch)
        found.files.append(path)
        found.names[path] = Path(path).name
    pending = found.refused
    predictor = classifier.predictor("auto")
    job.progress.task("classifying", len(found.files))
    told = time.monotonic()
    for a in answers.classify(predictor, found.files, job.progress):
        pending.append(answers.renamed(a, found.names))
        if len(pending) >= _TOLD or time.monotonic() - told > 0.1:
            job.tell(pending)
            pending, told = [], time.monotonic()
    if pending:
        job.tell(pending)
    return predictor.images_per_second


def _kept(picture: QImage, scratch: Path) -> str:
    """The file that a pasted picture is written to: everything later asks for files."""
    path = scratch / f"pasted_{datetime.now():%H%M%S_%f}.png"
    if not picture.save(str(path)):
        raise DlguiError(path, "the picture cannot be written", "free some disk space")
    return path.as_posix()


def _watch(job: Job, load: Callable[[str], Classifier], model: str, folder: str, wake: threading.Event) -> None:
    classifier = load(model)
    predictor, p = classifier.predictor("auto"), classifier.preprocessing
    watch = FolderWatch(folder)
    job.tell(Beginning(classifier.classes, classifier.rejection))
    predictor.judge_pixels(np.zeros((1, p.height, p.width, p.channels), np.uint8))  # the first image shall not wait
    folders = Folders([])
    next_look = 0.0
    while True:
        job.progress.check()
        now = time.monotonic()
        look = wake.is_set() or now >= next_look
        wake.clear()
        ready, broken = watch.poll(now, look)
        if look:
            next_look = now + max(_LOOK, 10 * (time.monotonic() - now))  # a slow folder is asked less often
            there = Folders(watch.folders(), watch.gone)
            if there != folders:
                folders = there
                job.tell(folders)
        if ready or broken:
            files = [path.as_posix() for path in ready]
            job.tell([*answers.classify(predictor, files),
                      *(answers.answer(problem.path, problem, classifier.classes) for problem in broken)])
        wake.wait(0.05 if watch.waiting else 0.2)
        if wake.is_set():
            time.sleep(0.02)  # a copy of many files tells of each
