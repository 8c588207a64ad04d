"""Why the network says so: heatmaps for any class, confidences, the nearest training images, and remedies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine import heatmaps
from dlgui.engine.evaluation import Evaluation
from dlgui.gui.commands import Command
from dlgui.gui.elided_label import ElidedLabel
from dlgui.gui.evaluate.average_dialog import AverageDialog
from dlgui.gui.evaluate.confidence_bars import ConfidenceBars
from dlgui.gui.evaluate.contact_sheet import ContactSheet
from dlgui.gui.evaluate.explainer import BESIDE, Explainer, Neighbours, verdict
from dlgui.gui.evaluate.fitting_scroll import FittingScroll
from dlgui.gui.evaluate.heat_dialog import HeatDialog
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.evaluate.neighbour_strip import NeighbourStrip
from dlgui.gui.evaluate.samples import Sample
from dlgui.gui.evaluate.shortcut_dialog import ShortcutDialog
from dlgui.gui.image_view import ImageView
from dlgui.gui.jobs import Job
from dlgui.gui.scenes import Scene
from dlgui.gui.thumbnails import Thumbnails, to_qimage
from dlgui.gui.widgets import Choice, button, menu_button, named, sentences
from dlgui.gui.words import told
from dlgui.project.operations import runs, splits
from dlgui.project.operations.runs import Run

METHODS = (("Grad-CAM", "grad_cam"), ("guided Grad-CAM", "guided_grad_cam"), ("occlusion", "confidence_based"),
           ("image only", ""))
BOTH = "both"
AHEAD = (1, 2, -1)
"""Neighbours in the grid whose heatmaps are made before they are asked for."""


@dataclass(frozen=True)
class _Wish:
    """What shall be seen: an image of a run, and how."""

    run: Run
    file: Path
    method: str
    targets: tuple[str | None, ...]
    colours: str
    strength: float


class WhyPanel(QWidget):
    """Explains images.

    Signals:
        relabel: image ids and the name of a class.
        flag, exclude: image ids, and whether to set or to take back.
    """

    relabel = Signal(list, str)
    flag = Signal(list, bool)
    exclude = Signal(list, bool)

    def __init__(self, inspection: Inspection, pictures: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inspection, self.session, self.explainer = inspection, inspection.session, Explainer()
        self._samples: list[Sample] = []
        self._evaluation: Evaluation | None = None
        self._run: Run | None = None
        self._classes: list[str] = []
        self._beside: Path | None = None
        """A neighbour that is looked at in place of the selected image."""
        self._expected: Path | None = None
        """The model that was made ready for guided Grad-CAM."""
        self.heatmap, self.second = ImageView("heatmapView"), ImageView("heatmapViewTruth")
        self.heads = (ElidedLabel(), ElidedLabel())
        self._places: list[QWidget] = []
        self.method = named(Choice(8), "heatmapMethod", self.tr("What the picture shows"))
        for shown, value in METHODS:
            self.method.addItem(shown, value)
        self.target = named(Choice(8), "heatmapTarget", self.tr(
            "The class that is explained; both: prediction and truth side by side"))
        self.colours = named(Choice(8), "heatmapColours", self.tr("Colour table of the heatmap"))
        for name in heatmaps.COLOURS:
            self.colours.addItem(name.replace("_", " "), name)
        self.opacity = named(QSlider(Qt.Orientation.Horizontal), "heatmapOpacity", self.tr("Opacity of the heatmap"))
        self.opacity.setRange(0, 100)
        self.opacity.setValue(65)
        self.bars = ConfidenceBars()
        self.strips = (NeighbourStrip("truthNeighbour", pictures, BESIDE),
                       NeighbourStrip("answerNeighbour", pictures, BESIDE))
        self.about, self.verdict, self.moment = ElidedLabel(), sentences(soft=True), sentences(soft=True)
        self.back = button("heatmapBackButton", self.tr("Back to the selected image"),
                           self.tr("Shows the selected image again instead of its neighbour"), self._return)
        self.more = menu_button("heatmapMoreButton", self.tr("More"), self.tr(
            "Contact sheet, average heatmaps, shortcut alarm"), self._fill_more)
        self.label = menu_button("whyRelabelButton", self.tr("Relabel"), self.tr(
            "Give the selected images another class (undo takes it back)"), self._fill_classes)
        self.move_to = menu_button("whyMoveButton", self.tr("Move"), self.tr(
            "Move the selected images to another split (undo takes it back)"), self._fill_splits)
        self.mark = button("whyFlagButton", self.tr("Flag"), self.tr("Flag the selected images for a second look"),
                           lambda: self.flag.emit(self._ids(), True))
        self.leave = button("whyExcludeButton", self.tr("Exclude"), self.tr(
            "Leave the selected images out of training and evaluation (undo takes it back)"),
            lambda: self.exclude.emit(self._ids(), True))
        self._build()
        for box in (self.method, self.target, self.colours):
            box.currentIndexChanged.connect(lambda _: self._explain())
        self.opacity.valueChanged.connect(lambda _: self._explain())
        for strip in self.strips:
            strip.chosen.connect(self._look_beside)
        self.method.installEventFilter(self)
        inspection.asked.connect(self._warm)

    def _build(self) -> None:
        for text in (self.about, *self.heads):
            text.setProperty("soft", True)
        for said in (self.verdict, self.moment):
            said.setMinimumWidth(60)
        self.verdict.setObjectName("whyVerdict")
        self.moment.setObjectName("whyEpoch")
        top, tune, views, acts = QHBoxLayout(), QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.method, 6)  # has the longer names
        top.addWidget(self.target, 5)
        top.addWidget(self.more)
        tune.addWidget(self.colours)
        tune.addWidget(self.opacity, 1)
        for head, view in zip(self.heads, (self.heatmap, self.second), strict=True):
            place = QWidget()
            column = QVBoxLayout(place)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(2)
            column.addWidget(head)
            column.addWidget(view, 1)
            views.addWidget(place, 1)
            self._places.append(place)
        for part in (self.label, self.move_to, self.mark, self.leave):
            part.setProperty("tight", True)
            acts.addWidget(part)
        acts.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addLayout(top)
        layout.addLayout(tune)
        layout.addLayout(views, 1)
        details = QWidget()
        column = QVBoxLayout(details)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        for below in (self.back, self.about, self.moment, self.bars, *self.strips, self.verdict):
            column.addWidget(below)
        layout.addWidget(FittingScroll("whyDetails", details))
        layout.addLayout(acts)
        self.back.hide()
        self._show_second(False)

    # --- what is explained

    def explain(self, items: list[Sample], evaluation: Evaluation | None, run: Run | None) -> None:
        """Explains the selected images.

        Args:
            items: what is selected, possibly nothing.
            evaluation: what is shown; `Sample.position` points into its predictions.
            run: whose model it was.
        """
        self._samples, self._evaluation, self._run, self._beside = items, evaluation, run, None
        self.more.setEnabled(evaluation is not None)
        self._offer(evaluation.classes if evaluation is not None else [])
        self._explain()
        self._judge()

    def _offer(self, classes: list[str]) -> None:
        if classes == self._classes and self.target.count():
            return
        self._classes = list(classes)
        chosen = self.target.currentIndex()
        self.target.blockSignals(True)
        self.target.clear()
        self.target.addItem(self.tr("prediction"), None)
        self.target.addItem(self.tr("truth"), "truth")
        self.target.addItem(self.tr("both"), BOTH)
        for name in classes:
            self.target.addItem(name, name)
        self.target.setCurrentIndex(max(min(chosen, self.target.count() - 1), 0))
        self.target.blockSignals(False)

    def _one(self) -> Sample | None:
        return self._samples[0] if len(self._samples) == 1 and self._run is not None else None

    def _wish(self, sample: Sample, file: Path) -> _Wish:
        assert self._run is not None
        target: str | None = self.target.currentData()
        targets: tuple[str | None, ...] = (target,)
        if target == "truth":
            targets = (sample.truth,)
        elif target == BOTH:
            targets = (sample.predicted, sample.truth)
        return _Wish(self._run, file, self.method.currentData(), targets, self.colours.currentData(),
                     self.opacity.value() / 100)

    def _explain(self) -> None:
        sample, jobs = self._one(), self.session.jobs
        jobs.drop("heatmapAhead")
        for part in (self.label, self.move_to, self.mark, self.leave):
            part.setEnabled(bool(self._ids()))
        if sample is None:
            jobs.drop("heatmap")
            for view in (self.heatmap, self.second):
                view.show_image(QImage())
            self._show_second(False)
            n = len(self._samples)
            self.heatmap.say(self.tr("{n} images are selected; select one to see why.").format(n=n) if n else
                             self.tr("Select an image to see why."))
            self.about.clear()
            return
        self.heatmap.say("")
        wish = self._wish(sample, self._beside or sample.file)
        self.about.setText(sample.path if self._beside is None else self.tr("training image {name}").format(
            name=self._beside.name))
        self.back.setVisible(self._beside is not None)
        jobs.start("heatmap", self.tr("heatmap"), partial(self._pictures, wish),
                   done=partial(self._shown, sample, wish), failed=self._failed,
                   quiet=wish.method != "confidence_based")

    def _pictures(self, wish: _Wish, job: Job) -> list[tuple[QImage, str]]:
        """In the job's thread: a picture and a heading for each target."""
        pixels = self.explainer.pixels(wish.file)
        if not wish.method:
            return [(to_qimage(pixels), "")]
        made = []
        for target in wish.targets:
            job.progress.check()
            found = self.explainer.heatmap(wish.run, wish.file, wish.method, target, job.progress)
            deviation = "" if found.maximum_deviation is None else f", deviation {found.maximum_deviation:.2f}"
            made.append((to_qimage(heatmaps.overlay(pixels, found.map, wish.colours, wish.strength)),
                         f"{found.target} {100 * found.target_confidence:.1f} %{deviation}"))
        return made

    def _shown(self, sample: Sample, wish: _Wish, made: list[tuple[QImage, str]]) -> None:
        words = (self.tr("predicted: "), self.tr("truth: ")) if len(made) == 2 else (self.tr("for "), "")
        if self.inspection.epoch is not None:  # what an epoch answered is told by the bars, not by the heatmap
            words = (self.tr("finished network, for "),) * 2
        self._show_second(len(made) == 2)
        for view, head, word, (image, text) in zip((self.heatmap, self.second), self.heads, words, made, strict=False):
            view.show_image(image)
            head.setText(word + text if text else "")
            head.setVisible(bool(text))
        if wish.method in ("grad_cam", "") and self._beside is None:
            ahead = self._ahead(sample)
            self.session.jobs.start("heatmapAhead", self.tr("heatmaps ahead"), partial(self._prefetch, [
                self._wish(s, s.file) for s in ahead]), failed=lambda _: None, quiet=True)

    def _ahead(self, sample: Sample) -> list[Sample]:
        places = self.inspection.positions.tolist()
        if sample.position not in places:
            return []
        at = places.index(sample.position)
        return self.inspection.samples([places[at + by] for by in AHEAD if 0 <= at + by < len(places)])

    def _prefetch(self, wishes: list[_Wish], job: Job) -> None:
        for wish in wishes:
            for target in wish.targets:
                job.progress.check()
                if wish.method:
                    self.explainer.heatmap(wish.run, wish.file, wish.method, target)
                else:
                    self.explainer.pixels(wish.file)

    def _show_second(self, visible: bool) -> None:
        self._places[1].setVisible(visible)
        for head in self.heads:
            head.setVisible(visible)

    def _failed(self, problem: Exception) -> None:
        self.heatmap.show_image(QImage())
        self._show_second(False)
        self.heatmap.say(told(problem))

    def _warm(self, run_id: str) -> None:
        project = self.session.project
        if project is not None:
            self.session.jobs.start("heatmapModel", self.tr("loading the model"), lambda _: self.explainer.warm(
                runs.get(project, run_id)), failed=lambda _: None, quiet=True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Who comes near the methods may want guided Grad-CAM, which takes seconds to prepare."""
        run = self._run
        if event.type() in (QEvent.Type.Enter, QEvent.Type.FocusIn) and run is not None and run.model != self._expected:
            self._expected = run.model
            self.session.jobs.start("guided", self.tr("guided Grad-CAM"), lambda job: self.explainer.warm_guided(
                run, job.progress), failed=lambda _: None, quiet=True)
        return super().eventFilter(watched, event)

    # --- label, image or network

    def _judge(self) -> None:
        sample, project = self._one(), self.session.project
        self.verdict.clear()
        self.moment.setVisible(sample is not None and self.inspection.epoch is not None)
        self.moment.setText(self.tr("Answer {when}; the heatmap is the finished network's, for an epoch keeps its "
                                    "answers only:").format(when=self.inspection.when()))
        for strip in self.strips:
            strip.show_files("", [])
        found = self._evaluation.predictions if self._evaluation is not None else None
        if sample is None or project is None or found is None:
            self.session.jobs.drop("neighbours")
            self.bars.show_confidences([], None, "", "")
            return
        known = found.confidences[sample.position] if sample.position >= 0 else None
        self.bars.show_confidences(found.classes, known, sample.truth, sample.predicted)
        self.session.jobs.start("neighbours", self.tr("nearest training images"), lambda job:
                                self.explainer.neighbours(project, sample, job.progress),
                                done=partial(self._judged, sample), failed=lambda problem: self.verdict.setText(
                                    told(problem)), quiet=self.explainer.knows_neighbours)

    def _judged(self, sample: Sample, found: Neighbours) -> None:
        root = self.inspection.session.project.image_root if self.inspection.session.project else Path()
        for strip, name, word in ((self.strips[0], sample.truth, self.tr("truth")),
                                  (self.strips[1], sample.predicted, self.tr("prediction"))):
            if strip is self.strips[1] and sample.correct:
                break
            strip.show_files(self.tr("nearest in training, {word}: {name}").format(word=word, name=name),
                             [root / path for path in found.of_class.get(name, [])])
        self.verdict.setText(verdict(sample, found.votes))

    def _look_beside(self, file: str) -> None:
        self._beside = Path(file)
        self._explain()

    def _return(self) -> None:
        self._beside = None
        self._explain()

    # --- remedies and dialogs

    def _ids(self) -> list[int]:
        return [s.image_id for s in self._samples if s.image_id is not None]

    def _fill_classes(self, menu: QMenu) -> None:
        menu.clear()
        project = self.session.project
        for info in project.classes() if project is not None else []:
            menu.addAction(info.name, partial(self.relabel.emit, self._ids(), info.name))

    def _fill_splits(self, menu: QMenu) -> None:
        menu.clear()
        for name, value in ((self.tr("train"), "train"), (self.tr("validation"), "validation"),
                            (self.tr("test"), "test"), (self.tr("no split"), None)):
            menu.addAction(name, partial(self.session.do, splits.assign, self._ids(), value))

    def _fill_more(self, menu: QMenu) -> None:
        menu.clear()
        for command in self.commands():
            menu.addAction(command.text, command.slot)

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        return [Command("actionContactSheet", "evaluate", self.tr("Contact sheet of heatmaps…"),
                        lambda: self._open(ContactSheet), "Ctrl+G, H", True, True),
                Command("actionAverageHeatmap", "evaluate", self.tr("Average and difference of heatmaps…"),
                        lambda: self._open(AverageDialog), "Ctrl+G, A"),
                Command("actionShortcutAlarm", "evaluate", self.tr("Shortcut alarm…"),
                        lambda: self._open(ShortcutDialog), "Ctrl+G, T")]

    def _open(self, kind: type[HeatDialog]) -> HeatDialog | None:
        """Opens a dialog on the chosen images; None where nothing was evaluated yet."""
        if self.inspection.evaluation is None or self.inspection.run is None:
            return None
        dialog = kind(self.inspection, self.explainer, self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
        return dialog

    def scenes(self) -> list[Scene]:
        """Pictures of this panel and its dialogs."""
        def both() -> None:
            self.target.setCurrentIndex(self.target.findData(BOTH))

        return [Scene("evaluate-why", both, lambda: self.target.setCurrentIndex(0)),
                *(Scene(f"evaluate-{name}", partial(self._open, kind)) for name, kind in (
                    ("contact-sheet", ContactSheet), ("average", AverageDialog),
                    ("shortcuts", ShortcutDialog)))]
