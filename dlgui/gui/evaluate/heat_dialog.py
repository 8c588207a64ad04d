"""What dialogs about the heatmaps of many images have in common."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from dlgui.engine.progress import Report
from dlgui.gui.evaluate.explainer import Explainer
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.job_bar import JobBar
from dlgui.gui.jobs import Listener, Work
from dlgui.gui.project_dialog import ProjectDialog
from dlgui.gui.widgets import button, sentences
from dlgui.gui.words import time_left, told


class HeatDialog(ProjectDialog):
    """A dialog that works on the chosen images of an inspection and shows how far it is.

    Attributes:
        kind: its objectName, and the kind of its one job.
        foot: a note, the progress and a button to close, for the end of the `body`.

    Args:
        title: of its window.
        size: width and height in pixels.
    """

    kind = "heatDialog"

    def __init__(self, inspection: Inspection, explainer: Explainer, title: str, size: tuple[int, int] = (860, 600),
                 parent: QWidget | None = None) -> None:
        super().__init__(inspection.session, self.kind, title, size, parent)
        self.jobs = (self.kind,)
        self.inspection, self.explainer = inspection, explainer
        assert inspection.run is not None
        assert inspection.evaluation is not None
        self.run, self.found = inspection.run, inspection.evaluation.predictions
        self.body = QVBoxLayout(self)
        if inspection.epoch is not None:
            whose = sentences()
            whose.setText(self.tr("The images were chosen {when}; the heatmaps are the finished network's.").format(
                when=inspection.when()))
            self.body.addWidget(whose)
        self.note, self.bar = sentences(soft=True), JobBar(f"{self.kind}Progress")
        self.foot = QHBoxLayout()
        self.foot.addWidget(self.note, 1)
        self.foot.addWidget(self.bar)
        self.foot.addWidget(button(f"{self.kind}Close", self.tr("Close"), self.tr(
            "Close; what is under way ends"), self.close))
        self.bar.hide()

    def start(self, work: Work, done: Listener, heard: Listener | None = None) -> None:
        """Runs the dialog's one job, see `Jobs.start`; `heard` is told intermediate results."""
        self.bar.begin()
        self.bar.show()
        job = self.session.jobs.start(self.kind, self.windowTitle(), work, done=done, told=heard, over=self.bar.hide,
                                      failed=lambda problem: self.note.setText(told(problem)), quiet=True)
        job.reported.connect(self._reported)

    def _reported(self, report: Report) -> None:
        self.bar.report(report)
        self.bar.setToolTip(f"{report.done} of {report.total}{time_left(report.remaining)}")

    def chosen_paths(self) -> list[str]:
        """The images that the grid shows, in its order."""
        return [self.found.paths[i] for i in self.inspection.positions.tolist()]
