"""Robustness: what blur, brightness, noise, rotation and compression do to the accuracy of each class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QSpinBox, QVBoxLayout, QWidget

from dlgui.engine.evaluation import Evaluation
from dlgui.engine.robustness import DISTURBANCES, Robustness, in_words
from dlgui.gui import theme
from dlgui.gui.commands import Command
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.evaluate.page import Page
from dlgui.gui.jobs import Job
from dlgui.gui.scenes import Scene
from dlgui.gui.widgets import button, named, sentences
from dlgui.gui.words import short, tip, told
from dlgui.project.operations import explanations
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

CLASSES = 5
"""Classes drawn beside the overall curve: those that suffer most."""

NAMED = 12
"""Classes named in the legend."""

NARROW = 420
"""Width in pixels below which the plots stand below one another."""


class DisturbanceCurves(pg.PlotWidget):
    """Accuracy over the levels of one disturbance, overall and of the classes that suffer most."""

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(title)
        self.setMinimumWidth(150)
        self.setFixedHeight(170)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self.setMenuEnabled(False)
        self.showGrid(y=True, alpha=0.15)
        self.setYRange(0, 100, padding=0.03)
        self.getAxis("left").setWidth(34)
        self._found: tuple[Robustness, list[str], dict[str, str]] | None = None
        self.drawn: list[str] = []
        """The classes that are drawn."""
        self._title = title
        self.dress()
        theme.notifier().changed.connect(self.dress)

    def dress(self) -> None:
        """Follows the theme."""
        theme.dress_plot(self)
        self.setTitle(self._title, color=theme.colours().ink, size="9pt")
        if self._found is not None:
            self.show_found(*self._found)

    def show_found(self, found: Robustness, classes: list[str], colours: dict[str, str]) -> None:
        """Draws curves."""
        self._found = (found, classes, colours)
        c, levels = theme.colours(), found.disturbance.levels
        self.clear()
        places = list(range(len(levels)))
        self.getAxis("bottom").setTicks([[(i, f"{level:g}") for i, level in enumerate(levels)]])
        fall = np.nan_to_num(found.accuracy[0] - found.accuracy.min(0), nan=-1.0)
        self.drawn = []
        for i in [i for i in np.argsort(-fall, kind="stable").tolist() if found.told[i]][:CLASSES]:
            self.drawn.append(classes[i])
            self.plot(places, 100 * found.accuracy[:, i], pen=theme.pen(colours.get(classes[i], c.soft), width=1.5),
                      symbol="o", symbolSize=4, symbolPen=None, symbolBrush=colours.get(classes[i], c.soft))
        self.plot(places, 100 * found.overall, pen=theme.pen(c.ink, width=2.5))
        told = [in_words(found, classes)]
        if self.drawn:
            told.append(self.tr("bold: all classes; thin: {names}").format(names=", ".join(self.drawn)))
        self.setToolTip(tip("\n".join(told)))


class RobustnessPage(Page):
    """Accuracy per class under disturbances."""

    name = "robustness"

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self.session = inspection.session
        self.results: list[Robustness] = []
        self._shown: Evaluation | None = None
        self.start = button("measureRobustnessButton", self.tr("Measure"), self.tr(
            "Disturbs images of the split and classifies them again"), self.measure, primary=True)
        self.stop = button("stopRobustnessButton", self.tr("Stop"), self.tr("Ends the measurement"), self.cancel)
        self.stop.hide()
        self.most = named(QSpinBox(), "robustnessImages", self.tr("Images that are disturbed, at most"))
        self.most.setRange(10, 5000)
        self.most.setSingleStep(50)
        self.most.setValue(explanations.DISTURBED)
        self.most.setSuffix(self.tr(" images"))
        self.note, self.words, self.legend = sentences(soft=True), sentences(), QLabel()
        self.legend.setWordWrap(True)
        self.plots: list[DisturbanceCurves] = []
        self._scroll, self._grid, self._columns = QScrollArea(), QGridLayout(), 2

    def build(self) -> Iterator[None]:
        top, body, grid, scroll = QHBoxLayout(), QWidget(), self._grid, self._scroll
        for part in (self.start, self.stop, self.most):
            top.addWidget(part)
        top.addStretch()
        for text, name in ((self.note, "robustnessNote"), (self.words, "robustnessWords"),
                           (self.legend, "robustnessLegend")):
            text.setObjectName(name)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.setSpacing(6)
        scroll.hide()  # until there is something to see
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.words)
        column.addWidget(self.legend)
        column.addLayout(grid)
        column.addStretch()
        scroll.setObjectName("robustnessScroll")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.note)
        layout.addWidget(scroll, 1)
        layout.addStretch()
        for i, d in enumerate(DISTURBANCES):
            yield
            plot = DisturbanceCurves(f"robustnessPlot{i + 1}", f"{d.name} ({d.unit})")
            grid.addWidget(plot, i // self._columns, i % self._columns)
            self.plots.append(plot)
        self.inspection.loaded.connect(self._loaded)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._columns = 1 if event.size().width() < NARROW else 2
        for i, plot in enumerate(self.plots):
            self._grid.addWidget(plot, i // self._columns, i % self._columns)
        super().resizeEvent(event)

    def title(self) -> str:
        return self.tr("Robustness")

    def tip(self) -> str:
        return self.tr("Accuracy under blur, brightness, noise, rotation and compression")

    def commands(self) -> list[Command]:
        return [Command("actionMeasureRobustness", "evaluate", self.tr("Measure robustness"), self.measure,
                        "Ctrl+G, B")]

    def scenes(self) -> list[Scene]:
        return [Scene("evaluate-robustness", self.measure)]

    def refresh(self) -> None:
        evaluation = self.inspection.evaluation
        same = (self._shown is not None and evaluation is not None
                and self._shown.predictions.paths == evaluation.predictions.paths
                and self._shown.confusion_matrix.tolist() == evaluation.confusion_matrix.tolist())
        self.start.setEnabled(evaluation is not None)
        if same:
            return
        self.cancel()
        self.results, self._shown = [], None
        self._scroll.hide()
        for plot in self.plots:
            plot.clear()
        self.words.clear()
        self.legend.clear()
        self.note.setText(self.tr("Not measured yet: images of the split are blurred, darkened, brightened, covered "
                                  "with noise, rotated and compressed, and classified again.") if evaluation is not None
                          else self.inspection.problem)

    def _loaded(self) -> None:
        if self.active:
            self.refresh()

    def measure(self) -> None:
        """Measures, off the window's thread; a curve appears as soon as it is known."""
        project, run, evaluation = self.session.project, self.inspection.run, self.inspection.evaluation
        if project is None or run is None or evaluation is None:
            return
        self.results, self._shown = [], evaluation
        for plot in self.plots:
            plot.clear()
        self.words.clear()
        self.start.setEnabled(False)
        self.stop.show()
        self.note.setText(self.tr("measuring…"))
        most = self.most.value()
        self.session.jobs.start("robustness", self.tr("robustness"), lambda job: _measure(
            job, project, run, evaluation, most), told=self._told, done=lambda _: self._ended(), failed=self._failed)

    def cancel(self) -> None:
        """Ends the measurement; what is known stays."""
        if self.session.jobs.running("robustness") is not None:
            self.session.jobs.drop("robustness")
            self._ended()

    def _told(self, found: Robustness) -> None:
        project = self.session.project
        assert self._shown is not None
        colours = {info.name: info.colour for info in project.classes()} if project is not None else {}
        classes = self._shown.classes
        self.plots[[d.name for d in DISTURBANCES].index(found.disturbance.name)].show_found(found, classes, colours)
        self.results.append(found)
        self._scroll.show()
        self.words.setText("\n".join(in_words(r, [short(name) for name in classes]) for r in self.results))
        drawn = dict.fromkeys(name for plot in self.plots for name in plot.drawn)
        self.legend.setText(_legend([name for name in classes if name in drawn], colours))
        self.note.setText(self._counted())

    def _counted(self) -> str:
        assert self._shown is not None
        if not self.results:
            return self.tr("stopped")
        text = self.tr("{n} of the {total} images of the split, classes in their proportion; accuracy in %").format(
            n=int(self.results[0].counts.sum()), total=self._shown.num_samples)
        few = int(((self.results[0].counts > 0) & ~self.results[0].told).sum())
        if few:
            text += self.tr("; {n} classes have too few of them to be told apart").format(n=few)
        return text + self.tr("; of the finished network") if self.inspection.epoch is not None else text

    def _ended(self) -> None:
        self.start.setEnabled(self.inspection.evaluation is not None)
        self.stop.hide()
        if self._shown is not None:
            self.note.setText(self._counted())

    def _failed(self, problem: Exception) -> None:
        self._ended()
        self.note.setText(told(problem))


def _legend(classes: Sequence[str], colours: dict[str, str]) -> str:
    named_classes = [f"<span style='color:{colours[name]}'>●</span> {escape(short(name))}" for name in classes[:NAMED]
                     if name in colours]
    more = f" and {len(classes) - NAMED} more" if len(classes) > NAMED else ""
    return "<b>━ all</b> &nbsp; " + " &nbsp; ".join(named_classes) + more


def _measure(job: Job, project: Project, run: Run, evaluation: Evaluation, most: int) -> None:
    for found in explanations.robust(project, run, evaluation.predictions, job.progress, most):
        job.tell(found)
