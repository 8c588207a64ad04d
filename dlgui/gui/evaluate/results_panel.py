"""The images behind a figure: filters, order, and the grid with truth, prediction and confidence of each."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from dlgui.engine.evaluation import Evaluation
from dlgui.engine.predictions import Predictions
from dlgui.engine.selection import Criteria
from dlgui.errors import DlguiError
from dlgui.gui.evaluate.descriptions import describe
from dlgui.gui.evaluate.filter_bar import FilterBar
from dlgui.gui.evaluate.inspection import RANKING, Inspection
from dlgui.gui.evaluate.samples import Sample
from dlgui.gui.grid_model import GridItem
from dlgui.gui.image_grid import ImageGrid
from dlgui.gui.jobs import Job
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import Choice, button, named, sentences
from dlgui.project.operations import embeddings
from dlgui.project.project import Project

LIKENESS = "likeness"


class ResultsPanel(QWidget):
    """Shows the chosen images of an inspection.

    Signals:
        picked: the selected images as a list of `Sample`, after every change.
    """

    picked = Signal(list)

    def __init__(self, inspection: Inspection, pictures: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inspection = inspection
        self.grid = ImageGrid("resultGrid", pictures)
        self.grid.set_side(128)
        self.grid.setLayoutMode(ImageGrid.LayoutMode.Batched)  # the first rows at once, the rest of 100,000 when idle
        self.grid.setBatchSize(2000)
        self.grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.grid.customContextMenuRequested.connect(self._menu)
        self.filters = FilterBar(inspection)
        self.filters.hide()
        self.order = named(Choice(7), "resultOrder", self.tr(
            "Sort the images: greatest loss or confidence first, by file name, by likeness to the selected image, or "
            "as a page listed them"))
        for shown, value in ((self.tr("by loss"), "loss"), (self.tr("confidence"), "confidence"),
                             (self.tr("file name"), "file_name"), (self.tr("likeness"), LIKENESS),
                             (self.tr("as listed"), RANKING)):
            self.order.addItem(shown, value)
        self.errors = button("showErrorsButton", self.tr("All errors"), self.tr("Every wrongly classified image"),
                             lambda: inspection.choose(Criteria("wrong")))
        self.all = button("showAllButton", self.tr("All images"), self.tr("Every image of the split"),
                          lambda: inspection.choose(Criteria()))
        self.more = named(QPushButton(self.tr("Filters")), "resultFiltersButton",
                          self.tr("Filters, all of which an image must meet"))
        self.more.setCheckable(True)
        room = self.more.fontMetrics().horizontalAdvance(self.more.text()) + 30  # it is bold when it is on
        self.more.setMinimumWidth(room)
        self.more.toggled.connect(self.filters.setVisible)
        self.fix = button("acceptPredictionButton", self.tr("Relabel as predicted"), self.tr(
            "Give the selected images the class that the network says (undo takes it back)"), self.accept_prediction)
        self.caption = sentences(soft=True)
        self._build()
        self.by_hand = True
        """Whether a person has picked the selected images, and not the panel that follows the inspection."""
        self._focus: set[str] = set()
        self._row, self._choices = 0, -1
        self._names: list[str] = []
        """The classes for which the captions have room."""
        self._likeness: np.ndarray | None = None
        self.order.currentIndexChanged.connect(lambda _: self._sort(self.order.currentData()))
        self.grid.picked.connect(lambda _: self._picked())
        self.grid.key.connect(self._key)
        inspection.chosen.connect(self.show_chosen)
        inspection.failed.connect(self.caption.setText)

    def _build(self) -> None:
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.setSpacing(4)
        for part in (self.errors, self.all, self.more):
            part.setProperty("tight", True)
            top.addWidget(part)
        top.addStretch()
        top.addWidget(self.order)
        bottom.addWidget(self.caption, 1)
        bottom.addWidget(self.fix)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.filters)
        layout.addWidget(self.grid, 1)
        layout.addLayout(bottom)

    def show_chosen(self) -> None:
        """Shows what the inspection has chosen.

        What was selected stays so: after another choice one image, after a change of the data all, and where they have
        left what is shown, the next one.
        """
        inspection = self.inspection
        alike = inspection.order == RANKING and inspection.ranking is not None and inspection.ranking is self._likeness
        self.order.blockSignals(True)
        self.order.setCurrentIndex(max(self.order.findData(LIKENESS if alike else inspection.order), 0))
        self.order.blockSignals(False)
        positions, focus = inspection.positions, self._focus
        self.grid.when_empty = self._nothing()
        self._fit_captions()
        self.grid.items.show(len(positions), self._item)
        if inspection.decisions is not None:
            self.caption.setText(self.tr("{n} of {total} images{what}").format(
                n=len(positions), total=len(inspection.decisions.predictions), what=describe(inspection)))
        if not len(positions):
            self.fix.setEnabled(False)
            self.by_hand = False
            self.picked.emit([])
            self.by_hand = True
            return
        rows: list[int] = []
        if focus and inspection.evaluation is not None:
            paths = inspection.evaluation.predictions.paths
            rows = [r for r, p in enumerate(positions[:2000].tolist()) if paths[p] in focus]
        same, self._choices = self._choices == inspection.choices, inspection.choices
        self.by_hand = False
        self.grid.select((rows or [min(self._row, len(positions) - 1)]) if same else rows[:1] or [0])
        self.by_hand = True

    def _nothing(self) -> str:
        """Why no image is shown, where none is."""
        shown, wanted = self.inspection.decisions, self.inspection.criteria
        if shown is None:
            return self.tr("Nothing is evaluated yet.")
        if wanted == Criteria("wrong") and wanted.cells is None and wanted.only is None:
            return self.tr("None of the {n} images is wrong. “All images” shows them.").format(n=len(shown.predictions))
        return self.tr("None of the {n} images is like that. “All images” shows them.").format(
            n=len(shown.predictions))

    def _fit_captions(self) -> None:
        names = self.inspection.decisions.classes if self.inspection.decisions is not None else []
        if names is not self._names:  # there may be a thousand
            self._names = names
            self.grid.fit_names(names)

    def _sort(self, order: str) -> None:
        if order != LIKENESS:
            self.inspection.sort(order)
            return
        project, found, chosen = self.inspection.session.project, self.inspection.evaluation, self.selected()
        wanted = chosen[:1] or self.inspection.samples(self.inspection.positions[:1])
        if project is None or found is None or not wanted:
            return
        self.inspection.session.jobs.start(
            "likeness", self.tr("likeness"), lambda job: _likeness(job, project, found.predictions, wanted[0]),
            done=lambda ranking: self._ranked(found, ranking), failed=self.inspection.session.problem.emit)

    def _ranked(self, found: Evaluation, ranking: np.ndarray) -> None:
        if found is self.inspection.evaluation:
            self._likeness = ranking
            self.inspection.sort(RANKING, ranking)

    def selected(self) -> list[Sample]:
        """The selected images."""
        return self.inspection.samples([self.inspection.positions[row] for row in self.grid.selected()])

    def _picked(self) -> None:
        chosen = self.selected()
        self.fix.setEnabled(bool(chosen))
        if chosen:
            self._focus, self._row = {sample.path for sample in chosen}, self.grid.selected()[0]
        self.picked.emit(chosen)

    def _item(self, row: int) -> GridItem:
        position = int(self.inspection.positions[row])
        sample, shown = self.inspection.samples([position])[0], self.inspection.decisions
        assert shown is not None
        answer, truth = int(shown.answer[position]), int(shown.predictions.truth[position])
        unsure = answer == len(shown.classes)
        said = "" if unsure else shown.classes[answer]
        share = 100 * float(shown.predictions.confidence[position])
        caption, figure = self.inspection.captions.get(position, ""), ""
        if not caption:
            name = shown.classes[truth]
            caption = said if answer == truth else f"{name} ?" if unsure else f"{name}\n→{said}"
            figure = f"{share:.0f} %"
        return GridItem(position, str(sample.file), sample.path, caption, "", "R" if self._before(sample) else "",
                        "warning" if unsure else "right" if answer == truth else "wrong", sample.flagged,
                        self._tip(sample), figure=figure)

    def _before(self, sample: Sample) -> str:
        """The class at the time of the run, empty where it is the same."""
        ghost = self.inspection.ghost
        return ghost.changed.get(sample.path, "") if ghost is not None else ""

    def _missing(self, sample: Sample) -> bool:
        """Whether its picture was asked for and could not be had."""
        picture = self.grid.items.thumbnails.get(str(sample.file))
        return picture is not None and picture.isNull()

    def _tip(self, sample: Sample) -> str:
        assert self.inspection.evaluation is not None
        found = self.inspection.evaluation.predictions
        confidences = found.confidences[sample.position]
        best = np.argsort(-confidences, kind="stable")[:3].tolist()
        lines = [sample.path, self.tr("truth {truth}, predicted {predicted}").format(
            truth=sample.truth, predicted=sample.predicted)]
        decisions = self.inspection.decisions
        if decisions is not None and int(decisions.answer[sample.position]) == len(decisions.classes):
            lines.append(self.tr("not sure: below the threshold"))
        lines += [f"{100 * float(confidences[i]):.1f} %  {found.classes[i]}" for i in best]
        if int(found.truth[sample.position]) not in best:
            lines.append(f"{100 * float(confidences[found.truth[sample.position]]):.1f} %  {sample.truth}")
        if self._missing(sample):
            lines.append(self.tr("{file}: it is gone or cannot be read; bring the file back").format(file=sample.file))
        if self._before(sample):
            lines.append(self.tr("R: relabeled since the run; it was {name}").format(name=self._before(sample)))
        lines.append(self.tr("loss {loss:.2f}").format(loss=float(found.loss[sample.position])))
        return "\n".join(lines)

    def accept_prediction(self) -> None:
        """Labels the selected images as predicted."""
        self.inspection.accept(self.selected())

    def _ids(self) -> list[int]:
        return [s.image_id for s in self.selected() if s.image_id is not None]

    def _key(self, key: str, shift: bool) -> None:
        project, ids = self.inspection.session.project, self._ids()
        if project is None or not ids:
            return
        if key == "f":
            self.inspection.flag(ids, not shift)
        elif key == "x":
            self.inspection.exclude(ids)
        else:
            info = next((c for c in project.classes() if c.shortcut == key), None)
            if info is not None:
                self.inspection.relabel(ids, info.name)

    def _menu(self, place: QPoint) -> None:
        project, ids = self.inspection.session.project, self._ids()
        if project is None or not ids:
            return
        menu = QMenu(self)
        classes = menu.addMenu(self.tr("Relabel"))
        for info in project.classes():
            classes.addAction(info.name, partial(self.inspection.relabel, ids, info.name))
        menu.addAction(self.tr("Relabel as predicted"), self.accept_prediction)
        menu.addSeparator()
        menu.addAction(self.tr("Flag\tF"), lambda: self.inspection.flag(ids))
        menu.addAction(self.tr("Remove the flag\tShift+F"), lambda: self.inspection.flag(ids, False))
        menu.addAction(self.tr("Exclude from training and evaluation\tX"), lambda: self.inspection.exclude(ids))
        menu.exec(self.grid.viewport().mapToGlobal(place))
        menu.deleteLater()


def _likeness(job: Job, project: Project, found: Predictions, sample: Sample) -> np.ndarray:
    """Cosine similarity of every evaluated image to one of them, float64 (n,); -2 where it has no vector."""
    vectors, table = embeddings.embeddings(project, job.progress), project.images()
    own = vectors.vectors[vectors.ids == sample.image_id]
    if not len(own):
        raise DlguiError(sample.path, "it cannot be compared with others", "bring the image file back")
    likeness = dict(zip(vectors.ids.tolist(), (vectors.vectors @ own[0]).tolist(), strict=True))
    ids = dict(zip(table.path, table.id.tolist(), strict=True))
    return np.array([likeness.get(ids.get(path, -1), -2.0) for path in found.paths])
