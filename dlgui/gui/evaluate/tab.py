"""The Evaluate tab: figures, confusion matrix, the images of a cell, and why the network says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.evaluation import Evaluation, evaluate
from dlgui.engine.predictions import Predictions
from dlgui.engine.selection import Criteria, select
from dlgui.engine.statistics import wilson_interval
from dlgui.gui.commands import Command
from dlgui.gui.evaluate.matrix import ConfusionMatrix
from dlgui.gui.image_grid import GridItem, ImageGrid
from dlgui.gui.image_view import ImageView
from dlgui.gui.jobs import Job
from dlgui.gui.scenes import Scene
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails, to_qimage
from dlgui.gui.widgets import button, named
from dlgui.gui.words import percent
from dlgui.project.changes import Changes
from dlgui.project.operations import evaluations, labels, runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

SPLITS = ("test", "validation", "train", "all")
METHODS = (("Grad-CAM", "grad_cam"), ("guided Grad-CAM", "guided_grad_cam"), ("occlusion", "confidence_based"),
           ("image only", ""))


class EvaluateTab(QWidget):
    """Looks at the errors of a run."""

    def __init__(self, session: Session, pictures: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluateTab")
        self.session = session
        self.evaluation: Evaluation | None = None
        self._criteria = Criteria("wrong")
        self._chosen = np.empty(0, np.int64)
        self._dirty = True
        self._model: tuple[str, Any] | None = None
        self.runs = self._combo("runSelector", self.tr("Run"))
        self.splits = self._combo("splitSelector", self.tr("Split"))
        for name in SPLITS:
            self.splits.addItem(name, name)
        self.order = self._combo("resultOrder", self.tr("Sort the images"))
        for shown, value in ((self.tr("worst first"), "loss"), (self.tr("most confident first"), "confidence"),
                             (self.tr("by name"), "file_name")):
            self.order.addItem(shown, value)
        self.matrix = ConfusionMatrix()
        self.matrix.cell.connect(self.show_cell)
        self.grid = ImageGrid("resultGrid", pictures)
        self.grid.set_side(112)
        self.grid.picked.connect(lambda _: self._explain())
        self.grid.key.connect(self._key)
        self.heatmap = ImageView("heatmapView")
        self.method = self._combo("heatmapMethod", self.tr("What the picture shows"))
        for shown, value in METHODS:
            self.method.addItem(shown, value)
        self.target = self._combo("heatmapTarget", self.tr("The class that is explained"))
        self.shares = QCheckBox(self.tr("shares"))
        self.shares.setObjectName("matrixShares")
        self.shares.setToolTip(self.tr("Shares of the true class instead of counts"))
        self.shares.setAccessibleName(self.tr("Shares of the true class"))
        self.shares.toggled.connect(self.matrix.matrix.show_shares)
        self.figures, self.caption, self.about = QLabel(), QLabel(), QLabel()
        self.figures.setTextFormat(Qt.TextFormat.RichText)
        self.figures.setWordWrap(True)
        self.about.setWordWrap(True)
        for text in (self.caption, self.about):
            text.setProperty("soft", True)
        self.errors = button("showErrorsButton", self.tr("All errors"), self.tr("Every wrongly classified image"),
                                   lambda: self.show_selection(Criteria("wrong")))
        self.all = button("showAllButton", self.tr("All images"), self.tr("Every image of the split"),
                                lambda: self.show_selection(Criteria()))
        self.fix = button("acceptPredictionButton", self.tr("Relabel as predicted"), self.tr(
            "Give the selected images the class that the network says (undo takes it back)"), self.accept_prediction)
        self._build()
        self.runs.currentIndexChanged.connect(lambda _: self.load())
        self.splits.currentIndexChanged.connect(lambda _: self.load())
        self.order.currentIndexChanged.connect(lambda _: self.show_selection(self._criteria))
        self.method.currentIndexChanged.connect(lambda _: self._explain())
        self.target.currentIndexChanged.connect(lambda _: self._explain())

    def _build(self) -> None:
        top = QHBoxLayout()
        for part in (QLabel(self.tr("Run")), self.runs, QLabel(self.tr("Split")), self.splits):
            top.addWidget(part)
        top.addWidget(self.figures, 1)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        head = QHBoxLayout()
        note = QLabel(self.tr("rows: predicted, columns: ground truth"))
        note.setProperty("soft", True)
        head.addWidget(note)
        head.addStretch()
        head.addWidget(self.shares)
        column.addLayout(head)
        column.addWidget(self.matrix, 1)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        bar = QHBoxLayout()
        bar.addWidget(self.errors)
        bar.addWidget(self.all)
        bar.addWidget(self.order)
        bar.addStretch()
        bar.addWidget(self.fix)
        column.addLayout(bar)
        column.addWidget(self.grid, 1)
        column.addWidget(self.caption)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        bar = QHBoxLayout()
        bar.addWidget(self.method, 1)
        bar.addWidget(self.target, 1)
        column.addLayout(bar)
        column.addWidget(self.heatmap, 1)
        column.addWidget(self.about)
        parts = QSplitter()
        for widget in (left, middle, right):
            parts.addWidget(widget)
        parts.setSizes([420, 480, 340])
        parts.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(parts, 1)

    def _combo(self, name: str, text: str) -> QComboBox:
        box = named(QComboBox(), name, text)
        box.setMinimumContentsLength(9)
        return box

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        return []

    def scenes(self) -> list[Scene]:
        """Pictures of this tab."""
        return [Scene("evaluate")]

    def apply_changes(self, changes: Changes) -> None:
        """Follows a commit: at once when visible, else when shown."""
        if changes.kinds & {"labels", "splits", "classes", "images"} or (changes.kinds & {"runs"}):
            self._dirty = True
            if self.isVisible():
                self.refresh()

    def refresh(self) -> None:
        """Shows the runs as they are and evaluates anew what has changed."""
        self._dirty = False
        project = self.session.project
        found = [r for r in runs.all_runs(project) if r.model.exists()][::-1] if project is not None else []
        chosen = self.runs.currentData()
        names = [r.id for r in found]
        if [self.runs.itemData(i) for i in range(self.runs.count())] != names:
            newest = chosen is None or chosen == self.runs.itemData(0) or chosen not in names
            self.runs.blockSignals(True)
            self.runs.clear()
            for run in found:
                self.runs.addItem(f"{run.name or run.id}  {run.method}", run.id)
            self.runs.setCurrentIndex(0 if newest or chosen not in names else names.index(chosen))
            self.runs.blockSignals(False)
        self.load()

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        if self._dirty:
            self.refresh()

    def load(self) -> None:
        """Evaluates the chosen run on the chosen split, off the window's thread."""
        project, run_id, split = self.session.project, self.runs.currentData(), self.splits.currentData()
        if project is None or run_id is None:
            self._show(None)
            self.caption.setText(self.tr("No finished run yet: train one first."))
            return
        self.session.jobs.start("evaluation", "evaluation", lambda job: _evaluate(job, project, run_id, split),
                                done=self._loaded, failed=self._failed)

    def _loaded(self, result: tuple[Run, Evaluation]) -> None:
        self._show(result[1])

    def _failed(self, problem: Exception) -> None:
        self._show(None)
        self.caption.setText(str(problem))

    def _show(self, evaluation: Evaluation | None) -> None:
        self.evaluation = evaluation
        self.matrix.matrix.show(evaluation)
        self.figures.setText(_headline(evaluation) if evaluation else "")
        chosen = self.target.currentIndex()
        self.target.blockSignals(True)
        self.target.clear()
        self.target.addItem(self.tr("predicted class"), None)
        self.target.addItem(self.tr("true class"), "truth")
        for name in evaluation.classes if evaluation else []:
            self.target.addItem(name, name)
        self.target.setCurrentIndex(max(min(chosen, self.target.count() - 1), 0))
        self.target.blockSignals(False)
        self.show_selection(self._criteria)

    def show_cell(self, predicted: int | None, truth: int | None) -> None:
        """Shows the images of a cell, a row, a column or all."""
        self.show_selection(Criteria(predicted=predicted, truth=truth))

    def show_selection(self, criteria: Criteria) -> None:
        """Shows the images that meet criteria."""
        self._criteria = criteria
        found = self.evaluation.predictions if self.evaluation else None
        try:
            self._chosen = select(found, criteria, self.order.currentData()) if found else np.empty(0, np.int64)
        except ValueError:  # the class of an earlier run is not in this one
            self._criteria = Criteria("wrong")
            self._chosen = select(found, self._criteria, self.order.currentData()) if found else self._chosen
        self.grid.items.show(len(self._chosen), self._item)
        if found is not None:
            self.caption.setText(self.tr("{n} of {total} images{what}").format(
                n=len(self._chosen), total=len(found), what=_describe(self._criteria, found.classes)))
        self.heatmap.show_image(QImage())
        self.about.clear()
        if len(self._chosen):
            self.grid.select([0])

    def _item(self, position: int) -> GridItem:
        assert self.evaluation is not None
        found, i = self.evaluation.predictions, int(self._chosen[position])
        truth, predicted = found.classes[found.truth[i]], found.classes[found.predicted[i]]
        right = bool(found.correct[i])
        root = self.session.project.image_root if self.session.project else Path()
        caption = f"{predicted} {100 * found.confidence[i]:.0f} %"
        tip = self.tr("{path}\ntruth {truth}, predicted {predicted} ({confidence:.1f} %)").format(
            path=found.paths[i], truth=truth, predicted=predicted, confidence=100 * found.confidence[i])
        return GridItem(i, str(root / found.paths[i]), found.paths[i], caption, "", "", "right" if right else "wrong",
                        False, tip)

    def _explain(self) -> None:
        chosen, project, run_id = self.grid.selected(), self.session.project, self.runs.currentData()
        if len(chosen) != 1 or self.evaluation is None or project is None or run_id is None:
            return
        found, i = self.evaluation.predictions, int(self._chosen[chosen[0]])
        target = self.target.currentData()
        if target == "truth":
            target = found.classes[found.truth[i]]
        path, method = project.image_root / found.paths[i], self.method.currentData()
        self.about.setText(self.tr("{path}: truth {truth}, predicted {predicted} ({confidence:.1f} %)").format(
            path=found.paths[i], truth=found.classes[found.truth[i]], predicted=found.classes[found.predicted[i]],
            confidence=100 * float(found.confidence[i])))
        self.session.jobs.start("heatmap", self.tr("heatmap"), lambda job: self._picture(
            job, project, run_id, path, method, target), done=self._pictured, failed=self._unexplained, quiet=True)

    def _picture(self, job: Job, project: Project, run_id: str, path: Path, method: str, target: str | None) -> QImage:
        """In the job's thread: the image at once, then the heatmap over it."""
        from dlgui.engine import heatmaps
        from dlgui.engine.images import read_image
        from dlgui.engine.model_file import read_model

        pixels = read_image(path)
        if not method:
            return to_qimage(pixels)
        job.progress.check()
        if self._model is None or self._model[0] != run_id:
            self._model = (run_id, read_model(runs.get(project, run_id).model))
        found = heatmaps.explain(self._model[1], [pixels], method=method, targets=None if target is None else [target],
                                 progress=job.progress)[0]
        return to_qimage(heatmaps.overlay(pixels, found.map))

    def _pictured(self, image: QImage) -> None:
        self.heatmap.show_image(image)

    def _unexplained(self, problem: Exception) -> None:
        self.heatmap.show_image(QImage())
        self.about.setText(str(problem))

    def _selected_ids(self) -> list[tuple[int, int]]:
        """(position in the predictions, id of the image) of the selected images."""
        project = self.session.project
        if project is None or self.evaluation is None:
            return []
        table = project.images()
        row_of = {path: row for row, path in enumerate(table.path)}
        chosen = [int(self._chosen[p]) for p in self.grid.selected()]
        paths = self.evaluation.predictions.paths
        return [(i, int(table.id[row_of[paths[i]]])) for i in chosen if paths[i] in row_of]

    def accept_prediction(self) -> None:
        """Labels the selected images as predicted."""
        project = self.session.project
        if project is None or self.evaluation is None:
            return
        found = self.evaluation.predictions
        ids = {c.name: c.id for c in project.classes()}
        wanted = {image: ids[found.classes[found.predicted[i]]] for i, image in self._selected_ids()
                  if found.classes[found.predicted[i]] in ids}
        if wanted:
            self.session.do(labels.assign_many, wanted)

    def _key(self, key: str, shift: bool) -> None:
        project = self.session.project
        chosen = [image for _, image in self._selected_ids()]
        if project is None or not chosen:
            return
        if key == "f":
            self.session.do(labels.flag, chosen, True)
        info = next((c for c in project.classes() if c.shortcut == key), None)
        if info is not None:
            self.session.do(labels.assign, chosen, info.id)


