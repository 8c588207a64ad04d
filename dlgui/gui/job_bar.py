"""The bar that shows how far a job is, wherever one runs."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QWidget

from dlgui.engine.progress import Report
from dlgui.gui.widgets import named


class JobBar(QProgressBar):
    """Moves to and fro until the job says how much there is to do.

    Args:
        name: its objectName.
        tip: what it is the progress of; "Progress" by default.
    """

    def __init__(self, name: str, tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextVisible(False)
        named(self, name, tip or self.tr("Progress"))

    def begin(self) -> None:
        """Another job."""
        self.setRange(0, 0)

    def report(self, report: Report) -> None:
        """Shows how far it is."""
        self.setRange(0, report.total or 0)
        self.setValue(report.done)
