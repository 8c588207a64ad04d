"""What dialogs about the heatmaps of many images have in common."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.progress import Report
from dlgui.gui.evaluate.explainer import Explainer
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.widgets import button, sentences
from dlgui.gui.words import time_left, told


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
            whose = sentences()
            whose.setText(self.tr("The images were chosen {when}; the heatmaps are the finished network's.").format(
                when=inspection.when()))
            self.body.addWidget(whose)
        self.note, self.bar = sentences(soft=True), QProgressBar()
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
        self.note.setText(told(problem))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.inspection.session.jobs.drop(self.kind)
        super().closeEvent(event)

    def chosen_paths(self) -> list[str]:
        """The images that the grid shows, in its order."""
        return [self.found.paths[i] for i in self.inspection.positions.tolist()]
