"""The shortcut alarm: which classes rest on the border or the background."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from dlgui.engine.shortcuts import Finding
from dlgui.gui.evaluate.explainer import Explainer
from dlgui.gui.evaluate.heat_dialog import HeatDialog
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.widgets import named, sentences
from dlgui.gui.words import short, tip
from dlgui.project.operations import explanations

NAMED = 4
"""Confirmed shortcuts that the sentence names."""


class ShortcutDialog(HeatDialog):
    """Which classes rest on the border or the background."""

    kind = "shortcutAlarm"

    def __init__(self, inspection: Inspection, explainer: Explainer, parent: QWidget | None = None) -> None:
        super().__init__(inspection, explainer, self.tr("Shortcut alarm"), parent=parent)
        self.table = named(QTableWidget(0, 8), "shortcutTable", self.tr("Classes and regions, alarms first"))
        self.table.setHorizontalHeaderLabels([self.tr("class"), self.tr("region"), self.tr("finding"),
                                              self.tr("images"), self.tr("heat there"), self.tr("area"),
                                              self.tr("drop"), self.tr("drop elsewhere")])
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.resizeColumnsToContents()
        self.sentence = sentences()
        self.body.addWidget(self.sentence)
        self.body.addWidget(self.table, 1)
        self.body.addLayout(self.foot)
        self.note.setText(self.tr(
            "Suspected: the heatmaps point there. Confirmed: covering the region costs confidence, and more than "
            "covering as much elsewhere, by more than luck brings with so few images. Up to {n} images of each class, "
            "correctly classified.").format(n=explanations.EXAMINED))
        project = inspection.session.project
        assert project is not None
        self.start(lambda job: explanations.shortcut_alarm(project, self.run, self.found, job.progress), self._show)

    def _show(self, findings: list[Any]) -> None:
        confirmed = [f for f in findings if f.confirmed]
        self.sentence.setText(
            self.tr("Alarm: {what}. Such a network fails when the surroundings change: crop or vary them.").format(
                what=_alarms(confirmed)) if confirmed else
            self.tr("No shortcut is confirmed: covering border or background takes no class away."))
        self.sentence.setProperty("wrong" if confirmed else "head", True)
        self.sentence.style().polish(self.sentence)
        self.table.setRowCount(len(findings))
        for row, f in enumerate(findings):
            state = self.tr("confirmed") if f.confirmed else self.tr("suspected, not confirmed") if f.suspected else \
                self.tr("clear")
            shares = (f"{round(100 * share)} %" for share in (f.heat, f.area, f.drop, f.control))
            for column, text in enumerate((f.label, f.region, state, str(f.images), *shares)):
                item = QTableWidgetItem(short(text, 24))
                item.setToolTip(tip(text))
                if column > 2:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
        self.table.resizeColumnsToContents()


def _alarms(confirmed: Sequence[Finding]) -> str:
    words = [f"{short(f.label)} rests on the {f.region}" for f in confirmed[:NAMED]]
    return ", ".join(words) + (f" and {len(confirmed) - NAMED} more" if len(confirmed) > NAMED else "")
