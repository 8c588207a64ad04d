"""The epoch slider: matrix and images as after every epoch of a fine-tuning, and the images that flip often."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.widgets import button, named
from dlgui.project.operations import epochs
from dlgui.project.operations.epochs import Flips


class EpochBar(QWidget):
    """Moves an inspection through the epochs; there only for runs that kept them."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inspection = inspection
        self._epochs: list[float] = []
        self._run: str | None = None
        self._quiet = False
        self.slider = named(QSlider(Qt.Orientation.Horizontal), "epochSlider", self.tr(
            "The validation images as after each epoch, for a training keeps its answers to no others; at the right "
            "end the finished model on the chosen split"))
        self.slider.setPageStep(1)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setTickInterval(1)
        self.said = QLabel()
        self.said.setMinimumWidth(140)
        self.slider.setMinimumWidth(80)
        self.flips = button("flipsButton", self.tr("Flip often"), self.tr(
            "Validation images whose answer changes from epoch to epoch: often wrongly labeled or ambiguous. Lost: a "
            "right answer became wrong."), self.show_flips)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for part, stretch in ((self.slider, 1), (self.said, 0), (self.flips, 0)):
            layout.addWidget(part, stretch)
        self.hide()
        self.slider.valueChanged.connect(lambda _: self._moved())
        inspection.loaded.connect(self.refresh)

    def refresh(self) -> None:
        """Follows the inspection."""
        run = self.inspection.run
        if run is None or run.id != self._run or self.inspection.epoch is None:
            self._run, self._epochs = (run.id, epochs.of_run(run)) if run is not None else (None, [])
        self.setVisible(bool(self._epochs))
        self._quiet = True
        self.slider.setRange(0, len(self._epochs))
        epoch = self.inspection.epoch
        self.slider.setValue(self._epochs.index(epoch) if epoch in self._epochs else len(self._epochs))
        self._quiet = False
        if epoch is not None:
            self.said.setText(self.tr("epoch {epoch:g}, validation").format(epoch=epoch))
        else:
            self.said.setText(self.tr("finished, on {split}").format(split=self.inspection.split))

    def _moved(self) -> None:
        if not self._quiet:
            place = self.slider.value()
            self.inspection.show_epoch(self._epochs[place] if place < len(self._epochs) else None)

    def show_flips(self) -> None:
        """Lists the validation images whose answer changed, those that did most often first."""
        project, run = self.inspection.session.project, self.inspection.run
        if project is None or run is None or not self._epochs:
            return
        self.inspection.session.jobs.start("flips", self.tr("images that flip"), lambda job: epochs.flips(project, run),
                                           done=self._found, quiet=True)

    def _found(self, found: Flips) -> None:
        self.inspection.show_epoch(self._epochs[-1], then=lambda: self._list(found))

    def _list(self, found: Flips) -> None:
        assert self.inspection.evaluation is not None
        place = {path: i for i, path in enumerate(found.paths)}
        paths = self.inspection.evaluation.predictions.paths
        ranking = np.array([found.changes[place[p]] + 0.001 * found.forgotten[place[p]] if p in place else 0
                            for p in paths], np.float64)
        captions = {}
        for i, path in enumerate(paths):
            if path in place:
                n, lost = int(found.changes[place[path]]), int(found.forgotten[place[path]])
                captions[i] = (self.tr("1 flip, {m} lost") if n == 1 else self.tr("{n} flips, {m} lost")).format(
                    n=n, m=lost)
        self.inspection.choose_only(np.flatnonzero(ranking >= 1), self.tr(
            "answers that changed within {n} epochs").format(n=found.epochs), ranking=ranking, captions=captions)