def _evaluate(job: Job, project: Project, run_id: str, split: str) -> tuple[Run, Evaluation]:
    run = runs.get(project, run_id)
    found: Predictions = evaluations.predict(project, run, split, progress=job.progress)
    evaluation = evaluate(found)
    if not project.read_only and split == "test" and run.test_top1_error != evaluation.top1_error:
        evaluations.record(project, run, split, evaluation.to_json())
    return run, evaluation


def _headline(found: Evaluation) -> str:
    wrong = int(found.confusion_matrix.sum() - np.trace(found.confusion_matrix))
    low, high = wilson_interval(wrong, found.num_samples)
    return (f"<b style='font-size:17px'>{percent(found.top1_error)}</b> top-1 error "
            f"({percent(low)} – {percent(high)}), {wrong} of {found.num_samples} wrong &nbsp; "
            f"mean recall <b>{percent(found.mean_recall)}</b> &nbsp; mean precision "
            f"<b>{percent(found.mean_precision)}</b> &nbsp; calibration error "
            f"<b>{percent(found.expected_calibration_error)}</b>")


def _describe(criteria: Criteria, classes: list[str]) -> str:
    parts = []
    if criteria.outcome != "all":
        parts.append(criteria.outcome)
    if isinstance(criteria.truth, (int, np.integer)):
        parts.append(f"truth {classes[criteria.truth]}")
    if isinstance(criteria.predicted, (int, np.integer)):
        parts.append(f"predicted {classes[criteria.predicted]}")
    return f": {', '.join(parts)}" if parts else ""
