"""Robustness: what blur, brightness, noise, rotation and compression do to the accuracy."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.evaluate.page import Page


class RobustnessPage(Page):
    """Accuracy per class under disturbances."""

    name = "robustness"

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        note = QLabel(self.tr("Not measured yet."))
        note.setProperty("soft", True)
        note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        QVBoxLayout(self).addWidget(note)

    def title(self) -> str:
        return self.tr("Robustness")

    def tip(self) -> str:
        return self.tr("Accuracy under blur, brightness, noise, rotation and compression")
