"""The average heatmap of images for two classes, and what tells the two apart."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine import heat_summary, heatmaps
from dlgui.gui.evaluate.explainer import Explainer
from dlgui.gui.evaluate.heat_dialog import HeatDialog
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.image_view import ImageView
from dlgui.gui.thumbnails import to_qimage
from dlgui.gui.widgets import Choice, named, sentences
from dlgui.gui.words import short
from dlgui.project.operations import explanations
from dlgui.project.operations.explanations import Pair


class AverageDialog(HeatDialog):
    """The average heatmap of the chosen images for two classes, and what tells them apart."""

    kind = "averageHeatmap"

    def __init__(self, inspection: Inspection, explainer: Explainer, parent: QWidget | None = None) -> None:
        super().__init__(inspection, explainer, self.tr("Average and difference of heatmaps"), (960, 520), parent)
        self.first = named(Choice(18), "averageFirst", self.tr("First class"))
        self.second = named(Choice(18), "averageSecond", self.tr("Second class"))
        self.views = [ImageView(f"averageView{i + 1}") for i in range(3)]
        self.heads = [sentences() for _ in self.views]
        row = QHBoxLayout()
        row.addWidget(QLabel(self.tr("Average for")))
        row.addWidget(self.first)
        row.addWidget(QLabel(self.tr("beside")))
        row.addWidget(self.second)
        row.addStretch()
        self.body.addLayout(row)
        pictures = QHBoxLayout()
        for view, head in zip(self.views, self.heads, strict=True):
            column = QVBoxLayout()
            column.addWidget(head)
            column.addWidget(view, 1)
            pictures.addLayout(column, 1)
        self.body.addLayout(pictures, 1)
        self.body.addLayout(self.foot)
        for box in (self.first, self.second):
            box.addItems(self.found.classes)
        truth, predicted = self._usual()
        self.first.setCurrentIndex(predicted)
        self.second.setCurrentIndex(truth)
        for box in (self.first, self.second):
            box.currentIndexChanged.connect(lambda _: self.measure())
        self.measure()

    def _usual(self) -> tuple[int, int]:
        """The most frequent truth among the chosen images, and the most frequent other class that was answered."""
        chosen = self.found.subset(self.inspection.positions)
        if not len(chosen):
            return 0, min(1, len(self.found.classes) - 1)
        truth = int(np.bincount(chosen.truth).argmax())
        answers = np.bincount(chosen.predicted, minlength=len(self.found.classes))
        answers[truth] = -1
        return truth, int(answers.argmax())

    def measure(self) -> None:
        """Averages anew."""
        project, first, second = self.inspection.session.project, self.first.currentText(), self.second.currentText()
        paths = self.chosen_paths()
        if project is None or not paths:
            self.note.setText(self.tr("No image is chosen: click a cell of the matrix first."))
            return
        self.note.setText(self.tr("averaging…"))
        self.start(lambda job: explanations.average_pair(project, self.run, paths, first, second, job.progress),
                   lambda pair: self._show(pair, first, second, len(paths)))

    def _show(self, pair: Pair, first: str, second: str, total: int) -> None:
        for view, head, name, average in zip(self.views, self.heads, (first, second), (pair.first, pair.second),
                                             strict=False):
            head.setText(self.tr("speaks for {name}").format(name=short(name)))
            view.show_image(to_qimage(heatmaps.overlay(average.picture, average.map / max(average.map.max(), 1e-9))))
        self.heads[2].setText(self.tr("orange: rather {first}, blue: rather {second}").format(
            first=short(first, 20), second=short(second, 20)))
        self.views[2].show_image(to_qimage(heat_summary.diverging(pair.difference)))
        self.note.setText(self.tr("over {n} of the {total} chosen images, at the network's input size").format(
            n=pair.first.count, total=total))
