"""How an image is explained: method, class, colours and opacity of the heatmap."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from dlgui.engine import heatmaps
from dlgui.gui.evaluate.heat_pictures import Wish
from dlgui.gui.evaluate.samples import Sample
from dlgui.gui.widgets import Choice, named
from dlgui.project.operations.runs import Run

METHODS = (("Grad-CAM", "grad_cam"), ("guided Grad-CAM", "guided_grad_cam"), ("occlusion", "confidence_based"),
           ("image only", ""))
BOTH = "both"


class HeatOptions(QWidget):
    """The controls.

    Args:
        more: a button that stands behind them.

    Signals:
        changed: something else is wanted.
        near: the cursor or the keys have come to the methods.
    """

    changed = Signal()
    near = Signal()

    def __init__(self, more: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._classes: list[str] = []
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
        top, tune, layout = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        top.addWidget(self.method, 6)  # has the longer names
        top.addWidget(self.target, 5)
        top.addWidget(more)
        tune.addWidget(self.colours)
        tune.addWidget(self.opacity, 1)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addLayout(top)
        layout.addLayout(tune)
        for box in (self.method, self.target, self.colours):
            box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.opacity.valueChanged.connect(lambda _: self.changed.emit())
        self.method.installEventFilter(self)

    def offer(self, classes: list[str]) -> None:
        """Offers these classes to be explained; tells nobody."""
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

    def explain_both(self, on: bool) -> None:
        """Chooses prediction and truth side by side, or the prediction."""
        self.target.setCurrentIndex(self.target.findData(BOTH) if on else 0)

    def wish(self, run: Run, sample: Sample, file: Path) -> Wish:
        """What is chosen, for an image that stands for a sample."""
        target: str | None = self.target.currentData()
        targets: tuple[str | None, ...] = (target,)
        if target == "truth":
            targets = (sample.truth,)
        elif target == BOTH:
            targets = (sample.predicted, sample.truth)
        return Wish(run, file, self.method.currentData(), targets, self.colours.currentData(),
                    self.opacity.value() / 100)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.FocusIn):
            self.near.emit()
        return super().eventFilter(watched, event)
