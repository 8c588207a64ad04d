"""Why the network says so: heatmaps for any class, confidences, the nearest training images, and remedies."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from dlgui.engine.evaluation import Evaluation
from dlgui.gui.commands import Command
from dlgui.gui.elided_label import ElidedLabel
from dlgui.gui.evaluate.average_dialog import AverageDialog
from dlgui.gui.evaluate.contact_sheet import ContactSheet
from dlgui.gui.evaluate.explainer import Explainer
from dlgui.gui.evaluate.fitting_scroll import FittingScroll
from dlgui.gui.evaluate.heat_dialog import HeatDialog
from dlgui.gui.evaluate.heat_options import HeatOptions
from dlgui.gui.evaluate.heat_pictures import Wish, pictures, prefetch
from dlgui.gui.evaluate.heat_views import HeatViews
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.evaluate.judgement import Judgement
from dlgui.gui.evaluate.remedy_row import RemedyRow
from dlgui.gui.evaluate.samples import Sample
from dlgui.gui.evaluate.shortcut_dialog import ShortcutDialog
from dlgui.gui.scenes import Scene
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import button, menu_button
from dlgui.gui.words import told
from dlgui.project.operations import runs
from dlgui.project.operations.runs import Run

AHEAD = (1, 2, -1)
"""Neighbours in the grid whose heatmaps are made before they are asked for."""


class WhyPanel(QWidget):
    """Explains images."""

    def __init__(self, inspection: Inspection, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inspection, self.session, self.explainer = inspection, inspection.session, Explainer()
        self._samples: list[Sample] = []
        self._run: Run | None = None
        self._beside: Path | None = None
        """A neighbour that is looked at in place of the selected image."""
        self._expected: Path | None = None
        """The model that was made ready for guided Grad-CAM."""
        self.more = menu_button("heatmapMoreButton", self.tr("More"), self.tr(
            "Contact sheet, average heatmaps, shortcut alarm"), self._fill_more)
        self.options, self.views = HeatOptions(self.more), HeatViews()
        self.back = button("heatmapBackButton", self.tr("Back to the selected image"),
                           self.tr("Shows the selected image again instead of its neighbour"), lambda: self._look(None))
        self.about = ElidedLabel()
        self.about.setProperty("soft", True)
        self.judgement = Judgement(inspection, self.explainer, thumbnails)
        self.remedies = RemedyRow(inspection)
        self._build()
        self.options.changed.connect(self._explain)
        self.options.near.connect(self._warm_guided)
        self.judgement.chosen.connect(lambda file: self._look(Path(file)))
        inspection.asked.connect(self._warm)

    def _build(self) -> None:
        details = QWidget()
        column = QVBoxLayout(details)
        layout = QVBoxLayout(self)
        for box in (column, layout):
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(5)
        for below in (self.back, self.about, self.judgement):
            column.addWidget(below)
        layout.addWidget(self.options)
        layout.addWidget(self.views, 1)
        layout.addWidget(FittingScroll("whyDetails", details))
        layout.addWidget(self.remedies)
        self.back.hide()

    # --- what is explained

    def explain(self, items: list[Sample], evaluation: Evaluation | None, run: Run | None) -> None:
        """Explains the selected images.

        Args:
            items: what is selected, possibly nothing.
            evaluation: what is shown; `Sample.position` points into its predictions.
            run: whose model it was.
        """
        self._samples, self._run, self._beside = items, run, None
        self.more.setEnabled(evaluation is not None)
        self.options.offer(evaluation.classes if evaluation is not None else [])
        self.remedies.offer([s.image_id for s in items if s.image_id is not None])
        self._explain()
        one = items[0] if len(items) == 1 and run is not None else None
        self.judgement.judge(one, evaluation.predictions if evaluation is not None else None)

    def _look(self, file: Path | None) -> None:
        """At a neighbour of the selected image; None for the image itself."""
        self._beside = file
        self._explain()

    def _explain(self) -> None:
        jobs, run, n = self.session.jobs, self._run, len(self._samples)
        jobs.drop("heatmapAhead")
        self.back.setVisible(self._beside is not None)
        if run is None or n != 1:
            jobs.drop("heatmap")
            self.views.say(self.tr("{n} images are selected; select one to see why.").format(n=n) if n else
                           self.tr("Select an image to see why."))
            self.about.clear()
            return
        sample = self._samples[0]
        self.views.wait()
        self.about.setText(sample.path if self._beside is None else self.tr("training image {name}").format(
            name=self._beside.name))
        wish = self.options.wish(run, sample, self._beside or sample.file)
        jobs.start("heatmap", self.tr("heatmap"), lambda job: pictures(self.explainer, wish, job.progress),
                   done=partial(self._shown, sample, wish), failed=lambda problem: self.views.say(told(problem)),
                   quiet=wish.method != "confidence_based")

    def _shown(self, sample: Sample, wish: Wish, made: list[tuple[QImage, str]]) -> None:
        words = (self.tr("predicted: "), self.tr("truth: ")) if len(made) == 2 else (self.tr("for "), "")
        if self.inspection.epoch is not None:  # what an epoch answered is told by the bars, not by the heatmap
            words = (self.tr("finished network, for "),) * 2
        self.views.show_pictures([(image, word + text if text else "")
                                  for word, (image, text) in zip(words, made, strict=False)])
        if wish.method in ("grad_cam", "") and self._beside is None:
            ahead = [self.options.wish(wish.run, s, s.file) for s in self._ahead(sample)]
            self.session.jobs.start("heatmapAhead", self.tr("heatmaps ahead"), lambda job: prefetch(
                self.explainer, ahead, job.progress), failed=lambda _: None, quiet=True)

    def _ahead(self, sample: Sample) -> list[Sample]:
        places = self.inspection.positions.tolist()
        if sample.position not in places:
            return []
        at = places.index(sample.position)
        return self.inspection.samples([places[at + by] for by in AHEAD if 0 <= at + by < len(places)])

    def _warm(self, run_id: str) -> None:
        project = self.session.project
        if project is not None:
            self.session.jobs.start("heatmapModel", self.tr("loading the model"), lambda _: self.explainer.warm(
                runs.get(project, run_id)), failed=lambda _: None, quiet=True)

    def _warm_guided(self) -> None:
        """Who comes near the methods may want guided Grad-CAM, which takes seconds to prepare."""
        run = self._run
        if run is not None and run.model != self._expected:
            self._expected = run.model
            self.session.jobs.start("guided", self.tr("guided Grad-CAM"), lambda job: self.explainer.warm_guided(
                run, job.progress), failed=lambda _: None, quiet=True)

    # --- dialogs

    def _fill_more(self, menu: QMenu) -> None:
        menu.clear()
        for command in self.commands():
            menu.addAction(command.text, command.slot)

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        return [Command("actionContactSheet", "evaluate", self.tr("Contact sheet of heatmaps…"),
                        lambda: self.open_dialog(ContactSheet), "Ctrl+G, H", True, True),
                Command("actionAverageHeatmap", "evaluate", self.tr("Average and difference of heatmaps…"),
                        lambda: self.open_dialog(AverageDialog), "Ctrl+G, A"),
                Command("actionShortcutAlarm", "evaluate", self.tr("Shortcut alarm…"),
                        lambda: self.open_dialog(ShortcutDialog), "Ctrl+G, T")]

    def open_dialog(self, kind: type[ContactSheet | AverageDialog | ShortcutDialog]) -> HeatDialog | None:
        """Opens a dialog on the chosen images; None where nothing was evaluated yet."""
        if self.inspection.evaluation is None or self.inspection.run is None:
            return None
        dialog = kind(self.inspection, self.explainer, self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
        return dialog

    def scenes(self) -> list[Scene]:
        """Pictures of this panel and its dialogs."""
        return [Scene("evaluate-why", partial(self.options.explain_both, True),
                      partial(self.options.explain_both, False)),
                *(Scene(f"evaluate-{name}", partial(self.open_dialog, kind)) for name, kind in (
                    ("contact-sheet", ContactSheet), ("average", AverageDialog),
                    ("shortcuts", ShortcutDialog)))]
