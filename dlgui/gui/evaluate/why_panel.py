"""Why the network says so: the image with its heatmap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from dlgui.engine.evaluation import Evaluation
from dlgui.gui.evaluate.samples import Sample
from dlgui.gui.image_view import ImageView
from dlgui.gui.jobs import Job
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import to_qimage
from dlgui.gui.widgets import named
from dlgui.project.operations import runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

METHODS = (("Grad-CAM", "grad_cam"), ("guided Grad-CAM", "guided_grad_cam"), ("occlusion", "confidence_based"),
           ("image only", ""))


class WhyPanel(QWidget):
    """Explains images.

    Signals:
        relabel: image ids and the name of a class.
        flag, exclude: image ids, and whether to set or to take back.
    """

    relabel = Signal(list, str)
    flag = Signal(list, bool)
    exclude = Signal(list, bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._samples: list[Sample] = []
        self._run: Run | None = None
        self._classes: list[str] = []
        self._model: tuple[str, Any] | None = None
        self.heatmap = ImageView("heatmapView")
        self.method = named(QComboBox(), "heatmapMethod", self.tr("What the picture shows"))
        for shown, value in METHODS:
            self.method.addItem(shown, value)
        self.target = named(QComboBox(), "heatmapTarget", self.tr("The class that is explained"))
        for box in (self.method, self.target):
            box.setMinimumContentsLength(9)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.currentIndexChanged.connect(lambda _: self._explain())
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.about.setProperty("soft", True)
        bar = QHBoxLayout()
        bar.addWidget(self.method, 1)
        bar.addWidget(self.target, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(bar)
        layout.addWidget(self.heatmap, 1)
        layout.addWidget(self.about)

    def explain(self, items: list[Sample], evaluation: Evaluation | None, run: Run | None) -> None:
        """Explains the selected images.

        Args:
            items: what is selected, possibly nothing.
            evaluation: where they come from; `Sample.position` points into its predictions.
            run: whose model it was.
        """
        self._samples, self._run = items, run
        self._offer(evaluation.classes if evaluation is not None else [])
        self._explain()

    def _offer(self, classes: list[str]) -> None:
        if classes == self._classes and self.target.count():
            return
        self._classes = list(classes)
        chosen = self.target.currentIndex()
        self.target.blockSignals(True)
        self.target.clear()
        self.target.addItem(self.tr("predicted class"), None)
        self.target.addItem(self.tr("true class"), "truth")
        for name in classes:
            self.target.addItem(name, name)
        self.target.setCurrentIndex(max(min(chosen, self.target.count() - 1), 0))
        self.target.blockSignals(False)

    def _explain(self) -> None:
        project, run = self.session.project, self._run
        if len(self._samples) != 1 or project is None or run is None:
            self.session.jobs.drop("heatmap")
            self.heatmap.show_image(QImage())
            self.about.setText(self.tr("{n} images selected").format(n=len(self._samples)) if self._samples else "")
            return
        sample, method = self._samples[0], self.method.currentData()
        target = self.target.currentData()
        if target == "truth":
            target = sample.truth
        self.about.setText(self.tr("{path}: truth {truth}, predicted {predicted} ({confidence:.1f} %)").format(
            path=sample.path, truth=sample.truth, predicted=sample.predicted, confidence=100 * sample.confidence))
        self.session.jobs.start("heatmap", self.tr("heatmap"), lambda job: self._picture(
            job, project, run.id, sample.file, method, target), done=self.heatmap.show_image, failed=self._failed,
            quiet=True)

    def _picture(self, job: Job, project: Project, run_id: str, path: Path, method: str, target: str | None) -> QImage:
        """In the job's thread."""
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

    def _failed(self, problem: Exception) -> None:
        self.heatmap.show_image(QImage())
        self.about.setText(str(problem))
