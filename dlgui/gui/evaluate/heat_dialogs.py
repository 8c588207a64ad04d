"""Heatmaps of many images: the contact sheet, averages and their difference, the shortcut alarm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine import heat_summary, heatmaps
from dlgui.engine.heatmaps import Heatmap
from dlgui.engine.progress import Report
from dlgui.engine.shortcuts import Finding
from dlgui.errors import UnreadableImage
from dlgui.gui import theme
from dlgui.gui.evaluate.explainer import Explainer
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.evaluate.samples import Sample
from dlgui.gui.image_view import ImageView
from dlgui.gui.jobs import Job
from dlgui.gui.thumbnails import to_qimage
from dlgui.gui.widgets import Choice, button, named
from dlgui.gui.words import short, time_left, tip
from dlgui.project.operations import explanations
from dlgui.project.operations.explanations import Pair

SHEET = 60
"""Images at most on a contact sheet."""

PICTURE = 150
"""Side of a picture on a contact sheet in pixels."""

NAMED = 4
"""Confirmed shortcuts that the sentence names."""


class HeatDialog(QDialog):
    """A dialog that works on the chosen images of an inspection, shows how far it is and ends its work on closing."""

    kind = "heatDialog"

    def __init__(self, inspection: Inspection, explainer: Explainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inspection, self.explainer = inspection, explainer
        assert inspection.run is not None
        assert inspection.evaluation is not None
        self.run, self.found = inspection.run, inspection.evaluation.predictions
        self.setObjectName(self.kind)
        self.resize(860, 600)
        self.body = QVBoxLayout(self)
        if inspection.epoch is not None:
            whose = QLabel(self.tr("The images were chosen {when}; the heatmaps are the finished network's.").format(
                when=inspection.when()))
            whose.setWordWrap(True)
            self.body.addWidget(whose)
        self.note, self.bar = QLabel(), QProgressBar()
        self.note.setWordWrap(True)
        self.note.setProperty("soft", True)
        self.bar.setObjectName(f"{self.kind}Progress")
        self.bar.setTextVisible(False)
        foot = QHBoxLayout()
        foot.addWidget(self.note, 1)
        foot.addWidget(self.bar)
        foot.addWidget(button(f"{self.kind}Close", self.tr("Close"), self.tr("Close; what is under way ends"),
                              self.close))
        self._foot = foot
        self.bar.hide()

    def start(self, work: Any, done: Any, told: Any = None) -> None:
        """Runs the dialog's one job."""
        self.bar.show()

        def finished(result: Any) -> None:
            self.bar.hide()
            done(result)

        job = self.inspection.session.jobs.start(self.kind, self.windowTitle(), work, done=finished, told=told,
                                                 failed=self._failed, quiet=True)
        job.reported.connect(self._reported)

    def _reported(self, report: Report) -> None:
        self.bar.setRange(0, report.total or 0)
        self.bar.setValue(report.done)
        self.bar.setToolTip(f"{report.done} of {report.total}{time_left(report.remaining)}")

    def _failed(self, problem: Exception) -> None:
        self.bar.hide()
        self.note.setText(str(problem))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.inspection.session.jobs.drop(self.kind)
        super().closeEvent(event)

    def chosen_paths(self) -> list[str]:
        """The images that the grid shows, in its order."""
        return [self.found.paths[i] for i in self.inspection.positions.tolist()]


class ContactSheet(HeatDialog):
    """The heatmaps of the chosen images side by side."""

    kind = "contactSheet"

    def __init__(self, inspection: Inspection, explainer: Explainer, parent: QWidget | None = None) -> None:
        super().__init__(inspection, explainer, parent)
        self.setWindowTitle(self.tr("Contact sheet of heatmaps"))
        self.list = named(QListWidget(), "contactSheetList", self.tr("Heatmaps of the predicted class"))
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(PICTURE, PICTURE))
        self.list.setGridSize(QSize(164, 186))
        self.body.addWidget(self.list, 1)
        self.body.addLayout(self._foot)
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
            item = QListWidgetItem(QIcon(QPixmap.fromImage(picture)), f"{sample.truth}→{said}" if wrong else said)
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


