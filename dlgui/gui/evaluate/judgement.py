"""Label, image or network: confidences, the nearest training images, and what these say."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from dlgui.engine.predictions import Predictions
from dlgui.gui.evaluate.confidence_bars import ConfidenceBars
from dlgui.gui.evaluate.explainer import BESIDE, Explainer, Neighbours, verdict
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.evaluate.neighbour_strip import NeighbourStrip
from dlgui.gui.evaluate.samples import Sample
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import sentences
from dlgui.gui.words import told
from dlgui.project.project import Project


class Judgement(QWidget):
    """What speaks for whom.

    Signals:
        chosen: absolute path of a neighbour that was clicked.
    """

    chosen = Signal(str)

    def __init__(self, inspection: Inspection, explainer: Explainer, pictures: Thumbnails,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inspection, self.explainer = inspection, explainer
        self.bars = ConfidenceBars()
        self.strips = (NeighbourStrip("truthNeighbour", pictures, BESIDE),
                       NeighbourStrip("answerNeighbour", pictures, BESIDE))
        self.verdict, self.moment = sentences(soft=True), sentences(soft=True)
        self.verdict.setObjectName("whyVerdict")
        self.moment.setObjectName("whyEpoch")
        for said in (self.verdict, self.moment):
            said.setMinimumWidth(60)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        for part in (self.moment, self.bars, *self.strips, self.verdict):
            column.addWidget(part)
        for strip in self.strips:
            strip.chosen.connect(self.chosen)

    def judge(self, sample: Sample | None, found: Predictions | None) -> None:
        """Judges a sample of predictions; nothing where either is missing."""
        session, epoch = self.inspection.session, self.inspection.epoch
        project = session.project
        self.verdict.clear()
        self.moment.setVisible(sample is not None and epoch is not None)
        self.moment.setText(self.tr("Answer {when}; the heatmap is the finished network's, for an epoch keeps its "
                                    "answers only:").format(when=self.inspection.when()))
        for strip in self.strips:
            strip.show_files("", [])
        if sample is None or project is None or found is None:
            session.jobs.drop("neighbours")
            self.bars.show_confidences([], None, "", "")
            return
        known = found.confidences[sample.position] if sample.position >= 0 else None
        self.bars.show_confidences(found.classes, known, sample.truth, sample.predicted)
        session.jobs.start("neighbours", self.tr("nearest training images"),
                           lambda job: self.explainer.neighbours(project, sample, job.progress),
                           done=partial(self._judged, project, sample),
                           failed=lambda problem: self.verdict.setText(told(problem)),
                           quiet=self.explainer.knows_neighbours)

    def _judged(self, project: Project, sample: Sample, found: Neighbours) -> None:
        for strip, name, word in ((self.strips[0], sample.truth, self.tr("truth")),
                                  (self.strips[1], sample.predicted, self.tr("prediction"))):
            if strip is self.strips[1] and sample.correct:
                break
            strip.show_files(self.tr("nearest in training, {word}: {name}").format(word=word, name=name),
                             [project.image_root / path for path in found.of_class.get(name, [])])
        self.verdict.setText(verdict(sample, found.votes))
