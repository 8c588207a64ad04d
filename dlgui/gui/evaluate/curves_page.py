"""Curves: precision and recall, ROC, confidences, reliability, and what refusing unsure answers brings."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from dlgui.engine.evaluation import Evaluation
from dlgui.engine.selection import Criteria
from dlgui.engine.statistics import Curve
from dlgui.gui import theme
from dlgui.gui.evaluate.curve_data import Drawn, compute
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.evaluate.page import Page
from dlgui.gui.scenes import Scene
from dlgui.gui.widgets import Choice, named, sentences
from dlgui.gui.words import short, told

BINS = 20
MOST, LINE = 12, 45
"""Curves of so many classes are drawn together, of more those with the lowest recall; one for so many pixels where the
plot is so low that more names would cover it."""
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6d00", "#7a5195", "#3a8f5c", "#a0522d",
           "#5f7f95", "#b0588f")
"""Okabe and Ito's colours for colour-blind eyes, and some more (yellow is too light for white ground)."""


class CurvesPage(Page):
    """One plot at a time; a click in it chooses images."""

    name = "curves"

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self.drawn: Drawn | None = None
        self._of: Evaluation | None = None
        self.kind = named(Choice(8), "curveKind", self.tr("What is drawn"))
        for text, value in ((self.tr("precision and recall"), "precision_recall"), (self.tr("ROC"), "roc"),
                            (self.tr("confidence histogram"), "histogram"),
                            (self.tr("reliability (calibration)"), "reliability"),
                            (self.tr("refusing unsure answers"), "rejection")):
            self.kind.addItem(text, value)
        self.of_class = named(Choice(8), "curveClass", self.tr("Curves of one class, or of all"))
        self.plot = named(pg.PlotWidget(), "curvePlot", self.tr("Click a point or a bar for its images. Wheel: zoom."))
        self.plot.addLegend(offset=(10, -10))
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        self.plot.scene().sigMouseClicked.connect(self._clicked)
        self.said = sentences()
        row = QHBoxLayout()
        row.addWidget(self.kind, 3)
        row.addWidget(self.of_class, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.said)
        self.kind.currentIndexChanged.connect(lambda _: self._draw())
        self.of_class.currentIndexChanged.connect(lambda _: self._draw())
        inspection.loaded.connect(lambda: self.refresh() if self.active else None)

    def title(self) -> str:
        return self.tr("Curves")

    def tip(self) -> str:
        return self.tr("Precision and recall, ROC, confidence histogram, reliability")

    def refresh(self) -> None:
        """Computes the curves of what is evaluated."""
        project, run, found = self.inspection.session.project, self.inspection.run, self.inspection.evaluation
        if found is self._of and found is not None:
            self._draw()  # the theme may have changed
            return
        self._of = found
        if project is None or run is None or found is None:
            self._show(None)
            return
        final = self.inspection.epoch is None
        self.inspection.session.jobs.start("curves", self.tr("curves"), lambda job: compute(
            job, project, run if final else None, found), done=self._show,
            failed=lambda problem: self.said.setText(told(problem)))

    def _show(self, drawn: Drawn | None) -> None:
        self.drawn = drawn
        names = list(drawn.roc) if drawn is not None else []
        chosen = self.of_class.currentData()
        self.of_class.blockSignals(True)
        self.of_class.clear()
        self.of_class.addItem(self.tr("all classes"), None)
        for name in names:
            self.of_class.addItem(name, name)
        self.of_class.setCurrentIndex(max(self.of_class.findData(chosen), 0) if chosen else 0)
        self.of_class.blockSignals(False)
        self._draw()

    # --- drawing

    def _draw(self) -> None:
        c, kind = theme.colours(), self.kind.currentData()
        self.plot.clear()
        theme.dress_plot(self.plot)
        for side in ("left", "bottom"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)
            self.plot.getAxis(side).setTicks(None)
        ground = QColor(c.panel)
        ground.setAlpha(215)  # curves shine through, names stay readable
        self.plot.plotItem.legend.setBrush(ground)
        self.plot.plotItem.legend.setLabelTextColor(c.ink)
        self.of_class.setEnabled(kind in ("precision_recall", "roc"))
        self.said.clear()
        if self.drawn is None or self._of is None:
            if self._of is None:
                self.said.setText(self.inspection.problem)
            return
        {"precision_recall": self._draw_curves, "roc": self._draw_curves, "histogram": self._draw_histogram,
         "reliability": self._draw_reliability, "rejection": self._draw_rejection}[kind]()

    def _axes(self, bottom: str, left: str, top: float = 1.02) -> None:
        self.plot.setLabel("bottom", bottom)
        self.plot.setLabel("left", left)
        for side in ("bottom", "left"):  # another text is not put into the middle by itself
            self.plot.getAxis(side).resizeEvent()
        self.plot.setXRange(0, 1, padding=0.04)  # room for the figure at the end
        self.plot.setYRange(0, top, padding=0)

    def _curves(self) -> dict[str, Curve]:
        """The curves that are drawn, by class."""
        assert self.drawn is not None
        assert self._of is not None
        every: dict[str, Curve] = getattr(self.drawn, self.kind.currentData())
        chosen = self.of_class.currentData()
        if chosen is not None:
            return {chosen: every[chosen]}
        recall = dict(zip(self._of.classes, self._of.recall, strict=True))
        return {name: every[name] for name in sorted(every, key=recall.__getitem__)[:self._most()]}

    def _most(self) -> int:
        return max(3, min(MOST, self.plot.height() // LINE))

    def _draw_curves(self) -> None:
        roc = self.kind.currentData() == "roc"
        if roc:
            self._axes(self.tr("false positive rate"), self.tr("true positive rate"))
        else:
            self._axes(self.tr("recall"), self.tr("precision"))
        shown = self._curves()
        names = list(self.drawn.roc) if self.drawn is not None else []
        for name, curve in shown.items():
            area = "–" if curve.area is None else f"{curve.area:.4f}"
            self.plot.plot(curve.x, curve.y, name=escape(f"{short(name, 22)}  {area}"),
                           pen=theme.pen(COLOURS[names.index(name) % len(COLOURS)], width=2))
        every = shown if self.of_class.currentData() is not None else getattr(self.drawn, self.kind.currentData())
        areas = [curve.area for curve in every.values() if curve.area is not None]
        if areas:
            self.said.setText((self.tr("Mean area under the ROC {area:.4f}. ") if roc else self.tr(
                "Mean average precision {area:.4f}. ")).format(area=float(np.mean(areas))) + (self.tr(
                    "Drawn: the {n} classes of lowest recall. ").format(n=len(shown)) if 1 < len(shown) < len(names)
                    else "") + self.tr("A click on a curve shows what that threshold gets wrong."))

    def _draw_histogram(self) -> None:
        assert self._of is not None
        found, c = self._of.predictions, theme.colours()
        edges = np.linspace(0, 1, BINS + 1)
        right, wrong = (np.histogram(np.clip(found.confidence[mask], 0, 1), edges)[0]
                        for mask in (found.correct, ~found.correct))
        top = float(max((right + wrong).max(), 1))
        self._axes(self.tr("confidence of the predicted class"), self.tr("images (square root)"), np.sqrt(top) * 1.05)
        heights = np.sqrt(right + wrong), np.sqrt(wrong)  # few errors beside many hits would be invisible otherwise
        for height, colour, name in ((heights[0], c.right, self.tr("right")), (heights[1], c.wrong, self.tr("wrong"))):
            self.plot.addItem(pg.BarGraphItem(x0=edges[:-1], x1=edges[1:], height=height, brush=colour, pen=c.panel))
            self.plot.plot([], [], pen=theme.pen(colour, width=6), name=name)
        self.plot.getAxis("left").setTicks([[(float(np.sqrt(t)), str(t)) for t in _root_ticks(round(top))]])
        sure = int(np.count_nonzero(~found.correct & (found.confidence > 0.9)))
        self.said.setText(self.tr("Errors made with more than 90 % confidence: {n}. A click on a bar shows its "
                                  "images.").format(n=sure))

    def _draw_reliability(self) -> None:
        assert self.drawn is not None
        self._axes(self.tr("confidence of the predicted class"), self.tr("accuracy"))
        self.plot.plot([0, 1], [0, 1], pen=theme.pen(theme.colours().soft, style=Qt.PenStyle.DashLine))
        for (name, found), colour in zip(self.drawn.reliability.items(), COLOURS, strict=False):
            filled = found.count > 0
            self.plot.plot(found.confidence[filled], found.accuracy[filled], symbol="o", symbolBrush=colour,
                           symbolPen=None, pen=theme.pen(colour, width=2),
                           symbolSize=5 + 9 * np.sqrt(found.count[filled] / max(found.count.max(), 1)),
                           name=f"{name}  {100 * found.expected_calibration_error:.2f} %")
        words = [self.tr("On the dashed line confidences mean what they say. Figures are the expected calibration "
                         "error; chance alone brings up to {chance:.1f} % with {n} images.").format(
                             chance=100 * self.drawn.by_chance, n=self._of.num_samples if self._of is not None else 0)]
        if self.drawn.fitted_on:
            words.append(self.tr("Calibrated anew: by one temperature that fits the {n} validation images.").format(
                n=self.drawn.fitted_on))
        if self.drawn.crossed:
            words.append(self.tr("Those of them that are shown had no part in their own (cross-fitting)."))
        words.append(self.tr("Larger points: more images; a click shows them."))
        self.said.setText(" ".join(words))

    def _draw_rejection(self) -> None:
        assert self.drawn is not None
        curve = self.drawn.rejection
        self._axes(self.tr("share that is answered"), self.tr("error among the answers"),
                   max(float(curve.y.max(initial=0)) * 1.1, 0.01))
        self.plot.plot(curve.x, curve.y, pen=theme.pen(COLOURS[0], width=2))
        none_wrong = curve.x[curve.y == 0]
        share = 100 * float(none_wrong.max(initial=0))
        self.said.setText((self.tr("The most confident {share:.1f} % are all right.").format(share=share) if share
                           else self.tr("Even among the most confident answers are errors."))
                          + self.tr(" A click refuses the less confident (see What if)."))

    # --- choosing

    def _clicked(self, event: Any) -> None:
        if self.drawn is None or event.button() != Qt.MouseButton.LeftButton:
            return
        place = self.plot.plotItem.vb.mapSceneToView(event.scenePos())
        self.choose_at(float(place.x()), float(place.y()))

    def choose_at(self, x: float, y: float) -> None:
        """Chooses the images behind the place (x, y) of the plot."""
        kind = self.kind.currentData()
        if self.drawn is None or self._of is not self.inspection.evaluation or not -0.1 <= x <= 1.1:
            return
        if kind in ("histogram", "reliability"):
            bins = BINS if kind == "histogram" else len(next(iter(self.drawn.reliability.values())).count)
            place = min(max(int(x * bins), 0), bins - 1)
            self.inspection.choose(replace(Criteria(), minimum_confidence=place / bins,
                                           maximum_confidence=(place + 1) / bins))
        elif kind == "rejection":
            curve = self.drawn.rejection
            self.inspection.suppose(threshold=float(curve.thresholds[int(np.argmin(np.abs(curve.x - x)))]))
        else:
            self._choose_threshold(x, y)

    def _choose_threshold(self, x: float, y: float) -> None:
        nearest = min(((float(d.min()), int(d.argmin()), name) for name, curve in self._curves().items()
                       for d in [np.hypot(curve.x - x, curve.y - y)]), default=None)
        if nearest is None or self._of is None or nearest[0] > 0.15:
            return
        _, point, name = nearest
        threshold, found = float(self._curves()[name].thresholds[point]), self._of.predictions
        index = found.classes.index(name)
        taken, own = found.confidences[:, index] >= threshold, found.truth == index
        said = self.tr("wrong where {name} is said from {threshold:.1f} % on").format(
            name=short(name), threshold=100 * min(threshold, 1))
        captions = {int(i): f"{found.classes[found.truth[i]]}, {name} {100 * found.confidences[i, index]:.0f} %"
                    for i in np.flatnonzero(taken != own)}
        self.inspection.choose_only(np.flatnonzero(taken != own), said, captions=captions)

    def scenes(self) -> list[Scene]:
        return [Scene(f"evaluate_{self.kind.itemData(i)}", lambda i=i: self.kind.setCurrentIndex(i))  # type: ignore[misc]
                for i in range(self.kind.count())]


def _root_ticks(top: int) -> list[int]:
    """Numbers for an axis of square roots: round ones with room between them, and the last."""
    round_ones = [digit * 10 ** power for power in range(9) for digit in (1, 2, 5)]
    ticks = [0]
    for number in round_ones:
        if number < top and min(number ** 0.5 - ticks[-1] ** 0.5, top ** 0.5 - number ** 0.5) > 0.08 * top ** 0.5:
            ticks.append(number)
    return [*ticks, top]