class AverageDialog(HeatDialog):
    """The average heatmap of the chosen images for two classes, and what tells them apart."""

    kind = "averageHeatmap"

    def __init__(self, inspection: Inspection, explainer: Explainer, parent: QWidget | None = None) -> None:
        super().__init__(inspection, explainer, parent)
        self.setWindowTitle(self.tr("Average and difference of heatmaps"))
        self.resize(960, 520)
        self.first = named(Choice(18), "averageFirst", self.tr("First class"))
        self.second = named(Choice(18), "averageSecond", self.tr("Second class"))
        self.views = [ImageView(f"averageView{i + 1}") for i in range(3)]
        self.heads = [QLabel() for _ in self.views]
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
            head.setWordWrap(True)
            column.addWidget(head)
            column.addWidget(view, 1)
            pictures.addLayout(column, 1)
        self.body.addLayout(pictures, 1)
        self.body.addLayout(self._foot)
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


class ShortcutDialog(HeatDialog):
    """Which classes rest on the border or the background."""

    kind = "shortcutAlarm"

    def __init__(self, inspection: Inspection, explainer: Explainer, parent: QWidget | None = None) -> None:
        super().__init__(inspection, explainer, parent)
        self.setWindowTitle(self.tr("Shortcut alarm"))
        self.table = named(QTableWidget(0, 8), "shortcutTable", self.tr("Classes and regions, alarms first"))
        self.table.setHorizontalHeaderLabels([self.tr("class"), self.tr("region"), self.tr("finding"),
                                              self.tr("images"), self.tr("heat there"), self.tr("area"),
                                              self.tr("drop"), self.tr("drop elsewhere")])
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.resizeColumnsToContents()
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.body.addWidget(self.sentence)
        self.body.addWidget(self.table, 1)
        self.body.addLayout(self._foot)
        self.note.setText(self.tr(
            "Suspected: the heatmaps point there. Confirmed: covering the region costs confidence, and more than "
            "covering as much elsewhere, by more than luck brings with so few images. Up to {n} images of each class, "
            "correctly classified.").format(n=explanations.EXAMINED))
        project = inspection.session.project
        assert project is not None
        self.start(lambda job: explanations.shortcut_alarm(project, self.run, self.found, job.progress), self._show)

    def _show(self, findings: list[Any]) -> None:
        confirmed = [f for f in findings if f.confirmed]
        self.sentence.setText(
            self.tr("Alarm: {what}. Such a network fails when the surroundings change: crop or vary them.").format(
                what=_alarms(confirmed)) if confirmed else
            self.tr("No shortcut is confirmed: covering border or background takes no class away."))
        self.sentence.setProperty("wrong" if confirmed else "head", True)
        self.sentence.style().polish(self.sentence)
        self.table.setRowCount(len(findings))
        for row, f in enumerate(findings):
            state = self.tr("confirmed") if f.confirmed else self.tr("suspected, not confirmed") if f.suspected else \
                self.tr("clear")
            shares = (f"{round(100 * share)} %" for share in (f.heat, f.area, f.drop, f.control))
            for column, text in enumerate((f.label, f.region, state, str(f.images), *shares)):
                item = QTableWidgetItem(short(text, 24))
                item.setToolTip(text)
                if column > 2:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
        self.table.resizeColumnsToContents()


def _blank(text: str) -> QPixmap:
    """In the place of a picture that is not there."""
    c, made = theme.colours(), QPixmap(PICTURE, PICTURE)
    made.fill(QColor(c.raised))
    painter = QPainter(made)
    painter.setPen(QColor(c.soft))
    painter.drawText(made.rect(), Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return made


def _alarms(confirmed: Sequence[Finding]) -> str:
    words = [f"{short(f.label)} rests on the {f.region}" for f in confirmed[:NAMED]]
    return ", ".join(words) + (f" and {len(confirmed) - NAMED} more" if len(confirmed) > NAMED else "")
