"""Remedy: suspected label errors, ranked by what their correction is expected to gain."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.evaluate.page import Page


class RemedyPage(Page):
    """The queue of suspected label errors."""

    name = "remedy"

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        note = QLabel(self.tr("No suspected label errors yet."))
        note.setProperty("soft", True)
        note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        QVBoxLayout(self).addWidget(note)

    def title(self) -> str:
        return self.tr("Remedy")

    def tip(self) -> str:
        return self.tr("Suspected label errors, worst first")
