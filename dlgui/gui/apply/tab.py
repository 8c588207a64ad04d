"""Drop images, see what they are, take the table along."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from dlgui.gui.commands import Command
from dlgui.gui.image_view import ImageView
from dlgui.gui.jobs import Job
from dlgui.gui.scenes import Scene
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import full
from dlgui.gui.widgets import button
from dlgui.project.changes import Changes
from dlgui.project.operations import runs

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Answer:
    """One classified file; `confidences` is None where it could not be read."""

    path: str
    predicted: str
    confidence: float
    confidences: np.ndarray | None


class AnswerModel(QAbstractTableModel):
    """File, class, confidence, the runner-up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answers: list[Answer] = []
        self.classes: list[str] = []

    def clear(self, classes: list[str]) -> None:
        """Starts anew."""
        self.beginResetModel()
        self.answers, self.classes = [], classes
        self.endResetModel()

    def add(self, answers: list[Answer]) -> None:
        """Appends rows."""
        self.beginInsertRows(QModelIndex(), len(self.answers), len(self.answers) + len(answers) - 1)
        self.answers += answers
        self.endInsertRows()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.answers)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 4

    def headerData(self, section: int, orientation: Qt.Orientation,
                   role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return (self.tr("image"), self.tr("predicted"), self.tr("confidence"), self.tr("next best"))[section]

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        answer, column = self.answers[index.row()], index.column()
        if role == Qt.ItemDataRole.UserRole:  # for sorting
            return (answer.path, answer.predicted, answer.confidence, answer.path)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return answer.path
        if role == Qt.ItemDataRole.TextAlignmentRole and column == 2:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if column == 0:
            return "/".join(Path(answer.path).parts[-2:])
        if answer.confidences is None:
            return (None, answer.predicted, "–", "")[column]
        if column == 3:
            order = np.argsort(-answer.confidences, kind="stable")
            return f"{self.classes[order[1]]} {100 * answer.confidences[order[1]]:.1f} %" if len(order) > 1 else ""
        return answer.predicted if column == 1 else f"{100 * answer.confidence:.1f} %"


class DropArea(QLabel):
    """Takes files and folders; a click asks for some."""

    def __init__(self, take: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("applyDropArea")
        self.setText(self.tr("Drop images or folders here, or click to choose a folder"))
        self.setToolTip(self.tr("Drop images or folders to classify them"))
        self.setAccessibleName(self.tr("Drop area"))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setMinimumHeight(90)
        self.setAcceptDrops(True)
        self.setStyleSheet("QLabel { border: 2px dashed palette(mid); border-radius: 8px; }")
        self._take = take

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self._take([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])

    def mousePressEvent(self, event: Any) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder of images"))
        if folder:
            self._take([folder])


class ApplyTab(QWidget):
    """Classifies files with a run of the project or a model file."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("applyTab")
        self.session = session
        self.model = QComboBox()
        self.model.setObjectName("applyModel")
        self.model.setToolTip(self.tr("The classifier"))
        self.model.setAccessibleName(self.tr("Classifier"))
        self.model.setMinimumContentsLength(24)
        self.open = button("openModelButton", self.tr("Model file…"), self.tr("Use a .dlclassifier file"),
                                 self._open_model)
        self.save = button("saveResultsButton", self.tr("Save as CSV…"), self.tr("Write the table to a file"),
                                 self._save)
        self.stop = button("stopApplyButton", self.tr("Stop"), self.tr("End classifying"), self._stop)
        self.drop = DropArea(self.classify)
        self.results = QTableView()
        self.results.setObjectName("applyResults")
        self.results.setAccessibleName(self.tr("Results"))
        self.results.setToolTip(self.tr("Click a row to see the image, a header to sort"))
        self.table = AnswerModel(self)
        self.sorted = QSortFilterProxyModel(self)
        self.sorted.setSourceModel(self.table)
        self.sorted.setSortRole(int(Qt.ItemDataRole.UserRole))
        self.results.setModel(self.sorted)
        self.results.setSortingEnabled(True)
        self.results.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.results.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.results.verticalHeader().hide()
        self.results.setShowGrid(False)
        self.results.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.results.selectionModel().currentRowChanged.connect(lambda now, _: self._preview(now))
        self.view, self.status = ImageView("applyPreview"), QLabel()
        self.status.setProperty("soft", True)
        top = QHBoxLayout()
        for widget in (QLabel(self.tr("Classifier")), self.model, self.open):
            top.addWidget(widget)
        top.addStretch()
        for widget in (self.stop, self.save):
            top.addWidget(widget)
        parts = QSplitter()
        parts.addWidget(self.results)
        parts.addWidget(self.view)
        parts.setSizes([760, 420])
        parts.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.drop)
        layout.addWidget(parts, 1)
        layout.addWidget(self.status)
        self._state()

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        return []

    def scenes(self) -> list[Scene]:
        """Pictures of this tab."""
        def some() -> None:
            project = self.session.project
            if project is not None and self.model.count():
                table = project.images()
                self.classify([str(project.image_root / path) for path in table.path[::max(len(table) // 12, 1)][:12]])

        return [Scene("apply", some)]

    def refresh(self) -> None:
        """Shows the classifiers that there are; chosen model files stay."""
        project = self.session.project
        files = [(self.model.itemText(i), self.model.itemData(i)) for i in range(self.model.count())
                 if self.model.itemData(i) and not self.model.itemData(i).startswith("run:")]
        chosen = self.model.currentData()
        found = [r for r in runs.all_runs(project) if r.model.exists()][::-1] if project is not None else []
        self.model.clear()
        for run in found:
            self.model.addItem(f"{run.name or run.id}  {run.method}, {run.network}", f"run:{run.model}")
        for text, path in files:
            self.model.addItem(text, path)
        place = self.model.findData(chosen)
        self.model.setCurrentIndex(max(place, 0) if self.model.count() else -1)
        self._state()

    def apply_changes(self, changes: Changes) -> None:
        """Follows a commit."""
        if "runs" in changes.kinds:
            self.refresh()

    def _state(self) -> None:
        self.drop.setEnabled(self.model.count() > 0)
        self.save.setEnabled(bool(self.table.answers))
        self.stop.setEnabled(self.session.jobs.running("apply") is not None)
        if not self.model.count():
            self.status.setText(self.tr("No classifier yet: train one, or open a model file."))

    def _open_model(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Model file"), "", self.tr("Classifiers (*.dlclassifier)"))
        if path:
            self.model.addItem(Path(path).name, path)
            self.model.setCurrentIndex(self.model.count() - 1)
            self._state()

    def classify(self, paths: list[str]) -> None:
        """Classifies files and folders; results appear as they come."""
        model = self.model.currentData()
        if not model or not paths:
            return
        self.table.clear([])
        self.view.show_image(QImage())
        self.session.jobs.start("apply", self.tr("classifying"), lambda job: _classify(
            job, model.removeprefix("run:"), paths), told=self._told, done=self._done, failed=self._failed,
            cancelled=self._state)
        self._state()

    def _stop(self) -> None:
        job = self.session.jobs.running("apply")
        if job is not None:
            job.cancel()

    def _told(self, value: Any) -> None:
        if value and isinstance(value[0], str):
            self.table.clear(list(value))
        else:
            self.table.add(value)
            self.status.setText(self.tr("{n} images").format(n=len(self.table.answers)))

    def _done(self, speed: float) -> None:
        failed = sum(a.confidences is None for a in self.table.answers)
        self.status.setText(self.tr("{n} images, {failed} could not be read, {speed:.0f} images per second").format(
            n=len(self.table.answers), failed=failed, speed=speed))
        self.stop.setEnabled(False)
        self.save.setEnabled(bool(self.table.answers))
        if self.table.answers and not self.results.currentIndex().isValid():
            self.results.selectRow(0)

    def _failed(self, problem: Exception) -> None:
        self.status.setText(str(problem))
        self.session.problem.emit(problem)
        self.stop.setEnabled(False)

    def _preview(self, index: Index) -> None:
        if index.isValid():
            answer = self.table.answers[self.sorted.mapToSource(index).row()]
            self.session.jobs.start("apply preview", "preview", lambda job: full(answer.path),
                                    done=self.view.show_image, quiet=True)

    def _save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Save results"), "results.csv", "CSV (*.csv)")
        if path:
            self.write_csv(Path(path))

    def write_csv(self, path: Path) -> None:
        """Writes the table."""
        from dlgui.engine.storage import write_atomically
        from dlgui.errors import DlguiError

        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(["path", "predicted", "confidence", *self.table.classes])
        for a in self.table.answers:
            if a.confidences is not None:
                writer.writerow([a.path, a.predicted, f"{a.confidence:.6f}", *(f"{c:.6f}" for c in a.confidences)])
        try:
            write_atomically(path, lambda file: file.write(text.getvalue().encode()))
        except DlguiError as problem:
            self.session.problem.emit(problem)


def _classify(job: Job, model: str, paths: list[str]) -> float:
    from dlgui.engine.labels import list_files
    from dlgui.engine.model_file import read_model

    classifier = read_model(model)
    predictor = classifier.predictor("auto")
    files: list[str] = []
    for path in paths:
        files += [f"{path.rstrip('/')}/{name}" for name in list_files(path)] if Path(path).is_dir() else [path]
    job.tell(classifier.classes)
    job.progress.task("classifying", len(files))
    pending: list[Answer] = []
    for i, found in predictor.predict_paths(files, job.progress):
        if isinstance(found, np.ndarray):
            best = int(found.argmax())
            pending.append(Answer(files[i], classifier.classes[best], float(found[best]), found))
        else:
            pending.append(Answer(files[i], found.reason, -1.0, None))
        if len(pending) >= 32:
            job.tell(pending)
            pending = []
    if pending:
        job.tell(pending)
    return predictor.images_per_second
