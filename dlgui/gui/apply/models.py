"""The classifiers that can be applied: the project's runs and files that were opened; loaded once."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QWidget

from dlgui.engine.classifier import Classifier
from dlgui.gui.session import Session
from dlgui.gui.widgets import Choice, button, named
from dlgui.gui.words import tip
from dlgui.project.operations import runs
from dlgui.project.operations.runs import Run


class LoadedModel:
    """The classifier read last, kept until its file or the names of its classes change; any thread may ask.

    Attributes:
        runs: the project's runs by the path of their model.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[tuple[str, int, list[str]], Classifier] | None = None
        self.runs: dict[str, Run] = {}

    def get(self, path: str) -> Classifier:
        """The classifier in a file. Raises `ModelFileError`."""
        from dlgui.engine.model_file import read_model

        with self._lock:
            run = self.runs.get(path)
            stamp = (path, Path(path).stat().st_mtime_ns if Path(path).exists() else 0,
                     run.outputs.names if run is not None else [])
            if self._kept is None or self._kept[0] != stamp:
                self._kept = stamp, runs.classifier(run) if run is not None else read_model(path)
            return self._kept[1]


class ModelChoice(QWidget):
    """A list of classifiers and a button for further ones.

    Signals:
        chosen: another classifier is in force.
    """

    chosen = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.loaded = session, LoadedModel()
        self.box = named(Choice(24), "applyModel", self.tr("The classifier that is applied"))
        self._path: str | None = None
        self._listed: list[tuple[str, tuple[str, str]]] = []
        """Text, run's id (empty for a file) and path of what the box offers."""
        self.box.currentIndexChanged.connect(lambda _: self._announce())
        self.open = button("openModelButton", self.tr("Model file…"), self.tr("Use a .dlclassifier file"), self._open)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLabel(self.tr("Classifier")))
        layout.addWidget(self.box, 1)
        layout.addWidget(self.open)

    def path(self) -> str | None:
        """The chosen model's file, for any thread: jobs load it, and must not ask the box."""
        return self._path

    def _announce(self) -> None:
        data = self.box.currentData()
        self._path = data[1] if data is not None else None
        self.chosen.emit()

    def run(self) -> Run | None:
        """The chosen run, None where a file is chosen."""
        data = self.box.currentData()
        return self.loaded.runs.get(data[1]) if data is not None and data[0] else None

    def refresh(self) -> None:
        """Shows the runs as they are, newest first; opened files stay."""
        project = self.session.project
        files = [(text, data) for text, data in self._listed if not data[0]]
        before = self.box.currentData()
        found = [r for r in runs.all_runs(project) if r.model.exists()][::-1] if project is not None else []
        self.loaded.runs = {str(r.model): r for r in found}
        items = [(f"{r.name or r.id}  {r.method}, {r.network}", (r.id, str(r.model))) for r in found] + files
        self.box.blockSignals(True)
        self._list(items)
        place = next((i for i, (_, data) in enumerate(items) if data == before), 0)
        self.box.setCurrentIndex(place if items else -1)
        self.box.blockSignals(False)
        self._announce()

    def _list(self, items: list[tuple[str, tuple[str, str]]]) -> None:
        """Puts these into the box; among hundreds few have changed, and making all anew takes long."""
        listed, wanted = self._listed, {data for _, data in items}
        for place, (text, data) in enumerate(items):
            while place < len(listed) and listed[place][1] not in wanted:
                self._take_away(place)
            if place == len(listed) or listed[place][1] != data:
                self.box.insertItem(place, text, data)
                listed.insert(place, (text, data))
            elif listed[place][0] != text:
                self.box.setItemText(place, text)
                listed[place] = text, data
        while len(listed) > len(items):
            self._take_away(len(items))

    def _take_away(self, place: int) -> None:
        self.box.removeItem(place)
        del self._listed[place]

    def open_file(self, path: str) -> None:
        """Reads a model file, then offers it and chooses it; one that cannot be read is not offered."""
        self.session.jobs.start("open model", self.tr("reading the model"), lambda job: self.loaded.get(path),
                                done=lambda _: self.add_file(path))

    def add_file(self, path: str) -> None:
        """Offers a model file and chooses it."""
        place = next((i for i, (_, data) in enumerate(self._listed) if data[1] == path), -1)
        if place < 0:
            self._list([*self._listed, (Path(path).name, ("", path))])
            self.box.setItemData(self.box.count() - 1, tip(path), Qt.ItemDataRole.ToolTipRole)
        self.box.setCurrentIndex(place if place >= 0 else self.box.count() - 1)

    def _open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Model file"), "", self.tr("Classifiers (*.dlclassifier)"))
        if path:
            self.open_file(path)
