"""The heatmaps of many images side by side."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import (
    QListView,
    QListWidget,
    QListWidgetItem,
    QWidget,
)

from dlgui.engine import heatmaps
from dlgui.engine.heatmaps import Heatmap
from dlgui.errors import UnreadableImage
from dlgui.gui import theme
from dlgui.gui.evaluate.explainer import Explainer
from dlgui.gui.evaluate.heat_dialog import HeatDialog
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.evaluate.samples import Sample
from dlgui.gui.jobs import Job
from dlgui.gui.thumbnails import to_qimage
from dlgui.gui.widgets import named
from dlgui.gui.words import tip

SHEET = 60
"""Images at most on a contact sheet."""

PICTURE = 150
"""Side of a picture on a contact sheet in pixels."""


class ContactSheet(HeatDialog):
    """The heatmaps of the chosen images side by side."""

    kind = "contactSheet"

    def __init__(self, inspection: Inspection, explainer: Explainer, parent: QWidget | None = None) -> None:
        super().__init__(inspection, explainer, self.tr("Contact sheet of heatmaps"), parent=parent)
        self.list = named(QListWidget(), "contactSheetList", self.tr("Heatmaps of the predicted class"))
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(PICTURE, PICTURE))
        self.list.setGridSize(QSize(164, 202))
        self.body.addWidget(self.list, 1)
        self.body.addLayout(self.foot)
        self.samples = inspection.samples(inspection.positions[:SHEET])
        self.unreadable: list[str] = []
        """What is wrong with images that could not be read, a sentence each."""
        if self.samples:
            self.start(self._explain, lambda _: None, self._add)
        self._tell()

    def _explain(self, job: Job) -> None:
        """In the job's thread: tells (sample, heatmap or None, picture, what is wrong) of one image after the other."""
        job.progress.task("contact sheet", len(self.samples))
        for sample in self.samples:
            try:
                heat = self.explainer.heatmap(self.run, sample.file, "grad_cam", None)
                picture = to_qimage(heatmaps.overlay(self.explainer.pixels(sample.file), heat.map))
                job.tell((sample, heat, picture.scaled(PICTURE, PICTURE, Qt.AspectRatioMode.KeepAspectRatio,
                                                       Qt.TransformationMode.SmoothTransformation), ""))
            except UnreadableImage as problem:
                job.tell((sample, None, QImage(), str(problem)))
            job.progress.advance()

    def _add(self, made: tuple[Sample, Heatmap | None, QImage, str]) -> None:
        sample, heat, picture, problem = made
        if heat is None:
            item = QListWidgetItem(QIcon(_blank(self.tr("cannot\nbe read"))), sample.file.name)
            item.setToolTip(tip(problem))
            self.unreadable.append(problem)
            self._tell()
        else:
            said = f"{heat.predicted} {100 * heat.confidence:.0f} %"
            wrong = heat.predicted != sample.truth
            item = QListWidgetItem(QIcon(QPixmap.fromImage(picture)), f"{sample.truth}\n→{said}" if wrong else said)
            item.setToolTip(tip(self.tr("{path}\ntruth {truth}, explained for {said}").format(
                path=sample.path, truth=sample.truth, said=said)))
        self.list.addItem(item)

    def _tell(self) -> None:
        total = len(self.inspection.positions)
        if not total:
            self.note.setText(self.tr("No image is chosen: click a cell of the matrix first."))
            return
        text = self.tr("{n} of {total} chosen images; each explained for what the network says").format(
            n=len(self.samples), total=total)
        if self.unreadable:
            text += self.tr(". {n} cannot be read: {first}").format(n=len(self.unreadable), first=self.unreadable[0])
        self.note.setText(text)


def _blank(text: str) -> QPixmap:
    """In the place of a picture that is not there."""
    c, made = theme.colours(), QPixmap(PICTURE, PICTURE)
    made.fill(QColor(c.raised))
    painter = QPainter(made)
    painter.setPen(QColor(c.soft))
    painter.drawText(made.rect(), Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return made
